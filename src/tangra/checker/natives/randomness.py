"""Python's `random`: numbers nobody knows, within the bounds that were asked for, and elements of what was given."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.checker.dispatch import Call
from tangra.checker.heap import ClassCell, Instance, ListCell, Native, Value
from tangra.checker.iteration import one_element
from tangra.checker.natives.table import LIBRARY, native
from tangra.shape_rules.values import UNKNOWN, Unknown, is_size

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

MOST_DRAWN = 512
"""Elements of a sample that are kept one by one."""


@native("random.seed", "random.shuffle")
def no_result(ev: Evaluator, call: Call) -> Value:
    """What gives nothing; a shuffled list holds what it held."""
    return None


@native(
    "random.random",
    "random.uniform",
    "random.gauss",
    "random.normalvariate",
    "random.lognormvariate",
    "random.expovariate",
    "random.betavariate",
    "random.gammavariate",
    "random.triangular",
)
def random_float(ev: Evaluator, call: Call) -> Value:
    """A float."""
    return Unknown("float")


@native("random.randint")
def random_int(ev: Evaluator, call: Call) -> Value:
    """An int of a range with both ends."""
    low, high = call.get(0, "a", UNKNOWN), call.get(1, "b", UNKNOWN)
    return _below(ev, low, high + 1 if is_size(high) else UNKNOWN)


@native("random.randrange")
def random_of_range(ev: Evaluator, call: Call) -> Value:
    """An int of a range without its end."""
    start, stop = call.get(0, "start", UNKNOWN), call.get(1, "stop")
    return _below(ev, 0, start) if stop is None else _below(ev, start, stop)


def _below(ev: Evaluator, low: Value, end: Value) -> Value:
    """An int nobody knows, at least `low` and below `end`."""
    if not is_size(low) or not is_size(end):
        return ev.ctx.fresh("i", low) if type(low) is int and low >= 0 else ev.ctx.opaque_int("i")
    if type(low) is int and type(end) is int and low >= end - 1:
        return low if low == end - 1 else UNKNOWN
    return ev.ctx.drawn(low, end)


@native("random.getrandbits")
def random_bits(ev: Evaluator, call: Call) -> Value:
    """An int that is not negative."""
    return ev.ctx.fresh("i")


@native("random.choice")
def random_choice(ev: Evaluator, call: Call) -> Value:
    """One of the elements."""
    return one_element(ev, call.args[0], call.node) if call.args else UNKNOWN


@native("random.sample")
def random_sample(ev: Evaluator, call: Call) -> Value:
    """As many of the elements as `k` says."""
    return _drawn(ev, call, call.get(1, "k", UNKNOWN))


@native("random.choices")
def random_choices(ev: Evaluator, call: Call) -> Value:
    """As many elements as `k` says, one without it."""
    return _drawn(ev, call, call.kwargs.get("k", 1))


def _drawn(ev: Evaluator, call: Call, count: Value) -> Value:
    if not call.args:
        return UNKNOWN
    one = one_element(ev, call.args[0], call.node)
    return ListCell([one] * count) if type(count) is int and 0 <= count <= MOST_DRAWN else ListCell(None, "list", one)


GENERATOR = ClassCell("Random", ())
"""`random.Random`: a source of its own, with the same functions as methods."""


def _as_method(run: Callable[[Evaluator, Call], Value]) -> Callable[[Evaluator, Call], Value]:
    return lambda ev, call: run(ev, Call(call.args[1:], call.kwargs, call.node, call.open))


for _name, _function in list(LIBRARY.items()):
    if _name.startswith("random.") and isinstance(_function, Native):
        _word = _name.removeprefix("random.")
        GENERATOR.fields[_word] = Native(f"method {_word}", _as_method(_function.run))
LIBRARY["random.Random"] = Native("random.Random", lambda ev, call: Instance(GENERATOR))
