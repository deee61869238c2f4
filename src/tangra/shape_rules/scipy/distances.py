"""`scipy.spatial.distance`: distances between rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.failures import MISMATCH, RANK, Failure
from tangra.shape_rules.registry import rule
from tangra.shape_rules.values import Tensor, Value, shape_text

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

DISTANCE = "scipy.spatial.distance."


def _rows(ctx: RuleContext, array: Tensor, name: str) -> None:
    if array.rank not in (None, 2):
        text = f"{name} takes rows of numbers: 2 dimensions, not shape {shape_text(array.shape)}"
        ctx.fail(Failure(RANK, text, "ValueError"))


@rule(DISTANCE + "cdist")
def cdist(
    ctx: RuleContext, XA: Tensor, XB: Tensor, metric: Value = "euclidean", *, p: Value = None, w: Value = None,
    V: Value = None, VI: Value = None,
) -> Tensor:  # fmt: skip
    """Distances between all rows of two arrays."""
    _rows(ctx, XA, "cdist()")
    _rows(ctx, XB, "cdist()")
    left, right = XA.size(1), XB.size(1)
    if left is not None and right is not None:
        text = f"cdist(): rows of {left} numbers (shape {XA}) and of {right} (shape {XB})"
        ctx.require_equal(left, right, Failure(MISMATCH, text, "ValueError"))
    if XA.dims is None or XB.dims is None:
        return Tensor("numpy", (ctx.fresh("n"), ctx.fresh("n")), "float64")
    return Tensor("numpy", (XA.dims[0], XB.dims[0]), "float64")


@rule(DISTANCE + "pdist")
def pdist(
    ctx: RuleContext, X: Tensor, metric: Value = "euclidean", *, p: Value = None, w: Value = None,
    V: Value = None, VI: Value = None,
) -> Tensor:  # fmt: skip
    """Distances between all pairs of rows."""
    _rows(ctx, X, "pdist()")
    count = X.size(0)
    return Tensor("numpy", (ctx.fresh("n") if count is None else count * (count - 1) // 2,), "float64")
