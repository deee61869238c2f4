"""Sorting (stable, NaN last), its permutation, and binary search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Op, Value
from tangra.ir.opdef import OpDef, register
from tangra.ir.types import I64, ArrayType, Type
from tangra.ops.common import axis_list, require, zeros_like

FAMILY = "sorting"
Partials = list[Value | None]


def _infer_sort(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    (x,) = operands
    axis_list((attrs["axis"],), len(x.shape), "sort")
    return [x.type]


def _infer_argsort(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    _infer_sort(operands, attrs, regions)
    return [ArrayType(I64, operands[0].shape)]


def _infer_searchsorted(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    a, v = operands
    require(len(a.shape) == 1 and a.dtype == v.dtype, f"searchsorted of {v.type} in {a.type}")
    require(attrs["side"] in ("left", "right"), f"searchsorted: side {attrs['side']!r}")
    return [ArrayType(I64, v.shape)]


def _permutation(b: Builder, op: Op) -> list[Value]:
    """Index arrays that take each sorted element from its place in the operand."""
    x, axis = op.operands[0], op.attrs["axis"]
    order = b("argsort", x, axis=axis)
    return [order if k == axis else b("iota", dtype=I64, shape=x.shape, axis=k) for k in range(len(x.shape))]


def _sort_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    t = tangents[0]
    return [None if t is None else b("gather", t, *_permutation(b, op))]


def _sort_vjp(b: Builder, op: Op, cotangents: Partials, wanted: list[bool]) -> Partials:
    ct = cotangents[0]
    if ct is None or not wanted[0]:
        return [None]
    return [b("scatter_add", zeros_like(b, ct), ct, *_permutation(b, op))]


def _searchsorted(a: Any, v: Any, side: Any) -> Any:
    return np.asarray(np.searchsorted(a, v, side)).astype(np.int64)[()]


register(
    OpDef(
        "sort",
        FAMILY,
        _infer_sort,
        lambda x, axis: np.sort(x, axis=axis, kind="stable"),
        jvp=_sort_jvp,
        vjp=_sort_vjp,
        native="sort",
        attrs=("axis",),
        cost=50,
        source="np.sort",
        doc="ascending, stable, NaN last",
        absent={"partials": "not elementwise"},
    )
)
register(
    OpDef(
        "argsort",
        FAMILY,
        _infer_argsort,
        lambda x, axis: np.argsort(x, axis=axis, kind="stable").astype(np.int64),
        native="argsort",
        attrs=("axis",),
        cost=50,
        zero_derivative=True,
        source="np.argsort",
        doc="the stable permutation that sorts",
    )
)
register(
    OpDef(
        "searchsorted",
        FAMILY,
        _infer_searchsorted,
        _searchsorted,
        native="searchsorted",
        attrs=("side",),
        cost=20,
        zero_derivative=True,
        source="np.searchsorted",
        doc="where v would be inserted into the sorted a",
    )
)
