"""What a join says of the identity of objects: which may be one, and which were changed through another on a side."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations
from typing import TYPE_CHECKING

from tangra.frontend import joining_lists, memory, stack_instances
from tangra.frontend.heap import ArrayState, ListState, StackState, State, ViewState
from tangra.frontend.templates import Node, ToStackT

if TYPE_CHECKING:
    from tangra.frontend.joining import Join
    from tangra.frontend.templates import ObjectInfo

Memory = frozenset[int]
"""The objects that something is, or shares memory with, on one side of a join."""


def find(join: Join) -> None:
    """Which objects of the plan may be one, and what was poisoned on either side."""
    plan = join.plan
    objects = [_objects(join, info) for info in plan.objects]
    related: dict[int, set[int]] = {}
    for (i, x), (j, y) in permutations(enumerate(objects), 2):
        if _may_share(join, x, y):
            related.setdefault(i, set()).add(j)
    plan.partners = {i: frozenset(js) for i, js in related.items()}
    items = dict(_items(join))
    if items:
        nodes = {**{Node(k): held for k, held in enumerate(objects)}, **items}
        plan.items = frozenset(
            (a, b) for a, b in combinations(nodes, 2) if b in items and _may_share(join, nodes[a], nodes[b])
        )
    pairs: set[tuple[int, int]] = set(join.previous.pairs if join.previous else ())
    for side in join.sides:
        for ref, others in (side.partners if side is not None else {}).items():
            known = join.base.partners.get(ref, frozenset())
            pairs |= {(ref, p) for p in others - known if ref <= p and join.exists(ref) and join.exists(p)}
    plan.pairs = frozenset(pairs)
    for side in join.sides:
        if side is not None:
            plan.poisoned.update({r: True for r in side.poisoned if join.exists(r)})
            plan.read_only.update({r: _known(join, r) for r in side.read_only if join.exists(r)})
    plan.homes = frozenset(
        ref
        for ref, home in join.base.homes.items()
        if isinstance(plan.heap.get(home.owner), ToStackT)
        and all(_stays(join, side, ref) for side in join.sides if side is not None)
    )


def _stays(join: Join, side: State, ref: int) -> bool:
    """Whether an instance lies in its list on a side."""
    outer, join.ev.state = join.ev.state, side
    try:
        return stack_instances.follows(join.ev, ref)
    finally:
        join.ev.state = outer


def _known(join: Join, ref: int) -> bool | None:
    """Whether an array from before the two sides parted can't be written to after them."""
    answers = {memory.is_read_only(join.ev, side, ref) for side in join.sides if side is not None}
    return answers.pop() if len(answers) == 1 else None


def is_traced(join: Join, side: int, ref: int | None) -> bool:
    """Whether it can be told which array from before the call an object is, if it is one."""
    state = None if ref is None else join.state_of(side, ref)
    return ref in join.ev.live.paths or (isinstance(state, (ArrayState, ViewState)) and state.origin is not None)


def read_only(join: Join, refs: tuple[int | None, ...], known: ObjectInfo | None) -> bool | None:
    """Whether the array made of two can't be written to (None: it depends on the path); `known` is what earlier
    trips of a loop gave."""
    answers = {
        memory.writes_fail(join.ev, state, ref)
        for state, ref in zip(join.sides, refs, strict=True)
        if state is not None and ref is not None
    }
    if len(answers) > 1 or (known is not None and known.read_only is None):
        return None
    return answers.pop() if answers else False


def stale(join: Join, refs: tuple[int | None, ...]) -> int | None:
    """What may have been changed unseen of the objects that one is made of, and of the arrays they are views of."""
    for state, ref in zip(join.sides, refs, strict=True):
        if state is not None and ref is not None:
            for part in memory.chain(join.ev, state, ref):
                if part in state.poisoned:
                    return part
    return None


def _objects(join: Join, info: ObjectInfo) -> list[Memory]:
    """The memory of an object of the plan, on both sides."""
    sides = zip(join.sides, info.refs, strict=True)
    return [
        frozenset(() if state is None or ref is None else memory.chain(join.ev, state, ref)) for state, ref in sides
    ]


def _items(join: Join) -> Iterator[tuple[Node, list[Memory]]]:
    """The items of lists that become stacks, with their memory on both sides."""
    for ref, template in join.plan.heap.items():
        if isinstance(template, ToStackT):
            yield Node(ref=ref, inside=True), [_inside(join, side, ref) for side in (0, 1)]
    for k, info in enumerate(join.plan.objects):
        if isinstance(info.state, ToStackT):
            yield Node(k, inside=True), [_inside(join, side, ref) for side, ref in enumerate(info.refs)]


def _inside(join: Join, side: int, ref: int | None) -> Memory:
    state = join.state_of(side, ref)
    return joining_lists.items_memory(join, side, state) if isinstance(state, (ListState, StackState)) else frozenset()


def _may_share(join: Join, one: list[Memory], other: list[Memory]) -> bool:
    """Whether two things may share memory on either side."""
    for state, mine, theirs in zip(join.sides, one, other, strict=True):
        if state is None or not mine or not theirs:
            continue
        if mine & theirs or any(theirs & state.partners.get(r, frozenset()) for r in mine):
            return True
    return False
