"""The data structure of the IR: values, operations, blocks, functions and source spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tangra.ir.types import ArrayType, DType, Type

if TYPE_CHECKING:
    from tangra.ir.opdef import OpDef


@dataclass(frozen=True, slots=True)
class Span:
    """A range of source text. Lines and columns count from 1, the end is exclusive; `caller` is the call site
    through which an inlined function was reached."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    function: str = ""
    caller: Span | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Value:
    """An SSA value: a block argument or a result of an operation. Compared by identity."""

    __slots__ = ("name", "owner", "type")

    def __init__(self, type: Type, owner: Op | Block | None = None, name: str = "") -> None:
        self.type = type
        self.owner = owner
        self.name = name

    @property
    def array(self) -> ArrayType:
        """The type, known to be an array type."""
        assert isinstance(self.type, ArrayType), f"{self.name or 'value'} is a {self.type}, not an array"
        return self.type

    @property
    def dtype(self) -> DType:
        own = self.type
        return own.dtype if isinstance(own, ArrayType) else self.array.dtype

    @property
    def shape(self) -> tuple[Any, ...]:
        own = self.type
        return own.shape if isinstance(own, ArrayType) else self.array.shape

    @property
    def defining_op(self) -> Op | None:
        """The operation this is a result of; None for a block argument."""
        return self.owner if isinstance(self.owner, Op) else None

    def __repr__(self) -> str:
        return f"<Value %{self.name or hex(id(self))} : {self.type}>"


class Op:
    """One operation: its definition (and that one's name), operands, attributes, nested blocks (one per region) and
    results."""

    __slots__ = ("attrs", "defn", "name", "operands", "regions", "results", "span")

    def __init__(
        self,
        defn: OpDef,
        operands: list[Value],
        attrs: dict[str, Any],
        regions: list[Block],
        result_types: Sequence[Type],
        span: Span | None,
    ) -> None:
        self.defn = defn
        self.name = defn.name
        self.operands = operands
        self.attrs = attrs
        self.regions = regions
        results: list[Value] = []
        for t in result_types:
            results.append(Value(t, self))
        self.results = results
        self.span = span

    @property
    def result(self) -> Value:
        """The only result."""
        assert len(self.results) == 1, f"{self.name} has {len(self.results)} results"
        return self.results[0]

    def __repr__(self) -> str:
        return f"<Op {self.name} at {self.span}>"


class Block:
    """A list of operations with arguments; the last operation is its terminator (`yield` or `return`).

    A block sees the values defined before it in the blocks around it.
    """

    __slots__ = ("args", "ops")

    def __init__(self, arg_types: list[Type] | tuple[Type, ...] = ()) -> None:
        self.args = [Value(t, self) for t in arg_types]
        self.ops: list[Op] = []

    @property
    def terminator(self) -> Op:
        return self.ops[-1]

    def add_arg(self, type: Type, name: str = "") -> Value:
        value = Value(type, self, name)
        self.args.append(value)
        return value

    def walk(self) -> Iterator[Op]:
        """Every operation in this block and the blocks nested in it, outer before inner."""
        outer = [iter(self.ops)]
        while outer:
            for op in outer[-1]:
                yield op
                if op.regions:
                    outer += [iter(region.ops) for region in reversed(op.regions)]
                    break
            else:
                outer.pop()


@dataclass(eq=False)
class Func:
    """A function: its body's arguments are the parameters, its `return` terminator names the results.

    `attrs` may hold: `written` (pairs of a parameter and the result that is its final value), `source` (name of the
    user's function), `recursive` (it is a specialisation of a function that calls itself). `simple` is its
    simplified form, once a caller was simplified.
    """

    name: str
    body: Block
    attrs: dict[str, Any] = field(default_factory=dict)
    simple: Func | None = field(default=None, repr=False)

    @property
    def params(self) -> list[Value]:
        return self.body.args

    @property
    def returned(self) -> list[Value]:
        return self.body.terminator.operands

    @property
    def result_types(self) -> list[Type]:
        return [v.type for v in self.returned]

    def callees(self) -> list[Func]:
        """Functions called from here, each once, directly or through others, callees before callers."""
        seen: dict[int, Func] = {}

        def visit(func: Func) -> None:
            for op in func.body.walk():
                callee = op.attrs.get("callee")
                if isinstance(callee, Func) and id(callee) not in seen:
                    visit(callee)
                    seen[id(callee)] = callee

        visit(self)
        return list(seen.values())


def arguments_of(call: Op) -> list[Value]:
    """What a `call` or `custom_derivative` passes: its operands without those kept for a failure."""
    return call.operands[: len(call.operands) - len(call.attrs.get("kept", ()))]


def kept_by(call: Op) -> list[tuple[int, Value]]:
    """Pairs of a parameter of ours and what a failure in a `call` or `custom_derivative` writes back to it."""
    kept: Sequence[int] = call.attrs.get("kept", ())
    return list(zip(kept, call.operands[len(call.operands) - len(kept) :], strict=True))


def free_values(block: Block) -> list[Value]:
    """Values that `block` (with its nested blocks) reads and does not define, in order of first use."""
    defined: set[int] = set()
    free: dict[int, Value] = {}

    def visit(b: Block) -> None:
        defined.update(id(a) for a in b.args)
        for op in b.ops:
            for v in op.operands:
                if id(v) not in defined:
                    free.setdefault(id(v), v)
            for r in op.regions:
                visit(r)
            defined.update(id(v) for v in op.results)

    visit(block)
    return list(free.values())


def clone_op(op: Op, mapping: dict[int, Value]) -> Op:
    """A copy of `op` with operands replaced through `mapping` (by id; absent ones stay); records its results there."""
    operands = [mapping.get(id(v), v) for v in op.operands]
    regions = [clone_block(r, mapping) for r in op.regions] if op.regions else []
    new = Op(op.defn, operands, op.attrs.copy(), regions, (), op.span)
    for old in op.results:
        mapping[id(old)] = made = Value(old.type, new, old.name)
        new.results.append(made)
    return new


def clone_block(block: Block, mapping: dict[int, Value]) -> Block:
    """A deep copy of `block`; values defined outside are replaced through `mapping`."""
    new = Block()
    for arg in block.args:
        mapping[id(arg)] = new.add_arg(arg.type, arg.name)
    new.ops = [clone_op(op, mapping) for op in block.ops]
    return new


def clone_func(func: Func, name: str | None = None) -> Func:
    """A deep copy of `func` (callees are shared)."""
    return Func(name or func.name, clone_block(func.body, {}), dict(func.attrs))


def substitute_uses(block: Block, mapping: Mapping[int, Value]) -> None:
    """Replace, in place, every use in `block` (and nested blocks) of a value whose id is in `mapping`."""
    for op in block.walk():
        if op.operands:
            op.operands = [mapping.get(id(v), v) for v in op.operands]
