"""Parts of tensors in torch: strided views, splits by sizes, parts put back into a copy, statistics of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, size_argument, size_sequence, spread_sizes, whole
from tangra.shape_rules.broadcasting import broadcast_shapes, broadcast_to
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import float_result, kind, result_dtype
from tangra.shape_rules.failures import ARGUMENT, DTYPE, INDEX, MISMATCH, RANK, Failure
from tangra.shape_rules.indexing import index_result
from tangra.shape_rules.numpy.shaping import _diagonal_size
from tangra.shape_rules.registry import method, rule
from tangra.shape_rules.torch.common import CLASS, both, default_dtype, fresh, same_dtype, tensor_of
from tangra.shape_rules.torch.indexing import select
from tangra.shape_rules.torch.joining import _parts, _sizes_add_up, _split_place, _tensor_split
from tangra.shape_rules.values import UNKNOWN, Tensor, Value, is_size, shape_text
from tangra.shapes import Size, dmax, prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


@both("as_strided")
def as_strided(ctx: RuleContext, input: Tensor, size: Value, stride: Value, storage_offset: Value = None) -> Tensor:
    """A view of the memory with these sizes and strides, which have to stay inside it."""
    sizes, steps = size_sequence(ctx, size, "size"), size_sequence(ctx, stride, "stride")
    if sizes is None or steps is None:
        return fresh(sizes, input.dtype).with_(layout=None)
    if len(sizes) != len(steps):
        text = f"as_strided() with {len(sizes)} sizes and {len(steps)} strides"
        ctx.fail(Failure(ARGUMENT, text, "RuntimeError"))
    for one in (*sizes, *steps):
        ctx.require(AtLeast(0, one), Failure(ARGUMENT, f"as_strided() with a size or stride of {one}", "RuntimeError"))
    known = all(isinstance(one, int) for one in (*sizes, *steps)) and isinstance(storage_offset, int | None)
    if known and input.layout == "contiguous" and input.dims is not None and 0 not in sizes:
        last = sum((one - 1) * step for one, step in zip(sizes, steps, strict=True))
        text = f"as_strided() of shape {shape_text(input.dims)} to {shape_text(sizes)} by {tuple(steps)}: too far"
        need: Size = last + 1 + (storage_offset or 0)
        if isinstance(prod(input.dims), int):
            ctx.require(AtLeast(need, prod(input.dims)), Failure(INDEX, text, "RuntimeError"))
    return Tensor("torch", sizes, input.dtype, tuple(steps))


@both("split_with_sizes")
def split_with_sizes(ctx: RuleContext, input: Tensor, split_sizes: Value, dim: Value = 0) -> Value:
    """Parts of the sizes given."""
    place, total = _split_place(ctx, input, dim, "split_with_sizes()")
    sizes = size_sequence(ctx, split_sizes, "sizes")
    if sizes is None:
        return UNKNOWN
    _sizes_add_up(ctx, input, sizes, total)
    return _parts(ctx, input, place, sizes)


def _split_across(name: str, least: int, axis: int) -> None:
    def apply(ctx: RuleContext, input: Tensor, *cuts: Value) -> Value:
        if input.rank is not None and input.rank < least:
            text = f"{name}() of a tensor of shape {shape_text(input.shape)}: {least} dimensions are needed"
            ctx.fail(Failure(RANK, text, "RuntimeError"))
        if input.rank is None or len(cuts) != 1:
            return UNKNOWN
        place = 0 if name == "hsplit" and input.rank == 1 else axis
        cut, size = cuts[0], input.size(place)
        if isinstance(cut, int) and isinstance(size, int) and (cut == 0 or size % cut):
            ctx.fail(Failure(ARGUMENT, f"{name}() of {size} into {cut} equal parts", "RuntimeError"))
        return _tensor_split(name, place)(ctx, input, cut)

    both(name)(apply)


_split_across("hsplit", 1, 1)
_split_across("vsplit", 2, 0)
_split_across("dsplit", 3, 2)


@both("index_put", inplace=True)
def index_put(ctx: RuleContext, input: Tensor, indices: Value, values: Tensor, accumulate: Value = False) -> Tensor:
    """`input[indices] = values`."""
    if not isinstance(indices, list | tuple):
        return input.with_(elements=None, parameter=False)
    if input.dtype is not None and values.dtype is not None and input.dtype != values.dtype:
        ctx.fail(Failure(DTYPE, f"index_put() of {values.dtype} into {input.dtype}", "RuntimeError"))
    for index in indices:
        if isinstance(index, Tensor) and kind(index.dtype) in (2, 3):
            ctx.fail(Failure(INDEX, f"index_put() at indices of dtype {index.dtype}", "IndexError"))
    part = index_result(ctx, input, tuple(slice(None) if index is None else index for index in indices))
    if part.shape is not None and values.shape is not None:
        broadcast_to(ctx, values.shape, part.shape, "index_put(): ", "RuntimeError")
    return input.with_(elements=None, parameter=False)


def _put_back(ctx: RuleContext, input: Tensor, src: Tensor, part: Tensor, name: str) -> Tensor:
    if part.dims is not None and src.dims is not None:
        text = f"{name}() of shape {shape_text(src.dims)} into a part of shape {shape_text(part.dims)}"
        failure = Failure(MISMATCH, text, "RuntimeError")
        if len(part.dims) != len(src.dims):
            ctx.fail(failure)
        for left, right in zip(part.dims, src.dims, strict=True):
            ctx.require_equal(left, right, failure)
    return input.with_(elements=None, parameter=False)


@both("select_scatter")
def select_scatter(ctx: RuleContext, input: Tensor, src: Tensor, dim: Value, index: Value) -> Tensor:
    """A copy with one slice replaced."""
    return _put_back(ctx, input, src, select(ctx, input, dim, index), "select_scatter")


@both("slice_scatter")
def slice_scatter(
    ctx: RuleContext, input: Tensor, src: Tensor, dim: Value = 0, start: Value = None, end: Value = None,
    step: Value = 1,
) -> Tensor:  # fmt: skip
    """A copy with a slice along one dimension replaced."""
    if input.rank == 0:
        ctx.fail(Failure(RANK, "slice_scatter() of a 0-d tensor", "RuntimeError"))
    place = axis_place(ctx, input, dim, name="dim")
    for one in (start, end, step):
        if one is not None:
            whole(ctx, one, "an end of a slice")
    if place is None or not all(one is None or is_size(one) for one in (start, end, step)):
        return input.with_(elements=None, parameter=False)
    if isinstance(step, int) and step <= 0:
        ctx.fail(Failure(ARGUMENT, f"slice_scatter() by steps of {step}", "RuntimeError"))
    part = index_result(ctx, input, (*(slice(None),) * place, slice(start, end, step)))
    return _put_back(ctx, input, src, part, "slice_scatter")


@both("diagonal_scatter")
def diagonal_scatter(
    ctx: RuleContext, input: Tensor, src: Tensor, offset: Value = 0, dim1: Value = 0, dim2: Value = 1
) -> Tensor:
    """A copy with a diagonal replaced."""
    first, second = axis_place(ctx, input, dim1, name="dim1"), axis_place(ctx, input, dim2, name="dim2")
    if input.dims is None or first is None or second is None or not isinstance(offset, int):
        return input.with_(elements=None, parameter=False)
    if first == second:
        ctx.fail(Failure(ARGUMENT, "diagonal_scatter() along one dimension twice", "RuntimeError"))
    rest = tuple(size for place, size in enumerate(input.dims) if place not in (first, second))
    part = fresh((*rest, _diagonal_size(input.dims[first], input.dims[second], offset)), input.dtype)
    return _put_back(ctx, input, src, part, "diagonal_scatter")


@method(CLASS, "sum_to_size")
def sum_to_size(ctx: RuleContext, self: Tensor, *size: Value) -> Tensor:
    """Summed so that it would broadcast back."""
    goal = spread_sizes(ctx, size)
    if goal is not None and self.shape is not None:
        broadcast_to(ctx, goal, self.shape, "sum_to_size(): ", "RuntimeError")
    return fresh(goal, self.dtype)


# ---------------------------------------------------------------------------------------------------------- statistics


def _rows(ctx: RuleContext, input: Tensor, name: str) -> tuple[Size, ...] | None:
    if input.rank is not None and input.rank > 2:
        text = f"{name}() takes variables in rows, not shape {shape_text(input.shape)}"
        ctx.fail(Failure(RANK, text, "RuntimeError"))
    return input.dims


def _matrix(ctx: RuleContext, dims: tuple[Size, ...] | None) -> tuple[Size, ...] | None:
    if dims is None:
        return None
    if len(dims) < 2:
        return ()
    if dims[0] == 1:
        return ()
    return (dims[0], dims[0]) if ctx.truth(AtLeast(2, dims[0])) else None


@both("cov")
def cov(
    ctx: RuleContext, input: Tensor, *, correction: Value = 1, fweights: Value = None, aweights: Value = None
) -> Tensor:
    """The covariances of variables in rows."""
    dims = _rows(ctx, input, "cov")
    if input.dtype == "bool":
        ctx.fail(Failure(DTYPE, "cov() does not take bools", "RuntimeError"))
    return fresh(_matrix(ctx, dims), float_result(input.dtype, "torch", default_dtype(ctx)))


@both("corrcoef")
def corrcoef(ctx: RuleContext, input: Tensor) -> Tensor:
    """The correlations of variables in rows."""
    dims = _rows(ctx, input, "corrcoef")
    if input.dtype == "bool":
        ctx.fail(Failure(DTYPE, "corrcoef() does not take bools", "RuntimeError"))
    return fresh(_matrix(ctx, dims), float_result(input.dtype, "torch", default_dtype(ctx)))


@rule("torch.trapezoid", "torch.trapz")
def trapezoid(ctx: RuleContext, y: Tensor, x: Value = ..., *, dx: Value = 1, dim: Value = -1) -> Tensor:
    """The integral along a dimension."""
    return _integral(ctx, y, x, dim, "trapezoid", False)


@rule("torch.cumulative_trapezoid")
def cumulative_trapezoid(ctx: RuleContext, y: Tensor, x: Value = ..., *, dx: Value = 1, dim: Value = -1) -> Tensor:
    """The running integral along a dimension."""
    return _integral(ctx, y, x, dim, "cumulative_trapezoid", True)


def _integral(ctx: RuleContext, y: Tensor, x: Value, dim: Value, name: str, running: bool) -> Tensor:
    place = axis_place(ctx, y, dim, name="dim")
    if y.dims is None or place is None or not y.dims:
        return fresh(None, None)
    if x is not ...:
        x = tensor_of(x, name)
        if x.dtype == "bool" and x.rank == 1:
            ctx.fail(Failure(DTYPE, f"{name}() does not take bools", "RuntimeError"))
        if x.rank != 1 or x.dims is None:
            return fresh(None, None)
        text = f"{name}(): {x.dims[0]} places for {y.dims[place]} values"
        ctx.require_equal(x.dims[0], y.dims[place], Failure(MISMATCH, text, "RuntimeError"))
    dtype = result_dtype([y, *([x] if isinstance(x, Tensor) else [])], "torch")
    dtype = float_result(dtype, "torch") if kind(dtype) != 0 else None
    count = (dmax(y.dims[place] - 1, 0),) if running else ()
    return fresh((*y.dims[:place], *count, *y.dims[place + 1 :]), dtype)


@rule("torch.vander")
def vander(ctx: RuleContext, x: Tensor, N: Value = None, increasing: Value = False) -> Tensor:
    """Powers of a vector, a row for each element."""
    if x.rank not in (None, 1):
        ctx.fail(Failure(RANK, f"vander() takes a vector, not shape {shape_text(x.shape)}", "RuntimeError"))
    count = x.size(0)
    count = ctx.fresh("n") if count is None else count
    columns = count if N is None else size_argument(ctx, N, "N")
    ctx.require(AtLeast(0, columns), Failure(ARGUMENT, f"vander() with {columns} columns", "RuntimeError"))
    return fresh((count, columns), None if x.dtype == "bool" else x.dtype if kind(x.dtype) != 1 else "int64")


# ------------------------------------------------------------------------------------------------------------ products


@both("addr")
def addr(ctx: RuleContext, input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Value = 1, alpha: Value = 1) -> Tensor:
    """input + the products of two vectors' elements."""
    for one in (vec1, vec2):
        if one.rank not in (None, 1):
            ctx.fail(Failure(RANK, f"addr() takes vectors, not shape {shape_text(one.shape)}", "RuntimeError"))
    rows, columns = vec1.size(0), vec2.size(0)
    if rows is None or columns is None:
        return fresh(None, None)
    if input.shape is not None:
        broadcast_to(ctx, input.shape, (rows, columns), "addr: ", "RuntimeError")
    return fresh((rows, columns), result_dtype([input.with_(shape=(1,)), vec1, vec2], "torch"))


@both("addbmm")
def addbmm(
    ctx: RuleContext, input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Value = 1, alpha: Value = 1
) -> Tensor:
    """input + the sum of products of two batches of matrices."""
    from tangra.shape_rules.torch.products import bmm

    found = bmm(ctx, batch1, batch2)
    same_dtype(ctx, input, batch1, "addbmm()")
    rest = None if found.shape is None else found.shape[1:]
    if rest is not None and input.shape is not None:
        broadcast_to(ctx, input.shape, rest, "addbmm: ", "RuntimeError")
    return fresh(rest, found.dtype)


@rule("torch.linalg.vecdot")
def vecdot(ctx: RuleContext, x: Tensor, y: Tensor, *, dim: Value = -1) -> Tensor:
    """Products of vectors along a dimension, the other dimensions broadcast."""
    shape = broadcast_shapes(ctx, [x.shape, y.shape], "vecdot: ")
    if x.rank == y.rank == 1 and x.dims is not None and y.dims is not None:
        text = f"vecdot() of {x.dims[0]} and {y.dims[0]} numbers"
        ctx.require_equal(x.dims[0], y.dims[0], Failure(MISMATCH, text, "RuntimeError"))
    same_dtype(ctx, x, y, "vecdot()")
    both_of = fresh(shape, result_dtype([x, y], "torch"))
    place = axis_place(ctx, both_of, dim, name="dim")
    if shape is None or place is None:
        return fresh(None, both_of.dtype)
    return fresh((*shape[:place], *shape[place + 1 :]), both_of.dtype)


@rule("torch.unravel_index")
def unravel_index(ctx: RuleContext, indices: Tensor, shape: Value) -> Value:
    """Places in a tensor of a shape, a tensor for each dimension."""
    if kind(indices.dtype) in (0, 2, 3):
        ctx.fail(Failure(DTYPE, f"unravel_index() of {indices.dtype}", "ValueError"))
    sizes = size_sequence(ctx, shape, "shape")
    if 0 in (sizes or ()):
        ctx.fail(Failure(INDEX, f"unravel_index() in shape {shape_text(sizes)}, which is empty", "RuntimeError"))
    return UNKNOWN if sizes is None else (fresh(indices.shape, "int64"),) * len(sizes)
