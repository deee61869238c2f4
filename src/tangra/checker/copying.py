"""Copies of what a call made, for summaries: with all that the objects lead to, but for what is shared.

Calls are nested, and what an inner one made is part of what the outer one made. So that no object is copied again for
each call around it, an outer copy takes over the copies of inner ones (`Part`) that hold as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from operator import is_

from tangra.checker.heap import HOLDERS, Cell, ClassCell, DictCell, Instance, ListCell, Native, Origin, Value
from tangra.checker.sharing import CONSTANTS, ENTRIES, has_symbols
from tangra.checker.symbols import moved
from tangra.shape_rules.values import Tensor
from tangra.shapes import Dim


class Uncopied(Exception):
    """An object that a copy can't be made of."""


Deep = dict[Cell, list[tuple[str, Value]]]
"""The fields of copies that can't be copied as they are: most hold constants and arrays of known sizes."""


NOTHING: list[tuple[str, Value]] = []


@dataclass(slots=True)
class Part:
    """The copies of an object and of all it leads to that an inner call's summary holds, by their originals. They hold
    while nothing of it is written behind place `length` of the journal's log, of which nothing was `undone` since.
    `whole`: the object's own copy holds too, not only what it leads to."""

    made: dict[Cell, Cell]
    deep: Deep
    length: int
    undone: int
    whole: bool


class Copier:
    """Copies objects made since `born` with all they lead to; objects in `known` become what it says, shared ones stay
    themselves. Sizes made up since number `first` become new ones, numbered `distance` higher. Raises `Uncopied` for
    functions, classes and scopes made since, and for objects of others.

    Of objects in `deep` it is known which fields have to be copied; `all_deep` says it of the copies.
    `leads_to_known`: an object in `known` was met."""

    def __init__(
        self,
        born: int,
        known: Mapping[Cell, Cell],
        first: int = 0,
        distance: int = 0,
        deep: Deep | None = None,
    ) -> None:
        self.deep = {} if deep is None else deep
        self.born = born
        self.known = known
        self.done: dict[Cell, Cell] = {}
        self.first = first
        self.distance = distance
        self.leads_to_known = False
        self.taken: dict[Cell, Cell] = {}
        self._deep: Deep = {}
        self._parts: Mapping[Cell, Part] = {}
        self._written: Mapping[Cell, int] = {}
        self._undone = 0

    def take_over(self, parts: Mapping[Cell, Part], written: Mapping[Cell, int], undone: int) -> None:
        """Use the copies of inner calls; `written` are the last places in the log at which objects were written."""
        self._parts, self._written, self._undone = parts, written, undone

    def copy(self, value: Value) -> Value:
        """`value`, or a copy of it where it leads to something that has to be copied."""
        kind = type(value)
        if kind in CONSTANTS:
            return value
        if kind is Tensor or kind is Dim:
            return self._moved(value) if self.distance and has_symbols(value) else value
        if kind is tuple:
            items = self._items(value)
            return value if all(map(is_, items, value)) else tuple(items)
        if isinstance(value, Cell):
            return self._cell(value)
        if kind is dict:
            return {self.copy(name): self.copy(item) for name, item in value.items()}
        if kind is list:
            return self._items(value)
        if isinstance(value, ENTRIES):
            return value
        if isinstance(value, Native) and not getattr(value.run, "__closure__", None):
            return value
        if kind in HOLDERS.types:
            return kind(**self._fields(vars(value)))
        raise Uncopied

    def _items(self, values: Sequence[Value]) -> list[Value]:
        return [value if type(value) in CONSTANTS else self.copy(value) for value in values]

    def _fields(self, fields: Mapping[str, Value]) -> dict[str, Value]:
        return {name: value if type(value) in CONSTANTS else self.copy(value) for name, value in fields.items()}

    def _origin(self, origin: Origin | None) -> Origin | None:
        if origin is None:
            return None
        given = origin.given
        if origin.plain is None:
            values = (*given.args, *given.kwargs.values())
            origin.plain = CONSTANTS.issuperset(map(type, values))
        if origin.plain:
            return origin
        args, kwargs = self._items(given.args), self._fields(given.kwargs)
        if all(map(is_, args, given.args)) and all(map(is_, kwargs.values(), given.kwargs.values())):
            return origin
        return replace(origin, given=replace(given, args=args, kwargs=kwargs))

    def _moved(self, value: Value) -> Value:
        if isinstance(value, Dim):
            return moved(value, self.first, self.distance)
        if isinstance(value, Tensor):
            sizes = {name: self._moved(getattr(value, name)) for name in ("shape", "layout", "elements", "grown")}
            return replace(value, **sizes)
        return tuple(map(self._moved, value)) if type(value) is tuple else value

    def _cell(self, cell: Cell) -> Cell:
        made = self.done.get(cell) or self.taken.get(cell)
        if made is not None:
            return made
        if cell in self.known:
            self.leads_to_known = True
            return self.known[cell]
        if cell.shared or (isinstance(cell, ClassCell) and cell.node is None and cell.dotted is not None):
            return cell
        if cell.serial <= self.born:
            raise Uncopied
        part = self._parts.get(cell)
        if part is not None and self._takes(cell, part):
            made = self.taken.get(cell)
        return self._new(cell) if made is None else made

    def _takes(self, cell: Cell, part: Part) -> bool:
        """Take a part over, unless something of it was written since, or met already."""
        if part.undone != self._undone or max(map(self._written.get, part.made, repeat(-1))) >= part.length:
            return False
        if not (self.done.keys().isdisjoint(part.made) and self.taken.keys().isdisjoint(part.made)):
            return False
        self.taken.update(part.made)
        self._deep.update(part.deep)
        if not part.whole:
            del self.taken[cell]
        return True

    def _new(self, cell: Cell) -> Cell:
        made: Cell
        if isinstance(cell, Instance):
            if not (cell.cls.shared or cell.cls.dotted is not None):
                raise Uncopied
            made = instance = Instance(cell.cls)
            self.done[cell] = made
            instance.origin = self._origin(cell.origin)
        elif isinstance(cell, ListCell):
            made = ListCell(None, cell.kind)
        elif type(cell) is DictCell:
            made = DictCell(None, cell.kind, self.copy(cell.factory))
        else:
            raise Uncopied
        self.done[cell] = made
        made.fields = fields = dict(cell.fields)
        deep = self.deep.get(cell)
        if deep is not None:
            for name, value in deep:
                fields[name] = self.copy(value)
            return made
        deep = []
        for name, value in cell.fields.items():
            if type(value) not in CONSTANTS:
                fields[name] = copied = self.copy(value)
                if not _is_flat(copied):
                    deep.append((name, copied))
        self._deep[made] = deep or NOTHING
        return made

    def all_deep(self) -> Deep:
        """Of every copy, also those that were taken over, the fields that can't be copied as they are."""
        return self._deep


def _is_flat(value: Value) -> bool:
    kind = type(value)
    if kind in CONSTANTS:
        return True
    if kind is Tensor or kind is Dim:
        return not has_symbols(value)
    return kind is tuple and all(map(_is_flat, value))
