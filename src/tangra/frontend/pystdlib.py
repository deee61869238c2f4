"""Functions of the standard library in compiled code: functools, dataclasses, copy, operator, itertools."""

from __future__ import annotations

import copy
import dataclasses
import functools
import itertools
import operator
import types
from typing import TYPE_CHECKING, Any

from tangra.api.values import (
    AbstractValue,
    BoundMethod,
    Const,
    PartialValue,
    TupleValue,
)
from tangra.frontend import (
    classes,
    containers,
    copying,
    dataclass_methods,
    lazy_sequences,
    operators,
)
from tangra.frontend.calls import builtin

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

NONE = Const(None)


@builtin(functools.partial)
def partial_(ev: Evaluator, function: AbstractValue, /, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
    if isinstance(function, PartialValue):  # one around another counts as one
        args, kwargs = (*function.args, *args), {**dict(function.kwargs), **kwargs}
        function = function.function
    return PartialValue(function, args, tuple(kwargs.items()))


@builtin(functools.wraps)
def wraps_(ev: Evaluator, wrapped: AbstractValue, **options: AbstractValue) -> AbstractValue:
    """A decorator that only changes names: the function itself."""
    return BoundMethod(NONE, lambda ev, self, function: function)


@builtin(dataclasses.replace)
def replace_(ev: Evaluator, v: AbstractValue, /, **changes: AbstractValue) -> AbstractValue:
    return dataclass_methods.replace(ev, v, **changes)


@builtin(dataclasses.astuple)
def astuple_(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    return dataclass_methods.as_tuple(ev, v)


@builtin(dataclasses.asdict)
def asdict_(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    return dataclass_methods.as_dict(ev, v)


@builtin(copy.copy)
def copy_(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    return copying.copy(ev, v)


@builtin(copy.deepcopy)
def deepcopy_(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    return copying.deep_copy(ev, v)


@builtin(types.SimpleNamespace)
def namespace_(ev: Evaluator, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
    return classes.construct(ev, types.SimpleNamespace, list(args), kwargs)


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
