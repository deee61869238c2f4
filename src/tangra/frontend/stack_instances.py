"""Instances of classes as items of grown lists.

Each attribute is an array, and one more array stands for who the items are. What is read from a list is an instance
with a home there: an attribute that is set is written to the list's array too, and read anew in all others that were
read from the same list, which may be the same item. Whatever else may be that item (an instance that was put into the
list, items of copies of the list, and items whose home was lost as the list changed) is stale from then on. An array
that an item holds is a view of the list's array, so that writes to it are seen everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tangra.api.kinds import PYBOOL
from tangra.api.values import AbstractValue, InstanceValue, Scalar
from tangra.frontend import memory
from tangra.frontend.heap import ArrayState, Home, InstanceState, StackState, ViewState
from tangra.frontend.stack_items import (
    ArrayItem,
    ConstItem,
    InstanceItem,
    Item,
    NumberItem,
    attribute_form,
    item_memory,
    join_items,
    leaf_types,
    part_from,
    with_part,
)
from tangra.ir import Value

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def attributes(ev: Evaluator, v: InstanceValue) -> list[AbstractValue]:
    """What the attributes of an instance hold that has a form."""
    state = ev.look(v.ref)
    assert isinstance(state, InstanceState)
    return [held for _, held in state.attrs]  # type: ignore[misc]


def item(
    ev: Evaluator,
    form: InstanceItem,
    leaves: Iterator[int],
    read: Callable[[Any], AbstractValue],
    place: tuple[int, Value] | None,
) -> InstanceValue:
    """The item of a list: `read` gives what an attribute holds, `place` are the list, and the position in it."""
    leaf = next(leaves)
    who = ev.read(leaf)  # an error if it is stale
    made = ev.allocate(InstanceState(tuple((n, read(part)) for n, part in zip(form.names, form.parts, strict=True))))
    for part in memory.chain(ev, ev.state, leaf):
        ev.pair(made, [part, *ev.state.partners.get(part, ())])
    if place is not None:
        ev.state.homes[made] = Home(place[0], leaf, place[1], who)
    return InstanceValue(made, form.cls)


def detached(ev: Evaluator, v: InstanceValue, detach: Callable[[AbstractValue], AbstractValue]) -> InstanceValue:
    """An item that leaves its list."""
    state = ev.look(v.ref)
    assert isinstance(state, InstanceState)
    attrs = tuple((name, detach(held)) for name, held in state.attrs)  # type: ignore[arg-type]
    ev.state.heap[v.ref] = InstanceState(attrs)  # nothing changes for what else it may be
    ev.state.homes.pop(v.ref, None)
    return v


def write(ev: Evaluator, v: InstanceValue, name: str, value: Any) -> bool:
    """Set an attribute of an item, in its list and in all that may be it; False if the list can't hold it, or the
    instance is in none."""
    home = ev.state.homes.get(v.ref)
    if home is None or not _is_in(ev, home):
        return False
    state = ev.look(home.owner)
    assert isinstance(state, StackState)
    form = part_from(state.shape, InstanceItem, state.leaves.index(home.leaf))
    if form is None or name not in form.names:
        return False
    part = form.parts[form.names.index(name)]
    wide = _wide(ev, part, value)
    if wide is None:
        return False
    if wide != part:
        state = _with_part(ev, home, state, form, name, wide)
    first = state.leaves.index(home.leaf) + 1 + sum(len(leaf_types(p)) for p in form.parts[: form.names.index(name)])
    leaves = state.leaves[first : first + len(leaf_types(wide))]
    _store(ev, wide, leaves, home.at, value)
    _renew(ev, v, home, name, wide, leaves, value)
    return True


def same_item(ev: Evaluator, a: int, b: int) -> Scalar | None:
    """Whether two instances of one list are one item; None where that can't be told by their places."""
    one, other = ev.state.homes.get(a), ev.state.homes.get(b)
    if one is None or other is None or (one.owner, one.leaf) != (other.owner, other.leaf):
        return None
    if not _is_in(ev, one) or not _is_in(ev, other):
        return None
    return Scalar(ev.b("eq", one.at, other.at), (PYBOOL,))


def follows(ev: Evaluator, ref: int) -> bool:
    """Whether an instance lies in its list, and would if the list's arrays were made anew."""
    home = ev.state.homes.get(ref)
    if home is None or not _is_in(ev, home):
        return False
    state = ev.glance(home.owner)
    return isinstance(state, StackState) and isinstance(state.shape, InstanceItem) and state.leaves[0] == home.leaf


def follow(ev: Evaluator, ref: int) -> None:
    """The arrays of a list were made anew: an instance lies in them."""
    home = ev.state.homes[ref]
    state = ev.state.heap[home.owner]
    assert isinstance(state, StackState)
    ev.state.homes[ref] = replace(home, leaf=state.leaves[0], who=ev.peek(state.leaves[0]))
    ev.pair(ref, state.leaves[:1])


def _is_in(ev: Evaluator, home: Home) -> bool:
    """Whether an instance still lies where it was read, and is no other item of that list too."""
    state = ev.glance(home.owner)
    partners = ev.state.partners.get(home.leaf, frozenset())
    if home.owner in ev.state.poisoned or home.leaf in ev.state.poisoned or home.leaf in partners:
        return False
    if not isinstance(state, StackState) or home.leaf not in state.leaves:
        return False
    return not isinstance(ev.glance(home.leaf), ViewState) and ev.peek(home.leaf) is home.who


def _wide(ev: Evaluator, part: Item, value: Any) -> Item | None:
    """The form that covers what an attribute holds and what it is set to; None if there is none."""
    if not isinstance(part, (NumberItem, ArrayItem, ConstItem)):
        return None
    form = attribute_form(ev, value, frozenset())
    return None if form is None else join_items(part, form)


def _with_part(ev: Evaluator, home: Home, state: StackState, form: InstanceItem, name: str, wide: Item) -> StackState:
    """The list with a wider attribute."""
    from tangra.frontend import stacks

    parts = tuple(wide if n == name else p for n, p in zip(form.names, form.parts, strict=True))
    whole = with_part(state.shape, form, replace(form, parts=parts), state.leaves.index(home.leaf))
    state = stacks.widened(ev, state, whole)
    ev.put(home.owner, state)
    return state


def _store(ev: Evaluator, form: Item, leaves: tuple[int, ...], at: Value, value: Any) -> None:
    """Write what an attribute is set to into the arrays of it."""
    from tangra.frontend import stack_places, stacks

    if isinstance(form, ArrayItem):
        for view in stacks.views_of(ev, leaves):
            stack_places.keep_old(ev, view)
        for ref in item_memory(ev, value):
            if ref == leaves[0] or ref in ev.state.partners.get(leaves[0], ()):
                ev.pair_with_itself(leaves[0])
            for other in (ref, *ev.state.partners.get(ref, ())):
                ev.pair(other, leaves)
    for leaf, number in zip(leaves, stacks.leaf_values(ev, form, value), strict=True):
        stacks.store_leaf(ev, leaf, at, number)


def _renew(
    ev: Evaluator, v: InstanceValue, home: Home, name: str, form: Item, leaves: tuple[int, ...], value: Any
) -> None:
    """After an attribute of `v` was set in its list: read it anew in what may be the same item. What has no home there
    any more, and may be it, is stale."""
    from tangra.frontend import stacks

    known = {
        ref: other.at
        for ref, other in ev.state.homes.items()
        if (other.owner, other.leaf) == (home.owner, home.leaf) and other.who is home.who
    }
    for ref, at in known.items():
        state = ev.glance(ref)
        assert isinstance(state, InstanceState)
        same = ref == v.ref and not isinstance(form, ArrayItem)
        held = value if same else stacks.part_at(ev, form, iter(leaves), at)
        ev.state.heap[ref] = state.with_attr(name, held)
    lists = {leaf for state in ev.state.heap.values() if isinstance(state, StackState) for leaf in state.leaves}
    owner = ev.glance(home.owner)
    assert isinstance(owner, StackState)
    lists.difference_update(owner.leaves)
    for ref in ev.state.partners.get(home.leaf, frozenset()) | ev.state.partners.get(v.ref, frozenset()):
        is_array = isinstance(ev.glance(ref), (ArrayState, ViewState)) and ref not in lists
        if ref not in known and not is_array:
            ev.poison(ref, v.ref)
