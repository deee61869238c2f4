"""`Mover`: abstract values and heap states with their IR values and references replaced.

Used twice for a call of an outlined function: what the callee gets has parameters in place of the caller's values, and
what it leaves has the results of the call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

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
from tangra.frontend.heap import (
    ArrayState,
    CellRef,
    CellState,
    Deleted,
    DictState,
    HeapState,
    InstanceState,
    ListState,
    MaybeNone,
    ViewState,
)
from tangra.frontend.signatures import Unfit
from tangra.ir import Value


class Mover:
    """Moves by `number` (run-time numbers), `value` (contents of arrays, operands of views) and `ref` (objects)."""

    def __init__(
        self, number: Callable[[Scalar], Scalar], value: Callable[[Value], Value], ref: Callable[[int], int]
    ) -> None:
        self.number = number
        self.value = value
        self.ref = ref

    def entry(self, v: Any) -> Any:
        """What a name or slot holds, moved. Raises `Unfit` for what can't be."""
        if isinstance(v, Const):
            return v
        if isinstance(v, Scalar):
            return self.number(v)
        if isinstance(v, (ArrayValue, ListValue, DictValue, InstanceValue, CellRef)):
            return replace(v, ref=self.ref(v.ref))
        if isinstance(v, DictView):
            return DictView(v.form, self.entry(v.of))
        if isinstance(v, MaybeNone):
            return MaybeNone(self.entry(v.value), self.value(v.there))
        if isinstance(v, TupleValue):
            return TupleValue(self.entries(v.items), v.cls)
        if isinstance(v, (SliceValue, RangeValue)):
            return type(v)(*self.entries((v.start, v.stop, v.step)))
        if isinstance(v, FunctionValue):
            scope = tuple((name, self.ref(ref)) for name, ref in v.scope)
            return FunctionValue(v.definition, scope, self.entries(v.defaults), self.pairs(v.kw_defaults))
        if isinstance(v, BoundMethod):
            function = self.entry(v.function) if isinstance(v.function, AbstractValue) else v.function
            return BoundMethod(self.entry(v.self), function)
        if isinstance(v, PartialValue):
            return PartialValue(self.entry(v.function), self.entries(v.args), self.pairs(v.kwargs))
        if isinstance(v, TransformValue):
            return TransformValue(v.transform, self.entry(v.function), self.pairs(v.options))
        raise Unfit

    def entries(self, items: tuple[Any, ...]) -> tuple[Any, ...]:
        """Several, in order."""
        return tuple(self.entry(item) for item in items)

    def pairs(self, items: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
        """Several with names."""
        return tuple((name, self.entry(item)) for name, item in items)

    def state(self, state: HeapState) -> HeapState:
        """What an object holds, moved."""
        if isinstance(state, ArrayState):
            return ArrayState(self.value(state.value))
        if isinstance(state, ViewState):
            return self.view(state)
        if isinstance(state, ListState):
            return ListState(self.entries(state.items))
        if isinstance(state, DictState):
            return DictState(state.keys, self.entries(state.values))
        if isinstance(state, InstanceState):
            return InstanceState(
                tuple((name, v if isinstance(v, Deleted) else self.entry(v)) for name, v in state.attrs)
            )
        if isinstance(state, CellState):
            return CellState(None if state.value is None else self.entry(state.value))
        raise Unfit

    def view(self, state: ViewState) -> ViewState:
        """A view of the moved base, at moved places."""
        step = state.step
        if step is None:
            raise Unfit
        moved = replace(step, operands=tuple(self.value(v) for v in step.operands))
        return ViewState(self.ref(state.base), state.array, moved.read, moved.write, moved)
