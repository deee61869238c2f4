"""Lazy iterables whose items are found by number: `np.ndindex`, `np.ndenumerate`, products and slices of iterables.

Each is one loop, also where Python counts in several places: `break` leaves all of it, and `enumerate` numbers it.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    Const,
    IterValue,
    ListValue,
    RangeValue,
    TupleValue,
)
from tangra.frontend import (
    branches,
    classes,
    comprehension,
    container_methods,
    containers,
    conversion,
    failures,
    iteration,
    iterators,
    made_at_once,
    symbols,
)
from tangra.frontend.calls import builtin
from tangra.frontend.heap import BROKEN, CellRef, CellState, MaybeNone, MaybeUnbound, Result
from tangra.frontend.iteration import Sequence_

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

NONE = Const(None)
FEW = 64
"""A product of so many items is unrolled where all of them are known one by one."""


# ---- products -----------------------------------------------------------------------------------------------------


@iteration.lazy("product")
def _product(ev: Evaluator, v: IterValue) -> Sequence_:
    parts = [iteration.sequence(ev, part) for part in v.parts[0]]
    rests: list[AbstractValue] = [Const(1)]
    for part in reversed(parts):
        rests.insert(0, _times(ev, part.count, rests[0]))

    def item(k: AbstractValue) -> AbstractValue:
        found = []
        for at, part in enumerate(parts):
            place = k if rests[at + 1] == Const(1) else ev.binary("//", k, rests[at + 1])
            found.append(part.item(place if at == 0 else ev.binary("%", place, part.count)))
        return TupleValue(tuple(found))

    return Sequence_(rests[0], item)


def _times(ev: Evaluator, a: AbstractValue, b: AbstractValue) -> AbstractValue:
    """The product of two lengths."""
    sizes = symbols.known_size(a), symbols.known_size(b)
    if sizes[0] is None or sizes[1] is None:
        return ev.binary("*", a, b)
    return ev.size_value(sizes[0] * sizes[1])


@builtin(np.ndindex)
def ndindex_(ev: Evaluator, *shape: AbstractValue) -> AbstractValue:
    """`np.ndindex(shape)` and `np.ndindex(*shape)`."""
    given = ev.iterate(shape[0]) if len(shape) == 1 and isinstance(shape[0], TupleValue) else shape
    assert given is not None
    sizes = [ev.size_value(ev.size(n)) for n in given]
    return iterators.one_shot(ev, "product", tuple(RangeValue(Const(0), n, Const(1)) for n in sizes))


@iteration.lazy("ndenumerate")
def _ndenumerate(ev: Evaluator, v: IterValue) -> Sequence_:
    array, places = v.parts[0], iteration.sequence(ev, v.parts[1])

    def item(k: AbstractValue) -> AbstractValue:
        place = places.item(k)
        return TupleValue((place, ev.getitem(array, place)))

    return Sequence_(places.count, item)


@builtin(np.ndenumerate)
def ndenumerate_(ev: Evaluator, arr: AbstractValue) -> AbstractValue:
    """`np.ndenumerate(arr)`: elements are read when they are reached."""
    from tangra.api.numpy_creation import asarray

    array = arr if isinstance(arr, ArrayValue) else asarray(ev, arr)
    assert isinstance(array, ArrayValue)
    return iterators.one_shot(ev, "ndenumerate", array, ndindex_(ev, *map(ev.size_value, array.type.shape)))


@builtin(itertools.product)
def product_(ev: Evaluator, *iterables: AbstractValue, repeat: AbstractValue = Const(1)) -> AbstractValue:
    """`itertools.product`: a loop where it is over ranges and arrays and long or of a length that the run tells."""
    times = conversion.static_index(ev, repeat, "repeat")
    lengths = [iteration.number_of_items(ev, v) for v in iterables if isinstance(v, (RangeValue, ArrayValue))]
    known = [int(n.value) for n in lengths if isinstance(n, Const)]
    if len(lengths) == len(iterables) and (len(known) < len(lengths) or np.prod(known) ** times > FEW):
        pools = tuple(_as_read(ev, v) for v in iterables)
        return iterators.one_shot(ev, "product", pools * times)
    return groups(ev, itertools.product, iterables, {"repeat": times})


def _as_read(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    """An iterable as Python's product reads it, at once: numbers are copies, rows of an array are views."""
    return ev.new_array(ev.read(v.ref)) if isinstance(v, ArrayValue) and v.type.rank == 1 else v


def groups(ev: Evaluator, function: Any, args: Sequence[AbstractValue], options: dict[str, Any]) -> AbstractValue:
    """The iterator that a function of itertools makes of items that are known one by one, and reads at once."""
    return taken(ev, f"itertools.{function.__name__}", grouped(ev, function, args, options))


def grouped(ev: Evaluator, function: Any, args: Sequence[AbstractValue], options: dict[str, Any]) -> TupleValue:
    """What a function of itertools makes of items that are known one by one."""
    iterators.once(ev, args)
    plain: list[object] = []
    for arg in args:
        items = None if isinstance(arg, Const) and isinstance(arg.value, int) else ev.iterate(arg)
        plain.append(ev.static(arg, "the length of what itertools combines") if items is None else list(items))
    return TupleValue(tuple(TupleValue(tuple(group)) for group in function(*plain, **options)))


# ---- parts --------------------------------------------------------------------------------------------------------


@iteration.lazy("islice")
def _islice(ev: Evaluator, v: IterValue) -> Sequence_:
    inner = iteration.sequence(ev, v.parts[0])
    start, stop, step = v.parts[1]
    if isinstance(inner.count, Const):
        n = int(inner.count.value)
        chosen = range(start, n if stop is None else min(stop, n), step)
        items = None if inner.items is None else (NONE,) * len(chosen)
        return Sequence_(Const(len(chosen)), lambda k: inner.item(_moved(ev, k, start, step)), items)
    from tangra.api import builtins

    end = inner.count if stop is None else builtins.min_(ev, inner.count, Const(stop))
    count = iteration.range_length(ev, RangeValue(Const(start), end, Const(step)))
    return Sequence_(count, lambda k: inner.item(_moved(ev, k, start, step)))


def _moved(ev: Evaluator, k: AbstractValue, start: int, step: int) -> AbstractValue:
    return ev.binary("+", Const(start), ev.binary("*", k, Const(step)))


@builtin(itertools.islice)
def islice_(ev: Evaluator, iterable: AbstractValue, *ends: AbstractValue) -> AbstractValue:
    """`itertools.islice(iterable, stop)` and `(iterable, start, stop[, step])`, by constants."""
    if isinstance(iterable, IterValue):
        ev.unsupported("islice of an iterator, of which the rest may be used", "slice a list of it: list(...)[a:b]")
    parts = [ev.static(e, "an end of islice()") for e in ends]
    start, stop, step = (None, *parts, None) if len(parts) == 1 else (*parts, None)[:3]
    if any(p is not None and (not isinstance(p, int) or p < 0) for p in (start, stop)) or step == 0:
        ev.python_error("ValueError", "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
    return iterators.one_shot(ev, "islice", iterable, (start or 0, stop, 1 if step is None else step))


# ---- what is taken at once -----------------------------------------------------------------------------------------


def taken(ev: Evaluator, form: str, items: AbstractValue) -> IterValue:
    """An iterator, named `form`, over items that were all made when it was."""
    if form not in iteration.LAZY:
        iteration.lazy(form)(lambda ev, v: iteration.sequence(ev, v.parts[0]))
    return iterators.one_shot(ev, form, items)


def later(ev: Evaluator, form: str, sources: Sequence[AbstractValue], make: Callable[[], AbstractValue]) -> IterValue:
    """An iterator, named `form`, whose items are all made when the first is asked for, by `make` of `sources`."""
    iteration.LAZY.setdefault(form, _made_later)
    cells = (ev.allocate(CellState(None)) for _ in range(2))
    return iterators.one_shot(ev, form, (), make, tuple(sources), *cells)  # `make` takes from the iterables


def _made_later(ev: Evaluator, v: IterValue) -> Sequence_:
    make, sources, items, read = v.parts[1:5]
    return made_at_once.once(ev, f"{v.form}()", items, read, make, sources)


@iteration.lazy("chain")
def _chain(ev: Evaluator, v: IterValue) -> Sequence_:
    parts = [iteration.sequence(ev, part) for part in v.parts[0]]
    counts = [part.count.value for part in parts if isinstance(part.count, Const)]
    if len(counts) < len(parts):
        ev.unsupported("itertools.chain of an iterable of a length that is only known at run time", "loop over each")
    ends = list(itertools.accumulate(counts, initial=0))

    def item(k: AbstractValue) -> AbstractValue:
        place = int(ev.static(k, "the position in a chain"))
        at = bisect.bisect_right(ends, place) - 1
        return parts[at].item(Const(place - ends[at]))

    return Sequence_(Const(ends[-1]), item, (NONE,) * ends[-1])


# ---- running ------------------------------------------------------------------------------------------------------


@builtin(itertools.accumulate)
def accumulate_(
    ev: Evaluator, iterable: AbstractValue, func: AbstractValue = NONE, *, initial: AbstractValue = NONE
) -> AbstractValue:
    """`itertools.accumulate`: everything that the running total is, in turn."""

    def make() -> AbstractValue:
        out = containers.new_list(ev, [])
        _accumulate(ev, out, iterable, func, initial)
        return out

    return later(ev, "accumulate", [iterable, func], make)


def _accumulate(
    ev: Evaluator, out: ListValue, iterable: AbstractValue, func: AbstractValue, initial: AbstractValue
) -> None:
    def kept(total: AbstractValue) -> AbstractValue:
        container_methods.append(ev, out, total)
        return total

    def step(total: AbstractValue | None, item: AbstractValue) -> AbstractValue:
        assert total is not None
        summed = isinstance(func, Const) and func.value is None
        return kept(ev.binary("+", total, item) if summed else ev.call(func, [total, item], {}))

    given = not (isinstance(initial, Const) and initial.value is None)
    comprehension.fold(ev, iterable, kept(initial) if given else None, step, first=kept)


# ---- one by one ---------------------------------------------------------------------------------------------------


@builtin(iter)
def iter_(ev: Evaluator, v: AbstractValue, *sentinel: AbstractValue) -> AbstractValue:
    """`iter(v)`: an iterator that knows how many items were taken from it."""
    if sentinel:
        ev.unsupported("iter() of a function and a sentinel", "write the loop with while")
    found = iteration.iterated(ev, v)
    if isinstance(found, IterValue):
        return found
    iteration.sequence(ev, found)
    return iterators.one_shot(ev, "iter", found)


@iteration.lazy("iter")
def _iter(ev: Evaluator, v: IterValue) -> Sequence_:
    return iteration.sequence(ev, v.parts[0])


@iteration.lazy("grouped")
def _grouped(ev: Evaluator, v: IterValue) -> Sequence_:
    """`zip` of one iterator several times: its items in groups."""
    inner, n = iteration.sequence(ev, v.parts[0]), v.parts[1]
    count = ev.binary("//", inner.count, Const(n))

    def item(k: AbstractValue) -> AbstractValue:
        first = ev.binary("*", k, Const(n))
        return TupleValue(tuple(inner.item(ev.binary("+", first, Const(j))) for j in range(n)))

    known = inner.items is not None and isinstance(count, Const)
    return Sequence_(count, item, (NONE,) * int(ev.static(count, "the length")) if known else None)


@builtin(next)  # type: ignore[arg-type]
def next_(ev: Evaluator, iterator: AbstractValue, default: AbstractValue | None = None) -> Result:
    """`next(iterator, default)`."""
    method = classes.special_method(ev, iterator, "__next__")
    if method is not None:
        if default is not None:
            ev.unsupported(
                "next() with a default, of an iterator written as a class", "test beforehand if there is more"
            )
        return ev.call(method, [], {})
    if not isinstance(iterator, IterValue):
        ev.python_error("TypeError", f"'{conversion.describe(ev, iterator)}' object is not an iterator")
    if iterator.form != "generator":
        return _take(ev, iterator, default)
    return _first(ev, iterator, default)


def _take(ev: Evaluator, v: IterValue, default: AbstractValue | None) -> Result:
    """The next item; where there is none, the default, or StopIteration."""
    state, place = ev.look(v.parts[-1]), iterators.taken(ev, v)
    if state != CellState(Const(None)):
        ev.unsupported(
            f"next() of {iterators.named(v)} over which a loop ran", "make a list of the items first: list(...)"
        )
    if place == Const(0):
        for part in iterators.iterables(v):
            iterators.consume(ev, part)
    whole = iteration.whole(ev, v)

    def item() -> AbstractValue:
        found = whole.item(place)
        ev.put(v.parts[-2], CellState(ev.binary("+", place, Const(1))))
        return found

    over = ev.truth(ev.binary(">=", place, whole.count))
    if default is not None:
        return branches.choose_slot(ev, over, lambda: default, item)
    if isinstance(over, Const) and over.value:
        ev.python_error("StopIteration", "")
    ev.fail_if(ev.number(over).value, failures.register(ev, StopIteration, ()), "")
    return item()


def _first(ev: Evaluator, iterator: IterValue, default: AbstractValue | None) -> Result:
    """The first item of a generator expression, of which nothing can be read afterwards."""
    name = comprehension.accumulator(ev)
    if default is not None:
        ev.state.env[name] = default

    def body(item: AbstractValue) -> None:
        ev.state.env[name] = item
        ev.state.env[BROKEN] = Const(True)

    iteration.for_each(ev, iterator, body, key=ev.loop_key(("next", ev.place, name)), assigned=frozenset({name}))
    found = ev.state.env.pop(name, None)
    assert not isinstance(found, CellRef)
    if found is None:
        ev.python_error("StopIteration", "")
    if isinstance(found, MaybeUnbound):
        ev.fail_if(ev.b("not", found.bound), failures.register(ev, StopIteration, ()), "")
        found = found.value
    return found if isinstance(found, MaybeNone) else conversion.slot(ev, found, "the item that next() gives")
