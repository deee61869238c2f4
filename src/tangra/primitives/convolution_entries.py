"""What convolutions mean in compiled code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from tangra.api.context import Context
from tangra.api.elementwise import broadcast_to
from tangra.api.numpy_common import NONE, ONE, ZERO, bad_value, is_none, renamed, reshape, strong
from tangra.api.registry import function
from tangra.api.values import AbstractValue
from tangra.errors import ShapeMismatchError, declare
from tangra.ir import I32, Value
from tangra.ops.windows import channel_axis
from tangra.primitives import convolution, precision_entries
from tangra.primitives.convolution import Plan, plan_conv, plan_transposed
from tangra.primitives.planning import LAYOUTS, BadArgument, channels_shape
from tangra.primitives.precision import Arithmetic, for_bytes, for_floats, of_bytes
from tangra.shapes import ShapeError, Size, prod
from tangra.shapes.deciding import Judge

WINDOWS_MISMATCH = declare(
    "TG303",
    "shapes that don't fit a convolution or pool",
    fix="compare the shapes with those the function documents: layout, channels, window and border",
)


def bad_shapes(ctx: Context, error: ShapeError) -> NoReturn:
    """Report arrays that don't fit at the call being evaluated."""
    ctx.error(ShapeMismatchError, str(error), code=WINDOWS_MISMATCH)


def planned(ctx: Context, plan: Callable[..., Any], *args: Any) -> Any:
    """`plan(*args)`, its complaints as diagnostics."""
    try:
        return plan(*args)
    except ShapeError as error:
        bad_shapes(ctx, error)
    except BadArgument as error:
        bad_value(ctx, str(error), "see the function's documentation")


def judge(ctx: Context) -> Judge:
    """What is not known of sizes is checked at run time."""
    return Judge(ctx.facts, ctx.require_equal)


def float_arrays(ctx: Context, name: str, given: list[AbstractValue]) -> list[Value]:
    """Arrays in their common dtype, float32 or float64."""
    dtype = strong(ctx, *given)
    if not dtype.is_float:
        bad_value(ctx, f"{name} needs arrays of float32 or float64, not {dtype.numpy}", "convert them: x.astype(float)")
    return [ctx.array(v, dtype) for v in given]


def arithmetic(
    ctx: Context, name: str, given: list[AbstractValue], precision: AbstractValue, terms: Size, bytes: bool = True
) -> tuple[list[Value], Arithmetic]:
    """The arrays that are multiplied, and a bias, and how: `precision.factor` has yet to be done.
    `bytes`: integers of 8 bits are taken, too."""
    wanted, types = ctx.static(precision, f"precision= of {name}"), [ctx.type_of(v).dtype.numpy for v in given]
    if bytes and of_bytes(types):
        how: Arithmetic = planned(ctx, for_bytes, name, types, wanted, terms)
        return [*(ctx.array(v, ctx.type_of(v).dtype) for v in given[:2]), *(ctx.array(v, I32) for v in given[2:])], how
    values = float_arrays(ctx, name, given)
    return values, planned(ctx, for_floats, name, values[0].dtype.numpy, wanted)


def _finished(ctx: Context, y: Value, plan: Plan, bias: list[Value]) -> AbstractValue:
    """The result extended, with its bias, and without the batch axis if none was given."""
    last, rank = plan.attrs["channels_last"], len(y.shape) - 2
    if any(plan.extra):
        none = (0,) * (rank + 2)
        high = (0, *plan.extra, 0) if last else (0, 0, *plan.extra)
        y = ctx.b("pad", y, ctx.b.const(0, y.dtype), low=none, high=high)
    for vector in bias:
        channels = y.shape[channel_axis(rank + 2, last)]
        row = reshape(ctx, vector, channels_shape(channels, rank, last))
        y = ctx.b("add", y, broadcast_to(ctx, row, y.shape))
    return ctx.new_array(reshape(ctx, y, y.shape[1:]) if plan.batch.single else y)


def _conv(
    ctx: Context,
    name: str,
    given: tuple[AbstractValue, ...],
    options: dict[str, AbstractValue],
    precision: AbstractValue,
    transposed: bool,
) -> AbstractValue:
    rank = int(name[-2])
    arrays = [v for v in given if not is_none(v)]
    shape = ctx.type_of(arrays[1]).shape
    values, how = arithmetic(ctx, name, arrays, precision, prod(shape[1:]), not transposed)
    known = {what: ctx.static(v, f"{what}= of {name}") for what, v in options.items()}
    layout = known.pop("layout")
    if layout is None:
        layout = LAYOUTS[rank][0]
    shapes = values[0].shape, values[1].shape, values[2].shape if len(values) > 2 else None
    planner = plan_transposed if transposed else plan_conv
    plan = planned(ctx, planner, name, rank, judge(ctx), shapes, tuple(known.values()), layout)
    x, w, at = values[0], values[1], channel_axis(rank + 2, plan.attrs["channels_last"])
    takes = w.shape[0] if transposed else w.shape[1] * plan.attrs["groups"]
    x = renamed(ctx, x, (*plan.batch.shape[:at], takes, *plan.batch.shape[at + 1 :]))
    x, w = (precision_entries.factor(ctx, v, how) for v in (x, w))
    y = precision_entries.result(ctx, ctx.b("conv_input" if transposed else "conv", x, w, **plan.attrs), how)
    return _finished(ctx, y, plan, values[2:])


def _conv_entry(name: str) -> Callable[..., AbstractValue]:
    def entry(
        ctx: Context,
        input: AbstractValue,
        weight: AbstractValue,
        bias: AbstractValue = NONE,
        stride: AbstractValue = ONE,
        padding: AbstractValue = ZERO,
        dilation: AbstractValue = ONE,
        groups: AbstractValue = ONE,
        *,
        layout: AbstractValue = NONE,
        precision: AbstractValue = NONE,
    ) -> AbstractValue:
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "layout": layout}
        return _conv(ctx, name, (input, weight, bias), options, precision, False)

    return entry


def _transpose_entry(name: str) -> Callable[..., AbstractValue]:
    def entry(
        ctx: Context,
        input: AbstractValue,
        weight: AbstractValue,
        bias: AbstractValue = NONE,
        stride: AbstractValue = ONE,
        padding: AbstractValue = ZERO,
        output_padding: AbstractValue = ZERO,
        groups: AbstractValue = ONE,
        dilation: AbstractValue = ONE,
        *,
        layout: AbstractValue = NONE,
        precision: AbstractValue = NONE,
    ) -> AbstractValue:
        options = {"stride": stride, "padding": padding, "output_padding": output_padding, "groups": groups}
        options |= {"dilation": dilation, "layout": layout}
        return _conv(ctx, name, (input, weight, bias), options, precision, True)

    return entry


for _rank in LAYOUTS:
    for _name, _entry in ((f"conv{_rank}d", _conv_entry), (f"conv_transpose{_rank}d", _transpose_entry)):
        function(getattr(convolution, _name))(_entry(_name))
