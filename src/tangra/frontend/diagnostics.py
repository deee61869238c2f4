"""Diagnostic codes of the frontend, and the signals that one part of it sends another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tangra.errors import declare

if TYPE_CHECKING:
    from tangra.ir import Span, Value

UNSUPPORTED = declare("TG101", "a construct that compiled code does not cover")
UNSUPPORTED_CALL = declare("TG102", "a function that compiled code does not know")
UNSUPPORTED_VALUE = declare("TG103", "a kind of Python object that compiled code does not know")
UNSUPPORTED_ATTRIBUTE = declare(
    "TG104",
    "an attribute or method that compiled code does not know",
    fix="use a function of NumPy for the same, or do it outside the compiled function",
)
NO_SOURCE = declare("TG105", "the source of a function can't be found")
RECURSION = declare("TG106", "calls nest too deeply")
CONFLICT = declare("TG201", "a name holds values of different types, depending on the path")
NOT_A_NUMBER = declare("TG202", "a number was expected")
NOT_ITERABLE = declare(
    "TG203", "a value that can't be iterated over", fix="loop over range(...), an array with axes, or a container"
)
UNPACK = declare(
    "TG204",
    "the number of values does not fit what they are unpacked to",
    fix="name as many as there are, or take the rest with a starred name (a, *rest = x)",
)
PYTHON_ERROR = declare(
    "TG205", "Python raises an exception here", fix="mend this line: Python raises this whenever it is reached"
)
NOT_STATIC = declare("TG206", "a value that must be known at compile time")
IN_PLACE = declare("TG207", "an in-place operation whose result does not fit the array")
RAGGED = declare("TG351", "nested lists whose lengths differ", fix="pad the shorter ones, or keep a list of arrays")
ANNOTATION = declare(
    "TG352", "a value does not have the shape its annotation says", fix="correct the annotation or the value"
)
SIZES_DIFFER = declare("TG353", "two sizes that must be equal differ")
ALIAS = declare("TG401", "a write through a name that may or may not share memory with another")
DATA_SHAPE = declare("TG651", "a size that depends on array elements")


@dataclass
class StaticNeeded(Exception):
    """Evaluation needs the Python value of something that is only known at run time.

    `sources` are what it depends on: IR values that are parameters of the function or induction variables of loops,
    and names of symbolic sizes. Whoever can make one of them constant (the caller of `trace`, a loop that can be
    unrolled) starts again with it.
    """

    what: str
    sources: tuple[Value | str, ...]
    span: Span | None
    sign_only: bool = False
    """Whether it is enough to know if the sources are positive."""

    def __str__(self) -> str:
        return f"{self.what} must be known at compile time"
