"""Totals of loops that run in chunks: each chunk has its own, and these are combined in the order of the chunks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tangra.ir import DType
from tangra.native.llvm_types import register_type
from tangra.native.parallel import MOST_CHUNKS
from tangra.native.regions import Chunk
from tangra.native.text import Operand

if TYPE_CHECKING:
    from tangra.native.emitter import Emitter

Combine = Callable[["Emitter", Operand, Operand], Operand]


@dataclass
class Total:
    """A scalar that all trips of a loop are combined into, from `start` on; or, without a function that combines, what
    is `start` after every trip. Chunks begin with `neutral`. `place`: where it is at the end; `parts`: where those of
    the chunks are."""

    dtype: DType
    start: Operand
    neutral: Operand
    function: Combine | None
    place: str
    parts: str

    @property
    def first(self) -> Operand:
        """What a chunk starts from."""
        return self.start if self.function is None else self.neutral

    def keep(self, em: Emitter, value: Operand) -> None:
        """`value` is the result."""
        em.code.do(f"store {register_type(self.dtype)} {value}, ptr {self.place}")

    def keep_part(self, em: Emitter, chunk: Chunk, value: Operand) -> None:
        """`value` is the chunk's."""
        if self.function is not None:
            em.code.do(f"store {register_type(self.dtype)} {value}, ptr {self._part(em, chunk.number)}")

    def _part(self, em: Emitter, number: Operand) -> str:
        return em.code.ins(f"getelementptr inbounds {register_type(self.dtype)}, ptr {self.parts}, i64 {number}")

    def combine(self, em: Emitter, chunks: Operand) -> None:
        """Combine those of the chunks, in order."""
        function = self.function
        if function is None:
            self.keep(em, self.start)
            return
        type, code = register_type(self.dtype), em.code

        def step(k: str, now: list[str]) -> list[str]:
            return [str(function(em, now[0], code.ins(f"load {type}, ptr {self._part(em, k)}")))]

        self.keep(em, code.counted(chunks, [(type, str(self.start))], step)[0])

    def result(self, em: Emitter) -> Operand:
        return em.code.ins(f"load {register_type(self.dtype)}, ptr {self.place}")


def new_total(em: Emitter, dtype: DType, start: Operand, neutral: Operand, function: Combine | None) -> Total:
    """A total with its memory."""
    type = register_type(dtype)
    return Total(dtype, start, neutral, function, em.variable(type), em.variable(f"[{MOST_CHUNKS} x {type}]"))


def added(dtype: DType) -> Combine:
    """Addition of two totals."""
    type = register_type(dtype)

    def add(em: Emitter, x: Operand, y: Operand) -> Operand:
        return em.code.ins(f"fadd {em.fast}{type} {x}, {y}" if dtype.kind == "f" else f"add {type} {x}, {y}")

    return add


def changed(dtype: DType, start: Operand) -> Combine:
    """The one of two that is not what it was at the start."""
    type = register_type(dtype)

    def choose(em: Emitter, x: Operand, y: Operand) -> Operand:
        bits = f"i{dtype.bits}" if dtype.kind == "f" else type
        pair = [em.code.ins(f"bitcast {type} {v} to {bits}") if dtype.kind == "f" else v for v in (y, start)]
        same = em.code.ins(f"icmp eq {bits} {pair[0]}, {pair[1]}")
        return em.code.ins(f"select i1 {same}, {type} {x}, {type} {y}")

    return choose
