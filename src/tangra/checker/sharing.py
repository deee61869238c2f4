"""What can be reached from a value: which objects are shared by the whole program, what something unknown may have
changed, and what tells arguments apart.

An object is *shared* once something that every function can reach (a module's names, a class) leads to it. Everything
else belongs to the calls that were given it. The journal counts the writes to shared objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tangra.checker.heap import (
    HOLDERS,
    AttributesCell,
    BoundMethod,
    Cell,
    ClassCell,
    DictCell,
    FunctionCell,
    Instance,
    LibraryName,
    ListCell,
    ModuleCell,
    Native,
    OneOf,
    Scope,
    Value,
)
from tangra.shape_rules.registry import Constant, HigherOrder, ModuleRule, Rule
from tangra.shape_rules.values import UNKNOWN, DType, Tensor, Unknown
from tangra.shapes import Dim

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

MAX_PARTS = 400
"""Values in the arguments of one call; the arguments of larger ones are not compared."""
ATOMS = frozenset({int, str, bool, bytes, type(None), type(Ellipsis), Unknown, DType, LibraryName})
CONSTANTS = ATOMS | {float, complex}
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


def share(value: Value, before: Value = None) -> bool:
    """Mark everything that can be reached from `value` as shared; whether sizes nobody knows are among it. What it
    holds as `before`, whose place it takes in something shared, holds it, was looked at then."""
    symbolic = False
    queue = _new_parts(value, before)
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


def _new_parts(value: Value, before: Value) -> list[Value]:
    """What there is to look at: registries grow by an entry at a time, to thousands."""
    if type(value) is dict and type(before) is dict:
        return [part for key, held in value.items() if before.get(key, before) is not held for part in (key, held)]
    if type(value) is tuple and type(before) is tuple:
        return [*(new for new, old in zip(value, before, strict=False) if new is not old), *value[len(before) :]]
    return [value]


def has_symbols(value: Value) -> bool:
    """Whether a size or array is not made of known numbers alone."""
    if isinstance(value, Tensor):
        return any(not isinstance(size, int) for size in (*(value.shape or ()), *(value.elements or ())))
    return isinstance(value, Dim)


def havoc(ev: Evaluator, values: Sequence[Value], depth: int = 0) -> None:
    """Something unknown got these values: what it can reach and change is unknown from here on."""
    for value in values:
        if isinstance(value, ListCell):
            inner = value.items or ()
            if value.kind in ("list", "deque", "set"):
                ev.write(value, "items", None)
                ev.write(value, "element", UNKNOWN)
            havoc(ev, inner, depth + 1)
        elif isinstance(value, DictCell):
            inner_values = tuple((value.entries or {}).values())
            ev.write(value, "entries", None)
            havoc(ev, inner_values, depth + 1)
        elif isinstance(value, Instance) and "$unknown" not in value.fields:
            inner_values = tuple(value.fields.values())
            ev.write(value, "$unknown", True)
            for name in list(value.fields):
                if not name.startswith("$"):
                    ev.write(value, name, UNKNOWN)
            havoc(ev, inner_values, depth + 1)
        elif isinstance(value, tuple) and depth < 8:
            havoc(ev, value, depth + 1)
        elif isinstance(value, BoundMethod) and isinstance(value.receiver, Cell):
            havoc(ev, [value.receiver], depth + 1)
        elif isinstance(value, OneOf):
            havoc(ev, value.options, depth + 1)


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


def is_module_level(scope: Scope | None) -> bool:
    """Whether functions defined in the scope read nothing but what is shared."""
    return scope is None or scope.shared or isinstance(scope, ModuleCell)
