"""Joins and splits of NumPy and `jax.numpy`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place
from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.context import AtLeast, Multiple
from tangra.shape_rules.dtypes import result_dtype
from tangra.shape_rules.failures import ARGUMENT, DIVIDE, RANK, Failure
from tangra.shape_rules.joining import concatenated, stacked
from tangra.shape_rules.numpy.common import functions, made, sequence
from tangra.shape_rules.registry import rule
from tangra.shape_rules.values import Alike, Tensor, Unknown, Value, is_size, shape_text
from tangra.shapes import Size, dmax, dmin, prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

import itertools

from tangra.shape_rules.numpy.shaping import ERROR, kept, padded


@functions("concatenate", "concat")
def concatenate(ctx: RuleContext, arrays: Value, axis: Value = 0, *, dtype: Value = None, library: str) -> Tensor:
    """Arrays joined along an axis, flattened first if it is None."""
    if isinstance(arrays, Alike) and isinstance(arrays.element, Tensor):
        return _joined_alike(ctx, to_tensor(arrays.element, library), axis)
    found = sequence(ctx, arrays, library, "concatenate()")
    if found is None:
        return Tensor(library)
    kind = result_dtype(found, library)
    if axis is None:
        sizes = [prod(one.dims) if one.dims is not None else ctx.fresh("n") for one in found]
        total: Size = 0
        for size in sizes:
            total = total + size
        return made(library, (total,), kind)
    if any(one.rank == 0 for one in found):
        ctx.fail(Failure(RANK, "concatenate() of 0-d arrays; stack() joins them", "ValueError"))
    return made(library, concatenated(ctx, found, axis, "ValueError", "concatenate()"), kind)


def _joined_alike(ctx: RuleContext, one: Tensor, axis: Value) -> Tensor:
    """Any number of arrays like `one`, joined along an axis."""
    if axis is None:
        return made(one.library, (ctx.fresh("joined"),), one.dtype)
    if one.rank == 0:
        ctx.fail(Failure(RANK, "concatenate() of 0-d arrays; stack() joins them", "ValueError"))
    place = axis_place(ctx, one, axis, error=ERROR)
    if place is None or one.dims is None:
        return made(one.library, None, one.dtype)
    return made(one.library, (*one.dims[:place], ctx.fresh("joined"), *one.dims[place + 1 :]), one.dtype)


@functions("stack")
def stack(ctx: RuleContext, arrays: Value, axis: Value = 0, *, dtype: Value = None, library: str) -> Tensor:
    """Arrays of one shape joined along a new axis."""
    if isinstance(arrays, Alike) and isinstance(arrays.element, Tensor):
        one = to_tensor(arrays.element, library)
        place = axis_place(ctx, one, axis, error=ERROR, added=1)
        known = place is not None and one.dims is not None
        shape = (*one.dims[:place], ctx.fresh("stacked"), *one.dims[place:]) if known and one.dims is not None else None
        return made(library, shape, one.dtype)
    found = sequence(ctx, arrays, library, "stack()")
    if found is None:
        return Tensor(library)
    return made(library, stacked(ctx, found, axis, "ValueError", "stack()"), result_dtype(found, library))


def _along(name: str, count: int, axis: int) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, tup: Value, *, dtype: Value = None, library: str) -> Tensor:
        if isinstance(tup, Alike) and isinstance(tup.element, Tensor):
            one = to_tensor(tup.element, library)
            lifted_one = padded(one, count)
            return _joined_alike(ctx, lifted_one, 0 if lifted_one.rank == 1 else axis)
        found = sequence(ctx, tup, library, f"{name}()")
        if found is None:
            return Tensor(library)
        lifted = [padded(one, count) for one in found]
        rank = next((one.rank for one in lifted if one.rank is not None), None)  # all have to have the same
        if rank is None:
            return made(library, None, result_dtype(found, library))
        return concatenate(ctx, lifted, 0 if rank == 1 else axis, library=library)

    return apply


for _name, _count, _axis in (("hstack", 1, 1), ("vstack", 2, 0), ("dstack", 3, 2)):
    functions(_name)(_along(_name, _count, _axis))
rule("numpy.row_stack")(_along("row_stack", 2, 0))


@functions("column_stack")
def column_stack(ctx: RuleContext, tup: Value, *, library: str) -> Tensor:
    """Vectors as columns, beside matrices."""
    found = sequence(ctx, tup, library, "column_stack()")
    if found is None:
        return Tensor(library)
    columns = [
        one.with_(shape=(prod(one.dims), 1)) if one.dims is not None and len(one.dims) < 2 else one for one in found
    ]
    return concatenate(ctx, columns, 1, library=library)


@functions("append")
def append(ctx: RuleContext, arr: Tensor, values: Tensor, axis: Value = None, *, library: str) -> Tensor:
    """Two arrays joined."""
    return concatenate(ctx, [arr, values], axis, library=library)


def _split(name: str, even: bool, axis: int) -> Callable[..., Value]:
    def apply(ctx: RuleContext, ary: Tensor, indices_or_sections: Value, axis: Value = axis) -> Value:
        place = axis_place(ctx, ary, axis, error=ERROR)
        if ary.rank == 0:
            ctx.fail(Failure(RANK, f"{name}() of a 0-d array", "ValueError"))
        size = None if place is None else ary.size(place)
        cut = indices_or_sections
        if size is None or place is None or ary.shape is None:
            return [kept(ary, None)] * cut if isinstance(cut, int) and 0 < cut < 256 else Unknown()
        sizes = _cut_sizes(ctx, cut, size, name, even, ary.library)
        if sizes is None:
            return Unknown()
        return [kept(ary, (*ary.shape[:place], one, *ary.shape[place + 1 :])) for one in sizes]

    return apply


def _cut_sizes(ctx: RuleContext, cut: Value, size: Size, name: str, even: bool, library: str) -> list[Size] | None:
    if library == "jax" and isinstance(cut, float):
        cut = int(cut)
    if library == "jax" and isinstance(cut, list | tuple) and any(isinstance(one, float) for one in cut):
        ctx.fail(Failure(ARGUMENT, f"{name}() at {cut}, which is no int", "TypeError"))
    if isinstance(cut, int):
        ctx.require(AtLeast(1, cut), Failure(ARGUMENT, f"{name}() into {cut} parts", "ValueError"))
        if even:
            text = f"{name}() of {size} into {cut} parts: they can't be equal"
            ctx.require(Multiple(size, cut), Failure(DIVIDE, text, "ValueError"))
            return [size // cut] * cut
        return (
            [size // cut + (n < size % cut) for n in range(cut)]
            if isinstance(size, int)
            else [ctx.fresh("part") for _ in range(cut)]
        )
    if not isinstance(cut, list | tuple) or not all(is_size(one) for one in cut):
        return None
    bounds: list[Size] = [0, *cut, size]
    if library == "jax":  # which clips no places
        parts = [stop - start for start, stop in itertools.pairwise(bounds)]
        for part in parts:
            text = f"{name}() of an axis of {size} at {tuple(cut)}: a part of {part} elements"
            ctx.require(AtLeast(0, part), Failure(ARGUMENT, text, "ValueError"))
        return parts
    clipped = [dmin(dmax(one + size if isinstance(one, int) and one < 0 else one, 0), size) for one in bounds]
    return [dmax(stop - start, 0) for start, stop in itertools.pairwise(clipped)]


for _name, _even in (("split", True), ("array_split", False)):
    functions(_name)(_split(_name, _even, 0))


def _split_across(name: str, least: int) -> Callable[..., Value]:
    def apply(ctx: RuleContext, ary: Tensor, indices_or_sections: Value) -> Value:
        if ary.rank is not None and ary.rank < (least if ary.library == "numpy" else 1):
            ctx.fail(Failure(RANK, f"{name}() of an array of shape {shape_text(ary.shape)}", "ValueError"))
        if ary.rank is None and name == "hsplit":
            return Unknown()
        axis = 1 if name == "hsplit" and ary.rank != 1 else 0
        return _split(name, True, axis)(ctx, ary, indices_or_sections)

    return apply


for _name, _least in (("vsplit", 2), ("hsplit", 1)):  # vectors are split along the axis that they have
    functions(_name)(_split_across(_name, _least))


@functions("meshgrid")
def meshgrid(
    ctx: RuleContext, *xi: Tensor, copy: Value = True, sparse: Value = False, indexing: Value = "xy", library: str
) -> Value:
    """Coordinates of a grid: one array for each axis."""
    if isinstance(indexing, str) and indexing not in ("xy", "ij"):
        ctx.fail(Failure(ARGUMENT, f"meshgrid(): indexing is 'ij' or 'xy', not {indexing!r}", "ValueError"))
    if not isinstance(indexing, str) or sparse is not False:
        return Unknown()
    sizes: list[Size] = [prod(one.dims) if one.dims is not None else ctx.fresh("n") for one in xi]
    if library == "jax" and any(one.rank not in (None, 1) for one in xi):
        ctx.fail(Failure(RANK, "meshgrid() takes vectors", "ValueError"))
    if indexing == "xy" and len(sizes) > 1:
        sizes[:2] = sizes[1], sizes[0]
    return [kept(one, tuple(sizes)) for one in xi]
