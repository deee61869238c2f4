"""The key of a call: what of its arguments decides which specialisation serves it.

Two calls with equal keys have the same number kinds, dtypes, shapes, container structure and constants. Attributes of
instances and whatever functions capture are not in the key: the guards of a specialisation look at those.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

SMALL_DIM = 16
"""Dims up to this size always specialise: small loops and arrays unroll into registers."""

Key = Any
_PLAIN = frozenset({float, int})


@dataclass
class Keyed:
    """A key, the same key with sizes left out, and the sizes in order of appearance."""

    key: Key
    skeleton: Key
    sizes: tuple[int, ...]


@dataclass
class _Walk:
    static: frozenset[str | int]
    sizes: list[int] = field(default_factory=list)
    arrays: dict[int, int] = field(default_factory=dict)

    def array(self, a: np.ndarray[Any, Any]) -> Key:
        seen = self.arrays.get(id(a))
        if seen is not None:
            return ("same", seen)
        self.arrays[id(a)] = len(self.arrays)
        sizes = []
        for n in a.shape:
            if n <= SMALL_DIM:
                sizes.append(n)
            else:
                self.sizes.append(n)
                sizes.append(-1)
        return (np.ndarray, a.dtype, tuple(sizes), a.flags.writeable, type(a))

    def of(self, v: Any) -> Key:
        cls = type(v)
        if cls in _PLAIN:
            return cls
        if cls is np.ndarray:
            return self.array(v)
        if isinstance(v, np.generic):
            return cls
        if v is None or cls in (bool, str, bytes):
            return (cls, v)
        if isinstance(v, tuple):
            return (cls, *[self.of(x) for x in v])
        if cls is list:
            return (list, *[self.of(x) for x in v])
        if cls is dict:
            return (dict, *[(k, self.of(x)) for k, x in v.items()])
        if isinstance(v, np.ndarray):
            return self.array(v)
        if isinstance(v, functools.partial):
            return (cls, self.of(v.func), *[self.of(x) for x in v.args])
        if isinstance(v, types.MethodType):
            return (cls, Same(v.__func__), self.of(v.__self__))
        if isinstance(v, (types.FunctionType, type, types.BuiltinFunctionType, np.ufunc, types.ModuleType)):
            return Same(v)
        return self.instance(v)

    def instance(self, v: Any) -> Key:
        """An instance: its class, and its attributes one level at a time (cycles end at the class)."""
        own = getattr(v, "__dict__", None)
        if own is None or id(v) in self.arrays:
            return Same(v) if own is None else ("same", self.arrays[id(v)])
        self.arrays[id(v)] = len(self.arrays)
        if hasattr(v, "__tangra_constant__") or callable(v):
            return Same(v)
        return (type(v), *[(k, self.of(x)) for k, x in own.items()])


class Same:
    """Equal to itself and to another `Same` of the very same object, which it keeps alive."""

    __slots__ = ("obj",)

    def __init__(self, obj: Any) -> None:
        self.obj = obj

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.obj is other.obj

    def __hash__(self) -> int:
        return id(self.obj)


def key_of(args: Sequence[Any], kwargs: Mapping[str, Any], static: frozenset[str | int]) -> Keyed:
    """The key of a call. `static` arguments (positions or names) count by value."""
    walk = _Walk(static)
    parts: list[Key] = []
    for k, v in enumerate(args):
        parts.append(("static", type(v), _frozen(v)) if k in static else walk.of(v))
    for name in sorted(kwargs):
        v = kwargs[name]
        parts.append((name, ("static", type(v), _frozen(v)) if name in static else walk.of(v)))
    skeleton = tuple(parts)
    sizes = tuple(walk.sizes)
    return Keyed((skeleton, sizes), skeleton, sizes)


def _frozen(v: Any) -> Key:
    """A static argument as a hashable: by value where it has one, else by identity."""
    try:
        hash(v)
    except TypeError:
        if isinstance(v, (list, tuple)):
            return (type(v), *[_frozen(x) for x in v])
        return Same(v)
    return v
