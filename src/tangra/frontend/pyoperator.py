"""The module `operator` in compiled code: operators as functions, and functions that take parts of objects."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from tangra.api.values import AbstractValue, BoundMethod, Const, TupleValue
from tangra.frontend import attributes, operators
from tangra.frontend.calls import CALL_HANDLERS, builtin

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

NONE = Const(None)

OPERATORS: dict[Any, str] = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.truediv: "/",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.pow: "**",
    operator.matmul: "@",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
    operator.eq: "==",
    operator.ne: "!=",
    operator.and_: "&",
    operator.or_: "|",
    operator.xor: "^",
    operator.lshift: "<<",
    operator.rshift: ">>",
}
UNARY: dict[Any, str] = {operator.neg: "-", operator.pos: "+", operator.invert: "~", operator.not_: "not"}


def _declare_binary(function: Any, sign: str) -> None:
    @builtin(function)
    def handler(ev: Evaluator, a: AbstractValue, b: AbstractValue, /) -> AbstractValue:
        return operators.binary(ev, sign, a, b)


def _declare_in_place(function: Any, sign: str) -> None:
    @builtin(function)
    def handler(ev: Evaluator, a: AbstractValue, b: AbstractValue, /) -> AbstractValue:
        return operators.inplace(ev, sign, a, b)


def _declare_unary(function: Any, sign: str) -> None:
    @builtin(function)
    def handler(ev: Evaluator, v: AbstractValue, /) -> AbstractValue:
        return operators.unary(ev, sign, v)


for _function, _sign in OPERATORS.items():
    _declare_binary(_function, _sign)
    if hasattr(operator, f"i{_function.__name__.rstrip('_')}"):
        _declare_in_place(getattr(operator, f"i{_function.__name__.rstrip('_')}"), _sign)
for _function, _sign in UNARY.items():
    _declare_unary(_function, _sign)


@builtin(operator.truth)
def truth_(ev: Evaluator, v: AbstractValue, /) -> AbstractValue:
    return operators.truth(ev, v)


@builtin(operator.abs)
def abs_(ev: Evaluator, v: AbstractValue, /) -> AbstractValue:
    return ev.call(Const(abs), [v], {})


@builtin(operator.is_)
def is_(ev: Evaluator, a: AbstractValue, b: AbstractValue, /) -> AbstractValue:
    return operators.is_test(ev, a, b)


@builtin(operator.is_not)
def is_not_(ev: Evaluator, a: AbstractValue, b: AbstractValue, /) -> AbstractValue:
    return operators.negate(ev, operators.is_test(ev, a, b))


@builtin(operator.contains)
def contains_(ev: Evaluator, container: AbstractValue, item: AbstractValue, /) -> AbstractValue:
    return operators.contains(ev, item, container)


@builtin(operator.getitem)
def getitem_(ev: Evaluator, v: AbstractValue, index: AbstractValue, /) -> AbstractValue:
    return operators.getitem(ev, v, index)


@builtin(operator.setitem)
def setitem_(ev: Evaluator, v: AbstractValue, index: AbstractValue, value: AbstractValue, /) -> AbstractValue:
    operators.setitem(ev, v, index, value)
    return NONE


# ---- functions that take parts of objects -------------------------------------------------------------------


def _function_of(take: Any) -> AbstractValue:
    """A function of one argument."""

    def taken(ev: Evaluator, self: AbstractValue, obj: AbstractValue, /) -> AbstractValue:
        found: AbstractValue = take(ev, obj)
        return found

    return BoundMethod(NONE, taken)


@builtin(operator.itemgetter)
def itemgetter_(ev: Evaluator, item: AbstractValue, /, *items: AbstractValue) -> AbstractValue:
    def take(ev: Evaluator, obj: AbstractValue) -> AbstractValue:
        found = [operators.getitem(ev, obj, k) for k in (item, *items)]
        return TupleValue(tuple(found)) if items else found[0]

    return _function_of(take)


@builtin(operator.attrgetter)
def attrgetter_(ev: Evaluator, attr: AbstractValue, /, *attrs: AbstractValue) -> AbstractValue:
    names = [str(ev.static(name, "the name of an attribute")) for name in (attr, *attrs)]

    def one(ev: Evaluator, obj: AbstractValue, dotted: str) -> AbstractValue:
        for name in dotted.split("."):
            obj = attributes.get(ev, obj, name)
        return obj

    def take(ev: Evaluator, obj: AbstractValue) -> AbstractValue:
        found = [one(ev, obj, name) for name in names]
        return TupleValue(tuple(found)) if attrs else found[0]

    return _function_of(take)


@builtin(operator.methodcaller)
def methodcaller_(
    ev: Evaluator, name: AbstractValue, /, *args: AbstractValue, **kwargs: AbstractValue
) -> AbstractValue:
    text = str(ev.static(name, "the name of a method"))
    return _function_of(lambda ev, obj: ev.call(attributes.get(ev, obj, text), list(args), kwargs))


def _call_getter(ev: Evaluator, obj: Any, args: list[AbstractValue], kwargs: dict[str, AbstractValue]) -> AbstractValue:
    """One that was made outside: Python says by which call."""
    function, given = obj.__reduce__()[:2]
    if not all(isinstance(v, (int, str)) for v in given):
        ev.unsupported(f"a {type(obj).__name__} of something else than constants, made outside the compiled function")
    return ev.call(ev.call(Const(function), [Const(v) for v in given], {}), args, kwargs)


for _getter in (operator.itemgetter, operator.attrgetter, operator.methodcaller):
    CALL_HANDLERS.append((_getter, _call_getter))
