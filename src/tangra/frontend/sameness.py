"""When two abstract values or heap states are the same, and what differs in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api.kinds import kind_of
from tangra.api.values import (
    ArrayValue,
    BoundMethod,
    Const,
    FunctionValue,
    PartialValue,
    RangeValue,
    Scalar,
    SliceValue,
    TupleValue,
)
from tangra.frontend import conversion
from tangra.frontend.heap import (
    ArrayState,
    CellState,
    Conflict,
    ConflictState,
    Deleted,
    DictState,
    HeapState,
    InstanceState,
    ListState,
    MaybeNone,
    MaybeUnbound,
    StackState,
    ViewState,
)

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def same(a: Any, b: Any) -> bool:
    """Whether two entries are the same abstract value."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, Const):
        return same_object(a.value, b.value)
    if isinstance(a, Scalar):
        return a.value is b.value and a.kinds == b.kinds and a.tag is b.tag
    if isinstance(a, TupleValue):
        return a.cls is b.cls and len(a.items) == len(b.items) and all(map(same, a.items, b.items))
    if isinstance(a, (SliceValue, RangeValue)):
        return all(map(same, (a.start, a.stop, a.step), (b.start, b.stop, b.step)))
    if isinstance(a, BoundMethod):
        return same(a.self, b.self) and (a.function is b.function or same(a.function, b.function))
    if isinstance(a, PartialValue):
        return (
            same(a.function, b.function)
            and len(a.args) == len(b.args)
            and all(map(same, a.args, b.args))
            and [k for k, _ in a.kwargs] == [k for k, _ in b.kwargs]
            and all(same(x[1], y[1]) for x, y in zip(a.kwargs, b.kwargs, strict=True))
        )
    if isinstance(a, FunctionValue):
        return (
            a.definition is b.definition
            and a.scope == b.scope
            and len(a.defaults) == len(b.defaults)
            and all(map(same, a.defaults, b.defaults))
            and all(x[0] == y[0] and same(x[1], y[1]) for x, y in zip(a.kw_defaults, b.kw_defaults, strict=True))
        )
    if isinstance(a, MaybeUnbound):
        return a.bound is b.bound and same(a.value, b.value)
    if isinstance(a, MaybeNone):
        return a.there is b.there and same(a.value, b.value)
    return bool(a == b)


def differ_in_sizes(values: Sequence[Any]) -> bool:
    """Whether values that differ are arrays of one dtype and rank."""
    held = [v.type for v in values if isinstance(v, ArrayValue)]
    return len(held) == len(values) and len({(t.dtype, t.rank) for t in held}) == 1


def same_object(a: Any, b: Any) -> bool:
    """Whether two constants can't be told apart: 1, 1.0 and True can, and so can 0.0 and -0.0."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, (float, np.floating)):
        return repr(a) == repr(b)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same_object, a, b))
    if kind_of(a) is not None or isinstance(a, (str, bytes, slice, range, np.dtype)):
        return bool(a == b)
    return False


def same_state(a: HeapState, b: HeapState) -> bool:
    """Whether two heap states are the same."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, ArrayState) and isinstance(b, ArrayState):
        return a.value is b.value
    if isinstance(a, (ViewState, ConflictState)):
        return False
    if isinstance(a, StackState) and isinstance(b, StackState):
        return a.leaves == b.leaves and a.shape == b.shape and same(a.count, b.count) and a.was is b.was
    (names, parts), (other_names, other_parts) = slots_of(a), slots_of(b)
    return names == other_names and all(map(same, parts, other_parts))


def slots_of(state: HeapState) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The names and contents of an object's slots."""
    if isinstance(state, ListState):
        return tuple(range(len(state.items))), state.items
    if isinstance(state, DictState):
        return state.keys, state.values
    if isinstance(state, InstanceState):
        return tuple(k for k, _ in state.attrs), tuple(v for _, v in state.attrs)
    assert isinstance(state, CellState), state
    return ("cell",), (state.value,)


def state_of(form: type, names: tuple[Any, ...], parts: list[Any]) -> HeapState:
    """The inverse of `slots_of`."""
    if form is ListState:
        return ListState(tuple(parts))
    if form is DictState:
        return DictState(names, tuple(parts))
    if form is InstanceState:
        return InstanceState(tuple((n, Deleted() if p is None else p) for n, p in zip(names, parts, strict=True)))
    return CellState(parts[0])


def describe_slot(ev: Evaluator, v: Any) -> str:
    """A value in the user's words, with its value where it is a constant."""
    if v is None:
        return "unbound"
    if isinstance(v, Const) and (v.value is None or isinstance(v.value, (str, bool))):
        return repr(v.value)
    return conversion.describe(ev, v)


def state_text(state: HeapState) -> str:
    """An object's state in the user's words."""
    if isinstance(state, ListState):
        return f"a list of {len(state.items)} items"
    if isinstance(state, StackState):
        return "a list that grew in a loop"
    if isinstance(state, DictState):
        return f"a dict with keys {list(state.keys)}"
    return "an object with different contents"


def of_one_kind(shown: str, value: Any, spans: tuple[Any, ...]) -> Conflict:
    """Two values that read alike and can't be one: `shown` is what `value` is called."""
    if isinstance(value, FunctionValue) or (isinstance(value, Const) and callable(value.value)):
        what = "class" if isinstance(value, Const) and isinstance(value.value, type) else "function"
        way = "call each of them in its own branch"
        return Conflict(f"is one {what} on one path and another on the other", spans, way)
    return Conflict(f"depends on the path taken: it is a {shown} of different structure", spans)
