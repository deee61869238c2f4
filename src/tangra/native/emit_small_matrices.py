"""Inverse and determinant of 2 by 2 matrices, written out: Gaussian elimination with partial pivoting, as LAPACK does.

A call of LAPACK costs some hundred times these few instructions. Every operation of the elimination is rounded as there
(the ratio of two elements is a product with a reciprocal, and no product is joined with a difference): whether the last
pivot is exactly 0, so that the matrix counts as singular, is a matter of these roundings.
"""

from __future__ import annotations

from dataclasses import dataclass

from tangra.native import scalars
from tangra.native.emitter import Emitter
from tangra.native.llvm_types import literal, register_type
from tangra.native.text import Operand
from tangra.native.values import Strided


@dataclass(frozen=True)
class Factors:
    """[[1, 0], [ratio, 1]] times [[first, right], [0, second]] is the matrix, its rows exchanged where `swapped`."""

    swapped: str
    ratio: str
    first: str
    right: str
    second: str


class Pair:
    """Arithmetic of one dtype."""

    def __init__(self, em: Emitter, matrix: Strided) -> None:
        self.em, self.dtype, self.type = em, matrix.dtype, register_type(matrix.dtype)
        self.zero, self.one = (str(literal(n, matrix.dtype)) for n in (0, 1))

    def do(self, op: str, x: Operand, y: Operand) -> str:
        """`fadd`, `fsub`, `fmul` or `fdiv`, rounded for itself."""
        fast = "fast " if self.em.module.options.fastmath else ""
        return self.em.code.ins(f"{op} {fast}{self.type} {x}, {y}")

    def choose(self, test: str, x: Operand, y: Operand) -> str:
        """`x` where `test`, else `y`."""
        return self.em.code.ins(f"select i1 {test}, {self.type} {x}, {self.type} {y}")

    def is_zero(self, x: Operand) -> str:
        """Whether `x` is 0 (NaN is not)."""
        return self.em.code.ins(f"fcmp oeq {self.type} {x}, {self.zero}")

    def negative(self, x: Operand) -> str:
        return self.em.code.ins(f"fneg {self.type} {x}")

    def ratio(self, x: str, pivot: str) -> str:
        """x / pivot, by a reciprocal unless that may be infinite."""
        smallest = literal(2.0 ** (-1022 if self.dtype.bits == 64 else -126), self.dtype)
        size = scalars.write(self.em, "abs", self.dtype, [pivot])
        tiny = self.em.code.ins(f"fcmp olt {self.type} {size}, {smallest}")
        quotient = self.do("fdiv", self.choose(tiny, x, self.one), pivot)
        return self.choose(tiny, quotient, self.do("fmul", x, quotient))

    def factors(self, matrix: Strided) -> Factors:
        """LU factors, the larger of the first column as pivot; a zero column has ratio 0."""
        a, b, c, d = (matrix.element(self.em, (i, j), {}) for i in (0, 1) for j in (0, 1))
        sizes = [scalars.write(self.em, "abs", self.dtype, [x]) for x in (c, a)]
        swapped = self.em.code.ins(f"fcmp ogt {self.type} {sizes[0]}, {sizes[1]}")
        first, right = self.choose(swapped, c, a), self.choose(swapped, d, b)
        below, corner = self.choose(swapped, a, c), self.choose(swapped, b, d)
        ratio = self.choose(self.is_zero(first), self.zero, self.ratio(below, first))
        second = self.do("fsub", corner, self.do("fmul", ratio, right))
        return Factors(swapped, ratio, first, right, second)


def write_inverse(em: Emitter, matrix: Strided, target: Strided) -> str:
    """Write the inverse of a 2 by 2 matrix; whether there is one (the target is not meaningful otherwise)."""
    pair = Pair(em, matrix)
    f = pair.factors(matrix)
    low = pair.do("fdiv", pair.one, f.second)
    lead = pair.do("fdiv", pair.one, f.first)
    left = pair.negative(pair.do("fmul", f.ratio, low))
    across = pair.do("fmul", pair.do("fmul", f.right, lead), low)
    top = pair.do("fadd", lead, pair.do("fmul", across, f.ratio))
    rows = ((top, pair.negative(across)), (left, low))
    for i, (x, y) in enumerate(rows):
        em.store(target, target.place(em, (i, 0)), pair.choose(f.swapped, y, x))
        em.store(target, target.place(em, (i, 1)), pair.choose(f.swapped, x, y))
    singular = em.code.ins(f"or i1 {pair.is_zero(f.first)}, {pair.is_zero(f.second)}")
    return em.code.ins(f"xor i1 {singular}, true")


def write_det(em: Emitter, matrix: Strided) -> str:
    """The determinant of a 2 by 2 matrix."""
    pair = Pair(em, matrix)
    f = pair.factors(matrix)
    product = pair.do("fmul", f.first, f.second)
    return pair.choose(f.swapped, pair.negative(product), product)
