"""Windows, convolutions, polynomials, statistics and grids of numbers in NumPy and `jax.numpy`."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, axis_places, require_rank, size_argument, unknown_dims
from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import discrete, kind, result_dtype
from tangra.shape_rules.failures import ARGUMENT, DTYPE, EMPTY, MISMATCH, RANK, Failure
from tangra.shape_rules.numpy.common import both, functions, made
from tangra.shape_rules.numpy.shaping import ERROR
from tangra.shape_rules.registry import rule
from tangra.shape_rules.values import UNKNOWN, Item, Tensor, Value, shape_text
from tangra.shapes import Dim, Size, dmax, dmin

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def _wide(library: str) -> str:
    return "float64" if library == "numpy" else "float32"


def _floating(a: Tensor) -> str | None:
    return _wide(a.library) if discrete(a.dtype) else a.dtype


@functions("hanning", "hamming", "blackman", "bartlett")
def window(ctx: RuleContext, M: Value, *, library: str) -> Tensor:
    """A window of M numbers."""
    if isinstance(M, float) and library == "numpy":
        M = ceil(M - 0.5)
    elif library == "jax":
        if isinstance(M, float):
            return made(library, (ctx.fresh("n"),), "float64")
        text = f"a window of {M} numbers"
        ctx.require(AtLeast(0, size_argument(ctx, M, "M")), Failure(ARGUMENT, text, "TypeError"))
    return made(library, (dmax(size_argument(ctx, M, "M"), 0),), "float64")


@rule("numpy.kaiser")
def kaiser(ctx: RuleContext, M: Value, beta: Value) -> Tensor:
    """A window of M numbers."""
    if isinstance(M, float):
        M = ceil(M)
    return made("numpy", (dmax(size_argument(ctx, M, "M"), 0),), "float64")


def _convolving(name: str, usual: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, a: Tensor, v: Tensor, mode: Value = usual) -> Tensor:
        if name == "convolve" and a.library == "numpy":  # a number is a vector of one
            a, v = (one.with_(shape=(1,)) if one.rank == 0 else one for one in (a, v))
        for one in (a, v):
            if one.rank not in (None, 1):
                text = f"{name}() takes vectors, not an array of shape {shape_text(one.shape)}"
                ctx.fail(Failure(RANK, text, "ValueError"))
        dtype = result_dtype([a, v], a.library)
        if a.library == "jax" and discrete(dtype):
            dtype = "float32"
        first, second = a.size(0), v.size(0)
        if first is None or second is None or not isinstance(mode, str):
            return made(a.library, (ctx.fresh("n"),), dtype)
        for size in (first, second):
            ctx.require(AtLeast(1, size), Failure(EMPTY, f"{name}() of an empty array", "ValueError"))
        long, short = dmax(first, second), dmin(first, second)
        sizes = {"full": first + second - 1, "same": long, "valid": long - short + 1}
        if mode not in sizes:
            ctx.fail(Failure(ARGUMENT, f"{name}() has no mode {mode!r}", "ValueError"))
        return made(a.library, (sizes[mode],), dtype)

    return apply


functions("convolve")(_convolving("convolve", "full"))
functions("correlate")(_convolving("correlate", "valid"))


def _variables(ctx: RuleContext, m: Tensor, rowvar: Value, name: str) -> tuple[Size, Size] | None:
    """How many variables, and observations of each, an array holds."""
    if m.rank is not None and m.rank > 2:
        ctx.fail(Failure(RANK, f"{name}() of an array of shape {shape_text(m.shape)}: at most 2 axes", "ValueError"))
    if m.dims is None or not isinstance(rowvar, bool | int):
        return None
    if len(m.dims) < 2:
        return 1, m.dims[0] if m.dims else 1
    rows, columns = m.dims
    return (rows, columns) if rowvar else (columns, rows)


def _covariance(ctx: RuleContext, m: Tensor, y: Value, rowvar: Value, name: str) -> Tensor:
    first = _variables(ctx, m, rowvar, name)
    other = _variables(ctx, y, rowvar, name) if isinstance(y, Tensor) else None
    dtype = m.dtype if kind(m.dtype) == 3 else _wide(m.library)
    if first is None or (y is not None and other is None):
        return made(m.library, None, dtype)
    count = first[0]
    if other is not None and isinstance(y, Tensor):
        text = f"{name}() of shapes {shape_text(m.dims)} and {shape_text(y.dims)}: as many observations are needed"
        ctx.require_equal(first[1], other[1], Failure(MISMATCH, text, "ValueError"))
        count = count + other[0]
    one = count == 1
    known = one or ctx.truth(AtLeast(2, count))
    return made(m.library, (() if one else (count, count)) if known else None, dtype)


@functions("cov")
def cov(
    ctx: RuleContext, m: Tensor, y: Tensor | None = None, rowvar: Value = True, bias: Value = False, ddof: Value = None,
    fweights: Value = None, aweights: Value = None,
) -> Tensor:  # fmt: skip
    """The covariances of variables, which are rows unless `rowvar` says otherwise."""
    return _covariance(ctx, m, y, rowvar, "cov")


@functions("corrcoef")
def corrcoef(ctx: RuleContext, x: Tensor, y: Tensor | None = None, rowvar: Value = True) -> Tensor:
    """The correlations of variables."""
    return _covariance(ctx, x, y, rowvar, "corrcoef")


@functions("gradient")
def gradient(
    ctx: RuleContext, f: Tensor, *varargs: Value, axis: Value = None, edge_order: Value = 1, library: str
) -> Value:
    """Central differences: an array for each axis, or one alone."""
    dtype = _floating(f)
    if f.dtype == "bool" and library == "numpy":
        ctx.fail(Failure(DTYPE, "gradient() of bools, which have no difference", "TypeError"))
    if f.dims is None:
        return UNKNOWN if axis is None else made(library, None, dtype)
    places = axis_places(ctx, f, tuple(range(len(f.dims))) if axis is None else axis, error=ERROR)
    if places is None:
        return UNKNOWN
    if len(varargs) not in (0, 1, len(places)):
        text = f"gradient() over {len(places)} axes takes as many spacings, not {len(varargs)}"
        ctx.fail(Failure(ARGUMENT, text, "TypeError"))
    least = edge_order + 1 if isinstance(edge_order, int) else 2
    for place in places:
        text = f"gradient() of shape {shape_text(f.dims)}: axis {place} needs at least {least} numbers"
        ctx.require(AtLeast(least, f.dims[place]), Failure(ARGUMENT, text, "ValueError"))
    found = tuple(made(library, f.dims, dtype) for _ in places)
    if len(found) == 1:
        return found[0]
    return found if library == "numpy" else list(found)


@functions("trapezoid", "trapz")
def trapezoid(ctx: RuleContext, y: Tensor, x: Tensor | None = None, dx: Value = 1.0, axis: Value = -1) -> Tensor:
    """The integral along an axis."""
    place, dtype = axis_place(ctx, y, axis, error=ERROR), _floating(y)
    if place is None or y.dims is None:
        return made(y.library, None, dtype)
    if x is not None:
        dtype = _floating(made(y.library, (1,), result_dtype([y, x], y.library)))
        if x.rank is not None and x.rank == len(y.dims) and x.rank > 1:
            return _under(ctx, y, x, place, dtype)
        if x.rank == 0:
            ctx.fail(Failure(RANK, "trapezoid() with one number for the places", "ValueError"))
        if x.rank != 1 or x.dims is None:
            return made(y.library, None, dtype)
        text = f"trapezoid(): {x.dims[0]} places for {y.dims[place]} values"
        ctx.broadcast(x.dims[0] - 1, y.dims[place] - 1, Failure(MISMATCH, text, "ValueError"))
    return made(y.library, (*y.dims[:place], *y.dims[place + 1 :]), dtype)


def _under(ctx: RuleContext, y: Tensor, x: Tensor, place: int, dtype: str | None) -> Tensor:
    """The integral with places of their own for every row."""
    if x.dims is None or y.dims is None:
        return made(y.library, None, dtype)
    steps = [(*one[:place], one[place] - 1, *one[place + 1 :]) for one in (x.dims, y.dims)]
    shape = broadcast_shapes(ctx, steps, "trapezoid: ", "TypeError" if y.library == "jax" else "ValueError")
    return made(y.library, None if shape is None else (*shape[:place], *shape[place + 1 :]), dtype)


@functions("polyfit")
def polyfit(
    ctx: RuleContext, x: Tensor, y: Tensor, deg: Value, rcond: Value = None, full: Value = False, w: Value = None,
    cov: Value = False,
) -> Value:  # fmt: skip
    """The coefficients of a polynomial through points."""
    require_rank(ctx, x, (1,), "the places of polyfit()", "TypeError")
    require_rank(ctx, y, (1, 2), "the values of polyfit()", "TypeError")
    if x.dims is not None and y.dims is not None:
        text = f"polyfit() of {x.dims[0]} places and {y.dims[0]} values"
        ctx.require_equal(x.dims[0], y.dims[0], Failure(MISMATCH, text, "TypeError"))
    if full is not False or cov is not False:
        return UNKNOWN
    if not isinstance(deg, int | float) or y.dims is None:
        return made(x.library, None, _wide(x.library))
    if deg < 0:
        ctx.fail(Failure(ARGUMENT, f"polyfit() of degree {deg}", "ValueError"))
    return made(x.library, (int(deg) + 1, *y.dims[1:]), _wide(x.library))


@functions("polyval")
def polyval(ctx: RuleContext, p: Tensor, x: Tensor) -> Tensor:
    """A polynomial at places."""
    dtype = result_dtype([p, x], x.library)
    if p.rank == 0:
        ctx.fail(Failure(RANK, "polyval() of a number: the coefficients are a vector", "TypeError"))
    if p.shape is None:
        return made(x.library, None, dtype)
    shape = x.shape if len(p.shape) == 1 else broadcast_shapes(ctx, [x.shape, p.shape[1:]], "polyval: ", "ValueError")
    return made(x.library, shape, dtype)


@functions("vander")
def vander(ctx: RuleContext, x: Tensor, N: Value = None, increasing: Value = False) -> Tensor:
    """Powers of a vector, a row for each element."""
    require_rank(ctx, x, (1,), "vander() of an array", "ValueError")
    if x.dtype == "bool" and x.library == "jax":
        ctx.fail(Failure(DTYPE, "vander() does not take bools", "TypeError"))
    count = x.size(0)
    count = ctx.fresh("n") if count is None else count
    columns = count if N is None else size_argument(ctx, N, "N")
    ctx.require(AtLeast(0, columns), Failure(ARGUMENT, f"vander() with {columns} columns", "ValueError"))
    dtype = result_dtype([x, made(x.library, (1,), "int64")], x.library) if x.library == "numpy" else x.dtype
    return made(x.library, (count, columns), dtype)


def _triangle(name: str, upper: bool) -> None:
    def apply(ctx: RuleContext, n: Value, k: Value = 0, m: Value = None, *, library: str) -> Value:
        m = n if m is None else m
        if library == "jax":
            for size in (n, m):
                failure = Failure(ARGUMENT, f"{name}() of size {size}", "TypeError")
                ctx.require(AtLeast(0, size_argument(ctx, size, "n")), failure)
            size_argument(ctx, k, "k")
        count: Size = ctx.fresh("n")
        if all(isinstance(one, int | float) for one in (n, m)) and isinstance(k, int) and n <= MOST_ROWS:
            rows, columns = max(ceil(n), 0), max(ceil(m), 0)
            below = sum(min(max(row + k + (0 if upper else 1), 0), columns) for row in range(rows))
            count = rows * columns - below if upper else below
        elif n is m and isinstance(n, Dim) and k in (-1, 0, 1):
            count = n * (n + (1 - 2 * k if upper else 1 + 2 * k)) // 2
        return (made(library, (count,), "int64"),) * 2

    functions(name)(apply)


MOST_ROWS = 10_000
_triangle("tril_indices", False)
_triangle("triu_indices", True)


@functions("diag_indices")
def diag_indices(ctx: RuleContext, n: Value, ndim: Value = 2, *, library: str) -> Value:
    """The indices of a diagonal, an array for each axis."""
    if isinstance(ndim, float):
        ctx.fail(Failure(ARGUMENT, f"diag_indices() in {ndim} axes", "TypeError"))
    if not isinstance(ndim, int):
        return UNKNOWN
    if isinstance(n, float) and library == "numpy":
        return (made(library, (max(ceil(n), 0),), "float64"),) * ndim
    count = size_argument(ctx, n, "n")
    if library == "jax":
        ctx.require(AtLeast(0, count), Failure(ARGUMENT, f"diag_indices() of {count}", "ValueError"))
    return (made(library, (dmax(count, 0),), "int64"),) * ndim


@rule("numpy.unravel_index")
def unravel_index(ctx: RuleContext, indices: Value, shape: Value, order: Value = "C", *, library: str) -> Value:
    """Places in an array of a shape, a number or an array for each axis."""
    if not isinstance(shape, list | tuple) or 0 in shape:
        return UNKNOWN
    if isinstance(indices, Tensor) and indices.dtype is not None and kind(indices.dtype) not in (0, 1):
        ctx.fail(Failure(DTYPE, f"unravel_index() of indices of dtype {indices.dtype}", "TypeError"))
    if isinstance(indices, Tensor) and indices.rank != 0:
        if not shape and indices.rank is not None:
            ctx.fail(Failure(RANK, "unravel_index() of several indices in a 0-d array", "ValueError"))
        return (made(library, indices.shape, "int64"),) * len(shape)
    return tuple(ctx.fresh("i") for _ in shape)


@functions("rot90")
def rot90(ctx: RuleContext, m: Tensor, k: Value = 1, axes: Value = (0, 1)) -> Tensor:
    """Turned by quarters."""
    if isinstance(axes, list | tuple) and len(axes) != 2:
        ctx.fail(Failure(ARGUMENT, f"rot90() in {len(axes)} axes", "ValueError"))
    if m.rank is not None and m.rank < 2:
        ctx.fail(Failure(RANK, f"rot90() of an array of shape {shape_text(m.shape)}", "ValueError"))
    places = axis_places(ctx, m, axes, error="ValueError") if isinstance(axes, list | tuple) else None
    if m.dims is None or places is None or not isinstance(k, int):
        return made(m.library, None if m.rank is None else unknown_dims(ctx, m.rank), m.dtype)
    sizes: list[Item] = list(m.dims)
    if k % 2:
        first, second = places
        sizes[first], sizes[second] = sizes[second], sizes[first]
    return made(m.library, tuple(sizes), m.dtype)


@functions("partition")
def partition(ctx: RuleContext, a: Tensor, kth: Value, axis: Value = -1) -> Tensor:
    """Ordered around one element."""
    return _around(ctx, a, kth, axis, a.dtype)


@both("argpartition")
def argpartition(ctx: RuleContext, a: Tensor, kth: Value, axis: Value = -1) -> Tensor:
    """Where the elements go that are ordered around one."""
    return _around(ctx, a, kth, axis, "int64")


def _around(ctx: RuleContext, a: Tensor, kth: Value, axis: Value, dtype: str | None) -> Tensor:
    if isinstance(kth, float):
        ctx.fail(Failure(ARGUMENT, f"partition() around element {kth}, which is no int", "TypeError"))
    if axis is None:
        return made(a.library, None, dtype)
    if a.rank == 0 and a.library == "numpy" and dtype == "int64" and axis in (0, -1) and kth in (0, -1):
        return made(a.library, (1,), dtype)
    place = axis_place(ctx, a, axis, error=ERROR)
    if place is not None and a.dims is not None and isinstance(kth, int) and a.dims:
        text = f"partition() around element {kth} of shape {shape_text(a.dims)} along axis {place}"
        least = kth + 1 if kth >= 0 else -kth
        ctx.require(AtLeast(least, a.dims[place]), Failure(ARGUMENT, text, "ValueError"))
    return made(a.library, a.shape, dtype)


@functions("lexsort")
def lexsort(ctx: RuleContext, keys: Value, axis: Value = -1, *, library: str) -> Value:
    """The order of rows by several keys."""
    arrays = [key for key in keys if isinstance(key, Tensor)] if isinstance(keys, list | tuple) else []
    if not isinstance(keys, list | tuple) or len(arrays) != len(keys) or not arrays:
        return made(library, keys.shape[1:] if isinstance(keys, Tensor) and keys.shape else None, "int64")
    for other in arrays[1:]:
        text = f"lexsort() of keys of shapes {shape_text(arrays[0].shape)} and {shape_text(other.shape)}"
        failure = Failure(MISMATCH, text, "ValueError")
        if arrays[0].dims is None or other.dims is None:
            continue
        if len(arrays[0].dims) != len(other.dims):
            ctx.fail(failure)
        for left, right in zip(arrays[0].dims, other.dims, strict=True):
            ctx.require_equal(left, right, failure)
    return made(library, arrays[0].shape, "int64")


@functions("digitize")
def digitize(ctx: RuleContext, x: Tensor, bins: Tensor, right: Value = False) -> Tensor:
    """Which bins values fall into."""
    if bins.rank not in (None, 1):
        text = f"digitize() into bins of shape {shape_text(bins.shape)}: a vector is needed"
        ctx.fail(Failure(RANK, text, "ValueError"))
    return made(x.library, x.shape, "int64")


@functions("isin")
def isin(
    ctx: RuleContext, element: Tensor, test_elements: Tensor, assume_unique: Value = False, invert: Value = False
) -> Tensor:
    """Which elements are among others."""
    return made(element.library, element.shape, "bool")


def _set(name: str) -> Callable[..., Value]:
    def apply(ctx: RuleContext, ar1: Tensor, ar2: Tensor, assume_unique: Value = False) -> Tensor:
        return made(ar1.library, (ctx.fresh(name),), result_dtype([ar1, ar2], ar1.library))

    return apply


for _name in ("union1d", "setxor1d", "intersect1d"):
    rule(f"numpy.{_name}")(_set(_name))


@rule("numpy.setdiff1d")
def setdiff1d(ctx: RuleContext, ar1: Tensor, ar2: Tensor, assume_unique: Value = False) -> Tensor:
    """Elements that are not among others."""
    return made(ar1.library, (ctx.fresh("n"),), ar1.dtype)


@rule("numpy.histogram2d")
def histogram2d(
    ctx: RuleContext, x: Tensor, y: Tensor, bins: Value = 10, range: Value = None, density: Value = None,
    weights: Value = None,
) -> Value:  # fmt: skip
    """Counts in a grid, and the edges of its cells."""
    for one in (x, y):
        if one.rank not in (None, 1):
            ctx.fail(Failure(RANK, f"histogram2d() of an array of shape {shape_text(one.shape)}", "ValueError"))
    if x.dims is not None and y.dims is not None:
        text = f"histogram2d() of {x.dims[0]} and {y.dims[0]} numbers"
        ctx.require_equal(x.dims[0], y.dims[0], Failure(MISMATCH, text, "ValueError"))
    counts: list[Size] = []
    for place, one in enumerate(bins if isinstance(bins, list | tuple) and len(bins) == 2 else (bins, bins)):
        if isinstance(one, float):
            ctx.fail(Failure(ARGUMENT, f"histogram2d() in {one} bins", "TypeError"))
        edges = one.size(0) if isinstance(one, Tensor) and one.rank == 1 else None
        size = edges - 1 if edges is not None else one if isinstance(one, int) else ctx.fresh(f"bins{place}")
        ctx.require(AtLeast(1, size), Failure(ARGUMENT, f"histogram2d() in {size} bins", "ValueError"))
        counts.append(size)
    dtype = _floating(made(x.library, (1,), result_dtype([x, y], x.library)))
    edges_of = [made(x.library, (size + 1,), dtype) for size in counts]
    return made(x.library, tuple(counts), "float64" if x.library == "numpy" else None), *edges_of


@functions("divmod")
def divmod_(ctx: RuleContext, x1: Tensor, x2: Tensor) -> Value:
    """Quotients and remainders."""
    error = "TypeError" if x1.library == "jax" else "ValueError"
    shape = broadcast_shapes(ctx, [x1.shape, x2.shape], "divmod: ", error)
    dtype = result_dtype([x1, x2], x1.library)
    if kind(dtype) == 3:
        ctx.fail(Failure(ARGUMENT, "divmod() does not take complex numbers", "TypeError"))
    if dtype == "bool":
        dtype = "int8" if x1.library == "numpy" else "int32"
    return (made(x1.library, shape, dtype),) * 2


@functions("delete")
def delete(ctx: RuleContext, arr: Tensor, obj: Value, axis: Value = None) -> Tensor:
    """Without one slice, or several."""
    if axis is None:
        return made(arr.library, (ctx.fresh("n"),), arr.dtype)
    place = axis_place(ctx, arr, axis, error=ERROR)
    if place is None or arr.dims is None:
        return made(arr.library, None, arr.dtype)
    size = left = arr.dims[place]
    if isinstance(obj, float):
        ctx.fail(Failure(ARGUMENT, f"delete() of slice {obj}: an int is needed", "IndexError"))
    if isinstance(obj, int) and not isinstance(obj, bool):
        text = f"delete() of slice {obj} of an axis of size {size}"
        ctx.require(AtLeast(obj + 1 if obj >= 0 else -obj, size), Failure(ARGUMENT, text, "IndexError"))
        left = size - 1
    else:
        left = ctx.fresh("n")
    return made(arr.library, (*arr.dims[:place], left, *arr.dims[place + 1 :]), arr.dtype)
