"""Division of a row of an array by one number: two multiplications an element, as for constants (see `reciprocals`).

What is made of the divisor is written beside each division; LLVM takes it out of the loop over the row, where the
divisor stays. 1 / d is high + low, high rounded towards zero, so that both have the sign of d and an infinite x stays
what it is. Divisors at the ends of the range, and what they divide, are scaled first. Quotients are rounded as those of
a division, but for some of those that lie within 2^2-2p of the middle between two floats, p the bits of a float (one x
in 2^p, say), and such as `reciprocals` names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.ir import DType, Op
from tangra.native import scalars
from tangra.native.llvm_types import literal, number, register_type
from tangra.native.text import FEW_TRIPS, Operand

if TYPE_CHECKING:
    from tangra.native.emitter import Emitter

ENDS = {64: (920, 100, 110), 32: (100, 30, 50)}
"""Exponents: from where divisors are scaled, by how much, and how far below high a part is that changes nothing."""


def stays(op: Op) -> bool:
    """Whether the divisor is the same along the last axis, which is long."""
    made, shape = op.operands[1].defining_op, op.result.shape
    if made is None or made.name != "broadcast" or not shape or op.result.dtype.kind != "f":
        return False
    (source,), dims = made.operands, made.attrs["dims"]
    along = [n for n, d in zip(source.shape, dims, strict=True) if d == len(shape) - 1]
    return along in ([], [1]) and (not isinstance(shape[-1], int) or shape[-1] >= FEW_TRIPS)


def divide(em: Emitter, dtype: DType, args: list[Operand]) -> Operand:
    """x / d; for constants as `scalars` has it."""
    x, d = args
    if not em.module.fma or "fast" in em.fast or em.backward or number(d) is not None:
        return scalars.write(em, "div", dtype, args)
    type, ins = register_type(dtype), em.code.ins
    factor = _factor(em, dtype, str(d))
    high, low = _parts(em, dtype, ins(f"fmul {type} {d}, {factor}"))
    scaled = ins(f"fmul {type} {x}, {factor}")
    rest = ins(f"fmul {type} {scaled}, {low}")
    return scalars.intrinsic(em, "fma", dtype, [scaled, high, rest])


def _factor(em: Emitter, dtype: DType, d: str) -> str:
    """What d and x are multiplied by: 1, or a power of two where 1 / d or a part of it would leave the normal range."""
    type, ins = register_type(dtype), em.code.ins
    end, scale, _ = ENDS[dtype.bits]
    size = scalars.intrinsic(em, "fabs", dtype, [d])
    large = ins(f"fcmp ogt {type} {size}, {literal(2.0**end, dtype)}")
    small = ins(f"fcmp olt {type} {size}, {literal(2.0**-end, dtype)}")
    up = ins(f"select i1 {small}, {type} {literal(2.0**scale, dtype)}, {type} {literal(1.0, dtype)}")
    return ins(f"select i1 {large}, {type} {literal(2.0**-scale, dtype)}, {type} {up}")


def _parts(em: Emitter, dtype: DType, d: str) -> tuple[str, str]:
    """1 / d in two parts of one sign, neither 0 unless d is infinite, and infinite where d is 0."""
    type, whole, ins = register_type(dtype), f"i{dtype.bits}", em.code.ins
    one = literal(1.0, dtype)
    nearest = ins(f"fdiv {type} {one}, {d}")
    over = ins(f"fcmp olt {type} {_left(em, dtype, nearest, d)}, {literal(0.0, dtype)}")
    bits = ins(f"bitcast {type} {nearest} to {whole}")
    below = ins(f"sub {whole} {bits}, {ins(f'zext i1 {over} to {whole}')}")
    high = ins(f"bitcast {whole} {below} to {type}")
    low = ins(f"fmul {type} {_left(em, dtype, high, d)}, {high}")
    tiny = ins(f"fmul {type} {high}, {literal(2.0 ** -ENDS[dtype.bits][2], dtype)}")
    some = ins(f"fcmp one {type} {low}, {literal(0.0, dtype)}")
    return high, ins(f"select i1 {some}, {type} {low}, {type} {tiny}")


def _left(em: Emitter, dtype: DType, inverse: str, d: str) -> str:
    """1 - inverse d, rounded once."""
    minus = em.code.ins(f"fneg {register_type(dtype)} {inverse}")
    return scalars.intrinsic(em, "fma", dtype, [minus, d, literal(1.0, dtype)])
