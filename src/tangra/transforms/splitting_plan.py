"""What of a loop is to be split off, so that the trips of what stays depend on each other by totals only.

See `splitting` for why; here it is decided whether that changes nothing but the order of additions.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from tangra.ir import ArrayType, Func, Op
from tangra.transforms.accesses import ADD, READ, SET, Access, Body, Carried
from tangra.transforms.folding import scalar_constant

FEWEST = 16
"""Trips of a loop that is worth it, if their number is known."""
EFFECTS = ("tape_push", "tape_pop")


@dataclass
class Target:
    """What is split off for one carried array: a write from a tape that goes ahead, additions that go behind."""

    carried: Carried
    ahead: Access | None = None
    behind: list[Access] = field(default_factory=list)

    @property
    def emptied(self) -> bool:
        """Whether nothing writes the array in the loop that stays."""
        gone = len(self.behind) + (self.ahead is not None)
        return sum(a.kind != READ for a in self.carried.accesses) == gone


def simple(op: Op, fewest: int = FEWEST) -> bool:
    """Whether `op` is a counted innermost loop of some trips, without failures or work on whole arrays."""
    if not op.attrs["counted"] or op.attrs["exits"] or op.attrs["parallel"]:
        return False
    start, stop, step = (scalar_constant(v) for v in op.operands[:3])
    if step not in (1, -1) or (start is not None and stop is not None and abs(int(stop) - int(start)) < fewest):
        return False
    body = op.regions[0]
    for each in body.ops[:-1]:
        if each.regions or (each.defn.effect and each.name not in EFFECTS):
            return False
        if any(isinstance(v.type, ArrayType) and v.shape for v in each.results) and each.name not in (SET, ADD):
            return False
    return True


def targets(op: Op) -> list[Target]:
    """What to split off; nothing where that would not make the trips independent of each other."""
    body = Body(op)
    arrays = {carried.position for carried in body.arrays}
    if any(k not in arrays and not body.is_sum(k, op) for k in range(len(op.results))):
        return []
    step = scalar_constant(op.operands[2])
    assert step is not None
    found = [_target(carried, body, int(step)) for carried in body.arrays if carried.written]
    if any(target is None for target in found):
        return []
    return [t for t in found if t is not None and (t.behind or t.ahead is not None)]


def mark_parallel(func: Func) -> None:
    """Mark the innermost loops whose trips depend on each other by totals only as `parallel`."""
    for op in func.body.walk():
        if op.name == "loop" and simple(op, 0) and _independent(op):
            op.attrs = {**op.attrs, "parallel": True}


def _independent(op: Op) -> bool:
    """Whether every trip has places of its own, and all else that is carried are totals, or the same in every trip."""
    body = Body(op)
    arrays = {carried.position for carried in body.arrays}
    scalars = [k for k in range(len(op.results)) if k not in arrays]
    if not all(body.is_sum(k, op) or body.is_fixed(k, op) for k in scalars):
        return False
    for carried in body.arrays:
        places = [a.place for a in carried.accesses]
        pairs = itertools.combinations(places, 2)
        alone = all(p.scale for p in places) and all(p.distance(q) == 0 or p.apart(q) for p, q in pairs)
        if carried.written and not (carried.known and alone):
            return False
    return True


def _target(carried: Carried, body: Body, step: int) -> Target | None:
    """What to split off for an array; None where its trips stay dependent."""
    target = Target(carried)
    if not carried.known or any(a.place.scale == 0 for a in carried.accesses):
        return None
    additions = carried.of_kind(ADD)
    if len(additions) == len(carried.accesses):
        staying: list[Access] = []
        values = [id(a.op.operands[1]) for a in additions]
        order = sorted(additions, key=lambda a: (abs(a.place.scale), values.count(id(a.op.operands[1]))))
        for addition in order:  # the value of one that stays need not be kept
            if all(addition.place.apart(other.place) for other in staying):
                staying.append(addition)
        target.behind = [a for a in additions if a not in staying]
        return target
    first = carried.accesses[0].place
    if any(a.place.distance(first) is None for a in carried.accesses):
        return None
    if not any(a.place.distance(first) for a in carried.accesses):
        return target  # a trip has a place of its own
    if abs(first.scale) != 1:
        return None
    way = step * first.scale
    return _restoring(target, body, way) or _adding(target, way)


def _adding(target: Target, way: int) -> Target | None:
    """A loop that reads what no trip before it has written, then writes, then adds behind where it has written.

    `way` is 1 if places grow from trip to trip, else -1: place p of this trip was a place of an earlier one at offset
    q if (q - p) way is positive.
    """
    reads, writes, additions = (target.carried.of_kind(kind) for kind in (READ, SET, ADD))
    for read in reads:
        if read.late or any(_ahead(w, read) * way > 0 for w in (*writes, *additions)):
            return None
    if len({w.place for w in writes}) > 1:
        return None
    anchor = (writes or reads)[0].place
    for addition in additions:
        if addition.place == anchor:
            continue
        if any(_ahead(addition, w) * way >= 0 for w in writes):
            return None
        target.behind.append(addition)
    return target


def _restoring(target: Target, body: Body, way: int) -> Target | None:
    """A loop that takes an array back to what it was and reads that, nowhere before it is taken back."""
    reads, writes = target.carried.of_kind(READ), target.carried.of_kind(SET)
    if len(writes) != 1 or len(reads) != len(target.carried.accesses) - 1:
        return None
    pop = writes[0].op.operands[1].defining_op
    if pop is None or pop.name != "tape_pop" or id(writes[0].op.operands[1]) not in body.own:
        return None
    for read in reads:
        ahead = _ahead(read, writes[0]) * way
        if ahead > 0 or (ahead == 0 and not read.late):
            return None
    target.ahead = writes[0]
    return target


def _ahead(a: Access, b: Access) -> int:
    distance = a.place.distance(b.place)
    assert distance is not None
    return distance
