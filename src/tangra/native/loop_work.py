"""How much work a trip of a loop is, in simple operations, as far as that can be told in front of it."""

from __future__ import annotations

from tangra.ir import ArrayType, Block, Op, Value
from tangra.native import parallel, polling
from tangra.native.emit_elementwise import vector_cost
from tangra.native.emitter import Emitter
from tangra.native.text import Operand
from tangra.native.values import Scalar
from tangra.shapes import Size, prod, symbols_of

UNKNOWN_TRIPS = 32
"""Trips of loops, and sizes, that can't be told before."""
SLOW, SCALAR_COST = 10, 8
"""Operations of this cost and above count as so many simple ones."""


def work_of(em: Emitter, block: Block) -> Operand:
    """The work of one run of a block, as far as it can be told where code is written now."""
    vector = polling.is_leaf(block)
    fixed = 0
    total: Operand = 0
    for op in block.ops[:-1]:
        found = _op_work(em, op, vector)
        if isinstance(found, int):
            fixed += found
        else:
            total = em.code.add(total, found)
    return parallel.bounded(em, em.code.add(total, fixed))


def _op_work(em: Emitter, op: Op, vector: bool) -> Operand:
    code = em.code
    inner: Operand = 0
    for region in op.regions:
        inner = code.add(inner, work_of(em, region))
    if op.name == "loop":
        return parallel.bounded(em, code.mul(_trips(em, op), inner))
    if op.name in ("call", "custom_derivative"):
        return UNKNOWN_TRIPS * UNKNOWN_TRIPS
    sizes = [v.type for v in (*op.operands, *op.results) if isinstance(v.type, ArrayType) and v.type.shape]
    cost = vector_cost(op) if vector or sizes else (1 if op.defn.cost < SLOW else SCALAR_COST)
    if not sizes or op.name in ("index", "update", "accumulate") or not op.results:
        changed = op.operands[1:2] if op.name in ("update", "accumulate") else op.results
        sizes = [v.type for v in changed if isinstance(v.type, ArrayType) and v.type.shape]
    largest: Operand = cost
    for type in sizes:
        size = prod(type.shape)
        found = parallel.product(em, cost, [size if _is_known(em, size) else UNKNOWN_TRIPS])
        largest = found if not isinstance(largest, int) or not isinstance(found, int) else max(largest, found)
    return code.add(inner, largest)


def _is_known(em: Emitter, size: Size) -> bool:
    """Whether the symbols of a size are bound where code is written now."""
    return all(any(name in frame.binds for frame in em.frames) for name in symbols_of(size))


def _trips(em: Emitter, op: Op) -> Operand:
    if not op.attrs["counted"]:
        return UNKNOWN_TRIPS
    start, stop = (_outside(em, v) for v in op.operands[:2])
    if start is None or stop is None:
        return UNKNOWN_TRIPS
    up = _step(op) > 0
    return parallel.bounded(em, em.code.sub(stop, start) if up else em.code.sub(start, stop))


def _outside(em: Emitter, value: Value) -> Operand | None:
    """The operand of a value that is known already."""
    made = value.defining_op
    if made is not None and made.name == "constant":
        return int(made.attrs["value"])
    if made is not None and made.name == "dim":
        size = made.attrs["size"]
        return em.size(size) if _is_known(em, size) else None
    try:
        found = em.repr(value)
    except KeyError:
        return None
    return found.operand if isinstance(found, Scalar) else None


def _step(op: Op) -> int:
    step = op.operands[2].defining_op
    assert step is not None
    return int(step.attrs["value"])
