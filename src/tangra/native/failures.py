"""Failures of compiled code: what the number it leaves stands for, and the exception made of that."""

from __future__ import annotations

import builtins
import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tangra.ir.graph import Span
from tangra.ir.interpreter import number_in_text
from tangra.ir.types import DType

INTERRUPTED, FORKED, ABANDONED = -1, -2, -3
"""Error numbers that stand for an exception raised by a signal handler, whose parts are in the payload; for a child of
a fork in which the threads of its job are gone; and for a chunk whose result nobody wants any more."""


@dataclass(frozen=True)
class ErrorRecord:
    """What a failing status stands for: exception kind, message format and dtypes of its payload, place."""

    kind: str
    message: str | None
    payload: tuple[DType, ...]
    span: Span | None
    details: tuple[tuple[str, Any], ...] = ()


class NativeFailure(Exception):
    """A failure of the program at run time: `kind` names the exception's class, `text` is its formatted message."""

    def __init__(self, kind: str, text: str | None, span: Span | None) -> None:
        super().__init__(text or "")
        self.kind = kind
        self.text = text
        self.span = span

    def exception(self) -> BaseException:
        """The builtin exception (or NumPy's LinAlgError) of that kind; this failure itself where there is none."""
        if self.kind == "LinAlgError":
            return np.linalg.LinAlgError(self.text or "")
        found = getattr(builtins, self.kind, None)
        if not (isinstance(found, type) and issubclass(found, BaseException)):
            return self
        return found() if self.text is None else found(self.text)


def payload_number(word: int, dtype: DType) -> Any:
    """The number in a message that a payload word is: floats are kept as doubles, integers as i64."""
    raw = np.array(word, np.int64)
    bits: np.ndarray[Any, Any] = raw.view(np.float64) if dtype.kind == "f" else raw
    return number_in_text(bits.astype(dtype.numpy)[()])


def fetched_exception(words: Sequence[int]) -> BaseException:
    """What a signal handler raised, from the three references that PyErr_Fetch gave."""
    found: list[Any] = []
    for word in words:
        if not word:
            found.append(None)
            continue
        reference = ctypes.py_object.from_buffer(ctypes.c_void_p(word))
        found.append(reference.value)
        ctypes.pythonapi.Py_DecRef(ctypes.c_void_p(word))
    kind, value, _ = found
    if isinstance(value, BaseException):
        return value
    made: BaseException = kind() if value is None else kind(value)
    return made
