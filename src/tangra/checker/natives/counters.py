"""`collections.Counter`: a dict of how often each element came, with 0 for those that never did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.checker.heap import DictCell, ListCell, Native, Value
from tangra.checker.iteration import elements
from tangra.checker.natives.table import native
from tangra.shape_rules.values import UNKNOWN

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator

KIND = "counter"
"""The kind of dicts that are counters."""
Counts = dict[Value, Value]


@native("collections.Counter", takes_open=True)
def counter(ev: Evaluator, call: Call) -> Value:
    """A counter of the elements, or with the counts, that are given."""
    made = DictCell({}, KIND)
    made.fields["entries"] = None if call.open else _changed(ev, made, call, 1)
    return made


def _changed(ev: Evaluator, owner: DictCell, call: Call, sign: int) -> Counts | None:
    """The counts after elements were counted, or counts added; None where they are not known."""
    entries = owner.entries
    added = _counts(ev, call.args[0]) if call.args and call.args[0] is not None else {}
    if entries is None or added is None:
        return None
    changed = dict(entries)
    for key, count in (*added.items(), *call.kwargs.items()):
        if not isinstance(count, int) or not isinstance(changed.get(key, 0), int):
            return None
        changed[key] = changed.get(key, 0) + sign * count
    return changed


def _counts(ev: Evaluator, value: Value) -> Counts | None:
    from tangra.checker.expressions import is_key

    if isinstance(value, DictCell):
        return value.entries
    found = list(value) if isinstance(value, str) else elements(ev, value)
    if found is None or not all(map(is_key, found)):
        return None
    counts: Counts = {}
    for one in found:
        counts[one] = counts.get(one, 0) + 1
    return counts


def _update(ev: Evaluator, owner: DictCell, call: Call, sign: int = 1) -> Value:
    ev.write(owner, "entries", None if call.open else _changed(ev, owner, call, sign))
    return None


def _subtract(ev: Evaluator, owner: DictCell, call: Call) -> Value:
    return _update(ev, owner, call, -1)


def _most_common(ev: Evaluator, owner: DictCell, call: Call) -> Value:
    entries, count = owner.entries, call.get(0, "n")
    if entries is None or not all(isinstance(one, int) for one in entries.values()):
        return ListCell(None, "list", (UNKNOWN, ev.ctx.opaque_int()))
    ordered = sorted(entries.items(), key=lambda pair: -pair[1])
    if count is None or isinstance(count, int):
        return ListCell(ordered if count is None else ordered[: max(count, 0)])
    return ListCell(None, "list", (UNKNOWN, ev.ctx.opaque_int()))


def _total(ev: Evaluator, owner: DictCell, call: Call) -> Value:
    entries = owner.entries
    known = entries is not None and all(isinstance(one, int) for one in entries.values())
    return sum(entries.values()) if known and entries is not None else ev.ctx.opaque_int()


def _elements(ev: Evaluator, owner: DictCell, call: Call) -> Value:
    return ListCell(None, "iterator")


METHODS = {
    "update": _update,
    "subtract": _subtract,
    "most_common": _most_common,
    "total": _total,
    "elements": _elements,
}


def counter_method(owner: DictCell, name: str) -> Value | None:
    """The method with which a counter differs from a dict, bound to it; None if it is a dict's."""
    method = METHODS.get(name)
    return None if method is None else Native(f"Counter.{name}", lambda ev, call: method(ev, owner, call), True)
