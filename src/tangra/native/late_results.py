"""Results whose size is known only in the call: they live in memory from malloc, which the caller takes over.

The memory is claimed when the array that ends as the result is first made, as soon as its size is known, so that
nothing is copied at the end. A call that fails frees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tangra.ir import I64, ArrayType, DType
from tangra.native.failures import ErrorRecord
from tangra.native.text import UNLIKELY, Operand
from tangra.native.values import Array, Buffer, Strided
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.native.storage import Storage

NO_MEMORY = "Unable to allocate {} bytes for an array"


@dataclass(eq=False)
class LateResult:
    """Memory for one result of a function: `buffer` once it is claimed; `variable` holds its address, for freeing."""

    type: ArrayType
    buffer: Buffer | None = None
    variable: str = ""

    def fits(self, dtype: DType, shape: tuple[Size, ...]) -> bool:
        return self.type.dtype == dtype and self.type.shape == shape

    def holds(self, array: Array) -> bool:
        """Whether `array` is all of the memory as it should be returned."""
        return (
            self.buffer is not None
            and isinstance(array, Strided)
            and array.buffer is self.buffer
            and array.contiguous
            and array.offset == 0
            and self.fits(array.dtype, array.shape)
        )


def claim(em: Storage, type: ArrayType) -> str:
    """Memory for an array of a size known here; the address is null where there is none."""
    allocate = em.module.external("malloc", "ptr (i64)")
    size, wraps = byte_count(em, type)
    code = em.code
    asked = code.ins(f"select i1 {wraps}, i64 -1, i64 {code.ins(f'add i64 {size}, 1')}")
    return code.ins(f"call noalias ptr {allocate}(i64 {asked})")


def byte_count(em: Storage, type: ArrayType) -> tuple[Operand, Operand]:
    """(bytes of an array, whether there are too many for an i64)."""
    em.module.declare("declare { i64, i1 } @llvm.umul.with.overflow.i64(i64, i64)")
    code = em.code
    total: Operand = type.dtype.itemsize
    wraps: Operand = "false"
    for dim in (em.size(n) for n in type.shape):
        product = code.ins(f"call {{ i64, i1 }} @llvm.umul.with.overflow.i64(i64 {total}, i64 {dim})")
        total = code.ins(f"extractvalue {{ i64, i1 }} {product}, 0")
        wraps = code.ins(f"or i1 {wraps}, {code.ins(f'extractvalue {{ i64, i1 }} {product}, 1')}")
    return total, wraps


def require(em: Storage, pointer: str, type: ArrayType) -> None:
    """End in MemoryError where the address is null."""
    code, missing, there = em.code, em.code.name("nomem"), em.code.name("mem")
    code.branch(code.ins(f"icmp eq ptr {pointer}, null"), missing, there, UNLIKELY)
    code.start(missing)
    size, wraps = byte_count(em, type)
    shown = code.ins(f"select i1 {wraps}, i64 {(1 << 63) - 1}, i64 {size}")
    em.fail(ErrorRecord("MemoryError", NO_MEMORY, (I64,), None), [(I64, shown)])
    code.start(there)


def freeing(em: Storage) -> list[str]:
    """What a failing function does with what it has claimed."""
    lines = []
    for k, late in enumerate(dict.fromkeys(em.late.values())):
        release = em.module.external("free", "void (ptr)")
        lines += [f"  %late{k} = load ptr, ptr {late.variable}", f"  call void {release}(ptr %late{k})"]
    return lines


def free(em: Storage, pointer: str) -> None:
    em.code.do(f"call void {em.module.external('free', 'void (ptr)')}(ptr {pointer})")
