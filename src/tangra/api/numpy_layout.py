"""Memory layout of arrays as far as NumPy's meaning depends on it: whether `reshape` and `ravel` give views or copies.

An `ArrayValue` carries its strides in elements (None: C order, the rule for fresh arrays). A stride that can't be
known is None. Sizes that are symbols count as at least 2 here: sizes 0 and 1 are specialised at entry.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NoReturn

from tangra.api.context import Context
from tangra.api.layouts import Layout
from tangra.api.values import AbstractValue, ArrayValue, ViewStep
from tangra.errors import AliasError, declare
from tangra.ir import Value
from tangra.shapes import Size, known_eq, known_le, symbols_of
from tangra.shapes.facts import Facts

UNKNOWN_LAYOUT = declare("TG410", "a reshape that is a view or a copy depending on a memory layout that isn't known")

Strides = tuple[Size | None, ...]
Shape = tuple[Size, ...]


def c_strides(shape: Shape) -> Strides:
    """Strides of a fresh array in C order."""
    strides: list[Size] = []
    step: Size = 1
    for size in reversed(shape):
        strides.append(step)
        step = step * size
    return tuple(reversed(strides))


def strides_of(a: ArrayValue) -> Strides:
    """The strides in elements."""
    return c_strides(a.type.shape) if a.strides is None else a.strides


def ordered_strides(shape: Shape, order: Sequence[int]) -> Strides | None:
    """The strides of a fresh array whose axes lie in `order`, the outermost first; None for C order."""
    if list(order) == list(range(len(order))):
        return None
    sizes = dict(zip(order, c_strides(tuple(shape[k] for k in order)), strict=True))
    return tuple(sizes[k] for k in range(len(order)))


def layout_strides(shape: Shape, layout: Layout) -> Strides | None:
    """The strides of an array of that layout, as an `ArrayValue` has them."""
    if isinstance(layout, tuple):
        return layout
    return None if layout == "C" else c_strides(shape[::-1])[::-1]


def large(facts: Facts, *sizes: Size | None) -> Facts:
    """The facts, and every symbol in `sizes` is at least 2."""
    for name in {n for s in sizes if s is not None for n in symbols_of(s)}:
        facts = facts.with_bounds(name, lo=2)
    return facts


def contiguous(ctx: Context, a: ArrayValue) -> bool | None:
    """Is the memory in C order without gaps? None where that isn't known. Axes of size 1 don't count."""
    if a.strides is None or 0 in a.type.shape:
        return True
    return _matches(ctx, a.type.shape, a.strides)


def _matches(ctx: Context, shape: Shape, strides: Strides) -> bool | None:
    verdict: bool | None = True
    expected: Size = 1
    facts = large(ctx.facts, *shape)
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size == 1:
            continue
        same = None if stride is None else known_eq(stride, expected, facts)
        if same is False:
            return False
        verdict = verdict if same else None
        expected = expected * size
    return verdict


def is_contiguous(ctx: Context, a: ArrayValue) -> bool:
    """`contiguous`, where an unknown layout is an error."""
    found = contiguous(ctx, a)
    if found is None:
        undecided(ctx)
    return found


def undecided(ctx: Context) -> NoReturn:
    """Refuse: a view or a copy?"""
    ctx.error(
        AliasError,
        "whether this is a view or a copy depends on the memory layout of its operand, which isn't known here",
        code=UNKNOWN_LAYOUT,
        fix="copy the operand first: x.copy().reshape(...)",
    )


# ---- views
# ---------------------------------------------------------------------------------------------------------------


def step_view(ctx: Context, base: ArrayValue, op: str, operands: Sequence[Value], **attrs: Any) -> ArrayValue:
    """A view of `base` by the step `op` (see `ViewStep`)."""
    step = ViewStep(ctx.b, op, tuple(operands), tuple(attrs.items()))
    view = ctx.view(base, step.read, step.write)
    return replace(view, strides=_view_strides(ctx, base, op, attrs, view.type.shape))


def _view_strides(ctx: Context, base: ArrayValue, op: str, attrs: dict[str, Any], shape: Shape) -> Strides | None:
    old = strides_of(base)
    if op == "index":
        return tuple(
            None if s is None else s * k
            for s, size, k in zip(old, attrs["sizes"], attrs["steps"], strict=True)
            if size is not None
        )
    if op == "transpose":
        return tuple(old[p] for p in attrs["perm"])
    if op == "strided":
        return tuple(None if k == attrs["axis"] else s for k, s in enumerate(old))
    if op == "diagonal":
        return (None if old[0] is None or old[1] is None else old[0] + old[1], *old[2:])
    if op == "windows":
        return (*old, old[attrs["axis"]])
    if op == "broadcast":
        places = dict(zip(attrs["dims"], range(len(old)), strict=True))
        return tuple(
            old[places[k]] if k in places and base.type.shape[places[k]] == d else 0 for k, d in enumerate(shape)
        )
    if op == "reshape":
        return None if base.strides is None else reshaped_strides(ctx, base.type.shape, old, shape)[1]
    return (None,) * len(shape)


def reshaped_strides(ctx: Context, shape: Shape, strides: Strides, target: Shape) -> tuple[bool | None, Strides]:
    """(can an array of these strides be reshaped without a copy, the strides of the result): NumPy's rule, by which
    runs of old axes with the same number of elements as runs of new ones must be contiguous in themselves. `target` has
    as many elements as `shape`."""
    unknown: Strides = (None,) * len(target)
    if _matches(ctx, shape, strides) or 0 in shape or 0 in target:
        return True, c_strides(target)
    facts = large(ctx.facts, *shape, *target)
    old = [(d, s) for d, s in zip(shape, strides, strict=True) if d != 1]
    new = [k for k, d in enumerate(target) if d != 1]
    result: list[Size | None] = [1] * len(target)
    verdict: bool | None = True
    while old and new:
        run, places, rest = [old.pop(0)], [new.pop(0)], False
        left, right = run[0][0], target[places[0]]
        while not known_eq(left, right, facts):
            if known_le(right, left, facts) and new:
                places.append(new.pop(0))
                right = right * target[places[-1]]
            elif known_le(left, right, facts) and old:
                run.append(old.pop(0))
                left = left * run[-1][0]
            else:  # all that is left has as many elements before as after
                run, places, old, new, rest = [*run, *old], [*places, *new], [], [], True
                break
        for (_, s), (inner, t) in itertools.pairwise(run):
            same = None if s is None or t is None else known_eq(s, t * inner, facts)
            if same is False:
                return None if rest else False, unknown
            verdict = verdict if same else None
        step = run[-1][1]
        for place in reversed(places):
            result[place] = step
            step = None if step is None else step * target[place]
    return verdict, tuple(result)


def reshape_view(ctx: Context, base: ArrayValue, shape: Shape, must: bool = False) -> ArrayValue:
    """`base.reshape(shape)` for a shape that fits: a view where NumPy gives one, else a copy, or an error if it `must`
    be a view."""
    if base.strides is None:
        return step_view(ctx, base, "reshape", (), shape=shape)
    possible, _ = reshaped_strides(ctx, base.type.shape, base.strides, shape)
    if possible is None:
        undecided(ctx)
    if possible:
        return step_view(ctx, base, "reshape", (), shape=shape)
    if must:
        ctx.error(
            AliasError,
            "Unable to avoid creating a copy while reshaping",
            code=UNKNOWN_LAYOUT,
            fix="leave copy=False out, or reshape an array in C order",
        )
    return ctx.new_array(ctx.b("reshape", ctx.array(base), shape=shape))


# ---- fresh arrays in the order of their operands (order='K')
# ---------------------------------------------------------------


def keep_order(ctx: Context, result: AbstractValue, operands: Sequence[AbstractValue]) -> AbstractValue:
    """`result`, a fresh array, with the layout that order='K' gives it after its operands."""
    arrays = [v for v in operands if isinstance(v, ArrayValue)]
    if not isinstance(result, ArrayValue) or result.type.rank < 2 or all(a.strides is None for a in arrays):
        return result
    order = k_order(ctx, result.type.shape, [_aligned(a, result.type.shape) for a in arrays])
    if order is None:
        return replace(result, strides=(None,) * result.type.rank)
    return replace(result, strides=ordered_strides(result.type.shape, order))


def copy_order(ctx: Context, result: AbstractValue, a: AbstractValue, word: str = "K") -> AbstractValue:
    """`result`, a copy of `a` or an array like it, with the layout that order='K', 'A' or 'C' gives it. For one array
    NumPy sorts the axes by their strides, those that are repeated (0) innermost."""
    if not (isinstance(a, ArrayValue) and isinstance(result, ArrayValue)) or a.strides is None or word == "C":
        return result
    rank = result.type.rank
    if rank < 2 or a.type.rank != rank:
        return result
    if word == "A":
        fortran = c_strides(a.type.shape[::-1])[::-1] == a.strides
        return replace(result, strides=c_strides(result.type.shape[::-1])[::-1] if fortran else None)
    order = _sorted_axes(ctx, [a])
    unknown: Strides = (None,) * rank
    return replace(result, strides=unknown if order is None else ordered_strides(result.type.shape, order))


def join_order(ctx: Context, result: ArrayValue, parts: Sequence[ArrayValue]) -> ArrayValue:
    """`result`, the arrays joined along an axis, with the layout that NumPy gives it; axes of size 1 don't count."""
    order = _sorted_axes(ctx, parts, ones=False)
    unknown: Strides = (None,) * result.type.rank
    return replace(result, strides=unknown if order is None else ordered_strides(result.type.shape, order))


def _sorted_axes(ctx: Context, arrays: Sequence[ArrayValue], ones: bool = True) -> list[int] | None:
    """The axes by their strides, the largest first, by NumPy's insertion sort (`PyArray_CreateMultiSortedStridePerm`);
    where arrays disagree C order wins. None where a comparison can't be decided."""
    facts = large(ctx.facts, *(d for a in arrays for d in a.type.shape))
    order = list(range(arrays[0].type.rank))
    for at in range(1, len(order)):
        axis, place = order[at], at
        for k in range(at - 1, -1, -1):
            swap, ambiguous = False, True
            for a in arrays:
                if not ones and 1 in (a.type.shape[axis], a.type.shape[order[k]]):
                    continue
                own, other = strides_of(a)[axis], strides_of(a)[order[k]]
                inside = None if own is None or other is None else _magnitude_le(facts, own, other)
                if inside is None:
                    return None
                swap = False if inside else (swap or ambiguous)
                ambiguous = False
            if not ambiguous:
                if not swap:
                    break
                place = k
        order.insert(place, order.pop(at))
    return order


def _aligned(a: ArrayValue, shape: Shape) -> Strides:
    """Strides over the result's axes: 0 where the operand is repeated or has size 1."""
    lead = len(shape) - a.type.rank
    own = zip(a.type.shape, strides_of(a), strict=True)
    return (0,) * lead + tuple(0 if d == 1 else s for d, s in own)


def k_order(ctx: Context, shape: Shape, operands: Sequence[Strides]) -> list[int] | None:
    """The order of axes, outermost first, in which NumPy's iterator walks operands of these strides: an insertion sort
    by |stride|; where operands disagree C order wins. None where a comparison can't be decided."""
    facts = large(ctx.facts, *shape)
    inner_first = list(range(len(shape)))[::-1]
    for at in range(1, len(shape)):
        axis, place = inner_first[at], at
        for k in range(at - 1, -1, -1):
            swap, ambiguous = _compare(facts, operands, axis, inner_first[k])
            if swap is None:
                return None
            if not ambiguous:
                if not swap:
                    break
                place = k
        inner_first.insert(place, inner_first.pop(at))
    return inner_first[::-1]


def _compare(facts: Facts, operands: Sequence[Strides], axis: int, other: int) -> tuple[bool | None, bool]:
    """(should `axis` go inside `other`, no operand says)."""
    swap, ambiguous = False, True
    for strides in operands:
        s0, s1 = strides[axis], strides[other]
        if s0 is None or s1 is None:
            return None, False
        if s0 == 0 or s1 == 0:
            continue
        inside = _magnitude_le(facts, s1, s0)
        if inside is None:
            return None, False
        swap = False if inside else (swap or ambiguous)
        ambiguous = False
    return swap, ambiguous


def _magnitude_le(facts: Facts, a: Size, b: Size) -> bool | None:
    """|a| <= |b|."""
    sides = [v if known_le(0, v, facts) else -v if known_le(v, 0, facts) else None for v in (a, b)]
    if sides[0] is None or sides[1] is None:
        return None
    return known_le(sides[0], sides[1], facts)


__all__ = ["c_strides", "contiguous", "is_contiguous", "keep_order", "reshape_view", "step_view", "strides_of"]
