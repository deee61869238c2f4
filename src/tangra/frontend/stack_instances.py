"""Instances of classes as items of grown lists.

Each attribute is an array, and one more array stands for who the items are. An instance that is put into a list, and
what is read from there, are partners of that: where an attribute of one is set, all others are stale from then on. An
array that an item holds is a view of the list's array, so that writes to it are seen everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from tangra.api.values import AbstractValue, InstanceValue
from tangra.frontend.heap import InstanceState
from tangra.frontend.stack_items import InstanceItem

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def attributes(ev: Evaluator, v: InstanceValue) -> list[AbstractValue]:
    """What the attributes of an instance hold that has a form."""
    state = ev.look(v.ref)
    assert isinstance(state, InstanceState)
    return [held for _, held in state.attrs]  # type: ignore[misc]


def item(
    ev: Evaluator, form: InstanceItem, leaves: Iterator[int], read: Callable[[Any], AbstractValue]
) -> InstanceValue:
    """The item of a list: `read` gives what an attribute holds."""
    who = next(leaves)
    ev.read(who)  # an error if it is stale
    made = ev.allocate(InstanceState(tuple((n, read(part)) for n, part in zip(form.names, form.parts, strict=True))))
    ev.pair(made, [who, *ev.state.partners.get(who, ())])
    return InstanceValue(made, form.cls)


def detached(ev: Evaluator, v: InstanceValue, detach: Callable[[AbstractValue], AbstractValue]) -> InstanceValue:
    """An item that leaves its list."""
    state = ev.look(v.ref)
    assert isinstance(state, InstanceState)
    attrs = tuple((name, detach(held)) for name, held in state.attrs)  # type: ignore[arg-type]
    ev.state.heap[v.ref] = InstanceState(attrs)  # nothing changes for what else it may be
    return v
