"""torch's choices between operands, comparisons of tensors, and Python's operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.coercion import kind_text
from tangra.shape_rules.dtypes import complex_of, discrete, kind, number_kind
from tangra.shape_rules.failures import CALL, DTYPE, Failure
from tangra.shape_rules.registry import method, rule
from tangra.shape_rules.reshaping import copied_layout
from tangra.shape_rules.torch.common import (
    CLASS,
    both,
    fresh,
    into_self,
    refuse,
    require_floating,
    store,
)
from tangra.shape_rules.values import Tensor, Unknown, Value

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

from tangra.shape_rules.torch.elementwise import (
    absolute,
    add,
    binary,
    bitwise,
    bitwise_not,
    floor_divide,
    operand_of,
    power,
    promoting,
    same_kind,
    sub,
    to_bool,
    true_divide,
)


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

    condition = operand_of(ctx, "where", condition)
    if not isinstance(condition, Tensor):
        return Unknown()
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
    "mul": (promoting("mul"), "*"),
    "truediv": (true_divide, "/"),
    "floordiv": (floor_divide, "//"),
    "mod": (promoting("remainder", ("bool",)), "%"),
    "pow": (power, "**"),
    "and": (bitwise("bitwise_and"), "&"),
    "or": (bitwise("bitwise_or"), "|"),
    "xor": (bitwise("bitwise_xor"), "^"),
    **{name: (to_bool(name), name) for name in ("lt", "le", "gt", "ge")},
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
    result = bitwise("shift")(ctx, self, other)
    refuse(ctx, result, "a shift", ("bool",))
    return result


for _name in ("__lshift__", "__rshift__"):
    method(CLASS, _name)(_shift)


def _equality(ctx: RuleContext, self: Tensor, other: Value) -> Value:
    """`==` and `!=`: False or True for what is no tensor or number."""
    if other is None or isinstance(other, str | list | tuple | dict):
        return Unknown("bool")
    return binary(ctx, "==", self, other, "bool")


method(CLASS, "__eq__", "__ne__")(_equality)
method(CLASS, "__neg__")(same_kind("neg"))
method(CLASS, "__pos__")(same_kind("positive"))
method(CLASS, "__invert__")(bitwise_not)
method(CLASS, "__abs__")(absolute)


@method(CLASS, "copy_", inplace=True)
def copy_(ctx: RuleContext, self: Tensor, src: Value, non_blocking: Value = False) -> Tensor:
    """The elements of another tensor, broadcast to this one's shape and converted."""
    source = operand_of(ctx, "copy_", src)
    if isinstance(source, Tensor):
        store(ctx, self, source.with_(dtype=None))
    return self.with_(elements=None)


@rule("torch.clone")
def clone(ctx: RuleContext, input: Tensor, *, memory_format: Value = None) -> Tensor:
    """A copy."""
    return input.with_(layout=copied_layout(input) if memory_format is None else None, parameter=False)
