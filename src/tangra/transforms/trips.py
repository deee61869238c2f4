"""How many trips a forward loop makes, for the sweep that goes back through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.ir import I64, ArrayType, Block, Op, Value

if TYPE_CHECKING:
    from tangra.transforms.reverse import Reverse


def step_of(loop: Op) -> int:
    """The step of a counted loop; 1 for others, whose trips are numbered from 0."""
    if not loop.attrs["counted"]:
        return 1
    op = loop.operands[2].defining_op
    assert op is not None, "the step of a counted loop is a constant"
    return int(op.attrs["value"])


def number_of_trips(sweep: Reverse, loop: Op) -> Value:
    """The number of trips, 0 for none, where the sweep stands."""
    if loop.attrs["exits"]:
        return count_trips(sweep, loop)
    b, step = sweep.b, step_of(loop)
    start, stop = loop.operands[:2]
    distance = b("sub", stop, start) if step > 0 else b("sub", start, stop)
    if abs(step) > 1:
        distance = b("floordiv", b("add", distance, b.int(abs(step) - 1)), b.int(abs(step)))
    return b("maximum", distance, b.int(0))


def count_trips(sweep: Reverse, loop: Op) -> Value:
    """Make the forward loop count its trips; the count is a new result."""
    body = loop.regions[0]
    outside = sweep.versions.parent[id(body)][1]
    with sweep.b.at(Block()) as before:
        zero = sweep.b.int(0)
    place = next(k for k, o in enumerate(outside.ops) if o is loop)
    outside.ops[place:place] = before.ops
    count = body.add_arg(ArrayType(I64), "trips")
    with sweep.b.at(Block()) as inside:
        following = sweep.b("add", count, sweep.b.int(1))
    body.ops[-1:-1] = inside.ops
    body.terminator.operands.append(following)
    loop.operands.append(zero)
    result = Value(ArrayType(I64), loop, "trips")
    loop.results.append(result)
    for v, block in ((zero, outside), (result, outside), (count, body)):
        sweep.versions.define(v, block)
    for o in inside.ops:
        sweep.versions.define(o.result, body)
    return result
