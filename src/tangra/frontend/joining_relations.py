"""What a join says of the identity of objects: which may be one, and which were changed through another on a side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.frontend.heap import ArrayState, ViewState

if TYPE_CHECKING:
    from tangra.frontend.joining import Join
    from tangra.frontend.templates import ObjectInfo


def find(join: Join) -> None:
    """Which objects of the plan may be one, and what was poisoned on either side."""
    infos = join.plan.objects
    related: dict[int, set[int]] = {}
    for i, x in enumerate(infos):
        for j, y in enumerate(infos):
            if i != j and any(_may_be_one(join, side, x.refs[side], y.refs[side]) for side in (0, 1)):
                related.setdefault(i, set()).add(j)
    join.plan.partners = {i: frozenset(js) for i, js in related.items()}
    pairs: set[tuple[int, int]] = set(join.previous.pairs if join.previous else ())
    for side in join.sides:
        for ref, others in (side.partners if side is not None else {}).items():
            known = join.base.partners.get(ref, frozenset())
            pairs |= {(ref, p) for p in others - known if ref <= p and join.exists(ref) and join.exists(p)}
    join.plan.pairs = frozenset(pairs)
    for side in join.sides:
        if side is not None:
            join.plan.poisoned.update({r: True for r in side.poisoned if join.exists(r)})


def is_traced(join: Join, side: int, ref: int | None) -> bool:
    """Whether it can be told which array from before the call an object is, if it is one."""
    state = None if ref is None else join.state_of(side, ref)
    return ref in join.ev.live.paths or (isinstance(state, ArrayState) and state.origin is not None)


def read_only(join: Join, refs: tuple[int | None, ...], known: ObjectInfo | None) -> bool | None:
    """Whether the array made of two can't be written to (None: it depends on the path); `known` is what earlier
    trips of a loop gave."""
    answers = {
        join.ev.writes_fail(state, ref)
        for state, ref in zip(join.sides, refs, strict=True)
        if state is not None and ref is not None
    }
    if len(answers) > 1 or (known is not None and known.read_only is None):
        return None
    return answers.pop() if answers else False


def _may_be_one(join: Join, side: int, a: int | None, b: int | None) -> bool:
    state = join.sides[side]
    if a is None or b is None or state is None:
        return False
    mine, theirs = _memory(join, side, a), _memory(join, side, b)
    return bool(mine & theirs) or any(theirs & state.partners.get(r, frozenset()) for r in mine)


def _memory(join: Join, side: int, ref: int) -> set[int]:
    """An object, and the arrays that it is a view of."""
    found = {ref}
    current = join.state_of(side, ref)
    while isinstance(current, ViewState):
        found.add(current.base)
        current = join.state_of(side, current.base)
    return found
