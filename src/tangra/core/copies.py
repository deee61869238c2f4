"""The copies that a transformed function works on: what is refused because a write to one of them would, in Python, be
seen in another one, or in an array that the function reads from outside.

Arrays that share memory become copies of their own. As long as the function only reads them that makes no difference.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tangra.api.values import AbstractValue, ArrayValue, ViewStep
from tangra.core.trees import Flattener, copy, current, like
from tangra.errors import AliasError, declare
from tangra.frontend.evaluator import Evaluator
from tangra.frontend.heap import ArrayState, HeapState, ListState, StackState, State, ViewState
from tangra.frontend.signatures import Unfit
from tangra.frontend.stack_items import item_memory
from tangra.ir import Value
from tangra.transforms.folding import scalar_constant

REPEATED = declare("TG818", "a transformed function writes to arguments that share memory")


@dataclass(frozen=True)
class Copy:
    """An array of a call, and its copy, which held `state` at the start."""

    original: int
    copy: int
    state: HeapState
    name: str


class Copies:
    """The arrays among the arguments of one call of a transformed function, and their copies. `containers` are those
    among the arguments; `repeated`: one of them is, or may be, there twice."""

    def __init__(self, ev: Evaluator, given: Flattener | None = None) -> None:
        self.ev = ev
        self.transform = ""
        self.repeated = given is not None and given.repeated
        self.containers = set() if given is None else given.containers
        self.made: list[Copy] = []
        self.changed: list[Copy] = []
        self.looked: set[int] = set()

    def of(self, leaf: ArrayValue, value: Value, name: str) -> AbstractValue:
        """A copy of an array that holds `value`, which may be a part of it."""
        ev = self.ev
        made = ev.result(value) if value.shape != leaf.type.shape else like(ev, leaf, value)
        if isinstance(made, ArrayValue):
            self.made.append(Copy(leaf.ref, made.ref, ev.glance(made.ref), name))
            ev.state.copied[made.ref] = leaf.ref
        return made

    def whole(self, args: Sequence[AbstractValue], names: Sequence[str] = ()) -> list[AbstractValue]:
        """Copies of arguments with all that they hold; `names` are those of the first ones."""
        ev, flat = self.ev, Flattener(self.ev)
        trees = [flat.add(v, names[k] if k < len(names) else f"argument {k}") for k, v in enumerate(args)]
        self.repeated, self.containers = flat.repeated, flat.containers
        fresh: list[AbstractValue] = []
        for leaf, name in zip(flat.leaves, flat.paths, strict=True):
            value = current(ev, leaf)
            fresh.append(self.of(leaf, value, name) if isinstance(leaf, ArrayValue) else like(ev, leaf, value))
        return [copy(ev, tree, fresh) for tree in trees]

    def call(
        self, transform: str, function: AbstractValue, args: list[AbstractValue], kwargs: dict[str, AbstractValue]
    ) -> AbstractValue:
        """The result of a call of `function` with the copies; `transform` is named in errors."""
        ev, self.transform = self.ev, transform
        before, outer = ev.state.copy(), ev.looked
        ev.looked = set()
        try:
            result = ev.call(function, args, kwargs)
        finally:
            self.looked, ev.looked = ev.looked, outer
            if outer is not None:
                outer |= self.looked
        written = {ref: state for ref, state in before.heap.items() if changed(ev, before, ev.state, ref)}
        if written and self.repeated:
            self._refuse("its arguments, among which one container is there twice, or may be")
        containers = [ref for ref, state in written.items() if not isinstance(state, ArrayState | ViewState)]
        if containers and self._reads(containers):
            self._refuse("its arguments, and reads one of the containers among them from outside itself")
        self.changed = [each for each in self.made if each.copy in written]
        self._require_apart()
        return result

    def _reads(self, written: list[int]) -> bool:
        """Whether the function looked at a container of the caller's that is, or may be, one of those it has `written`
        copies of; of all among the arguments, where it isn't known what these are copies of."""
        partners, copied = self.ev.state.partners, self.ev.state.copied
        known = all(ref in copied for ref in written)
        near = {copied[ref] for ref in written} if known else self.containers
        return any(ref in self.looked or not self.looked.isdisjoint(partners.get(ref, ())) for ref in near)

    def _require_apart(self) -> None:
        ev = self.ev
        for each in self.changed:
            for other in self.made:
                if other.copy != each.copy and share(ev, each.original, other.original):
                    how = "is the same object as" if each.original == other.original else "shares memory with"
                    self._refuse(f"{each.name}, which {how} {other.name}")
            root = lineage(ev, each.original)[-1]
            if ev.seen is not None and root < ev.given:
                raise Unfit  # in an outlined function it is not known what arrays it is handed are views of
            if root in ev.live.array_params:
                ev.live.copied.add(root)

    def require_apart_from(self, captured: list[Value]) -> None:
        """Refuse that the function reads the original of a copy that it changed; `captured` are the values it reads
        from outside."""
        ev, values = self.ev, {id(v) for v in captured}
        known = [ref for ref in sorted(self.looked) if ref in ev.state.heap or ref in ev.initial]
        for each in self.changed:
            for ref in known:
                if values & {id(v) for v in held(ev, ref)} and share(ev, each.original, ref):
                    self._refuse(f"{each.name}, which shares memory with an array that it reads from outside itself")

    def _refuse(self, what: str) -> None:
        self.ev.error(
            AliasError,
            f"the function given to {self.transform} writes to {what}; each is a copy of its own there",
            code=REPEATED,
            fix="pass a copy in one of the two places",
        )


def changed(ev: Evaluator, before: State, after: State, ref: int) -> bool:
    """Whether an object from before holds something else after, or may: it may be one that was written to."""
    if ref in after.poisoned and ref not in before.poisoned:
        return True
    old, new = before.heap.get(ref, ev.initial.get(ref)), after.heap.get(ref)
    if new is None or old is None or old is new or old == new or _is_indexed(ev, old, new, after):
        return False
    return not (isinstance(new, ArrayState) and isinstance(old, ArrayState) and new.value is old.value)


def _is_indexed(ev: Evaluator, old: HeapState, new: HeapState, after: State) -> bool:
    """Whether a list was made a stack to be read at a run-time place, and nothing in it was written since."""
    if not isinstance(old, ListState) or not isinstance(new, StackState) or new.was != old:
        return False
    return not any(ref in after.poisoned for item in old.items for ref in item_memory(ev, item))  # type: ignore[arg-type]


def lineage(ev: Evaluator, ref: int) -> list[int]:
    """An array, and what it is a view or a copy of, in turn."""
    found = [ref]
    while True:
        state = _state(ev, found[-1])
        base = state.base if isinstance(state, ViewState) else ev.state.copied.get(found[-1])
        if base is None:
            return found
        found.append(base)


def share(ev: Evaluator, a: int, b: int) -> bool:
    """Whether two arrays may have memory in common, as far as they are not views of what is certainly apart."""
    one, other = lineage(ev, a), lineage(ev, b)
    common = next((ref for ref in one if ref in other), None)
    if common is None:
        return any(ev.state.partners.get(ref, frozenset()).intersection(other) for ref in one)
    if any(ref in ev.state.partners.get(ref, ()) for ref in one[one.index(common) :]):
        return True  # two parts of it may be one
    parts = [_state(ev, line[line.index(common) - 1]) for line in (one, other) if line[0] != common]
    steps = [state.step for state in parts if isinstance(state, ViewState)]
    return len(steps) < 2 or not _apart(*steps)


def held(ev: Evaluator, ref: int) -> Iterator[Value]:
    """The values that reading an array may give."""
    state = _state(ev, ref)
    if isinstance(state, ArrayState):
        yield state.value
    elif isinstance(state, ViewState):
        yield from state.first or ()


def _state(ev: Evaluator, ref: int) -> HeapState | None:
    return ev.state.heap.get(ref, ev.initial.get(ref))


def _apart(a: ViewStep | None, b: ViewStep | None) -> bool:
    """Whether two parts of one array have no element in common, by the places of one of the axes."""
    if a is None or b is None or a.op != "index" or b.op != "index":
        return False
    return any(_no_place_in_common(one, other) for one, other in zip(_places(a), _places(b), strict=True))


def _places(step: ViewStep) -> Iterator[tuple[Value | None, range] | None]:
    """Along each axis the places of a part, counted from a number that only the run knows, or from 0; None where it is
    not known how many there are."""
    attrs = dict(step.attrs)
    for start, size, by in zip(step.operands, attrs["sizes"], attrs["steps"], strict=True):
        count = 1 if size is None else size
        if not isinstance(count, int):
            yield None
            continue
        base, first = _sum(start)
        places = range(first, first + count * by, by)
        yield base, places if by > 0 else places[::-1]


def _sum(v: Value) -> tuple[Value | None, int]:
    """A number as the sum of one that only the run knows, if there is one, and a constant."""
    total = 0
    while True:
        known = scalar_constant(v)
        if known is not None:
            return None, total + int(known)
        op = v.defining_op
        if op is None or op.name not in ("add", "sub"):
            return v, total
        x, y = op.operands
        if scalar_constant(y) is None and op.name == "add":
            x, y = y, x
        more = scalar_constant(y)
        if more is None:
            return v, total
        v, total = x, total + (int(more) if op.name == "add" else -int(more))


def _no_place_in_common(one: tuple[Value | None, range] | None, other: tuple[Value | None, range] | None) -> bool:
    if one is None or other is None or one[0] is not other[0]:
        return False
    a, b = one[1], other[1]
    return not a or not b or a[-1] < b[0] or b[-1] < a[0] or (a[0] - b[0]) % math.gcd(a.step, b.step) != 0
