"""What a compiled function captured, and what must hold of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tangra.api.kinds import Kind
from tangra.api.layouts import layout_of
from tangra.frontend.paths import Path
from tangra.ir.types import ArrayType


@dataclass(frozen=True)
class Capture:
    """A hidden parameter: the value at `path`, read again at each call."""

    path: Path
    param: int
    kind: Kind | None
    type: ArrayType


@dataclass(frozen=True)
class Guard:
    """What must hold of the object at `path` for the compiled function to be valid.

    `check`: 'is' (the very object), 'equal' (same type and value), 'type' (class), 'length', 'keys', 'array' (dtype and
    shape as an ArrayType), 'lacks' (a dict that has none of these keys), 'layout' (memory layout of an array) and
    'writeable' (whether it may be written to), 'kind' (class of a number), 'positive' and 'not positive'.
    """

    path: Path
    check: str
    expected: Any

    def holds(self, arguments: dict[int | str, Any]) -> bool:
        """Whether it holds now."""
        try:
            value = self.path.read(arguments)
        except (LookupError, AttributeError, TypeError, ValueError):
            return False
        if self.check == "is":
            return value is self.expected
        if self.check == "equal":
            same = type(value) is type(self.expected) and bool(value == self.expected)
            return same and (not isinstance(value, float) or repr(value) == repr(self.expected))
        if self.check in ("type", "kind"):
            return type(value) is self.expected and (type(value) is not int or -(2**63) <= value < 2**63)
        if self.check in ("positive", "not positive"):
            return bool(value > 0) is (self.check == "positive")
        if self.check == "length":
            return bool(len(value) == self.expected)
        if self.check == "keys":
            return bool(tuple(value) == self.expected)
        if self.check == "lacks":
            return bool(self.expected.isdisjoint(value))
        if self.check == "layout":
            return bool(layout_of(value) == self.expected)
        if self.check == "writeable":
            return bool(value.flags.writeable is self.expected)
        return (
            type(value) is np.ndarray
            and value.dtype == np.dtype(self.expected.dtype.numpy)
            and value.shape == self.expected.shape
        )
