"""Builtins and standard library functions on containers, objects and functions; on numbers they are in `tangra.api`."""

from __future__ import annotations

import builtins
import functools
import math
import operator
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tangra.api import builtins as api
from tangra.api import registry
from tangra.api.elementwise import is_number
from tangra.api.kinds import PYBOOL
from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    BoundMethod,
    Const,
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
from tangra.frontend import (
    attributes,
    branches,
    classes,
    comprehension,
    container_methods,
    containers,
    conversion,
    iteration,
    iterators,
    lazy_sequences,
    ranges,
    texts,
)
from tangra.frontend.calls import builtin
from tangra.frontend.heap import MaybeUnbound, Result, StackState
from tangra.frontend.pystdlib import copy_

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

NONE = Const(None)


def _api(function: Any) -> registry.Entry:
    entry = registry.find(function)
    assert entry is not None, function
    return entry


@builtin(builtins.range)
def range_(ev: Evaluator, *args: AbstractValue) -> AbstractValue:
    if not 1 <= len(args) <= 3:
        ev.python_error("TypeError", f"range expected 1 to 3 arguments, got {len(args)}")
    parts = [_index(ev, a) for a in args]
    if len(parts) == 1:
        parts = [Const(0), *parts]
    step = parts[2] if len(parts) == 3 else Const(1)
    ranges.check_step(ev, step)
    return RangeValue(parts[0], parts[1], step)


def _index(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    """`operator.index(v)`."""
    kind = ev.kind(v) if is_number(v) else None
    if kind is None or (not kind.dtype.is_integer and kind.dtype.kind != "b"):
        ev.python_error("TypeError", f"'{conversion.describe(ev, v)}' object cannot be interpreted as an integer")
    return api.int_(ev, v)


@builtin(operator.index)
def index_(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    return _index(ev, v)


@builtin(builtins.len)
def len_(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    method = classes.special_method(ev, v, "__len__")
    if method is not None:
        return ev.call(method, [], {})
    return containers.length(ev, v)


@builtin(builtins.zip)
def zip_(ev: Evaluator, *iterables: AbstractValue, strict: AbstractValue = Const(False)) -> AbstractValue:
    equal = bool(ev.static(strict, "strict"))
    first = iterables[0] if len(iterables) > 1 else None
    if isinstance(first, IterValue) and first.form != "generator" and set(iterables) == {first} and not equal:
        return iterators.one_shot(ev, "grouped", first, len(iterables))
    return iterators.one_shot(ev, "zip", _iterated(ev, iterables), equal)


@builtin(builtins.enumerate)
def enumerate_(ev: Evaluator, iterable: AbstractValue, start: AbstractValue = Const(0)) -> AbstractValue:
    return iterators.one_shot(ev, "enumerate", iteration.iterated(ev, iterable), start)


@builtin(builtins.reversed)
def reversed_(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    if isinstance(v, IterValue):
        ev.python_error("TypeError", f"'{v.form}' object is not reversible")
    return iterators.one_shot(ev, "reversed", v)


@builtin(builtins.map)
def map_(ev: Evaluator, function: AbstractValue, *iterables: AbstractValue) -> AbstractValue:
    return iterators.one_shot(ev, "map", function, _iterated(ev, iterables))


def _iterated(ev: Evaluator, iterables: Sequence[AbstractValue]) -> tuple[AbstractValue, ...]:
    found = tuple(iteration.iterated(ev, v) for v in iterables)
    iterators.once(ev, found)
    return found


@builtin(builtins.filter)
def filter_(ev: Evaluator, function: AbstractValue, iterable: AbstractValue) -> AbstractValue:
    return lazy_sequences.later(ev, "filter", [iterable, function], lambda: _filtered(ev, function, iterable))


def _filtered(ev: Evaluator, function: AbstractValue, iterable: AbstractValue) -> AbstractValue:
    out = containers.new_list(ev, [])

    def keep(item: AbstractValue) -> None:
        test = item if isinstance(function, Const) and function.value is None else ev.call(function, [item], {})
        kept = ev.truth(test)
        if isinstance(kept, Scalar):
            branches.branch(ev, kept.value, lambda: container_methods.append(ev, out, item), lambda: None, None)
        elif isinstance(kept, Const) and kept.value:
            container_methods.append(ev, out, item)

    iteration.for_each(ev, iterable, keep, key=ev.loop_key(("filter", ev.span)))
    return out


# ---- containers -------------------------------------------------------------------------------------------


def collect(ev: Evaluator, iterable: AbstractValue, what: str) -> ListValue:
    """A list of all items of an iterable."""
    if isinstance(iterable, IterValue) and iterable.form == "generator":
        iterators.consume(ev, iterable)
        return comprehension.collect(ev, iterable.parts[0])
    found = ev.iterate(iterable)
    if found is not None:
        return containers.new_list(ev, list(found))
    out = containers.new_list(ev, [])
    iteration.for_each(
        ev,
        iterable,
        lambda item: (container_methods.append(ev, out, item), None)[1],
        key=ev.loop_key(("collect", ev.place)),
    )
    return out


@builtin(builtins.list)
def list_(ev: Evaluator, iterable: AbstractValue | None = None) -> AbstractValue:
    if iterable is None:
        return containers.new_list(ev, [])
    if isinstance(iterable, ListValue) and isinstance(ev.look(iterable.ref), StackState):
        return copy_(ev, iterable)
    return collect(ev, iterable, "list()")


@builtin(builtins.tuple)
def tuple_(ev: Evaluator, iterable: AbstractValue | None = None) -> AbstractValue:
    if iterable is None:
        return TupleValue(())
    items = collect(ev, iterable, "tuple()")
    if isinstance(ev.look(items.ref), StackState):
        ev.unsupported("tuple() of something whose length is only known at run time", "use list() or np.array()")
    return TupleValue(tuple(containers.as_items(ev, items, "tuple()")))


@builtin(builtins.dict)
def dict_(ev: Evaluator, _given: AbstractValue | None = None, /, **more: AbstractValue) -> AbstractValue:
    pairs = [] if _given is None else containers.pairs_of(ev, _given)
    return containers.new_dict(ev, [k for k, _ in pairs] + list(more), [v for _, v in pairs] + list(more.values()))


@builtin(builtins.sorted)
def sorted_(
    ev: Evaluator, iterable: AbstractValue, *, key: AbstractValue = NONE, reverse: AbstractValue = Const(False)
) -> AbstractValue:
    found: ListValue = container_methods.copy_list(ev, collect(ev, iterable, "sorted()"))
    container_methods.sort(ev, found, key=key, reverse=reverse)
    return found


@builtin(builtins.slice)
def slice_(ev: Evaluator, *args: AbstractValue) -> AbstractValue:
    parts = (NONE, args[0], NONE) if len(args) == 1 else (*args, NONE)[:3]
    return SliceValue(*parts)


# ---- folds ------------------------------------------------------------------------------------------------


def _is_short(ev: Evaluator, v: AbstractValue) -> bool:
    """Whether the API entry can take the items one by one, or handles arrays itself."""
    if isinstance(v, ArrayValue):
        return v.type.rank == 1
    if isinstance(v, (IterValue, RangeValue)):
        return iteration.is_short(ev, v)
    return not (isinstance(v, ListValue) and isinstance(ev.look(v.ref), StackState)) and not isinstance(
        v, InstanceValue
    )


@builtin(builtins.sum)
def sum_(ev: Evaluator, iterable: AbstractValue, /, start: AbstractValue = Const(0)) -> AbstractValue:
    if _is_short(ev, iterable) and not isinstance(iterable, ArrayValue):
        return _api(builtins.sum)(ev, iterable, start)
    found = comprehension.fold(ev, iterable, start, lambda acc, item: ev.binary("+", acc, item))  # type: ignore[arg-type]
    return conversion.slot(ev, found, "the sum")


@builtin(math.prod)
def prod_(ev: Evaluator, iterable: AbstractValue, /, *, start: AbstractValue = Const(1)) -> AbstractValue:
    if _is_short(ev, iterable) and not isinstance(iterable, ArrayValue):
        return _api(math.prod)(ev, iterable, start=start)
    found = comprehension.fold(ev, iterable, start, lambda acc, item: ev.binary("*", acc, item))  # type: ignore[arg-type]
    return conversion.slot(ev, found, "the product")


@builtin(math.fsum)
def fsum_(ev: Evaluator, iterable: AbstractValue, /) -> AbstractValue:
    items = iteration.static_items(ev, iterable)
    if items is None or not all(isinstance(item, Const) for item in items):
        ev.unsupported("math.fsum of run-time numbers, which loses nothing to rounding", "use sum() or np.sum()")
    return Const(math.fsum(item.value for item in items if isinstance(item, Const)))


@builtin(builtins.any)
def any_(ev: Evaluator, iterable: AbstractValue, /) -> AbstractValue:
    return comprehension.quantify(ev, iterable, True)


@builtin(builtins.all)
def all_(ev: Evaluator, iterable: AbstractValue, /) -> AbstractValue:
    return comprehension.quantify(ev, iterable, False)


def _has_few_items(ev: Evaluator, v: AbstractValue) -> bool:
    return iteration.is_short(ev, v) if isinstance(v, ArrayValue) and v.type.rank else _is_short(ev, v)


def _folded(ev: Evaluator, name: str, iterable: AbstractValue, key: AbstractValue | None) -> Any:
    """The least or greatest item as a loop finds it, which asks for the key of each once."""
    if key is None:
        choose = _api(getattr(builtins, name))
        return comprehension.fold(ev, iterable, None, lambda best, item: choose(ev, best, item))

    def keyed(item: AbstractValue) -> AbstractValue:
        return TupleValue((item, ev.call(key, [item], {})))

    def better(best: AbstractValue | None, item: AbstractValue) -> AbstractValue:
        assert isinstance(best, TupleValue)
        new = keyed(item)
        assert isinstance(new, TupleValue)
        wins = ev.truth(ev.binary("<" if name == "min" else ">", new.items[1], best.items[1]))
        return branches.choose(ev, wins, lambda: new, lambda: best)

    found = comprehension.fold(ev, iterable, None, better, first=keyed)
    value = found.value if isinstance(found, MaybeUnbound) else found
    if not isinstance(value, TupleValue):
        return found
    return replace(found, value=value.items[0]) if isinstance(found, MaybeUnbound) else value.items[0]


def _extremum(
    ev: Evaluator, name: str, args: tuple[AbstractValue, ...], key: AbstractValue, default: AbstractValue | None
) -> Any:
    if not args:
        ev.python_error("TypeError", f"{name} expected at least 1 argument, got 0")
    by_itself = isinstance(key, Const) and key.value is None
    if len(args) != 1 or (_is_short(ev, args[0]) if by_itself else _has_few_items(ev, args[0])):
        return _api(getattr(builtins, name))(ev, *args, key=key, default=default)
    found = _folded(ev, name, args[0], None if by_itself else key)
    if found is None:
        if default is None:
            ev.python_error("ValueError", api.NO_ITEMS[name])
        return default
    if isinstance(found, MaybeUnbound):
        if default is not None:
            value = found.value
            return branches.choose_slot(ev, Scalar(found.bound, (PYBOOL,)), lambda: value, lambda: default)  # type: ignore[arg-type, return-value]
        ev.fail_if(ev.b("not", found.bound), "ValueError", api.NO_ITEMS[name])
        found = found.value
    return conversion.slot(ev, found, f"the {name}imum")


@builtin(builtins.min)  # type: ignore[arg-type]
def min_(
    ev: Evaluator, *args: AbstractValue, key: AbstractValue = NONE, default: AbstractValue | None = None
) -> Result:
    found: Result = _extremum(ev, "min", args, key, default)
    return found


@builtin(builtins.max)  # type: ignore[arg-type]
def max_(
    ev: Evaluator, *args: AbstractValue, key: AbstractValue = NONE, default: AbstractValue | None = None
) -> Result:
    found: Result = _extremum(ev, "max", args, key, default)
    return found


@builtin(functools.reduce)
def reduce_(
    ev: Evaluator, function: AbstractValue, iterable: AbstractValue, initial: AbstractValue | None = None
) -> AbstractValue:
    found = comprehension.fold(ev, iterable, initial, lambda acc, item: ev.call(function, [acc, item], {}))  # type: ignore[list-item]
    if found is None:
        ev.python_error("TypeError", "reduce() of empty iterable with no initial value")
    if isinstance(found, MaybeUnbound):
        ev.fail_if(ev.b("not", found.bound), "TypeError", "reduce() of empty iterable with no initial value")
        found = found.value
    return conversion.slot(ev, found, "the result of reduce()")


# ---- objects ----------------------------------------------------------------------------------------------


@builtin(builtins.getattr)
def getattr_(
    ev: Evaluator, v: AbstractValue, name: AbstractValue, default: AbstractValue | None = None
) -> AbstractValue:
    text = conversion.attribute_name(ev, name)
    if default is None:
        return attributes.get(ev, v, text)
    there = classes.set_on_some_paths(ev, v, text)
    if there is not None:
        value = there.value
        return branches.choose(
            ev, Scalar(there.bound, (PYBOOL,)), lambda: conversion.slot(ev, value, "the attribute"), lambda: default
        )
    found = _if_there(ev, v, text)
    return default if found is None else found


def _if_there(ev: Evaluator, v: AbstractValue, name: str) -> AbstractValue | None:
    """`v.name`; None where there is none."""
    if not isinstance(v, InstanceValue):
        return attributes.find(ev, v, name)
    found = classes.getattr_(ev, v, name, hook=False)
    if found is None and classes.member(ev, v.cls, "__getattr__") is not None:
        ev.unsupported(f"asking {v.cls.__name__}.__getattr__ whether there is an attribute", "use an `if` on a value")
    return found


@builtin(builtins.hasattr)
def hasattr_(ev: Evaluator, v: AbstractValue, name: AbstractValue) -> AbstractValue:
    text = conversion.attribute_name(ev, name)
    there = classes.set_on_some_paths(ev, v, text)
    return Scalar(there.bound, (PYBOOL,)) if there is not None else Const(_if_there(ev, v, text) is not None)


@builtin(builtins.setattr)
def setattr_(ev: Evaluator, v: AbstractValue, name: AbstractValue, value: AbstractValue) -> AbstractValue:
    attributes.set_(ev, v, conversion.attribute_name(ev, name), value)
    return NONE


@builtin(object.__setattr__)
def object_setattr(ev: Evaluator, v: AbstractValue, name: AbstractValue, value: AbstractValue) -> AbstractValue:
    if not isinstance(v, InstanceValue):
        ev.unsupported("object.__setattr__ on something else than an instance")
    classes.set_plainly(ev, v, conversion.attribute_name(ev, name), value)
    return NONE


@builtin(builtins.callable)
def callable_(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    if classes.user_class(v) is not None:
        return Const(classes.special_method(ev, v, "__call__") is not None)
    if isinstance(v, Const):
        return Const(callable(v.value))
    return Const(isinstance(v, (FunctionValue, BoundMethod, PartialValue, TransformValue)))


@builtin(builtins.super)
def super_(ev: Evaluator, cls: AbstractValue, self: AbstractValue) -> Any:
    return classes.SuperValue(self, ev.static(cls, "the class of super()"))


_TEXTS = {str: "s", repr: "r", ascii: "a", format: ""}


def _text(ev: Evaluator, function: Any, args: tuple[AbstractValue, ...]) -> AbstractValue:
    """The text of an object."""
    spec = str(ev.static(args[1], "a format specification")) if len(args) > 1 else ""
    try:
        return Const(texts.text_of(ev, args[0], _TEXTS[function], spec))
    except conversion.NotPlain:
        ev.unsupported(f"{function.__name__}() of a run-time value", "compute it outside the compiled function")


def _on_constants(function: Any) -> None:
    @builtin(function)
    def handler(ev: Evaluator, *args: AbstractValue) -> AbstractValue:
        if function in _TEXTS and args and isinstance(args[0], InstanceValue):
            return _text(ev, function, args)
        try:
            plain = [conversion.plain(ev, a) for a in args]
        except conversion.NotPlain:
            ev.unsupported(f"{function.__name__}() of a run-time value", "compute it outside the compiled function")
        if function is hash:
            ev.live.reads.hashed(plain)
        try:
            return ev.live.constant(function(*plain))
        except Exception as e:  # any exception is what Python itself raises here
            ev.python_error(type(e).__name__, str(e))


for _function in (str, repr, format, ord, chr, hash, issubclass, bin, hex, oct, ascii):
    _on_constants(_function)


@builtin(builtins.print)
def print_(ev: Evaluator, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
    ev.unsupported("print", "return the values and print them outside, or run the function uncompiled")


@builtin(builtins.input, builtins.open, builtins.exec, builtins.eval, builtins.globals, builtins.locals, builtins.vars)
def outside(ev: Evaluator, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
    ev.unsupported("input, files, and the interpreter's own state", "do it outside the compiled function")
