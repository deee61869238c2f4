"""What the backward sweep needs of a forward loop body or arm, and how it gets there.

The backward block is built first, against the forward block's values. Each of those it names is then either recomputed
from values at hand (cheap arithmetic whose leaves are there, adding at most one kept leaf), or kept: by a loop on a
tape, one record a trip, popped first thing in the backward trip; by an arm of an `if` as an extra result of the `if`
(scalars and small arrays) or on a tape of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tangra.ir import ArrayType, Block, Op, Value
from tangra.ir.graph import clone_op, free_values, substitute_uses
from tangra.ir.mentions import symbols_of_block, symbols_of_type
from tangra.transforms.activity import is_float
from tangra.transforms.versions import VIEWS

if TYPE_CHECKING:
    from tangra.transforms.reverse import Reverse

CHEAP = 6
"""Operations up to this cost are recomputed where their leaves are at hand."""
CHAIN_LIMIT = 40
"""Cost of a whole chain of operations that is still recomputed."""
SMALL = 16
"""Elements of a static array that an arm yields instead of using a tape."""
STRUCTURAL = frozenset(
    {"constant", "dim", "undef", "iota", "cast", "select", "broadcast", "reshape", "transpose", "stop_gradient"}
)

EXTREMA = frozenset({"reduce_max", "reduce_min"})
FEW = 4
"""Elements of an array whose extremum is computed again rather than kept."""
REARRANGED = frozenset({"broadcast", "reshape", "transpose"})
UNROUNDED = EXTREMA | REARRANGED | {"abs", "neg", "maximum", "minimum", "fmax", "fmin", "select", "copysign"}
"""Operations on floats whose results are numbers that were there before, up to their sign."""


def resolve_body(sweep: Reverse, loop: Op, block: Block, known: dict[int, Value], held: dict[int, Value]) -> None:
    """Make the backward `block` of `loop`'s body self-contained but for values from outside the loop."""
    _Resolution(sweep, loop.regions[0], block, known, held).run(None)
    loop.attrs = {**loop.attrs, "parallel": False}


def resolve_arm(sweep: Reverse, branch: Op, side: int, block: Block, held: dict[int, Value]) -> None:
    """The same for one arm of an `if`."""

    def yielded(v: Value) -> Value:
        return _yield_out(sweep, branch, side, v)

    _Resolution(sweep, branch.regions[side], block, {}, held).run(yielded)


def _yield_out(sweep: Reverse, branch: Op, side: int, v: Value) -> Value:
    """A new result of the forward `if` that is `v` where its arm ran."""
    other = branch.regions[1 - side]
    with sweep.b.at(Block()) as fresh:
        nothing = sweep.b.emit("undef", [], {"type": v.type}).result
    other.ops[-1:-1] = fresh.ops
    sweep.versions.define(nothing, other)
    branch.regions[side].terminator.operands.append(v)
    other.terminator.operands.append(nothing)
    result = Value(v.type, branch, v.name)
    branch.results.append(result)
    sweep.versions.define(result, sweep.versions.parent[id(other)][1])
    return result


@dataclass
class _Cost:
    """What recomputing a value takes: values to keep, and work."""

    leaves: dict[int, Value] = field(default_factory=dict)
    work: float = 0.0


class _Resolution:
    def __init__(
        self, sweep: Reverse, forward: Block, backward: Block, known: dict[int, Value], held: dict[int, Value]
    ) -> None:
        self.sweep, self.forward, self.backward = sweep, forward, backward
        self.versions = sweep.versions
        self.mapping = dict(known)
        self.held = held
        self.kept: dict[int, Value] = {}
        self.costs: dict[int, _Cost] = {}
        self.named: dict[int, Value] = {}

    def run(self, yielded: Callable[[Value], Value] | None) -> None:
        names = [v for v in free_values(self.backward) if self.is_local(v) and id(v) not in self.mapping]
        self.named = {id(v): v for v in names}
        binds = self.needed_binds(names)
        for op in binds:
            self.named.setdefault(id(op.operands[0]), op.operands[0])
        names = self.in_order(list(self.named.values()))
        self.choose(names, {id(op.operands[0]) for op in binds})
        with self.sweep.b.at(Block()) as prologue:
            self.fetch(yielded, binds)
            for v in names:
                self.rebuild(v)
        self.backward.ops[:0] = prologue.ops
        substitute_uses(self.backward, self.mapping)

    def is_local(self, v: Value) -> bool:
        """Whether `v` is defined in the forward block itself."""
        return self.versions.home.get(id(v)) is self.forward

    def in_order(self, values: Sequence[Value]) -> list[Value]:
        """`values` in the order of their definitions."""
        place = {id(a): -1 for a in self.forward.args}
        for n, op in enumerate(self.forward.ops):
            for r in op.results:
                place[id(r)] = n
        return sorted((v for v in values if self.is_local(v)), key=lambda v: place[id(v)])

    def needed_binds(self, names: Sequence[Value]) -> list[Op]:
        """The `bind_dim`s of the forward block whose symbols the backward block (or what it needs) uses."""
        binds = [op for op in self.forward.ops if op.name == "bind_dim"]
        if not binds:
            return []
        used = symbols_of_block(self.backward)
        for v in names:
            used |= self.symbols_behind(v, 0)
        found: list[Op] = []
        while len(new := [op for op in binds if op.attrs["symbol"] in used]) > len(found):
            found = new
            for op in found:
                used |= self.symbols_behind(op.operands[0], 0)
        return found

    def symbols_behind(self, v: Value, level: int) -> set[str]:
        """Symbols that recomputing `v` could mention."""
        found = symbols_of_type(v.type)
        op = v.defining_op
        if op is None or not self.is_local(v) or op.regions or level > 20:
            return found
        if op.name == "dim":
            found |= symbols_of_type(op.attrs["size"])
        return found.union(*(self.symbols_behind(x, level + 1) for x in op.operands))

    # Choice

    def choose(self, names: Sequence[Value], binding: set[int]) -> None:
        """Fill `kept`: first what can only be kept, then what would need several leaves instead."""
        for v in names:
            if id(v) in self.cost(v).leaves:
                self.keep(v)
        for v in names:
            if id(v) in self.kept:
                continue
            missing = [x for k, x in self.cost(v).leaves.items() if k not in self.kept]
            if not missing:
                continue
            if len(missing) == 1 and _no_larger(missing[0], v) and id(v) not in binding:
                self.keep(missing[0])
            else:
                self.keep(v)

    def keep(self, v: Value) -> None:
        self.kept[id(v)] = v
        self.costs.clear()

    def cost(self, v: Value, level: int = 0) -> _Cost:
        """What it takes to have `v` in the backward block; a value in its own leaves can only be kept."""
        if level > CHAIN_LIMIT:
            return _Cost({id(v): v})
        if id(v) not in self.costs:
            self.costs[id(v)] = self.compute_cost(v, level)
        return self.costs[id(v)]

    def compute_cost(self, v: Value, level: int) -> _Cost:
        if not self.is_local(v) or id(v) in self.mapping:
            return _Cost()
        op = v.defining_op
        if op is None or id(v) in self.kept or not self.recomputable(op):
            return _Cost({id(v): v})
        total = _Cost(work=float(op.defn.cost))
        for x in op.operands:
            part = self.cost(x, level + 1)
            total.leaves.update(part.leaves)
            total.work += part.work
            if total.work > CHAIN_LIMIT:
                return _Cost({id(v): v})
        return total

    def recomputable(self, op: Op) -> bool:
        """Whether the backward block may run `op` again."""
        if op.regions or len(op.results) != 1 or (op.defn.effect and op.name != "check_index"):
            return False
        if op.name in ("index", "gather"):
            return self.readable(op.operands[0])
        if op.name == "check_index":
            return not op.result.shape
        if op.name in EXTREMA:
            count = _elements(op.operands[0])
            if count is None or count > FEW:
                return False
        elif not (op.defn.elementwise or op.name in STRUCTURAL) or op.defn.cost > CHEAP:
            return False
        return is_float(op.result) or all(self.exact(x, 0) for x in op.operands if is_float(x))

    def exact(self, x: Value, level: int) -> bool:
        """Whether recomputing the float `x` surely gives the same bits: it is made of what is kept or read again by
        operations that don't round. (Those that do may be contracted in one place and not in the other.)"""
        op = x.defining_op
        if level > CHAIN_LIMIT or (op is not None and op.name == "constant"):
            return op is not None and op.name == "constant"
        if op is None or self.outside_loops(x):
            return self.is_local(x) or self.outside_loops(x)
        if op.name in ("index", "gather"):
            array = op.operands[0]  # in a loop others may be computed again as a whole
            return not self.is_local(array) and (id(array) in self.held or self.outside_loops(array))
        return op.name in UNROUNDED and all(self.exact(y, level + 1) for y in op.operands if is_float(y))

    def outside_loops(self, x: Value) -> bool:
        """Whether `x` is the forward part's own at the top of the function, where nothing is computed again."""
        home = self.versions.home.get(id(x))
        return home is None or not self.versions.in_loop(home)

    def readable(self, x: Value) -> bool:
        """Whether the backward block can read elements of the array `x`."""
        if not self.is_local(x):
            return id(x) in self.held or self.versions.keepable(x)
        if id(x) in self.named:
            return True
        op = x.defining_op
        return op is not None and op.name in VIEWS and op.name != "broadcast" and self.readable(op.operands[0])

    # Construction

    def fetch(self, yielded: Callable[[Value], Value] | None, binds: Sequence[Op]) -> None:
        """Bring the kept values over: scalars, then the sizes that types need, then arrays."""
        kept = list(self.kept.values())
        if yielded is not None:
            for v in kept:
                if _small(v):
                    self.mapping[id(v)] = yielded(v)
            kept = [v for v in kept if not _small(v)]
        local = {op.attrs["symbol"] for op in binds}
        late = [v for v in kept if local & symbols_of_type(v.type)]
        self.pop([v for v in kept if v not in late])
        for op in binds:
            self.sweep.b.emit("bind_dim", [self.rebuild(op.operands[0])], dict(op.attrs))
        self.pop(late)

    def pop(self, values: Sequence[Value]) -> None:
        """Push `values` at the end of the forward block and pop them here."""
        if not values:
            return
        tape = self.sweep.new_tape([v.type for v in values])
        with self.sweep.b.at(Block()) as fresh:
            self.sweep.b.emit("tape_push", [tape, *values])
        self.forward.ops[-1:-1] = fresh.ops
        popped = self.sweep.b.emit("tape_pop", [tape])
        for v, r in zip(values, popped.results, strict=True):
            r.name = v.name
            self.mapping[id(v)] = r

    def rebuild(self, v: Value) -> Value:
        """`v` in the backward block."""
        if id(v) in self.mapping:
            return self.mapping[id(v)]
        if not self.is_local(v):
            return self.held.get(id(v), v) if self.versions.in_loop(self.versions.home[id(v)]) else v
        op = v.defining_op
        assert op is not None
        operands = [self.rebuild(x) for x in op.operands]
        if op.name == "check_index":
            self.mapping[id(v)] = self.wrapped(*operands)
        else:
            new = clone_op(op, {id(x): y for x, y in zip(op.operands, operands, strict=True)})
            self.sweep.b.block.ops.append(new)
            self.mapping[id(v)] = new.result
        return self.mapping[id(v)]

    def wrapped(self, i: Value, n: Value) -> Value:
        """What `check_index` gives for an index that is known to be in range."""
        b = self.sweep.b
        return b("select", b("lt", i, b.int(0)), b("add", i, n), i)


def _elements(v: Value) -> int | None:
    """The number of elements where it is static."""
    assert isinstance(v.type, ArrayType)
    total = 1
    for n in v.type.shape:
        if not isinstance(n, int):
            return None
        total *= n
    return total


def _small(v: Value) -> bool:
    """Whether an arm yields `v` rather than pushing it."""
    count = _elements(v)
    return count is not None and count <= SMALL


def _no_larger(leaf: Value, v: Value) -> bool:
    """Whether keeping `leaf` takes no more memory than keeping `v`."""
    if leaf.type == v.type or leaf.shape == v.shape:
        return leaf.dtype.bits <= v.dtype.bits
    a, c = _elements(leaf), _elements(v)
    return a is not None and c is not None and a * leaf.dtype.bits <= c * v.dtype.bits
