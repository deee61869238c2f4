"""Arithmetic with bfloat16: numbers with the range of float32 and 8 bits of it, held in float32.

A product in bfloat16 is `bfloat16_back` of the product of two `bfloat16`: factors are rounded to nearest, half to even,
each product of two of them is a float32 (24 bits hold it), and the sums are those of float32. Its derivatives are such
products again: `bfloat16` rounds tangents as it does values and leaves cotangents, which are sums, as they are;
`bfloat16_back` leaves values and tangents, and rounds cotangents, which are factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Op, Value
from tangra.ir.opdef import OpDef, register
from tangra.ir.types import F32, ArrayType, Type
from tangra.ops.common import require

FAMILY = "narrow"
Terms = list[Value | None]
HALF, KEPT, QUIET = np.uint32(0x7FFF), np.uint32(0xFFFF0000), np.uint32(0x00400000)


def round_bfloat16(x: Any) -> Any:
    """float32 rounded to the nearest bfloat16, half to even; NaN stay NaN."""
    x = np.asarray(x, np.float32)
    bits = x.view(np.uint32)
    odd = (bits >> np.uint32(16)) & np.uint32(1)
    rounded = np.where(np.isnan(x), bits | QUIET, bits + (HALF + odd)) & KEPT
    return rounded.view(np.float32)[()]


def _infer(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    (x,) = operands
    require(x.dtype == F32, f"bfloat16 of {x.dtype}")
    return [ArrayType(F32, x.shape)]


def _fold(b: Builder, operands: Sequence[Value], attrs: dict[str, Any]) -> Value | None:
    """What is rounded already stays as it is."""
    made = operands[0].defining_op
    return operands[0] if made is not None and made.name == "bfloat16" else None


def _jvp(b: Builder, op: Op, tangents: Terms) -> Terms:
    return [None if tangents[0] is None else b("bfloat16", tangents[0])]


def _vjp(b: Builder, op: Op, cotangents: Terms, wanted: list[bool]) -> Terms:
    return [cotangents[0] if wanted[0] else None]


def _jvp_of_back(b: Builder, op: Op, tangents: Terms) -> Terms:
    return [tangents[0]]


def _vjp_of_back(b: Builder, op: Op, cotangents: Terms, wanted: list[bool]) -> Terms:
    return [None if cotangents[0] is None or not wanted[0] else b("bfloat16", cotangents[0])]


BY_CONVENTION = {"partials": "1 by convention: rounding is no change to derivatives but to their factors"}
register(
    OpDef(
        "bfloat16",
        FAMILY,
        _infer,
        round_bfloat16,
        jvp=_jvp,
        vjp=_vjp,
        fold=_fold,
        native="bfloat16",
        elementwise=True,
        source="ml_dtypes.bfloat16",
        absent=BY_CONVENTION,
        doc="rounded to bfloat16, half to even, and so are its tangents",
    )
)
register(
    OpDef(
        "bfloat16_back",
        FAMILY,
        _infer,
        lambda x: x,
        jvp=_jvp_of_back,
        vjp=_vjp_of_back,
        native="bfloat16_back",
        elementwise=True,
        source="ml_dtypes.bfloat16",
        absent={**BY_CONVENTION, "fold": "its cotangent is rounded"},
        doc="x, whose cotangents are rounded to bfloat16",
    )
)
