"""What a checked program's names can stand for, besides constants, sizes and arrays.

Everything that can change is a `Cell`: its contents live in `fields` and are written only through the `Journal`, so
that two arms of a branch can be evaluated one after the other and then joined. Tuples are Python tuples; numbers,
strings and `None` are themselves; a size is an int or a `Dim`; an array is a `Tensor`; `UNKNOWN` is anything at all.
Only cells change; the other classes here are never written to once made (those made most often are not frozen, which
would cost three times as much).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from tangra.shape_rules.values import UNKNOWN

if TYPE_CHECKING:
    from tangra.checker.source import SourceFile

MISSING = object()
"""Stands in journals for a field that was not there."""

Value = Any
"""A constant, a size, a `Tensor`, a tuple of values, a `Cell`, one of the callables below, or `UNKNOWN`."""


class Cell:
    """Something that can be changed: two names for it see the same contents.

    `serial` tells the older of two. `shared`: every function can reach it (see `tangra.checker.sharing`)."""

    __slots__ = ("fields", "serial", "shared")
    born: ClassVar[int] = 0

    def __init__(self) -> None:
        self.fields: dict[str, Value] = {}
        self.serial = Cell.born = Cell.born + 1
        self.shared = False


class Scope(Cell):
    """The names of a function call, a class body or a module; `parent` is where names not found here are looked up.

    `outer_names` are those declared `global` or `nonlocal`, with the scope that holds them."""

    __slots__ = ("is_class", "module", "outer_names", "parent")
    module: ModuleCell

    def __init__(self, parent: Scope | None, is_class: bool = False) -> None:
        super().__init__()
        self.parent = parent
        self.is_class = is_class
        self.outer_names: dict[str, Scope] = {}
        if parent is not None:
            self.module = parent.module


class ModuleCell(Scope):
    """A file of the project, or one of the checker's own. `state` is "new", "running" or "done"."""

    __slots__ = ("file", "name", "path", "state")

    def __init__(self, name: str, file: SourceFile | None, path: Path | None = None) -> None:
        super().__init__(None)
        self.shared = True
        self.module = self
        self.name = name
        self.file = file
        self.path = path
        self.state = "new"


class ListCell(Cell):
    """A list, set, deque or iterator: `items` is a tuple, or None where the length is not known; then `element` is
    what all elements have in common."""

    __slots__ = ("kind",)

    def __init__(self, items: Sequence[Value] | None, kind: str = "list", element: Value = UNKNOWN) -> None:
        super().__init__()
        self.kind = kind
        self.fields = {"items": None if items is None else tuple(items), "element": element}

    @property
    def items(self) -> tuple[Value, ...] | None:
        """The elements, where their number is known."""
        found: tuple[Value, ...] | None = self.fields["items"]
        return found

    @property
    def element(self) -> Value:
        """What all elements have in common."""
        return self.fields["element"]


class DictCell(Cell):
    """A dict: `entries` maps keys to values, or is None where the keys are not known; then `element` is what all
    values have in common, and the field holds the `variants`, if branches left only a few. `factory` makes missing
    values, as in `defaultdict`."""

    __slots__ = ("factory", "kind")

    def __init__(self, entries: dict[Value, Value] | None, kind: str = "dict", factory: Value = None) -> None:
        super().__init__()
        self.kind = kind
        self.factory = factory
        self.fields = {"entries": entries, "element": UNKNOWN}

    @property
    def entries(self) -> dict[Value, Value] | None:
        """The pairs, where the keys are known; never changed in place."""
        found = self.fields["entries"]
        return found if type(found) is dict else None

    @property
    def variants(self) -> tuple[dict[Value, Value], ...]:
        """The pairs that there may be, where branches left a few possibilities; none where nobody knows."""
        known, found = self.entries, self.fields["entries"]
        return (known,) if known is not None else found if type(found) is tuple else ()


class AttributesCell(DictCell):
    """`vars(owner)` and its like: a dict whose entries are attributes of `owner`, all of them or those that `holds`
    says. Writing to it goes through `spread`."""

    __slots__ = ("holds", "owner")

    def __init__(self, owner: Cell, holds: Callable[[Value], bool] | None = None) -> None:
        super().__init__(None)
        self.owner = owner
        self.holds = holds

    @property
    def entries(self) -> dict[Value, Value] | None:
        """The attributes that are known; None where there may be others."""
        if "$unknown" in self.owner.fields:
            return None
        holds = self.holds
        return {
            name: value
            for name, value in self.owner.fields.items()
            if name[0] != "$" and (holds is None or holds(value))
        }

    def spread(self, write: Callable[[Cell, str, Value], None], entries: dict[Value, Value] | None) -> None:
        """Make these the entries; None: nobody knows which there are now."""
        before = self.entries
        if entries is None or before is None or not all(isinstance(name, str) for name in entries):
            write(self.owner, "$unknown", True)
            return
        for name, value in entries.items():
            if name not in before or before[name] is not value:
                write(self.owner, name, value)
        for name in before:
            if name not in entries:
                write(self.owner, name, MISSING)


class ClassCell(Cell):
    """A class. `rule` is the class of the shape rules that a library's class stands for; `complete` is false where a
    base is not known, so that a missing attribute may still be there."""

    __slots__ = ("bases", "complete", "dotted", "mro", "name", "node", "rule", "scope")

    def __init__(self, name: str, bases: Sequence[Value], node: ast.ClassDef | None = None) -> None:
        super().__init__()
        self.name = name
        self.node = node
        self.bases = tuple(bases)
        self.dotted: str | None = None
        self.rule: type | None = None
        self.scope: Scope | None = None
        self.complete: bool = all(isinstance(base, ClassCell) and base.complete for base in bases)
        self.mro: tuple[ClassCell, ...] = _linear(self, [base for base in bases if isinstance(base, ClassCell)])

    def find(self, name: str, after: ClassCell | None = None) -> tuple[ClassCell, Value] | None:
        """The first class of the resolution order with the attribute (behind `after`, as `super()` searches)."""
        order = self.mro
        if after is not None:
            order = order[order.index(after) + 1 :] if after in order else ()
        for cls in order:
            if name in cls.fields:
                return cls, cls.fields[name]
        return None

    def derives_from(self, dotted: str) -> bool:
        """Whether a library's class of this dotted name is among the bases."""
        return dotted in [cls.dotted for cls in self.mro]


def _linear(cls: ClassCell, bases: list[ClassCell]) -> tuple[ClassCell, ...]:
    """C3, as Python orders bases; where that has no answer, depth first."""
    rows = [list(base.mro) for base in bases] + [list(bases)]
    order = [cls]
    while rows := [row for row in rows if row]:
        head = next((row[0] for row in rows if not any(row[0] in other[1:] for other in rows)), None)
        if head is None:
            rest = [base for row in rows for base in row]
            return (*order, *dict.fromkeys(base for base in rest if base not in order))
        order.append(head)
        rows = [[base for base in row if base is not head] for row in rows]
    return tuple(order)


@dataclass(eq=False)
class Origin:
    """Where an object was made: the call, and the arguments (a `Call`) that it had. `plain`: they are constants."""

    file: SourceFile
    node: ast.AST
    given: Value
    plain: bool | None = None


class Instance(Cell):
    """An object of a class. `rule` is the object of the shape rules behind a library's module or a subclass of one;
    `complete` is false once something unknown may have set attributes."""

    __slots__ = ("cls", "origin")

    def __init__(self, cls: ClassCell) -> None:
        super().__init__()
        self.cls = cls
        self.origin: Origin | None = None


class FunctionCell(Cell):
    """A function of the project, with the scope it closes over and its defaults."""

    __slots__ = ("defaults", "kw_defaults", "module", "name", "node", "owner", "scope")

    def __init__(
        self,
        name: str,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        scope: Scope,
        defaults: Sequence[Value],
        kw_defaults: Sequence[Value | None],
    ) -> None:
        super().__init__()
        self.name = name
        self.node = node
        self.scope = scope
        self.module = scope.module
        self.defaults = tuple(defaults)
        self.kw_defaults = tuple(kw_defaults)
        self.owner: ClassCell | None = None


@dataclass(eq=False)
class BoundMethod:
    """A function with its first argument."""

    function: Value
    receiver: Value


@dataclass(unsafe_hash=True)
class LibraryName:
    """A name of a library, by its dotted path: `torch.nn.functional.relu`, `math`."""

    dotted: str


@dataclass(frozen=True, eq=False)
class Native:
    """A callable that the checker itself provides: builtins, the standard library, methods of containers.

    `run(ev, call)` gets the bound call; see `tangra.checker.calls.Call`. Only with `takes_open` does it get calls with
    further arguments that nobody knows."""

    name: str
    run: Callable[..., Value]
    takes_open: bool = False


@dataclass(frozen=True, eq=False)
class Partial:
    """`functools.partial`: a callable with some arguments already given."""

    function: Value
    args: tuple[Value, ...]
    kwargs: dict[str, Value]


@dataclass(frozen=True, eq=False)
class Wrapped:
    """What a staticmethod, classmethod or property decorator made of a function."""

    kind: str
    function: Value
    setter: Value = None


@dataclass(eq=False)
class Super:
    """`super()` inside a method: attributes are searched behind `after` in the receiver's classes."""

    after: ClassCell
    receiver: Value


@dataclass(frozen=True)
class Raised:
    """An exception as a value: the name of its class and its arguments."""

    kind: str
    args: tuple[Value, ...] = field(default=(), compare=False)


@dataclass(eq=False)
class OneOf:
    """One of a few values, nobody knows which (see `tangra.checker.alternatives`)."""

    options: tuple[Value, ...]


class Holders:
    """The kinds of value that are no cells and hold others in their attributes."""

    types: tuple[type, ...] = (BoundMethod, Partial, Wrapped, Super, OneOf)


HOLDERS = Holders()


Delta = dict[tuple[Cell, str], Value]
"""Fields that were written, and what they hold; MISSING where they were deleted."""


class Journal:
    """The log of all writes, with which states are taken back, replayed and joined.

    `version` counts the writes to shared objects; `share` is told what they hold then, and says whether sizes nobody
    knows are among it, which `symbolic` remembers. `undone` counts how often places of the log lost their meaning."""

    def __init__(self, share: Callable[[Value, Value], bool]) -> None:
        self.log: list[tuple[Cell, str, Value]] = []
        self.marks = 0
        self.version = 0
        self.undone = 0
        self.symbolic = False
        self._share = share

    def write(self, cell: Cell, key: str, value: Value) -> None:
        """Set a field."""
        before = cell.fields.get(key, MISSING)
        if self.marks:
            self.log.append((cell, key, before))
        cell.fields[key] = value
        if cell.shared:
            self.version += 1
            self.symbolic = self._share(value, before) or self.symbolic

    def write_shared(self, cell: Cell, values: dict[str, Value]) -> None:
        """Set fields to what something shared leads to already."""
        if self.marks:
            self.log += [(cell, key, cell.fields.get(key, MISSING)) for key in values]
        cell.fields.update(values)
        self.version += cell.shared

    def delete(self, cell: Cell, key: str) -> None:
        """Remove a field if it is there."""
        if key in cell.fields:
            if self.marks:
                self.log.append((cell, key, cell.fields[key]))
            del cell.fields[key]
            self.version += cell.shared

    def open(self) -> int:
        """Begin to remember; every `open` needs its `close`."""
        self.marks += 1
        return len(self.log)

    def close(self) -> None:
        """End of one `open`."""
        self.marks -= 1
        if not self.marks:
            self.log.clear()

    def begin_anew(self) -> tuple[list[tuple[Cell, str, Value]], int]:
        """Forget what is remembered, for writes that nobody takes back; `go_on_with` gets what this returns."""
        kept = self.log, self.marks
        self.log, self.marks = [], 0
        return kept

    def go_on_with(self, kept: tuple[list[tuple[Cell, str, Value]], int]) -> None:
        """Remember again what `begin_anew` forgot."""
        self.undone += 1
        self.log, self.marks = kept

    def delta(self, mark: int) -> Delta:
        """What was written since `mark`, with the values of now."""
        return {(cell, key): cell.fields.get(key, MISSING) for cell, key, _ in self.log[mark:]}

    def before(self, mark: int) -> Delta:
        """What the fields written since `mark` held at `mark`."""
        found: Delta = {}
        for cell, key, old in self.log[mark:]:
            found.setdefault((cell, key), old)
        return found

    def undo(self, mark: int) -> None:
        """Take everything since `mark` back."""
        self.undone += 1
        for cell, key, old in reversed(self.log[mark:]):
            if old is MISSING:
                cell.fields.pop(key, None)
            else:
                cell.fields[key] = old
            self.version += cell.shared
        del self.log[mark:]

    def apply(self, delta: Delta) -> None:
        """Write the fields of `delta`."""
        for (cell, key), value in delta.items():
            if value is MISSING:
                self.delete(cell, key)
            else:
                self.write(cell, key, value)
