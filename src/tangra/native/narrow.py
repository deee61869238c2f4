"""Products of narrow numbers as their kernels want them: bfloat16 held in float32, integers of 8 bits held in others.

Whatever computes them, they mean the same: the sums of products of float32 or of integers. Integers go to kernels that
add up in int32 only where the sums are the same to the last bit that way.
"""

from __future__ import annotations

from tangra.ir import F32, I8, I32, U8, DType, Op, Value
from tangra.native import scalars
from tangra.native.emitter import Emitter
from tangra.native.text import Operand
from tangra.native.values import Array, Elementwise, Strided
from tangra.shapes import Size

BYTES = {I8: "i8", U8: "u8"}
EXACT = {"i32": None, "i64": (1 << 31) - 1, "f32": 1 << 24, "f64": (1 << 31) - 1}
"""Up to where sums are the same in int32 and in the type; in int32 all are, since both wrap."""
LARGEST = {"i8": 1 << 14, "u8": 255 << 7}
"""The largest product of such a number with one of int8."""


def numbers(em: Emitter, op: Op, terms: Size) -> str:
    """What the operands hold of which the result is sums of so many products: "bf16", "i8" or "u8" (the first one),
    or "" for others."""
    x, y = op.operands
    if x.dtype == F32 and _rounded(x) and _rounded(y):
        return "bf16"
    first, second = _byte(em, x), _byte(em, y)
    if first is None or second != I8 or not isinstance(terms, int) or x.dtype.name not in EXACT:
        return ""
    found, limit = BYTES[first], EXACT[x.dtype.name]
    return found if limit is None or terms * LARGEST[found] <= limit else ""


def _rounded(value: Value) -> bool:
    """Whether all elements are bfloat16."""
    made = value.defining_op
    while made is not None and made.defn.view:
        made = made.operands[0].defining_op
    return made is not None and made.name == "bfloat16"


def _byte(em: Emitter, value: Value) -> DType | None:
    """The type of integers of 8 bits that are converted where they are read."""
    made = value.defining_op
    if made is None or made.name != "cast" or made.operands[0].dtype not in BYTES:
        return None
    return made.operands[0].dtype if isinstance(em.array(value), Elementwise) else None


def source(em: Emitter, value: Value) -> Array:
    """The operand as it was before it was rounded or converted, if that is still to be done: the kernel does it."""
    found, made = em.array(value), value.defining_op
    if made is not None and made.name in ("bfloat16", "cast") and isinstance(found, Elementwise):
        return found.operands[0]
    return found


def contiguous(em: Emitter, array: Array) -> Strided:
    """The array in memory in row-major order."""
    return array if isinstance(array, Strided) and array.contiguous else em.copy(array)


class Sums(Elementwise):
    """Sums in int32 as numbers of another type that holds all of them."""

    def __init__(self, dtype: DType, sums: Strided) -> None:
        def converted(em: Emitter, xs: list[Operand]) -> Operand:
            return scalars.write_cast(em, xs[0], I32, dtype)

        super().__init__(dtype, sums.shape, converted, [sums])
        self.sums = sums


def keep_sums(em: Emitter, op: Op, sums: Strided) -> None:
    """Define the result of `op` as sums that are in int32."""
    dtype = op.result.dtype
    if dtype == I32:
        em.define(op.result, sums)
    else:
        em.keep(op, Sums(dtype, sums))


def write_bfloat16(em: Emitter, args: list[Operand]) -> Operand:
    """A float rounded to bfloat16, half to even; NaN stay NaN."""
    code, (x,) = em.code, args
    bits = code.ins(f"bitcast float {x} to i32")
    odd = code.ins(f"and i32 {code.ins(f'lshr i32 {bits}, 16')}, 1")
    more = code.ins(f"add i32 {code.ins(f'add i32 {bits}, 32767')}, {odd}")
    quiet = code.ins(f"or i32 {bits}, 4194304")
    chosen = code.ins(f"select i1 {code.ins(f'fcmp uno float {x}, {x}')}, i32 {quiet}, i32 {more}")
    return code.ins(f"bitcast i32 {code.ins(f'and i32 {chosen}, -65536')} to float")
