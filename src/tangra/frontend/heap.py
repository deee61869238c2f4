"""The abstract state: what names are bound to, and what the objects they refer to hold.

A `State` is copied at every run-time branch and loop; heap states are immutable, so copies are cheap and never share
changes. Objects of the live program (globals, arguments' parts reached late) have negative references and an initial
state that is the same in every copy (`Initial`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tangra.api.values import AbstractValue, ViewStep
from tangra.ir import ArrayType, Span, Value
from tangra.shapes.facts import Facts


@dataclass(frozen=True, slots=True)
class CellRef:
    """A name that inner functions capture is bound to a cell; its content is a `CellState`."""

    ref: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """A name or slot that holds values of different types, depending on the path. Reading it is an error. `of_sizes`:
    they are arrays that differ in their sizes only."""

    message: str
    spans: tuple[Span | None, ...] = ()
    fix: str = "give it the same type and shape on every path, for instance by starting from np.zeros or 0.0"
    of_sizes: bool = False


@dataclass(frozen=True, slots=True)
class MaybeUnbound:
    """A name that was bound only on some paths: `bound` tells at run time."""

    value: AbstractValue | Conflict | MaybeNone
    bound: Value


@dataclass(frozen=True, slots=True)
class MaybeNone:
    """A value that is None on some paths: `there` tells at run time that it is not."""

    value: AbstractValue | Conflict
    there: Value


Result = AbstractValue | MaybeNone
"""What a function may return."""

Slot = Result | Conflict | MaybeUnbound
"""What a list slot, dict value or attribute may hold."""

Entry = Slot | CellRef
"""What a name may be bound to in a frame."""


@dataclass(frozen=True, slots=True)
class ArrayState:
    """The current IR value of an array. `origin` says at run time which array from before the call it is (its
    reference), or 0 for none; without it that is not known, or plain."""

    value: Value
    origin: Value | None = None

    @property
    def array(self) -> ArrayType:
        """The type."""
        return self.value.array


@dataclass(frozen=True, slots=True, eq=False)
class ViewState:
    """An array of this type that shares memory with `base`: how to read it from the base's value and write it there."""

    base: int
    array: ArrayType
    read: Callable[[Value], Value]
    write: Callable[[Value, Value], Value]
    step: ViewStep | None = None
    first: tuple[Value, Value] | None = None
    """The base's value when the view was made, and the view's."""
    origin: Value | None = None
    """Of an item at a run-time place of a list or tuple: as of an `ArrayState`."""


@dataclass(frozen=True, slots=True)
class ListState:
    """A list of static length."""

    items: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class StackState:
    """A list that grew in a run-time loop: item k is element k of each array of `leaves`, put together by `shape`.

    `leaves` are references to arrays on the heap, one for each number or array in an item, `count` the length, an int
    known at compile time or run-time. `was` is the list of static length that it still is: it was made a stack to be
    indexed, and no item was put in or taken out since.
    """

    shape: Any
    leaves: tuple[int, ...]
    count: AbstractValue
    was: ListState | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """Where an instance or a list lies in the grown list `owner`: at the position `at`, with `leaf` for the first of
    its arrays there, that of an instance for who the items are. An instance lies there as long as that array is `who`:
    items that are put in or moved change it."""

    owner: int
    leaf: int
    at: Value
    who: Value


@dataclass(frozen=True, slots=True)
class DictState:
    """A dict with compile-time keys, in insertion order."""

    keys: tuple[Any, ...]
    values: tuple[Slot, ...]

    def get(self, key: Any) -> Slot | None:
        """The value of a key, by Python's equality."""
        for k, v in zip(self.keys, self.values, strict=True):
            if k is key or k == key:
                return v
        return None


@dataclass(frozen=True, slots=True)
class Deleted:
    """An attribute or global that was deleted."""


@dataclass(frozen=True, slots=True)
class InstanceState:
    """Attributes of an instance (or names of a module). Those of a live object that were never touched are absent."""

    attrs: tuple[tuple[str, Slot | Deleted], ...] = ()

    def get(self, name: str) -> Slot | Deleted | None:
        for key, value in self.attrs:
            if key == name:
                return value
        return None

    def with_attr(self, name: str, value: Slot | Deleted) -> InstanceState:
        """The state with one attribute set; order of first assignment is kept. One that was deleted comes last."""
        if isinstance(self.get(name), Deleted) and not isinstance(value, Deleted):
            return InstanceState((*((k, v) for k, v in self.attrs if k != name), (name, value)))
        if any(key == name for key, _ in self.attrs):
            return InstanceState(tuple((k, value if k == name else v) for k, v in self.attrs))
        return InstanceState((*self.attrs, (name, value)))


@dataclass(frozen=True, slots=True)
class CellState:
    """The content of a closure cell; None while unbound."""

    value: Slot | None


@dataclass(frozen=True, slots=True)
class ConflictState:
    """An object whose contents differ in structure, depending on the path. Looking inside is an error."""

    conflict: Conflict


HeapState = ConflictState | ArrayState | ViewState | ListState | StackState | DictState | InstanceState | CellState


@dataclass(slots=True)
class State:
    """Everything that a branch may change.

    `partners` are arrays (by reference) that may or may not be the same object as another after a join; `poisoned`
    those of which a partner was written since, with the place of the write. `scope` are the symbols that types may use.
    `narrowed` has what this path knows of the flags of `MaybeNone`s. `read_only` are arrays made while evaluating that
    can't be written to, or None where that depends on the path (views say it themselves, see `ViewStep`). `copied` has
    for each copy that a transformed function works on the array that it is a copy of. `leaving` are run-time flags of
    `return`, `break` and `continue` of which one is certainly set.
    """

    heap: dict[int, HeapState] = field(default_factory=dict)
    partners: dict[int, frozenset[int]] = field(default_factory=dict)
    poisoned: dict[int, Span | None] = field(default_factory=dict)
    env: dict[str, Entry] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    scope: frozenset[str] = frozenset()
    narrowed: dict[Value, bool] = field(default_factory=dict)
    read_only: dict[int, bool | None] = field(default_factory=dict)
    copied: dict[int, int] = field(default_factory=dict)
    homes: dict[int, Home] = field(default_factory=dict)
    dead: bool = False
    leaving: frozenset[Value] = frozenset()

    def copy(self) -> State:
        """A state that can change on its own."""
        return State(
            dict(self.heap),
            dict(self.partners),
            dict(self.poisoned),
            dict(self.env),
            self.facts,
            self.scope,
            dict(self.narrowed),
            dict(self.read_only),
            dict(self.copied),
            dict(self.homes),
            self.dead,
            self.leaving,
        )


class PathEnds(Exception):
    """The path being evaluated certainly raises: nothing after this place is reached."""


class ItemsRead(Exception):
    """A list whose items are only counted is used otherwise."""


RETURNED, BROKEN, CONTINUED, RESULT, STOPPED = "$ret", "$brk", "$cont", "$val", "$stop"
"""Names, in a frame, of the flags and the value that `return`, `break`, `continue` and the end of a `while` set."""
FULL, NEEDED = "$full", "$needed"
"""Names of what a search for the room of lists finds: whether there was too little, and how much is needed."""
