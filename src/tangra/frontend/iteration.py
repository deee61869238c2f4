"""What can be iterated over, and running a body for each item: loops over ranges and arrays, containers unrolled."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    Const,
    DictValue,
    DictView,
    InstanceValue,
    IterValue,
    ListValue,
    RangeValue,
    Scalar,
    TupleValue,
)
from tangra.errors import TangraError, TypeMismatchError
from tangra.frontend import branches, changing_lists, classes, containers, conversion, diagnostics, iterators, loops
from tangra.frontend.diagnostics import StaticNeeded
from tangra.frontend.heap import CellRef, PathEnds, StackState
from tangra.frontend.loop_parts import UNROLL_LIMIT, Bounds, Loop, mark, rewind
from tangra.frontend.loop_plans import memo_key
from tangra.frontend.scope import Comprehension

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator, Frame


@dataclass(frozen=True)
class Sequence_:
    """Something with a length and items by position. `items` where they are known one by one; `bounds` for a range."""

    count: AbstractValue
    item: Callable[[AbstractValue], AbstractValue]
    items: tuple[AbstractValue, ...] | None = None
    bounds: Bounds | None = None


@dataclass(frozen=True, eq=False)
class Generator:
    """A generator expression: its node, where it was written, and the cells of names that comprehensions around it
    bind."""

    node: Comprehension
    frame: Frame
    first: AbstractValue
    cells: dict[str, CellRef]

    @property
    def is_plain(self) -> bool:
        """Whether it gives one item for each of what it runs over."""
        return len(self.node.generators) == 1 and not self.node.generators[0].ifs


def sequence(ev: Evaluator, v: AbstractValue) -> Sequence_:
    """`v` as a sequence; an error where it can't be iterated over."""
    if isinstance(v, RangeValue):
        return _range(ev, v)
    if isinstance(v, ArrayValue):
        if not v.type.shape:
            ev.python_error("TypeError", "iteration over a 0-d array")
        return Sequence_(ev.size_value(v.type.shape[0]), lambda i: ev.getitem(v, i))
    if isinstance(v, IterValue):
        return _lazy(ev, v)
    if isinstance(v, ListValue) and isinstance(state := ev.look(v.ref), StackState):
        return Sequence_(state.count, lambda i: ev.getitem(v, i))
    if isinstance(v, InstanceValue) or classes.special_method(ev, v, "__iter__") is not None:
        return _instance(ev, v)
    found = conversion.items(ev, v)
    if found is None:
        ev.error(TypeMismatchError, f"{conversion.describe(ev, v)} is not iterable", code=diagnostics.NOT_ITERABLE)
    if isinstance(v, ListValue):
        return Sequence_(Const(len(found)), lambda i: ev.getitem(v, i), (Const(None),) * len(found))
    if isinstance(v, DictView):
        return Sequence_(Const(len(found)), lambda i: _shown(ev, v, i), (Const(None),) * len(found))
    return fixed(ev, found)


def _shown(ev: Evaluator, v: DictView, place: AbstractValue) -> AbstractValue:
    """The item at a place of a view when it is reached."""
    found = containers.viewed(ev, v)
    k = int(ev.static(place, "the position in a dict"))
    if k >= len(found):
        ev.python_error("RuntimeError", "dictionary changed size during iteration")
    return found[k]


def fixed(ev: Evaluator, items: Sequence[AbstractValue]) -> Sequence_:
    """A sequence of known items."""

    def item(i: AbstractValue) -> AbstractValue:
        found: AbstractValue = items[int(ev.static(i, "the position in a container"))]
        return found

    return Sequence_(Const(len(items)), item, tuple(items))


def _range(ev: Evaluator, v: RangeValue) -> Sequence_:
    step = v.step
    if isinstance(step, Const):
        return Sequence_(
            range_length(ev, v),
            lambda i: ev.binary("+", v.start, ev.binary("*", i, step)),
            None,
            Bounds(v.start, v.stop, int(step.value)),
        )
    return Sequence_(range_length(ev, v), lambda i: ev.binary("+", v.start, ev.binary("*", i, step)))


def range_length(ev: Evaluator, v: RangeValue) -> AbstractValue:
    """`len(range(start, stop, step))`."""
    if all(isinstance(p, Const) for p in (v.start, v.stop, v.step)):
        return Const(len(conversion.plain(ev, v)))
    span = ev.binary("-", v.stop, v.start)
    if isinstance(v.step, Const) and v.step.value == 1:
        count = span
    else:
        count = ev.binary("-", Const(0), ev.binary("//", ev.binary("-", Const(0), span), v.step))
    from tangra.api import builtins

    return builtins.max_(ev, count, Const(0))


LAZY: dict[str, Callable[[Evaluator, IterValue], Sequence_]] = {}
"""What makes a sequence of lazy iterables of other forms."""


def lazy(
    form: str,
) -> Callable[[Callable[[Evaluator, IterValue], Sequence_]], Callable[[Evaluator, IterValue], Sequence_]]:
    """Enter a form of lazy iterables."""

    def enter(make: Callable[[Evaluator, IterValue], Sequence_]) -> Callable[[Evaluator, IterValue], Sequence_]:
        LAZY[form] = make
        return make

    return enter


def _lazy(ev: Evaluator, v: IterValue) -> Sequence_:
    if v.form == "generator":
        from tangra.frontend import made_at_once

        return made_at_once.of_generator(ev, v)
    full, place = whole(ev, v), iterators.taken(ev, v)
    if place == Const(0):
        return full
    count = ev.binary("-", full.count, place)
    known = full.items is not None and isinstance(count, Const)
    items = (Const(None),) * int(ev.static(count, "the length")) if known else None
    return Sequence_(count, lambda k: full.item(ev.binary("+", k, place)), items)


def whole(ev: Evaluator, v: IterValue) -> Sequence_:
    """All items of an iterator, those taken among them."""
    if v.form in LAZY:
        return LAZY[v.form](ev, v)
    inner = [sequence(ev, part) for part in iterators.iterables(v)]
    if v.form == "zip":
        strict = bool(v.parts[1])
        count, items = _shortest(ev, inner, strict)
        make: Callable[[AbstractValue], AbstractValue] = lambda i: TupleValue(tuple(s.item(i) for s in inner))  # noqa: E731
    elif v.form == "enumerate":
        start = v.parts[1]
        count, items = inner[0].count, inner[0].items
        make = lambda i: TupleValue((ev.binary("+", i, start), inner[0].item(i)))  # noqa: E731
    elif v.form == "reversed":
        count, items = inner[0].count, inner[0].items
        make = lambda i: inner[0].item(ev.binary("-", ev.binary("-", count, Const(1)), i))  # noqa: E731
    else:
        assert v.form == "map", v.form
        count, items = _shortest(ev, inner, False)
        make = lambda i: ev.call(v.parts[0], [s.item(i) for s in inner], {})  # noqa: E731
    return Sequence_(count, make, None if items is None else (Const(None),) * len(items))


def _shortest(ev: Evaluator, inner: list[Sequence_], strict: bool) -> tuple[AbstractValue, Any]:
    if not inner:
        return Const(0), ()
    known = [s for s in inner if s.items is not None]
    if known and not all(isinstance(s.count, Const) for s in inner):
        from tangra.api import builtins

        count = builtins.min_(ev, *(s.count for s in inner))
        if isinstance(count, Const):
            return count, (Const(None),) * int(count.value)
        ev.unsupported(
            "zip of a Python container with something whose length is only known at run time",
            "make the container an array",
        )
    counts = [s.count for s in inner]
    if all(isinstance(c, Const) for c in counts):
        numbers = [int(c.value) for c in counts if isinstance(c, Const)]
        if strict and len(set(numbers)) > 1:
            ev.python_error("ValueError", "zip() arguments have different lengths")
        return Const(min(numbers)), (Const(None),) * min(numbers) if known else None
    return _run_time_shortest(ev, counts, strict), None


def _run_time_shortest(ev: Evaluator, counts: list[AbstractValue], strict: bool) -> AbstractValue:
    from tangra.api import builtins

    if strict:
        first, *rest = counts
        for other in rest:
            differ = ev.truth(ev.binary("!=", first, other))
            ev.fail_if(ev.number(differ).value, "ValueError", "zip() arguments have different lengths")
        return first
    return builtins.min_(ev, *counts) if len(counts) > 1 else counts[0]


def iterated(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    """What gives the items of `v`: an object's own iterator, made by its `__iter__`; anything else is itself."""
    method = classes.special_method(ev, v, "__iter__")
    if method is None:
        return v
    found = ev.call(method, [], {})
    if classes.special_method(ev, found, "__next__") is not None:
        ev.unsupported(
            "an iterator written as a class, with __next__", "return iter(...) of a list or an array from __iter__"
        )
    if not isinstance(found, IterValue):
        ev.python_error("TypeError", f"iter() returned non-iterator of type '{conversion.describe(ev, found)}'")
    return found


def _instance(ev: Evaluator, v: AbstractValue) -> Sequence_:
    if classes.special_method(ev, v, "__iter__") is not None:
        return sequence(ev, iterated(ev, v))
    length, getitem = (classes.special_method(ev, v, n) for n in ("__len__", "__getitem__"))
    if length is not None and getitem is not None:
        made = Sequence_(ev.call(length, [], {}), lambda i: ev.call(getitem, [i], {}))
        _must_end(ev, v, made)
        return made
    ev.error(TypeMismatchError, f"{conversion.describe(ev, v)} is not iterable", code=diagnostics.NOT_ITERABLE)


def _must_end(ev: Evaluator, v: AbstractValue, s: Sequence_) -> None:
    """Python asks `__getitem__` for one item after the other until it raises an IndexError, and never for the length:
    refuse a class of which it is plain that it has an item behind the last."""
    from tangra.frontend import outlining

    start, frame = mark(ev), ev.frame
    try:
        s.item(s.count)
        may_end = outlining.may_fail(ev.b.block.ops[start.ops :], ev.outlines.failing)
    except (PathEnds, TangraError, StaticNeeded):
        may_end, ev.frame = True, frame
    rewind(ev, start)
    if not may_end:
        ev.unsupported(
            f"a loop over {conversion.describe(ev, v)}, whose __getitem__ has items beyond its __len__,",
            "write an __iter__, or loop over range(len(...))",
        )


def static_items(ev: Evaluator, v: AbstractValue) -> Sequence[AbstractValue] | None:
    """The items one by one, where their number is known and small; None otherwise."""
    v = iterated(ev, v)
    if isinstance(v, IterValue) and not _is_countable(ev, v):
        return None
    if isinstance(v, IterValue) and v.form == "generator":
        iterators.consume(ev, v, asked_again=True)
        return _generated(ev, v.parts[0])
    if isinstance(v, ArrayValue) and (not v.type.shape or not isinstance(v.type.shape[0], int)):
        return None
    s = sequence(ev, v)
    if not isinstance(s.count, Const) or int(s.count.value) > conversion.MAX_ITEMS:
        return None
    iterators.consume(ev, v, asked_again=True)
    return [s.item(Const(k)) for k in range(int(s.count.value))]


def _is_countable(ev: Evaluator, v: IterValue) -> bool:
    """Whether the number of items of an iterator is known before they are taken."""
    if v.form == "generator":
        return _is_static(ev, v.parts[0])
    for part in iterators.iterables(v):
        if isinstance(part, IterValue):
            if not _is_countable(ev, part):
                return False
        elif not isinstance(sequence(ev, part).count, Const):
            return False
    return True


def _is_static(ev: Evaluator, g: Generator) -> bool:
    """Whether all items of a generator can be made one by one: its first iterable has a small known length."""
    return g.is_plain and is_short(ev, g.first)


def is_few(count: AbstractValue) -> bool:
    """Whether so many trips are few enough to unroll."""
    return isinstance(count, Const) and int(count.value) <= UNROLL_LIMIT // 8


def is_short(ev: Evaluator, v: AbstractValue) -> bool:
    """Whether an iterable is of a static length that is worth unrolling."""
    if isinstance(v, (ArrayValue, RangeValue)):
        return is_few(sequence(ev, v).count)
    if isinstance(v, IterValue):
        if v.form == "generator":
            return _is_static(ev, v.parts[0])
        parts = iterators.iterables(v)
        return all(is_short(ev, part) for part in parts) and is_few(sequence(ev, v).count)
    if isinstance(v, ListValue):
        return not isinstance(ev.look(v.ref), StackState)
    return isinstance(v, (TupleValue, DictValue, DictView, Const))


def _generated(ev: Evaluator, g: Generator) -> list[AbstractValue]:
    """All items of a generator whose loops unroll."""
    from tangra.frontend import comprehension

    return comprehension.unrolled(ev, g)


# ---- running a body for each item -------------------------------------------------------------------------


def for_each(
    ev: Evaluator,
    v: AbstractValue,
    body: Callable[[AbstractValue], None],
    *,
    key: Any,
    assigned: frozenset[str] = frozenset(),
    live_header: frozenset[str] | None = None,
    live_after: frozenset[str] | None = None,
    name: str = "i",
    own_flags: bool = True,
    unroll: bool = False,
    fixed_length: bool = False,
) -> AbstractValue:
    """Run `body(item)` for each item of `v`; the result says whether `break` was executed. `fixed_length`: also if
    the body changes the length of the list that `v` is, there are as many trips as it had items before."""
    v = iterated(ev, v)
    iterators.consume(ev, v)
    if isinstance(v, IterValue) and v.form == "generator":
        from tangra.frontend import comprehension

        return comprehension.drive(ev, v.parts[0], body, unroll)
    if isinstance(v, IterValue) and v.form == "filter" and iterators.taken(ev, v) == Const(0):
        return _filtered(ev, v, body, key, assigned, own_flags, unroll)
    loop = Loop(key, None, _not_yet, assigned, live_header, live_after, name, own_flags)
    start, known = mark(ev), ("changing", memo_key(ev, loop))
    try:
        if not fixed_length and known in ev.memo:
            raise changing_lists.LengthChanges
        return _counted(ev, v, body, loop, unroll, fixed_length)
    except changing_lists.LengthChanges:
        rewind(ev, start)
        ev.memo[known] = True
        return changing_lists.run(ev, v, lambda: sequence(ev, v), body, loop)


def _not_yet(index: AbstractValue | None) -> None:
    raise AssertionError(index)


def _counted(
    ev: Evaluator,
    v: AbstractValue,
    body: Callable[[AbstractValue], None],
    loop: Loop,
    unroll: bool,
    fixed_length: bool,
) -> AbstractValue:
    """A loop with as many trips as there are items before it."""
    s = sequence(ev, v)
    watched = (lambda _, trip: trip()) if fixed_length else functools.partial(changing_lists.watched, ev)
    if s.items is not None or (unroll and is_short(ev, v)):
        s = s if s.items is not None else replace(s, items=(Const(None),) * int(ev.static(s.count, "a length")))
        return _each_item(ev, v, s, lambda item: watched(v, lambda: body(item())), loop.own_flags)
    bounds = s.bounds or Bounds(Const(0), s.count, 1)

    def trip(index: AbstractValue | None) -> None:
        assert index is not None
        watched(v, lambda: body(index if s.bounds is not None else s.item(index)))

    return loops.run_loop(ev, replace(loop, bounds=bounds, body=trip))


def _filtered(
    ev: Evaluator,
    v: IterValue,
    body: Callable[[AbstractValue], None],
    key: Any,
    assigned: frozenset[str],
    own_flags: bool,
    unroll: bool,
) -> AbstractValue:
    """A loop over `filter(function, iterable)`: each item is tested when it is reached."""
    iterable, function = v.parts[2]

    def trip(item: AbstractValue) -> None:
        kept = ev.truth(
            item if isinstance(function, Const) and function.value is None else ev.call(function, [item], {})
        )
        if isinstance(kept, Scalar):
            branches.branch(ev, kept.value, lambda: body(item), lambda: None, None)
        elif isinstance(kept, Const) and kept.value:
            body(item)

    return for_each(
        ev, iterable, trip, key=ev.loop_key(("filter", key)), assigned=assigned, own_flags=own_flags, unroll=unroll
    )


def _each_item(
    ev: Evaluator,
    v: AbstractValue,
    s: Sequence_,
    body: Callable[[Callable[[], AbstractValue]], None],
    own_flags: bool,
) -> AbstractValue:
    """A container is unrolled; `body` gets what makes the item."""
    assert s.items is not None
    count = len(s.items)

    def of_same_size() -> None:
        if isinstance(v, (DictValue, DictView)) and containers.length(ev, v) != Const(count):
            ev.python_error("RuntimeError", "dictionary changed size during iteration")

    def trip(index: AbstractValue | None) -> None:
        assert isinstance(index, Const)
        of_same_size()
        body(lambda: s.item(index))

    loop = Loop(v, Bounds(Const(0), Const(count), 1), trip, own_flags=own_flags)
    broken = loops.run_unrolled(ev, loop, count)
    if broken == Const(False) and branches.exit_status(ev.state) is False:
        of_same_size()
    return broken


def number_of_items(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    """`len` of an iterable with a length."""
    return sequence(ev, v).count
