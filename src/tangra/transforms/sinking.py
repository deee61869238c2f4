"""Work on a value that is zero on one side of a condition is done on the other side only.

The derivative of `best = min(best, f(x))` in a loop is `g` for the trip that won and zero for the others, of which
every product is zero and adds nothing. Where that takes long (a root, a quotient, a power), or follows a branch anyway,
it is put under the condition. Zero times infinity counts as zero then, as everywhere in derivatives; so this is done in
the loops of backward parts only, which are known by what they take off a tape.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tangra.ir import Block, Builder, Func, Op, Value
from tangra.ir.graph import substitute_uses
from tangra.ops.common import scalar_constant
from tangra.shapes import prod
from tangra.transforms.activity import is_float
from tangra.transforms.rewriting import BUFFER_WRITES

BRANCH = 24
"""Cost of operations that are worth a branch of their own."""
MORE = 4
"""Cost of those that are worth a place in a branch there is."""
LINEAR = frozenset({"neg", "reduce_sum", "broadcast", "reshape", "transpose"})
LARGE = 1000
LONGEST = 600
"""Operations of a block that is still looked at: every condition takes a walk over it."""


def sink_zero_work(func: Func) -> bool:
    """Change, in place, the backward loops of `func` that are not marked `parallel` (those run in vectors). Returns
    whether anything was moved."""
    return _block(func.body, False)


def _block(block: Block, backward: bool) -> bool:
    changed = False
    for op in list(block.ops):
        for region in op.regions:
            inside = backward or (op.name == "loop" and any(each.name == "tape_pop" for each in region.ops))
            changed |= _block(region, inside and not op.attrs.get("parallel", False))
    while backward and len(block.ops) <= LONGEST and any(_Group(block, *source).move() for source in _sources(block)):
        changed = True
    return changed


@dataclass
class _Source:
    """Values that are zero where the condition is not `side`, and the operation that makes the first of them."""

    at: int
    values: list[Value] = field(default_factory=list)
    branch: bool = False


def _sources(block: Block) -> list[tuple[Value, bool, _Source]]:
    """What is zero on one side, by condition and the side where it is not."""
    found: dict[tuple[int, bool], tuple[Value, bool, _Source]] = {}
    for at, op in enumerate(block.ops):
        if op.name not in ("select", "if") or (op.name == "select" and op.operands[0].shape):
            continue
        for side in (True, False):
            values = _zero_values(op, side)
            if values:
                key = (id(op.operands[0]), side)
                source = found.setdefault(key, (op.operands[0], side, _Source(at)))[2]
                source.values += values
                source.branch |= op.name == "if"
    return list(found.values())


def _zero_values(op: Op, side: bool) -> list[Value]:
    """The results of a choice that are zero where the condition is not `side`."""
    if op.name == "select":
        return [op.result] if is_float(op.result) and scalar_constant(op.operands[2 if side else 1]) == 0 else []
    other = op.regions[1 if side else 0].terminator.operands
    return [r for r, v in zip(op.results, other, strict=True) if is_float(r) and scalar_constant(v) == 0]


class _Group:
    """The operations on the values of one source. `through`: what a sum is where the values added are zero."""

    def __init__(self, block: Block, condition: Value, side: bool, source: _Source) -> None:
        self.block, self.condition, self.side, self.source = block, condition, side, source
        self.zero = {id(v) for v in source.values}
        self.through: dict[int, Value] = {}
        self.moved: list[Op] = []

    def move(self) -> bool:
        """Put the operations under the condition, if that is worth it."""
        end = len(self.block.ops) - 1
        while True:
            end = self.collect(end)
            late = self.used_early()
            if late is None:
                break
            end = late
        self.take_feeders()
        if not self.moved or sum(_cost(op) for op in self.moved) < (MORE if self.source.branch else BRANCH):
            return False
        self.write()
        return True

    def collect(self, end: int) -> int:
        """Fill `moved` with the operations on zero values before position `end`."""
        self.zero, self.through = {id(v) for v in self.source.values}, {}
        self.moved = [op for op in self.block.ops[self.source.at + 1 : end] if self.takes(op)]
        return end

    def takes(self, op: Op) -> bool:
        """Whether `op` gives zero, or what it adds to, where the source is zero; notes which."""
        if len(op.results) != 1 or op.regions or op.defn.effect or not is_float(op.result):
            return False
        if id(op.result) in self.zero:
            return False
        names = [id(v) in self.zero for v in op.operands]
        if not any(names):
            return False
        if self.gives_zero(op, names):
            self.zero.add(id(op.result))
            return True
        if op.name in ("add", "sub", "accumulate") and names[1] and not names[0]:
            self.through[id(op.result)] = op.operands[0]
            return True
        if op.name == "add" and names[0] and not names[1]:
            self.through[id(op.result)] = op.operands[1]
            return True
        return False

    def gives_zero(self, op: Op, names: list[bool]) -> bool:
        if op.name in LINEAR or op.name == "div":
            return names[0]
        if op.name in ("mul", "dot_general"):
            return True
        if op.name in ("add", "sub"):
            return all(names)
        if op.name == "select":
            return all(n or scalar_constant(v) == 0 for n, v in zip(names[1:], op.operands[1:], strict=True))
        return op.name == "index" and names[0]

    def used_early(self) -> int | None:
        """The position of the first operation that stays, reads what was moved, and comes before the last of that."""
        if not self.moved:
            return None
        made = {id(op.result) for op in self.moved}
        mine = {id(op) for op in self.moved}
        last = next(k for k in range(len(self.block.ops)) if self.block.ops[k] is self.moved[-1])
        for at in range(self.source.at + 1, last):
            op = self.block.ops[at]
            if id(op) not in mine and _reads(op, made):
                return at
        return None

    def take_feeders(self) -> None:
        """Also move what only the moved operations read."""
        if not self.moved:
            return
        mine = {id(op) for op in self.moved}
        last = next(k for k in range(len(self.block.ops)) if self.block.ops[k] is self.moved[-1])
        overwritten: set[int] = set()
        wanted = {id(self.condition), *(id(self.base(v)) for op in self.moved for v in op.results)}
        for op in self.block.ops[last + 1 :]:
            wanted |= _read_by(op)
        taken: list[Op] = []
        read: set[int] = set()
        for op in reversed(self.block.ops[: last + 1]):
            free = len(op.results) == 1 and not op.regions and not op.defn.effect and id(op.result) not in wanted
            kept = id(op.result) in self.zero_sources if len(op.results) == 1 else True
            if id(op) in mine:
                taken.append(op)
                read |= _read_by(op)
                continue
            free = free and not kept and op.name not in BUFFER_WRITES and not _large(op, overwritten)
            if free and id(op.result) in read:
                taken.append(op)
                read |= _read_by(op)
                continue
            wanted |= _read_by(op)
            if op.name in BUFFER_WRITES:
                overwritten.add(id(op.operands[0]))
        self.moved = taken[::-1]

    @property
    def zero_sources(self) -> set[int]:
        return {id(v) for v in self.source.values} if self.source.branch else set()

    def write(self) -> None:
        """The branch, in the place of the last operation that was moved."""
        mine = {id(op) for op in self.moved}
        last = next(k for k in range(len(self.block.ops)) if self.block.ops[k] is self.moved[-1])
        outside: set[int] = set()
        for op in self.block.ops[last + 1 :]:
            outside |= _read_by(op)
        results = [op.result for op in self.moved if id(op.result) in outside]
        inside, other = Block(), Block()
        inside.ops = list(self.moved)
        Builder(inside).yield_(*results)
        b = Builder(other)
        b.yield_(*[self.base(v) if id(v) in self.through else b.zeros(v.array) for v in results])
        fresh = Builder(span=self.moved[-1].span)
        left = self.left_over()
        if left is None:
            blocks = [inside, other] if self.side else [other, inside]
            branch = fresh.emit("if", [self.condition], {}, blocks)
        else:
            chosen = self.condition if self.side else fresh("not", self.condition)
            some = fresh("ne", left, fresh.zeros(left.array))
            branch = fresh.emit("if", [fresh("and", chosen, some)], {}, [inside, other])
        rest = self.block.ops[last + 1 :]
        replaced = {id(v): r for v, r in zip(results, branch.results, strict=True)}
        after = Block()
        after.ops = rest
        substitute_uses(after, replaced)
        ahead = [op for op in self.block.ops[: last + 1] if id(op) not in mine]
        self.block.ops = [*ahead, *fresh.block.ops, *rest]

    def left_over(self) -> Value | None:
        """The cotangent that the source takes, if the loop's other trips get what this one leaves: the trip that won
        takes it all. In most of the trips that were ahead for a while it is zero, and there is nothing to do."""
        made = self.source.values[0].defining_op
        if len(self.source.values) > 1 or made is None or made.name != "select":
            return None
        taken = made.operands[1 if self.side else 2]
        at = next((k for k, arg in enumerate(self.block.args) if arg is taken), None)
        if at is None or len(self.block.args) - at > len(self.block.terminator.operands):
            return None
        rest = self.block.terminator.operands[at - len(self.block.args)].defining_op
        if rest is None or rest.name != "select" or rest.operands[0] is not self.condition:
            return None
        mine, others = rest.operands[1:] if self.side else rest.operands[:0:-1]
        return taken if scalar_constant(mine) == 0 and others is taken else None

    def base(self, v: Value) -> Value:
        """What a sum is without the zeros that were added."""
        while id(v) in self.through:
            v = self.through[id(v)]
        return v


def _read_by(op: Op) -> set[int]:
    """Ids of the values that an operation, or one in its blocks, reads."""
    found = {id(v) for v in op.operands}
    return found.union(*(_read_by(inner) for region in op.regions for inner in region.ops))


def _reads(op: Op, values: set[int]) -> bool:
    return bool(_read_by(op) & values)


def _cost(op: Op) -> int:
    """What an operation takes, by elements."""
    shapes = [v.shape for v in (*op.operands, *op.results) if op.name not in ("index", *BUFFER_WRITES)]
    counts = [prod(shape) for shape in shapes] or [1]
    most = max((n if isinstance(n, int) else LARGE for n in counts), default=1)
    return 0 if op.name == "constant" else op.defn.cost * most


def _large(op: Op, overwritten: set[int]) -> bool:
    """Whether moving `op` down may cost a copy: of an array it makes, or reads and that is overwritten in between."""
    return op.name in ("empty", "iota") or any(id(v) in overwritten for v in op.operands)
