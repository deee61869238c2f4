"""Which values depend on the active parameters (varied) and which ones the results depend on (useful).

Both are least fixpoints over the whole function, loops and tapes included. Only floating-point values carry
derivatives, so only they are ever in the sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tangra.ir import ArrayType, Block, Func, Op, Value

Field = tuple[int, int]
"""A field of a tape: the id of its handle and the position in the record."""


def is_float(v: Value) -> bool:
    """Whether `v` can carry a derivative: an array or scalar of a floating-point dtype."""
    return isinstance(v.type, ArrayType) and v.type.dtype.is_float


def specials_of(cls: type) -> dict[str, Callable[[Any, Op], Any]]:
    """The methods of a class called `op_…`, by the name of the operation that each is for."""
    return {name[3:]: getattr(cls, name) for name in dir(cls) if name.startswith("op_")}


def carried_operands(op: Op) -> list[Value]:
    """The initial values of a loop's carried state (its operands without the bounds)."""
    return op.operands[3:] if op.attrs["counted"] else op.operands


def carried_args(op: Op) -> list[Value]:
    """The body arguments that hold a loop's carried state (without the induction variable)."""
    return op.regions[0].args[1:] if op.attrs["counted"] else op.regions[0].args


def carried_yields(op: Op) -> list[Value]:
    """What a loop's body yields as its next state (without the flag of a loop with exits)."""
    operands = op.regions[0].terminator.operands
    return operands[1:] if op.attrs["exits"] else operands


@dataclass
class Activity:
    """The result of `analyse`. `cuts` are the operations at which a varied value stops: no derivative beyond them."""

    varied: set[int] = field(default_factory=set)
    varied_fields: set[Field] = field(default_factory=set)
    useful: set[int] = field(default_factory=set)
    useful_fields: set[Field] = field(default_factory=set)
    cuts: dict[int, Op] = field(default_factory=dict)

    def is_varied(self, v: Value) -> bool:
        return id(v) in self.varied

    def is_active(self, v: Value) -> bool:
        """Varied and useful: a value that has a cotangent."""
        return id(v) in self.varied and id(v) in self.useful

    def field_active(self, tape: Value, position: int) -> bool:
        key = (id(tape), position)
        return key in self.varied_fields and key in self.useful_fields


def analyse(func: Func, active: Sequence[bool]) -> Activity:
    """Activity of `func` when the parameters flagged in `active` vary and all its float results matter."""
    found = Activity()
    _Varied(found).run(func, [p for p, flag in zip(func.params, active, strict=True) if flag])
    _Useful(found).run(func)
    return found


def stopped_by(func: Func, count: int) -> list[list[Op]]:
    """For each of the first `count` parameters the operations at which what varies with it stops."""
    return [list(analyse(func, [p is param for p in func.params]).cuts.values()) for param in func.params[:count]]


Callees = dict[tuple[int, tuple[bool, ...]], list[bool]]


def varied_results(func: Func, active: Sequence[bool], callees: Callees | None = None) -> list[bool]:
    """Which results of `func` vary with the parameters flagged in `active`. `callees` remembers this of functions that
    it calls."""
    found = Activity()
    _Varied(found, callees).run(func, [p for p, flag in zip(func.params, active, strict=True) if flag])
    return [found.is_varied(v) for v in func.returned]


class _Varied:
    """Forward propagation."""

    def __init__(self, found: Activity, callees: Callees | None = None) -> None:
        self.found = found
        self.callees: Callees = {} if callees is None else callees

    def run(self, func: Func, seeds: Iterable[Value]) -> None:
        for v in seeds:
            self.mark(v)
        before = -1
        while before != self.size():
            before = self.size()
            self.block(func.body)

    def size(self) -> int:
        return len(self.found.varied) + len(self.found.varied_fields)

    def mark(self, v: Value) -> None:
        if is_float(v):
            self.found.varied.add(id(v))

    def flow(self, source: Value, target: Value) -> None:
        if id(source) in self.found.varied:
            self.mark(target)

    def block(self, block: Block) -> None:
        for op in block.ops:
            self.op(op)

    def op(self, op: Op) -> None:
        special = _VARIED.get(op.name)
        if special is not None:
            special(self, op)
        elif any(id(v) in self.found.varied for v in op.operands):
            if op.defn.zero_derivative or not any(is_float(r) for r in op.results):
                self.cut(op)
            else:
                for r in op.results:
                    self.mark(r)

    def cut(self, op: Op) -> None:
        if op.results and not op.defn.effect:
            self.found.cuts[id(op)] = op

    def op_if(self, op: Op) -> None:
        for region in op.regions:
            self.block(region)
            for y, r in zip(region.terminator.operands, op.results, strict=True):
                self.flow(y, r)

    def op_loop(self, op: Op) -> None:
        for init, arg in zip(carried_operands(op), carried_args(op), strict=True):
            self.flow(init, arg)
        before = -1
        while before != self.size():
            before = self.size()
            self.block(op.regions[0])
            for y, arg in zip(carried_yields(op), carried_args(op), strict=True):
                self.flow(y, arg)
        for arg, r in zip(carried_args(op), op.results, strict=True):
            self.flow(arg, r)

    def op_call(self, op: Op) -> None:
        flags = tuple(id(v) in self.found.varied for v in op.operands)
        if any(flags):
            key = (id(op.attrs["callee"]), flags)
            if key not in self.callees:
                self.callees[key] = varied_results(op.attrs["callee"], flags, self.callees)
            for r, flag in zip(op.results, self.callees[key], strict=True):
                if flag:
                    self.mark(r)
            if not any(self.callees[key]):
                self.cut(op)

    def op_tape_push(self, op: Op) -> None:
        tape, *values = op.operands
        for k, v in enumerate(values):
            if id(v) in self.found.varied:
                self.found.varied_fields.add((id(tape), k))

    def op_tape_pop(self, op: Op) -> None:
        for k, r in enumerate(op.results):
            if (id(op.operands[0]), k) in self.found.varied_fields:
                self.mark(r)


class _Useful:
    """Backward propagation."""

    def __init__(self, found: Activity) -> None:
        self.found = found

    def run(self, func: Func) -> None:
        before = -1
        while before != self.size():
            before = self.size()
            for v in func.returned:
                self.mark(v)
            self.block(func.body)

    def size(self) -> int:
        return len(self.found.useful) + len(self.found.useful_fields)

    def mark(self, v: Value) -> None:
        if is_float(v):
            self.found.useful.add(id(v))

    def flow(self, target: Value, source: Value) -> None:
        if id(target) in self.found.useful:
            self.mark(source)

    def block(self, block: Block) -> None:
        for op in reversed(block.ops):
            special = _USEFUL.get(op.name)
            if special is not None:
                special(self, op)
            elif not op.defn.zero_derivative and any(id(r) in self.found.useful for r in op.results):
                for v in op.operands:
                    self.mark(v)

    def op_if(self, op: Op) -> None:
        for region in op.regions:
            for y, r in zip(region.terminator.operands, op.results, strict=True):
                self.flow(r, y)
            self.block(region)

    def op_loop(self, op: Op) -> None:
        for r, y in zip(op.results, carried_yields(op), strict=True):
            self.flow(r, y)
        before = -1
        while before != self.size():
            before = self.size()
            self.block(op.regions[0])
            for arg, y in zip(carried_args(op), carried_yields(op), strict=True):
                self.flow(arg, y)
        for arg, r, init in zip(carried_args(op), op.results, carried_operands(op), strict=True):
            self.flow(arg, init)
            self.flow(r, init)

    def op_tape_push(self, op: Op) -> None:
        tape, *values = op.operands
        for k, v in enumerate(values):
            if (id(tape), k) in self.found.useful_fields:
                self.mark(v)

    def op_tape_pop(self, op: Op) -> None:
        for k, r in enumerate(op.results):
            if id(r) in self.found.useful:
                self.found.useful_fields.add((id(op.operands[0]), k))


_VARIED, _USEFUL = specials_of(_Varied), specials_of(_Useful)
