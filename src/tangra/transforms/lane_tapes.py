"""Tapes that only the trips of one parallel loop use are made in each trip.

A trip takes back all that it has put on such a tape, so the trips may share one, which is made in front of the loop;
but trips that run at the same time may not.
"""

from __future__ import annotations

from tangra.ir import Block, Func, Op


def give_tapes_to_lanes(func: Func) -> None:
    """Move, in place, the making of such tapes into the loops of `func` that are marked `parallel`."""
    _visit(func.body, {id(op.result): (op, func.body) for op in func.body.ops if op.name == "tape_new"})


def _visit(block: Block, made: dict[int, tuple[Op, Block]]) -> None:
    for op in block.ops:
        if op.name == "loop" and op.attrs["parallel"]:
            _move(op, made)
        for region in op.regions:
            own = {id(each.result): (each, region) for each in region.ops if each.name == "tape_new"}
            _visit(region, {**made, **own})


def _move(loop: Op, made: dict[int, tuple[Op, Block]]) -> None:
    body = loop.regions[0]
    inside: dict[int, int] = {}
    for op in body.walk():
        if op.name in ("tape_push", "tape_pop"):
            inside[id(op.operands[0])] = inside.get(id(op.operands[0]), 0) + 1
    for key, count in inside.items():
        if key not in made:
            continue
        op, home = made[key]
        users = sum(v is op.result for each in home.walk() for v in each.operands)
        if home is not body and users == count:
            home.ops = [each for each in home.ops if each is not op]
            body.ops.insert(0, op)
            made[key] = (op, body)
