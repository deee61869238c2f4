"""Diagnostics: `TangraError` and its subclasses, one registry of codes, and their rendering with source and caret.

An error has a code (`TG301`), a one-line message, the place in the user's source, notes (where each shape came from,
also with source lines) and, if there is one, a way round.
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass, field
from typing import Protocol


class SpanLike(Protocol):
    """What a place in source text has; see `tangra.ir.Span`."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...
    @property
    def end_line(self) -> int: ...
    @property
    def end_column(self) -> int: ...
    @property
    def function(self) -> str: ...
    @property
    def caller(self) -> SpanLike | None: ...


@dataclass(frozen=True)
class Note:
    """A remark below an error, at a place of its own where it has one."""

    message: str
    span: SpanLike | None = None


@dataclass
class Diagnostic:
    """All there is to say about one error."""

    code: str
    message: str
    span: SpanLike | None = None
    notes: list[Note] = field(default_factory=list)
    fix: str | None = None

    def render(self) -> str:
        """The whole text: message, source with caret, notes, call sites, way round."""
        where = f"{self.span.file}:{self.span.line}:{self.span.column}: " if self.span else ""
        lines = [f"{where}{self.message} [{self.code}]"]
        lines += source_lines(self.span)
        for note in self.notes:
            at = f"{note.span.file}:{note.span.line}: " if note.span else ""
            lines.append(f"  note: {at}{note.message}")
            lines += source_lines(note.span)
        caller = self.span.caller if self.span else None
        for _ in range(3):
            if caller is None:
                break
            lines.append(
                f"  called from {caller.file}:{caller.line}" + (f" in {caller.function}" if caller.function else "")
            )
            lines += source_lines(caller)
            caller = caller.caller
        if self.fix:
            lines.append(f"  help: {self.fix}")
        return "\n".join(lines)


def source_lines(span: SpanLike | None) -> list[str]:
    """The source line of `span` and a line of carets under its range; nothing where the source can't be read."""
    if span is None:
        return []
    text = linecache.getline(span.file, span.line).rstrip("\n")
    if not text.strip():
        return []
    end = span.end_column if span.end_line == span.line else len(text) + 1
    start = min(span.column, len(text) + 1)
    shown = text.expandtabs(1)
    width = max(1, min(end, len(text) + 1) - start)
    number = f"{span.line:5d}"
    return [f"{number} | {shown}", f"{' ' * len(number)} | {' ' * (start - 1)}{'^' * width}"]


class TangraError(Exception):
    """A program that Tangra can't compile, check or differentiate. `.diagnostic` has the parts of the message."""

    default_code = "TG900"
    """Of an error that names no code of its own."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        span: SpanLike | None = None,
        notes: list[Note] | None = None,
        fix: str | None = None,
    ) -> None:
        code = code or self.default_code
        self.diagnostic = Diagnostic(code, message, span, list(notes or []), fix or WAYS_ROUND.get(code))
        super().__init__(message)

    @property
    def code(self) -> str:
        return self.diagnostic.code

    def __str__(self) -> str:
        return self.diagnostic.render()


class UnsupportedError(TangraError):
    """A construct, function or kind of value that the language does not cover."""


class TypeMismatchError(TangraError):
    """A value whose type differs across branches or trips, or an operand of a type the operation does not take."""


class ShapeMismatchError(TangraError, ValueError):
    """Shapes (or axes, ranks) that don't fit an operation or an annotation."""


class AliasError(TangraError):
    """A write through one of two names of which it can't be decided whether they share memory."""


class NotDifferentiableError(TangraError):
    """A derivative that doesn't exist, or that is zero everywhere because of an integer or step function."""


class DataDependentShapeError(TangraError):
    """A result whose shape depends on array elements."""


class EntryError(TangraError, TypeError):
    """An argument that can't be passed to compiled code, or a function that can't be compiled (no source)."""


class InternalError(TangraError):
    """A bug in Tangra itself. Please report it with the program."""


REGISTRY: dict[str, str] = {}
"""The title of each code."""

WAYS_ROUND: dict[str, str] = {}
"""What helps against an error of a code, where the error itself has nothing better to say."""


def declare(code: str, title: str, fix: str | None = None) -> str:
    """Register a diagnostic code with its one-line title and a general way round; codes are unique."""
    if code in REGISTRY:
        raise ValueError(f"diagnostic {code} is declared twice")
    REGISTRY[code] = title
    if fix is not None:
        WAYS_ROUND[code] = fix
    return code


INTERNAL = declare(
    "TG900", "a bug in Tangra itself", fix="please report it with the program; it is no fault of the program's"
)
