"""Marked code: it says in `tg.line` which source line is at work, and counts the records pushed on each tape.

A store in front of each operation whose line differs from the one before it, and one in front of a loop whose body has
a single line, are all that is added, so that the time of marked code is close to that of plain code. What is fused runs
where it is consumed and counts there.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tangra.ir import Block, Op
from tangra.native.ledger import Ledger

if TYPE_CHECKING:
    from tangra.native.emitter import Emitter

Line = tuple[str, int]
"""File and line number."""
MAX_TAPES = 4096
GLOBALS = f"""@tg.line = global i32 0
@tg.records = global [{2 * MAX_TAPES} x i64] zeroinitializer
@tg.arena.most = global i64 0"""
EXPORTS = ("tg.line", "tg.records", "tg.arena.most")
SILENT = frozenset(
    {"constant", "broadcast", "reshape", "transpose", "dim", "bind_dim", "undef", "iota", "stop_gradient", "tape_new"}
)
"""Operations that are no work by themselves."""


@dataclass
class Marks:
    """What the numbers in marked code stand for: `lines[n - 1]` is line n, `pushes[k]` a push on tape k. `ledger`: what
    buffers the code uses."""

    lines: list[Line] = field(default_factory=list)
    pushes: list[Op] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    _tapes: dict[int, int] = field(default_factory=dict)
    _numbers: dict[Line, int] = field(default_factory=dict)
    _current: Line | None = None

    def enter(self, block: Block) -> None:
        """At the start of a block: forget the line unless it is the block's only one."""
        if not lines_of(block) <= {self._current}:
            self._current = None

    def before(self, em: Emitter, op: Op) -> None:
        """In front of an operation."""
        if op.name in ("tape_new", "tape_push", "tape_pop"):
            self._count(em, op)
        inner = _inner(op)
        line = next(iter(inner)) if len(inner) == 1 else line_of(op)
        if line is None or op.name in SILENT or line == self._current:
            return
        if line not in self._numbers:
            self.lines.append(line)
            self._numbers[line] = len(self.lines)
        em.code.do(f"store volatile i32 {self._numbers[line]}, ptr @tg.line")
        self._current = line

    def after(self, op: Op) -> None:
        """Behind an operation: another line may be at work now."""
        if op.name in ("call", "custom_derivative") or not _inner(op) <= {self._current}:
            self._current = None

    def _count(self, em: Emitter, op: Op) -> None:
        """Two counters for each tape: how many records are on it, and how many there were at most."""
        code, tape = em.code, op.result if op.name == "tape_new" else op.operands[0]
        number = self._tapes.setdefault(id(tape), len(self._tapes))
        if number >= MAX_TAPES:
            return
        held = code.ins(f"getelementptr inbounds i64, ptr @tg.records, i64 {2 * number}")
        if op.name == "tape_new":
            code.do(f"store i64 0, ptr {held}")
            return
        count = code.ins(f"add i64 {code.ins(f'load i64, ptr {held}')}, {1 if op.name == 'tape_push' else -1}")
        code.do(f"store i64 {count}, ptr {held}")
        if op.name == "tape_push":
            if not any(push is op for push in self.pushes):
                self.pushes.append(op)
            place = code.ins(f"getelementptr inbounds i64, ptr @tg.records, i64 {2 * number + 1}")
            most = code.ins(f"load i64, ptr {place}")
            more = code.ins(f"icmp sgt i64 {count}, {most}")
            code.do(f"store i64 {code.ins(f'select i1 {more}, i64 {count}, i64 {most}')}, ptr {place}")

    def tape_of(self, push: Op) -> int:
        """The number of the tape that `push` pushes on."""
        return self._tapes[id(push.operands[0])]


def line_of(op: Op) -> Line | None:
    """The source line of an operation."""
    return None if op.span is None else (op.span.file, op.span.line)


def lines_of(block: Block) -> set[Line | None]:
    """The lines of the operations in a block that are work."""
    return {line_of(op) for op in block.walk() if op.name not in SILENT and op.name != "yield"}


def _inner(op: Op) -> set[Line | None]:
    return set[Line | None]().union(*(lines_of(region) for region in op.regions))


class Gauges:
    """The counters of marked code in memory."""

    def __init__(self, marks: Marks, line: int, records: int, arena: int) -> None:
        self.marks = marks
        self.line = ctypes.c_int32.from_address(line)
        self.arena = ctypes.c_int64.from_address(arena)
        self._records = (ctypes.c_int64 * (2 * MAX_TAPES)).from_address(records)

    def reset(self) -> None:
        """Set everything to zero."""
        self.line.value = self.arena.value = 0
        ctypes.memset(self._records, 0, ctypes.sizeof(self._records))

    def records(self) -> dict[int, int]:
        """How many records were on the tape of each push (by its id) at most."""
        known = ((push, self.marks.tape_of(push)) for push in self.marks.pushes)
        return {id(push): self._records[2 * k + 1] for push, k in known if k < MAX_TAPES}
