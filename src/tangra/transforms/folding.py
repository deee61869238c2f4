"""Local simplification: what operation definitions fold, known branches, trivial loops, forwarded element writes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tangra.ir import Block, Func, Op, Value
from tangra.transforms.activity import carried_args, carried_operands, carried_yields
from tangra.transforms.cse import frozen
from tangra.transforms.rewriting import Rewriter

ROUNDED = frozenset({"add", "sub", "mul", "div", "sqrt", "isfinite", "isnan", "not", "and", "or"})


def fold(func: Func) -> bool:
    """Fold in place. Returns whether anything changed."""
    return _Fold().run(func)


def scalar_constant(v: Value) -> np.generic | None:
    """The scalar that `v` is, if a constant says so."""
    op = v.defining_op
    if op is None or op.name != "constant" or v.shape:
        return None
    value = op.attrs["value"]
    return value if isinstance(value, np.generic) else None


class _Fold(Rewriter):
    def rewrite(self, op: Op) -> Sequence[Value] | None:
        special = self.specials.get(op.name)
        if special is not None:
            found = special(self, op)
            if found is not None:
                return found
        if op.defn.fold is not None:
            value = op.defn.fold(self.b, op.operands, op.attrs)
            if value is not None:
                return [value]
        return self.exact(op)

    def exact(self, op: Op) -> Sequence[Value] | None:
        """Arithmetic of constant floats, which IEEE 754 rounds the same everywhere."""
        if op.name not in ROUNDED or op.result.shape:
            return None
        known = [scalar_constant(v) for v in op.operands]
        if any(c is None for c in known):
            return None
        assert op.defn.evaluate is not None
        return [self.b.const(op.defn.evaluate(*known), op.result.dtype)]

    def op_dim(self, op: Op) -> Sequence[Value] | None:
        size = op.attrs["size"]
        return [self.b.int(size)] if isinstance(size, int) else None

    def op_fail_if(self, op: Op) -> Sequence[Value] | None:
        known = scalar_constant(op.operands[0])
        return [] if known is not None and not known else None

    def op_check_index(self, op: Op) -> Sequence[Value] | None:
        i, n = (scalar_constant(v) for v in op.operands)
        if i is None or n is None or not -int(n) <= int(i) < int(n):
            return None
        return [op.operands[0] if int(i) >= 0 else self.b.int(int(i) + int(n))]

    def op_if(self, op: Op) -> Sequence[Value] | None:
        known = scalar_constant(op.operands[0])
        if known is None:
            return self.splice(op.regions[0]) if _same_arms(*op.regions) else None
        return self.splice(op.regions[0 if known else 1])

    def op_loop(self, op: Op) -> Sequence[Value] | None:
        if op.attrs["counted"]:
            start, stop, step = (scalar_constant(v) for v in op.operands[:3])
            if start is not None and stop is not None and step is not None:
                trips = len(range(int(start), int(stop), int(step)))
                if trips == 0:
                    return list(carried_operands(op))
                if trips == 1:
                    return self.once(op)
        elif scalar_constant(self.current(op.regions[0].terminator.operands[0])) == np.False_:
            return self.once(op)
        self.drop_flag(op)
        self.invariant_state(op)
        return None

    def drop_flag(self, op: Op) -> None:
        """A counted loop whose flag always says go on has no exits."""
        yields = op.regions[0].terminator.operands
        if op.attrs["counted"] and op.attrs["exits"] and scalar_constant(self.current(yields[0])) == np.True_:
            op.regions[0].terminator.operands = yields[1:]
            op.attrs = {**op.attrs, "exits": False}
            self.changed = True

    def once(self, op: Op) -> Sequence[Value]:
        """A loop of one trip is its body."""
        body = op.regions[0]
        given = [op.operands[0], *op.operands[3:]] if op.attrs["counted"] else op.operands
        for arg, v in zip(body.args, given, strict=True):
            self.replaced[id(arg)] = v
        values = self.splice(body)
        return values[1:] if op.attrs["exits"] else values

    def invariant_state(self, op: Op) -> None:
        """State that no trip changes is its initial value."""
        for init, arg, y, r in zip(carried_operands(op), carried_args(op), carried_yields(op), op.results, strict=True):
            if y is arg and id(arg) not in self.replaced:
                self.replaced[id(arg)] = init
                self.replaced[id(r)] = init
                self.changed = True

    def leave(self, op: Op) -> None:
        """Results of an `if` whose arms yield the same value from outside are that value."""
        if op.name != "if":
            return
        then, other = (region.terminator.operands for region in op.regions)
        for r, a, b in zip(op.results, then, other, strict=True):
            if a is b:
                self.replaced[id(r)] = a
                self.changed = True
            elif (known := _same_constant(a, b)) is not None:
                self.replaced[id(r)] = self.b.const(known, r.dtype)
                self.changed = True

    def op_index(self, op: Op) -> Sequence[Value] | None:
        """A read of what was just written, or past writes elsewhere, or of a constant."""
        source = op.operands[0]
        while (write := source.defining_op) is not None and write.name == "update":
            if write.attrs == op.attrs and all(map(_same, write.operands[2:], op.operands[1:])):
                return [write.operands[1]]
            if not _apart(write, op):
                break
            source = write.operands[0]
        known = _constant_element(source, op)
        if known is not None:
            return [self.b.const(known, op.result.dtype)]
        if source is op.operands[0]:
            return None
        return [self.b("index", source, *op.operands[1:], **op.attrs)]


def _same_constant(a: Value, b: Value) -> np.generic | None:
    """The constant that both are, bit for bit."""
    known, other = scalar_constant(a), scalar_constant(b)
    if known is None or other is None or known.tobytes() != other.tobytes():
        return None
    return known


def _constant_element(source: Value, read: Op) -> np.generic | None:
    """The element that is read at constant places of a constant array."""
    made = source.defining_op
    if made is None or made.name != "constant" or any(n is not None for n in read.attrs["sizes"]):
        return None
    places = [scalar_constant(v) for v in read.operands[1:]]
    if any(k is None or not 0 <= int(k) < n for k, n in zip(places, made.attrs["value"].shape, strict=True)):
        return None
    element: np.generic = made.attrs["value"][tuple(int(k) for k in places if k is not None)]
    return element


def _same(a: Value, b: Value) -> bool:
    return a is b or _same_constant(a, b) is not None


def _same_arms(then: Block, other: Block) -> bool:
    """Whether both arms of a branch do and give the same, operation by operation."""
    if len(then.ops) != len(other.ops):
        return False
    stands: dict[int, Value] = {}
    for op, twin in zip(then.ops, other.ops, strict=True):
        if op.name != twin.name or op.regions or len(op.operands) != len(twin.operands):
            return False
        if any(stands.get(id(a), a) is not b for a, b in zip(op.operands, twin.operands, strict=True)):
            return False
        if op.attrs.keys() != twin.attrs.keys() or any(frozen(v) != frozen(twin.attrs[k]) for k, v in op.attrs.items()):
            return False
        stands.update((id(r), t) for r, t in zip(op.results, twin.results, strict=True))
    return True


def _apart(write: Op, read: Op) -> bool:
    """Whether two element accesses differ in a constant index."""
    pairs = zip(write.operands[2:], read.operands[1:], write.attrs["sizes"], read.attrs["sizes"], strict=True)
    for i, j, a, c in pairs:
        known, other = scalar_constant(i), scalar_constant(j)
        if a is None and c is None and known is not None and other is not None and known != other:
            return True
    return False
