"""Which elements of a result depend on which elements of an argument, for all elements at once: sets of bits.

The forward derivative of a function is linear in its tangents. Here each tangent number is a set instead: bit j of it
says that element j of the argument has a part in it. A product of a tangent has the tangent's set, a sum the union of
both. So the function's loops run as they are, and sixty-four elements of the argument take one word.

A set may be too large (a product with a zero counts), never too small: what is not in it is zero whatever the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tangra.ir import I64, U64, ArrayType, Builder, Func, Op, Value
from tangra.shapes import Size, prod
from tangra.transforms.dce import ops_behind_results
from tangra.transforms.lane_rules import RULES
from tangra.transforms.lanes import MOST_ELEMENTS, Lanes, NoRuleError, with_lanes
from tangra.transforms.pipeline import simplify

BITS = 64


def dependences(func: Func, at: int, words: int) -> Func | None:
    """`func`, a forward derivative, with sets in place of the tangent that is its parameter `at` and of all results:
    u64 arrays with one more axis of `words` at the end. Other tangents count as zero. None where an operation has no
    rule, or for arrays that are too large."""
    made = with_lanes(simplify(func), {at}, words, _Sets)
    return Func(f"sets_{func.name}", made.body, made.attrs) if made else None


def read_parameters(func: Func) -> list[int]:
    """The numbers of the parameters that results depend on, not counting what only decides whether the function
    fails."""
    func = simplify(func)
    kept = ops_behind_results(func)
    used = {id(v) for op in func.body.walk() if id(op) in kept for v in op.operands}
    used |= {id(v) for v in func.returned}
    return [k for k, p in enumerate(func.params) if id(p) in used]


def singletons(b: Builder, shape: Sequence[Size], words: int, start: Value) -> Value:
    """For an array of this shape: the sets of each element alone, as far as its bit lies in the words from `start` (an
    i64) on."""
    flat = (prod(shape), words)
    number, word = (b("iota", dtype=I64, shape=flat, axis=k) for k in (0, 1))

    def filled(value: int) -> Value:
        return b("broadcast", b.int(value), shape=flat, dims=())

    here = b("eq", b("shr", number, filled(6)), b("add", word, b("broadcast", start, shape=flat, dims=())))
    one = b("cast", here, dtype=U64)
    bits = b("shl", one, b("cast", b("and", number, filled(BITS - 1)), dtype=U64))
    return b("reshape", bits, shape=(*shape, words))


class _Sets(Lanes):
    """Lanes that are words of sets."""

    def widened(self, type: ArrayType) -> ArrayType:
        count = prod(type.shape) * self.size
        if isinstance(count, int) and count > MOST_ELEMENTS:
            raise NoRuleError
        return ArrayType(U64, (*type.shape, self.size))

    def wide(self, v: Value) -> Value:
        """The sets of `v`; empty ones where it depends on no tangent."""
        return self.now[id(v)] if id(v) in self.have else self.b.zeros(self.widened(v.array))

    def union(self, *values: Value) -> Value:
        """Of the sets of those that have any."""
        found = [self.now[id(v)] for v in dict.fromkeys(values) if id(v) in self.have]
        total = found[0]
        for each in found[1:]:
            total = self.b("or", total, each)
        return total

    def rule(self, op: Op) -> Callable[[Lanes, Op], Value] | None:
        own = OWN.get(op.name)
        if own is not None:
            return own
        return _united if op.defn.elementwise else KEPT.get(op.name)


def _united(d: Lanes, op: Op) -> Value:
    assert isinstance(d, _Sets)
    return d.union(*op.operands)


def _select(d: Lanes, op: Op) -> Value:
    assert isinstance(d, _Sets)
    condition, a, b = op.operands
    if id(condition) in d.have:
        return d.union(*op.operands)
    shape = (*condition.shape, d.size)
    wide = d.b("broadcast", d.narrow(condition), shape=shape, dims=tuple(range(condition.array.rank)))
    return d.b("select", wide, d.wide(a), d.wide(b))


def _reduce(d: Lanes, op: Op) -> Value:
    return d.b("reduce_or", d.wide(op.operands[0]), axes=op.attrs["axes"])


def _accumulate(d: Lanes, op: Op) -> Value:
    x, v, *places = op.operands
    starts = [*(d.narrow(p) for p in places), d.b.int(0)]
    attrs = {"sizes": (*op.attrs["sizes"], d.size), "steps": (*op.attrs["steps"], 1)}
    array = d.wide(x)
    part = d.b("or", d.b("index", array, *starts, **attrs), d.wide(v))
    return d.b("update", array, part, *starts, **attrs)


def _pad(d: Lanes, op: Op) -> Value:
    x, value = op.operands
    if id(value) in d.have:
        raise NoRuleError
    return d.b("pad", d.wide(x), d.b.const(0, U64), low=(*op.attrs["low"], 0), high=(*op.attrs["high"], 0))


def _dot_general(d: Lanes, op: Op) -> Value:
    """All of a row and of a column that meet are united: the other factor counts as full."""
    (x, y), contract, batch = op.operands, op.attrs["contract"], op.attrs["batch"]
    lead, out = len(batch[0]), (*op.result.shape, d.size)
    frees = [[k for k in range(v.array.rank) if k not in (*c, *m)]
             for v, c, m in zip((x, y), contract, batch, strict=True)]  # fmt: skip
    parts = []
    for k, v in enumerate((x, y)):
        if id(v) not in d.have:
            continue
        order = (*batch[k], *frees[k], *contract[k], v.array.rank)
        sets = d.b("transpose", d.wide(v), perm=order)
        kept = lead + len(frees[k])
        sets = d.b("reduce_or", sets, axes=tuple(range(kept, kept + len(contract[k])))) if contract[k] else sets
        first = lead + (len(frees[0]) if k else 0)
        dims = (*range(lead), *range(first, first + len(frees[k])), len(out) - 1)
        parts.append(d.b("broadcast", sets, shape=out, dims=dims))
    return parts[0] if len(parts) == 1 else d.b("or", *parts)


OWN: dict[str, Callable[[Lanes, Op], Value]] = {
    "select": _select,
    "accumulate": _accumulate,
    "pad": _pad,
    "dot_general": _dot_general,
    **dict.fromkeys(("reduce_sum", "reduce_prod", "reduce_max", "reduce_min"), _reduce),
}
KEPT = {name: RULES[name] for name in (
    "broadcast", "reshape", "transpose", "index", "update", "gather", "scatter", "concat",
)}  # fmt: skip
"""Rules that move elements, whatever they are."""
