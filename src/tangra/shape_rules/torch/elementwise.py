"""torch's elementwise functions, methods and operators: broadcasting and dtype promotion."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.broadcasting import broadcast_shapes, grown
from tangra.shape_rules.coercion import kind_text
from tangra.shape_rules.dtypes import discrete, float_result, kind, number_kind, real_of, result_dtype
from tangra.shape_rules.failures import ARGUMENT, CALL, DTYPE, Failure
from tangra.shape_rules.folding import fold
from tangra.shape_rules.registry import rule
from tangra.shape_rules.torch.common import (
    both,
    default_dtype,
    fresh,
    refuse,
    require_floating,
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
    neg negative floor ceil trunc fix round relu positive frac
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
    made = Tensor("torch", input.shape, dtype, layout, ones=input.ones, grown=input.grown)
    return fold(name, [input], made)


def _to_float(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Tensor) -> Tensor:
        return unary(ctx, name, input, float_result(input.dtype, "torch", default_dtype(ctx)))

    return apply


def same_kind(name: str) -> Callable[..., Tensor]:
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
    both(_name, inplace=True)(same_kind(_name))
for _name in ("positive", "conj_physical", "resolve_conj", "resolve_neg"):
    both(_name)(same_kind(_name))
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
    made = unary(ctx, "round", input, input.dtype)
    return made if isinstance(decimals, int) and decimals == 0 else made.with_(elements=None)


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
    operands = [operand_of(ctx, name, left), operand_of(ctx, name, right)]
    if name in TENSORS_ONLY:
        for operand in operands:
            if not isinstance(operand, Tensor):
                ctx.fail(Failure(CALL, f"{name}() takes two tensors, not a {kind_text(operand)}", "TypeError"))
    tensors = [one for one in operands if isinstance(one, Tensor)]
    shape = broadcast_shapes(ctx, [one.shape for one in tensors], f"{name}: ")
    promoted = result_dtype(operands, "torch", default_dtype(ctx))
    if name in REAL_ONLY and kind(promoted) == 3:
        ctx.fail(Failure(DTYPE, f"{name}() does not take complex numbers", "RuntimeError"))
    made = fold(name, operands, fresh(shape, promoted if isinstance(dtype, bool) else dtype, *tensors))
    if len(tensors) == 2:
        ones = tensors[0].ones & tensors[1].ones
        return made.with_(grown=grown(ctx, *tensors) or tensors[0].grown or tensors[1].grown, ones=ones)
    if tensors:
        return made.with_(grown=tensors[0].grown, ones=tensors[0].ones)
    return made


def operand_of(ctx: RuleContext, name: str, value: Value) -> Value:
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


def promoting(name: str, refused: tuple[str, ...] = ()) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Value, other: Value) -> Tensor:
        made = binary(ctx, name, input, other)
        refuse(ctx, made, f"{name}()", refused)
        return made

    return apply


def to_bool(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Value, other: Value) -> Tensor:
        return binary(ctx, name, input, other, "bool")

    return apply


def _floating(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Value, other: Value) -> Tensor:
        made = binary(ctx, name, input, other)
        return fold(name, [input, other], made.with_(dtype=float_result(made.dtype, "torch", default_dtype(ctx))))

    return apply


def bitwise(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Value, other: Value) -> Tensor:
        made = binary(ctx, name, input, other)
        if (kind(made.dtype) or 0) > 1:
            ctx.fail(Failure(DTYPE, f"{name}() takes ints and bools, not {made.dtype}", "RuntimeError"))
        return made

    return apply


for _names, _refused in ((("mul", "multiply"), ()), (("remainder",), ("bool",)), (("fmod",), ("bool",))):
    for _name in _names:
        both(_name, inplace=True)(promoting(_name, _refused))
for _name in ("maximum", "minimum", "fmax", "fmin"):
    both(_name)(promoting(_name))
for _name in ["eq", "ne", "lt", "le", "gt", "ge", "less", "less_equal", "greater", "greater_equal", "not_equal"]:
    both(_name, inplace=True)(to_bool(_name))
for _name in ("logical_and", "logical_or", "logical_xor"):
    both(_name, inplace=True)(to_bool(_name))
for _name in ("atan2", "arctan2", "copysign", "xlogy"):
    both(_name, inplace=True)(_floating(_name))
rule("torch.special.xlogy")(_floating("xlogy"))
for _name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    both(_name, inplace=True)(bitwise(_name))
for _name in ("logaddexp", "logaddexp2", "hypot"):
    both(_name)(promoting(_name, ("bool", "uint8", "int8", "int16", "int32", "int64")))


def _scaled(ctx: RuleContext, name: str, input: Value, other: Value, alpha: Value) -> Tensor:
    made = binary(ctx, name, input, other)
    scale, have = number_kind(alpha), kind(made.dtype)
    if scale is not None and have is not None and scale > max(have, 0) and scale > 0:
        ctx.fail(Failure(DTYPE, f"{name}: alpha is a {kind_text(alpha)}, the tensors are {made.dtype}", "RuntimeError"))
    return made if alpha is True else made.with_(elements=None)


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
        made = made.with_(dtype=float_result(made.dtype, "torch", default_dtype(ctx)), elements=None)
        return fold("div", [input, other], made)
    return made.with_(elements=None)


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
