"""What a call hands to a function, in a form that is equal where one specialisation of the function serves both calls.

A `Signature` walks everything the callee can reach from its arguments and its closure. Constants, types and which
objects are one and the same go into `key`; numbers and contents of arrays are left open: they are `slots`, numbered in
the order of the walk, which become the specialisation's parameters. What can't be described like that raises `Unfit`:
the call is then evaluated in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    BoundMethod,
    Const,
    DictValue,
    DictView,
    FunctionValue,
    InstanceValue,
    ListValue,
    PartialValue,
    RangeValue,
    Scalar,
    SliceValue,
    TransformValue,
    TupleValue,
)
from tangra.frontend import memory
from tangra.frontend.heap import (
    ArrayState,
    CellRef,
    CellState,
    Deleted,
    DictState,
    HeapState,
    InstanceState,
    ListState,
    ViewState,
)
from tangra.frontend.symbols import depends_on_elements
from tangra.ir import Value
from tangra.shapes import Dim, symbols_of
from tangra.shapes.facts import bounds

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


class Unfit(Exception):
    """The call can't be made one of a function of its own."""


class Signature:
    """The walk over what is bound to the names `env` and the cells `scope`, and over the objects `extras`.

    `order` has the references reached, `slots` the open IR values, `numbers` the numbers among them; `arrays` tells
    which slot holds an array's contents, `shares` which array owns the memory of each array reached. `kept` keeps
    constants of the key alive.
    """

    def __init__(
        self, ev: Evaluator, env: Mapping[str, Any], scope: Iterable[tuple[str, int]], extras: Iterable[int]
    ) -> None:
        self.ev = ev
        self.slots: list[Value] = []
        self.order: list[int] = []
        self.arrays: dict[int, int] = {}
        self.shares: dict[int, int] = {}
        self.symbols: set[str] = set()
        self.kept: list[Any] = []
        self.data = False
        self.numbers: dict[int, Scalar] = {}
        self._numbers: dict[Value, int] = {}
        self._positions: dict[int, int] = {}
        parts: list[Any] = [(name, self._value(v)) for name, v in env.items()]
        parts += [(name, self._object(ref)) for name, ref in scope]
        parts += [self._object(ref) for ref in extras if ref not in ev.state.poisoned]
        self.reachable = frozenset(self.order)
        parts += self._written()
        if not self.symbols <= bound_by(self.slots):
            raise Unfit  # the size of one parameter is a sum or product of sizes that no other tells
        facts = ev.state.facts if self.symbols else None
        self.kept.append(facts)
        self.key: tuple[Any, ...] = (*parts, None if facts is None else id(facts))

    def position(self, ref: int) -> int | None:
        """The number of an object, in the order of the walk."""
        return self._positions.get(ref)

    # ---- values --------------------------------------------------------------------------------------------
    def _value(self, v: Any) -> Any:
        if isinstance(v, Const):
            return "const", self._constant(v.value)
        if isinstance(v, Scalar):
            return self._number(v)
        if isinstance(v, ArrayValue):
            return "array", self._object(v.ref), v.type, self._noted(v.strides)
        if isinstance(v, TupleValue):
            return "tuple", v.cls, tuple(self._value(item) for item in v.items)
        if isinstance(v, (ListValue, DictValue)):
            return type(v).__name__, self._object(v.ref)
        if isinstance(v, DictView):
            return "view", v.form, self._object(v.of.ref)
        if isinstance(v, InstanceValue):
            return "instance", v.cls, self._object(v.ref)
        if isinstance(v, (SliceValue, RangeValue)):
            return type(v).__name__, tuple(self._value(part) for part in (v.start, v.stop, v.step))
        return self._function(v)

    def _function(self, v: Any) -> Any:
        if isinstance(v, FunctionValue):
            scope = tuple((name, self._object(ref)) for name, ref in v.scope)
            defaults = tuple(self._value(d) for d in v.defaults)
            named = tuple((name, self._value(d)) for name, d in v.kw_defaults)
            return "function", self._identity(v.definition), scope, defaults, named
        if isinstance(v, BoundMethod):
            inner = isinstance(v.function, AbstractValue)
            return "method", self._value(v.self), self._value(v.function) if inner else self._identity(v.function)
        if isinstance(v, PartialValue):
            named = tuple((name, self._value(a)) for name, a in v.kwargs)
            return "partial", self._value(v.function), tuple(self._value(a) for a in v.args), named
        if isinstance(v, TransformValue):
            options = tuple((name, self._value(o)) for name, o in v.options)
            return "transform", v.transform, self._value(v.function), options
        if isinstance(v, CellRef):
            return "cell", self._object(v.ref)
        raise Unfit

    def _identity(self, obj: Any) -> int:
        self.kept.append(obj)
        return id(obj)

    def _constant(self, obj: Any) -> Any:
        """A constant as part of a key: numbers of different types and zeros of different sign differ."""
        if obj is None or isinstance(obj, (bool, int, str, bytes)):
            return type(obj), obj
        if isinstance(obj, (float, np.generic)):
            return type(obj), repr(obj)
        if type(obj) is tuple:
            return tuple, tuple(self._constant(item) for item in obj)
        return "object", self._identity(obj)

    def _number(self, v: Scalar) -> Any:
        """A run-time number: its kinds, its sign as far as that is known, and whether array elements decide it."""
        tag = None if v.tag is None else self._slot(v.tag)
        integer = all(kind.dtype.is_integer for kind in v.kinds)
        data = integer and v.size is None and depends_on_elements(self.ev, v.value)
        self.data |= data
        slot = self._slot(v.value)
        self.numbers.setdefault(slot, v)
        return "number", v.kinds, slot, tag, data, sign(self.ev, v)

    def _slot(self, value: Value) -> int:
        if value not in self._numbers:
            self._numbers[value] = self._fresh_slot(value)
        return self._numbers[value]

    def _fresh_slot(self, value: Value) -> int:
        self._noted(value.shape)
        self.slots.append(value)
        return len(self.slots) - 1

    def slot_of(self, value: Value) -> int:
        """The slot of a number that the walk reached."""
        return self._numbers[value]

    def _noted(self, sizes: Any) -> Any:
        for size in sizes or ():
            if isinstance(size, Dim):
                self.symbols |= symbols_of(size)
        return sizes

    # ---- objects -------------------------------------------------------------------------------------------
    def _object(self, ref: int) -> Any:
        if ref in self._positions:
            return self._positions[ref]
        state = self._usable(ref)
        self._positions[ref] = len(self.order)
        self.order.append(ref)
        return self._state(ref, state)

    def _usable(self, ref: int) -> HeapState:
        state = self.ev.state
        if ref in state.poisoned or ref in state.partners:
            raise Unfit
        return self.ev.glance(ref)

    def _state(self, ref: int, state: HeapState) -> Any:
        if isinstance(state, (ArrayState, ViewState)):
            return self._array(ref, state)
        if isinstance(state, ListState):
            return "list", tuple(self._value(item) for item in state.items)
        if isinstance(state, DictState):
            keys = tuple(self._constant(key) for key in state.keys)
            return "dict", keys, tuple(self._value(item) for item in state.values)
        if isinstance(state, InstanceState):
            live = ref if self.ev.live.objects.get(ref) is not None else None
            return "attributes", live, tuple((name, self._attribute(v)) for name, v in state.attrs)
        if isinstance(state, CellState):
            return "content", None if state.value is None else self._value(state.value)
        raise Unfit

    def _attribute(self, v: Any) -> Any:
        return "deleted" if isinstance(v, Deleted) else self._value(v)

    def _array(self, ref: int, state: ArrayState | ViewState) -> Any:
        """An array; a view is handed over as its contents, if nothing else that is reached shares its memory."""
        ev, owner = self.ev, ref
        value = ev.peek(ref)
        while isinstance(state, ViewState):
            if state.step is not None and not state.step.writeable:
                raise Unfit  # writing to it is an error
            owner = state.base
            found = self._usable(owner)
            assert isinstance(found, (ArrayState, ViewState))
            state = found
        if owner in self.shares.values():
            raise Unfit
        flags = [memory.is_read_only(ev, ev.state, r) for r in (owner, ref)]
        read_only = True in flags
        if (read_only and owner != ref) or None in flags:
            raise Unfit
        self.shares[ref] = owner
        self.arrays[ref] = self._fresh_slot(value)
        return value.type, read_only, owner != ref, self._argument(owner)

    def _argument(self, owner: int) -> str:
        """Whether an array is an argument of the compiled function, and changed since."""
        if owner not in self.ev.live.array_params:
            return "local"
        return "changed" if self.ev.is_changed(owner) else "unchanged"

    def _written(self) -> list[Any]:
        """Arguments of the compiled function that have changed: a failure in the callee has to write them back."""
        ev, found = self.ev, []
        for ref, index in ev.live.array_params.items():
            if ref in self.reachable:
                continue
            if ref in ev.state.poisoned:
                found.append(("poisoned", index))
            elif isinstance(state := ev.state.heap.get(ref), ArrayState) and ev.is_changed(ref):
                self._positions[ref] = len(self.order)
                self.order.append(ref)
                self.arrays[ref] = self._fresh_slot(state.value)
                found.append(("written", index))
        return found


def bound_by(params: Iterable[Value]) -> set[str]:
    """The size symbols that parameters tell, because a dim of them is just that symbol."""
    dims = [d for p in params for d in p.shape if isinstance(d, Dim)]
    return {str(d) for d in dims} & set[str]().union(*map(symbols_of, dims))


def sign(ev: Evaluator, v: Scalar) -> tuple[int | None, int | None]:
    """Bounds that say no more of an int than its sign."""
    lo, hi = v.lo, v.hi
    if v.size is not None:
        known = bounds(v.size, ev.facts)
        lo, hi = (b if a is None else a for a, b in zip((lo, hi), known, strict=True))
    low = None if lo is None or lo < 0 else min(lo, 1)
    high = None if hi is None or hi > 0 else max(hi, -1)
    return low, high
