"""The type of an abstract value in a few words, for `explain`."""

from __future__ import annotations

from collections.abc import Sequence

from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    Const,
    DictValue,
    FunctionValue,
    InstanceValue,
    ListValue,
    TupleValue,
)
from tangra.frontend import conversion
from tangra.frontend.evaluator import Evaluator
from tangra.frontend.heap import DictState, ListState
from tangra.shapes import Size

MAX_ITEMS = 6


def spelled_shape(shape: Sequence[Size]) -> str:
    """A shape as NumPy prints it: `(3,)`."""
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def spelled(ev: Evaluator, v: AbstractValue) -> str:
    """`float64[3, N0]`, `int = 3`, `(float, list of 2)` …"""
    if isinstance(v, ArrayValue):
        return f"{v.type.dtype.numpy}[{', '.join(map(str, v.type.shape))}]"
    if isinstance(v, Const):
        return _constant(v)
    if isinstance(v, TupleValue):
        items = [spelled(ev, item) for item in v.items[:MAX_ITEMS]] + ["…"] * (len(v.items) > MAX_ITEMS)
        name = v.cls.__name__ if v.cls else ""
        return f"{name}({', '.join(items)})"
    if isinstance(v, ListValue):
        state = ev.look(v.ref)
        return f"list of {len(state.items)}" if isinstance(state, ListState) else "list"
    if isinstance(v, DictValue):
        content = ev.look(v.ref)
        return f"dict of {len(content.keys)}" if isinstance(content, DictState) else "dict"
    if isinstance(v, InstanceValue):
        return str(v.cls.__name__)
    if isinstance(v, FunctionValue):
        return f"function {v.definition.name}"
    return conversion.describe(ev, v)


def _constant(v: Const) -> str:
    if v.value is None:
        return "None"
    if isinstance(v.value, (bool, int, float, str)):
        shown = repr(v.value)
        return f"{type(v.value).__name__} = {shown if len(shown) <= 30 else shown[:29] + '…'}"
    return f"{type(v.value).__name__} {getattr(v.value, '__name__', '')}".rstrip()
