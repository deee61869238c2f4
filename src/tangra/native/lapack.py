"""Calls of LAPACK and BLAS routines through SciPy's function pointers, and matrices as they take them.

Fortran passes everything by reference, integers are 32 bits wide, and matrices are column-major: a row-major matrix is
its transpose to them. Where the transpose does as well nothing is copied.
"""

from __future__ import annotations

from collections.abc import Sequence

from tangra.ir import I32, DType
from tangra.native.emitter import Emitter
from tangra.native.llvm_types import literal, register_type
from tangra.native.text import Operand
from tangra.native.values import Strided
from tangra.shapes import Size

Argument = str | tuple[str, object] | Strided
"""A letter ("L"), a pair ("i", operand) of an integer or ("f", number) of a float constant, or an array."""


def call(em: Emitter, dtype: DType, name: str, args: Sequence[Argument], library: str = "lapack") -> None:
    """Call routine `name` (without the letter of its type)."""
    letter = "d" if dtype.bits == 64 else "s"
    signature = "void (" + ", ".join(["ptr captures(none)"] * len(args)) + ")"
    function = em.module.external(f"{library}.{letter}{name}", signature)
    texts = [f"ptr {_reference(em, dtype, arg)}" for arg in args]
    em.code.do(f"call void {function}({', '.join(texts)})")


def _reference(em: Emitter, dtype: DType, arg: Argument) -> str:
    if isinstance(arg, Strided):
        return em.address(arg, arg.offset)
    if isinstance(arg, str):
        slot, kind, value = em.variable("i8"), "i8", str(ord(arg))
    elif arg[0] == "i":
        slot, kind, value = em.variable("i32"), "i32", narrow(em, arg[1])
    else:
        slot, kind = em.variable(register_type(dtype)), register_type(dtype)
        value = str(literal(arg[1], dtype))
    em.code.do(f"store {kind} {value}, ptr {slot}")
    return slot


def narrow(em: Emitter, value: object) -> str:
    """An i64 operand as i32."""
    return str(value) if isinstance(value, int) else em.code.ins(f"trunc i64 {value} to i32")


def integer(value: Operand) -> Argument:
    return ("i", value)


def leading(em: Emitter, size: Size) -> Argument:
    """A leading dimension: at least 1."""
    value = em.size(size)
    if isinstance(value, int):
        return ("i", max(value, 1))
    em.module.declare("declare i64 @llvm.smax.i64(i64, i64)")
    return ("i", em.code.ins(f"call i64 @llvm.smax.i64(i64 {value}, i64 1)"))


class Info:
    """The status a routine returns."""

    def __init__(self, em: Emitter) -> None:
        self.em = em
        self.memory = em.allocate(I32, (1,))

    def succeeded(self) -> str:
        """Whether it is 0, as an i1."""
        status = self.em.load(self.memory, self.memory.offset)
        return self.em.code.ins(f"icmp eq i32 {status}, 0")


def column_major(em: Emitter, dtype: DType, rows: Size, columns: Size) -> tuple[Strided, Strided]:
    """New memory for a matrix as Fortran has it: the memory, and the matrix as a view of it."""
    memory = em.allocate(dtype, (columns, rows))
    view = Strided(memory.buffer, dtype, (rows, columns), (memory.strides[1], memory.strides[0]), memory.offset)
    return memory, view


def matrix(em: Emitter, source: Strided, batch: Sequence[Operand]) -> Strided:
    """One matrix (or vector, or scalar) of a batch."""
    offset = source.offset
    for i, stride in zip(batch, source.strides, strict=False):
        offset = em.code.add(offset, em.code.mul(i, stride))
    lead = len(batch)
    return Strided(source.buffer, source.dtype, source.shape[lead:], source.strides[lead:], offset, source.contiguous)
