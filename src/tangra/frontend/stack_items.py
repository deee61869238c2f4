"""The form of the items of a list that is stored as arrays: numbers, arrays, tuples, lists and instances of them."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from tangra.api.elementwise import is_number, join_dtype, join_kinds, kinds_of
from tangra.api.kinds import Kind
from tangra.api.values import AbstractValue, ArrayValue, Const, InstanceValue, ListValue, TupleValue
from tangra.errors import UnsupportedError
from tangra.frontend import diagnostics, symbols
from tangra.frontend.heap import (
    ArrayState,
    Conflict,
    Deleted,
    InstanceState,
    ItemsRead,
    ListState,
    MaybeNone,
    MaybeUnbound,
    Slot,
    StackState,
    ViewState,
)
from tangra.ir import I64, ArrayType, DType, Span, scalar
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


@dataclass(frozen=True)
class NumberItem:
    """A number of one of `kinds`."""

    kinds: tuple[Kind, ...]
    dtype: DType


@dataclass(frozen=True)
class ArrayItem:
    """An array."""

    type: ArrayType


@dataclass(frozen=True)
class TupleItem:
    """A tuple of items."""

    parts: tuple[Item, ...]
    cls: type | None


@dataclass(frozen=True)
class ListItem:
    """A list of `length` items."""

    part: Item
    length: Size


@dataclass(frozen=True)
class ConstItem:
    """What all items have there: a string, bytes, None or a member of an enumeration."""

    value: Any


@dataclass(frozen=True)
class InstanceItem:
    """An instance with these attributes; `parts` are what they hold."""

    cls: type
    names: tuple[str, ...]
    parts: tuple[Item, ...]


Item = NumberItem | ArrayItem | TupleItem | ListItem | ConstItem | InstanceItem
Part = TypeVar("Part", InstanceItem, ListItem)


class Misfit(UnsupportedError):
    """An item of another form than the others of its stack; in the loop that made the list `ref` grow, a conflict."""

    def __init__(self, ref: int, span: Span | None) -> None:
        super().__init__(
            "an item of another type than the others, in a list that grew in a loop or is indexed at run time: not "
            "supported in compiled code",
            code=diagnostics.UNSUPPORTED,
            span=span,
            fix="keep items of different types in different lists",
        )
        self.ref = ref


Refs = frozenset[int]


def form_of(ev: Evaluator, items: Sequence[AbstractValue], around: Refs = frozenset()) -> Item | None:
    """The form that all items have; None if there is none. `around` are the lists that they are in."""
    return join_all([item_form(ev, item, around) for item in items])


def join_all(forms: Sequence[Item | None]) -> Item | None:
    """The form that covers all of `forms`."""
    found: Item | None = None
    for k, form in enumerate(forms):
        found = form if k == 0 or form is None or found is None else join_items(found, form)
        if found is None:
            return None
    return found


def item_form(ev: Evaluator, item: AbstractValue, around: Refs = frozenset()) -> Item | None:
    """The form of one item; None for what a stack can't hold."""
    if isinstance(item, ListValue):
        return None if item.ref in around else _list_form(ev, item, around | {item.ref})
    if is_number(item):
        kinds = join_kinds((), kinds_of(item))
        dtype = join_dtype(kinds)
        return None if dtype is None else NumberItem(kinds, dtype)
    if isinstance(item, ArrayValue):
        return ArrayItem(item.type)
    if isinstance(item, TupleValue):
        parts = [item_form(ev, x, around) for x in item.items]
        return None if any(p is None for p in parts) else TupleItem(tuple(p for p in parts if p), item.cls)
    if isinstance(item, InstanceValue) and item.ref not in around and item.ref not in ev.initial:
        return _instance_form(ev, item, around | {item.ref})
    return None


def _instance_form(ev: Evaluator, v: InstanceValue, around: Refs) -> Item | None:
    """That of an instance which the call has made: others have an identity outside."""
    state = ev.glance(v.ref)
    if not isinstance(state, InstanceState):
        return None
    parts = [attribute_form(ev, held, around) for _, held in state.attrs]
    names = tuple(name for name, _ in state.attrs)
    return None if any(p is None for p in parts) else InstanceItem(v.cls, names, tuple(p for p in parts if p))


def attribute_form(ev: Evaluator, held: Slot | Deleted, around: Refs) -> Item | None:
    """That of what an attribute holds."""
    if isinstance(held, (Conflict, Deleted, MaybeNone, MaybeUnbound)):
        return None
    if isinstance(held, Const) and (held.value is None or isinstance(held.value, (str, bytes, enum.Enum))):
        return ConstItem(held.value)
    return item_form(ev, held, around)


def holds_instances(form: Item) -> bool:
    """Whether an item is, or has in it, an instance."""
    if isinstance(form, ListItem):
        return holds_instances(form.part)
    return isinstance(form, InstanceItem) or (isinstance(form, TupleItem) and any(map(holds_instances, form.parts)))


def _list_form(ev: Evaluator, v: ListValue, around: Refs) -> Item | None:
    state = ev.glance(v.ref)
    part = common_form(ev, state, around) if isinstance(state, (ListState, StackState)) else None
    length = symbols.known_size(state.count) if isinstance(state, StackState) else len(getattr(state, "items", ()))
    return None if part is None or length is None else ListItem(part, length)


def join_items(a: Item, b: Item) -> Item | None:
    if isinstance(a, NumberItem) and isinstance(b, NumberItem):
        kinds = join_kinds(a.kinds, b.kinds)
        dtype = join_dtype(kinds)
        return None if dtype is None else NumberItem(kinds, dtype)
    if isinstance(a, TupleItem) and isinstance(b, TupleItem) and a.cls is b.cls and len(a.parts) == len(b.parts):
        parts = [join_items(x, y) for x, y in zip(a.parts, b.parts, strict=True)]
        return None if any(p is None for p in parts) else TupleItem(tuple(p for p in parts if p), a.cls)
    if isinstance(a, InstanceItem) and isinstance(b, InstanceItem) and (a.cls, a.names) == (b.cls, b.names):
        parts = [join_items(x, y) for x, y in zip(a.parts, b.parts, strict=True)]
        return None if any(p is None for p in parts) else InstanceItem(a.cls, a.names, tuple(p for p in parts if p))
    if isinstance(a, ListItem) and isinstance(b, ListItem) and a.length == b.length:
        part = join_items(a.part, b.part)
        return None if part is None else ListItem(part, a.length)
    return a if a == b else None


def item_memory(ev: Evaluator, item: AbstractValue, around: frozenset[int] = frozenset()) -> list[int]:
    """The mutable objects that an item is made of; `around` are those that it is in."""
    if isinstance(item, TupleValue):
        return [ref for part in item.items for ref in item_memory(ev, part, around)]
    if isinstance(item, ArrayValue):
        return list(dict.fromkeys((item.ref, ev.root(item.ref))))
    if not isinstance(item, (ListValue, InstanceValue)) or item.ref in around:
        return []
    state = ev.glance(item.ref)
    inner = list(state.leaves) if isinstance(state, StackState) else []
    if isinstance(state, (ListState, InstanceState)):
        parts = state.items if isinstance(state, ListState) else [held for _, held in state.attrs]
        inner = [ref for x in parts for ref in item_memory(ev, x, around | {item.ref})]  # type: ignore[arg-type]
    return [item.ref, *inner]


def leaf_types(form: Item) -> list[ArrayType]:
    """The type of each number or array in an item; a number of several kinds has its kind's index beside it. Of an
    instance the first is for who it is: a change of its attributes makes that stale."""
    if isinstance(form, NumberItem):
        return [scalar(form.dtype)] + ([scalar(I64)] if len(form.kinds) > 1 else [])
    if isinstance(form, ArrayItem):
        return [form.type]
    if isinstance(form, ListItem):
        return [ArrayType(t.dtype, (form.length, *t.shape)) for t in leaf_types(form.part)]
    if isinstance(form, ConstItem):
        return []
    own = [scalar(I64)] if isinstance(form, InstanceItem) else []
    return [*own, *(t for part in form.parts for t in leaf_types(part))]


def part_from(form: Item, sort: type[Part], place: int) -> Part | None:
    """The part of a form, of a sort, whose arrays begin at a place among those of the whole; None within rows."""
    if place == 0 and isinstance(form, sort):
        return form
    if not isinstance(form, (TupleItem, InstanceItem)):
        return None
    place -= isinstance(form, InstanceItem)
    for part in form.parts:
        size = len(leaf_types(part))
        if 0 <= place < size:
            return part_from(part, sort, place)
        place -= size
    return None


def with_part(form: Item, old: Item, new: Item, place: int) -> Item:
    """A form with another part where `old` begins, as `part_from` finds it."""
    if place == 0 and form is old:
        return new
    assert isinstance(form, (InstanceItem, TupleItem))
    place -= isinstance(form, InstanceItem)
    parts = []
    for part in form.parts:
        size = len(leaf_types(part))
        parts.append(with_part(part, old, new, place) if 0 <= place < size else part)
        place -= size
    return replace(form, parts=tuple(parts))


def room_of(ev: Evaluator, state: StackState) -> Size:
    """The items that a stack has room for. Nothing is read for it: a join, outside its arms, may ask."""
    if not state.leaves:
        return 0
    if state.leaves[0] in ev.unread:
        raise ItemsRead
    first = ev.look(state.leaves[0])
    assert isinstance(first, (ArrayState, ViewState)), first
    return first.array.shape[0]


def common_form(ev: Evaluator, state: ListState | StackState, around: Refs = frozenset()) -> Item | None:
    """The form of the items of a list, whichever way it is stored."""
    if isinstance(state, StackState):
        form: Item = state.shape
        return form
    return form_of(ev, state.items, around)  # type: ignore[arg-type]


def join_forms(a: Item | None, b: Item | None, empty: tuple[bool, bool]) -> Item | None:
    """The form for the items of two lists, of which some may be empty."""
    if empty[0] or a is None:
        return b if empty[0] else None
    if empty[1] or b is None:
        return a if empty[1] else None
    return join_items(a, b)
