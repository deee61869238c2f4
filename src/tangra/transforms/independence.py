"""Outer loops whose trips are independent: each has a slice of its own of every array that the loop changes.

An innermost loop is judged by the places of single elements (`splitting_plan`). Here a body may hold loops, branches
and work on whole arrays; it is enough that along one axis every access of a changed array, however deep, is at the
loop's index plus the same number. What else is carried are totals: scalars, and arrays that are only added to
(`totals` of the loop: their positions).

A loop that keeps values on tapes is independent together with the one that takes them back, if that runs the same trips
backwards: then a trip of the second takes what the same trip of the first has kept (`pair`: their common number;
`keeps`: it is the first).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from tangra.ir import Block, Func, Op, TapeType, Value
from tangra.transforms.activity import carried_args, carried_yields
from tangra.transforms.folding import scalar_constant

WRITES = ("update", "accumulate")
CHECKS = ("fail_if", "check_index")
TAPES = ("tape_push", "tape_pop")


def mark_outer_parallel(func: Func) -> None:
    """Mark such loops as `parallel`, in place."""
    may_fail = not func.attrs.get("written")
    numbers = itertools.count()
    for block in _blocks(func.body):
        loops = [_Trips(op) for op in block.ops if op.name == "loop" and not op.attrs["parallel"] and _suits(op)]
        users: dict[int, set[int]] = {}
        for op in block.ops:
            for each in (op, *(inner for region in op.regions for inner in region.walk())):
                for v in each.operands:
                    if isinstance(v.type, TapeType):
                        users.setdefault(id(v), set()).add(id(op))
        for k, trips in enumerate(loops):
            if not trips.tapes and trips.independent(may_fail):
                trips.mark()
            for later in loops[k + 1 :] if trips.tapes and trips.keeps else ():
                both = {id(trips.loop), id(later.loop)}
                paired = later.tapes == trips.tapes and not later.keeps and all(users[t] == both for t in trips.tapes)
                if paired and _reversed(trips.loop, later.loop):
                    if trips.independent(may_fail) and later.independent(may_fail):
                        number = next(numbers)
                        trips.mark(pair=number, keeps=True)
                        later.mark(pair=number, keeps=False)
                    break


def only_totals(loop: Op) -> bool:
    """Whether the trips of a loop, which none of them ends, meet in totals only, and in numbers that none changes."""
    return _suits(loop) and _Trips(loop, unchanged=True).independent(may_fail=False)


def _blocks(block: Block) -> Iterator[Block]:
    yield block
    for op in block.walk():
        yield from op.regions


def _suits(op: Op) -> bool:
    """Whether a loop is counted, one by one."""
    return op.attrs["counted"] and not op.attrs["exits"] and scalar_constant(op.operands[2]) in (1, -1)


def _reversed(first: Op, second: Op) -> bool:
    """Whether the second loop runs the trips of the first, which go up, in the opposite order."""
    (start, stop, step), (last, end, back) = first.operands[:3], second.operands[:3]
    return scalar_constant(step) == 1 and scalar_constant(back) == -1 and _below(last, stop) and _below(end, start)


def _below(x: Value, y: Value) -> bool:
    """Whether x is y - 1."""
    numbers = scalar_constant(x), scalar_constant(y)
    if numbers[0] is not None and numbers[1] is not None:
        return int(numbers[0]) == int(numbers[1]) - 1
    made = x.defining_op
    return made is not None and made.name == "sub" and made.operands[0] is y and scalar_constant(made.operands[1]) == 1


class _Trips:
    """What the trips of a loop do to what it carries. `unchanged`: what stays as it is may be read."""

    def __init__(self, loop: Op, unchanged: bool = False) -> None:
        self.loop = loop
        self.unchanged = unchanged
        self.body = loop.regions[0]
        self.index = self.body.args[0]
        self.totals: list[int] = []
        self.users: dict[int, list[Op]] = {}
        self.tapes, self.keeps = self._outer_tapes()
        self.own = {id(v) for v in self.body.args}
        for op in self.body.walk():
            self.own |= {id(v) for v in op.results} | {id(v) for region in op.regions for v in region.args}
            for v in op.operands:
                self.users.setdefault(id(v), []).append(op)

    def _outer_tapes(self) -> tuple[set[int], bool]:
        """The tapes from outside that the trips use, and whether they only push to them."""
        inner = {id(op.result) for op in self.body.walk() if op.name == "tape_new"}
        uses = [op for op in self.body.walk() if op.name in TAPES and id(op.operands[0]) not in inner]
        pushes = {op.name == "tape_push" for op in uses}
        return {id(op.operands[0]) for op in uses}, pushes == {True}

    def mark(self, **attrs: int) -> None:
        """Note in the loop what was found."""
        self.loop.attrs = {**self.loop.attrs, "parallel": True, "totals": tuple(self.totals), **attrs}

    def independent(self, may_fail: bool) -> bool:
        """Whether they may run at the same time. Where one may fail, no caller sees what later ones have written."""
        for op in self.body.walk():
            fine = op.name in (*TAPES, "tape_new")
            if op.name in CHECKS:
                fine = may_fail and not op.attrs.get("n_state", 0)
            if (op.defn.effect and not op.defn.terminator and not fine) or op.name in ("call", "custom_derivative"):
                return False
        kinds = {op.name for op in self.body.walk() if op.name in TAPES and id(op.operands[0]) in self.tapes}
        return len(kinds) <= 1 and all(self.carried(k) for k in range(len(self.loop.results)))

    def carried(self, k: int) -> bool:
        """Whether trips do not meet in what the loop carries at position `k`, or only in a total."""
        arg, last = carried_args(self.loop)[k], carried_yields(self.loop)[k]
        if arg is last and self.unchanged:
            return True
        if not arg.shape:
            return self.only_added(self.body, {id(arg)}, last) or self.constant(arg, last)
        if self.own_slices(arg, last):
            return True
        self.totals.append(k)
        return self.only_added(self.body, {id(arg)}, last)

    # ---- scalars -----------------------------------------------------------------------------------------------------
    def constant(self, arg: Value, last: Value) -> bool:
        """Whether a scalar that nothing reads is left as it is, or becomes one and the same value from outside."""
        reads, values = self.settings(arg, last)
        return reads is not None and len(values) <= 1 and reads == len(self.users.get(id(arg), []))

    def settings(self, arg: Value, last: Value) -> tuple[int | None, set[int]]:
        """How often `last`, what becomes of a scalar, names it (None: it is something else), and what it may become."""
        if last is arg:
            return 1, set()
        if id(last) not in self.own:
            return 0, {id(last)}
        op = last.defining_op
        if op is None:
            return None, set()
        if op.name == "if":
            at = _position(op, last)
            arms = [self.settings(arg, region.terminator.operands[at]) for region in op.regions]
            counts = [n for n, _ in arms if n is not None]
            return (sum(counts) if len(counts) == len(arms) else None), arms[0][1] | arms[1][1]
        inner = _passed_on(op, arg, last)
        if inner is None or not self.constant(*inner):
            return None, set()
        return 1, self.settings(*inner)[1]

    # ---- totals ------------------------------------------------------------------------------------------------------
    def only_added(self, block: Block, versions: set[int], last: Value | None = None) -> bool:
        """Whether a value, whose versions are collected on the way, is only added to in a block that ends with `last`
        (None: an arm of an `if`, which is judged there)."""
        for op in block.ops:
            used = [k for k, v in enumerate(op.operands) if id(v) in versions]
            if op.name == "if":
                fine = not used and self._added_in_arms(op, versions)
            elif op.name == "loop":
                fine = self._added_in_loop(op, used, versions)
            elif op.defn.terminator:
                fine = last is None or all(op.operands[k] is last for k in used)
            else:
                fine = not used or (op.name == "accumulate" and used == [0]) or (op.name == "add" and len(used) == 1)
                versions |= {id(r) for r in op.results} if used else set()
            if not fine:
                return False
        return last is None or (id(last) in versions and sum(v is last for v in block.terminator.operands) == 1)

    def _added_in_arms(self, op: Op, versions: set[int]) -> bool:
        if not all(self.only_added(region, versions) for region in op.regions):
            return False
        for k, result in enumerate(op.results):
            kept = [id(region.terminator.operands[k]) in versions for region in op.regions]
            if any(kept):
                versions.add(id(result))
                if not all(kept):
                    return False
        return True

    def _added_in_loop(self, op: Op, used: list[int], versions: set[int]) -> bool:
        if any(id(v) in versions for region in op.regions for v in _read(region)):
            return False
        header = 3 if op.attrs["counted"] else 0
        for k in used:
            arg, last = carried_args(op)[k - header], carried_yields(op)[k - header]
            if k < header or not self.only_added(op.regions[0], {id(arg)}, last):
                return False
            versions.add(id(op.results[k - header]))
        return True

    # ---- arrays ------------------------------------------------------------------------------------------------------
    def own_slices(self, arg: Value, last: Value) -> bool:
        """Whether a trip touches a slice of its own of an array, along one axis."""
        if arg is last:
            return True
        versions = {id(arg)}
        accesses: list[set[tuple[int, int]]] = []
        if not self.follow(self.body, versions, accesses) or id(last) not in versions:
            return False
        return bool(accesses and set.intersection(*accesses))

    def follow(self, block: Block, versions: set[int], accesses: list[set[tuple[int, int]]]) -> bool:
        """Collect the versions of an array in a block and the places that are accessed; False where it is used in
        another way."""
        for op in block.ops:
            used = [k for k, v in enumerate(op.operands) if id(v) in versions]
            if op.name == "loop":
                if not self.follow_loop(op, used, versions, accesses):
                    return False
                continue
            if op.name == "if":
                if not all(self.follow(region, versions, accesses) for region in op.regions):
                    return False
                for k, result in enumerate(op.results):
                    kept = [id(region.terminator.operands[k]) in versions for region in op.regions]
                    if any(kept):
                        versions.add(id(result))
                        if not all(kept):
                            return False
                continue
            if not used or op.defn.terminator:
                continue
            if used != [0] or op.name not in ("index", *WRITES):
                return False
            accesses.append(self.places(op))
            if op.name in WRITES:
                versions.add(id(op.result))
        return True

    def follow_loop(self, op: Op, used: list[int], versions: set[int], accesses: list[set[tuple[int, int]]]) -> bool:
        header = 3 if op.attrs["counted"] else 0
        carried = [k - header for k in used]
        versions |= {id(carried_args(op)[k]) for k in carried} | {id(op.results[k]) for k in carried}
        if not self.follow(op.regions[0], versions, accesses):
            return False
        kept = [k for k, v in enumerate(carried_yields(op)) if id(v) in versions]
        return kept == carried

    def places(self, op: Op) -> set[tuple[int, int]]:
        """The axes along which an access names one index at a known distance from the loop's, and these distances."""
        starts = op.operands[2 if op.name in WRITES else 1 :]
        shifts = [self.shift(start) if size is None else None
                  for size, start in zip(op.attrs["sizes"], starts, strict=True)]  # fmt: skip
        return {(axis, shift) for axis, shift in enumerate(shifts) if shift is not None}

    def shift(self, start: Value) -> int | None:
        """How far an index is from the loop's, if that is a known number."""
        offset = 0
        while start is not self.index:
            made = start.defining_op
            if made is None or made.name not in ("add", "sub"):
                return None
            number = scalar_constant(made.operands[1])
            start = made.operands[0]
            if number is None and made.name == "add":
                number, start = scalar_constant(made.operands[0]), made.operands[1]
            if number is None:
                return None
            offset += int(number) if made.name == "add" else -int(number)
        return offset


def _position(op: Op, result: Value) -> int:
    return next(k for k, r in enumerate(op.results) if r is result)


def _passed_on(op: Op, arg: Value, last: Value) -> tuple[Value, Value] | None:
    """What stands for a value in the loop `op` that takes it from `arg` to `last`, at the start and end of a trip."""
    if op.name != "loop" or not any(r is last for r in op.results):
        return None
    at = _position(op, last)
    given = op.operands[(3 if op.attrs["counted"] else 0) + at]
    return (carried_args(op)[at], carried_yields(op)[at]) if given is arg else None


def _read(block: Block) -> set[Value]:
    """The values that the operations in a block read."""
    return {v for op in block.walk() for v in op.operands}
