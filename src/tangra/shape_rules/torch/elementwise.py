"""torch's elementwise functions, methods and operators: broadcasting and dtype promotion."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.broadcasting import broadcast_shapes, grown
from tangra.shape_rules.coercion import kind_text
from tangra.shape_rules.dtypes import complex_of, discrete, float_result, kind, number_kind, real_of, result_dtype
from tangra.shape_rules.failures import ARGUMENT, CALL, DTYPE, Failure
from tangra.shape_rules.registry import method, rule
from tangra.shape_rules.torch.common import (
    CLASS,
    both,
    default_dtype,
    fresh,
    into_self,
    refuse,
    require_floating,
    store,
)
from tangra.shape_rules.values import Tensor, Unknown, Value, words

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

TO_FLOAT = words(
    """
    exp exp2 expm1 log log2 log10 log1p sqrt rsqrt sin cos tan asin acos atan arcsin arccos arctan sinh cosh tanh
    asinh acosh atanh arcsinh arccosh arctanh sigmoid reciprocal erf erfc erfinv lgamma digamma logit sinc deg2rad
    rad2deg i0
    """
)
"""Ints become the default float dtype."""

NO_BOOL = words(
    """
    neg negative floor ceil trunc fix round relu positive frac conj_physical
    """
)

PREDICATES = words(
    """
    isnan isinf isfinite isposinf isneginf isreal signbit logical_not
    """
)

REAL_ONLY = words(
    """
    floor ceil trunc fix round sign frac signbit isposinf isneginf erf erfc erfinv lgamma digamma logit deg2rad
    rad2deg i0 relu maximum minimum fmax fmin atan2 arctan2 fmod remainder floor_divide hypot lt le gt ge less
    less_equal greater greater_equal copysign clamp clip
    """
)


def unary(ctx: RuleContext, name: str, input: Tensor, dtype: str | None) -> Tensor:
    """The result of an elementwise function of one tensor."""
    if name in REAL_ONLY and kind(input.dtype) == 3:
        ctx.fail(Failure(DTYPE, f"{name}() does not take complex numbers", "RuntimeError"))
    layout = input.layout if input.layout == "contiguous" else None
    return Tensor("torch", input.shape, dtype, layout, ones=input.ones, grown=input.grown)


def _to_float(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Tensor) -> Tensor:
        return unary(ctx, name, input, float_result(input.dtype, "torch", default_dtype(ctx)))

    return apply


def _same(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Tensor) -> Tensor:
        if name == "frac":
            require_floating(ctx, input, "frac()")
        if name in NO_BOOL:
            refuse(ctx, input, f"{name}()", ("bool",))
        return unary(ctx, name, input, input.dtype)

    return apply


def _predicate(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Tensor) -> Tensor:
        return unary(ctx, name, input, "bool")

    return apply


for _name in TO_FLOAT:
    if _name != "logit":
        both(_name, inplace=True)(_to_float(_name))
for _name in ("floor", "ceil", "trunc", "fix", "neg", "negative", "relu", "sign", "sgn", "frac"):
    both(_name, inplace=True)(_same(_name))
for _name in ("positive", "conj_physical", "resolve_conj", "resolve_neg"):
    both(_name)(_same(_name))
for _name in PREDICATES:
    both(_name)(_predicate(_name))
rule("torch.special.expit")(_to_float("sigmoid"))
for _name in ("erf", "erfc", "erfinv", "expm1", "exp2", "log1p", "digamma", "i0", "sinc"):
    rule(f"torch.special.{_name}")(_to_float(_name))
rule("torch.special.gammaln")(_to_float("lgamma"))
rule("torch.special.psi")(_to_float("digamma"))


@both("logit", inplace=True)
def logit(ctx: RuleContext, input: Tensor, eps: Value = None) -> Tensor:
    """log(x/(1 - x))."""
    return unary(ctx, "logit", input, float_result(input.dtype, "torch", default_dtype(ctx)))


@both("round", inplace=True)
def round_(ctx: RuleContext, input: Tensor, *, decimals: Value = 0) -> Tensor:
    """Rounded, the dtype as it was."""
    refuse(ctx, input, "round()", ("bool",))
    if decimals != 0 and not isinstance(decimals, Unknown):
        require_floating(ctx, input, "round() to decimals")
    return unary(ctx, "round", input, input.dtype)


@both("nan_to_num", inplace=True)
def nan_to_num(
    ctx: RuleContext, input: Tensor, nan: Value = None, posinf: Value = None, neginf: Value = None
) -> Tensor:
    """Finite numbers for what isn't."""
    return unary(ctx, "nan_to_num", input, input.dtype)


@both("abs", "absolute", inplace=True)
def absolute(ctx: RuleContext, input: Tensor) -> Tensor:
    """Absolute values: real for complex ones."""
    refuse(ctx, input, "abs()", ("bool",))
    return unary(ctx, "abs", input, real_of(input.dtype))


@both("bitwise_not", inplace=True)
def bitwise_not(ctx: RuleContext, input: Tensor) -> Tensor:
    """`~x`."""
    if (kind(input.dtype) or 0) > 1:
        ctx.fail(Failure(DTYPE, f"~ takes ints and bools, not {input.dtype}", "TypeError"))
    return unary(ctx, "bitwise_not", input, input.dtype)


@both("square", inplace=True)
def square(ctx: RuleContext, input: Tensor) -> Tensor:
    """x*x; bools become ints."""
    return unary(ctx, "square", input, "int64" if input.dtype == "bool" else input.dtype)


@both("angle")
def angle(ctx: RuleContext, input: Tensor) -> Tensor:
    """The argument of complex numbers."""
    return unary(ctx, "angle", input, real_of(float_result(input.dtype, "torch", default_dtype(ctx))))


@both("conj")
def conj(ctx: RuleContext, input: Tensor) -> Tensor:
    """The conjugate."""
    return input.with_(elements=None)


# ------------------------------------------------------------------------------------------------------- two operands


def binary(ctx: RuleContext, name: str, left: Value, right: Value, dtype: str | bool | None = True) -> Tensor:
    """The result of an elementwise function of two operands, tensors or numbers; its dtype is the promoted one
    unless given."""
    operands = [_operand(ctx, name, left), _operand(ctx, name, right)]
    if name in TENSORS_ONLY:
        for operand in operands:
            if not isinstance(operand, Tensor):
                ctx.fail(Failure(CALL, f"{name}() takes two tensors, not a {kind_text(operand)}", "TypeError"))
    tensors = [one for one in operands if isinstance(one, Tensor)]
    shape = broadcast_shapes(ctx, [one.shape for one in tensors], f"{name}: ")
    promoted = result_dtype(operands, "torch", default_dtype(ctx))
    if name in REAL_ONLY and kind(promoted) == 3:
        ctx.fail(Failure(DTYPE, f"{name}() does not take complex numbers", "RuntimeError"))
    made = fresh(shape, promoted if isinstance(dtype, bool) else dtype, *tensors)
    if len(tensors) == 2:
        ones = tensors[0].ones & tensors[1].ones
        return made.with_(grown=grown(ctx, *tensors) or tensors[0].grown or tensors[1].grown, ones=ones)
    if tensors:
        return made.with_(grown=tensors[0].grown, ones=tensors[0].ones)
    return made


def _operand(ctx: RuleContext, name: str, value: Value) -> Value:
    if isinstance(value, Tensor):
        # a NumPy scalar or array beside a tensor is converted by torch's binding where that works
        return value if value.library == "torch" else Tensor("torch", value.shape, None)
    if number_kind(value) is not None:
        return value
    if value is None or isinstance(value, str | list | tuple | dict):
        message = f"{name}: an operand is a {kind_text(value)}, which is neither a tensor nor a number"
        ctx.fail(Failure(CALL, message, "TypeError"))
    return Tensor("torch")


TENSORS_ONLY = words(
    """
    maximum minimum fmax fmin logical_and logical_or logical_xor atan2 arctan2 logaddexp logaddexp2 hypot
    """
)
"""Functions whose second operand can't be a number."""


def _promoting(name: str, refused: tuple[str, ...] = ()) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Value, other: Value) -> Tensor:
        made = binary(ctx, name, input, other)
        refuse(ctx, made, f"{name}()", refused)
        return made

    return apply


def _to_bool(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Value, other: Value) -> Tensor:
        return binary(ctx, name, input, other, "bool")

    return apply


def _floating(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Value, other: Value) -> Tensor:
        made = binary(ctx, name, input, other)
        return made.with_(dtype=float_result(made.dtype, "torch", default_dtype(ctx)))

    return apply


def _bitwise(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Value, other: Value) -> Tensor:
        made = binary(ctx, name, input, other)
        if (kind(made.dtype) or 0) > 1:
            ctx.fail(Failure(DTYPE, f"{name}() takes ints and bools, not {made.dtype}", "RuntimeError"))
        return made

    return apply


for _names, _refused in ((("mul", "multiply"), ()), (("remainder",), ("bool",)), (("fmod",), ("bool",))):
    for _name in _names:
        both(_name, inplace=True)(_promoting(_name, _refused))
for _name in ("maximum", "minimum", "fmax", "fmin"):
    both(_name)(_promoting(_name))
for _name in ["eq", "ne", "lt", "le", "gt", "ge", "less", "less_equal", "greater", "greater_equal", "not_equal"]:
    both(_name, inplace=True)(_to_bool(_name))
for _name in ("logical_and", "logical_or", "logical_xor"):
    both(_name, inplace=True)(_to_bool(_name))
for _name in ("atan2", "arctan2", "copysign", "xlogy"):
    both(_name, inplace=True)(_floating(_name))
rule("torch.special.xlogy")(_floating("xlogy"))
for _name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    both(_name, inplace=True)(_bitwise(_name))
for _name in ("logaddexp", "logaddexp2", "hypot"):
    both(_name)(_promoting(_name, ("bool", "uint8", "int8", "int16", "int32", "int64")))


def _scaled(ctx: RuleContext, name: str, input: Value, other: Value, alpha: Value) -> Tensor:
    made = binary(ctx, name, input, other)
    scale, have = number_kind(alpha), kind(made.dtype)
    if scale is not None and have is not None and scale > max(have, 0) and scale > 0:
        ctx.fail(Failure(DTYPE, f"{name}: alpha is a {kind_text(alpha)}, the tensors are {made.dtype}", "RuntimeError"))
    return made


@both("add", inplace=True)
def add(ctx: RuleContext, input: Value, other: Value, *, alpha: Value = 1) -> Tensor:
    """input + alpha*other."""
    return _scaled(ctx, "add", input, other, alpha if alpha != 1 else True)


@both("sub", "subtract", inplace=True)
def sub(ctx: RuleContext, input: Value, other: Value, *, alpha: Value = 1) -> Tensor:
    """input - alpha*other; not of bools."""
    for operand in (input, other):
        if isinstance(operand, bool) or (isinstance(operand, Tensor) and operand.dtype == "bool"):
            ctx.fail(Failure(DTYPE, "- does not take bools; use ^ or logical_xor", "RuntimeError"))
    return _scaled(ctx, "sub", input, other, alpha if alpha != 1 else True)


@both("div", "divide", inplace=True)
def div(ctx: RuleContext, input: Value, other: Value, *, rounding_mode: Value = None) -> Tensor:
    """True division gives floats; rounded division keeps the dtype."""
    made = binary(ctx, "div", input, other)
    if rounding_mode is None:
        return made.with_(dtype=float_result(made.dtype, "torch", default_dtype(ctx)))
    return made


@both("true_divide", inplace=True)
def true_divide(ctx: RuleContext, input: Value, other: Value) -> Tensor:
    """Division with a float result."""
    return div(ctx, input, other)


@both("floor_divide", inplace=True)
def floor_divide(ctx: RuleContext, input: Value, other: Value) -> Tensor:
    """Division rounded down."""
    made = binary(ctx, "floor_divide", input, other)
    refuse(ctx, made, "floor_divide()", ("bool",))
    return made


@both("pow", inplace=True)
def power(ctx: RuleContext, input: Value, exponent: Value) -> Tensor:
    """input ** exponent."""
    made = binary(ctx, "pow", input, exponent)
    if isinstance(exponent, int) and exponent < 0 and isinstance(input, Tensor) and discrete(input.dtype):
        ctx.fail(Failure(ARGUMENT, "ints have no negative powers; convert to floats first", "RuntimeError"))
    refuse(ctx, made, "pow()", ("bool",))
    return made


@both("clamp", "clip", inplace=True)
def clamp(ctx: RuleContext, input: Tensor, min: Value = None, max: Value = None) -> Tensor:
    """Values limited from below and above, each by a number or a tensor."""
    if min is None and max is None:
        ctx.fail(Failure(CALL, "clamp() needs a lower or an upper bound", "RuntimeError"))
    result = input
    if isinstance(min, Tensor) != isinstance(max, Tensor) and min is not None and max is not None:
        min, max = _as_number(min), _as_number(max)
    for bound in (min, max):
        if bound is not None:
            result = binary(ctx, "clamp", result, bound)
    tensors = [bound for bound in (min, max) if isinstance(bound, Tensor) and bound.least_rank]
    if tensors and any(number_kind(bound) is not None for bound in (min, max)):
        ctx.fail(Failure(CALL, "clamp() takes two numbers or two tensors as bounds", "TypeError"))
    refuse(ctx, result, "clamp()", ("bool",))
    return result


def _as_number(bound: Value) -> Value:
    """A 0-d tensor beside a number counts as a number."""
    if not isinstance(bound, Tensor) or bound.rank != 0:
        return bound
    category = kind(bound.dtype)
    return bound if category is None else Unknown(("bool", "int", "float", "complex")[category])


@both("clamp_min", inplace=True)
def clamp_min(ctx: RuleContext, input: Tensor, min: Value) -> Tensor:
    """Values limited from below."""
    return clamp(ctx, input, min)


@both("clamp_max", inplace=True)
def clamp_max(ctx: RuleContext, input: Tensor, max: Value) -> Tensor:
    """Values limited from above."""
    return clamp(ctx, input, None, max)


@both("lerp", inplace=True)
def lerp(ctx: RuleContext, input: Tensor, end: Tensor, weight: Value) -> Tensor:
    """input + weight*(end - input)."""
    if not isinstance(weight, Tensor) and number_kind(weight) is None and not isinstance(weight, Unknown):
        ctx.fail(Failure(CALL, f"lerp(): weight can't be a {kind_text(weight)}", "TypeError"))
    for tensor in (end, *((weight,) if isinstance(weight, Tensor) and weight.least_rank else ())):
        if input.dtype is not None and tensor.dtype is not None and input.dtype != tensor.dtype:
            ctx.fail(Failure(DTYPE, f"lerp() of {input.dtype} and {tensor.dtype}", "RuntimeError"))
    require_floating(ctx, input, "lerp()")
    tensors = [input, end, *((weight,) if isinstance(weight, Tensor) else ())]
    shape = broadcast_shapes(ctx, [tensor.shape for tensor in tensors], "lerp: ")
    return fresh(shape, input.dtype, *tensors)


def _added_product(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Value = 1) -> Tensor:
        first = binary(ctx, name, tensor1, tensor2)
        made = binary(ctx, name, input, first)
        if name == "addcdiv" and discrete(first.dtype):
            ctx.fail(Failure(DTYPE, "addcdiv() does not divide ints", "RuntimeError"))
        return made

    return apply


for _name in ("addcmul", "addcdiv"):
    both(_name, inplace=True)(_added_product(_name))


@both("where")
def where(ctx: RuleContext, condition: Value, input: Value = ..., other: Value = ...) -> Value:
    """Elements of one or the other tensor; with the condition alone the indices where it is true."""
    from tangra.shape_rules.torch.indexing import nonzero

    condition = _operand(ctx, "where", condition)
    if input is ... or other is ...:
        return nonzero(ctx, condition, as_tuple=True)
    if condition.dtype not in (None, "bool", "uint8"):
        ctx.fail(Failure(DTYPE, f"where() needs a bool condition, not {condition.dtype}", "RuntimeError"))
    made = binary(ctx, "where", input, other)
    shape = broadcast_shapes(ctx, [condition.shape, made.shape], "where: ")
    return fresh(shape, made.dtype, condition, made)


@rule("torch.complex")
def complex_(ctx: RuleContext, real: Tensor, imag: Tensor) -> Tensor:
    """Complex numbers of two real tensors of one float dtype."""
    for tensor in (real, imag):
        require_floating(ctx, tensor, "complex()")
    if real.dtype is not None and imag.dtype is not None and real.dtype != imag.dtype:
        ctx.fail(Failure(DTYPE, f"complex() of {real.dtype} and {imag.dtype}", "RuntimeError"))
    made = binary(ctx, "complex", real, imag)
    return made.with_(dtype=None if made.dtype is None else complex_of(made.dtype))


@rule("torch.polar")
def polar(ctx: RuleContext, abs: Tensor, angle: Tensor) -> Tensor:
    """Complex numbers from lengths and angles."""
    return complex_(ctx, abs, angle)


@both("isclose")
def isclose(
    ctx: RuleContext, input: Tensor, other: Tensor, rtol: Value = 1e-5, atol: Value = 1e-8, equal_nan: Value = False
) -> Tensor:
    """Element by element whether two tensors of one dtype are close."""
    if input.dtype is not None and other.dtype is not None and input.dtype != other.dtype:
        ctx.fail(Failure(DTYPE, f"isclose() of {input.dtype} and {other.dtype}", "RuntimeError"))
    return binary(ctx, "isclose", input, other, "bool")


@both("allclose")
def allclose(
    ctx: RuleContext, input: Tensor, other: Tensor, rtol: Value = 1e-5, atol: Value = 1e-8, equal_nan: Value = False
) -> Unknown:
    """Whether two tensors are close everywhere."""
    isclose(ctx, input, other)
    return Unknown("bool")


@both("equal")
def equal(ctx: RuleContext, input: Tensor, other: Tensor) -> Unknown:
    """Whether two tensors have the same shape and elements."""
    return Unknown("bool")


# ---------------------------------------------------------------------------------------------------------- operators

_OPERATORS: dict[str, tuple[Callable[..., Tensor], str]] = {
    "add": (add, "+"),
    "sub": (sub, "-"),
    "mul": (_promoting("mul"), "*"),
    "truediv": (true_divide, "/"),
    "floordiv": (floor_divide, "//"),
    "mod": (_promoting("remainder", ("bool",)), "%"),
    "pow": (power, "**"),
    "and": (_bitwise("bitwise_and"), "&"),
    "or": (_bitwise("bitwise_or"), "|"),
    "xor": (_bitwise("bitwise_xor"), "^"),
    **{name: (_to_bool(name), name) for name in ("lt", "le", "gt", "ge")},
}


def _forward(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, self: Tensor, other: Value) -> Tensor:
        return function(ctx, self, other)

    return apply


def _backward(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, self: Tensor, other: Value) -> Tensor:
        return function(ctx, other, self)

    return apply


for _name, (_function, _) in _OPERATORS.items():
    method(CLASS, f"__{_name}__")(_forward(_function))
    method(CLASS, f"__r{_name}__")(_backward(_function))
    if _name not in ("lt", "le", "gt", "ge"):
        method(CLASS, f"__i{_name}__", inplace=True)(into_self(_forward(_function)))


def _shift(ctx: RuleContext, self: Tensor, other: Value) -> Tensor:
    return _bitwise("shift")(ctx, self, other)


for _name in ("__lshift__", "__rshift__"):
    method(CLASS, _name)(_shift)


def _equality(ctx: RuleContext, self: Tensor, other: Value) -> Value:
    """`==` and `!=`: False or True for what is no tensor or number."""
    if other is None or isinstance(other, str | list | tuple | dict):
        return Unknown("bool")
    return binary(ctx, "==", self, other, "bool")


method(CLASS, "__eq__", "__ne__")(_equality)
method(CLASS, "__neg__")(_same("neg"))
method(CLASS, "__pos__")(_same("positive"))
method(CLASS, "__invert__")(bitwise_not)
method(CLASS, "__abs__")(absolute)


@method(CLASS, "copy_", inplace=True)
def copy_(ctx: RuleContext, self: Tensor, src: Value, non_blocking: Value = False) -> Tensor:
    """The elements of another tensor, broadcast to this one's shape and converted."""
    source = _operand(ctx, "copy_", src)
    if isinstance(source, Tensor):
        store(ctx, self, source.with_(dtype=None))
    return self.with_(elements=None)


@rule("torch.clone")
def clone(ctx: RuleContext, input: Tensor, *, memory_format: Value = None) -> Tensor:
    """A copy."""
    return input.with_(parameter=False)
