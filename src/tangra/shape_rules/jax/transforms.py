"""JAX's settings, and the update syntax `x.at[index].set(y)`."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import size_sequence
from tangra.shape_rules.broadcasting import broadcast_to
from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.failures import CALL, Failure
from tangra.shape_rules.indexing import index_result
from tangra.shape_rules.numpy.common import dtype_argument
from tangra.shape_rules.registry import attribute, inert, method, rule
from tangra.shape_rules.values import UNKNOWN, Record, Tensor, Unknown, Value, record

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


inert("jax.block_until_ready", result=lambda ctx, x: x)
inert(
    "jax.device_put",
    result=lambda ctx, x, device=None, *, src=None, donate=False, may_alias=None, use_mesh=None: x,
)
inert("jax.lax.stop_gradient", "jax.lax.optimization_barrier", result=lambda ctx, x, *args: x)


@rule("jax.debug.print")
def debug_print(ctx: RuleContext, fmt: Value, *args: Value, ordered: Value = False, **kwargs: Value) -> None:
    """Arrays shown when they are known."""
    used = {field for _, field, _, _ in Formatter().parse(fmt) if field} if isinstance(fmt, str) else set(kwargs)
    unused = [word for word in kwargs if not any(field.startswith(word) for field in used)]
    if unused:
        ctx.fail(Failure(CALL, f"jax.debug.print() does not show {', '.join(unused)}", "ValueError"))


@rule("jax.device_get")
def device_get(ctx: RuleContext, x: Value) -> Value:
    """Arrays of NumPy with the same elements."""
    if isinstance(x, Tensor):
        return Tensor("numpy", x.shape, x.dtype, elements=x.elements)
    if isinstance(x, list | tuple) and not isinstance(x, Record):
        return type(x)(device_get(ctx, part) for part in x)
    return {key: device_get(ctx, part) for key, part in x.items()} if isinstance(x, dict) else x


@rule("jax.config.update")
def update(ctx: RuleContext, name: Value, value: Value) -> None:
    """A global setting."""
    if isinstance(name, str):
        ctx.change_setting(f"jax.{name}", value)


@rule("jax.ShapeDtypeStruct")
def shape_dtype_struct(
    ctx: RuleContext, shape: Value, dtype: Value, *, named_shape: Value = None, sharding: Value = None,
    weak_type: Value = False, is_ref: Value = False,
) -> Tensor:  # fmt: skip
    """What stands for an array of this shape."""
    return Tensor("jax", size_sequence(ctx, shape, "shape"), dtype_argument(dtype, "jax", None))


AT = "jax.at"


@attribute("jax.Array", "at")
def at(ctx: RuleContext, self: Tensor) -> Record:
    """The thing to index for an update; its index and methods are those of the class `jax.at`."""
    return record(array=self)


@attribute("jax.Array", "value")
def value_of(ctx: RuleContext, self: Tensor) -> Tensor:
    """What flax.nnx's variables hold, which stand for their arrays here."""
    return self


@method(AT, "__getitem__")
def at_index(ctx: RuleContext, self: Record, index: Value) -> Record:
    """A part to update."""
    array = self.field("array")
    part = index_result(ctx, array, index) if isinstance(array, Tensor) else UNKNOWN
    return record(array=array, part=part)


@method(AT, "set", "add", "subtract", "multiply", "mul", "divide", "min", "max", "power")
def at_set(ctx: RuleContext, self: Record, values: Value, **options: Value) -> Value:
    """The whole array with the part changed; the values must broadcast to the part."""
    array, part = self.field("array"), self.field("part")
    if isinstance(part, Tensor) and part.shape is not None and not isinstance(values, Unknown):
        given = to_tensor(values, "jax", "set", "values")
        if given.shape is not None:
            broadcast_to(ctx, given.shape, part.shape, "at[...].set: ", "ValueError")
    return array.with_(elements=None) if isinstance(array, Tensor) else UNKNOWN


@method(AT, "get")
def at_get(ctx: RuleContext, self: Record, **options: Value) -> Value:
    """The part."""
    return self.field("part")


@method(AT, "apply")
def at_apply(ctx: RuleContext, self: Record, function: Value) -> Value:
    """The whole array with a function applied to the part."""
    return self.field("array")
