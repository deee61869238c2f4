"""The short way from a call to compiled code: what the wrapper of one specialisation tests, reads and builds.

The wrapper (`tangra.native.Wrapper`) tests what the specialisation rests on: types, shapes, structure and identity of
the arguments, and the guards of what the function captures. It reads the leaves, calls the compiled function and builds
the result. What it can't decide quickly it leaves to the careful way, before anything has happened.
"""

from __future__ import annotations

import enum
import functools
import types
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.frontend.guards import Guard
from tangra.frontend.nodes import ArrayNode, ConstNode, DictNode, ExistingNode, ListNode, Node, NumberNode, TupleNode
from tangra.frontend.objects import slot_names
from tangra.frontend.overlaps import WholePath
from tangra.frontend.paths import MISSING, ArgRoot, Path
from tangra.frontend.specs import (
    ArgSpec,
    ArraySpec,
    ConstSpec,
    DictSpec,
    InstanceSpec,
    ListSpec,
    LiveSpec,
    MethodSpec,
    NumberSpec,
    PartialSpec,
    SameSpec,
    TupleSpec,
    parts,
)
from tangra.native import pyapi
from tangra.native.module import Module
from tangra.native.wrapper import Wrapper
from tangra.native.wrapper_arguments import NoShortWay

if TYPE_CHECKING:
    from tangra.core.specialisation import Specialisation

IDENTICAL = (bool, enum.Enum, type, types.FunctionType, types.BuiltinFunctionType, np.ufunc)
"""Constants of these classes are equal to themselves only."""
MAX_STEPS = 2000
"""Specialisations that need more tests and reads are served the careful way only."""


class Plan:
    """How calls of one form are served: by what the specialisation knows of their arguments and of what it captures."""

    def __init__(self, made: Specialisation) -> None:
        self.made = made
        self.fail, self.finish = made.fail, made.finish

    def write(self, w: Wrapper, module: Module) -> None:
        """Write the wrapper of the main function of `module`; NoShortWay where there is none."""
        if self.made.partition_needed or any(isinstance(p.path, WholePath) for p in self.made.params):
            raise NoShortWay  # the flat array of overlapping ones is no object of the program
        if self.made.made_again and module.records:
            raise NoShortWay
        _Writer(self.made, w).write(module.uses_arena, module.tapes)


class _Writer:
    """Writes one wrapper."""

    def __init__(self, made: Specialisation, w: Wrapper) -> None:
        self.made = made
        self.terms = made.terms
        self.w = w
        self.steps = 0
        self.places: dict[Any, str] = {}
        self.classes: dict[str, type] = {}
        self.distinct: dict[str, None] = {}
        self.identities: dict[int, str] = {}

    def write(self, uses_arena: bool, tapes: int) -> None:
        w = self.w
        w.changed |= {written.param for written in self.terms.written}
        w.names(len(self.made.positional), tuple(self.made.named))
        specs = self.made.roots()
        for k, (key, _) in enumerate(specs):
            self.places[Path(ArgRoot(key)).key] = w.argument(k)
        for key, spec in specs:
            self._spec(spec, Path(ArgRoot(key)))
        self._guards()
        self._parameters()
        w.require_distinct(list(self.distinct))
        w.apart(self.terms.copied)
        w.call(uses_arena, tapes)
        for written in self.terms.written:
            if not self.made.params[written.param].type.rank:
                w.store_zero_rank(written.param, written.result)
        simple = None if self.terms.mutations else self._result(self.terms.result)
        w.leave(w.give(w.finished() if simple is None else simple))

    # ---- reading --------------------------------------------------------------------------------------------------
    def place(self, path: Path) -> str:
        """What is at `path`."""
        key = path.key
        if key not in self.places:
            self.steps += 1
            known = type(path) is Path and (path.steps or not isinstance(path.root, ArgRoot))
            if self.steps > MAX_STEPS or not known:
                raise NoShortWay
            self.places[key] = self._read(path)
        return self.places[key]

    def _read(self, path: Path) -> str:
        if not path.steps:
            obj = self.w.constant(path.root)
            self.classes[obj] = type(path.root)
            return obj
        holder = self.place(Path(path.root, path.steps[:-1]))
        kind, key = path.steps[-1]
        return self.w.item(holder, key, self.classes.get(holder)) if kind == "item" else self.w.attribute(holder, key)

    # ---- tests ------------------------------------------------------------------------------------------------------
    def _spec(self, spec: ArgSpec, path: Path) -> None:
        obj = self.place(path)
        if isinstance(spec, NumberSpec):
            self._class(obj, spec.kind.type)
        elif isinstance(spec, ArraySpec):
            self._array(spec, obj)
        elif isinstance(spec, ConstSpec):
            self._constant(spec.value, obj)
        elif isinstance(spec, TupleSpec):
            self._class(obj, spec.cls or tuple, tuple)
            self.w.require_length(obj, len(spec.items))
            self._items(spec.items, path)
        elif isinstance(spec, SameSpec):
            self.w.require(self.w.same(obj, self.identities[spec.identity]))
        elif isinstance(spec, (MethodSpec, PartialSpec)):
            self._bound(spec, path, obj)
        elif not isinstance(spec, LiveSpec):
            self._container(spec, path, obj)

    def _bound(self, spec: MethodSpec | PartialSpec, path: Path, obj: str) -> None:
        self._class(obj, types.MethodType if isinstance(spec, MethodSpec) else functools.partial)
        if isinstance(spec, MethodSpec):
            self.w.require_is(self.w.attribute(obj, "__func__"), spec.function)
        for part, where in parts(spec, path):
            self._spec(part, where)

    def _class(self, obj: str, cls: type, layout: type | None = None) -> None:
        self.w.require_class(obj, cls)
        self.classes[obj] = layout or cls

    def _items(self, items: tuple[ArgSpec, ...], path: Path) -> None:
        for k, item in enumerate(items):
            self._spec(item, path.item(k))

    def _container(self, spec: ListSpec | DictSpec | InstanceSpec, path: Path, obj: str) -> None:
        self.distinct[obj] = None
        if spec.identity is not None:
            self.identities[spec.identity] = obj
        if isinstance(spec, ListSpec):
            self._class(obj, list)
            self.w.require_length(obj, len(spec.items))
            self._items(spec.items, path)
        elif isinstance(spec, DictSpec):
            self._keys(obj, spec.keys)
            for key, item in zip(spec.keys, spec.items, strict=True):
                self._spec(item, path.item(key))
        else:
            own = getattr(spec.source, "__dict__", None)
            if own is None or tuple(own) != spec.names or slot_names(spec.cls):
                raise NoShortWay
            self._class(obj, spec.cls)
            self._keys(self.w.attribute(obj, "__dict__"), spec.names)
            for attribute, item in zip(spec.names, spec.items, strict=True):
                self._spec(item, path.attr(attribute))

    def _keys(self, obj: str, keys: tuple[Any, ...]) -> None:
        if not all(type(key) in (str, int, bytes) for key in keys):
            raise NoShortWay
        self.w.require_keys(obj, keys)
        self.classes[obj] = dict

    def _array(self, spec: ArraySpec, obj: str) -> None:
        if spec.identity is not None and spec.identity in self.identities:
            self.w.alias(obj, self.identities[spec.identity])
            return
        if spec.identity is not None:
            self.identities[spec.identity] = obj
        if spec.layout != "C":
            raise NoShortWay  # compiled code takes arrays in C order only
        self.distinct[obj] = None
        self.w.array(obj, spec.type, self.made.min_dim)
        if spec.read_only:
            self.w.writeable(obj, False)

    def _constant(self, value: Any, obj: str) -> None:
        if value is None or isinstance(value, IDENTICAL):
            self.w.require_is(obj, value)
            return
        if type(value) is tuple:
            self._class(obj, tuple)
            self.w.require_length(obj, len(value))
            for k, item in enumerate(value):
                self._constant(item, self.w.item(obj, k, tuple))
            return
        if type(value) not in (int, float, str, bytes) and not isinstance(value, np.generic):
            raise NoShortWay
        self.w.require_class(obj, type(value))
        if not isinstance(value, float):
            if isinstance(value, np.floating) and not (value < 0 or value > 0):
                raise NoShortWay  # equal are also 0.0 and -0.0, and NaN is not
            self.w.require_equal(obj, value)
        elif value == value:
            self.w.float_bits(obj, value)
        else:
            raise NoShortWay

    def _guards(self) -> None:
        for path, value in self.terms.static:
            self._constant(value, self.place(path))
        for guard in self.terms.guards:
            if guard.check not in ("positive", "not positive"):
                self._guard(guard)

    def _guard(self, guard: Guard) -> None:
        steps = guard.path.steps
        if guard.check == "is" and not steps and guard.path.root is guard.expected:
            return
        if steps and steps[-1][0] in ("own", "member"):
            self._member(guard.path, *steps[-1], guard.expected)
            return
        at = pyapi.code_offset()
        if steps == (("attr", "__code__"),) and type(guard.path.root) is types.FunctionType and at is not None:
            self.w.require_is(self.w.field(self.w.constant(guard.path.root), at), guard.expected)
            return
        obj, expected, w = self.place(guard.path), guard.expected, self.w
        if guard.check == "is":
            w.require_is(obj, expected)
        elif guard.check == "equal":
            self._constant(expected, obj)
        elif guard.check in ("type", "kind"):
            self._class(obj, expected)
        elif guard.check == "length":
            w.require_length(obj, expected)
        elif guard.check == "keys":
            self._keys(obj, expected)
        elif guard.check == "lacks":
            self._lacks(obj, expected)
        elif guard.check == "array":
            w.array(obj, expected, 0)
        elif guard.check == "layout" and expected == "C":
            return  # an array that passed its test is in C order
        elif guard.check == "writeable":
            w.writeable(obj, expected)
        else:
            raise NoShortWay

    def _member(self, path: Path, kind: str, name: str, expected: Any) -> None:
        """What a class defines under a name, or that it does not."""
        cls = self.place(Path(path.root, path.steps[:-1]))
        if kind == "member":
            self.w.require_member(cls, name, None if expected is MISSING else (expected,))
            return
        own = self.w.attribute(cls, "__dict__")
        if expected is MISSING:
            self.w.require_lacks(own, name)
        else:
            self.w.require_is(self.w.item(own, name, None), expected)

    def _lacks(self, obj: str, keys: Iterable[Any]) -> None:
        self._class(obj, dict)
        for key in sorted(keys, key=str):
            self.w.require_lacks(obj, key)

    def _parameters(self) -> None:
        signs = {g.path.key: g.check == "positive" for g in self.terms.guards if g.check.endswith("positive")}
        for p in self.made.params:
            obj = self.place(p.path)
            if p.kind is None:
                self.distinct[obj] = None
                self.w.array_parameter(p.param, obj)
                continue
            self.w.number(p.param, obj, p.kind.python)
            if p.path.key in signs:
                self.w.positive(p.param, signs.pop(p.path.key))
        if signs:
            raise NoShortWay

    # ---- results ----------------------------------------------------------------------------------------------------
    def _result(self, node: Node) -> str | None:
        """The object of a node; None where it takes more than wrappers do."""
        return self._built(node, {}) if self._is_simple(node) else None

    def _is_simple(self, node: Node) -> bool:
        if isinstance(node, NumberNode):
            return node.tag is None
        if isinstance(node, (TupleNode, ListNode, DictNode)):
            return all(self._is_simple(item) for item in node.items)
        if isinstance(node, ExistingNode):
            return node.path.key in self.places
        return isinstance(node, (ArrayNode, ConstNode))

    def _built(self, node: Node, made: dict[int, str]) -> str:
        w = self.w
        if isinstance(node, NumberNode):
            return w.boxed(node.index, node.kinds[0].type)
        if isinstance(node, ArrayNode):
            if node.key not in made:
                made[node.key] = w.array_result(node.index)
            return made[node.key]
        if isinstance(node, ConstNode):
            return w.constant(node.value)
        if isinstance(node, ExistingNode):
            return self.places[node.path.key]
        assert isinstance(node, (TupleNode, ListNode, DictNode))
        items = [self._built(item, made) for item in node.items]
        if isinstance(node, DictNode):
            return w.made_dict(node.keys, items)
        if isinstance(node, ListNode):
            return w.made_list(items)
        plain = w.made_tuple(items)
        return plain if node.cls is None else w.called(tuple.__new__, [w.constant(node.cls), plain])
