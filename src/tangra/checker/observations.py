"""What editors show beside findings: the shapes that expressions were seen to have, and in which calls.

A run with an `Observer` remembers, for each node of the checked files that held an array, its shapes in each *context*:
the calls that led to the function it stands in. No calls: the module's own statements, or a function checked from its
annotations. `Observer.sights` gives this as plain data.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tangra.checker.config import Config
from tangra.checker.heap import Instance, Origin
from tangra.checker.reports import Place, shown_size
from tangra.checker.reruns import MAX_ENTRIES, Entry, entry_of
from tangra.checker.source import SourceFile
from tangra.checker.structure import parameters
from tangra.shape_rules.values import Shape, Tensor

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator, Frame

MAX_CONTEXTS = 12
"""Calls of one function of which the shapes are kept."""
MAX_SHAPES = 3
"""Different shapes of one expression in one call (a loop's trips) that are kept."""
MAX_HELD = 200_000
"""Objects whose contents are kept for all entries together."""
MAX_CALLS = 4
"""How far the calls that lead to a context are followed."""


@dataclass(frozen=True)
class Case:
    """The shapes of an expression in one context, each as its sizes' texts (None: not even the rank is known), and
    the dtype if it is known. `calls` lead there, the innermost first."""

    shapes: tuple[tuple[str, ...] | None, ...]
    dtype: str | None
    library: str
    calls: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Sight:
    """An expression that held an array. `kind` is "parameter", "name" (where a name is bound) or "expression"."""

    place: Place
    kind: str
    text: str
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class FunctionSeen:
    """A function that ran. `place` is its whole definition; `contexts` are the calls that led to it, the innermost
    first in each, and an empty one where it was checked from its annotations."""

    place: Place
    name: str
    contexts: tuple[tuple[Place, ...], ...]


@dataclass
class Seen:
    """The arrays that one node held, by context, in the order in which they were seen. `made`: where the layer was
    made that a call calls."""

    node: ast.AST
    kind: str
    made: Origin | None = None
    arrays: dict[tuple[Place, ...], list[Tensor]] = field(default_factory=dict)


class Observer:
    """The arrays that a run sees, and how the functions of `edited` files were entered, to be evaluated again. If there
    are such files, calls that lead to none of their functions need not be seen every time."""

    def __init__(self, edited: Iterable[Path] = ()) -> None:
        self.edited = frozenset(edited)
        self.watched: set[ast.AST] = set()
        self.room = MAX_HELD
        self.seen: dict[Path, dict[ast.AST, Seen]] = {}
        self.sources: dict[Path, SourceFile] = {}
        self.functions: dict[Path, dict[ast.AST, tuple[str, dict[tuple[Place, ...], None]]]] = {}
        self.entries: dict[ast.AST, list[Entry]] = {}
        self.config: Config | None = None
        self._texts: dict[Shape | None, tuple[str, ...] | None] = {}

    def saw(self, ev: Evaluator, node: ast.AST, value: Tensor, kind: str = "expression") -> None:
        """A node of the innermost frame's file holds an array."""
        frame = ev.frame
        if frame.file is None or ev.quiet:
            return
        here = self.seen.get(frame.file.path)
        if here is None:
            here = self.seen[frame.file.path] = {}
            self.sources[frame.file.path] = frame.file
        seen = here.get(node)
        if seen is None:
            seen = here[node] = Seen(node, kind, _layer_of(ev, node, frame))
        if frame.context is None:
            frame.context = context_of(ev)
        arrays = seen.arrays.get(frame.context)
        if arrays is None:
            if len(seen.arrays) < MAX_CONTEXTS:
                seen.arrays[frame.context] = [value]
        elif len(arrays) < MAX_SHAPES and all(value.shape != known.shape for known in arrays):
            arrays.append(value)

    def entered(self, ev: Evaluator, frame: Frame) -> None:
        """A function begins: its parameters are bound."""
        if frame.function is None or frame.file is None:
            return
        if frame.file.path in self.edited:
            self.watched.add(frame.function.node)
        if ev.quiet:
            return
        function = frame.function
        frame.context = context_of(ev)
        name = function.name if function.owner is None else f"{function.owner.name}.{function.name}"
        self.sources[frame.file.path] = frame.file
        here = self.functions.setdefault(frame.file.path, {})
        contexts = here.setdefault(function.node, (name, {}))[1]
        if len(contexts) < MAX_CONTEXTS:
            contexts[frame.context] = None
        self._keep_entry(ev, frame, function.node)
        for parameter in parameters(frame.function.node):
            value = frame.scope.fields.get(parameter.arg)
            if isinstance(value, Tensor):
                self.saw(ev, parameter, value, "parameter")

    def _keep_entry(self, ev: Evaluator, frame: Frame, node: ast.AST) -> None:
        if frame.file is None or frame.file.path not in self.edited or self.room <= 0:
            return
        kept = self.entries.setdefault(node, [])
        if len(kept) < MAX_ENTRIES and not any(entry.is_like(frame) for entry in kept):
            entry = entry_of(ev, frame)
            if entry is not None:
                kept.append(entry)
                self.room -= len(entry.held)

    def sights(self, path: Path) -> Iterator[Sight]:
        """What was seen in a file, in the order in which it was evaluated."""
        return (sight for _, sight in self.sights_by_node(path))

    def sights_by_node(self, path: Path) -> Iterator[tuple[ast.AST, Sight]]:
        """The same, with the nodes."""
        source = self.sources.get(path)
        if source is None:
            return
        for seen in self.seen.get(path, {}).values():
            place = place_of(source, seen.node)
            if place is not None:
                cases = tuple(self._case(arrays, calls) for calls, arrays in seen.arrays.items())
                yield seen.node, Sight(place, seen.kind, _word(seen.node), cases)

    def functions_in(self, path: Path) -> Iterator[FunctionSeen]:
        """The functions of a file that ran, lambdas excepted."""
        source = self.sources.get(path)
        for node, (name, contexts) in self.functions.get(path, {}).items():
            place = None if source is None or isinstance(node, ast.Lambda) else place_of(source, node)
            if place is not None:
                yield FunctionSeen(place, name, tuple(contexts))

    def _case(self, arrays: list[Tensor], calls: tuple[Place, ...]) -> Case:
        texts = tuple(dict.fromkeys(self._text(array.shape) for array in arrays))
        dtypes = {array.dtype for array in arrays}
        return Case(texts, dtypes.pop() if len(dtypes) == 1 else None, arrays[0].library, calls)

    def _text(self, shape: Shape | None) -> tuple[str, ...] | None:
        if shape is not None and shape not in self._texts:
            self._texts[shape] = tuple(shown_size(item) for item in shape)
        return None if shape is None else self._texts[shape]


def context_of(ev: Evaluator) -> tuple[Place, ...]:
    """The calls that led to the innermost frame, from the inside out."""
    calls: list[Place] = []
    for index in range(len(ev.frames) - 1, 0, -1):
        frame, caller = ev.frames[index], ev.frames[index - 1]
        if frame.call is None or (frame.call is caller.call and frame.function is caller.function):
            continue
        if caller.file is not None and frame.function is not None:
            calls.append(ev.place(frame.call, caller.file))
        if len(calls) == MAX_CALLS:
            break
    return tuple(calls)


def _layer_of(ev: Evaluator, node: ast.AST, frame: Frame) -> Origin | None:
    """Where the object was made that a call calls."""
    value = ev.peek(node.func, frame) if isinstance(node, ast.Call) else None
    return value.origin if isinstance(value, Instance) else None


def place_of(source: SourceFile, node: ast.AST) -> Place | None:
    """Where a node is in the file; of a parameter only its name. None for nodes that stand in no line of it."""
    line: int | None = getattr(node, "lineno", None)
    if line is None or not 1 <= line <= len(source.lines):
        return None
    start = source.column(line, getattr(node, "col_offset", 0))
    if isinstance(node, ast.arg):
        return Place(source.path, line, start, line, start + len(node.arg))
    end_line: int = getattr(node, "end_lineno", None) or line
    return Place(source.path, line, start, end_line, source.column(end_line, getattr(node, "end_col_offset", 0) or 0))


def _word(node: ast.AST) -> str:
    """The name that a node binds or reads; empty for other expressions."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.arg):
        return node.arg
    return node.attr if isinstance(node, ast.Attribute) else ""
