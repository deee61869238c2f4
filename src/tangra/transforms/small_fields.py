"""Small arrays that loops keep on tapes become numbers there, too.

What an extremum of three elements keeps for its derivative is an array of three bools. Pushed as a whole it would be
made in every trip, and the loops around could not run in vectors (`small_arrays`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tangra.ir import ArrayType, Block, Builder, Func, Op, TapeType, Value

Small = Callable[[Value], bool]


def split_small_fields(func: Func, fits: Callable[[Op], bool], small: Small) -> bool:
    """Take apart, in place, the `small` fields of tapes that only loops that `fits` accepts push to and take from, in
    their bodies. Returns whether there were any."""
    users: dict[int, list[tuple[Op, Block, Op]]] = {}
    places: dict[int, int] = {}
    made: list[Op] = []
    for owner, block in [(None, func.body), *((op, region) for op in func.body.walk() for region in op.regions)]:
        for op in block.ops:
            if op.name == "tape_new":
                made.append(op)
            for v in op.operands:
                places[id(v)] = places.get(id(v), 0) + isinstance(v.type, TapeType)
            if op.name in ("tape_push", "tape_pop") and owner is not None and owner.name == "loop":
                users.setdefault(id(op.operands[0]), []).append((owner, block, op))
    changed = False
    for tape in made:
        uses = users.get(id(tape.result), [])
        pushes = [op for *_, op in uses if op.name == "tape_push"]
        fields = [k for k, v in enumerate(pushes[0].operands[1:]) if small(v)] if pushes else []
        if fields and len(uses) == places[id(tape.result)] and all(fits(loop) for loop, *_ in uses):
            _split(tape, [(block, op) for _, block, op in uses], fields)
            changed = True
    return changed


def _split(tape: Op, uses: list[tuple[Block, Op]], fields: list[int]) -> None:
    record: list[ArrayType] = []
    for k, type in enumerate(tape.attrs["record"]):
        record += [ArrayType(type.dtype, ())] * int(np.prod(type.shape)) if k in fields else [type]
    tape.attrs = {**tape.attrs, "record": tuple(record)}
    tape.result.type = TapeType(tuple(record))
    for block, op in uses:
        around, b = Block(), Builder()
        with b.at(around), b.spanned(op.span):
            (_push if op.name == "tape_push" else _pop)(b, op, fields)
        at = next(k for k, each in enumerate(block.ops) if each is op)
        block.ops[at : at + 1] = [*around.ops, op] if op.name == "tape_push" else [op, *around.ops]


def _push(b: Builder, op: Op, fields: list[int]) -> None:
    handle, *values = op.operands
    operands = [handle]
    for k, v in enumerate(values):
        if k not in fields:
            operands.append(v)
            continue
        one = {"sizes": (None,) * len(v.shape), "steps": (1,) * len(v.shape)}
        operands += [b("index", v, *map(b.int, at), **one) for at in np.ndindex(*v.shape)]
    op.operands = operands


def _pop(b: Builder, op: Op, fields: list[int]) -> None:
    results: list[Value] = []
    for k, v in enumerate(op.results):
        if k not in fields:
            results.append(v)
            continue
        parts = [Value(ArrayType(v.dtype, ()), op, v.name) for _ in np.ndindex(*v.shape)]
        results += parts
        row = b.emit("concat", [b("reshape", part, shape=(1,)) for part in parts], {"axis": 0})
        whole = row if len(v.shape) == 1 else b.emit("reshape", row.results, {"shape": v.shape})
        whole.results, v.owner = [v], whole
    op.results = results
