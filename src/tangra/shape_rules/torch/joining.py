"""torch's joining of several tensors, and the splitting of one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, size_argument, size_sequence, unknown_dims, whole
from tangra.shape_rules.context import AtLeast, Multiple
from tangra.shape_rules.dtypes import result_dtype
from tangra.shape_rules.failures import ARGUMENT, CALL, DIVIDE, JOIN, RANK, Failure
from tangra.shape_rules.joining import concatenated, stacked
from tangra.shape_rules.registry import rule
from tangra.shape_rules.reshaping import layout_from, strides_of
from tangra.shape_rules.torch.common import both, fresh, tensor_of
from tangra.shape_rules.values import Alike, Item, Shape, Tensor, Unknown, Value, is_size, shape_text
from tangra.shapes import Size, ceil_div, dmax, dmin, prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

MOST_PARTS = 4096
"""Parts of a split that are listed."""


def sequence(ctx: RuleContext, tensors: Value, name: str) -> list[Tensor] | None:
    """The tensors of a list or tuple, None if it isn't known."""
    if isinstance(tensors, Tensor) or tensors is None or isinstance(tensors, int | float | str | dict):
        ctx.fail(Failure(CALL, f"{name} takes a list or tuple of tensors", "TypeError"))
    if not isinstance(tensors, list | tuple):
        return None
    if not tensors:
        ctx.fail(Failure(JOIN, f"{name} of no tensors", "RuntimeError"))
    return [tensor_of(tensor, name) for tensor in tensors]


@rule("torch.cat", "torch.concat", "torch.concatenate")
def cat(ctx: RuleContext, tensors: Value, dim: Value = 0) -> Tensor:
    """Tensors joined along a dimension."""
    if isinstance(tensors, Alike) and isinstance(tensors.element, Tensor):
        return _cat_alike(ctx, tensors.element, dim)
    found = sequence(ctx, tensors, "cat()")
    if found is None:
        return Tensor("torch")
    dtype = result_dtype(found, "torch")
    kept = [tensor for tensor in found if tensor.shape != (0,)]  # torch skips empty vectors
    if any(tensor.rank == 0 for tensor in found):
        ctx.fail(Failure(JOIN, "cat() of 0-d tensors; stack() joins them", "RuntimeError"))
    if not kept:
        axis_place(ctx, found[0], dim, name="dim")
        return fresh((0,), dtype)
    return fresh(concatenated(ctx, kept, dim, "RuntimeError", "cat()"), dtype, *found)


@rule("torch.stack")
def stack(ctx: RuleContext, tensors: Value, dim: Value = 0) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
    if isinstance(tensors, Alike) and isinstance(tensors.element, Tensor):
        return _stack_alike(ctx, tensors.element, dim)
    found = sequence(ctx, tensors, "stack()")
    if found is None:
        return Tensor("torch")
    return fresh(stacked(ctx, found, dim, "RuntimeError", "stack()"), result_dtype(found, "torch"))


def _cat_alike(ctx: RuleContext, one: Tensor, dim: Value) -> Tensor:
    """Any number of tensors like `one`, joined along a dimension."""
    dims = one.dims
    place = axis_place(ctx, one, dim, name="dim") if dims else None
    if dims is None or place is None:
        return fresh(unknown_dims(ctx, len(dims)) if dims else None, one.dtype)
    return fresh((*dims[:place], ctx.fresh("joined"), *dims[place + 1 :]), one.dtype)


def _stack_alike(ctx: RuleContext, one: Tensor, dim: Value) -> Tensor:
    """Any number of tensors like `one`, joined along a new dimension."""
    dims = one.dims
    place = axis_place(ctx, one, dim, name="dim", added=1) if dims is not None else None
    if dims is None or place is None:
        return fresh(None if dims is None else unknown_dims(ctx, len(dims) + 1), one.dtype)
    return fresh((*dims[:place], ctx.fresh("stacked"), *dims[place:]), one.dtype)


def _lifted(tensor: Tensor, rank: int) -> Tensor:
    dims = tensor.dims
    if dims is None or len(dims) >= rank:
        return tensor
    if rank == 3:
        dims = (1, dims[0], 1) if len(dims) == 1 else (*dims, 1) if dims else (1, 1, 1)
    return tensor.with_(shape=(1,) * (rank - len(dims)) + dims)


def _stacked_along(name: str, rank: int, dim: int) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, tensors: Value) -> Tensor:
        found = sequence(ctx, tensors, f"{name}()")
        if found is None:
            return Tensor("torch")
        lifted = [_lifted(tensor, rank) for tensor in found]
        known = next((tensor.rank for tensor in lifted if tensor.rank is not None), None)
        return cat(ctx, lifted, 0 if known == 1 else dim)

    return apply


for _names, _rank, _dim in ((("hstack",), 1, 1), (("vstack", "row_stack"), 2, 0), (("dstack",), 3, 2)):
    for _name in _names:
        rule(f"torch.{_name}")(_stacked_along(_name, _rank, _dim))


@rule("torch.column_stack")
def column_stack(ctx: RuleContext, tensors: Value) -> Tensor:
    """Vectors as columns, beside matrices."""
    found = sequence(ctx, tensors, "column_stack()")
    if found is None:
        return Tensor("torch")
    columns = [t.with_(shape=(prod(t.dims), 1)) if t.dims is not None and len(t.dims) < 2 else t for t in found]
    return cat(ctx, columns, 1)


def _parts(ctx: RuleContext, input: Tensor, place: int | None, sizes: Sequence[Item] | None) -> Value:
    """The tuple of parts with these sizes along a dimension."""
    if sizes is None or len(sizes) > MOST_PARTS:
        return Unknown()
    if place is None or input.shape is None:
        return tuple(fresh(None, input.dtype) for _ in sizes)
    shape: Shape = input.shape
    strides = strides_of(input)
    shapes: list[Shape] = [(*shape[:place], size, *shape[place + 1 :]) for size in sizes]
    parts = tuple(Tensor("torch", each, input.dtype, layout_from(each, strides)) for each in shapes)
    if input.elements is None or len(shape) != 1 or not all(isinstance(size, int) for size in sizes):
        return parts
    found, start = [], 0
    for part, size in zip(parts, sizes, strict=True):
        end = start + (size if isinstance(size, int) else 0)
        found.append(part.with_(elements=input.elements[start:end]))
        start = end
    return tuple(found)


def _split_place(ctx: RuleContext, input: Tensor, dim: Value, name: str) -> tuple[int | None, Size | None]:
    if input.rank == 0:
        ctx.fail(Failure(RANK, f"{name} of a 0-d tensor", "RuntimeError"))
    place = axis_place(ctx, input, dim, name="dim")
    return place, None if place is None else input.size(place)


@both("split")
def split(ctx: RuleContext, tensor: Tensor, split_size_or_sections: Value, dim: Value = 0) -> Value:
    """Parts of one size (the last may be smaller), or of the sizes given."""
    place, total = _split_place(ctx, tensor, dim, "split()")
    if isinstance(split_size_or_sections, list | tuple):
        sizes = size_sequence(ctx, split_size_or_sections, "sizes") or ()
        _sizes_add_up(ctx, tensor, sizes, total)
        return _parts(ctx, tensor, place, sizes)
    size = split_size_or_sections
    if not is_size(size):
        size_argument(ctx, size, "split_size")
        return Unknown()
    ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"split() into parts of {size}", "RuntimeError"))
    return _even_parts(ctx, tensor, place, total, size)


def _sizes_add_up(ctx: RuleContext, tensor: Tensor, sizes: Sequence[Size], total: Size | None) -> None:
    if total is None:
        return
    added: Size = 0
    for size in sizes:
        ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"split() into a part of {size}", "RuntimeError"))
        added = added + size
    message = f"split() of {shape_text(tensor.shape)}: the parts add up to {added}, the dimension is {total}"
    ctx.require_equal(added, total, Failure(DIVIDE, message, "RuntimeError"))


def _even_parts(ctx: RuleContext, input: Tensor, place: int | None, total: Size | None, size: Size) -> Value:
    if total is None:
        return Unknown()
    if size == 0:
        if ctx.truth(AtLeast(1, total)):
            ctx.fail(Failure(ARGUMENT, f"split() of {total} into parts of 0", "RuntimeError"))
        return _parts(ctx, input, place, (0,))
    count = 1 if total == 0 else ceil_div(total, size)
    if not isinstance(count, int):
        return Unknown()
    last = total - size * (count - 1)
    return _parts(ctx, input, place, (*(size for _ in range(count - 1)), last))


@both("chunk")
def chunk(ctx: RuleContext, input: Tensor, chunks: Value, dim: Value = 0) -> Value:
    """At most `chunks` parts of one size, the last maybe smaller."""
    place, total = _split_place(ctx, input, dim, "chunk()")
    if not is_size(chunks):
        size_argument(ctx, chunks, "chunks")
        return Unknown()
    ctx.require(AtLeast(1, chunks), Failure(ARGUMENT, f"chunk() into {chunks} parts", "RuntimeError"))
    if total is None or not isinstance(chunks, int):
        return tuple(fresh(None, input.dtype) for _ in range(chunks)) if isinstance(chunks, int) else Unknown()
    if total == 0:
        return _parts(ctx, input, place, (0,) * chunks)
    if isinstance(total, int):
        return _even_parts(ctx, input, place, total, ceil_div(total, chunks))
    if ctx.truth(Multiple(total, chunks)):
        return _parts(ctx, input, place, (total // chunks,) * chunks)
    if not ctx.truth(AtLeast(chunks * (chunks - 1), total)):
        return Unknown()  # there may be fewer parts
    return _parts(ctx, input, place, tuple(ctx.fresh("chunk") for _ in range(chunks)))


def _tensor_split(name: str, axis: int) -> Callable[..., Value]:
    def apply(ctx: RuleContext, input: Tensor, indices_or_sections: Value, dim: Value = axis) -> Value:
        place, total = _split_place(ctx, input, dim, f"{name}()")
        cut = indices_or_sections
        if isinstance(cut, list | tuple):
            return _parts(ctx, input, place, _between(ctx, [size_argument(ctx, one, "index") for one in cut], total))
        if not isinstance(cut, Tensor):
            whole(ctx, cut, "sections")
        if not isinstance(cut, int):
            return Unknown()
        ctx.require(AtLeast(1, cut), Failure(ARGUMENT, f"{name}() into {cut} parts", "RuntimeError"))
        if not isinstance(total, int):
            return _parts(ctx, input, place, tuple(ctx.fresh("part") for _ in range(cut)))
        return _parts(ctx, input, place, tuple(total // cut + (n < total % cut) for n in range(cut)))

    return apply


def _between(ctx: RuleContext, cuts: Sequence[Size], total: Size | None) -> tuple[Size, ...] | None:
    if total is None:
        return None
    bounds: list[Size] = [0, *cuts, total]
    sizes: list[Size] = []
    for start, stop in itertools.pairwise(bounds):
        begin, end = (dmin(place + total if _negative(place) else place, total) for place in (start, stop))
        sizes.append(dmax(dmax(end, 0) - dmax(begin, 0), 0))
    return tuple(sizes)


def _negative(place: Size) -> bool:
    return isinstance(place, int) and place < 0


both("tensor_split")(_tensor_split("tensor_split", 0))


@both("unbind")
def unbind(ctx: RuleContext, input: Tensor, dim: Value = 0) -> Value:
    """The slices along a dimension."""
    place, total = _split_place(ctx, input, dim, "unbind()")
    if place is None or input.shape is None or not isinstance(total, int) or total > MOST_PARTS:
        return Unknown()
    shape = input.shape[:place] + input.shape[place + 1 :]
    strides = strides_of(input)
    kept = None if strides is None else strides[:place] + strides[place + 1 :]
    return (Tensor("torch", shape, input.dtype, layout_from(shape, kept)),) * total


@rule("torch.meshgrid")
def meshgrid(ctx: RuleContext, *tensors: Value, indexing: Value = None) -> Value:
    """Coordinates of a grid: one tensor for each axis."""
    listed = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors
    found = sequence(ctx, list(listed), "meshgrid()") or []
    for tensor in found:
        if tensor.least_rank > 1:
            message = f"meshgrid() takes vectors, not shape {shape_text(tensor.shape)}"
            ctx.fail(Failure(RANK, message, "RuntimeError"))
    if len({tensor.dtype for tensor in found if tensor.dtype is not None}) > 1:
        ctx.fail(Failure(ARGUMENT, "meshgrid() of different dtypes", "RuntimeError"))
    sizes = [1 if tensor.rank == 0 else tensor.size(0) for tensor in found]
    shape = [ctx.fresh("n") if size is None else size for size in sizes]
    if indexing == "xy" and len(shape) > 1:
        shape[:2] = shape[1], shape[0]
    elif indexing not in (None, "ij", "xy") and isinstance(indexing, str):
        ctx.fail(Failure(ARGUMENT, f"meshgrid(): indexing is 'ij' or 'xy', not {indexing!r}", "RuntimeError"))
    return tuple(Tensor("torch", tuple(shape), tensor.dtype) for tensor in found)


@rule("torch.combinations")
def combinations(ctx: RuleContext, input: Tensor, r: Value = 2, with_replacement: Value = False) -> Tensor:
    """The combinations of a vector's elements, as rows."""
    if input.rank not in (None, 1):
        ctx.fail(Failure(RANK, "combinations() takes a vector", "RuntimeError"))
    count = size_argument(ctx, r, "r")
    ctx.require(AtLeast(0, count), Failure(ARGUMENT, f"combinations() of {count} elements", "RuntimeError"))
    if count == 0:
        return fresh((0,), input.dtype)
    return fresh((ctx.fresh("combinations"), count), input.dtype)
