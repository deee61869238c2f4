"""LLVM spellings of our element types and constants."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from tangra.ir import DType
from tangra.native.text import Operand


def register_type(dtype: DType) -> str:
    """The type of an element in a register."""
    if dtype.kind == "b":
        return "i1"
    if dtype.kind == "f":
        return "double" if dtype.bits == 64 else "float"
    return f"i{dtype.bits}"


def memory_type(dtype: DType) -> str:
    """The type of an element in memory: as in a register, but bool is a byte."""
    return "i8" if dtype.kind == "b" else register_type(dtype)


def double_bits(value: float) -> str:
    """LLVM's exact spelling of a float constant (float constants are written as the double of the same value)."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def literal(value: Any, dtype: DType) -> Operand:
    """The operand for a NumPy or Python scalar constant of `dtype`."""
    if dtype.kind == "b":
        return "true" if value else "false"
    if dtype.kind == "f":
        number = float(np.dtype(dtype.numpy).type(value))
        if number != number:
            return "0x7FF8000000000000"
        return double_bits(number)
    number = int(value)
    return number if dtype.name == "i64" else str(number)


def number(operand: Operand) -> float | None:
    """The value of a float constant, None for other operands."""
    if not isinstance(operand, str) or not operand.startswith("0x"):
        return None
    return float(struct.unpack("<d", struct.pack("<Q", int(operand, 16)))[0])


def zero(dtype: DType) -> Operand:
    return literal(0, dtype)


def suffix(dtype: DType) -> str:
    """How LLVM's overloaded intrinsics name the type."""
    return f"f{dtype.bits}" if dtype.kind == "f" else f"i{dtype.bits}"
