"""`scipy.integrate`, `scipy.interpolate` and `scipy.optimize`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, require_rank
from tangra.shape_rules.broadcasting import broadcast_to
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.failures import MATMUL, MISMATCH, RANK, Failure
from tangra.shape_rules.numpy.science import trapezoid
from tangra.shape_rules.registry import module, rule
from tangra.shape_rules.scipy.shared import along, doubled, require_vector
from tangra.shape_rules.values import UNKNOWN, Shape, Tensor, Unknown, Value, record, shape_text
from tangra.shapes import dmin

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


@rule("scipy.integrate.trapezoid")
def integral(ctx: RuleContext, y: Tensor, x: Tensor | None = None, dx: Value = 1.0, axis: Value = -1) -> Tensor:
    """The integral along an axis."""
    if x is not None and x.shape is not None and y.shape is not None and x.rank == y.rank != 1:
        broadcast_to(ctx, x.shape, y.shape, "trapezoid(): the places ", "ValueError")
    return trapezoid(ctx, y, None if x is not None and x.rank == 0 else x, dx, axis)


def _places(ctx: RuleContext, y: Tensor, x: Tensor | None, place: int | None, name: str) -> None:
    """As many places as values along the axis."""
    size, given = None if place is None else y.size(place), None if x is None or x.rank != 1 else x.size(0)
    if size is not None and given is not None:
        text = f"{name}: {given} places for {size} values (axis {place} of {shape_text(y.shape)})"
        ctx.require_equal(given, size, Failure(MISMATCH, text, "ValueError"))


@rule("scipy.integrate.simpson")
def simpson(ctx: RuleContext, y: Tensor, x: Tensor | None = None, *, dx: Value = 1.0, axis: Value = -1) -> Tensor:
    """The integral along an axis."""
    place = axis_place(ctx, y, axis, error="IndexError")
    if x is not None and x.rank is not None and x.rank != 1 and y.rank is not None and x.rank != y.rank:
        text = f"simpson(): places of shape {shape_text(x.shape)} for values of shape {shape_text(y.shape)}"
        ctx.fail(Failure(RANK, text, "ValueError"))
    _places(ctx, y, x, place, "simpson()")
    known = y.dims is not None and place is not None and (x is None or x.rank == 1)
    return Tensor("numpy", along(y.dims or (), place or 0) if known else None, doubled(y, *([] if x is None else [x])))


@rule("scipy.integrate.cumulative_trapezoid")
def cumulative_trapezoid(
    ctx: RuleContext, y: Tensor, x: Tensor | None = None, dx: Value = 1.0, axis: Value = -1, initial: Value = None
) -> Tensor:
    """The integral up to each place, without the first of them unless `initial` stands there."""
    place, dtype = axis_place(ctx, y, axis, error="IndexError"), doubled(y, *([] if x is None else [x]))
    if x is not None and x.dims is not None and y.dims is not None and len(x.dims) != 1:
        text = f"cumulative_trapezoid(): places of shape {x} for values of shape {y}"
        if len(x.dims) != len(y.dims):
            ctx.fail(Failure(MISMATCH, text, "ValueError"))
        for one, other in zip(x.dims, y.dims, strict=True):
            ctx.require_equal(one, other, Failure(MISMATCH, text, "ValueError"))
    _places(ctx, y, x, place, "cumulative_trapezoid()")
    if y.dims is None or place is None or isinstance(initial, Unknown):
        return Tensor("numpy", None, dtype)
    size = y.dims[place]
    ctx.require(AtLeast(1, size), Failure(RANK, "cumulative_trapezoid() of nothing", "ValueError"))
    return Tensor("numpy", along(y.dims, place, size - 1 if initial is None else size), dtype)


class _Interpolation:
    """A function of places, from places and values."""

    def _prepare(self, ctx: RuleContext, x: Tensor, y: Tensor, axis: Value, name: str) -> None:
        require_vector(ctx, x, f"the places of {name}")
        if y.rank == 0:
            ctx.fail(Failure(RANK, f"{name}: one number where values are needed", "ValueError"))
        place = axis_place(ctx, y, axis, error="ValueError")
        _places(ctx, y, x, place, name)
        self.before: Shape | None = None if y.shape is None or place is None else y.shape[:place]
        self.after: Shape | None = None if y.shape is None or place is None else y.shape[place + 1 :]

    def forward(self, ctx: RuleContext, x: Tensor) -> Tensor:
        if self.before is None or self.after is None or x.shape is None:
            return Tensor("numpy", None, "float64")
        return Tensor("numpy", (*self.before, *x.shape, *self.after), "float64")


@module("scipy.interpolate.interp1d")
class Interp1d(_Interpolation):
    """Lines between values."""

    def __init__(
        self, ctx: RuleContext, x: Tensor, y: Tensor, kind: Value = "linear", axis: Value = -1, copy: Value = True,
        bounds_error: Value = None, fill_value: Value = None, assume_sorted: Value = False,
    ) -> None:  # fmt: skip
        self._prepare(ctx, x, y, axis, "interp1d()")


@module("scipy.interpolate.CubicSpline", "scipy.interpolate.PchipInterpolator", "scipy.interpolate.Akima1DInterpolator")
class CubicSpline(_Interpolation):
    """Cubic curves between values."""

    def __init__(
        self, ctx: RuleContext, x: Tensor, y: Tensor, axis: Value = 0, *, bc_type: Value = None,
        extrapolate: Value = None, method: Value = None,
    ) -> None:  # fmt: skip
        self._prepare(ctx, x, y, axis, "CubicSpline()")


@rule("scipy.optimize.linear_sum_assignment")
def linear_sum_assignment(ctx: RuleContext, cost_matrix: Tensor, maximize: Value = False) -> Value:
    """Rows and columns of the best assignment."""
    require_rank(ctx, cost_matrix, (2,), "the costs of linear_sum_assignment()", "ValueError")
    rows, columns = cost_matrix.size(0), cost_matrix.size(1)
    one = Tensor("numpy", (ctx.fresh("n") if rows is None or columns is None else dmin(rows, columns),), "int64")
    return one, one


@rule("scipy.optimize.nnls")
def nnls(ctx: RuleContext, A: Tensor, b: Tensor, maxiter: Value = None) -> Value:
    """The solution that is nowhere negative, and the norm of what is left."""
    require_rank(ctx, A, (2,), "the matrix of nnls()", "ValueError")
    require_rank(ctx, b, (1, 2), "the right side of nnls()", "ValueError")
    if b.rank == 2 and b.dims is not None:
        text = f"nnls(): the right side is one column, not of shape {b}"
        ctx.require_equal(b.dims[1], 1, Failure(RANK, text, "ValueError"))
    rows, size = A.size(0), b.size(0)
    if rows is not None and size is not None:
        text = f"nnls() of a matrix of shape {A} with a vector of {size}"
        ctx.require_equal(rows, size, Failure(MATMUL, text, "ValueError"))
    columns = A.size(1)
    return Tensor("numpy", (ctx.fresh("n") if columns is None else columns,), "float64"), Unknown("float")


@rule("scipy.optimize.minimize")
def minimize(ctx: RuleContext, fun: Value, x0: Tensor, args: Value = (), *rest: Value, **options: Value) -> Value:
    """The place of a minimum; the function is called with a vector."""
    count = x0.size(0) if x0.rank == 1 else 1 if x0.rank == 0 else None
    if x0.rank is not None and x0.rank > 1:
        text = f"minimize() starts at a vector, not at an array of shape {shape_text(x0.shape)}"
        ctx.fail(Failure(RANK, text, "ValueError"))
    x = Tensor("numpy", (ctx.fresh("n") if count is None else count,), "float64")
    more = args if isinstance(args, tuple | list) else () if args is None else (args,)
    ctx.call(fun, x, *more)
    return record(x=x, fun=UNKNOWN, success=Unknown("bool"), message=Unknown("str"), nit=Unknown("int"), jac=UNKNOWN)
