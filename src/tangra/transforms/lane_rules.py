"""What operations on values with lanes become, for `lanes`: the lanes are the last axis of each value that has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.ir import Op, Value

if TYPE_CHECKING:
    from tangra.transforms.lanes import Lanes


def alike(d: Lanes, op: Op) -> Value:
    """Elementwise operations, and those along other axes."""
    return d.b(op.name, *(d.wide(v) for v in op.operands), **op.attrs)


def _broadcast(d: Lanes, op: Op) -> Value:
    shape, dims = op.attrs["shape"], op.attrs["dims"]
    return d.b("broadcast", d.wide(op.operands[0]), shape=(*shape, d.size), dims=(*dims, len(shape)))


def _reshape(d: Lanes, op: Op) -> Value:
    return d.b("reshape", d.wide(op.operands[0]), shape=(*op.attrs["shape"], d.size))


def _transpose(d: Lanes, op: Op) -> Value:
    perm = op.attrs["perm"]
    return d.b("transpose", d.wide(op.operands[0]), perm=(*perm, len(perm)))


def _part(d: Lanes, op: Op) -> Value:
    """`index`, `update`, `accumulate` at places that all lanes share."""
    arrays = 1 if op.name == "index" else 2
    starts = [d.narrow(v) for v in op.operands[arrays:]]
    attrs = {"sizes": (*op.attrs["sizes"], d.size), "steps": (*op.attrs["steps"], 1)}
    return d.b(op.name, *(d.wide(v) for v in op.operands[:arrays]), *starts, d.b.int(0), **attrs)


def _gather(d: Lanes, op: Op) -> Value:
    """`gather`, `scatter`, `scatter_add` with indices that all lanes share."""
    arrays = 1 if op.name == "gather" else 2
    indices = [d.narrow(v) for v in op.operands[arrays:]]
    return d.b(op.name, *(d.wide(v) for v in op.operands[:arrays]), *indices, **op.attrs)


def _pad(d: Lanes, op: Op) -> Value:
    x, value = op.operands
    return d.b("pad", d.wide(x), d.narrow(value), low=(*op.attrs["low"], 0), high=(*op.attrs["high"], 0))


def _dot_general(d: Lanes, op: Op) -> Value:
    """The factor with lanes comes second, so that the lanes are the last free axis; with two they are a batch axis."""
    (x, y), (cx, cy), (bx, by) = op.operands, op.attrs["contract"], op.attrs["batch"]
    lead, rank = len(bx), op.result.array.rank
    if id(x) in d.have and id(y) in d.have:
        lanes = (len(x.shape), len(y.shape))
        batch = ((*bx, lanes[0]), (*by, lanes[1]))
        product = d.b("dot_general", d.wide(x), d.wide(y), contract=(cx, cy), batch=batch)
        order = (*range(lead), *range(lead + 1, rank + 1), lead)
        return d.b("transpose", product, perm=order)
    if id(y) in d.have:
        return d.b("dot_general", d.narrow(x), d.wide(y), contract=(cx, cy), batch=(bx, by))
    product = d.b("dot_general", d.narrow(y), d.wide(x), contract=(cy, cx), batch=(by, bx))
    right = len(y.shape) - len(cy) - lead
    order = (*range(lead), *range(lead + right, rank), *range(lead, lead + right), rank)
    return d.b("transpose", product, perm=order)


Rule = Callable[["Lanes", Op], Value]
RULES: dict[str, Rule] = {
    "broadcast": _broadcast,
    "reshape": _reshape,
    "transpose": _transpose,
    "dot_general": _dot_general,
    "pad": _pad,
    **dict.fromkeys(("index", "update", "accumulate"), _part),
    **dict.fromkeys(("gather", "scatter", "scatter_add"), _gather),
    **dict.fromkeys(("reduce_sum", "reduce_prod", "reduce_max", "reduce_min", "concat", "cumsum", "cumprod"), alike),
}
