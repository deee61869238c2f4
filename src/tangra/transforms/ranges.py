"""Removes checks that can't fail: index checks in range, overflow tests of small numbers, failures ruled out before.
What is known to be in range is read in front of loops that don't change it (`early_reads`).

Integer scalars are followed as symbolic sizes: constants, array dimensions and loop indices with their bounds, sums and
products of these, and an unknown for everything else. Branch conditions, passed checks and passed failure tests add
facts. `tangra.shapes` proves what follows. Sums are followed only where they provably don't wrap.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from tangra.ir import BOOL, I64, ArrayType, Block, Func, Op, Value, scalar
from tangra.shapes import Dim, Size, dmax, dmin, symbol
from tangra.shapes.facts import Facts, bounds
from tangra.shapes.intervals import Interval, interval
from tangra.shapes.prover import known_eq, known_le, known_lt
from tangra.transforms.activity import carried_args, carried_operands, carried_yields
from tangra.transforms.early_reads import read_early
from tangra.transforms.folding import scalar_constant
from tangra.transforms.rewriting import Rewriter

INT, TRUTH = scalar(I64), scalar(BOOL)
LARGEST_DIM = 1 << 47
"""No array axis is longer."""
LIMIT = (1 << 63) - 1
INDUCTION_DEPTH = 3
"""Loops nested deeper are not tried for lower bounds of their state: each try walks the body."""


def remove_proved_checks(func: Func) -> bool:
    """Remove in place. Returns whether anything changed."""
    return Ranges(func).run(func)


class Ranges(Rewriter):
    def __init__(self, func: Func) -> None:
        super().__init__()
        self.sizes: dict[int, Size] = {}
        self.facts = Facts()
        self.fresh = itertools.count()
        self.learned: frozenset[Size] = frozenset()
        self.tested: frozenset[tuple[str, int, int]] = frozenset()  # operations that were tested not to overflow
        self.fixed: list[Value] = []  # keeps alive what `sizes` names by id
        self.depth = 0
        for p in func.params:
            if isinstance(p.type, ArrayType):
                self.learn_dims(p.type.shape)

    # Values as sizes

    def learn_dims(self, shape: Sequence[Size]) -> None:
        """Sizes of an array that exists are at least 0, and not huge. (What a symbol is bound to may be negative.)"""
        for n in shape:
            if not isinstance(n, int) and n not in self.learned:
                self.learned |= {n}
                self.facts = self.facts.with_bounds(n, 0, LARGEST_DIM)

    def unknown(self) -> Dim:
        """A new symbol for some i64."""
        name = f"?{next(self.fresh)}"
        self.facts.declare(name, -LIMIT - 1, LIMIT)
        return symbol(name)

    def size(self, v: Value) -> Size:
        """The size that the i64 scalar `v` is."""
        if id(v) not in self.sizes:
            self.sizes[id(v)] = self.unknown()
            self.fixed.append(v)
        return self.sizes[id(v)]

    def define(self, v: Value, size: Size) -> None:
        self.sizes[id(v)] = size
        self.fixed.append(v)

    def fits(self, size: Size) -> bool:
        """Whether the number provably is in the range of i64."""
        if isinstance(size, int):
            return -LIMIT <= size <= LIMIT
        return _within(interval(size, self.facts.symbol_bounds)) or _within(bounds(size, self.facts))

    def compute(self, op: Op) -> Size | None:
        """What an integer operation gives, as a size."""
        if op.name == "constant":
            value = op.attrs["value"]
            return int(value) if isinstance(value, np.int64) else None
        if op.name == "dim":
            size: Size = op.attrs["size"]
            return size if self.fits(size) else None
        rule = _ARITHMETIC.get(op.name)
        if rule is not None:
            result = rule(self.size(op.operands[0]), self.size(op.operands[1]))
            tested = bool(self.tested) and _same_operation(op) in self.tested
            return result if tested or self.fits(result) else None
        if op.name == "neg" and self.fits(-self.size(op.operands[0])):
            return -self.size(op.operands[0])
        return self.bounded(op)

    def bounded(self, op: Op) -> Size | None:
        """An unknown with bounds: remainders and quotients by positive constants, choices."""
        if op.name in ("mod", "floordiv"):
            divisor = self.size(op.operands[1])
            left = self.size(op.operands[0])
            if isinstance(divisor, int) and divisor > 0:
                return left % divisor if op.name == "mod" else left // divisor
            if isinstance(divisor, int) and divisor < 0 and op.name == "floordiv" and self.fits(-left):
                return (-left) // -divisor
        if op.name == "select":
            result, a, b = self.unknown(), *(self.size(v) for v in op.operands[1:])
            self.facts = self.facts.with_bounds(result, dmin(a, b), dmax(a, b))
            return result
        return None

    # The walk

    def block(self, block: Block) -> None:
        before = self.facts, self.learned, self.tested
        super().block(block)
        self.facts, self.learned, self.tested = before

    def rewrite(self, op: Op) -> Sequence[Value] | None:
        special = self.specials.get(op.name)
        if special is not None:
            return special(self, op)
        if len(op.results) != 1:
            return None
        type = op.result.type
        if type == INT:
            size = self.compute(op)
            if size is not None:
                self.define(op.result, size)
        elif type == TRUTH:
            return self.overflow_test(op) if op.name in _OVERFLOW_TESTS else self.comparison(op)
        return None

    def overflow_test(self, op: Op) -> Sequence[Value] | None:
        rule = _ARITHMETIC[_OVERFLOW_TESTS[op.name]]
        if self.fits(rule(self.size(op.operands[0]), self.size(op.operands[1]))):
            return [self.b.bool(False)]
        return None

    def comparison(self, op: Op) -> Sequence[Value] | None:
        if op.name not in _COMPARISONS or op.operands[0].type != INT:
            return None
        known = _COMPARISONS[op.name](self.size(op.operands[0]), self.size(op.operands[1]), self.facts)
        return None if known is None else [self.b.bool(known)]

    def op_bind_dim(self, op: Op) -> None:
        self.facts = self.facts.with_equal(symbol(op.attrs["symbol"]), self.size(op.operands[0]))

    def op_check_index(self, op: Op) -> Sequence[Value] | None:
        i, n = op.operands
        if i.shape:
            return None
        index, length = self.size(i), self.size(n)
        low, high = known_le(0, index, self.facts), known_lt(index, length, self.facts)
        if low and high:
            return [i]
        if high and known_lt(index, 0, self.facts) and known_le(0, index + length, self.facts):
            return [self.b("add", i, n)]
        if low:  # what is checked is then the index itself
            self.define(op.result, index)
            self.replaced[id(op.result)] = i
        result = self.size(op.result)
        self.facts = self.facts.with_bounds(result, 0, length - 1)
        return None

    def op_fail_if(self, op: Op) -> Sequence[Value] | None:
        if scalar_constant(op.operands[0]) == np.False_:
            return []
        self.assume(op.operands[0], False)
        return None

    def assume(self, condition: Value, holds: bool) -> None:
        """Add what follows from a bool scalar being true or false."""
        op = condition.defining_op
        if op is None:
            return
        if op.name in _OVERFLOW_TESTS and not holds and not op.result.shape:
            self.no_overflow(op)
        elif op.name == "not":
            self.assume(op.operands[0], not holds)
        elif op.name == ("and" if holds else "or"):
            for v in op.operands:
                self.assume(v, holds)
        elif op.name in _FACTS and op.operands[0].type == INT:
            name = op.name if holds else _OPPOSITE[op.name]
            if name in _FACTS:
                self.facts = _FACTS[name](self.facts, self.size(op.operands[0]), self.size(op.operands[1]))

    def no_overflow(self, test: Op) -> None:
        """What is tested fits."""
        name, x, y = _same_operation(test)
        self.tested |= {(name, x, y)}
        result = _ARITHMETIC[name](self.size(test.operands[0]), self.size(test.operands[1]))
        self.facts = self.facts.with_bounds(result, -LIMIT - 1, LIMIT)

    def op_if(self, op: Op) -> None:
        return None

    def leave(self, op: Op) -> None:
        for r in op.results:
            if isinstance(r.type, ArrayType):
                self.learn_dims(r.type.shape)

    def enter(self, op: Op) -> None:
        if op.name == "if":
            facts = self.facts
            for region, holds in zip(op.regions, (True, False), strict=True):
                self.facts = facts
                self.assume(op.operands[0], holds)
                self.block(region)
            self.facts = facts
        elif op.name == "loop":
            self.loop(op)
        else:
            super().enter(op)

    def op_loop(self, op: Op) -> None:
        read_early(self, op)

    def loop(self, op: Op) -> None:
        facts = self.facts
        if op.attrs["counted"]:
            self.induction_variable(op)
        self.depth += 1
        if self.depth <= INDUCTION_DEPTH:
            self.lower_bounds(op)
        self.block(op.regions[0])
        self.depth -= 1
        self.facts = facts
        self.learn_lower_bounds_of_results(op)

    def induction_variable(self, op: Op) -> None:
        start, stop, step = (self.size(v) for v in op.operands[:3])
        iv = self.size(op.regions[0].args[0])
        if isinstance(step, int) and step > 0:
            self.facts = self.facts.with_bounds(iv, start, stop - 1)
        elif isinstance(step, int):
            self.facts = self.facts.with_bounds(iv, stop + 1, start)

    # State that never falls below where it starts

    def lower_bounds(self, op: Op) -> None:
        """Assume that integer state stays at or above its initial value where every trip only adds to it."""
        for init, arg, y in zip(carried_operands(op), carried_args(op), carried_yields(op), strict=True):
            if arg.type == INT and self.grows(y, arg, op.regions[0], 0, self.safe_sums(init, op)):
                self.facts = self.facts.with_le(self.size(init), self.size(arg))

    def learn_lower_bounds_of_results(self, op: Op) -> None:
        for init, arg, y, r in zip(carried_operands(op), carried_args(op), carried_yields(op), op.results, strict=True):
            if arg.type == INT and self.grows(y, arg, op.regions[0], 0, self.safe_sums(init, op)):
                self.facts = self.facts.with_le(self.size(init), self.size(r))

    def safe_sums(self, init: Value, loop: Op) -> set[tuple[str, int, int]] | None:
        """The sums of a loop's trips that are tested not to wrap; None where none from `init` on gets there."""
        if known_le(self.size(init), LIMIT >> 1, self.facts):
            return None
        inner = list(loop.regions[0].walk())
        failing = {id(op.operands[0]) for op in inner if op.name == "fail_if"}
        return {_same_operation(op) for op in inner if op.name == "add_overflows" and id(op.result) in failing}

    def grows(self, y: Value, arg: Value, body: Block, level: int, safe: set[tuple[str, int, int]] | None) -> bool:
        """Whether `y` is `arg` plus constants that are not negative, on every path, and without wrapping.

        Trips are counted in i64; sums of less than 2^16 a trip don't get from 2^62 to 2^63 in any time there is.
        """
        if y is arg:
            return True
        op = y.defining_op
        if op is None or level > 8:
            return False
        if op.name == "add":
            step = scalar_constant(op.operands[1])
            fits = step is not None and 0 <= int(step) < 1 << 16 and (safe is None or _same_operation(op) in safe)
            return fits and self.grows(op.operands[0], arg, body, level + 1, safe)
        if op.name == "loop":
            k = op.results.index(y)
            inner = self.grows(carried_yields(op)[k], carried_args(op)[k], op.regions[0], level + 1, safe)
            return inner and self.grows(carried_operands(op)[k], arg, body, level + 1, safe)
        if op.name == "if":
            k = op.results.index(y)
            return all(self.grows(r.terminator.operands[k], arg, body, level + 1, safe) for r in op.regions)
        return False


def _within(found: Interval) -> bool:
    low, high = found
    return low is not None and high is not None and low >= -LIMIT and high <= LIMIT


def _same_operation(op: Op) -> tuple[str, int, int]:
    """What an operation, or the test whether it overflows, computes."""
    return _OVERFLOW_TESTS.get(op.name, op.name), id(op.operands[0]), id(op.operands[1])


_ARITHMETIC: dict[str, Callable[[Size, Size], Size]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "minimum": dmin,
    "maximum": dmax,
}
_OVERFLOW_TESTS = {f"{name}_overflows": name for name in ("add", "sub", "mul")}
_COMPARISONS: dict[str, Callable[[Size, Size, Facts], bool | None]] = {
    "le": known_le,
    "lt": known_lt,
    "eq": known_eq,
    "ge": lambda a, b, facts: known_le(b, a, facts),
    "gt": lambda a, b, facts: known_lt(b, a, facts),
    "ne": lambda a, b, facts: None if (same := known_eq(a, b, facts)) is None else not same,
}
_FACTS: dict[str, Callable[[Facts, Size, Size], Facts]] = {
    "le": lambda facts, a, b: facts.with_le(a, b),
    "lt": lambda facts, a, b: facts.with_lt(a, b),
    "ge": lambda facts, a, b: facts.with_le(b, a),
    "gt": lambda facts, a, b: facts.with_lt(b, a),
    "eq": lambda facts, a, b: facts.with_equal(a, b),
}
_OPPOSITE = {"le": "gt", "lt": "ge", "ge": "lt", "gt": "le", "eq": "ne", "ne": "eq"}
