"""What rules for torch share: fresh tensors, dtypes of arguments, declaring functions and methods together."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from tangra.shape_rules.axes import rank_text
from tangra.shape_rules.broadcasting import broadcast_to
from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import dtype_name, kind
from tangra.shape_rules.failures import BROADCAST, DTYPE, INDEX, Failure
from tangra.shape_rules.registry import method, rule
from tangra.shape_rules.values import Shape, Tensor, Value, shape_text
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

F = TypeVar("F", bound=Callable[..., Any])

CLASS = "torch.Tensor"


def fresh(shape: Shape | None, dtype: str | None, *sources: Tensor) -> Tensor:
    """A new tensor, in order in memory if all of `sources` are."""
    ordered = all(source.layout == "contiguous" for source in sources)
    return Tensor("torch", shape, dtype, "contiguous" if ordered else None)


def default_dtype(ctx: RuleContext) -> str:
    """The dtype of float tensors that nobody gave one."""
    found = ctx.setting("torch.default_dtype")
    return found if isinstance(found, str) else "float32"


def dtype_argument(ctx: RuleContext, value: Value, otherwise: str | None) -> str | None:
    """The dtype a `dtype=` argument names, `otherwise` for None."""
    return otherwise if value is None else dtype_name(value, "torch")


def both(*names: str, inplace: bool = False) -> Callable[[F], F]:
    """Declare `torch.name` and the method `name`, and with `inplace` both as `name_`, for each of `names`."""

    def declare(function: F) -> F:
        rule(*(f"torch.{name}" for name in names))(function)
        method(CLASS, *names)(function)
        if inplace:
            written = into_self(function)
            method(CLASS, *(f"{name}_" for name in names), inplace=True)(written)
            rule(*(f"torch.{name}_" for name in names), inplace=True)(written)
        return function

    return declare


def into_self(function: Callable[..., Value]) -> Callable[..., Value]:
    """The in-place variant: the result must fit into the first tensor's shape and dtype."""

    @functools.wraps(function)
    def call(ctx: RuleContext, *args: Value, **kwargs: Value) -> Value:
        receiver = args[0]
        result = function(ctx, *args, **kwargs)
        if isinstance(receiver, Tensor) and isinstance(result, Tensor):
            store(ctx, receiver, result)
            return receiver.with_(elements=None, grown=None)
        return receiver

    return call


def store(ctx: RuleContext, target: Tensor, result: Tensor) -> None:
    """Require that `result` can be written into `target` in place."""
    if target.shape is not None and result.shape is not None:
        broadcast_to(ctx, result.shape, target.shape, "in-place operation: ", "RuntimeError", BROADCAST)
    have, want = kind(target.dtype), kind(result.dtype)
    if have is not None and want is not None and want > have:
        message = f"a {result.dtype} result can't be stored in a tensor of dtype {target.dtype}"
        ctx.fail(Failure(DTYPE, message, "RuntimeError"))


def tensor_of(value: Value, function: str) -> Tensor:
    """`value` as a torch tensor, where a rule takes other things too."""
    return to_tensor(value, "torch", function, "argument")


def same_dtype(ctx: RuleContext, left: Tensor, right: Tensor, what: str) -> None:
    """Fail for two tensors of different dtypes, which torch's products and layers don't take."""
    if left.dtype is not None and right.dtype is not None and left.dtype != right.dtype:
        message = f"{what}: the operands have dtypes {left.dtype} and {right.dtype}, which have to be the same"
        ctx.fail(Failure(DTYPE, message, "RuntimeError"))


def require_floating(ctx: RuleContext, tensor: Tensor, what: str, error: str = "RuntimeError") -> None:
    """Fail for an int or bool tensor."""
    found = kind(tensor.dtype)
    if found is not None and found < 2:
        ctx.fail(Failure(DTYPE, f"{what} takes a tensor of floats, not of {tensor.dtype}", error))


def refuse(ctx: RuleContext, tensor: Tensor, what: str, dtypes: tuple[str, ...]) -> None:
    """Fail for a tensor of one of these dtypes."""
    if tensor.dtype in dtypes:
        ctx.fail(Failure(DTYPE, f"{what} does not take a tensor of dtype {tensor.dtype}", "RuntimeError"))


def require_places(
    ctx: RuleContext, index: Tensor, size: Size | None, what: str, ignored: tuple[Value, ...] = ()
) -> None:
    """Require that indices whose numbers are known are places of an axis."""
    if size is None or index.elements is None:
        return
    for place in index.elements:
        if not isinstance(place, int) or place in ignored:
            continue
        failure = Failure(INDEX, f"{what}: {place} is none of {size} (they count from 0)", "IndexError")
        if place < 0:
            ctx.fail(failure)
        ctx.require(AtLeast(place + 1, size), failure)


def describe(tensor: Tensor) -> str:
    """`a tensor of shape (2, 3)`, or of unknown shape with so many dimensions."""
    if tensor.shape is None:
        return "a tensor"
    return f"a tensor of shape {shape_text(tensor.shape)} ({rank_text(tensor.least_rank)})"
