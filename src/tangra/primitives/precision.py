"""In which numbers a product or convolution is computed: those of its arrays, bfloat16, or integers of 8 bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tangra.ops.narrow import round_bfloat16
from tangra.primitives.planning import BadArgument
from tangra.shapes import Size

BFLOAT16 = "bfloat16"
EXACT = {"float32": 1 << 24}
"""Integers up to here, and their sums, are exact in float32; float64 holds those of any sizes that there are."""


@dataclass(frozen=True)
class Arithmetic:
    """`dtype`: in which arrays are multiplied and added. `rounded`: factors are rounded to bfloat16. `integers`: they
    are integers of 8 bits, and the result is int32."""

    dtype: str
    rounded: bool = False
    integers: bool = False


def of_bytes(types: Sequence[str]) -> bool:
    """Whether the first two arrays are integers of 8 bits as products take them."""
    return types[0] in ("int8", "uint8") and types[1] == "int8"


def for_bytes(name: str, types: Sequence[str], precision: Any, terms: Size) -> Arithmetic:
    """How integers of 8 bits are multiplied: in floats that hold every sum of so many terms exactly."""
    if precision is not None:
        raise BadArgument(f"{name}: integers of 8 bits are added up exactly, precision={precision!r} is for float32")
    if len(types) > 2 and types[2] not in ("int8", "int16", "int32"):
        raise BadArgument(f"{name}: the bias of integers of 8 bits must be int32, not {types[2]}")
    largest = (1 << 14) if types[0] == "int8" else 255 << 7
    small = isinstance(terms, int) and terms * largest <= EXACT["float32"]
    return Arithmetic("float32" if small else "float64", integers=True)


def for_floats(name: str, dtype: str, precision: Any) -> Arithmetic:
    """How float32 or float64 is multiplied."""
    if precision is None:
        return Arithmetic(dtype)
    if precision != BFLOAT16:
        raise BadArgument(f"{name}: precision must be None or {BFLOAT16!r}, not {precision!r}")
    if dtype != "float32":
        raise BadArgument(f"{name}: precision={BFLOAT16!r} is for arrays of float32, not {dtype}")
    return Arithmetic(dtype, rounded=True)


def factor(x: np.ndarray[Any, Any], how: Arithmetic) -> np.ndarray[Any, Any]:
    """An array as it is multiplied, uncompiled."""
    x = x.astype(how.dtype, copy=False)
    return np.asarray(round_bfloat16(x)) if how.rounded else x


def result(y: np.ndarray[Any, Any], how: Arithmetic) -> np.ndarray[Any, Any]:
    """Sums of products as they are given back, uncompiled; those of integers wrap as int32 does."""
    return y.astype(np.int64).astype(np.int32) if how.integers else y
