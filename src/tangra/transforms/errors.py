"""The error a transformation raises for a program it can't transform."""

from __future__ import annotations

from tangra.errors import NotDifferentiableError
from tangra.ir import Span


class TransformError(NotDifferentiableError):
    """A program without the derivative (or batched form) that was asked for; `span` is the operation's place."""

    default_code = "TG501"

    def __init__(self, message: str, span: Span | None = None, fix: str | None = None) -> None:
        super().__init__(message, span=span, fix=fix)
