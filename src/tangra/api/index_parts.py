"""An index expression taken apart: one `Part` for each axis that it consumes or makes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tangra.api.constants import constant_array
from tangra.api.context import Context
from tangra.api.elementwise import is_number, kinds_of, rank_of
from tangra.api.numbers import describe, shape_text
from tangra.api.strided import has_run_time_step, strided_view
from tangra.api.values import AbstractValue, ArrayValue, Const, ListValue, SliceValue, TupleValue
from tangra.errors import ShapeMismatchError, TypeMismatchError, UnsupportedError, declare
from tangra.ir import BOOL, I64

TOO_MANY = declare("TG310", "more indices than the array has axes", fix="leave one out, or add an axis with None")
BAD_INDEX = declare("TG311", "a value that can't index an array")
ALL = SliceValue(Const(None), Const(None), Const(None))


@dataclass(frozen=True)
class Part:
    """One consumed axis (or a new one) of an index expression."""

    form: str  # 'int', 'slice', 'new', 'array', 'mask'
    value: AbstractValue | None = None
    masked: int | None = None
    """For an integer array made of a mask: the mask's size along this axis, which must be the array's."""
    flat: bool = False
    """An index of `.flat`, which has places, not axes."""


WHOLE = Part("slice", ALL)
"""`:`."""


def parts_of(ctx: Context, array: ArrayValue, index: AbstractValue) -> tuple[ArrayValue, list[Part], bool]:
    """The array to index, the index as one Part per axis (Ellipsis and missing axes filled by full slices), and whether
    it had an Ellipsis. The array is a view of the given one where a slice's step is a run-time number."""
    items = index.items if isinstance(index, TupleValue) else (index,)
    parts: list[Part | None] = []
    for item in items:
        if isinstance(item, Const) and item.value is Ellipsis:
            parts.append(None)
        else:
            parts += _classify(ctx, item)
    if array.flat_of is not None and any(p is not None and p.form == "new" for p in parts):
        ctx.error(TypeMismatchError, "None is not a valid index of .flat", code=BAD_INDEX)
    if parts.count(None) > 1:
        ctx.error(TypeMismatchError, "an index can only have a single ellipsis ('...')", code=BAD_INDEX)
    used = sum(axes_used(ctx, p) for p in parts if p is not None)
    missing = array.type.rank - used
    if missing < 0:
        ctx.error(
            ShapeMismatchError,
            f"too many indices: the array of shape {shape_text(array)} has "
            f"{array.type.rank} axes, but {used} were indexed",
            code=TOO_MANY,
        )
    ellipsis = None in parts
    at = parts.index(None) if ellipsis else len(parts)
    known = [p for p in parts if p is not None]
    if array.flat_of is not None:
        known = [replace(p, flat=True) for p in known]
    return *_constant_steps(ctx, array, known[:at] + [WHOLE] * missing + known[at:]), ellipsis


def axes_used(ctx: Context, part: Part) -> int:
    if part.form == "new":
        return 0
    if part.form == "mask":
        assert part.value is not None
        return rank_of(ctx, part.value)
    return 1


def _classify(ctx: Context, item: AbstractValue) -> list[Part]:
    """The parts of one entry of an index; a mask known at compile time is one integer array for each of its axes."""
    if isinstance(item, Const) and item.value is None:
        return [Part("new")]
    if isinstance(item, Const) and isinstance(item.value, slice):
        s = item.value
        item = SliceValue(Const(s.start), Const(s.stop), Const(s.step))
    if isinstance(item, SliceValue):
        return [Part("slice", item)]
    if is_number(item):
        dtypes = {k.dtype for k in kinds_of(item)}
        if all(d.is_integer for d in dtypes):
            return [Part("int", item)]
        if dtypes == {BOOL}:
            ctx.error(
                UnsupportedError,
                "indexing with a single bool",
                code=BAD_INDEX,
                fix="use an if, or index with an int",
            )
    elif isinstance(item, (ArrayValue, ListValue, TupleValue)):
        type_ = ctx.type_of(item)
        if type_.dtype == BOOL:
            return _mask_parts(ctx, item)
        nothing = 0 in type_.shape and not isinstance(item, ArrayValue)  # [], which has no dtype of its own
        if type_.dtype.is_integer or nothing:
            return [Part("int" if not type_.rank else "array", item)]
    ctx.error(
        TypeMismatchError,
        "only integers, slices, ellipsis, None and integer or boolean arrays are valid indices, "
        f"not {describe(ctx, item)}",
        code=BAD_INDEX,
        fix="round or convert it first: int(i), or k.astype(np.int64) for an array of indices",
    )


def _mask_parts(ctx: Context, item: AbstractValue) -> list[Part]:
    known = constant_array(ctx.array(item))
    if known is None or not known.ndim:
        return [Part("mask", item)]
    return [
        Part("array", ctx.new_array(ctx.b.const_array(where, I64)), int(size))
        for where, size in zip(np.nonzero(known), known.shape, strict=True)
    ]


def _constant_steps(ctx: Context, array: ArrayValue, parts: list[Part]) -> tuple[ArrayValue, list[Part]]:
    """Slices whose steps are run-time numbers applied on their own, and what is left to index their view with."""
    axis = 0
    for k, part in enumerate(parts):
        if part.form == "slice" and has_run_time_step(ctx, part.value):
            assert isinstance(part.value, SliceValue)
            array = strided_view(ctx, array, axis, part.value)
            parts[k] = WHOLE
        axis += axes_used(ctx, part)
    return array, parts
