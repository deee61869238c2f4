"""Which places of its arrays a loop reads and writes: an element at the loop's index plus what stays the same.

Two accesses of one array are compared by the difference of their places, where that is a known number.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tangra.ir import Block, Op, Value
from tangra.transforms.activity import carried_args, carried_yields

READ, SET, ADD = "index", "update", "accumulate"
ADDITION = "add"
DEEPEST = 12
"""Operations on the way from a place to the loop's index that are followed."""


Terms = frozenset[tuple[int, int]]
"""Values by id, and how often each counts in a sum."""


@dataclass(frozen=True)
class Place:
    """`scale * index + offset + the values in base` along the last axis; along the others sums that stay the same."""

    scale: int
    offset: int
    base: Terms
    fixed: tuple[tuple[Terms, int], ...]

    def distance(self, other: Place) -> int | None:
        """How far this place is ahead of `other` in the same trip, if that is always the same number."""
        same = (self.scale, self.base, self.fixed) == (other.scale, other.base, other.fixed)
        return self.offset - other.offset if same else None

    def apart(self, other: Place) -> bool:
        """Whether no trip has this place where any trip has the other: they are in different rows."""
        pairs = zip(self.fixed, other.fixed, strict=True)
        return any(mine[0] == theirs[0] and mine[1] != theirs[1] for mine, theirs in pairs)


@dataclass
class Access:
    """A read, write or addition of one element; `late`: it comes after a write of the same trip."""

    op: Op
    kind: str
    place: Place
    late: bool


@dataclass
class Carried:
    """A carried array of a loop with all that is done to it, in order; `known`: each of that is an access."""

    position: int
    arg: Value
    accesses: list[Access] = field(default_factory=list)
    known: bool = True

    def of_kind(self, kind: str) -> list[Access]:
        return [a for a in self.accesses if a.kind == kind]

    @property
    def written(self) -> bool:
        return not self.known or any(a.kind != READ for a in self.accesses)


class Body:
    """The accesses of a counted loop's body to its carried arrays."""

    def __init__(self, loop: Op) -> None:
        self.block = loop.regions[0]
        self.index = self.block.args[0]
        self.own = _defined(self.block)
        self.uses: dict[int, list[Op]] = {}
        for op in self.block.ops:
            for v in op.operands:
                self.uses.setdefault(id(v), []).append(op)
        pairs = zip(carried_args(loop), carried_yields(loop), strict=True)
        self.arrays = [self._follow(k, arg, last) for k, (arg, last) in enumerate(pairs) if arg.shape]

    def _follow(self, position: int, arg: Value, last: Value) -> Carried:
        """The chain of versions from the start of a trip to its end."""
        found = Carried(position, arg)
        now: Value | None = arg
        while now is not None:
            following: Value | None = None
            for op in self.uses.get(id(now), []):
                if op.defn.terminator:
                    found.known &= now is last
                    continue
                place = self.place(op) if op.name in (READ, SET, ADD) and op.operands[0] is now else None
                again = sum(v is now for v in op.operands) > 1 or (op.name != READ and following is not None)
                if place is None or again:
                    found.known = False
                    return found
                found.accesses.append(Access(op, op.name, place, now is not arg))
                if op.name != READ:
                    following = op.result
            found.known &= following is not None or now is last
            now = following
        return found

    def is_sum(self, position: int, loop: Op) -> bool:
        """Whether a carried scalar is only added to (or not changed): nothing else in the body reads it."""
        arg, last = carried_args(loop)[position], carried_yields(loop)[position]
        if arg is last:
            return True
        uses = self.uses.get(id(arg), [])
        ends = self.uses.get(id(last), [])
        return len(uses) == 1 and uses[0].name == ADDITION and uses[0].result is last and len(ends) == 1

    def is_fixed(self, position: int, loop: Op) -> bool:
        """Whether every trip leaves the same in a carried scalar, that nothing in the body reads."""
        arg, last = carried_args(loop)[position], carried_yields(loop)[position]
        return id(arg) not in self.uses and id(last) not in self.own

    def place(self, op: Op) -> Place | None:
        """The place that an element access names."""
        if any(size is not None for size in op.attrs["sizes"]):
            return None
        *fixed, moving = op.operands[1:] if op.name == READ else op.operands[2:]
        if any(id(v) in self.own for v in fixed):
            return None
        sums = [self.linear(v, DEEPEST) for v in (moving, *fixed)]
        known = [found for found in sums if found is not None]
        if len(known) < len(sums):
            return None
        scale = known[0][0].pop(id(self.index), 0)
        (base, offset), *rows = [(frozenset(pair for pair in terms.items() if pair[1]), n) for terms, n in known]
        return Place(scale, offset, base, tuple(rows))

    def linear(self, v: Value, depth: int) -> tuple[dict[int, int], int] | None:
        """An index as a sum of multiples of values (the loop's index and ones from outside), and a number."""
        op = v.defining_op
        if op is not None and op.name == "constant":
            return {}, int(op.attrs["value"])
        alone = None if id(v) in self.own and v is not self.index else ({id(v): 1}, 0)
        if op is None or depth == 0 or op.name not in ("add", "sub", "mul"):
            return alone
        left, right = (self.linear(x, depth - 1) for x in op.operands)
        if left is None or right is None:
            return None
        if op.name == "mul":
            if left[0]:
                left, right = right, left
            return alone if left[0] else ({k: n * left[1] for k, n in right[0].items()}, left[1] * right[1])
        sign = 1 if op.name == "add" else -1
        terms = dict(left[0])
        for k, n in right[0].items():
            terms[k] = terms.get(k, 0) + sign * n
        return terms, left[1] + sign * right[1]


def _defined(block: Block) -> set[int]:
    return {id(v) for v in block.args} | {id(v) for op in block.ops for v in op.results}
