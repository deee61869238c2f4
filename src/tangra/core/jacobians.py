"""Jacobians: one derivative traced, then run over a basis of tangents (forward) or cotangents (reverse) by a loop."""

from __future__ import annotations

from collections.abc import Sequence

from tangra.api.values import AbstractValue, Const, Scalar
from tangra.core import subtrace
from tangra.core.application import Application
from tangra.core.arguments import Arguments
from tangra.core.derivatives import Pulled, Pushed, check_cuts, pull, push
from tangra.core.trees import Leaf, Node, Tree, build
from tangra.frontend.evaluator import Evaluator
from tangra.ir import I64, ArrayType, Func, Value
from tangra.shapes import Size, prod
from tangra.transforms import several, vmap
from tangra.transforms.lanes import FEW_LANES

VECTOR = 4
"""Lanes that a vector holds at least."""


def basis(ev: Evaluator, type: ArrayType) -> tuple[Value, Size]:
    """The standard basis of `type` as an array with one more axis in front, and its length."""
    n = prod(type.shape)
    shape = (n, n)
    rows = ev.b("iota", dtype=I64, shape=shape, axis=0)
    columns = ev.b("iota", dtype=I64, shape=shape, axis=1)
    eye = ev.b("cast", ev.b("eq", rows, columns), dtype=type.dtype)
    return ev.b("reshape", eye, shape=(n, *type.shape)), n


def mapped(ev: Evaluator, func: Func, operands: Sequence[Value], batched: dict[int, Value], size: Size) -> list[Value]:
    """The results of `func` with some operands replaced by batches (axis 0), stacked along axis 0."""
    axes = [0 if k in batched else None for k in range(len(func.params))]
    lanes = vmap(func, axes, size)
    return subtrace.call(ev, lanes, [batched.get(k, v) for k, v in enumerate(operands)])


def jacfwd(call: Application) -> AbstractValue:
    """`tg.jacfwd(f)(*args)`: each float leaf of the result becomes its derivatives, shaped result + argument leaf."""
    ev, p = call.ev, push(call, "jacfwd")
    a = p.arguments
    zero = p.func.attrs["structural_zero"]
    if zero and all(zero):
        check_cuts(ev, p.sub.func, a, [True] * len(a.active), [p.func.attrs["cuts"]] * len(a.active), "jacfwd")
    columns = [_column(ev, p, n) for n in range(len(a.active))]
    blocks = {(k, n): columns[n][m] for n in range(len(a.active)) for m, k in enumerate(p.floats)}
    return arrange(ev, p.sub.tree, p.sub.leaves, a, p.floats, blocks)


def _column(ev: Evaluator, p: Pushed, n: int) -> list[Value]:
    """Derivatives of all float results by active leaf `n`, each of shape result + leaf."""
    values = p.arguments.values()
    primal = len(p.sub.func.returned)
    zeros = [ev.b.zeros(v.array) for v in values]
    operands = [*values, *p.sub.captured, *zeros]
    at = len(p.sub.func.params) + n
    leaf = values[n].array
    if not leaf.rank:
        operands[at] = ev.b.filled(1.0, leaf)
        return subtrace.call(ev, p.func, operands)[primal:]
    eye, size = basis(ev, leaf)
    together = _together(ev, p.func, operands, at, primal) if isinstance(size, int) else None
    if together is not None:
        return [ev.b("reshape", v, shape=(*v.shape[:-1], *leaf.shape)) for v in together]
    stacked = mapped(ev, p.func, operands, {at: eye}, size)[primal:]
    found = []
    for v in stacked:
        rank = v.array.rank
        back = ev.b("transpose", v, perm=(*range(1, rank), 0))
        found.append(ev.b("reshape", back, shape=(*v.shape[1:], *leaf.shape)))
    return found


def _together(ev: Evaluator, func: Func, operands: Sequence[Value], at: int, primal: int) -> list[Value] | None:
    """The results from number `primal` on for the standard basis of operand `at`, which is the results' last axis: all
    at once, or in rounds where that is too much; None where it can't be or doesn't pay (see `transforms.lanes`)."""
    leaf, given = operands[at].array, list(operands)
    size = prod(leaf.shape)
    assert isinstance(size, int)
    width, lanes = size, several(func, {at}, size)
    if lanes is None and size > FEW_LANES:
        width = _part(size)
        lanes = several(func, {at}, width)
    if lanes is None:
        return None
    rounds = -(-size // width)
    shape = (rounds * width, size)
    same = ev.b("eq", *(ev.b("iota", dtype=I64, shape=shape, axis=k) for k in (0, 1)))
    rows = ev.b("reshape", ev.b("cast", same, dtype=leaf.dtype), shape=(rounds, width, *leaf.shape))
    basis = ev.b("transpose", rows, perm=(0, *range(2, leaf.rank + 2), 1))
    if rounds == 1:
        given[at] = ev.b("reshape", basis, shape=(*leaf.shape, width))
        return subtrace.call(ev, lanes, given)[primal:]
    found = []
    for v in mapped(ev, lanes, given, {at: basis}, rounds)[primal:]:
        out = v.shape[1:-1]
        flat = ev.b("transpose", v, perm=(*range(1, len(out) + 1), 0, len(out) + 1))
        flat = ev.b("reshape", flat, shape=(*out, rounds * width))
        starts = [ev.b.int(0)] * (len(out) + 1)
        found.append(ev.b("index", flat, *starts, sizes=(*out, size), steps=(1,) * (len(out) + 1)))
    return found


def _part(size: int) -> int:
    """Lanes in each of several rounds: whole vectors, of which few are left over in the last round."""
    each = -(-size // -(-size // FEW_LANES))
    return min(FEW_LANES, -(-each // VECTOR) * VECTOR)


def jacrev(call: Application) -> AbstractValue:
    """`tg.jacrev(f)(*args)`: as `jacfwd`, by one reverse sweep per element of the result."""
    ev, p = call.ev, pull(call, "jacrev")
    check_cuts(ev, p.sub.func, p.arguments, p.func.attrs["structural_zero"], p.func.attrs["cuts_by"], "jacrev")
    blocks: dict[tuple[int, int], Value] = {}
    for m, k in enumerate(p.floats):
        for n, v in enumerate(_row(ev, p, m)):
            blocks[k, n] = v
    return arrange(ev, p.sub.tree, p.sub.leaves, p.arguments, p.floats, blocks)


def _row(ev: Evaluator, p: Pulled, m: int) -> list[Value]:
    """Derivatives of float result number `m` by all active leaves, each of shape result + leaf."""
    returned = p.sub.func.returned
    primal = len(returned)
    seeds = [ev.b.zeros(returned[k].array) for k in p.floats]
    operands = [*p.arguments.values(), *p.sub.captured, *seeds]
    at = len(p.sub.func.params) + m
    out = returned[p.floats[m]].array
    if not out.rank:
        operands[at] = ev.b.filled(1.0, out)
        return subtrace.call(ev, p.func, operands)[primal:]
    eye, size = basis(ev, out)
    together = _together(ev, p.func, operands, at, primal) if isinstance(size, int) else None
    if together is None:
        stacked = mapped(ev, p.func, operands, {at: eye}, size)[primal:]
        return [ev.b("reshape", v, shape=(*out.shape, *v.shape[1:])) for v in stacked]
    found = []
    for v in together:
        first = ev.b("transpose", v, perm=(v.array.rank - 1, *range(v.array.rank - 1)))
        found.append(ev.b("reshape", first, shape=(*out.shape, *v.shape[:-1])))
    return found


def arrange(
    ev: Evaluator,
    tree: Tree,
    leaves: Sequence[AbstractValue],
    a: Arguments,
    floats: Sequence[int],
    blocks: dict[tuple[int, int], Value],
) -> AbstractValue:
    """Blocks in the structure of the result, each leaf of it holding the structure of the chosen arguments."""

    def inner(k: int) -> AbstractValue:
        if k not in floats:
            return Const(None)
        slots = {leaf: n for n, leaf in enumerate(a.active)}
        parts: list[AbstractValue] = []
        for number, leaf in enumerate(a.leaves):
            if number not in slots:
                parts.append(Const(None))
                continue
            value = blocks[k, slots[number]]
            parts.append(_entry(ev, leaf, leaves[k], value))
        trees = [build(ev, _emptied(a.trees[key]), parts) for key in a.chosen]
        return a.together(trees)

    return build(ev, _emptied(tree), [inner(k) for k in range(len(leaves))])


def _entry(ev: Evaluator, leaf: AbstractValue, result: AbstractValue, value: Value) -> AbstractValue:
    """One block: a number of the argument's kind where result and argument are both numbers."""
    if isinstance(leaf, Scalar) and isinstance(result, Scalar) and leaf.tag is None:
        return Scalar(value, leaf.kinds)
    return ev.result(value)


def _emptied(tree: Tree) -> Tree:
    if isinstance(tree, Node):
        return Node(tree.form, tuple(_emptied(c) for c in tree.children), tree.names, tree.cls)
    return tree if isinstance(tree, Leaf) else Const(None)
