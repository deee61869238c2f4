"""The key of a call: what of its arguments decides which specialisation serves it.

Two calls with equal keys have the same number kinds, dtypes, shapes, container structure, identities among mutable
arguments, and constants. What functions capture is not in the key: the guards of a specialisation look at that.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tangra.api.layouts import layout_of
from tangra.core.dynamic import LEAST, SMALL_DIM, Axes, check_rank, is_named
from tangra.errors import EntryError, declare
from tangra.frontend.guards import Same, exact
from tangra.frontend.objects import attribute_names, is_user_instance
from tangra.frontend.specs import HOLDERS, LiveSpec, spec_of

BAD_STATIC = declare("TG815", "a static argument whose value can change or can't be compared")

Key = Any
NO_AXES: Mapping[int | str, Axes] = types.MappingProxyType({})
_NUMBERS = frozenset({float, int})
_LARGE = 2**63


@dataclass
class Keyed:
    """A key, the same key with sizes left out (one part for each argument, by position or name), and the sizes in order
    of appearance; `asked` says of each whether the user wants it to be symbolic."""

    key: Key
    skeleton: tuple[tuple[int | str, Key], ...]
    sizes: tuple[int, ...]
    asked: tuple[bool, ...]


@dataclass
class _Walk:
    sizes: list[int] = field(default_factory=list)
    asked: list[bool] = field(default_factory=list)
    argument: int | str = 0
    axes: Axes = ()
    known: dict[int, int] = field(default_factory=dict)

    def again(self, v: Any) -> Key | None:
        """The key of an object that was met before."""
        seen = self.known.get(id(v))
        if seen is None:
            self.known[id(v)] = len(self.known)
            return None
        return ("same", seen)

    def array(self, a: np.ndarray[Any, Any]) -> Key:
        sizes = []
        check_rank(self.axes, self.argument, a.shape)
        for axis, n in enumerate(a.shape):
            asked = is_named(self.axes, axis, a.ndim)
            if n <= SMALL_DIM and not (asked and n >= LEAST):
                sizes.append(n)
            else:
                self.sizes.append(n)
                self.asked.append(asked)
                sizes.append(-1)
        return (np.ndarray, a.dtype, tuple(sizes), a.flags.writeable, type(a), layout_of(a))

    def holder(self, v: Any) -> Key:
        """The key of a bound method or a partial, by what it holds if that is described too (see `spec_of`)."""
        described = not isinstance(spec_of(v), LiveSpec)
        if isinstance(v, functools.partial):
            return (type(v), self.of(v.func), self.of(v.args), self.of(v.keywords)) if described else Same(v)
        return (type(v), Same(v.__func__), self.of(v.__self__) if described else Same(v.__self__))

    def of(self, v: Any) -> Key:
        cls = type(v)
        if cls in _NUMBERS:
            return cls if cls is float or -_LARGE <= v < _LARGE else (cls, v)
        if isinstance(v, np.generic):
            return cls
        if v is None or cls in (bool, str, bytes):
            return (cls, v)
        if isinstance(v, tuple):
            return (cls, *[self.of(x) for x in tuple.__iter__(v)])
        if isinstance(v, np.ndarray):
            return self.again(v) or self.array(v)
        if cls is list:
            return self.again(v) or (list, *[self.of(x) for x in v])
        if cls is dict:
            return self.again(v) or (dict, *[(key_in_dict(k), self.of(x)) for k, x in v.items()])
        if cls in HOLDERS:
            return self.holder(v)
        if is_user_instance(v):
            return self.again(v) or (cls, *[(k, self.of(getattr(v, k))) for k in attribute_names(v)])
        return Same(v)


def key_in_dict(k: Any) -> Key:
    """A key of a dict that is equal only for keys that can't be told apart."""
    return k if type(k) is str else exact(k)


def key_of(
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    static: frozenset[str | int],
    dynamic: Mapping[int | str, Axes] = NO_AXES,
) -> Keyed:
    """The key of a call. `static` arguments (positions or names) count by value; `dynamic` has axes that are to be
    symbolic. Keyword arguments in another order are another call: a function that takes `**kwargs` sees the order."""
    walk = _Walk()
    parts: list[tuple[int | str, Key]] = []
    given: list[tuple[int | str, Any]] = [*enumerate(args), *kwargs.items()]
    for key, v in given:
        walk.argument, walk.axes = key, dynamic.get(key, ())
        parts.append((key, ("static", _frozen(v, key)) if key in static else walk.of(v)))
    skeleton = tuple(parts)
    sizes = tuple(walk.sizes)
    return Keyed((skeleton, sizes), skeleton, sizes, tuple(walk.asked))


def _frozen(v: Any, key: int | str) -> Key:
    """A static argument as a hashable that is equal only for values that compile to the same."""
    if isinstance(v, tuple):
        return (type(v), *[_frozen(x, key) for x in v])
    try:
        hash(v)
    except TypeError:
        hash_made_of_value = False
    else:
        hash_made_of_value = not is_user_instance(v) or _defines_hash(type(v))
    if not hash_made_of_value:
        number = key + 1 if isinstance(key, int) else key
        raise EntryError(
            f"argument {number} is static, but a {type(v).__name__} can change after it was compiled in",
            code=BAD_STATIC,
            fix="pass numbers, strings, functions, frozen dataclasses or tuples of them as static arguments",
        )
    return exact(v)


def _defines_hash(cls: type) -> bool:
    return any("__hash__" in vars(base) for base in cls.__mro__[:-1])


# ---- for the log --------------------------------------------------------------------------------------------------


def difference(now: Keyed, before: Keyed) -> str:
    """What distinguishes two calls, in words."""
    new, old = dict(now.skeleton), dict(before.skeleton)
    if list(new) != list(old):
        return f"called with {_names(new)} instead of {_names(old)}"
    changed = [_change(f"argument {key}", new[key], old[key]) for key in new if new[key] != old[key]]
    if not changed and now.sizes == before.sizes:
        return "its form was dropped for newer ones"
    return "; ".join(changed) or f"sizes {now.sizes} instead of {before.sizes}"


def _change(where: str, new: Key, old: Key) -> str:
    """The first difference between two parts of keys."""
    containers = all(isinstance(k, tuple) and k[0] not in ("same", "static", np.ndarray) for k in (new, old))
    if containers and new[0] is old[0] and len(new) == len(old):
        for k, (a, b) in enumerate(zip(new[1:], old[1:], strict=True)):
            if a == b:
                continue
            if new[0] in (tuple, list):
                return _change(f"{where}[{k}]", a, b)
            if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b) == 2 and a[0] == b[0]:
                name = f"[{_shown(a[0])}]" if new[0] is dict else f".{a[0]}"
                return _change(f"{where}{name}", a[1], b[1])
    return f"{where} is {described(new)} instead of {described(old)}"


def _shown(key: Key) -> str:
    """A key of a dict as `key_in_dict` has it."""
    return repr(key[1]) if isinstance(key, tuple) else repr(key)


def _names(parts: Mapping[int | str, Key]) -> str:
    return f"arguments {', '.join(map(str, parts))}" if parts else "no arguments"


def described(key: Key) -> str:
    """A part of a key in words."""
    if isinstance(key, type):
        return key.__name__
    if isinstance(key, Same):
        return f"{getattr(key.obj, '__name__', None) or type(key.obj).__name__} (another object)"
    if key[0] == "same":
        return "an argument passed twice"
    if key[0] == "static":
        simple = isinstance(key[1], tuple) and len(key[1]) == 2 and not isinstance(key[1][1], tuple)
        return f"the constant {key[1][1]!r}" if simple else "another constant"
    if key[0] is np.ndarray:
        read_only = "" if key[3] else "a read-only "
        order = {"C": "", "F": " in Fortran order"}.get(key[5], " with gaps")
        return f"{read_only}{key[1]}[{', '.join('*' if n < 0 else str(n) for n in key[2])}]{order}"
    if len(key) == 2 and (key[1] is None or isinstance(key[1], (bool, str, bytes, int))):
        return repr(key[1])
    return f"a {getattr(key[0], '__name__', key[0])} of {len(key) - 1}"
