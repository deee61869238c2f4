"""Operators on every kind of value: numbers and arrays by `tangra.api`, containers and the user's classes here."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tangra.api import comparing, indexing, numbers, registry
from tangra.api.elementwise import broadcast_to, is_number
from tangra.api.kinds import PYBOOL, kind_of
from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    BoundMethod,
    Const,
    DictValue,
    DictView,
    FunctionValue,
    InstanceValue,
    IterValue,
    ListValue,
    PartialValue,
    RangeValue,
    Scalar,
    SliceValue,
    TransformValue,
    TupleValue,
)
from tangra.errors import TypeMismatchError
from tangra.frontend import (
    classes,
    container_methods,
    containers,
    conversion,
    diagnostics,
    fixed,
    memory,
    stack_instances,
    user_operators,
)
from tangra.frontend.heap import StackState
from tangra.frontend.objects import is_user_instance
from tangra.ir import DType

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

PYTHON: dict[str, Callable[[Any, Any], Any]] = {
    **numbers.PYTHON,
    "is": operator.is_,
    "is not": operator.is_not,
}


def binary(ev: Evaluator, op: str, left: AbstractValue, right: AbstractValue) -> AbstractValue:
    """`left op right` for arithmetic and comparison operators."""
    if classes.user_class(left) is not None or classes.user_class(right) is not None:
        found = user_operators.binary(ev, op, left, right)
        if found is not None:
            return found
    if _numeric(left) and _numeric(right):
        result = numbers.binary(ev, op, left, right)
        if op in comparing.OPS:
            ev.symbols.note_comparison(result, op, left, right)
        return result
    if isinstance(left, (ArrayValue,)) or isinstance(right, ArrayValue):
        return numbers.binary(ev, op, left, right)
    if isinstance(left, SliceValue) and isinstance(right, SliceValue):
        left, right = (TupleValue((v.start, v.stop, v.step)) for v in (left, right))
    found = _two_ranges(ev, op, left, right) or containers.binary(ev, op, left, right)
    if found is not None:
        return found
    if isinstance(left, Const) and isinstance(right, Const):
        return _constants(ev, op, left, right)
    if containers.numpy_takes(ev, left, right) and op != "@":
        return numbers.binary(ev, op, left, right)
    if op in ("==", "!="):
        return Const(is_one(ev, left, right).value is (op == "=="))
    if op == "*" and is_number(left if _is_text(right) else right) and (_is_text(left) or _is_text(right)):
        ev.unsupported("a text repeated a number of times that is only known at run time")
    names = conversion.describe(ev, left), conversion.describe(ev, right)
    if op in user_operators.COMPARISONS:
        ev.python_error("TypeError", f"{op!r} not supported between instances of {names[0]!r} and {names[1]!r}")
    ev.python_error("TypeError", f"unsupported operand type(s) for {op}: {names[0]!r} and {names[1]!r}")


def _two_ranges(ev: Evaluator, op: str, left: AbstractValue, right: AbstractValue) -> AbstractValue | None:
    """Ranges are equal if they give the same numbers; None for anything else."""
    ranges = [_as_range(v) for v in (left, right)]
    a, b = ranges
    if op not in ("==", "!=") or a is None or b is None:
        return None
    count, other = (containers.length(ev, v) for v in (a, b))
    none, few = (binary(ev, "<=", count, Const(n)) for n in (0, 1))
    starts = binary(ev, "|", none, binary(ev, "==", a.start, b.start))
    steps = binary(ev, "|", few, binary(ev, "==", a.step, b.step))
    equal = binary(ev, "&", binary(ev, "==", count, other), binary(ev, "&", starts, steps))
    return equal if op == "==" else negate(ev, equal)


def _as_range(v: AbstractValue) -> RangeValue | None:
    if isinstance(v, Const) and isinstance(v.value, range):
        return RangeValue(*map(Const, (v.value.start, v.value.stop, v.value.step)))
    return v if isinstance(v, RangeValue) else None


def _is_text(v: AbstractValue) -> bool:
    return isinstance(v, Const) and isinstance(v.value, (str, bytes))


def _numeric(v: AbstractValue) -> bool:
    return isinstance(v, ArrayValue) or is_number(v)


def _constants(ev: Evaluator, op: str, left: Const, right: Const) -> AbstractValue:
    """An operator on two compile-time objects that aren't numbers: strings, tuples, dtypes, classes, None."""
    fixed.equality(ev, PYTHON[op], left, right)
    try:
        return ev.live.constant(PYTHON[op](left.value, right.value))
    except Exception as e:  # any exception is what Python itself raises here
        ev.python_error(type(e).__name__, str(e))


def inplace(ev: Evaluator, op: str, left: AbstractValue, right: AbstractValue) -> AbstractValue:
    """`left op= right`: in place for arrays, lists and classes that say so; the new value of the target."""
    if isinstance(left, ArrayValue):
        own = user_operators.instead_of_array(ev, op, left, right)
        return _array_inplace(ev, op, left, right) if own is None else own
    if (
        isinstance(left, ListValue)
        and not isinstance(right, ArrayValue)
        and not containers.numpy_takes(ev, left, right)
    ):
        if op == "+":
            container_methods.extend(ev, left, right)
            return left
        if op == "*":
            repeated = binary(ev, op, left, right)
            assert isinstance(repeated, ListValue)
            ev.put(left.ref, ev.look(repeated.ref))
            return left
    if isinstance(left, DictValue) and op == "|":
        container_methods.update_dict(ev, left, right)
        return left
    method = classes.special_method(ev, left, f"__i{user_operators.DUNDERS[op]}__")
    if method is not None:
        result = ev.call(method, [right], {})
        if not user_operators.declined(result):
            return result
    return binary(ev, op, left, right)


def fitting(ev: Evaluator, op: str, left: AbstractValue, right: AbstractValue, dtype: DType) -> AbstractValue:
    """`left op right` for an array of `dtype` that takes it in place: by 'same_kind' casting."""
    result = binary(ev, op, left, right)
    old, new = np.dtype(dtype.numpy), np.dtype(ev.array(result).dtype.numpy)
    if not np.can_cast(new, old, "same_kind"):
        ev.error(
            TypeMismatchError,
            f"Cannot cast ufunc '{UFUNCS.get(op, op)}' output from dtype('{new}') to dtype('{old}') "
            "with casting rule 'same_kind'",
            code=diagnostics.IN_PLACE,
            fix="write x = x + y, or allocate x with the wider dtype",
        )
    return result


def _array_inplace(ev: Evaluator, op: str, left: ArrayValue, right: AbstractValue) -> AbstractValue:
    """NumPy's in-place operators: the dtype stays; the result must broadcast to the array."""
    result = fitting(ev, op, left, right, left.type.dtype)
    value = ev.array(result)
    if len(value.shape) != left.type.rank:
        _too_large(ev, left, value.array)
    for mine, theirs in zip(left.type.shape, value.shape, strict=True):
        if mine == 1 and theirs != 1:
            _too_large(ev, left, value.array)
        ev.require_equal(mine, theirs, "the result of an in-place operation does not fit the array")
    value = ev.array(result, left.type.dtype)
    ev.write(left, broadcast_to(ev, value, left.type.shape), "output array")
    return left


UFUNCS = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "//": "floor_divide",
    "%": "remainder",
    "**": "power",
    "@": "matmul",
    "&": "bitwise_and",
    "|": "bitwise_or",
    "^": "bitwise_xor",
    "<<": "left_shift",
    ">>": "right_shift",
}


def _too_large(ev: Evaluator, left: ArrayValue, result: Any) -> None:
    from tangra.errors import ShapeMismatchError

    ev.error(
        ShapeMismatchError,
        f"non-broadcastable output operand with shape {numbers.shape_text(left)} doesn't match the broadcast shape "
        f"({', '.join(map(str, result.shape))})",
        code=diagnostics.IN_PLACE,
    )


def unary(ev: Evaluator, op: str, v: AbstractValue) -> AbstractValue:
    """`-v`, `+v`, `~v`, `not v`."""
    if op == "not":
        return negate(ev, truth(ev, v))
    method = classes.special_method(ev, v, {"-": "__neg__", "+": "__pos__", "~": "__invert__"}[op])
    if method is not None:
        return ev.call(method, [], {})
    return numbers.unary(ev, op, v)


def negate(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    """`not v` of a truth value."""
    v = truth(ev, v)
    if isinstance(v, Const):
        return Const(not v.value)
    assert isinstance(v, Scalar)
    result = Scalar(ev.b("not", v.value), (PYBOOL,))
    ev.symbols.note_negation(result, v)
    return result


def truth(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    """`bool(v)` as a Const or a pybool Scalar."""
    if isinstance(v, Const) and kind_of(v.value) is None:
        changing = hasattr(type(v.value), "__bool__") or hasattr(type(v.value), "__len__")
        return Const(bool(fixed.contents(ev, v, "the truth of") if changing else v.value))
    for name in ("__bool__", "__len__"):
        method = classes.special_method(ev, v, name)
        if method is not None:
            return truth(ev, ev.call(method, [], {}))
    if isinstance(v, TupleValue):
        return Const(bool(v.items))
    if isinstance(v, (ListValue, DictValue, DictView, RangeValue)):
        return ev.binary("!=", containers.length(ev, v), Const(0))
    if isinstance(v, InstanceValue):
        return Const(True)
    if isinstance(v, (FunctionValue, BoundMethod, PartialValue, TransformValue, SliceValue, IterValue)):
        return Const(True)
    result = numbers.truth(ev, v)
    ev.symbols.note_same(result, v)
    return result


OBJECTS = (ArrayValue, ListValue, DictValue, InstanceValue)
"""Values that are references to objects."""


def identical(ev: Evaluator, left: AbstractValue, right: AbstractValue) -> bool:
    """`left is right`, as far as it is defined by the language and not by CPython's caches."""
    if isinstance(left, Const) and isinstance(right, Const):
        return left.value is right.value or (
            type(left.value) is type(right.value) and kind_of(left.value) is not None and left.value == right.value
        )
    for one, other in ((left, right), (right, left)):
        if isinstance(one, InstanceValue) and isinstance(other, Const) and is_user_instance(other.value):
            _unknown_identity(ev, "object, of which one is a key of a dict or a static argument,", "their attributes")
    if isinstance(left, (FunctionValue, BoundMethod, PartialValue)) or type(left) is not type(right):
        return left == right
    if isinstance(left, OBJECTS):
        a, b = memory.original(ev, left.ref), memory.original(ev, right.ref)  # type: ignore[union-attr]
        ev.live.compare(a, b)  # of the same class
        if ev.live.is_lost(a, b):
            _unknown_identity(ev, "object, of which one is a copy that tg.vjp or tg.linearize keeps,", "what they hold")
        return a == b
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        return left.value is right.value
    return left == right


def is_one(ev: Evaluator, left: AbstractValue, right: AbstractValue) -> Const:
    """Whether two values are identical; of objects that may be one or two it is an error."""
    a, b = (memory.original(ev, v.ref) if isinstance(v, OBJECTS) else None for v in (left, right))
    if a is not None and b is not None and a != b and memory.may_be_one(ev, a, b):
        what = "array" if isinstance(left, ArrayValue) else "object"
        ev.error(
            TypeMismatchError,
            f"whether these are the same {what} depends on the path taken before",
            code=diagnostics.ALIAS,
        )
    return Const(identical(ev, left, right))


def is_test(ev: Evaluator, left: AbstractValue, right: AbstractValue) -> AbstractValue:
    """`left is right`; of tuples, which have no identity here, it is an error unless the answer is plain."""
    for a, b in ((left, right), (right, left)):
        if isinstance(a, Scalar) and isinstance(b, Const) and isinstance(b.value, bool) and PYBOOL in a.kinds:
            return _is_bool(ev, a, b.value)
    tuples = isinstance(left, TupleValue) and isinstance(right, TupleValue) and left is not right
    if tuples and (left.cls, len(left.items)) == (right.cls, len(right.items)):  # type: ignore[union-attr]
        _unknown_identity(ev, "tuple", "tuples with ==")
    if isinstance(left, InstanceValue) and isinstance(right, InstanceValue) and left.ref != right.ref:
        found = stack_instances.same_item(ev, left.ref, right.ref)
        if found is not None:
            return found
    return is_one(ev, left, right)


def _unknown_identity(ev: Evaluator, what: str, instead: str) -> NoReturn:
    ev.error(
        TypeMismatchError,
        f"whether these are the same {what} is not known in compiled code",
        code=diagnostics.ALIAS,
        fix=f"compare {instead}",
    )


def _is_bool(ev: Evaluator, v: Scalar, wanted: bool) -> AbstractValue:
    """`v is True` or `v is False` of a number that may be one of Python's bools."""
    if v.tag is None:
        return v if wanted else negate(ev, v)
    kind = ev.b("eq", v.tag, ev.b.int(v.kinds.index(PYBOOL)))
    held = ev.b("ne" if wanted else "eq", v.value, ev.b.const(0, v.value.dtype))
    return Scalar(ev.b("and", kind, held), (PYBOOL,))


def same_items(ev: Evaluator, item: AbstractValue, other: AbstractValue) -> AbstractValue:
    """Whether two items are equal: containers look at who is who before they compare."""
    return Const(True) if identical(ev, item, other) else truth(ev, binary(ev, "==", item, other))


def contains(ev: Evaluator, item: AbstractValue, container: AbstractValue) -> AbstractValue:
    """`item in container`."""
    method = classes.special_method(ev, container, "__contains__")
    if method is not None:
        return truth(ev, ev.call(method, [item], {}))
    if isinstance(container, Const) and isinstance(item, Const):
        return _constants_in(ev, item, container)
    if isinstance(container, ArrayValue):
        hits = ev.array(ev.binary("==", container, item))
        axes = tuple(range(len(hits.shape)))
        return Scalar(ev.b("reduce_or", hits, axes=axes) if axes else hits, (PYBOOL,))
    if isinstance(container, RangeValue):
        return containers.in_range(ev, item, container)
    if isinstance(container, Const) and isinstance(container.value, str):
        what = conversion.describe(ev, item)
        ev.python_error("TypeError", f"'in <string>' requires string as left operand, not {what}")
    if isinstance(container, DictValue) and isinstance(item, (ListValue, DictValue, ArrayValue)):
        what = "numpy.ndarray" if isinstance(item, ArrayValue) else conversion.describe(ev, item)
        ev.python_error("TypeError", f"unhashable type: {what!r}")
    if isinstance(container, ListValue) and isinstance(state := ev.look(container.ref), StackState):
        from tangra.frontend import stack_order

        held = stack_order.contains(ev, state, item)
        if held is not None:
            return held
    found = containers.own_items(ev, container, "in") if isinstance(container, TupleValue) else ev.iterate(container)
    if found is None:
        ev.error(
            TypeMismatchError,
            f"argument of type {conversion.describe(ev, container)} is not iterable",
            code=diagnostics.NOT_ITERABLE,
        )
    result: AbstractValue = Const(False)
    for other in found:
        same = same_items(ev, item, other)
        if isinstance(same, Const):
            if same.value:
                return same
            continue
        assert isinstance(same, Scalar)
        value = same.value if isinstance(result, Const) else ev.b("or", ev.number(result).value, same.value)
        result = Scalar(value, (PYBOOL,))
    return result


def _constants_in(ev: Evaluator, item: Const, container: Const) -> AbstractValue:
    try:
        return Const(item.value in fixed.contents(ev, container, "membership in"))
    except TypeError as e:
        ev.python_error("TypeError", str(e))


# ---- subscripts -------------------------------------------------------------------------------------------


def getitem(ev: Evaluator, target: AbstractValue, index: AbstractValue) -> AbstractValue:
    """`target[index]`."""
    if isinstance(target, ArrayValue):
        return indexing.getitem(ev, target, index)
    method = classes.special_method(ev, target, "__getitem__")
    if method is not None:
        return ev.call(method, [index], {})
    if containers.numpy_number(target):
        if index == TupleValue(()) or (isinstance(index, Const) and index.value == ()):
            return target
        if isinstance(index, Const) and index.value is Ellipsis:
            return ev.new_array(ev.number(target).value)
        ev.python_error("IndexError", "invalid index to scalar variable.")
    if isinstance(target, Const):
        entry = registry.find_subscript(target.value)
        if entry is not None:
            return entry(ev, index)
    return containers.getitem(ev, target, index)


def setitem(ev: Evaluator, target: AbstractValue, index: AbstractValue, value: AbstractValue) -> None:
    """`target[index] = value`."""
    if isinstance(target, ArrayValue):
        indexing.setitem(ev, target, index, value)
        return
    method = classes.special_method(ev, target, "__setitem__")
    if method is not None:
        ev.call(method, [index, value], {})
        return
    containers.setitem(ev, target, index, value)


def delitem(ev: Evaluator, target: AbstractValue, index: AbstractValue) -> None:
    """`del target[index]`."""
    method = classes.special_method(ev, target, "__delitem__")
    if method is not None:
        ev.call(method, [index], {})
        return
    containers.delitem(ev, target, index)
