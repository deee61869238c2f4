"""A function evaluated again, as it was called in a run that is over: what editors show at once of a function that was
edited, before the whole program is checked anew.

An `Entry` keeps how a function was entered: the frames, the arguments, and what everything held that the arguments lead
to and the module's names that the function reads. `rerun` puts that back, evaluates the new body, and undoes it. What
lies behind other modules' names is as it was at the end of the run, so the answer is a preview.
"""

from __future__ import annotations

import ast
import contextlib
import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tangra.checker.heap import MISSING, Cell, ClassCell, FunctionCell, ModuleCell, Scope, Value
from tangra.checker.room import with_room
from tangra.checker.sharing import parts
from tangra.checker.source import SourceFile
from tangra.checker.statistics import Statistics
from tangra.shape_rules.values import Tensor
from tangra.shapes import Facts

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator, Frame, TryState
    from tangra.checker.observations import Observer
    from tangra.checker.reports import Reports

MAX_ENTRIES = 3
"""Calls of one function that are kept."""
MAX_CELLS = 4_000
"""Objects that the arguments may lead to."""

ATOMS = (int, float, str, bytes, type(None), Tensor)

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, eq=False)
class Entry:
    """How a function was entered. `held` are the contents of what the call can reach."""

    ev: Evaluator
    function: FunctionCell
    arguments: dict[str, Value]
    call: ast.AST | None
    frames: tuple[Frame, ...]
    tries: tuple[TryState, ...]
    facts: Facts
    guards: int
    vague: int
    held: tuple[tuple[Cell, dict[str, Value]], ...]

    def is_like(self, frame: Frame) -> bool:
        """Whether the function is called at the same place with arrays of the same shapes."""
        if self.call is not frame.call or self.arguments.keys() != frame.scope.fields.keys():
            return False
        return all(_is_like(value, frame.scope.fields[name]) for name, value in self.arguments.items())


def _is_like(one: Value, other: Value) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.shape == other.shape
    return one is other


def entry_of(ev: Evaluator, frame: Frame) -> Entry | None:
    """How the innermost frame was entered; None if its arguments lead to too much to be kept."""
    function = frame.function
    if function is None or isinstance(function.node, ast.Lambda):
        return None
    held = _reachable([*frame.scope.fields.values(), function.scope])
    if held is None:
        return None
    names = {part.id for part in ast.walk(function.node) if isinstance(part, ast.Name)}
    module = function.module
    read = {name: module.fields[name] for name in names if name in module.fields}
    kept = (*((cell, dict(cell.fields)) for cell in held), (module, read))
    return Entry(
        ev, function, dict(frame.scope.fields), frame.call, tuple(ev.frames[:-1]), tuple(ev.tries), ev.ctx.facts,
        ev.guards, ev.vague, kept,
    )  # fmt: skip


def _reachable(values: list[Value]) -> list[Cell] | None:
    """The objects that values lead to, up to modules and classes."""
    found: dict[int, Cell] = {}
    queue = list(values)
    while queue:
        value = queue.pop()
        if isinstance(value, ModuleCell | ClassCell) or id(value) in found:
            continue
        if isinstance(value, Cell):
            found[id(value)] = value
            if len(found) > MAX_CELLS:
                return None
            if isinstance(value, FunctionCell) and isinstance(value.scope, ModuleCell):
                continue
        queue += [
            part for part in parts(value) if isinstance(part, Cell | tuple | list | dict) or hasattr(part, "__dict__")
        ]
    return list(found.values())


def rerun(
    entry: Entry, node: Definition, file: SourceFile, observer: Observer, cancelled: Callable[[], bool]
) -> Reports:
    """What is found when the function, now `node` in `file`, is called as it was."""
    from tangra.checker.calls import run_function
    from tangra.checker.evaluator import BudgetSpent, PythonRaise

    ev, old = entry.ev, entry.function
    function = FunctionCell(old.name, node, old.scope, old.defaults, old.kw_defaults)
    function.owner = old.owner
    scope = Scope(function.scope)
    scope.fields = dict(entry.arguments)
    found: list[Reports] = []

    def run() -> None:
        with _as_it_was(entry, file, observer, cancelled) as reports:
            with contextlib.suppress(PythonRaise, BudgetSpent, RecursionError):
                run_function(ev, function, scope, entry.call)
            found.append(reports)  # not settled: that takes all runs of the function together

    with_room(run)
    return found[0]


@contextmanager
def _as_it_was(entry: Entry, file: SourceFile, observer: Observer, cancelled: Callable[[], bool]) -> Iterator[Reports]:
    """The state of the entry, for as long as the function runs."""
    from tangra.checker.reports import Reports

    ev, module = entry.ev, entry.function.module
    state = copy.copy(ev.__dict__)
    lengths = [(row, len(row)) for row in (ev.built, ev.functions, ev.classes, ev.entered_since, ev.missed)]
    facts, old_file = ev.ctx.facts, module.file
    mark = ev.journal.open()
    try:
        for cell, fields in entry.held:
            for key in {*cell.fields, *fields} if not isinstance(cell, ModuleCell) else fields:
                value = fields.get(key, MISSING)
                if value is MISSING:
                    ev.journal.delete(cell, key)
                elif cell.fields.get(key, MISSING) is not value:
                    ev.journal.write(cell, key, value)
        ev.reports, ev.observer, ev.cancelled = Reports(), observer, cancelled
        ev.statistics, ev.shapes, ev.runs, ev.entered = Statistics(), {}, {}, set(ev.entered)
        ev.frames, ev.tries = list(entry.frames), list(entry.tries)
        ev.guards, ev.vague, ev.quiet = entry.guards, entry.vague, 0
        ev.ctx.restore(entry.facts)
        ev.begin_entry()
        module.file = file
        yield ev.reports
    finally:
        module.file = old_file
        ev.__dict__.update(state)
        ev.ctx.restore(facts)
        ev.journal.undo(mark)
        ev.journal.close()
        for row, length in lengths:
            del row[length:]
