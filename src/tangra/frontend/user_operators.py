"""Operators of which an operand is an instance of a user's class: whose method Python asks first, and what there is
without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.api import numbers
from tangra.api.elementwise import is_number, kinds_of
from tangra.api.values import AbstractValue, ArrayValue, Const, InstanceValue
from tangra.frontend import classes, conversion, dataclass_methods
from tangra.ir import BOOL

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

DUNDERS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
    "<<": "lshift",
    ">>": "rshift",
    "&": "and",
    "|": "or",
    "^": "xor",
}
COMPARISONS = {
    "<": ("lt", "gt"),
    "<=": ("le", "ge"),
    ">": ("gt", "lt"),
    ">=": ("ge", "le"),
    "==": ("eq", "eq"),
    "!=": ("ne", "ne"),
}
ARRAY_PRIORITY, SCALAR_PRIORITY = 0.0, -1_000_000.0
"""What `__array_priority__` of a class has to exceed for NumPy's arrays and scalars to leave an operator to it."""


def binary(ev: Evaluator, op: str, left: AbstractValue, right: AbstractValue) -> AbstractValue | None:
    """`left op right`; None where a NamedTuple is a mere tuple."""
    if _is_numpy(left) and classes.user_class(right) is not None and not _numpy_defers(left, right):
        return _after_numpy(ev, op, left, right)
    return _methods(ev, op, left, right)


def declined(result: AbstractValue) -> bool:
    """Whether a method returned NotImplemented."""
    return isinstance(result, Const) and result.value is NotImplemented


def _methods(ev: Evaluator, op: str, left: AbstractValue, right: AbstractValue) -> AbstractValue | None:
    first, second = COMPARISONS[op] if op in COMPARISONS else (DUNDERS[op], f"r{DUNDERS[op]}")
    order = [(left, first, right), (right, second, left)]
    mine, theirs = classes.user_class(left), classes.user_class(right)
    if op not in COMPARISONS and mine is theirs:
        order.pop()
    elif mine is not None and theirs is not None and _comes_first(mine, theirs, op, second):
        order.reverse()
    for receiver, name, other in order:
        result = _asked(ev, receiver, name, other)
        if result is not None:
            return result
    if not isinstance(left, InstanceValue) and not isinstance(right, InstanceValue):
        return None
    if op in ("==", "!="):
        from tangra.frontend import operators

        same = operators.is_test(ev, left, right)
        return same if op == "==" else operators.negate(ev, same)
    raise numbers.bad_operands(ev, op, conversion.describe(ev, left), conversion.describe(ev, right))


def _comes_first(mine: type, theirs: type, op: str, name: str) -> bool:
    """Whether the right operand is asked first: one of a derived class that has a method of its own for it."""
    if mine is theirs or not issubclass(theirs, mine):
        return False
    return op in COMPARISONS or classes.lookup(mine, f"__{name}__") != classes.lookup(theirs, f"__{name}__")


def _asked(ev: Evaluator, receiver: AbstractValue, name: str, other: AbstractValue) -> AbstractValue | None:
    """What a special method of `receiver` says of the operator; None where there is none, or it declines."""
    method = classes.special_method(ev, receiver, f"__{name}__")
    if method is None:
        return _not_equal(ev, receiver, other) if name == "ne" else dataclass_methods.compare(ev, name, receiver, other)
    result = ev.call(method, [other], {})
    return None if declined(result) else result


def _not_equal(ev: Evaluator, receiver: AbstractValue, other: AbstractValue) -> AbstractValue | None:
    """`!=` of a class that does not define it: the opposite of what its `==` says."""
    from tangra.frontend import operators

    same = _asked(ev, receiver, "eq", other)
    return None if same is None else operators.negate(ev, same)


# ---- NumPy's arrays and scalars on the left ---------------------------------------------------------------


def instead_of_array(ev: Evaluator, op: str, left: ArrayValue, right: AbstractValue) -> AbstractValue | None:
    """What `left op= right` gives where NumPy leaves it to the class on the right, which makes something new; None
    where the array changes."""
    if not isinstance(right, InstanceValue):
        return None
    cls: Any = right.cls
    if not hasattr(cls, "__array_ufunc__"):
        return binary(ev, op, left, right)
    if cls.__array_ufunc__ is None:
        problem = f"operand '{cls.__name__}' does not support ufuncs (__array_ufunc__=None)"
        ev.python_error("TypeError", problem)
    ev.unsupported(f"{cls.__name__}.__array_ufunc__", "call a method of the class")


def _is_numpy(v: AbstractValue) -> bool:
    return isinstance(v, ArrayValue) or (is_number(v) and not all(kind.python for kind in kinds_of(v)))


def _numpy_defers(left: AbstractValue, right: AbstractValue) -> bool:
    """Whether NumPy leaves the operator to the class on the right: by `__array_ufunc__ = None`, or by its priority."""
    cls: Any = classes.user_class(right)
    if hasattr(cls, "__array_ufunc__"):
        return cls.__array_ufunc__ is None
    least = ARRAY_PRIORITY if isinstance(left, ArrayValue) else SCALAR_PRIORITY
    return bool(getattr(cls, "__array_priority__", SCALAR_PRIORITY) > least)


def _after_numpy(ev: Evaluator, op: str, left: AbstractValue, right: AbstractValue) -> AbstractValue | None:
    """NumPy takes the operator first. What it can't read as an array is an object to it, whose own method it calls with
    each element, as a number of Python's."""
    if not isinstance(right, InstanceValue):
        return None
    if isinstance(left, ArrayValue) or _is_array_like(right.cls):
        made = "an array of objects" if isinstance(left, ArrayValue) else "an array of its items"
        ev.unsupported(
            f"{conversion.describe(ev, left)} {op} {conversion.describe(ev, right)}, of which NumPy makes {made}",
            f"put the object on the left, or set __array_ufunc__ = None in the class {right.cls.__name__}, so that "
            "NumPy leaves the operator to it",
        )
    return _methods(ev, op, _as_python(ev, left), right)


def _is_array_like(cls: type) -> bool:
    """Whether NumPy makes an array of an instance's parts."""
    sequence = hasattr(cls, "__len__") and hasattr(cls, "__getitem__")
    return sequence or any(hasattr(cls, f"__array{name}__") for name in ("", "_interface", "_struct"))


def _as_python(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    """A NumPy scalar as the number of Python's that is an element of an array of objects."""
    types = {bool if kind.dtype == BOOL else float if kind.dtype.is_float else int for kind in kinds_of(v)}
    return ev.call(Const(types.pop()), [v], {}) if len(types) == 1 else v
