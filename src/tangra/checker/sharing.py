"""What can be reached from a value: which objects are shared by the whole program, and what tells arguments apart.

An object is *shared* once something that every function can reach (a module's names, a class) leads to it. Everything
else belongs to the calls that were given it. The journal counts the writes to shared objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from operator import is_

from tangra.checker.heap import (
    HOLDERS,
    AttributesCell,
    Cell,
    ClassCell,
    DictCell,
    FunctionCell,
    Instance,
    LibraryName,
    ListCell,
    ModuleCell,
    Native,
    Origin,
    Scope,
    Value,
)
from tangra.checker.symbols import moved
from tangra.shape_rules.registry import Constant, HigherOrder, ModuleRule, Rule
from tangra.shape_rules.values import DType, Tensor, Unknown
from tangra.shapes import Dim

MAX_PARTS = 400
"""Values in the arguments of one call; the arguments of larger ones are not compared."""
ATOMS = frozenset({int, str, bool, bytes, type(None), type(Ellipsis), Unknown, DType, LibraryName})
ENTRIES = (Rule, HigherOrder, Constant, ModuleRule)


def parts(value: Value) -> Iterator[Value]:
    """The values that `value` leads to directly."""
    if isinstance(value, Cell):
        yield from value.fields.values()
        if isinstance(value, Scope):
            yield value.parent
            yield from value.outer_names.values()
        elif isinstance(value, FunctionCell):
            yield from (*value.defaults, *value.kw_defaults, value.scope, value.owner)
        elif isinstance(value, ClassCell):
            yield from (*value.mro, *value.bases, value.scope)
        elif isinstance(value, Instance):
            yield value.cls
        elif isinstance(value, DictCell):
            yield value.factory
            if isinstance(value, AttributesCell):
                yield value.owner
    elif isinstance(value, tuple | list):
        yield from value
    elif isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, slice):
        yield from (value.start, value.stop, value.step)
    elif isinstance(value, Native):
        yield from (cell.cell_contents for cell in getattr(value.run, "__closure__", None) or ())
    elif isinstance(value, HOLDERS.types):
        yield from vars(value).values()


def share(value: Value) -> bool:
    """Mark everything that can be reached from `value` as shared; whether sizes nobody knows are among it."""
    symbolic = False
    queue = [value]
    while queue:
        found = queue.pop()
        if isinstance(found, Cell):
            if found.shared:
                continue
            found.shared = True
        elif type(found) in ATOMS or isinstance(found, Tensor | Dim):
            symbolic = symbolic or has_symbols(found)
            continue
        queue.extend(parts(found))
    return symbolic


def has_symbols(value: Value) -> bool:
    """Whether a size or array is not made of known numbers alone."""
    if isinstance(value, Tensor):
        return any(not isinstance(size, int) for size in (*(value.shape or ()), *(value.elements or ())))
    return isinstance(value, Dim)


class Unlike(Exception):
    """A value that can't be told from others by what it holds."""


class Likeness:
    """What a call's arguments hold: `key` is equal for arguments that no function can tell apart, but for the identity
    of the objects of their own, which `cells` lists in the order in which they were met."""

    def __init__(self) -> None:
        self.key: list[object] = []
        self.cells: list[Cell] = []
        self.symbolic = False
        self._numbers: dict[Cell, int] = {}

    def add(self, value: Value) -> None:
        """Take a value in. Raises `Unlike` for what is too large, or of a kind that can't be compared."""
        key = self.key
        kind = type(value)
        if kind in ATOMS:
            key.append(kind)
            key.append(value)
        elif kind is tuple:
            key += (tuple, len(value))
            for item in value:
                self.add(item)
        elif isinstance(value, Cell):
            self._add_cell(value)
        elif kind is float:
            key += (float, value.hex())
        elif kind is Tensor or kind is Dim:
            self.symbolic = self.symbolic or has_symbols(value)
            key += (kind, value)
        else:
            self._add_other(value)
        if len(key) > 2 * MAX_PARTS:
            raise Unlike

    def _add_cell(self, cell: Cell) -> None:
        if cell.shared:
            self.key.append(cell)
            return
        number = self._numbers.get(cell)
        if number is not None:
            self.key += (Cell, number)
            return
        if isinstance(cell, Instance) and (cell.cls.shared or cell.cls.dotted is not None):
            self.key += (cell.cls, len(cell.fields))
        elif isinstance(cell, ListCell):
            self.key += (ListCell, cell.kind)
        elif type(cell) is DictCell:
            self.key += (DictCell, cell.kind)
            self.add(cell.factory)
        elif isinstance(cell, ClassCell) and cell.dotted is not None and cell.node is None:
            self.key.append(cell)
            return
        else:
            raise Unlike
        self._numbers[cell] = len(self.cells)
        self.cells.append(cell)
        for name, value in cell.fields.items():
            self.key.append(name)
            self.add(value)

    def _add_other(self, value: Value) -> None:
        key = self.key
        if type(value) is dict:
            key += (dict, len(value))
            for name, item in value.items():
                self.add(name)
                self.add(item)
        elif isinstance(value, Native):
            if getattr(value.run, "__closure__", None):
                raise Unlike
            key.append(value)
        elif isinstance(value, ENTRIES):
            key.append(value)
        elif type(value) in HOLDERS.types or type(value) is slice:
            key.append(type(value))
            for item in parts(value):
                self.add(item)
        else:
            raise Unlike


class Uncopied(Exception):
    """An object that a copy can't be made of."""


class Copier:
    """Copies objects made since `born` with all they lead to; objects in `known` become what it says, shared ones stay
    themselves. Sizes made up since number `first` become new ones, numbered `distance` higher. Raises `Uncopied` for
    functions, classes and scopes made since, and for objects of others.

    Objects in `flat` are known to lead to nothing that has to be copied; `flat_ones` finds those among the copies."""

    def __init__(
        self,
        born: int,
        known: dict[Cell, Cell],
        first: int = 0,
        distance: int = 0,
        flat: frozenset[Cell] = frozenset(),
    ) -> None:
        self.flat = flat
        self.born = born
        self.done: dict[Cell, Cell] = dict(known)
        self.first = first
        self.distance = distance

    def copy(self, value: Value) -> Value:
        """`value`, or a copy of it where it leads to something that has to be copied."""
        kind = type(value)
        if kind in ATOMS or kind is float or kind is complex:
            return value
        if kind is Tensor or kind is Dim:
            return self._moved(value) if self.distance and has_symbols(value) else value
        if kind is tuple:
            items = [self.copy(item) for item in value]
            return value if all(map(is_, items, value)) else tuple(items)
        if isinstance(value, Cell):
            return self._cell(value)
        if kind is dict:
            return {self.copy(name): self.copy(item) for name, item in value.items()}
        if kind is list:
            return [self.copy(item) for item in value]
        if isinstance(value, ENTRIES):
            return value
        if isinstance(value, Native) and not getattr(value.run, "__closure__", None):
            return value
        if kind in HOLDERS.types:
            return kind(**{name: self.copy(item) for name, item in vars(value).items()})
        raise Uncopied

    def _origin(self, origin: Origin | None) -> Origin | None:
        if origin is None:
            return None
        given = origin.given
        if all(type(value) in ATOMS for value in (*given.args, *given.kwargs.values())):
            return origin
        args = [self.copy(value) for value in given.args]
        kwargs = {name: self.copy(value) for name, value in given.kwargs.items()}
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
        made = self.done.get(cell)
        if made is not None:
            return made
        if cell.shared or (isinstance(cell, ClassCell) and cell.node is None and cell.dotted is not None):
            return cell
        if cell.serial <= self.born:
            raise Uncopied
        if isinstance(cell, Instance):
            if not (cell.cls.shared or cell.cls.dotted is not None):
                raise Uncopied
            instance = Instance(cell.cls)
            instance.origin = self._origin(cell.origin)
            made = instance
        elif isinstance(cell, ListCell):
            made = ListCell(None, cell.kind)
        elif type(cell) is DictCell:
            made = DictCell(None, cell.kind, self.copy(cell.factory))
        else:
            raise Uncopied
        self.done[cell] = made
        if cell in self.flat:
            made.fields = dict(cell.fields)
        else:
            made.fields = {name: self.copy(value) for name, value in cell.fields.items()}
        return made

    def flat_ones(self) -> frozenset[Cell]:
        """The copies whose contents can be copied as they are."""
        return frozenset(
            made for old, made in self.done.items() if old is not made and all(map(_is_flat, made.fields.values()))
        )


def _is_flat(value: Value) -> bool:
    kind = type(value)
    if kind is Tensor or kind is Dim:
        return not has_symbols(value)
    return kind in ATOMS or kind is float or (kind is tuple and all(map(_is_flat, value)))


def is_module_level(scope: Scope | None) -> bool:
    """Whether functions defined in the scope read nothing but what is shared."""
    return scope is None or scope.shared or isinstance(scope, ModuleCell)
