"""`tensor[...]` and torch's functions that read and write by index."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, require_rank, size_argument, whole
from tangra.shape_rules.broadcasting import broadcast_shapes, broadcast_to
from tangra.shape_rules.coercion import kind_text
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import number_kind
from tangra.shape_rules.failures import AXIS, CALL, DTYPE, INDEX, MISMATCH, Failure
from tangra.shape_rules.indexing import index_result
from tangra.shape_rules.registry import method, rule
from tangra.shape_rules.reshaping import layout_from, strides_of
from tangra.shape_rules.torch.common import CLASS, both, fresh, into_self, refuse
from tangra.shape_rules.values import Shape, Tensor, Value, shape_text

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


@method(CLASS, "__getitem__")
def getitem(ctx: RuleContext, self: Tensor, index: Value) -> Tensor:
    """`x[index]`, by basic and advanced indexing."""
    return index_result(ctx, self, index)


@method(CLASS, "__setitem__")
def setitem(ctx: RuleContext, self: Tensor, index: Value, value: Value) -> None:
    """`x[index] = value`: the value must broadcast to the part. How large that is doesn't matter for a number."""
    part = index_result(ctx, self, index if isinstance(value, Tensor) else _without_ends(index))
    if isinstance(value, Tensor) and value.shape is not None and part.shape is not None:
        shape = value.shape
        while len(shape) > len(part.shape) and shape[0] == 1:  # torch drops leading ones of the value
            shape = shape[1:]
        broadcast_to(ctx, shape, part.shape, "assignment to a part: ", "RuntimeError")


def _without_ends(index: Value) -> Value:
    """An index whose slices take all of their axes."""
    if isinstance(index, tuple):
        return tuple(map(_without_ends, index))
    return slice(None) if isinstance(index, slice) and index.step is None else index


@both("nonzero", "argwhere")
def nonzero(ctx: RuleContext, input: Tensor, *, as_tuple: Value = False) -> Value:
    """The places of the elements that aren't 0."""
    count = ctx.fresh("nonzero")
    if as_tuple is True:
        return Tensor("torch") if input.rank is None else (fresh((count,), "int64"),) * max(1, input.rank)
    return fresh((count, ctx.fresh("rank") if input.rank is None else input.rank), "int64")


@both("masked_select")
def masked_select(ctx: RuleContext, input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask is true."""
    _bool_mask(ctx, mask, "masked_select()")
    broadcast_shapes(ctx, [input.shape, mask.shape], "masked_select: ")
    return fresh((ctx.fresh("selected"),), input.dtype)


def _bool_mask(ctx: RuleContext, mask: Tensor, name: str) -> None:
    if mask.dtype not in (None, "bool"):
        ctx.fail(Failure(DTYPE, f"{name} needs a bool mask, not {mask.dtype}", "RuntimeError"))


@both("masked_fill")
def masked_fill(ctx: RuleContext, input: Tensor, mask: Tensor, value: Value) -> Tensor:
    """The tensor with a number where the mask is true."""
    _bool_mask(ctx, mask, "masked_fill()")
    fill_value(ctx, value, "masked_fill()")
    shape = broadcast_shapes(ctx, [input.shape, mask.shape], "masked_fill: ")
    return fresh(shape, input.dtype, input, mask)


def fill_value(ctx: RuleContext, value: Value, name: str) -> None:
    """Require a number, or a tensor that is one."""
    if value is None or isinstance(value, dict | list | tuple | str):
        ctx.fail(Failure(CALL, f"{name} takes a number, not a {kind_text(value)}", "TypeError"))
    if isinstance(value, Tensor) and value.least_rank:
        shape = shape_text(value.shape)
        ctx.fail(Failure(MISMATCH, f"{name} takes a number or a 0-d tensor, not shape {shape}", "RuntimeError"))


@method(CLASS, "masked_fill_", inplace=True)
def masked_fill_(ctx: RuleContext, self: Tensor, mask: Tensor, value: Value) -> Tensor:
    """In place: the mask must broadcast to the tensor."""
    return into_self(masked_fill)(ctx, self, mask, value)  # type: ignore[no-any-return]


@both("masked_scatter", inplace=True)
def masked_scatter(ctx: RuleContext, input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """The tensor with elements of `source` where the mask is true."""
    _bool_mask(ctx, mask, "masked_scatter()")
    if input.dtype is not None and source.dtype is not None and input.dtype != source.dtype:
        ctx.fail(Failure(DTYPE, f"masked_scatter() of {source.dtype} into {input.dtype}", "RuntimeError"))
    return fresh(broadcast_shapes(ctx, [input.shape, mask.shape], "masked_scatter: "), input.dtype, input)


def _index_dtype(ctx: RuleContext, index: Tensor, name: str, allowed: tuple[str, ...] = ("int64",)) -> None:
    if index.dtype is not None and index.dtype not in allowed:
        ctx.fail(Failure(DTYPE, f"{name}: the index must be {' or '.join(allowed)}, not {index.dtype}", "RuntimeError"))


def _as_1d(tensor: Tensor) -> Shape | None:
    """A 0-d tensor counts as one with one element."""
    return (1,) if tensor.shape == () else tensor.shape


@both("gather")
def gather(ctx: RuleContext, input: Tensor, dim: Value, index: Tensor, *, sparse_grad: Value = False) -> Tensor:
    """Elements picked along `dim`; the result has the index's shape."""
    _index_dtype(ctx, index, "gather()", ("int64", "int32"))
    place = axis_place(ctx, input, dim, name="dim")
    if index.dims is not None and any(size == 0 for size in index.dims):
        return fresh(index.shape, input.dtype)
    _fits_inside(ctx, index, input, place, "gather", "index", "input")
    return fresh(index.shape, input.dtype)


def _fits_inside(
    ctx: RuleContext, inner: Tensor, outer: Tensor, skipped: int | None, name: str, what: str, where: str
) -> None:
    """Require ranks to agree and sizes of `inner` to be at most those of `outer`, but for the axis `skipped`."""
    small, large = _as_1d(inner), _as_1d(outer)
    if inner.rank is None or outer.rank is None or small is None or large is None:
        return
    texts = f"{what} of shape {shape_text(inner.shape)}, {where} of shape {shape_text(outer.shape)}"
    if len(small) != len(large):
        ctx.fail(Failure(INDEX, f"{name}(): {texts}: they must have as many dimensions", "RuntimeError"))
    for place, (size, limit) in enumerate(zip(small, large, strict=True)):
        if place != skipped:
            failure = Failure(INDEX, f"{name}(): {texts}: axis {place} is too large", "RuntimeError")
            ctx.require(AtLeast(size, limit), failure)  # type: ignore[arg-type]


@rule("torch.take_along_dim")
@method(CLASS, "take_along_dim")
def take_along_dim(ctx: RuleContext, input: Tensor, indices: Tensor, dim: Value = None) -> Tensor:
    """Elements picked along `dim`, the other axes broadcast."""
    _index_dtype(ctx, indices, "take_along_dim()")
    if dim is None:
        size = None if indices.rank is None else indices
        return fresh((_count(ctx, size),), input.dtype)
    if input.rank is not None and indices.rank is not None and input.rank != indices.rank:
        ctx.fail(
            Failure(INDEX, "take_along_dim(): the index must have as many dimensions as the input", "RuntimeError")
        )
    place = axis_place(ctx, input, dim, name="dim")
    if input.rank == 0:
        ctx.fail(Failure(AXIS, "take_along_dim() along a dimension of a 0-d tensor", "IndexError"))
    if place is None or input.dims is None or indices.dims is None:
        return fresh(None, input.dtype)
    ours = (*input.dims[:place], 1, *input.dims[place + 1 :])
    theirs = (*indices.dims[:place], 1, *indices.dims[place + 1 :])
    shape = broadcast_shapes(ctx, [ours, theirs], "take_along_dim: ")
    if shape is None:
        return fresh(None, input.dtype)
    return fresh((*shape[:place], indices.dims[place], *shape[place + 1 :]), input.dtype)


def _count(ctx: RuleContext, tensor: Tensor | None) -> Value:
    from tangra.shapes import prod

    return ctx.fresh("n") if tensor is None or tensor.dims is None else prod(tensor.dims)


@both("take")
def take(ctx: RuleContext, input: Tensor, index: Tensor) -> Tensor:
    """Elements of the flattened tensor."""
    _index_dtype(ctx, index, "take()")
    return fresh(index.shape, input.dtype)


def _scatter(name: str) -> Callable[..., Tensor]:
    def apply(
        ctx: RuleContext,
        input: Tensor,
        dim: Value,
        index: Tensor,
        src: Value = None,
        reduce: Value = None,
        *,
        value: Value = None,
        include_self: Value = True,
    ) -> Tensor:
        _index_dtype(ctx, index, f"{name}()")
        place = axis_place(ctx, input, dim, name="dim")
        empty = index.dims is not None and any(size == 0 for size in index.dims)
        if (src is None and value is None) or isinstance(src, dict | list | tuple | str):
            ctx.fail(
                Failure(CALL, f"{name}() takes a tensor or a number to write, not a {kind_text(src)}", "TypeError")
            )
        if isinstance(src, Tensor):
            if src.dtype is not None and input.dtype is not None and src.dtype != input.dtype:
                ctx.fail(Failure(DTYPE, f"{name}() of {src.dtype} into {input.dtype}", "RuntimeError"))
            if not empty:
                _fits_inside(ctx, index, src, None, name, "index", "source")
        if not empty:
            _fits_inside(ctx, index, input, place, name, "index", "tensor")
        return input.with_(elements=None, parameter=False)

    return apply


for _name in ("scatter", "scatter_add", "scatter_reduce"):
    both(_name, inplace=True)(_scatter(_name))


@both("index_select")
def index_select(ctx: RuleContext, input: Tensor, dim: Value, index: Tensor) -> Tensor:
    """Slices along `dim` by a 1-D index."""
    _index_dtype(ctx, index, "index_select()", ("int64", "int32"))
    if index.rank is not None and index.rank > 1:
        ctx.fail(Failure(INDEX, f"index_select() takes a 1-D index, not {shape_text(index.shape)}", "IndexError"))
    place = axis_place(ctx, input, dim, name="dim")
    if input.dims is None or place is None:
        return fresh(None, input.dtype)
    if not input.dims:
        if index.size(0) not in (None, 1):
            ctx.fail(Failure(INDEX, "index_select() of a 0-d tensor takes one index", "RuntimeError"))
        return fresh((), input.dtype)
    count = 1 if index.rank == 0 else index.size(0)
    dims = input.dims
    return fresh((*dims[:place], ctx.fresh("index") if count is None else count, *dims[place + 1 :]), input.dtype)


def _index_write(name: str) -> Callable[..., Tensor]:
    def apply(
        ctx: RuleContext, input: Tensor, dim: Value, index: Tensor, source: Tensor, *, alpha: Value = 1
    ) -> Tensor:
        _index_dtype(ctx, index, f"{name}()", ("int64", "int32") if name == "index_add" else ("int64",))
        place = axis_place(ctx, input, dim, name="dim")
        if input.dtype is not None and source.dtype is not None and input.dtype != source.dtype:
            ctx.fail(Failure(DTYPE, f"{name}() of {source.dtype} into {input.dtype}", "RuntimeError"))
        _fits_index(ctx, input, index, source, place, name)
        return input.with_(elements=None, parameter=False)

    return apply


def _fits_index(ctx: RuleContext, input: Tensor, index: Tensor, source: Tensor, place: int | None, name: str) -> None:
    """Require one slice of the source for each index, like those of the tensor."""
    if index.least_rank > 1:
        ctx.fail(Failure(INDEX, f"{name}() takes a 1-D index, not {shape_text(index.shape)}", "IndexError"))
    if input.dims is None or source.dims is None or place is None:
        return
    texts = f"{name}() of shape {shape_text(source.shape)} into {shape_text(input.shape)} along axis {place}"
    count = 1 if index.rank == 0 else index.size(0)
    if len(input.dims) != len(source.dims):
        if name == "index_add" or (input.dims and source.dims):
            ctx.fail(Failure(MISMATCH, f"{texts}: the numbers of axes differ", "IndexError"))
        if count is not None and not source.dims:
            ctx.require_equal(count, 1, Failure(MISMATCH, f"{texts}: there are {count} indices", "IndexError"))
        return
    for axis, (left, right) in enumerate(zip(input.dims, source.dims, strict=True)):
        wanted = count if axis == place else left
        if wanted is not None:
            text = f"{texts}: axis {axis} is {right}, not {wanted}"
            ctx.require_equal(wanted, right, Failure(MISMATCH, text, "RuntimeError"))


for _name in ("index_add", "index_copy"):
    both(_name, inplace=True)(_index_write(_name))


@both("index_fill", inplace=True)
def index_fill(ctx: RuleContext, input: Tensor, dim: Value, index: Tensor, value: Value) -> Tensor:
    """A number in the slices at the indices."""
    _index_dtype(ctx, index, "index_fill()")
    axis_place(ctx, input, dim, name="dim")
    if index.least_rank > 1:
        ctx.fail(Failure(INDEX, f"index_fill() takes a 1-D index, not {shape_text(index.shape)}", "RuntimeError"))
    fill_value(ctx, value, "index_fill()")
    return input.with_(elements=None, parameter=False)


@both("select")
def select(ctx: RuleContext, input: Tensor, dim: Value, index: Value) -> Tensor:
    """One slice along `dim`."""
    if input.rank == 0:
        ctx.fail(Failure(AXIS, "select() of a 0-d tensor", "IndexError"))
    place = axis_place(ctx, input, dim, name="dim")
    size = None if place is None else input.size(place)
    index = whole(ctx, index, "index")
    if size is not None and isinstance(index, int):
        need = index + 1 if index >= 0 else -index
        ctx.require(AtLeast(need, size), Failure(INDEX, f"select() of index {index} of {size}", "IndexError"))
    if place is None or input.shape is None:
        return fresh(None, input.dtype)
    shape, strides = input.shape[:place] + input.shape[place + 1 :], strides_of(input)
    kept = None if strides is None else strides[:place] + strides[place + 1 :]
    return Tensor("torch", shape, input.dtype, layout_from(shape, kept))


@both("narrow")
def narrow(ctx: RuleContext, input: Tensor, dim: Value, start: Value, length: Value) -> Tensor:
    """`length` entries from `start` along `dim`."""
    if input.rank == 0:
        ctx.fail(Failure(AXIS, "narrow() of a 0-d tensor", "RuntimeError"))
    place = axis_place(ctx, input, dim, name="dim")
    count = size_argument(ctx, length, "length")
    ctx.require(AtLeast(0, count), Failure(INDEX, f"narrow() to length {count}", "RuntimeError"))
    size = None if place is None else input.size(place)
    start = whole(ctx, start, "start")
    if size is not None and isinstance(start, int):
        first = start if start >= 0 else size + start
        failure = Failure(INDEX, f"narrow() of {count} from {start} along a dimension of {size}", "RuntimeError")
        ctx.require(AtLeast(first + count, size), failure)
        ctx.require(AtLeast(0, first), failure)
        ctx.require(AtLeast(first, size), failure)
    if place is None or input.shape is None:
        return fresh(None, input.dtype)
    shape = (*input.shape[:place], count, *input.shape[place + 1 :])
    return Tensor("torch", shape, input.dtype, layout_from(shape, strides_of(input)))


@both("searchsorted")
def searchsorted(
    ctx: RuleContext,
    input: Tensor,
    other: Value,
    *,
    out_int32: Value = False,
    right: Value = False,
    side: Value = None,
    sorter: Value = None,
) -> Tensor:
    """Where values would go into sorted rows."""
    values = other if isinstance(other, Tensor) else Tensor("torch", () if number_kind(other) is not None else None)
    if input.rank == 0:
        ctx.fail(Failure(INDEX, "searchsorted() in a 0-d tensor", "RuntimeError"))
    if other is None or isinstance(other, dict | list | tuple | str):
        ctx.fail(Failure(CALL, f"searchsorted() takes a tensor or a number, not a {kind_text(other)}", "TypeError"))
    if input.dims is not None and values.dims is not None and len(input.dims) > 1 and isinstance(other, Tensor):
        failure = Failure(
            INDEX,
            f"searchsorted(): rows {shape_text(input.dims)} and values {shape_text(values.dims)} "
            "must agree in all but the last dimension",
            "RuntimeError",
        )
        if len(input.dims) != len(values.dims):
            ctx.fail(failure)
        for a, b in zip(input.dims[:-1], values.dims[:-1], strict=True):
            ctx.require_equal(a, b, failure)
    return fresh(values.shape, "int32" if out_int32 is True else "int64")


@both("bucketize")
def bucketize(
    ctx: RuleContext, input: Value, boundaries: Tensor, *, out_int32: Value = False, right: Value = False
) -> Tensor:
    """Which interval of 1-D boundaries each value lies in."""
    require_rank(ctx, boundaries, (1,), "the boundaries of bucketize()")
    if input is None or isinstance(input, dict | list | tuple | str):
        ctx.fail(Failure(CALL, f"bucketize() takes a tensor or a number, not a {kind_text(input)}", "TypeError"))
    shape = input.shape if isinstance(input, Tensor) else ()
    return fresh(shape, "int32" if out_int32 is True else "int64")


@both("isin")
def isin(
    ctx: RuleContext, elements: Value, test_elements: Value, *, assume_unique: Value = False, invert: Value = False
) -> Tensor:
    """Which elements are among the others."""
    if elements is None or test_elements is None or isinstance(elements, dict) or isinstance(test_elements, dict):
        ctx.fail(Failure(CALL, "isin() takes tensors, or a tensor and a number", "TypeError"))
    for operand in (elements, test_elements):
        if isinstance(operand, Tensor):
            refuse(ctx, operand, "isin()", ("bool",))
    return fresh(elements.shape if isinstance(elements, Tensor) else (), "bool")
