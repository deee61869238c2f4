"""`np.lib.stride_tricks.sliding_window_view`."""

from __future__ import annotations

import operator

import numpy as np

from tangra.api.context import Context
from tangra.api.numbers import by_python
from tangra.api.numpy_common import FALSE, NONE, as_array, axis_arg, bad_value, is_none, size_as, unsupported
from tangra.api.numpy_layout import step_view
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Const
from tangra.ir import I64
from tangra.shapes import known_le


@function(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(
    ctx: Context,
    x: AbstractValue,
    window_shape: AbstractValue,
    axis: AbstractValue = NONE,
    *,
    subok: AbstractValue = FALSE,
    writeable: AbstractValue = FALSE,
) -> AbstractValue:
    """`sliding_window_view(x, window_shape, axis)`: a read-only view with an axis more, last, for each window."""
    if ctx.static(writeable, "writeable"):
        unsupported(ctx, "sliding_window_view with writeable=True", "write to the array itself")
    view = as_array(ctx, x)
    windows = ctx.static(window_shape, "window_shape")
    listed = windows if isinstance(windows, (tuple, list)) else (windows,)
    sizes = by_python(ctx, lambda: tuple(operator.index(size) for size in listed))
    rank = view.type.rank
    places = ctx.static(axis, "axis")
    chosen = tuple(places) if isinstance(places, (tuple, list)) else (places,)
    axes = tuple(range(rank)) if is_none(axis) else chosen
    if len(axes) != len(sizes):
        bad_value(
            ctx,
            f"sliding_window_view needs a window size for each axis, not {len(sizes)} for {len(axes)} axes",
        )
    if any(size < 0 for size in sizes):
        bad_value(ctx, "`window_shape` cannot contain negative values")
    for place, size in zip(axes, sizes, strict=True):
        k = axis_arg(ctx, Const(place), rank, "axis")
        length = view.type.shape[k]
        if not known_le(size, length, ctx.facts):
            short = ctx.b("lt", size_as(ctx, length, I64), ctx.b.int(size))
            ctx.fail_if(short, "ValueError", "window shape cannot be larger than input array shape")
        view = step_view(ctx, view, "windows", (), axis=k, size=size)
    return view
