"""Outer loops whose trips are independent: each has a slice of its own of every array that the loop changes.

An innermost loop is judged by the places of single elements (`splitting_plan`). Here a body may hold loops, branches
and work on whole arrays; it is enough that along one axis every access of a changed array, however deep, is at the
loop's index plus the same number. What else is carried are totals.
"""

from __future__ import annotations

from tangra.ir import Block, Func, Op, Value
from tangra.transforms.activity import carried_args, carried_yields
from tangra.transforms.folding import scalar_constant

WRITES = ("update", "accumulate")
CHECKS = ("fail_if", "check_index")


def mark_outer_parallel(func: Func) -> None:
    """Mark such loops as `parallel`, in place."""
    for op in func.body.walk():
        if op.name == "loop" and not op.attrs["parallel"] and _judge(func, op):
            op.attrs = {**op.attrs, "parallel": True}


def _judge(func: Func, op: Op) -> bool:
    """Whether the trips of a counted loop that holds other loops or work on arrays are independent."""
    if not op.attrs["counted"] or op.attrs["exits"] or scalar_constant(op.operands[2]) not in (1, -1):
        return False
    return _Trips(op).independent(may_fail=not func.attrs.get("written"))


class _Trips:
    """What the trips of a loop do to what it carries."""

    def __init__(self, loop: Op) -> None:
        self.loop = loop
        self.body = loop.regions[0]
        self.index = self.body.args[0]
        self.users: dict[int, list[Op]] = {}
        self.own = {id(v) for v in self.body.args}
        for op in self.body.walk():
            self.own |= {id(v) for v in op.results} | {id(v) for region in op.regions for v in region.args}
            for v in op.operands:
                self.users.setdefault(id(v), []).append(op)

    def independent(self, may_fail: bool) -> bool:
        """Whether they may run at the same time. Where one may fail, no caller sees what later ones have written."""
        for op in self.body.walk():
            checks = may_fail and op.name in CHECKS and not op.attrs.get("n_state", 0)
            if (op.defn.effect and not op.defn.terminator and not checks) or op.name in ("call", "custom_derivative"):
                return False
        pairs = list(zip(carried_args(self.loop), carried_yields(self.loop), strict=True))
        return all(self.own_slices(a, v) if a.shape else self.total(a, v) or self.constant(a, v) for a, v in pairs)

    # ---- scalars -----------------------------------------------------------------------------------------------------
    def total(self, arg: Value, last: Value) -> bool:
        """Whether a scalar is only added to: at one place, perhaps in loops within."""
        if arg is last:
            return True
        users = self.users.get(id(arg), [])
        if len(users) != 1 or len(self.users.get(id(last), [])) != 1 or sum(v is arg for v in users[0].operands) != 1:
            return False
        (op,) = users
        if op.name == "add":
            return op.result is last
        inner = _passed_on(op, arg, last)
        return inner is not None and self.total(*inner)

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

    # ---- arrays ------------------------------------------------------------------------------------------------------
    def own_slices(self, arg: Value, last: Value) -> bool:
        """Whether a trip touches a slice of its own of an array, along one axis."""
        if arg is last:
            return True
        versions = {id(arg)}
        accesses: list[list[Value]] = []
        if not self.follow(self.body, versions, accesses) or id(last) not in versions:
            return False
        places = [{(axis, self.shift(start)) for axis, start in enumerate(starts)} for starts in accesses]
        common = set.intersection(*places) if places else set[tuple[int, int | None]]()
        return any(shift is not None for _, shift in common)

    def follow(self, block: Block, versions: set[int], accesses: list[list[Value]]) -> bool:
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
            if used != [0] or op.name not in ("index", *WRITES) or not self.single(op):
                return False
            accesses.append(op.operands[2 if op.name in WRITES else 1 :])
            if op.name in WRITES:
                versions.add(id(op.result))
        return True

    def follow_loop(self, op: Op, used: list[int], versions: set[int], accesses: list[list[Value]]) -> bool:
        header = 3 if op.attrs["counted"] else 0
        carried = [k - header for k in used]
        versions |= {id(carried_args(op)[k]) for k in carried} | {id(op.results[k]) for k in carried}
        if not self.follow(op.regions[0], versions, accesses):
            return False
        kept = [k for k, v in enumerate(carried_yields(op)) if id(v) in versions]
        return kept == carried

    def single(self, op: Op) -> bool:
        """Whether an access names one index along the axis at which the loop's index stands."""
        starts = op.operands[2 if op.name in WRITES else 1 :]
        return any(
            size is None and self.shift(start) is not None
            for size, start in zip(op.attrs["sizes"], starts, strict=True)
        )

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
