"""In which order the axes of NumPy's results lie in memory, where that is not C order.

It decides whether `ravel` and `reshape` of such a result are views. Entries compute values only; the decorators here
add what the operands are in memory. Most of NumPy's functions keep the order of their operand (order='K').
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace

from tangra.api.context import Context
from tangra.api.numpy_common import axes_arg, axis_arg, is_none
from tangra.api.numpy_layout import (
    Strides,
    c_strides,
    copy_order,
    join_order,
    k_order,
    keep_order,
    ordered_strides,
    strides_of,
)
from tangra.api.registry import Entry
from tangra.api.values import AbstractValue, ArrayValue, Const, TupleValue

Arguments = dict[str, AbstractValue]
Rule = Callable[[Context, ArrayValue, Arguments], AbstractValue]
"""What a fresh result becomes, given the arguments by name."""


def _adds(rule: Rule) -> Callable[[Entry], Entry]:
    """A decorator for entries, by which `rule` says how what they return lies in memory."""

    def decorate(entry: Entry) -> Entry:
        @functools.wraps(entry)
        def ordered(ctx: Context, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
            result = entry(ctx, *args, **kwargs)
            given = {v.ref for v in _arrays((*args, *kwargs.values()))}

            def shown(r: AbstractValue) -> AbstractValue:
                if isinstance(r, TupleValue):
                    return replace(r, items=tuple(shown(i) for i in r.items))
                if isinstance(r, ArrayValue) and r.type.rank > 1 and r.strides is None and r.ref not in given:
                    return rule(ctx, r, _by_name(entry, ctx, args, kwargs))
                return r

            return shown(result)

        return ordered

    return decorate


def _by_name(entry: Entry, ctx: Context, args: Sequence[AbstractValue], kwargs: Arguments) -> Arguments:
    """The arguments of a call of an entry, those that are left out too."""
    bound = inspect.signature(entry).bind(ctx, *args, **kwargs)
    bound.apply_defaults()
    return dict(list(bound.arguments.items())[1:])


def _arrays(values: Sequence[AbstractValue]) -> list[ArrayValue]:
    items = [i for v in values for i in (v.items if isinstance(v, TupleValue) else (v,))]
    return [v for v in items if isinstance(v, ArrayValue)]


def first_of(arguments: Arguments) -> AbstractValue:
    return next(iter(arguments.values()))


def _like(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    a = first_of(arguments)
    return keep_order(ctx, result, (a,)) if isinstance(a, ArrayValue) and a.type.rank == result.type.rank else result


def _second(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    return keep_order(ctx, result, list(arguments.values())[1:2])


def _rolled(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    return result if is_none(arguments["axis"]) else _copied(ctx, result, arguments)


def _differences(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    a = first_of(arguments)
    if is_none(arguments["prepend"]) and is_none(arguments["append"]):
        return _like(ctx, result, arguments)
    unknown = isinstance(a, ArrayValue) and a.strides is not None
    return replace(result, strides=(None,) * result.type.rank) if unknown else result


def _median(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    a = first_of(arguments)
    if not isinstance(a, ArrayValue) or len(reduced_axes(ctx, a, arguments)) != 1:
        return result
    return _reduced(ctx, result, arguments)


def _copied(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    order = arguments.get("order", Const("K"))
    word = "K" if is_none(order) else str(ctx.static(order, "order"))
    return copy_order(ctx, result, first_of(arguments), word)


def _fortran(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    a = first_of(arguments)
    if not isinstance(a, ArrayValue) or a.type.rank != result.type.rank:
        return result
    if a.strides != c_strides(a.type.shape[::-1])[::-1]:
        return result
    return replace(result, strides=c_strides(result.type.shape[::-1])[::-1])


def _pair(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    return keep_order(ctx, result, list(arguments.values())[:2])


def _paired(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    """A sum of products along an axis."""
    pair = [v for v in list(arguments.values())[:2] if isinstance(v, ArrayValue)]
    if all(v.strides is None for v in pair):
        return result
    operands = []
    for v in pair:
        place = axis_arg(ctx, arguments["axis"], v.type.rank)
        own = _zero_where_one(v)
        kept = (*own[:place], *own[place + 1 :])
        operands.append((*(0,) * (result.type.rank - len(kept)), *kept))
    return in_order(ctx, result, operands)


def _reduced(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    a = first_of(arguments)
    if not isinstance(a, ArrayValue) or a.strides is None:
        return result
    gone = reduced_axes(ctx, a, arguments)
    kept = [s for k, s in enumerate(a.strides) if k not in gone]
    if a.type.rank == result.type.rank:
        kept = [0 if k in gone else s for k, s in enumerate(a.strides)]
    return in_order(ctx, result, [tuple(kept)]) if len(kept) == result.type.rank else result


def reduced_axes(ctx: Context, a: ArrayValue, arguments: Arguments) -> tuple[int, ...]:
    """The axes that a call reduces."""
    if "axis1" in arguments:
        return tuple(axis_arg(ctx, arguments[name], a.type.rank) for name in ("axis1", "axis2"))
    return axes_arg(ctx, arguments.get("axis", Const(None)), a.type.rank, lists=True, scalars=True)


def in_order(ctx: Context, result: ArrayValue, operands: Sequence[Strides]) -> ArrayValue:
    """`result` in the order of operands of these strides along its axes."""
    order = k_order(ctx, result.type.shape, operands)
    unknown: Strides = (None,) * result.type.rank
    return replace(result, strides=unknown if order is None else ordered_strides(result.type.shape, order))


def _triangular(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    a, rank = first_of(arguments), result.type.rank
    if not isinstance(a, ArrayValue) or a.strides is None or a.type.rank != rank:
        return result
    return in_order(ctx, result, [(*(0,) * (rank - 2), result.type.shape[-1], 1), a.strides])


def _spaced(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    """Numbers along a new first axis, which is moved then."""
    rank = result.type.rank
    place = axis_arg(ctx, arguments["axis"], rank)
    ends = [v for v in (arguments["start"], arguments["stop"]) if isinstance(v, ArrayValue) and v.type.rank == rank - 1]
    rest = k_order(ctx, result.type.shape[:place] + result.type.shape[place + 1 :], [strides_of(v) for v in ends])
    if rest is None:
        return replace(result, strides=(None,) * rank)
    return replace(result, strides=ordered_strides(result.type.shape, [place, *(k + (k >= place) for k in rest)]))


def _along(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    """What a function makes of each line, which is put in its place at last."""
    a, rank = arguments["arr"], result.type.rank
    if not isinstance(a, ArrayValue) or a.type.rank != rank:
        return result
    place = axis_arg(ctx, arguments["axis"], rank)
    return replace(result, strides=ordered_strides(result.type.shape, [*(k for k in range(rank) if k != place), place]))


def _matrices(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    """What is computed of stacks of matrices: the leading axes in the order of those of the operands."""
    stacks = [v for v in list(arguments.values())[:2] if isinstance(v, ArrayValue) and v.type.rank > 2]
    if not stacks or all(v.strides is None for v in stacks):
        return result
    lead = max(v.type.rank for v in stacks) - 2
    operands = []
    for v in stacks:
        own = [0 if d == 1 else s for d, s in zip(v.type.shape[:-2], strides_of(v)[:-2], strict=True)]
        operands.append((*(0,) * (lead - len(own)), *own))
    order = k_order(ctx, result.type.shape[:lead], operands)
    if order is None:
        return replace(result, strides=(None,) * result.type.rank)
    return replace(result, strides=ordered_strides(result.type.shape, [*order, *range(lead, result.type.rank)]))


def _joined(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    a = first_of(arguments)
    items = ctx.iterate(a) if not isinstance(a, ArrayValue) else None
    parts = [v for v in items or () if isinstance(v, ArrayValue)]
    if isinstance(a, ArrayValue) and isinstance(arguments.get("values"), ArrayValue):  # np.append
        parts = _arrays((a, arguments["values"]))
    if not parts or any(v.type.rank != result.type.rank for v in parts):
        return result
    return join_order(ctx, result, parts)


def _zero_where_one(v: ArrayValue) -> Strides:
    return tuple(0 if d == 1 else s for d, s in zip(v.type.shape, strides_of(v), strict=True))


def _stacked(ctx: Context, result: ArrayValue, arguments: Arguments) -> AbstractValue:
    a, rank = first_of(arguments), result.type.rank
    items = None if isinstance(a, ArrayValue) else ctx.iterate(a)
    parts = [v for v in items or () if isinstance(v, ArrayValue)]
    if not parts or any(v.type.rank != rank - 1 for v in parts):
        return result
    place = axis_arg(ctx, arguments["axis"], rank)
    return join_order(ctx, result, [_with_axis(v, place) for v in parts])


def _with_axis(v: ArrayValue, place: int) -> ArrayValue:
    """The array with a new axis of size 1."""
    shape, strides = v.type.shape, strides_of(v)
    longer = replace(v.type, shape=(*shape[:place], 1, *shape[place:]))
    return replace(v, type=longer, strides=(*strides[:place], 0, *strides[place:]))


keeps_order = _adds(_like)
"""For loops over one array, whose result lies in memory as the array does."""
copies_order = _adds(_copied)
"""For copies of an array, and arrays like it."""
second_keeps_order = _adds(_second)
rolled_in_order = _adds(_rolled)
differences_in_order = _adds(_differences)
median_in_order = _adds(_median)
pair_keeps_order = _adds(_pair)
pairs_in_order = _adds(_paired)
keeps_fortran_order = _adds(_fortran)
"""For functions that only tell Fortran order from others."""
reduces_in_order = _adds(_reduced)
"""For reductions: the axes that are left keep their order."""
triangle_in_order = _adds(_triangular)
spaced_in_order = _adds(_spaced)
lines_in_order = _adds(_along)
matrices_in_order = _adds(_matrices)
joins_in_order = _adds(_joined)
stacks_in_order = _adds(_stacked)
