"""Functions of the standard library in compiled code: functools, dataclasses, copy, itertools."""

from __future__ import annotations

import copy
import dataclasses
import functools
import itertools
import types
from typing import TYPE_CHECKING, Any

from tangra.api.values import (
    AbstractValue,
    BoundMethod,
    Const,
    TupleValue,
)
from tangra.frontend import (
    classes,
    container_methods,
    containers,
    conversion,
    copying,
    dataclass_methods,
    iterators,
    lazy_sequences,
    partials,
)
from tangra.frontend.calls import builtin

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

NONE = Const(None)


@builtin(functools.partial)
def partial_(ev: Evaluator, function: AbstractValue, /, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
    return partials.make(ev, function, args, kwargs)


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


# ---- itertools --------------------------------------------------------------------------------------------


def _combinatoric(function: Any) -> None:
    @builtin(function)
    def handler(ev: Evaluator, *args: AbstractValue, **options: AbstractValue) -> AbstractValue:
        return lazy_sequences.groups(ev, function, args, {k: ev.static(v, k) for k, v in options.items()})


_COMBINATORIC: tuple[Any, ...] = (
    itertools.combinations,
    itertools.permutations,
    itertools.combinations_with_replacement,
)
for _combiner in _COMBINATORIC:
    _combinatoric(_combiner)


@builtin(itertools.chain)
def chain_(ev: Evaluator, *iterables: AbstractValue) -> AbstractValue:
    return iterators.one_shot(ev, "chain", iterables)


@container_methods.class_method(itertools.chain, "from_iterable")
def chain_from_(ev: Evaluator, cls: AbstractValue, iterable: AbstractValue, /) -> AbstractValue:
    return chain_(ev, *containers.as_items(ev, iterable, "itertools.chain.from_iterable()"))


@builtin(itertools.zip_longest)
def zip_longest_(ev: Evaluator, *iterables: AbstractValue, fillvalue: AbstractValue = NONE) -> AbstractValue:
    return lazy_sequences.later(
        ev,
        "zip_longest",
        iterables,
        lambda: lazy_sequences.grouped(ev, itertools.zip_longest, iterables, {"fillvalue": fillvalue}),
    )


@builtin(itertools.pairwise)
def pairwise_(ev: Evaluator, iterable: AbstractValue, /) -> AbstractValue:
    return lazy_sequences.later(
        ev, "pairwise", [iterable], lambda: lazy_sequences.grouped(ev, itertools.pairwise, [iterable], {})
    )


@builtin(itertools.starmap)
def starmap_(ev: Evaluator, function: AbstractValue, iterable: AbstractValue, /) -> AbstractValue:
    def applied(ev: Evaluator, self: AbstractValue, args: AbstractValue, /) -> AbstractValue:
        return ev.call(function, list(containers.as_items(ev, args, "starmap()")), {})

    return iterators.one_shot(ev, "map", BoundMethod(NONE, applied), (iterable,))


@builtin(itertools.repeat)
def repeat_(ev: Evaluator, object: AbstractValue, times: AbstractValue | None = None) -> AbstractValue:
    if times is None:
        ev.unsupported("itertools.repeat() without end", "say how many times")
    count = max(conversion.static_index(ev, times, "how many times"), 0)
    return lazy_sequences.taken(ev, "repeat", TupleValue((object,) * count))
