"""What is known of an argument before the call is compiled: its structure, the types of its leaves, who is who."""

from __future__ import annotations

import enum
import functools
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tangra.api.kinds import Kind, dtype_of, kind_of
from tangra.api.layouts import Layout, layout_of
from tangra.errors import EntryError
from tangra.frontend import diagnostics
from tangra.frontend.objects import attribute_names, is_frozen, is_user_instance
from tangra.frontend.paths import Path
from tangra.ir.types import ArrayType


@dataclass(frozen=True)
class ArraySpec:
    """An array; two with one `identity` are the same object. `source` is that object, if there is one; `layout` its
    memory layout (see `layout_of`), on which it depends whether reshaping it copies."""

    type: ArrayType
    identity: int | None = None
    source: Any = field(default=None, compare=False, repr=False)
    read_only: bool = False
    layout: Layout = "C"


@dataclass(frozen=True)
class NumberSpec:
    """A run-time number. `value`, if given, is used where evaluation needs it at compile time (then guarded)."""

    kind: Kind
    value: Any = field(default=None, compare=False)


@dataclass(frozen=True)
class ConstSpec:
    """A compile-time constant: None, a string, a bool marked static, a function …"""

    value: Any


@dataclass(frozen=True)
class LiveSpec:
    """Any other live object, converted as globals are: functions, classes, modules."""

    value: Any


@dataclass(frozen=True)
class TupleSpec:
    """A tuple or NamedTuple."""

    items: tuple[ArgSpec, ...]
    cls: type | None = None


@dataclass(frozen=True)
class ListSpec:
    """A list; two with one `identity` are the same object."""

    items: tuple[ArgSpec, ...]
    identity: int | None = None
    source: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class DictSpec:
    """A dict."""

    keys: tuple[Any, ...]
    items: tuple[ArgSpec, ...]
    identity: int | None = None
    source: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class InstanceSpec:
    """An instance of a user's class, by its attributes."""

    cls: type
    names: tuple[str, ...]
    items: tuple[ArgSpec, ...]
    identity: int | None = None
    source: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class SameSpec:
    """An object that appeared before in the arguments (a cycle or a second reference to a container)."""

    identity: int


@dataclass(frozen=True)
class MethodSpec:
    """A bound method: what it is bound to is as much part of the call as an argument of its own."""

    function: Any
    holder: ArgSpec


@dataclass(frozen=True)
class PartialSpec:
    """A `functools.partial`, by what it holds."""

    function: ArgSpec
    args: ArgSpec
    keywords: ArgSpec


ArgSpec = (
    ArraySpec
    | NumberSpec
    | ConstSpec
    | LiveSpec
    | TupleSpec
    | ListSpec
    | DictSpec
    | InstanceSpec
    | SameSpec
    | MethodSpec
    | PartialSpec
)

HOLDERS = (types.MethodType, functools.partial)
"""Callables that hold arguments."""


def parts(spec: ArgSpec, path: Path) -> Iterator[tuple[ArgSpec, Path]]:
    """What an argument at `path` holds, and where."""
    if isinstance(spec, (TupleSpec, ListSpec)):
        yield from ((item, path.item(k)) for k, item in enumerate(spec.items))
    elif isinstance(spec, DictSpec):
        yield from ((item, path.item(key)) for key, item in zip(spec.keys, spec.items, strict=True))
    elif isinstance(spec, InstanceSpec):
        yield from ((item, path.attr(name)) for name, item in zip(spec.names, spec.items, strict=True))
    elif isinstance(spec, MethodSpec):
        yield spec.holder, path.attr("__self__")
    elif isinstance(spec, PartialSpec):
        yield spec.function, path.attr("func")
        yield spec.args, path.attr("args")
        yield spec.keywords, path.attr("keywords")


def spec_of(obj: Any, where: str = "argument", seen: set[int] | None = None) -> ArgSpec:
    """The description of an actual argument; EntryError for what can't be passed."""
    seen = set() if seen is None else seen
    if isinstance(obj, np.ndarray):
        return _array(obj, where)
    kind = kind_of(obj)
    if kind is not None:
        if kind.python and type(obj) is not kind.type:
            return _subclass(obj, where)
        if kind.python and isinstance(obj, int) and not -(2**63) <= obj < 2**63:
            raise EntryError(
                f"{where} is the integer {obj}, which doesn't fit in 64 bits",
                code=diagnostics.UNSUPPORTED_VALUE,
                fix="pass it as a float",
            )
        return NumberSpec(kind, obj)
    if isinstance(obj, (np.generic, complex)):
        raise EntryError(
            f"{where} is a number of type {type(obj).__name__}, which compiled code does not cover",
            code=diagnostics.UNSUPPORTED_VALUE,
            fix="pass a float or an np.float64; keep real and imaginary parts in two arguments",
        )
    if isinstance(obj, tuple) and (type(obj) is tuple or hasattr(obj, "_fields")):
        items = tuple(spec_of(x, f"{where}[{k}]", seen) for k, x in enumerate(tuple.__iter__(obj)))
        return TupleSpec(items, None if type(obj) is tuple else type(obj))
    if type(obj) in (list, dict) or is_user_instance(obj):
        if id(obj) in seen:
            return SameSpec(id(obj))
        seen.add(id(obj))
        return _object(obj, where, seen)
    if type(obj) in HOLDERS:
        return _holder(obj, where, seen)
    return ConstSpec(obj) if obj is None or isinstance(obj, (str, bytes)) else LiveSpec(obj)


def static_spec(obj: Any, seen: set[int]) -> ArgSpec:
    """The description of an argument that is compiled in: constants, and objects of which the parts are."""
    if isinstance(obj, tuple) and (type(obj) is tuple or hasattr(obj, "_fields")):
        items = tuple(static_spec(x, seen) for x in tuple.__iter__(obj))
        plain = all(isinstance(item, ConstSpec) for item in items)
        return ConstSpec(obj) if plain else TupleSpec(items, None if type(obj) is tuple else type(obj))
    if id(obj) in seen:
        return SameSpec(id(obj))
    if is_frozen(obj):
        seen.add(id(obj))
        names = attribute_names(obj)
        return InstanceSpec(
            type(obj), tuple(names), tuple(static_spec(getattr(obj, n), seen) for n in names), id(obj), obj
        )
    return LiveSpec(obj) if is_user_instance(obj) or isinstance(obj, (list, dict, np.ndarray)) else ConstSpec(obj)


def _holder(obj: Any, where: str, seen: set[int]) -> ArgSpec:
    """A bound method or a partial. One that holds what can't be passed counts as captured: only what is read of it then
    has to be something that compiled code covers."""
    inside = set(seen)
    try:
        if isinstance(obj, functools.partial):
            found = [spec_of(getattr(obj, n), f"{where}.{n}", inside) for n in ("func", "args", "keywords")]
            spec: ArgSpec = PartialSpec(*found)
        else:
            held = is_user_instance(obj.__self__) or isinstance(obj.__self__, tuple)
            spec = MethodSpec(obj.__func__, spec_of(obj.__self__, where, inside) if held else LiveSpec(obj.__self__))
    except EntryError:
        return LiveSpec(obj)
    seen |= inside
    return spec


def _subclass(obj: Any, where: str) -> ArgSpec:
    """An instance of a class derived from int or float."""
    if isinstance(obj, enum.Enum):
        return ConstSpec(obj)
    raise EntryError(
        f"{where} is a {type(obj).__name__}, a class derived from {type(obj).__mro__[-2].__name__}, which compiled "
        "code does not cover",
        code=diagnostics.UNSUPPORTED_VALUE,
        fix="pass int(x) or float(x)",
    )


def _array(obj: np.ndarray[Any, Any], where: str) -> ArraySpec:
    dtype = dtype_of(obj.dtype)
    if dtype is None or type(obj) is not np.ndarray:
        what = f"dtype {obj.dtype}" if dtype is None else f"class {type(obj).__name__}"
        raise EntryError(
            f"{where} is an array of {what}, which compiled code does not cover",
            code=diagnostics.UNSUPPORTED_VALUE,
            fix="convert it before the call, for instance with x.astype(np.float64) or np.asarray(x)",
        )
    return ArraySpec(ArrayType(dtype, obj.shape), id(obj), obj, not obj.flags.writeable, layout_of(obj))


def _object(obj: Any, where: str, seen: set[int]) -> ArgSpec:
    if isinstance(obj, list):
        return ListSpec(tuple(spec_of(x, f"{where}[{k}]", seen) for k, x in enumerate(obj)), id(obj), obj)
    if isinstance(obj, dict):
        return DictSpec(tuple(obj), tuple(spec_of(x, f"{where}[{k!r}]", seen) for k, x in obj.items()), id(obj), obj)
    names = attribute_names(obj)
    items = tuple(spec_of(getattr(obj, n), f"{where}.{n}", seen) for n in names)
    return InstanceSpec(type(obj), tuple(names), items, id(obj), obj)
