"""Loops that exchange two arrays at the end of each trip (`old, new = new, old`) run two trips at a time.

In native code a carried array stays in one place in memory, so that aliasing is known; exchanging two of them means to
copy both. After two trips each is back in its place. A loop over trips a, b, c, … becomes one over (a, b), (c, d), …
followed by one for the trip that may be left over. It is the last pass: the program is the same, only longer.
"""

from __future__ import annotations

from tangra.ir import Block, Builder, Func, Op, Value
from tangra.ir.graph import clone_block, substitute_uses
from tangra.shapes import prod
from tangra.transforms.activity import carried_args, carried_operands, carried_yields
from tangra.transforms.rewriting import BUFFER_WRITES
from tangra.transforms.rules import op_count
from tangra.transforms.symbols import bound_symbols

LONGEST = 300
"""Operations of a body that is still doubled."""
SMALLEST = 17
"""Elements of an array worth the effort; smaller ones live in registers."""
SAFE = 1 << 62
"""A loop bound within this distance of 0 can be moved by a step without overflow."""


def unroll_swaps(func: Func) -> bool:
    """Change, in place, all such loops of `func`. Returns whether there were any."""
    return _unroll_block(func.body, {})


def _unroll_block(block: Block, replaced: dict[int, Value]) -> bool:
    changed = False
    old, block.ops = block.ops, []
    for op in old:
        op.operands = [replaced.get(id(v), v) for v in op.operands]
        for region in op.regions:
            changed |= _unroll_block(region, replaced)
        if op.name == "loop" and _worthwhile(op):
            changed = True
            for was, now in zip(op.results, _unrolled(block, op), strict=True):
                replaced[id(was)] = now
        else:
            block.ops.append(op)
    return changed


def _worthwhile(op: Op) -> bool:
    attrs, body = op.attrs, op.regions[0]
    if not attrs["counted"] or attrs["exits"] or attrs["parallel"] or not _exchanges(op):
        return False
    near = [_constant(v) for v in op.operands[:3]]
    if all(n is None or abs(n) > SAFE for n in near[:2]) or near[2] is None or abs(near[2]) > SAFE:
        return False
    return op_count(body) <= LONGEST and not bound_symbols(body)


def _exchanges(op: Op) -> bool:
    """Whether two large carried arrays, written in place or not, change places in a trip."""
    place = {id(arg): k for k, arg in enumerate(carried_args(op))}
    origins = [place.get(id(_origin(v))) for v in carried_yields(op)]
    return any(
        origin is not None and origin != k and origins[origin] == k and _large(v)
        for k, (origin, v) in enumerate(zip(origins, carried_yields(op), strict=True))
    )


def _large(v: Value) -> bool:
    count = prod(v.shape)
    return bool(v.shape) and not (isinstance(count, int) and count < SMALLEST)


def _origin(v: Value) -> Value:
    """The array that `v` is a later state of, as far as it is written in place."""
    while (op := v.defining_op) is not None:
        if op.name in BUFFER_WRITES:
            v = op.operands[0]
        elif op.name == "loop":
            v = carried_operands(op)[op.results.index(v)]
        else:
            break
    return v


def _constant(v: Value) -> int | None:
    op = v.defining_op
    return int(op.attrs["value"]) if op is not None and op.name == "constant" else None


def _unrolled(block: Block, op: Op) -> list[Value]:
    """Write the two loops for `op` into `block`; what stands for its results."""
    b = Builder(block, op.span)
    start, stop, step = op.operands[:3]
    by = _constant(step)
    assert by is not None
    inits = carried_operands(op)
    end = stop if _constant(start) is None else b("maximum" if by > 0 else "minimum", stop, start)
    bound = b("sub", end, step)
    pairs = b.emit("loop", [start, bound, b.int(2 * by), *inits, start], dict(op.attrs), [_twice(op, by)])
    *state, following = pairs.results
    left = b.emit("loop", [following, stop, step, *state], dict(op.attrs), [op.regions[0]])
    for was, now in zip(op.results, left.results, strict=True):
        now.name = was.name
    return list(left.results)


def _twice(op: Op, by: int) -> Block:
    """A body of two trips, which also carries the index that follows them."""
    body = op.regions[0]
    both = Block()
    index, *state = [both.add_arg(v.type, v.name) for v in body.args]
    both.add_arg(index.type)
    b = Builder(both, op.span)
    for _ in range(2):
        mapping: dict[int, Value] = {}
        trip = clone_block(body, mapping)
        given = {id(v): now for v, now in zip(trip.args, [index, *state], strict=True)}
        substitute_uses(trip, given)
        both.ops += trip.ops[:-1]
        state = list(trip.terminator.operands)
        index = b("add", index, b.int(by))
    b.yield_(*state, index)
    return both
