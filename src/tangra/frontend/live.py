"""Objects of the live program as abstract values: what is reached through globals, closures and attributes.

Functions, classes, modules, strings, None and bools are compile-time constants, guarded by identity or value. Numbers
and arrays become hidden parameters of the compiled function ('captures') that are read again at each call. Lists, dicts
and instances become heap objects whose parts are converted when they are reached.
"""

from __future__ import annotations

import functools
import types
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api.kinds import PYINT, Kind, dtype_of, kind_of
from tangra.api.layouts import Layout, layout_of
from tangra.api.numpy_layout import layout_strides
from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    BoundMethod,
    Const,
    DictValue,
    InstanceValue,
    ListValue,
    PartialValue,
    Scalar,
    TupleValue,
)
from tangra.errors import EntryError
from tangra.frontend import diagnostics, fixed
from tangra.frontend.guards import Capture, Guard
from tangra.frontend.heap import ArrayState, CellState, Deleted, DictState, InstanceState, ListState
from tangra.frontend.objects import LIBRARIES, attribute_names, is_empty, is_user_instance, slot_names
from tangra.frontend.paths import Path
from tangra.frontend.reads import Reads
from tangra.ir import I64, ArrayType, Op, Value, lookup, scalar
from tangra.shapes import symbol

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

MAX_CONTAINER = 10_000
"""Items of a live container that are worth converting one by one."""


class LiveObjects:
    """The live objects that an evaluation reached."""

    def __init__(self, ev: Evaluator) -> None:
        self.ev = ev
        self.known: dict[int, tuple[Any, AbstractValue]] = {}
        self.by_path: dict[Any, AbstractValue] = {}
        self.captures: list[Capture] = []
        self.guards: dict[Any, Guard] = {}
        self.paths: dict[int, Path] = {}
        self.objects: dict[int, Any] = {}
        self.array_params: dict[int, int] = {}
        self.read_only: set[int] = set()
        self.copied: set[int] = set()
        """Arrays of the call of which a transformed function changes a copy."""
        self.static_paths: set[Any] = set()
        self.signs: dict[Any, str] = {}
        self.tells_apart = False
        self.given_copies = False
        """Whether arguments of the call are copies of what a function was called with before."""
        self.next_ref = -1
        self.reads = Reads()

    # ---- names ---------------------------------------------------------------------------------------------
    def resolve_global(self, name: str) -> AbstractValue | None:
        """A global or builtin name of the function being evaluated; None where there is none."""
        frame = self.ev.frame
        assert frame is not None
        namespace = frame.definition.globals
        ref = self.namespace(namespace)
        state = self.ev.look(ref)
        assert isinstance(state, InstanceState)
        found = state.get(name)
        if found is not None:
            return None if isinstance(found, Deleted) else self._slot(found, name)
        if name in namespace:
            return self.lift(namespace[name], self.paths[ref].item(name, name))
        builtins = frame.definition.builtins
        self.guard_lacks(self.paths[ref], name)
        return Const(builtins[name]) if name in builtins else None

    def _slot(self, found: Any, name: str) -> AbstractValue:
        from tangra.frontend import conversion

        return conversion.slot(self.ev, found, f"the global {name}")

    def namespace(self, namespace: dict[str, Any]) -> int:
        """The heap object that stands for a module's globals."""
        known = self.known.get(id(namespace))
        if known is None:
            ref = self._object(InstanceState(), Path(namespace, (), ""), namespace)
            known = self.known[id(namespace)] = namespace, InstanceValue(ref, types.ModuleType)
        assert isinstance(known[1], InstanceValue)
        return known[1].ref

    def cell(self, cell: types.CellType, name: str) -> int:
        """The heap object that stands for a closure cell of a live function."""
        known = self.known.get(id(cell))
        if known is None:
            path = Path(cell, (("attr", "cell_contents"),), name)
            if is_empty(cell):
                self.guard(Path(cell, (), name), "empty", None)
                state = CellState(None)
            else:
                state = CellState(self.lift(cell.cell_contents, path))
            ref = self._object(state, Path(cell, (), name), cell)
            known = self.known[id(cell)] = cell, InstanceValue(ref, types.CellType)
        assert isinstance(known[1], InstanceValue)
        return known[1].ref

    def _object(self, state: Any, path: Path, obj: Any) -> int:
        ref = self.next_ref
        self.next_ref -= 1
        self.ev.initial[ref] = state
        self.paths[ref] = path
        self.objects[ref] = obj
        return ref

    def arrays_from_before(self) -> list[tuple[int, Path]]:
        """References and paths of the arrays that the call was given or captured."""
        return [(v.ref, self.paths[v.ref]) for _, v in self.known.values() if isinstance(v, ArrayValue)]

    def anonymous(self, state: Any) -> int:
        """An object from before the call that nothing in the program leads to."""
        ref = self.next_ref
        self.next_ref -= 1
        self.ev.initial[ref] = state
        return ref

    def compare(self, ref: int, other: int) -> None:
        """Note that it was asked whether two objects are the same: of two from before the call, that is for each call
        to say."""
        self.tells_apart |= ref in self.paths and other in self.paths

    def is_lost(self, ref: int, other: int) -> bool:
        """Whether one of two objects is a copy of an argument, and the other, from outside, may be its original."""
        if not self.given_copies or ref not in self.paths or other not in self.paths:
            return False
        return self.paths[ref].is_argument != self.paths[other].is_argument

    # ---- conversion ----------------------------------------------------------------------------------------
    def constant(self, value: Any) -> AbstractValue:
        """An object that the evaluation itself computed, as an abstract value: lists and dicts are fresh ones."""
        if type(value) is list:
            return ListValue(self.ev.allocate(ListState(tuple(self.constant(item) for item in value))))
        if type(value) is dict:
            values = tuple(self.constant(item) for item in value.values())
            return DictValue(self.ev.allocate(DictState(tuple(value), values)))
        if isinstance(value, tuple) and (type(value) is tuple or hasattr(value, "_fields")):
            items = tuple(self.constant(item) for item in tuple.__iter__(value))
            return TupleValue(items, None if type(value) is tuple else type(value))
        return Const(value)

    def guard(self, path: Path, check: str, expected: Any) -> None:
        """Require something of the object at `path`."""
        if not self._fixed(path):
            self.guards[path.key, check] = Guard(path, check, expected)

    def guard_lacks(self, path: Path, name: str) -> None:
        """Require that the dict at `path` has no such key."""
        self.guard(path, "lacks", self._names(path, "lacks") | {name})

    def _names(self, path: Path, check: str) -> frozenset[str]:
        """The names that a guard requires to be missing so far."""
        known = self.guards.get((path.key, check))
        return known.expected if known is not None else frozenset()

    def _fixed(self, path: Path) -> bool:
        return isinstance(path.root, types.ModuleType) and path.root.__name__.partition(".")[0] in LIBRARIES

    def lift(self, obj: Any, path: Path) -> AbstractValue:
        """The abstract value of a live object found at `path`."""
        found = self._lifted(obj, path)
        if self.ev.named is not None and hasattr(found, "ref"):
            self.ev.named.add(found.ref)
        return found

    def _lifted(self, obj: Any, path: Path) -> AbstractValue:
        if obj is None or isinstance(obj, (bool, str, bytes)):
            self.guard(path, "equal", obj)
            return Const(obj)
        known = self.known.get(id(obj))
        if known is not None and known[0] is obj:
            first = self.paths.get(getattr(known[1], "ref", 0))
            if first is None or first.key != path.key:
                self.guard(path, "is", obj)
                if first is not None:
                    self.guard(first, "is", obj)
            return known[1]
        kind = kind_of(obj)
        if kind is not None and (not kind.python or type(obj) is kind.type):
            return self._number(obj, kind, path)
        if kind is not None and fixed.redefines(type(obj)):
            name = type(obj).__name__
            self.ev.unsupported(f"{path} is a {name}, a number with operators of its own; such a class is")
        value = None if kind is not None else self._compound(obj, path)
        if value is None:
            self.guard(path, "is", obj)
            return Const(obj)
        return value

    def _number(self, obj: Any, kind: Kind, path: Path) -> AbstractValue:
        if self._fixed(path) or path.key in self.static_paths or (kind == PYINT and not -(2**63) <= obj < 2**63):
            self.guard(path, "equal", obj)
            return Const(obj)
        if path.key not in self.by_path:
            self.guard(path, "kind", type(obj))
            self.by_path[path.key] = self._parameter_number(kind, path, capture=True)
        return self.by_path[path.key]

    def _parameter_number(self, kind: Kind, path: Path, capture: bool) -> Scalar:
        param = self.parameter(scalar(kind.dtype), path, kind, capture)
        return self.number_parameter(param, kind, path)

    def number_parameter(self, param: Value, kind: Kind, path: Path) -> Scalar:
        """A number that is a parameter of the function; 64-bit ints get a symbol."""
        size = None
        if kind.dtype == I64:
            name = self._symbol_name(path)
            self.ev.symbols.prologue.append(Op(lookup("bind_dim"), [param], {"symbol": name}, [], [], None))
            self.ev.symbols.always.add(name)
            self.ev.symbols.sources[name] = param
            self.ev.symbols.names[param] = name
            size = symbol(name)
            sign = self.signs.get(path.key)
            if sign is not None:
                lo, hi = (1, None) if sign == "positive" else (None, 0)
                self.guards[path.key, sign] = Guard(path, sign, None)
                self.ev.state.facts = self.ev.state.facts.with_bounds(name, lo, hi)
                return Scalar(param, (kind,), None, size, lo, hi)
        return Scalar(param, (kind,), None, size)

    def _symbol_name(self, path: Path) -> str:
        stem = "".join(c if c.isalnum() or c == "_" else "_" for c in path.text).strip("_") or "n"
        if stem[0].isdigit():
            stem = f"n{stem}"
        name, k = stem, 1
        while name in self.ev.symbols.always or name in self.ev.symbols.taken:
            k += 1
            name = f"{stem}_{k}"
        return name

    def parameter(self, type: ArrayType, path: Path, kind: Kind | None, capture: bool) -> Value:
        """A new parameter of the function."""
        param = self.ev.func.body.add_arg(type, path.text if path.text.isidentifier() else "")
        if capture:
            self.captures.append(Capture(path, len(self.ev.func.params) - 1, kind, type))
        return param

    def _compound(self, obj: Any, path: Path) -> AbstractValue | None:
        if isinstance(obj, np.ndarray):
            return self._array(obj, path)
        if isinstance(obj, tuple) and (type(obj) is tuple or hasattr(obj, "_fields")):
            self.guard(path, "type", type(obj))
            self.guard(path, "length", len(obj))
            self._limit(obj, path)
            items = tuple(self.lift(item, path.item(k)) for k, item in enumerate(tuple.__iter__(obj)))
            return TupleValue(items, None if type(obj) is tuple else type(obj))
        if type(obj) is list:
            return self._list(obj, path)
        if type(obj) is dict:
            return self._dict(obj, path)
        if isinstance(obj, functools.partial):
            self.guard(path, "is", obj)
            self.guard(path.attr("args"), "length", len(obj.args))
            self.guard(path.attr("keywords"), "keys", tuple(obj.keywords))
            args = tuple(self.lift(a, path.attr("args").item(k)) for k, a in enumerate(obj.args))
            kwargs = tuple((k, self.lift(v, path.attr("keywords").item(k))) for k, v in obj.keywords.items())
            return PartialValue(self.lift(obj.func, path.attr("func")), args, kwargs)
        if isinstance(obj, types.MethodType):
            self.guard(path.attr("__func__"), "is", obj.__func__)
            return BoundMethod(self.lift(obj.__self__, path.attr("__self__")), Const(obj.__func__))
        if is_user_instance(obj):
            self.guard(path, "type", type(obj))
            ref = self._object(InstanceState(), path, obj)
            value = InstanceValue(ref, type(obj))
            self.known[id(obj)] = obj, value
            return value
        return None

    def _limit(self, obj: Any, path: Path) -> None:
        if len(obj) > MAX_CONTAINER:
            raise EntryError(
                f"{path} has {len(obj)} items, too many to convert one by one",
                code=diagnostics.UNSUPPORTED_VALUE,
                span=self.ev.span,
                fix="make it a NumPy array",
            )

    def _array(self, obj: np.ndarray[Any, Any], path: Path) -> AbstractValue:
        type_ = array_type(obj, path, self.ev)
        self.guard(path, "array", type_)
        self.guard(path, "layout", layout_of(obj))
        self.guard(path, "writeable", obj.flags.writeable)
        param = self.parameter(type_, path, None, capture=True)
        value = self.enter_array(obj, param, path, layout_of(obj))
        if not obj.flags.writeable:
            self.read_only.add(value.ref)
        return value

    def enter_array(self, obj: Any, param: Value, path: Path, layout: Layout) -> ArrayValue:
        """An array that is a parameter of the function."""
        ref = self._object(ArrayState(param), path, obj)
        value = ArrayValue(ref, param.array, layout_strides(param.shape, layout))
        self.array_params[ref] = self.ev.func.params.index(param)
        if obj is not None:
            self.known[id(obj)] = obj, value
        return value

    def _list(self, obj: list[Any], path: Path) -> ListValue:
        self.guard(path, "type", list)
        self.guard(path, "length", len(obj))
        self._limit(obj, path)
        ref = self._object(ListState(()), path, obj)
        value = ListValue(ref)
        self.known[id(obj)] = obj, value
        self.ev.initial[ref] = ListState(tuple(self.lift(item, path.item(k)) for k, item in enumerate(obj)))
        return value

    def _dict(self, obj: dict[Any, Any], path: Path) -> DictValue:
        self.guard(path, "type", dict)
        self.guard(path, "keys", tuple(obj))
        self._limit(obj, path)
        ref = self._object(DictState((), ()), path, obj)
        value = DictValue(ref)
        self.known[id(obj)] = obj, value
        values = tuple(self.lift(item, path.item(k)) for k, item in obj.items())
        self.ev.initial[ref] = DictState(tuple(obj), values)
        return value

    # ---- attributes of live objects ------------------------------------------------------------------------
    def attribute(self, ref: int, name: str) -> AbstractValue | None:
        """An attribute of a live instance that was not touched yet; None if it has none of its own."""
        obj = self.objects.get(ref)
        if obj is None:
            return None
        own = getattr(obj, "__dict__", None)
        if own is not None and name in own:
            return self.lift(own[name], self.paths[ref].attr(name))
        if own is not None and not self.paths[ref].is_argument:
            self.guard_lacks(self.paths[ref].attr("__dict__"), name)
        if name not in slot_names(type(obj)):
            return None
        if hasattr(obj, name):
            return self.lift(getattr(obj, name), self.paths[ref].attr(name))
        if not self.paths[ref].is_argument:
            self.guard(self.paths[ref], "unset", self._names(self.paths[ref], "unset") | {name})
        return None

    def global_value(self, ref: int, name: str) -> AbstractValue | None:
        """A name of a module's globals that was not touched yet."""
        obj = self.objects.get(ref)
        return self.lift(obj[name], self.paths[ref].item(name, name)) if type(obj) is dict and name in obj else None

    def has_attributes(self, ref: int) -> list[str]:
        """Names of the attributes that a live instance has of its own."""
        obj = self.objects.get(ref)
        return attribute_names(obj) if obj is not None else []


def array_type(obj: np.ndarray[Any, Any], path: Path, ev: Evaluator) -> ArrayType:
    """The IR type of a live array; EntryError for what compiled code can't hold."""
    dtype = dtype_of(obj.dtype)
    if dtype is None or type(obj) is not np.ndarray:
        what = f"dtype {obj.dtype}" if dtype is None else f"type {type(obj).__name__}"
        raise EntryError(
            f"{path} is an array of {what}, which compiled code does not cover",
            code=diagnostics.UNSUPPORTED_VALUE,
            span=ev.span,
            fix="convert it with np.asarray(x, dtype=np.float64) before the call",
        )
    return ArrayType(dtype, obj.shape)
