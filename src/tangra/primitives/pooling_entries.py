"""What pools mean in compiled code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tangra.api.context import Context
from tangra.api.elementwise import broadcast_to, cast
from tangra.api.numpy_common import FALSE, NONE, ONE, TRUE, ZERO, ew, ramp, reshape
from tangra.api.registry import function
from tangra.api.values import AbstractValue, TupleValue
from tangra.ir import I64, Value
from tangra.ops.windows import spatial
from tangra.primitives import pooling
from tangra.primitives.convolution_entries import float_arrays, judge, planned
from tangra.primitives.planning import LAYOUTS
from tangra.primitives.pooling import PoolPlan, even, plan_pool, whole_window
from tangra.shapes import Size


def _planned(
    ctx: Context, name: str, input: AbstractValue, options: dict[str, AbstractValue], layout: AbstractValue
) -> tuple[Value, PoolPlan]:
    """The input with a batch axis, and the plan."""
    rank = int(name[-2])
    (x,) = float_arrays(ctx, name, [input])
    known = {what: ctx.static(v, f"{what}= of {name}") for what, v in options.items()}
    order = ctx.static(layout, f"layout= of {name}") or LAYOUTS[rank][0]
    plan = planned(ctx, plan_pool, name, rank, judge(ctx), x.shape, known, order)
    return reshape(ctx, x, plan.batch.shape), plan


def _unbatched(ctx: Context, y: Value, plan: PoolPlan) -> AbstractValue:
    return ctx.new_array(reshape(ctx, y, y.shape[1:]) if plan.batch.single else y)


def _max_entry(name: str) -> Callable[..., AbstractValue]:
    def entry(
        ctx: Context,
        input: AbstractValue,
        kernel_size: AbstractValue,
        stride: AbstractValue = NONE,
        padding: AbstractValue = ZERO,
        dilation: AbstractValue = ONE,
        ceil_mode: AbstractValue = FALSE,
        return_indices: AbstractValue = FALSE,
        *,
        layout: AbstractValue = NONE,
    ) -> AbstractValue:
        options = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
        options |= {"dilation": dilation, "ceil_mode": ceil_mode}
        x, plan = _planned(ctx, name, input, options, layout)
        largest = _unbatched(ctx, ctx.b("pool_max", x, **plan.attrs), plan)
        if not ctx.static(return_indices, f"return_indices= of {name}"):
            return largest
        return TupleValue((largest, _unbatched(ctx, ctx.b("pool_argmax", x, **plan.attrs), plan)))

    return entry


def _counts(ctx: Context, plan: PoolPlan, x: Value, y: Value) -> Value:
    """By what each sum is divided, in the shape and dtype of y."""
    if plan.divisor is not None or even(plan):
        return ctx.b.filled(float(plan.divisor or whole_window(plan)), y.array)
    last = plan.attrs["channels_last"]
    total: Value | None = None
    for axis, (size, count) in enumerate(zip(spatial(x.shape, last), spatial(y.shape, last), strict=True)):
        shape: list[Size] = [1] * len(y.shape)
        shape[axis + (1 if last else 2)] = count
        along = reshape(ctx, _along(ctx, plan, axis, size, count), tuple(shape))
        total = along if total is None else ew(ctx, "mul", total, along)
    assert total is not None
    return broadcast_to(ctx, cast(ctx, total, y.dtype), y.shape)


def _along(ctx: Context, plan: PoolPlan, axis: int, size: Size, count: Size) -> Value:
    """`pooling.divisors` for any size."""
    padding, window = plan.padding[axis], plan.attrs["window"][axis]
    start = ew(ctx, "sub", ew(ctx, "mul", ramp(ctx, count, I64), plan.attrs["strides"][axis]), padding)
    low = -padding if plan.border_counts else 0
    high = ctx.b.dim(size + padding if plan.border_counts else size)
    return ew(ctx, "sub", ew(ctx, "minimum", ew(ctx, "add", start, window), high), ew(ctx, "maximum", start, low))


def _average(
    ctx: Context, name: str, input: AbstractValue, options: dict[str, AbstractValue], layout: AbstractValue
) -> AbstractValue:
    x, plan = _planned(ctx, name, input, options, layout)
    y = ctx.b("pool_sum", x, **plan.attrs)
    return _unbatched(ctx, ctx.b("div", y, _counts(ctx, plan, x, y)), plan)


def _avg_pool1d(
    ctx: Context,
    input: AbstractValue,
    kernel_size: AbstractValue,
    stride: AbstractValue = NONE,
    padding: AbstractValue = ZERO,
    ceil_mode: AbstractValue = FALSE,
    count_include_pad: AbstractValue = TRUE,
    *,
    layout: AbstractValue = NONE,
) -> AbstractValue:
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
    options |= {"ceil_mode": ceil_mode, "count_include_pad": count_include_pad}
    return _average(ctx, "avg_pool1d", input, options, layout)


def _avg_entry(name: str) -> Callable[..., AbstractValue]:
    def entry(
        ctx: Context,
        input: AbstractValue,
        kernel_size: AbstractValue,
        stride: AbstractValue = NONE,
        padding: AbstractValue = ZERO,
        ceil_mode: AbstractValue = FALSE,
        count_include_pad: AbstractValue = TRUE,
        divisor_override: AbstractValue = NONE,
        *,
        layout: AbstractValue = NONE,
    ) -> AbstractValue:
        options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "ceil_mode": ceil_mode}
        options |= {"count_include_pad": count_include_pad, "divisor_override": divisor_override}
        return _average(ctx, name, input, options, layout)

    return entry


ENTRIES: dict[str, Any] = {f"max_pool{rank}d": _max_entry(f"max_pool{rank}d") for rank in LAYOUTS}
ENTRIES |= {"avg_pool1d": _avg_pool1d, "avg_pool2d": _avg_entry("avg_pool2d"), "avg_pool3d": _avg_entry("avg_pool3d")}
for _name, _entry in ENTRIES.items():
    function(getattr(pooling, _name))(_entry)
