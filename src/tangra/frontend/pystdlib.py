"""Functions of the standard library in compiled code: functools, dataclasses, copy, operator, itertools."""

from __future__ import annotations

import copy
import dataclasses
import functools
import itertools
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    BoundMethod,
    Const,
    DictValue,
    InstanceValue,
    ListValue,
    PartialValue,
    TupleValue,
)
from tangra.frontend import (
    attributes,
    classes,
    containers,
    lazy_sequences,
    operators,
    stacks,
)
from tangra.frontend.calls import builtin
from tangra.frontend.heap import InstanceState, StackState

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

NONE = Const(None)


@builtin(functools.partial)
def partial_(ev: Evaluator, function: AbstractValue, /, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
    return PartialValue(function, args, tuple(kwargs.items()))


@builtin(functools.wraps)
def wraps_(ev: Evaluator, wrapped: AbstractValue, **options: AbstractValue) -> AbstractValue:
    """A decorator that only changes names: the function itself."""
    return BoundMethod(NONE, lambda ev, self, function: function)


@builtin(dataclasses.replace)
def replace_(ev: Evaluator, v: AbstractValue, /, **changes: AbstractValue) -> AbstractValue:
    return classes.replace(ev, v, **changes)


@builtin(dataclasses.astuple)
def astuple_(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    result: AbstractValue = _fields(ev, v, lambda names, values: TupleValue(tuple(values)))
    return result


@builtin(dataclasses.asdict)
def asdict_(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    result: AbstractValue = _fields(ev, v, lambda names, values: containers.new_dict(ev, names, values))
    return result


def _fields(ev: Evaluator, v: AbstractValue, make: Callable[[list[str], list[AbstractValue]], AbstractValue]) -> Any:
    if not isinstance(v, InstanceValue) or not dataclasses.is_dataclass(v.cls):
        ev.python_error("TypeError", "asdict() and astuple() should be called on dataclass instances")
    names = [f.name for f in dataclasses.fields(v.cls)]
    return make(names, [_deep(ev, attributes.get(ev, v, n), make) for n in names])


def _deep(ev: Evaluator, v: AbstractValue, make: Any) -> AbstractValue:
    if isinstance(v, InstanceValue) and dataclasses.is_dataclass(v.cls):
        result: AbstractValue = _fields(ev, v, make)
        return result
    return deep_copy(ev, v)


@builtin(copy.copy)
def copy_(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    if isinstance(v, ArrayValue):
        return ev.new_array(ev.read(v.ref))
    if isinstance(v, InstanceValue):
        names = classes.attribute_names(ev, v)
        twin = InstanceValue(ev.allocate(InstanceState()), v.cls)
        for name in names:
            value = classes.slot(ev, v, name)
            classes.set_slot(ev, twin, name, value)
        return twin
    if isinstance(v, (ListValue, DictValue)):
        state = ev.look(v.ref)
        return type(v)(ev.allocate(stacks.copy(ev, state) if isinstance(state, StackState) else state))
    return v


@builtin(copy.deepcopy)
def deep_copy(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    if isinstance(v, TupleValue):
        return TupleValue(tuple(deep_copy(ev, x) for x in v.items), v.cls)
    if isinstance(v, ListValue) and not isinstance(ev.look(v.ref), StackState):
        return containers.new_list(ev, [deep_copy(ev, x) for x in containers.as_items(ev, v, "deepcopy()")])
    if isinstance(v, DictValue):
        pairs = containers.pairs_of(ev, v)
        return containers.new_dict(ev, [k for k, _ in pairs], [deep_copy(ev, x) for _, x in pairs])
    twin = copy_(ev, v)
    if isinstance(twin, InstanceValue):
        for name in classes.attribute_names(ev, twin):
            value = classes.slot(ev, twin, name)
            if value is not None:
                classes.set_slot(ev, twin, name, deep_copy(ev, value))
    return twin


# ---- operator and itertools -------------------------------------------------------------------------------

_OPERATORS: dict[Any, str] = {
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
}


def _declare_operator(function: Any, sign: str) -> None:
    @builtin(function)
    def handler(ev: Evaluator, a: AbstractValue, b: AbstractValue) -> AbstractValue:
        return operators.binary(ev, sign, a, b)


for _function, _sign in _OPERATORS.items():
    _declare_operator(_function, _sign)


@builtin(operator.neg)
def neg_(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    return operators.unary(ev, "-", v)


@builtin(operator.getitem)
def getitem_(ev: Evaluator, v: AbstractValue, index: AbstractValue) -> AbstractValue:
    return operators.getitem(ev, v, index)


def _combinatoric(function: Any) -> None:
    @builtin(function)
    def handler(ev: Evaluator, *args: AbstractValue, **options: AbstractValue) -> AbstractValue:
        return lazy_sequences.groups(ev, function, args, {k: ev.static(v, k) for k, v in options.items()})


_COMBINATORIC: tuple[Any, ...] = (
    itertools.combinations,
    itertools.permutations,
    itertools.combinations_with_replacement,
    itertools.pairwise,
)
for _combiner in _COMBINATORIC:
    _combinatoric(_combiner)


@builtin(itertools.chain)
def chain_(ev: Evaluator, *iterables: AbstractValue) -> AbstractValue:
    return TupleValue(tuple(x for v in iterables for x in containers.as_items(ev, v, "itertools.chain()")))
