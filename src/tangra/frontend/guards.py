"""What a compiled function captured, and what must hold of it."""

from __future__ import annotations

import datetime
import decimal
from dataclasses import dataclass
from typing import Any

import numpy as np

from tangra.api.kinds import Kind
from tangra.api.layouts import layout_of
from tangra.frontend.objects import attribute_names, is_empty, is_frozen, is_user_instance
from tangra.frontend.paths import Path
from tangra.ir.types import ArrayType


@dataclass(frozen=True)
class Capture:
    """A hidden parameter: the value at `path`, read again at each call."""

    path: Path
    param: int
    kind: Kind | None
    type: ArrayType


BY_TEXT = (float, np.floating, complex, np.complexfloating, range, decimal.Decimal, datetime.datetime, datetime.time)
"""Classes some of whose objects are equal though they print differently."""


class Same:
    """Equal to itself and to another `Same` of the very same object, which it keeps alive."""

    __slots__ = ("obj",)

    def __init__(self, obj: Any) -> None:
        self.obj = obj

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.obj is other.obj

    def __hash__(self) -> int:
        return id(self.obj)


def exact(v: Any) -> Any:
    """A constant as something that is equal only for constants that compile to the same: parts of tuples and of frozen
    dataclasses by class and value, what may be equal without being alike by its text (0.0 and -0.0 differ, and so do 1,
    1.0 and True), other objects of the user's classes by identity."""
    if isinstance(v, BY_TEXT):
        return (type(v), repr(v))
    if isinstance(v, tuple):
        return (type(v), *map(exact, v))
    if isinstance(v, frozenset):
        return (type(v), frozenset(map(exact, v)))
    if is_frozen(v):
        return (type(v), *((name, _held(getattr(v, name))) for name in attribute_names(v)))
    return Same(v) if is_user_instance(v) else (type(v), v)


def _held(v: Any) -> Any:
    """What an attribute of a frozen dataclass holds, which need not be one of its fields."""
    found = exact(v)
    try:
        hash(found)
    except TypeError:
        return Same(v)
    return found


@dataclass(frozen=True)
class Guard:
    """What must hold of the object at `path` for the compiled function to be valid.

    `check`: 'is' (the very object), 'equal' (same type and value), 'type' (class), 'length', 'keys', 'array' (dtype and
    shape as an ArrayType), 'lacks' (a dict that has none of these keys), 'unset' (an object none of whose slots of
    these names is filled), 'empty' (an unbound variable of a closure), 'layout' (memory layout of an array) and
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
            return bool(exact(value) == exact(self.expected))
        if self.check in ("type", "kind"):
            return type(value) is self.expected and (type(value) is not int or -(2**63) <= value < 2**63)
        if self.check in ("positive", "not positive"):
            return bool(value > 0) is (self.check == "positive")
        if self.check == "length":
            return bool(len(value) == self.expected)
        if self.check == "keys":
            return bool(exact(tuple(value)) == exact(self.expected))
        if self.check == "lacks":
            return bool(self.expected.isdisjoint(value))
        if self.check == "empty":
            return is_empty(value)
        if self.check == "unset":
            return not any(hasattr(value, name) for name in self.expected)
        if self.check == "layout":
            return bool(layout_of(value) == self.expected)
        if self.check == "writeable":
            return bool(value.flags.writeable is self.expected)
        return (
            type(value) is np.ndarray
            and value.dtype == np.dtype(self.expected.dtype.numpy)
            and value.shape == self.expected.shape
        )
