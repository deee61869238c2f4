"""The error a transformation raises for a program it can't transform."""

from __future__ import annotations

from tangra.errors import NotDifferentiableError, declare
from tangra.ir import Span

NO_DERIVATIVE = declare(
    "TG821",
    "an operation or function without the derivative or batched form that is asked for",
    fix="wrap what needs no derivative in tg.stop_gradient, or write it with other operations",
)


class TransformError(NotDifferentiableError):
    """A program without the derivative (or batched form) that was asked for; `span` is the operation's place."""

    default_code = NO_DERIVATIVE

    def __init__(self, message: str, span: Span | None = None, fix: str | None = None) -> None:
        super().__init__(message, span=span, fix=fix)
