"""Running sums and products by other names, and the edges of histograms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place
from tangra.shape_rules.dtypes import kind, sum_result
from tangra.shape_rules.failures import ARGUMENT, RANK, Failure
from tangra.shape_rules.numpy.common import dtype_argument, functions, made
from tangra.shape_rules.numpy.reductions import ERROR, _scan
from tangra.shape_rules.values import Tensor, Value, shape_text

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


functions("nancumsum", "nancumprod")(_scan("nancumsum"))


def _cumulative(name: str) -> None:
    def apply(
        ctx: RuleContext, x: Tensor, *, axis: Value = None, dtype: Value = None, include_initial: Value = False
    ) -> Tensor:
        widened = x.library == "numpy" or name == "cumulative_sum" or x.dtype == "bool"
        natural = dtype_argument(dtype, x.library, sum_result(x.dtype, x.library) if widened else x.dtype)
        if x.rank == 0 and (axis is None or x.library == "jax"):
            ctx.fail(Failure(RANK, f"{name}() of a 0-d array", "ValueError"))
        if x.rank == 0:
            return made(x.library, None, natural)
        if axis is None and x.rank is not None and x.rank > 1:
            text = f"{name}() of an array of shape {shape_text(x.shape)} needs an axis"
            ctx.fail(Failure(ARGUMENT, text, "ValueError"))
        place = axis_place(ctx, x, 0 if axis is None else axis, error=ERROR)
        if x.dims is None or place is None or not isinstance(include_initial, bool):
            return made(x.library, None, natural)
        size = x.dims[place] + int(include_initial)
        return made(x.library, (*x.dims[:place], size, *x.dims[place + 1 :]), natural)

    functions(name)(apply)


_cumulative("cumulative_sum")
_cumulative("cumulative_prod")


@functions("histogram_bin_edges")
def histogram_bin_edges(
    ctx: RuleContext, a: Tensor, bins: Value = 10, range: Value = None, weights: Value = None
) -> Tensor:
    """The edges of the bins of a histogram."""
    if isinstance(bins, float):
        ctx.fail(Failure(ARGUMENT, f"histogram_bin_edges() with {bins} bins", "TypeError"))
    if isinstance(bins, int) and bins < (1 if a.library == "numpy" else -1):
        ctx.fail(Failure(ARGUMENT, f"histogram_bin_edges() with {bins} bins", "ValueError"))
    wide = "float64" if a.library == "numpy" else "float32"
    dtype = a.dtype if kind(a.dtype) == 2 else None if a.dtype is None else wide
    return made(a.library, (max(bins + 1, 0),) if isinstance(bins, int) else (ctx.fresh("n"),), dtype)
