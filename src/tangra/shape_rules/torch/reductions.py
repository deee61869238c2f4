"""torch's reductions, scans, and what sorts or ranks along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, reduced, size_argument, unknown_dims, whole
from tangra.shape_rules.broadcasting import warn_of_growth
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import float_result, kind, real_of, sum_result
from tangra.shape_rules.failures import ARGUMENT, CALL, DTYPE, EMPTY, Failure
from tangra.shape_rules.folding import distinct, steps
from tangra.shape_rules.registry import rule
from tangra.shape_rules.torch.common import both, default_dtype, dtype_argument, fresh, refuse, require_floating
from tangra.shape_rules.torch.elementwise import binary
from tangra.shape_rules.values import Record, Shape, Tensor, Unknown, Value, record
from tangra.shapes import prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def _all_if_empty(dim: Value) -> Value:
    """Most reductions read `dim=()` as all dimensions."""
    return None if isinstance(dim, list | tuple) and not dim else dim


def reduce_to(ctx: RuleContext, input: Tensor, dim: Value, keepdim: Value, dtype: str | None, name: str) -> Tensor:
    """The result of reducing `input` over `dim` (None: all)."""
    warn_of_growth(ctx, input, name)
    made = fresh(reduced(ctx, input, _all_if_empty(dim), keepdim), dtype, input)
    if keepdim is True and input.rank is not None and made.rank == input.rank:
        return made.with_(ones=_kept_ones(input, dim))
    return made


def _kept_ones(input: Tensor, dim: Value) -> frozenset[int]:
    rank = input.rank or 0
    axes = dim if isinstance(dim, list | tuple) else range(rank) if dim is None else (dim,)
    known = [axis for axis in axes if isinstance(axis, int)]
    return input.ones | frozenset(axis - rank if axis >= 0 else axis for axis in known)


def _summed(ctx: RuleContext, input: Tensor, dtype: Value) -> str | None:
    return dtype_argument(ctx, dtype, sum_result(input.dtype, "torch"))


@both("sum", "nansum")
def sum_(ctx: RuleContext, input: Tensor, dim: Value = None, keepdim: Value = False, *, dtype: Value = None) -> Tensor:
    """The sum over dimensions; ints give int64."""
    return reduce_to(ctx, input, dim, keepdim, _summed(ctx, input, dtype), "sum()")


@both("prod")
def prod_(ctx: RuleContext, input: Tensor, dim: Value = None, keepdim: Value = False, *, dtype: Value = None) -> Tensor:
    """The product over one dimension or all."""
    _one_axis(ctx, dim, "prod()")
    return reduce_to(ctx, input, dim, keepdim, _summed(ctx, input, dtype), "prod()")


def _one_axis(ctx: RuleContext, dim: Value, name: str) -> None:
    if isinstance(dim, list | tuple):
        ctx.fail(Failure(CALL, f"{name} takes one dim, not several", "TypeError"))


@both("mean", "nanmean")
def mean(ctx: RuleContext, input: Tensor, dim: Value = None, keepdim: Value = False, *, dtype: Value = None) -> Tensor:
    """The mean over dimensions, of floats."""
    if dtype is None:
        require_floating(ctx, input, "mean()")
    return reduce_to(ctx, input, dim, keepdim, dtype_argument(ctx, dtype, input.dtype), "mean()")


def _spread(ctx: RuleContext, input: Tensor, dim: Value, unbiased: Value, keepdim: Value, name: str) -> Tensor:
    require_floating(ctx, input, name)
    if isinstance(dim, bool):
        dim = None
    return reduce_to(ctx, input, dim, keepdim, real_of(input.dtype), name)


@both("std")
def std(
    ctx: RuleContext, input: Tensor, dim: Value = None, unbiased: Value = True, keepdim: Value = False,
    *, correction: Value = 1,
) -> Tensor:  # fmt: skip
    """The standard deviation."""
    return _spread(ctx, input, dim, unbiased, keepdim, "std()")


@both("var")
def var(
    ctx: RuleContext, input: Tensor, dim: Value = None, unbiased: Value = True, keepdim: Value = False,
    *, correction: Value = 1,
) -> Tensor:  # fmt: skip
    """The variance."""
    return _spread(ctx, input, dim, unbiased, keepdim, "var()")


@both("std_mean", "var_mean")
def var_mean(
    ctx: RuleContext, input: Tensor, dim: Value = None, unbiased: Value = True, keepdim: Value = False,
    *, correction: Value = 1,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The deviation or variance, and the mean."""
    spread = _spread(ctx, input, dim, unbiased, keepdim, "var_mean()")
    return spread, spread.with_(dtype=input.dtype)


@both("logsumexp")
def logsumexp(ctx: RuleContext, input: Tensor, dim: Value, keepdim: Value = False) -> Tensor:
    """log(sum(exp(x)))."""
    return reduce_to(ctx, input, dim, keepdim, float_result(input.dtype, "torch", default_dtype(ctx)), "logsumexp()")


def _truth(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Tensor, dim: Value = None, keepdim: Value = False) -> Tensor:
        empty = isinstance(dim, list | tuple) and not dim
        shape = input.shape if empty and keepdim is not None else reduced(ctx, input, dim, keepdim)
        return fresh(shape, "uint8" if input.dtype == "uint8" else "bool", input)

    return apply


for _name in ("all", "any"):
    both(_name)(_truth(_name))


def _nonempty(ctx: RuleContext, input: Tensor, name: str) -> None:
    if input.dims is not None:
        ctx.require(
            AtLeast(1, prod(input.dims)), Failure(EMPTY, f"{name} of a tensor without elements", "RuntimeError")
        )


def _extreme(name: str) -> Callable[..., Value]:
    def apply(ctx: RuleContext, input: Tensor, dim: Value = None, keepdim: Value = False) -> Value:
        if isinstance(dim, Tensor) and not (dim.rank == 0 and keepdim is True):
            return binary(ctx, f"{name}imum", input, dim)
        if kind(input.dtype) == 3:
            ctx.fail(Failure(DTYPE, f"{name}() does not order complex numbers", "RuntimeError"))
        if dim is None:
            _nonempty(ctx, input, f"{name}()")
            made = reduce_to(ctx, input, None, False, input.dtype, f"{name}()")
            values, _ = distinct(input)
            return made.with_(elements=(values[-1 if name == "max" else 0],)) if values else made
        _one_axis(ctx, dim, f"{name}()")
        return _pair(ctx, input, dim, keepdim, name)

    return apply


def _pair(ctx: RuleContext, input: Tensor, dim: Value, keepdim: Value, name: str) -> Record:
    made = reduce_to(ctx, input, dim, keepdim, input.dtype, f"{name}()")
    return record(values=made, indices=made.with_(dtype="int64"))


for _name in ("max", "min"):
    both(_name)(_extreme(_name))


@both("median", "nanmedian")
def median(ctx: RuleContext, input: Tensor, dim: Value = None, keepdim: Value = False) -> Value:
    """The lower median of all elements, or of each row with its index."""
    refuse(ctx, input, "median()", ("bool",))
    if dim is None:
        return reduce_to(ctx, input, None, False, input.dtype, "median()")
    _one_axis(ctx, dim, "median()")
    return _pair(ctx, input, dim, keepdim, "median")


@both("mode")
def mode(ctx: RuleContext, input: Tensor, dim: Value = -1, keepdim: Value = False) -> Record:
    """The most frequent value of each row, with its index."""
    return _pair(ctx, input, dim, keepdim, "mode")


@both("kthvalue")
def kthvalue(ctx: RuleContext, input: Tensor, k: Value, dim: Value = -1, keepdim: Value = False) -> Record:
    """The k-th smallest of each row, with its index."""
    _k_in_range(ctx, input, k, dim, 1, "kthvalue()")
    if input.rank != 0:
        refuse(ctx, input, "kthvalue()", ("bool",))
    return _pair(ctx, input, dim, keepdim, "kthvalue")


def _k_in_range(ctx: RuleContext, input: Tensor, k: Value, dim: Value, low: int, name: str) -> Value:
    count = size_argument(ctx, k, "k")
    place = axis_place(ctx, input, dim, name="dim")
    size = 1 if input.rank == 0 else None if place is None else input.size(place)
    failure = Failure(ARGUMENT, f"{name}: k = {count} of a dimension of size {size}", "RuntimeError")
    ctx.require(AtLeast(low, count), failure)
    if size is not None:
        ctx.require(AtLeast(count, size), failure)
    return count


@both("amax", "amin")
def amax(ctx: RuleContext, input: Tensor, dim: Value = (), keepdim: Value = False) -> Tensor:
    """The largest or smallest elements over dimensions."""
    if isinstance(dim, list | tuple) and not dim:
        _nonempty(ctx, input, "amax()")
    return reduce_to(ctx, input, dim, keepdim, input.dtype, "amax()")


@both("aminmax")
def aminmax(ctx: RuleContext, input: Tensor, *, dim: Value = None, keepdim: Value = False) -> Record:
    """The smallest and the largest elements."""
    made = reduce_to(ctx, input, dim, keepdim, input.dtype, "aminmax()")
    return record(min=made, max=made)


@both("argmax", "argmin")
def argmax(ctx: RuleContext, input: Tensor, dim: Value = None, keepdim: Value = False) -> Tensor:
    """The index of the largest or smallest element, of all or along a dimension."""
    refuse(ctx, input, "argmax()", ("bool", "complex64", "complex128"))
    _one_axis(ctx, dim, "argmax()")
    if dim is None:
        _nonempty(ctx, input, "argmax()")
    return fresh(reduced(ctx, input, dim, keepdim), "int64", input)


@both("count_nonzero")
def count_nonzero(ctx: RuleContext, input: Tensor, dim: Value = None) -> Tensor:
    """How many elements aren't 0."""
    return fresh(reduced(ctx, input, _all_if_empty(dim), False), "int64", input)


@both("norm")
def norm(
    ctx: RuleContext, input: Tensor, p: Value = "fro", dim: Value = None, keepdim: Value = False, dtype: Value = None
) -> Tensor:
    """A vector or matrix norm."""
    require_floating(ctx, input, "norm()")
    if isinstance(dim, list | tuple) and len(dim) > 2 and p == "fro":
        ctx.fail(Failure(ARGUMENT, "the Frobenius norm is over one or two dimensions", "RuntimeError"))
    return reduce_to(ctx, input, dim, keepdim, real_of(dtype_argument(ctx, dtype, input.dtype)), "norm()")


@both("dist")
def dist(ctx: RuleContext, input: Tensor, other: Tensor, p: Value = 2) -> Tensor:
    """The norm of the difference."""
    made = binary(ctx, "dist", input, other)
    for tensor in (input, other):
        refuse(ctx, tensor, "dist()", ("bool",))
    require_floating(ctx, made, "dist()")
    return made.with_(shape=(), dtype=real_of(made.dtype), ones=frozenset())


@both("quantile", "nanquantile")
def quantile(
    ctx: RuleContext, input: Tensor, q: Value, dim: Value = None, keepdim: Value = False, *,
    interpolation: Value = "linear",
) -> Tensor:  # fmt: skip
    """Quantiles over one dimension or all; several quantiles come first."""
    if input.dtype not in (None, "float32", "float64"):
        ctx.fail(Failure(DTYPE, f"quantile() takes float32 or float64, not {input.dtype}", "RuntimeError"))
    shape = reduced(ctx, input, dim, keepdim)
    if q is None or isinstance(q, dict | str | list | tuple):
        ctx.fail(Failure(CALL, "quantile(): q must be a number or a tensor", "TypeError"))
    if isinstance(q, Tensor):
        if q.dtype is not None and input.dtype is not None and q.dtype != input.dtype:
            ctx.fail(Failure(DTYPE, f"quantile() of {input.dtype} with q of {q.dtype}", "RuntimeError"))
        if q.rank is not None and q.rank > 1:
            ctx.fail(Failure(ARGUMENT, "quantile(): q must be a number or 1-D", "RuntimeError"))
        shape = None if shape is None or q.dims is None else (*q.dims, *shape)
    return fresh(shape, input.dtype)


def _scan(name: str, sums: bool) -> Callable[..., Value]:
    def apply(ctx: RuleContext, input: Tensor, dim: Value, *, dtype: Value = None) -> Value:
        axis_place(ctx, input, dim, name="dim")
        return fresh(input.shape, _summed(ctx, input, dtype), input)

    return apply


for _name in ("cumsum", "cumprod"):
    both(_name, inplace=True)(_scan(_name, True))


@both("logcumsumexp")
def logcumsumexp(ctx: RuleContext, input: Tensor, dim: Value) -> Tensor:
    """log(cumsum(exp(x)))."""
    axis_place(ctx, input, dim, name="dim")
    require_floating(ctx, input, "logcumsumexp()")
    return fresh(input.shape, input.dtype, input)


@both("cummax", "cummin")
def cummax(ctx: RuleContext, input: Tensor, dim: Value) -> Record:
    """Running extremes, with their indices."""
    axis_place(ctx, input, dim, name="dim")
    made = fresh(input.shape, input.dtype, input)
    return record(values=made, indices=made.with_(dtype="int64"))


@rule("torch.nn.functional.softmax", "torch.nn.functional.log_softmax", "torch.nn.functional.softmin")
def softmax(ctx: RuleContext, input: Tensor, dim: Value = None, _stacklevel: Value = 3, dtype: Value = None) -> Tensor:
    """Softmax along a dimension, of floats."""
    return _softmax(ctx, input, dim, dtype)


@both("softmax", "log_softmax")
def softmax_method(ctx: RuleContext, input: Tensor, dim: Value, dtype: Value = None) -> Tensor:
    """Softmax along a dimension, of floats."""
    if dim is None:
        ctx.fail(Failure(CALL, "softmax() needs a dim", "TypeError"))
    return _softmax(ctx, input, dim, dtype)


def _softmax(ctx: RuleContext, input: Tensor, dim: Value, dtype: Value) -> Tensor:
    if dim is not None:
        axis_place(ctx, input, dim, name="dim")
    if dtype is None:
        require_floating(ctx, input, "softmax()")
    return fresh(input.shape, dtype_argument(ctx, dtype, input.dtype), input)


def _ordered(ctx: RuleContext, input: Tensor, dim: Value, name: str) -> Record:
    axis_place(ctx, input, dim, name="dim")
    if kind(input.dtype) == 3:
        ctx.fail(Failure(DTYPE, f"{name} does not order complex numbers", "RuntimeError"))
    made = fresh(input.shape, input.dtype, input)
    return record(values=made, indices=made.with_(dtype="int64"))


@both("sort")
def sort(ctx: RuleContext, input: Tensor, dim: Value = -1, descending: Value = False, stable: Value = False) -> Record:
    """Sorted values and the indices they come from."""
    return _ordered(ctx, input, dim, "sort()")


@both("argsort")
def argsort(
    ctx: RuleContext, input: Tensor, dim: Value = -1, descending: Value = False, stable: Value = False
) -> Tensor:
    """The indices that sort."""
    return _ordered(ctx, input, dim, "argsort()")[1]  # type: ignore[no-any-return]


@both("msort")
def msort(ctx: RuleContext, input: Tensor) -> Tensor:
    """Sorted along the first dimension."""
    return _ordered(ctx, input, 0, "msort()")[0]  # type: ignore[no-any-return]


@both("topk")
def topk(
    ctx: RuleContext, input: Tensor, k: Value, dim: Value = -1, largest: Value = True, sorted: Value = True
) -> Record:
    """The k largest of each row, with their indices."""
    refuse(ctx, input, "topk()", ("bool", "complex64", "complex128"))
    count = _k_in_range(ctx, input, k, dim, 0, "topk()")
    place = axis_place(ctx, input, dim, name="dim")
    shape: Shape | None = input.shape
    if shape and place is not None:
        shape = (*shape[:place], count, *shape[place + 1 :])
    elif shape:
        shape = None if input.rank is None else unknown_dims(ctx, input.rank)
    made = fresh(shape, input.dtype)
    return record(values=made, indices=made.with_(dtype="int64"))


@both("diff")
def diff(
    ctx: RuleContext, input: Tensor, n: Value = 1, dim: Value = -1, prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Differences of neighbours, n times."""
    if input.rank == 0:
        ctx.fail(Failure(ARGUMENT, "diff() of a 0-d tensor", "RuntimeError"))
    whole(ctx, dim, "dim")
    if whole(ctx, n, "n") == 0:
        return input
    place = axis_place(ctx, input, dim, name="dim")
    dtype = input.dtype
    if input.dims is None or place is None or not isinstance(n, int) or prepend is not None or append is not None:
        return fresh(None if input.rank is None else unknown_dims(ctx, input.rank), dtype)
    if n < 0:
        ctx.fail(Failure(ARGUMENT, f"diff() {n} times", "RuntimeError"))
    from tangra.shapes import dmax

    size = input.dims[place]
    left = size - n if ctx.truth(AtLeast(n, size)) else dmax(size - n, 0)
    return fresh((*input.dims[:place], left, *input.dims[place + 1 :]), dtype).with_(elements=steps(input, n))


@both("trace")
def trace(ctx: RuleContext, input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal."""
    from tangra.shape_rules.axes import require_rank

    require_rank(ctx, input, (2,), "the matrix of trace()")
    refuse(ctx, input, "trace()", ("bool",))
    return fresh((), sum_result(input.dtype, "torch"))


@both("bincount")
def bincount(ctx: RuleContext, input: Tensor, weights: Tensor | None = None, minlength: Value = 0) -> Tensor:
    """How often each int occurs."""
    from tangra.shape_rules.axes import require_rank

    require_rank(ctx, input, (1,), "the tensor of bincount()")
    if (kind(input.dtype) or 1) > 1:
        ctx.fail(Failure(DTYPE, f"bincount() counts ints, not {input.dtype}", "RuntimeError"))
    refuse(ctx, input, "bincount()", ("bool",))
    dtype = "int64" if weights is None else "float32" if weights.dtype == "float32" else "float64"
    return fresh((ctx.fresh("bins", max(minlength, 0) if type(minlength) is int else 0),), dtype)


@both("histc")
def histc(ctx: RuleContext, input: Tensor, bins: Value = 100, min: Value = 0, max: Value = 0) -> Tensor:
    """A histogram with `bins` bins."""
    require_floating(ctx, input, "histc()")
    count = size_argument(ctx, bins, "bins")
    ctx.require(AtLeast(1, count), Failure(ARGUMENT, f"histc() with {count} bins", "RuntimeError"))
    return fresh((count,), input.dtype)


@both("unique", "unique_consecutive")
def unique(
    ctx: RuleContext, input: Tensor, sorted: Value = True, return_inverse: Value = False,
    return_counts: Value = False, dim: Value = None,
) -> Value:  # fmt: skip
    """The distinct elements (or slices along `dim`); how many there are nobody knows."""
    values, numbers = distinct(input) if dim is None else (None, None)
    count = ctx.fresh("distinct", 0) if values is None else len(values)
    if dim is None:
        first, inverse = fresh((count,), input.dtype).with_(elements=values), fresh(input.shape, "int64")
    else:
        place = axis_place(ctx, input, dim, name="dim")
        if input.rank == 0:
            ctx.fail(Failure(ARGUMENT, "unique() along a dimension of a 0-d tensor", "IndexError"))
        known = place is not None and input.dims is not None
        dims = input.dims or ()
        shape = (*dims[: place or 0], count, *dims[(place or 0) + 1 :]) if known else None
        first = fresh(shape, input.dtype)
        inverse = fresh((dims[place or 0],) if known else None, "int64")
    if return_inverse is False and return_counts is False:
        return first
    if not isinstance(return_inverse, bool) or not isinstance(return_counts, bool):
        return Unknown()
    extra = [inverse] * return_inverse + [fresh((count,), "int64").with_(elements=numbers)] * return_counts
    return (first, *extra)
