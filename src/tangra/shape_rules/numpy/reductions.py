"""Reductions, scans and sorts of NumPy and `jax.numpy`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, reduced, size_argument, whole
from tangra.shape_rules.broadcasting import warn_of_growth
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import discrete, is_floating, kind, narrow, real_of, sum_result
from tangra.shape_rules.failures import ARGUMENT, AXIS, DTYPE, EMPTY, RANK, Failure
from tangra.shape_rules.folding import distinct
from tangra.shape_rules.numpy.common import both, dtype_argument, functions, made
from tangra.shape_rules.values import Tensor, Unknown, Value, is_size, shape_text
from tangra.shapes import Size, prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

ERROR = "AxisError"


def reduce_to(
    ctx: RuleContext,
    a: Tensor,
    axis: Value,
    keepdims: Value,
    dtype: str | None,
    name: str,
    error: str = ERROR,
    lenient: bool = False,
) -> Tensor:
    """The result of reducing `a` over `axis` (None: all; an empty tuple: none).

    `lenient`: a 0-d array of NumPy takes the axes 0 and -1."""
    warn_of_growth(ctx, a, name)
    scalar_axis = isinstance(axis, int) and lenient and a.library == "numpy"
    if a.rank == 0 and axis is not None and axis != () and not scalar_axis:
        for one in axis if isinstance(axis, list | tuple) else (axis,):
            if isinstance(one, int):
                ctx.fail(Failure(AXIS, f"axis {one} of a 0-d array", error))
    if a.rank == 0 and scalar_axis:
        _scalar_axis(ctx, axis)
        axis = None
    shape = reduced(ctx, a, axis, keepdims, error=error, name="axis")
    result = made(a.library, shape, dtype).with_(weak=a.weak and a.library == "jax")
    if keepdims is True and a.rank is not None and isinstance(axis, int):
        return result.with_(ones=a.ones | {axis if axis < 0 else axis - a.rank})
    return result


def _scalar_axis(ctx: RuleContext, axis: Value) -> None:
    """NumPy's older functions take the axes 0 and -1 of a 0-d array."""
    if isinstance(axis, int) and axis not in (0, -1):
        ctx.fail(Failure(AXIS, f"axis {axis} of a 0-d array", ERROR))


def _summing(name: str) -> Callable[..., Tensor]:
    def apply(
        ctx: RuleContext, a: Tensor, axis: Value = None, dtype: Value = None, keepdims: Value = False,
        initial: Value = None,
    ) -> Tensor:  # fmt: skip
        natural = sum_result(a.dtype, a.library)
        chosen = dtype_argument(dtype, a.library, natural)
        made = reduce_to(ctx, a, axis, keepdims, chosen, f"{name}()", lenient=True)
        return made if initial is not None else _of_sizes(name, a, made)

    return apply


def _of_sizes(name: str, a: Tensor, made: Tensor) -> Tensor:
    """What a reduction of few ints comes to: `np.prod(space.shape)` is the width of a layer."""
    numbers = a.elements
    if numbers is None or made.shape != () or made.dtype != "int64" or not all(map(is_size, numbers)):
        return made
    total: Size = prod(numbers) if name == "prod" else 0
    for number in numbers if name == "sum" else ():
        total = total + number
    if name in ("max", "min"):
        if not all(isinstance(number, int) for number in numbers):
            return made
        total = max(numbers) if name == "max" else min(numbers)
    fits = not isinstance(total, int) or -(2**63) <= total < 2**63
    return made.with_(elements=(total,)) if fits else made


def _float_dtype(a: Tensor) -> str | None:
    if discrete(a.dtype):
        return "float64" if a.library == "numpy" else "float32"
    return a.dtype


def _mean(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, a: Tensor, axis: Value = None, dtype: Value = None, keepdims: Value = False) -> Tensor:
        natural = dtype_argument(dtype, a.library, _float_dtype(a))
        return reduce_to(
            ctx, a, axis, keepdims, natural, f"{name}()", lenient=name == "nanmean" and not discrete(a.dtype)
        )

    return apply


def _spread(name: str) -> Callable[..., Tensor]:
    def apply(
        ctx: RuleContext, a: Tensor, axis: Value = None, dtype: Value = None, ddof: Value = 0,
        keepdims: Value = False, *, correction: Value = 0,
    ) -> Tensor:  # fmt: skip
        natural = dtype_argument(dtype, a.library, real_of(_float_dtype(a)))
        lenient = name.startswith("nan") and not discrete(a.dtype)
        return reduce_to(ctx, a, axis, keepdims, natural, f"{name}()", lenient=lenient)

    return apply


def _extreme(name: str) -> Callable[..., Tensor]:
    def apply(
        ctx: RuleContext, a: Tensor, axis: Value = None, keepdims: Value = False, initial: Value = None
    ) -> Tensor:
        if a.dims is not None and axis is None and initial is None:
            failure = Failure(EMPTY, f"{name}() of an array without elements", "ValueError")
            ctx.require(AtLeast(1, prod(a.dims)), failure)
        made = reduce_to(ctx, a, axis, keepdims, a.dtype, f"{name}()", lenient=True)
        return _of_sizes(name, a, made) if initial is None and name in ("max", "min") else made

    return apply


def _truth(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, a: Tensor, axis: Value = None, keepdims: Value = False) -> Tensor:
        return reduce_to(ctx, a, axis, keepdims, "bool", f"{name}()", lenient=True).with_(weak=False)

    return apply


def _index(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, a: Tensor, axis: Value = None, *, keepdims: Value = False) -> Tensor:
        _one_axis(ctx, axis, name)
        return reduce_to(ctx, a, axis, keepdims, "int64", f"{name}()", lenient=True).with_(weak=False)

    return apply


def _one_axis(ctx: RuleContext, axis: Value, name: str) -> None:
    if isinstance(axis, list | tuple):
        ctx.fail(Failure(ARGUMENT, f"{name}() takes one axis, not several", "TypeError"))


for _names, _maker in (
    (("sum", "prod"), _summing),
    (("mean",), _mean),
    (("std", "var"), _spread),
    (("max", "min"), _extreme),
    (("all", "any"), _truth),
    (("argmax", "argmin"), _index),
):
    for _name in _names:
        both(_name)(_maker(_name))
for _name in ("sum", "prod"):
    functions(f"nan{_name}")(_summing(_name))
functions("nanmean")(_mean("nanmean"))
for _name in ("std", "var"):
    functions(f"nan{_name}")(_spread(f"nan{_name}"))
for _name in ("amax", "amin", "nanmax", "nanmin"):
    functions(_name)(_extreme(_name))
for _name in ("nanargmax", "nanargmin"):
    functions(_name)(_index(_name))


@functions("ptp")
def ptp(ctx: RuleContext, a: Tensor, axis: Value = None, keepdims: Value = False) -> Tensor:
    """The range of values."""
    if a.dtype == "bool":
        ctx.fail(Failure(DTYPE, "ptp() does not take bools", "TypeError"))
    return reduce_to(ctx, a, axis, keepdims, a.dtype, "ptp()", lenient=True)


@functions("median", "nanmedian")
def median(
    ctx: RuleContext, a: Tensor, axis: Value = None, overwrite_input: Value = False, keepdims: Value = False
) -> Tensor:
    """The middle value."""
    return reduce_to(ctx, a, axis, keepdims, _float_dtype(a), "median()")


@functions("quantile", "percentile", "nanquantile", "nanpercentile")
def quantile(
    ctx: RuleContext, a: Tensor, q: Tensor, axis: Value = None, overwrite_input: Value = False,
    method: Value = "linear", keepdims: Value = False,
) -> Tensor:  # fmt: skip
    """Quantiles; those asked for come first."""
    if a.dtype == "bool" and a.library == "numpy":
        ctx.fail(Failure(DTYPE, "quantile() does not take bools", "TypeError"))
    if a.library == "jax" and q.least_rank > 1:
        ctx.fail(Failure(RANK, f"quantile() of quantiles of shape {shape_text(q.shape)}", "ValueError"))
    result = reduce_to(ctx, a, axis, keepdims, _float_dtype(a), "quantile()")
    if not q.weak and q.dtype != result.dtype:
        result = result.with_(dtype=None)
    if q.shape is None or result.shape is None:
        return result.with_(shape=None)
    return result.with_(shape=(*q.shape, *result.shape), ones=frozenset())


@functions("average")
def average(
    ctx: RuleContext, a: Tensor, axis: Value = None, weights: Tensor | None = None, returned: Value = False,
    keepdims: Value = False,
) -> Value:  # fmt: skip
    """The weighted mean."""
    if weights is not None and weights.shape != a.shape and a.dims is not None and weights.dims is not None:
        if axis is None:
            text = f"average() of shape {shape_text(a.dims)} with weights {shape_text(weights.dims)} needs an axis"
            if len(weights.dims) != len(a.dims):
                ctx.fail(Failure(ARGUMENT, text, "TypeError"))
        elif isinstance(axis, int) and len(weights.dims) == 1:
            place = axis_place(ctx, a, axis, error=ERROR)
            size: Size | None = None if place is None else a.size(place)
            if size is not None:
                text = f"average(): {weights.dims[0]} weights along an axis of {size}"
                ctx.require_equal(weights.dims[0], size, Failure(ARGUMENT, text, "ValueError"))
    result = reduce_to(ctx, a, axis, keepdims, _float_dtype(a), "average()")
    return (result, result) if returned is True else result if returned is False else Unknown()


@functions("count_nonzero")
def count_nonzero(ctx: RuleContext, a: Tensor, axis: Value = None, *, keepdims: Value = False) -> Tensor:
    """How many elements aren't 0."""
    result = reduce_to(ctx, a, axis, keepdims, "int64", "count_nonzero()", lenient=True)
    return result.with_(weak=False)


def _scan(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, a: Tensor, axis: Value = None, dtype: Value = None) -> Tensor:
        widened = sum_result(a.dtype, a.library) if a.library == "numpy" or a.dtype == "bool" else a.dtype
        natural = dtype_argument(dtype, a.library, widened)
        if axis is None:
            total = ctx.fresh("n") if a.dims is None else prod(a.dims)
            return made(a.library, (total,), natural)
        if a.rank == 0 and a.library == "numpy":
            whole(ctx, axis, "axis")
            _scalar_axis(ctx, axis)
            return made(a.library, (1,), natural)
        axis_place(ctx, a, axis, error=ERROR)
        return made(a.library, a.shape, natural)

    return apply


for _name in ("cumsum", "cumprod"):
    both(_name)(_scan(_name))


@functions("sort")
def sort(ctx: RuleContext, a: Tensor, axis: Value = -1, kind: Value = None, *, stable: Value = None) -> Tensor:
    """Sorted along an axis."""
    return _ordered(ctx, a, axis, a.dtype)


@both("argsort")
def argsort(ctx: RuleContext, a: Tensor, axis: Value = -1, kind: Value = None, *, stable: Value = None) -> Tensor:
    """The indices that sort."""
    if a.rank == 0 and a.library == "numpy" and axis is not None:
        whole(ctx, axis, "axis")
        _scalar_axis(ctx, axis)
        return made(a.library, (1,), "int64")
    return _ordered(ctx, a, axis, "int64")


def _ordered(ctx: RuleContext, a: Tensor, axis: Value, dtype: str | None) -> Tensor:
    if axis is None:
        return made(a.library, (ctx.fresh("n") if a.dims is None else prod(a.dims),), dtype)
    if a.rank == 0:
        ctx.fail(Failure(RANK, "a 0-d array has no axis to sort along", "AxisError"))
    axis_place(ctx, a, axis, error=ERROR)
    return made(a.library, a.shape, dtype)


@functions("unique")
def unique(
    ctx: RuleContext, ar: Tensor, return_index: Value = False, return_inverse: Value = False,
    return_counts: Value = False, axis: Value = None, *, size: Value = None,
) -> Value:  # fmt: skip
    """The distinct elements; how many there are nobody knows."""
    count = ctx.fresh("distinct") if size is None else size_argument(ctx, size, "size")
    if axis is not None or not all(isinstance(flag, bool) for flag in (return_index, return_inverse, return_counts)):
        return Unknown()
    values, numbers = distinct(ar)
    if values is not None and size is None:
        count = len(values)
    first = made(ar.library, (count,), ar.dtype).with_(elements=values if size is None else None)
    number = made(ar.library, (count,), "int64").with_(elements=numbers if size is None else None)
    inverse = made(ar.library, ar.shape, "int64")
    extra = [number.with_(elements=None)] * return_index + [inverse] * return_inverse + [number] * return_counts
    return (first, *extra) if extra else first


@functions("bincount")
def bincount(
    ctx: RuleContext, x: Tensor, weights: Tensor | None = None, minlength: Value = 0, *, length: Value = None
) -> Tensor:
    """How often each int occurs."""
    if x.rank not in (None, 1):
        ctx.fail(Failure(RANK, f"bincount() takes a vector, not shape {shape_text(x.shape)}", "ValueError"))
    if (kind(x.dtype) or 1) > 1:
        ctx.fail(Failure(DTYPE, f"bincount() counts ints, not {x.dtype}", "TypeError"))
    least = minlength if type(minlength) is int else 0
    count = ctx.fresh("bins", max(least, 0)) if length is None else size_argument(ctx, length, "length")
    return made(x.library, (count,), "int64" if weights is None else "float64")


@functions("histogram")
def histogram(
    ctx: RuleContext, a: Tensor, bins: Value = 10, range: Value = None, weights: Value = None, density: Value = None
) -> Value:
    """Counts, and the edges of the bins."""
    if isinstance(bins, float):
        ctx.fail(Failure(ARGUMENT, f"histogram() with {bins} bins", "TypeError"))
    if not isinstance(bins, int):
        return Unknown()
    if bins < int(a.library == "numpy"):
        ctx.fail(Failure(ARGUMENT, f"histogram() with {bins} bins", "ValueError"))
    dtype = "int64" if a.library == "numpy" and weights is None and density in (None, False) else "float64"
    edges = made(a.library, (bins + 1,), a.dtype if is_floating(a.dtype) else None if a.dtype is None else "float64")
    return made(a.library, (bins,), dtype), edges


@both("trace")
def trace(
    ctx: RuleContext, a: Tensor, offset: Value = 0, axis1: Value = 0, axis2: Value = 1, dtype: Value = None
) -> Tensor:
    """The sum of a diagonal."""
    if a.rank is not None and a.rank < 2:
        ctx.fail(Failure(RANK, f"trace() of shape {shape_text(a.shape)}", "ValueError"))
    first, second = axis_place(ctx, a, axis1, error=ERROR), axis_place(ctx, a, axis2, error=ERROR)
    whole(ctx, offset, "offset")
    if first is None or second is None or a.shape is None:
        return made(a.library, None, sum_result(a.dtype, a.library))
    if first == second:
        ctx.fail(Failure(ARGUMENT, "trace() over one axis twice", "ValueError"))
    rest = tuple(item for place, item in enumerate(a.shape) if place not in (first, second))
    return made(a.library, rest, narrow(sum_result(a.dtype, a.library), a.library))


@functions("diff")
def diff(
    ctx: RuleContext, a: Tensor, n: Value = 1, axis: Value = -1, prepend: Value = None, append: Value = None
) -> Tensor:
    """Differences of neighbours."""
    if whole(ctx, n, "n") == 0:
        if a.library == "jax":
            whole(ctx, axis, "axis")
        return a
    if a.rank == 0:
        ctx.fail(Failure(RANK, "diff() of a 0-d array", "ValueError"))
    place = axis_place(ctx, a, axis, error=ERROR)
    count = whole(ctx, n, "n")
    if place is None or a.dims is None or not isinstance(count, int) or prepend is not None or append is not None:
        return made(a.library, None, a.dtype)
    if count < 0:
        ctx.fail(Failure(ARGUMENT, f"diff() {count} times", "ValueError"))
    size = a.dims[place]
    left = max(size - count, 0) if isinstance(size, int) else size - count
    return made(a.library, (*a.dims[:place], left, *a.dims[place + 1 :]), a.dtype)
