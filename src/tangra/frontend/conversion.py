"""Reading abstract values as numbers, arrays, constants and sequences."""

from __future__ import annotations

import enum
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api.elementwise import common_dtype
from tangra.api.kinds import Kind, kind_of, np_kind, promote
from tangra.api.numbers import by_python
from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    Const,
    DictValue,
    DictView,
    FunctionValue,
    InstanceValue,
    IterValue,
    ListValue,
    RangeValue,
    Scalar,
    SliceValue,
    TupleValue,
)
from tangra.errors import ShapeMismatchError, TypeMismatchError
from tangra.frontend import diagnostics, fixed
from tangra.frontend.heap import Conflict, DictState, ListState, MaybeNone, MaybeUnbound, Slot, StackState
from tangra.ir import ArrayType, Value
from tangra.shapes import Size, symbols_of
from tangra.shapes.prover import known_eq

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

PASS_NUMBER = "pass numbers or arrays of numbers"
MAX_STACK_ITEMS = 64
"""Items of a list that grew in a loop that are read one by one."""
MAX_ITEMS = 4096
"""Elements of an array or range that are worth having one by one."""


def describe(ev: Evaluator, v: Any) -> str:
    """The type of a value, in the user's words."""
    from tangra.api import numbers

    if isinstance(v, (Conflict, MaybeUnbound, MaybeNone)):
        return "a value that depends on the path"
    if isinstance(v, FunctionValue):
        return f"function {v.definition.name}"
    return numbers.describe(ev, v)


def number(ev: Evaluator, v: AbstractValue, what: str) -> Scalar:
    """A number as a run-time Scalar (constants are emitted)."""
    if isinstance(v, Scalar):
        return v
    if isinstance(v, Const):
        kind = kind_of(v.value)
        if kind is not None:
            bound = int(v.value) if kind.dtype.is_integer else None
            if kind.python and bound is not None and not -(2**63) <= bound < 2**63:
                ev.error(
                    TypeMismatchError,
                    f"the integer {bound} doesn't fit in 64 bits",
                    code=diagnostics.NOT_A_NUMBER,
                    fix="compute it as a float, or split it",
                )
            size = bound if kind.python else None
            return Scalar(ev.b.const(v.value, kind.dtype), (kind,), None, size, bound, bound, ev.span)
    ev.error(
        TypeMismatchError,
        f"{what} must be a number, not {describe(ev, v)}",
        code=diagnostics.NOT_A_NUMBER,
        fix=PASS_NUMBER,
    )


def kind(ev: Evaluator, v: AbstractValue) -> Kind:
    """The kind for NEP 50: a Python number is weak, an array or nested list counts as its NumPy dtype's kind."""
    if isinstance(v, Scalar):
        if v.kind is not None:
            return v.kind
        return np_kind(v.dtype)
    if isinstance(v, Const):
        found = kind_of(v.value)
        if found is not None:
            return found
    return np_kind(type_of(ev, v).dtype)


def type_of(ev: Evaluator, v: AbstractValue) -> ArrayType:
    """dtype and shape of an array-like, as NumPy's asarray has them, without emitting anything."""
    if isinstance(v, ArrayValue):
        return v.type
    if isinstance(v, Scalar):
        return ArrayType(common_dtype(ev, [v]))
    if isinstance(v, Const):
        found = kind_of(v.value)
        if found is not None:
            return ArrayType(found.dtype)
    stacked = _stacked(ev, v)
    if stacked is not None:
        return stacked.type
    return _sequence_type(ev, v, array_items(ev, v))


def _stacked(ev: Evaluator, v: AbstractValue) -> ArrayValue | None:
    """The array that a list grown in a loop is, if its items are numbers or arrays."""
    if not isinstance(v, ListValue):
        return None
    state = ev.look(v.ref)
    if not isinstance(state, StackState):
        return None
    from tangra.frontend import stack_arrays

    return stack_arrays.as_array(ev, v, state)


def array_items(ev: Evaluator, v: AbstractValue) -> Sequence[AbstractValue]:
    """The items of something that NumPy converts to an array."""
    found = items(ev, v) if isinstance(v, (TupleValue, ListValue, RangeValue, Const)) else None
    if found is None or (isinstance(v, Const) and isinstance(v.value, (str, bytes))):
        ev.error(
            TypeMismatchError,
            f"{describe(ev, v)} can't be converted to an array",
            code=diagnostics.NOT_A_NUMBER,
            fix=PASS_NUMBER,
        )
    return found


def _sequence_type(ev: Evaluator, v: AbstractValue, found: Sequence[AbstractValue]) -> ArrayType:
    if not found:
        from tangra.ir import F64

        return ArrayType(F64, (0,))
    types = [type_of(ev, item) for item in found]
    shape = types[0].shape
    for t in types[1:]:
        if len(t.shape) != len(shape) or any(
            known_eq(a, b, ev.facts) is False for a, b in zip(t.shape, shape, strict=True)
        ):
            ev.error(
                ShapeMismatchError,
                f"the items to make an array of have different shapes: {_shape(shape)} and {_shape(t.shape)}",
                code=diagnostics.RAGGED,
            )
    try:
        dtype = promote(tuple(np_kind(t.dtype) for t in dict.fromkeys(types)))
    except TypeError as e:
        ev.error(TypeMismatchError, str(e), code=diagnostics.NOT_A_NUMBER)
    return ArrayType(dtype, (len(found), *shape))


def _shape(shape: tuple[Size, ...]) -> str:
    dims = ", ".join(map(str, shape))
    return f"({dims},)" if len(shape) == 1 else f"({dims})"


def array(ev: Evaluator, v: AbstractValue) -> Value:
    """The current IR value of an array-like."""
    if isinstance(v, ArrayValue):
        return ev.read(v.ref)
    if isinstance(v, Scalar):
        common_dtype(ev, [v])
        return v.value
    if isinstance(v, Const) and kind_of(v.value) is not None:
        return number(ev, v, "argument").value
    stacked = _stacked(ev, v)
    if stacked is not None:
        return ev.read(stacked.ref)
    constant = _constant_array(ev, v)
    if constant is not None:
        return constant
    type = type_of(ev, v)
    return _stack_items(ev, array_items(ev, v), type)


def _constant_array(ev: Evaluator, v: AbstractValue) -> Value | None:
    """The array that nested containers of constants are."""
    type = type_of(ev, v)
    try:
        data = np.array(plain(ev, v), dtype=type.dtype.numpy)
    except (NotPlain, ValueError, OverflowError):
        return None
    return ev.b.const_array(data, type.dtype) if data.shape == type.shape else None


def _stack_items(ev: Evaluator, found: Sequence[AbstractValue], type: ArrayType) -> Value:
    """Items concatenated along a new first axis."""
    b = ev.b
    shape = type.shape[1:]
    rows = []
    for item in found:
        value = ev.array(item, type.dtype)
        for mine, wanted in zip(value.shape, shape, strict=True):
            ev.require_equal(mine, wanted, "the shapes of the items to make an array of")
        rows.append(b("reshape", value, shape=(1, *shape)))
    return b("concat", *rows, axis=0) if len(rows) > 1 else rows[0]


class NotPlain(Exception):
    """Something is not known at compile time."""


def plain(ev: Evaluator, v: Any) -> Any:
    """The Python value of constants and containers of constants; NotPlain for anything else."""
    if isinstance(v, Const):
        ev.live.reads.as_text(v.value)
        return v.value
    if isinstance(v, TupleValue):
        values = [plain(ev, item) for item in v.items]
        return tuple(values) if v.cls is None else tuple.__new__(v.cls, values)
    if isinstance(v, ListValue):
        state = ev.look(v.ref)
        if isinstance(state, ListState):
            return [plain(ev, item) for item in state.items]
    if isinstance(v, DictValue):
        state = ev.look(v.ref)
        if isinstance(state, DictState):
            return {k: plain(ev, item) for k, item in zip(state.keys, state.values, strict=True)}
    if isinstance(v, SliceValue):
        return slice(*(plain(ev, p) for p in (v.start, v.stop, v.step)))
    if isinstance(v, RangeValue):
        return range(*(plain(ev, p) for p in (v.start, v.stop, v.step)))
    if isinstance(v, Scalar):
        if isinstance(v.size, int) and v.kind is not None and v.kind.python:
            return v.size
        op = v.value.defining_op
        if op is not None and op.name == "constant" and v.kind is not None:
            value = op.attrs["value"]
            return v.kind.type(value)
    raise NotPlain


def static(ev: Evaluator, v: AbstractValue, what: str) -> Any:
    """The Python value of something that must be known at compile time."""
    try:
        return plain(ev, v)
    except NotPlain:
        pass
    leaves: list[Value | str] = []
    for leaf in run_time_leaves(ev, v):
        sources = sources_of(ev, leaf)
        if sources is None:
            ev.error(
                TypeMismatchError,
                f"{what} must be known at compile time, but it depends on run-time data",
                code=diagnostics.NOT_STATIC,
                fix="pass it as a static argument, or make it a constant",
            )
        leaves += sources
    if not leaves:
        ev.error(TypeMismatchError, f"{what} must be a constant, not {describe(ev, v)}", code=diagnostics.NOT_STATIC)
    raise diagnostics.StaticNeeded(what, tuple(dict.fromkeys(leaves)), ev.span)


def static_index(ev: Evaluator, v: AbstractValue, what: str) -> int:
    """`operator.index` of something that must be known at compile time."""
    value = static(ev, v, what)
    return by_python(ev, lambda: operator.index(value))


def static_key(ev: Evaluator, v: AbstractValue) -> Any:
    """A key of a dict, which must be known at compile time."""
    key = static(ev, v, "a key of a dict")
    by_python(ev, lambda: hash(key))
    return key


def attribute_name(ev: Evaluator, v: AbstractValue) -> str:
    """The name of an attribute, which must be known at compile time."""
    name = static(ev, v, "the name of an attribute")
    if not isinstance(name, str):
        ev.python_error("TypeError", f"attribute name must be string, not '{type(name).__name__}'")
    return name


def static_slice(ev: Evaluator, v: AbstractValue, what: str) -> slice:
    """A slice of a container, which must be known at compile time."""
    found: slice = static(ev, v, what)
    by_python(ev, lambda: found.indices(0))
    return slice(*(None if part is None else operator.index(part) for part in (found.start, found.stop, found.step)))


def static_step(ev: Evaluator, v: SliceValue, what: str) -> int:
    """The step of a slice of a container, which must be known at compile time."""
    only = SliceValue(Const(None), Const(None), v.step)
    return static_slice(ev, only, what).step or 1


def may_be_constant(ev: Evaluator, v: AbstractValue) -> bool:
    """Whether `static` either knows `v` or gets it by compiling for the values that the parameters have."""
    for leaf in run_time_leaves(ev, v):
        sources = sources_of(ev, leaf)
        if sources is None or any(isinstance(s, str) or s not in ev.func.params for s in sources):
            return False
    return True


def run_time_leaves(ev: Evaluator, v: Any) -> list[Scalar]:
    """The run-time numbers in a value."""
    if isinstance(v, Scalar):
        return [v]
    if isinstance(v, TupleValue):
        return [leaf for item in v.items for leaf in run_time_leaves(ev, item)]
    if isinstance(v, (SliceValue, RangeValue)):
        return [leaf for item in (v.start, v.stop, v.step) for leaf in run_time_leaves(ev, item)]
    if isinstance(v, ListValue):
        state = ev.look(v.ref)
        if isinstance(state, ListState):
            return [leaf for item in state.items for leaf in run_time_leaves(ev, item)]
    return []


def sources_of(ev: Evaluator, scalar: Scalar) -> list[Value | str] | None:
    """The parameters, induction variables and symbols that a number is computed from; None where array elements or
    values carried by loops and branches are among them."""
    if scalar.size is not None and not isinstance(scalar.size, int):
        return [ev.symbols.sources.get(name, name) for name in sorted(symbols_of(scalar.size))]
    found: list[Value | str] = []
    stack, seen = [scalar.value], set()
    while stack:
        value = stack.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        op = value.defining_op
        if op is None:
            if value not in ev.symbols.inductions and value not in ev.func.params:
                return None
            found.append(value)
        elif op.name == "dim":
            found += [ev.symbols.sources.get(name, name) for name in sorted(symbols_of(op.attrs["size"]))]
        elif op.regions or any(not isinstance(v.type, ArrayType) or v.type.shape for v in op.operands):
            return None
        else:
            stack += op.operands
    return found


def slot(ev: Evaluator, value: Slot, what: str) -> AbstractValue:
    """The content of a container's slot; an error where it holds values of different types."""
    if isinstance(value, Conflict):
        return ev.policy.conflict(ev, what, value)
    if isinstance(value, MaybeUnbound):
        ev.fail_if(ev.b("not", value.bound), "AttributeError", f"{what} is not set")
        return slot(ev, value.value, what)
    if isinstance(value, MaybeNone):
        return ev.policy.maybe_none(ev, what, value)
    return value


def items(ev: Evaluator, v: AbstractValue) -> Sequence[AbstractValue] | None:
    """The items of a container of static length; None if `v` isn't one."""
    if isinstance(v, TupleValue):
        if v.cls is not None and fixed.own_method(v.cls, "__iter__"):
            from tangra.frontend import iteration

            return iteration.static_items(ev, v)
        return [slot(ev, item, "an item of the tuple") for item in v.items]
    if isinstance(v, InstanceValue):
        from tangra.frontend import classes, iteration

        own = any(classes.special_method(ev, v, name) is not None for name in ("__iter__", "__getitem__"))
        return iteration.static_items(ev, v) if own else None
    if isinstance(v, ListValue):
        state = ev.look(v.ref)
        if isinstance(state, ListState):
            return [slot(ev, item, "an item of the list") for item in state.items]
        if isinstance(state, StackState) and isinstance(state.count, Const) and state.count.value <= MAX_STACK_ITEMS:
            return [ev.getitem(v, Const(k)) for k in range(state.count.value)]
        return None
    if isinstance(v, DictValue):
        state = ev.look(v.ref)
        assert isinstance(state, DictState)
        return [ev.live.constant(key) for key in state.keys]
    if isinstance(v, DictView):
        from tangra.frontend import containers

        return containers.viewed(ev, v)
    if isinstance(v, Const):
        if isinstance(v.value, (str, bytes, tuple, list, range, dict)) and len(v.value) <= MAX_ITEMS:
            return [ev.live.constant(item) for item in fixed.contents(ev, v, "the items of")]
        return [Const(member) for member in list[Any](v.value)] if isinstance(v.value, enum.EnumType) else None
    if isinstance(v, (RangeValue, IterValue, ArrayValue)):
        from tangra.frontend import iteration

        return iteration.static_items(ev, v)
    return None


def taken_out(ev: Evaluator, v: AbstractValue) -> Sequence[AbstractValue] | None:
    """The items of an iterable, which of an iterator are gone then; None where their number is not known. What an
    iterator leaves out may be known although it has to be asked for each item."""
    found = items(ev, v)
    if found is None and isinstance(v, IterValue):
        from tangra.frontend import pybuiltins

        return items(ev, pybuiltins.collect(ev, v, "unpacking"))
    return found
