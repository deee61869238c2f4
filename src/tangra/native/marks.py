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

if TYPE_CHECKING:
    from tangra.native.emitter import Emitter

Line = tuple[str, int]
"""File and line number."""
MAX_PUSHES = 4096
GLOBALS = f"@tg.line = global i32 0\n@tg.pushes = global [{MAX_PUSHES} x i64] zeroinitializer"
EXPORTS = ("tg.line", "tg.pushes")
SILENT = frozenset(
    {"constant", "broadcast", "reshape", "transpose", "dim", "bind_dim", "undef", "iota", "stop_gradient", "tape_new"}
)
"""Operations that are no work by themselves."""


@dataclass
class Marks:
    """What the numbers in marked code stand for: `lines[n - 1]` is line n, `pushes[k]` counter k."""

    lines: list[Line] = field(default_factory=list)
    pushes: list[Op] = field(default_factory=list)
    _numbers: dict[Line, int] = field(default_factory=dict)
    _current: Line | None = None

    def enter(self, block: Block) -> None:
        """At the start of a block: forget the line unless it is the block's only one."""
        if not lines_of(block) <= {self._current}:
            self._current = None

    def before(self, em: Emitter, op: Op) -> None:
        """In front of an operation."""
        if op.name == "tape_push":
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
        """One counter for each push, however often it is written."""
        code, number = em.code, next((k for k, push in enumerate(self.pushes) if push is op), len(self.pushes))
        if number == MAX_PUSHES:
            return
        if number == len(self.pushes):
            self.pushes.append(op)
        place = code.ins(f"getelementptr inbounds i64, ptr @tg.pushes, i64 {number}")
        count = code.ins(f"add i64 {code.ins(f'load i64, ptr {place}')}, 1")
        code.do(f"store i64 {count}, ptr {place}")


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

    def __init__(self, marks: Marks, line: int, pushes: int) -> None:
        self.marks = marks
        self.line = ctypes.c_int32.from_address(line)
        self.pushes = (ctypes.c_int64 * MAX_PUSHES).from_address(pushes)

    def reset(self) -> None:
        """Set everything to zero."""
        self.line.value = 0
        ctypes.memset(self.pushes, 0, ctypes.sizeof(self.pushes))
