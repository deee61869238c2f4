"""Ranges of a checkpointed loop's trips as functions of their own, which going back through it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tangra.ir import I64, Block, Builder, Func, Op, Value, lookup, scalar
from tangra.ir.graph import clone_block, clone_op, free_values
from tangra.ir.mentions import symbols_of_block
from tangra.shapes import symbol
from tangra.transforms.activity import carried_args
from tangra.transforms.checkpoint_records import keep_known_sizes_only
from tangra.transforms.dce import eliminate_dead_code
from tangra.transforms.symbols import bound_symbols, whole_symbols


@dataclass
class Segment:
    """Trips of a loop as a function: of the induction variable's first value and the one behind the last, the state,
    the values from outside, and sizes. A loop that ends by its own decision is one of known length here: it has run
    before. With `bounded`, loops inside whose length only their surroundings know keep nothing, so that what a trip
    keeps has a known size."""

    loop: Op
    step: int
    bounded: bool
    outer: list[Value] = field(init=False)
    constants: list[Value] = field(init=False)
    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        free = free_values(self.loop.regions[0])
        self.outer = [v for v in free if not _constant(v)]
        self.constants = [v for v in free if _constant(v)]

    @property
    def state(self) -> list[Value]:
        return carried_args(self.loop)

    def func(self, results: Sequence[int]) -> Func:
        """The function that returns the state at these positions."""
        block = Block([scalar(I64), scalar(I64)])
        first, last = block.args
        b = Builder(block, self.loop.span)
        state = [block.add_arg(a.type, a.name) for a in self.state]
        mapping = {id(v): block.add_arg(v.type, v.name) for v in self.outer}
        for v in self.constants:
            assert v.defining_op is not None
            block.ops.append(clone_op(v.defining_op, mapping))
        body = clone_block(self.loop.regions[0], mapping)
        if not self.loop.attrs["counted"]:
            body.args.insert(0, Value(scalar(I64), body))
        if self.loop.attrs["exits"]:
            body.terminator.operands = body.terminator.operands[1:]
        if self.bounded:
            keep_known_sizes_only(body)
        attrs = {"counted": True, "exits": False, "parallel": False}
        op = b.emit("loop", [first, last, b.int(self.step), *state], attrs, [body])
        b.return_(*(op.results[k] for k in results))
        self.names = bind_sizes(block)
        return Func("trips", block)

    def forward(self, results: Sequence[int]) -> Func:
        """The same without what these results don't need."""
        func = self.func(results)
        eliminate_dead_code(func)
        return func

    def parameter(self, k: int) -> int:
        """The position of a part of the state among the function's parameters."""
        return 2 + k

    def outside(self, k: int) -> int:
        """The position of a value from outside among the function's parameters."""
        return 2 + len(self.state) + k


def _constant(v: Value) -> bool:
    return v.defining_op is not None and v.defining_op.name == "constant"


def bind_sizes(block: Block) -> list[str]:
    """Make parameters of the size symbols that `block` mentions and nothing in it binds; returns their names."""
    bound = bound_symbols(block).union(*(whole_symbols(a.type) for a in block.args))
    names = sorted(symbols_of_block(block) - bound)
    binds = [Op(lookup("bind_dim"), [block.add_arg(scalar(I64))], {"symbol": name}, [], [], None) for name in names]
    block.ops[:0] = binds
    return names


def sizes(b: Builder, names: Sequence[str]) -> list[Value]:
    """The values to pass for size symbols."""
    return [b.dim(symbol(name)) for name in names]


def read_state(segment: Segment, funcs: Sequence[Func]) -> set[int]:
    """The parts of the state that functions with a segment's parameters read."""
    found = set[int]()
    for func in funcs:
        used = {id(v) for op in func.body.walk() for v in op.operands}
        found |= {k for k in range(len(segment.state)) if id(func.params[segment.parameter(k)]) in used}
    return found
