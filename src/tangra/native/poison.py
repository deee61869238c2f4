"""Poisoned memory: with the option `poison` every buffer is filled with marks before it is used, so that a program that
reads what was not written gives NaN, or numbers nobody expects. For tests; see `NativeOptions`."""

from __future__ import annotations

from tangra.ir import DType
from tangra.native.llvm_types import literal, zero
from tangra.native.module import Module
from tangra.native.text import Code, Operand

MARKS = {"f": 0xFF, "b": 0xFF}
"""The byte that a buffer of this kind of number is filled with: NaN, and true."""
NUMBER = 0x5A
"""In integers."""
TAPE_BYTES = 1 << 16
"""How much of a tape is filled when it is new (a tape has so many bytes beyond its limit)."""


def unset(module: Module, dtype: DType) -> Operand:
    """What an element is that nobody wrote and that is in no memory."""
    if not module.options.poison:
        return zero(dtype)
    if dtype.kind == "b":
        return literal(True, dtype)
    return literal(
        float("nan") if dtype.kind == "f" else int.from_bytes(bytes([NUMBER] * dtype.itemsize), "big"), dtype
    )


def fill(module: Module, code: Code, pointer: str, dtype: DType, size: Operand) -> None:
    """Fill `size` bytes for an array of `dtype`."""
    fill_bytes(module, code, pointer, MARKS.get(dtype.kind, NUMBER), size)


def fill_bytes(module: Module, code: Code, pointer: str, mark: int, size: Operand) -> None:
    module.declare("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")
    code.do(f"call void @llvm.memset.p0.i64(ptr {pointer}, i8 {mark}, i64 {size}, i1 false)")
