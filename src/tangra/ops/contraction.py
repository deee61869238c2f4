"""`dot_general`: sums of products over any axes of two arrays, with batch axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Op, Value
from tangra.ir.opdef import OpDef, register
from tangra.ir.types import ArrayType, Type
from tangra.ops.common import NUMBER, add_maybe, axis_list, quiet, require
from tangra.ops.structural import inverse_permutation

Axes = tuple[int, ...]


def free_axes(rank: int, contract: Sequence[int], batch: Sequence[int]) -> Axes:
    """The axes that are neither contracted nor batch axes."""
    return tuple(k for k in range(rank) if k not in contract and k not in batch)


def _infer(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    x, y = operands
    (cx, cy), (bx, by) = attrs["contract"], attrs["batch"]
    require(x.dtype == y.dtype and x.dtype.kind in NUMBER, f"dot_general of {x.type} and {y.type}")
    axis_list((*cx, *bx), len(x.shape), "dot_general")
    axis_list((*cy, *by), len(y.shape), "dot_general")
    require(len(cx) == len(cy) and len(bx) == len(by), f"dot_general: contract {cx, cy}, batch {bx, by}")
    for i, j in zip((*cx, *bx), (*cy, *by), strict=True):
        require(x.shape[i] == y.shape[j], f"dot_general of {x.type} and {y.type}: axes {i} and {j} differ")
    shape = [x.shape[k] for k in (*bx, *free_axes(len(x.shape), cx, bx))]
    return [ArrayType(x.dtype, (*shape, *(y.shape[k] for k in free_axes(len(y.shape), cy, by))))]


def _evaluate(x: Any, y: Any, contract: tuple[Axes, Axes], batch: tuple[Axes, Axes]) -> Any:
    """As one matrix product: (batch, free of x, contracted) by (batch, contracted, free of y)."""
    x, y = np.asarray(x), np.asarray(y)
    (cx, cy), (bx, by) = contract, batch
    fx, fy = free_axes(x.ndim, cx, bx), free_axes(y.ndim, cy, by)
    lead, rows, columns = ([a.shape[k] for k in axes] for a, axes in ((x, bx), (x, fx), (y, fy)))
    inner = int(np.prod([x.shape[k] for k in cx]))
    left = x.transpose((*bx, *fx, *cx)).reshape((*lead, int(np.prod(rows)), inner))
    right = y.transpose((*by, *cy, *fy)).reshape((*lead, inner, int(np.prod(columns))))
    return np.matmul(left, right).reshape((*lead, *rows, *columns))[()]


def _jvp(b: Builder, op: Op, tangents: list[Value | None]) -> list[Value | None]:
    x, y = op.operands
    tx, ty = tangents
    left = None if tx is None else b("dot_general", tx, y, **op.attrs)
    right = None if ty is None else b("dot_general", x, ty, **op.attrs)
    return [add_maybe(b, left, right)]


def _operand_cotangent(b: Builder, ct: Value, x: Value, y: Value, attrs: dict[str, Any], first: bool) -> Value:
    """The cotangent of `x`: that of the result contracted with `y` over y's free axes, its axes put in x's order.

    The product's axes are batch, x's free axes, then y's contracted axes in their own order.
    """
    own, other = (0, 1) if first else (1, 0)
    contract, batch = attrs["contract"], attrs["batch"]
    cx, cy, bx, by = contract[own], contract[other], batch[own], batch[other]
    fx, fy = free_axes(len(x.shape), cx, bx), free_axes(len(y.shape), cy, by)
    lead = len(bx)
    start = lead + len(fx) if first else lead
    y_free_in_ct = tuple(range(start, start + len(fy)))
    product = b("dot_general", ct, y, contract=(y_free_in_ct, fy), batch=(tuple(range(lead)), by))
    contracted = tuple(cx[cy.index(k)] for k in sorted(cy))
    return b("transpose", product, perm=inverse_permutation((*bx, *fx, *contracted)))


def _vjp(b: Builder, op: Op, cotangents: list[Value | None], wanted: list[bool]) -> list[Value | None]:
    x, y = op.operands
    ct = cotangents[0]
    if ct is None:
        return [None, None]
    attrs = {k: tuple(tuple(axes) for axes in op.attrs[k]) for k in ("contract", "batch")}
    return [
        _operand_cotangent(b, ct, x, y, attrs, True) if wanted[0] else None,
        _operand_cotangent(b, ct, y, x, attrs, False) if wanted[1] else None,
    ]


register(
    OpDef(
        "dot_general",
        "contraction",
        _infer,
        quiet(_evaluate),
        jvp=_jvp,
        vjp=_vjp,
        native="dot_general",
        cost=10,
        attrs=("contract", "batch"),
        source="np.einsum",
        absent={"partials": "not elementwise", "fold": "none is exact"},
        doc="result axes: batch, x's free, y's free",
    )
)
