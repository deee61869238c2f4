"""Products of matrices by BLAS.

Fortran passes everything by reference and has matrices column-major: row-major C = A B is column-major C' = B' A',
which is how it is passed.
"""

from __future__ import annotations

from dataclasses import dataclass

from tangra.ir import DType
from tangra.native.emitter import Emitter
from tangra.native.llvm_types import literal
from tangra.native.text import Operand


@dataclass(frozen=True)
class Layout:
    """How a matrix lies in memory: its rows are `ld` apart, or (`transposed`) its columns are."""

    ld: Operand
    transposed: bool = False


class Gemm:
    """C (+)= A B for matrices of one size and layout, at any addresses."""

    def __init__(
        self,
        em: Emitter,
        dtype: DType,
        sizes: tuple[Operand, Operand, Operand],
        layouts: tuple[Layout, Layout],
        result: Operand,
        add: bool = False,
    ) -> None:
        """`sizes` are the rows of A, the columns of B and what is summed over; the rows of C are `result` apart."""
        self.em = em
        letter, type = ("d", "double") if dtype.bits == 64 else ("s", "float")
        signature = "void (" + ", ".join(["ptr captures(none)"] * 13) + ")"
        self.function = em.module.external(f"blas.{letter}gemm", signature)
        a, b = layouts
        m, n, k = sizes
        flags = [self._reference(ord("T" if side.transposed else "N"), "i8") for side in (b, a)]
        self.head = [*flags, *(self._reference(size, "i32") for size in (n, m, k))]
        self.lda, self.ldb, self.ldc = (self._reference(at_least(em, ld, 1), "i32") for ld in (a.ld, b.ld, result))
        self.one, self.start = (self._reference(literal(v, dtype), type) for v in (1, int(add)))

    def _reference(self, value: Operand, kind: str) -> str:
        slot = self.em.variable(kind)
        if kind == "i32" and not isinstance(value, int):
            value = self.em.code.ins(f"trunc i64 {value} to i32")
        self.em.code.do(f"store {kind} {value}, ptr {slot}")
        return f"ptr {slot}"

    def write(self, a: str, b: str, c: str) -> None:
        """The product of the matrices at addresses `a` and `b` goes to `c`."""
        args = [*self.head, self.one, f"ptr {b}", self.ldb, f"ptr {a}", self.lda, self.start, f"ptr {c}", self.ldc]
        self.em.code.do(f"call void {self.function}({', '.join(args)})")


def at_least(em: Emitter, value: Operand, bound: Operand) -> Operand:
    """The larger of two numbers: BLAS insists on leading dimensions even where there is but one row."""
    if isinstance(value, int) and isinstance(bound, int):
        return max(value, bound)
    em.module.declare("declare i64 @llvm.smax.i64(i64, i64)")
    return em.code.ins(f"call i64 @llvm.smax.i64(i64 {value}, i64 {bound})")


def at_most(em: Emitter, value: Operand, bound: Operand) -> Operand:
    """The smaller of two numbers."""
    if isinstance(value, int) and isinstance(bound, int):
        return min(value, bound)
    em.module.declare("declare i64 @llvm.smin.i64(i64, i64)")
    return em.code.ins(f"call i64 @llvm.smin.i64(i64 {value}, i64 {bound})")
