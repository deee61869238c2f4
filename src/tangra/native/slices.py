"""Tapes that a pair of loops shares: one keeps values on them, the other takes them back in the opposite order.

Run in chunks, each chunk of the first loop has an equal slice of the tape's memory, whichever thread it runs in, and
notes where it ended. The same chunk of the second loop begins there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tangra.ir import ArrayType, Op, TapeType, Value
from tangra.native.arena import ALIGNMENT, TAPE_SLICES
from tangra.native.emitter import Emitter
from tangra.native.parallel import MOST_CHUNKS, Plan
from tangra.native.regions import Chunk
from tangra.native.text import Operand
from tangra.native.values import Tape

MOST_SLICES = 64


@dataclass
class Slices:
    """A pair's tapes, with the addresses of the offsets at which chunks ended; how its loops are cut; the arrays that
    the second adds to; `first`: the first loop is being written."""

    tapes: list[Value]
    ends: dict[int, str]
    totals: list[ArrayType]
    first: bool = True
    plan: Plan | None = None
    sizes: dict[int, Operand] = field(default_factory=dict)

    def cut(self, em: Emitter, chunks: Operand) -> None:
        """Before the chunks of the first loop: the size of a slice of each tape."""
        if self.first:
            em.code.do(
                f"store i64 {chunks}, ptr {em.code.ins(f'getelementptr inbounds i64, ptr %ctx, i64 {TAPE_SLICES}')}"
            )
        for v in self.tapes if self.first else ():
            share = em.code.ins(f"udiv i64 {_tape(em, v).limit}, {chunks}")
            self.sizes[id(v)] = em.code.ins(f"and i64 {share}, {-ALIGNMENT}")

    def enter(self, em: Emitter, chunk: Chunk) -> None:
        """At the start of a chunk: its slices stand for the tapes."""
        code = em.code
        for v in self.tapes:
            tape, slot = _tape(em, v), em.variable("i64")
            limit: Operand = tape.limit
            if self.first:
                start = code.ins(f"mul i64 {chunk.number}, {self.sizes[id(v)]}")
                limit = code.ins(f"add i64 {start}, {self.sizes[id(v)]}")
            else:
                start = code.ins(f"load i64, ptr {self._end(em, v, chunk)}")
            code.do(f"store i64 {start}, ptr {slot}")
            em.represent(v, replace(tape, slot=slot, limit=str(limit)))

    def leave(self, em: Emitter, chunk: Chunk) -> None:
        """At the end of a chunk of the first loop: note where its slices end."""
        for v in self.tapes if self.first else ():
            end = em.code.ins(f"load i64, ptr {_tape(em, v).slot}")
            em.code.do(f"store i64 {end}, ptr {self._end(em, v, chunk)}")

    def _end(self, em: Emitter, tape: Value, chunk: Chunk) -> str:
        return em.code.ins(f"getelementptr inbounds i64, ptr {self.ends[id(tape)]}, i64 {chunk.number}")


def _tape(em: Emitter, value: Value) -> Tape:
    found = em.repr(value)
    assert isinstance(found, Tape)
    return found


def find(em: Emitter, op: Op) -> Slices | None:
    """The slices of the pair that the loop `op` belongs to."""
    number = op.attrs.get("pair")
    if number is None:
        return None
    if not op.attrs["keeps"]:
        known = em.pairs[number]
        assert isinstance(known, Slices)
        known.first = False
        return known
    second = next(each for each in em.frame.block.ops if each is not op and each.attrs.get("pair") == number)
    tapes = [v for v in em.liveness.free_values(op.regions[0]) if isinstance(v.type, TapeType)]
    ends = {id(v): em.variable(f"[{MOST_CHUNKS} x i64]") for v in tapes}
    made = Slices(tapes, ends, [second.results[k].array for k in second.attrs.get("totals", ())])
    em.pairs[number] = made
    return made
