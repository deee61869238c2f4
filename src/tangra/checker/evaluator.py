"""The evaluator: the checked program run over abstract values, with what one run needs to know.

It follows Python's rules for scopes, calls and classes, carries unknowns wherever it can't know, and never imports or
runs a line of the program. The parts live in files of their own, as functions of the `Evaluator`: `expressions`,
`statements`, `loops`, `calls`, `classes`, `attributes`, `library`, `natives`.
"""

from __future__ import annotations

import ast
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tangra.checker.cancelling import Cancelled
from tangra.checker.context import Context
from tangra.checker.dispatch import load
from tangra.checker.flax_modules import Made, Run
from tangra.checker.heap import (
    MISSING,
    AttributesCell,
    Cell,
    ClassCell,
    Delta,
    FunctionCell,
    Instance,
    Journal,
    ModuleCell,
    OneOf,
    Raised,
    Scope,
    Value,
)
from tangra.checker.observations import Observer
from tangra.checker.origins import origins
from tangra.checker.project import Project
from tangra.checker.ranks import Asked
from tangra.checker.reports import Fix, Place, Report, Reports
from tangra.checker.sharing import share
from tangra.checker.source import Given, SourceFile
from tangra.checker.statistics import Statistics
from tangra.checker.summaries import Summaries
from tangra.checker.symbols import is_rigid
from tangra.shape_rules.failures import Failure
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown
from tangra.shapes import Dim, symbols_of
from tangra.shapes.dims import MADE

MAX_DEPTH = 70
"""Calls nested in each other; deeper ones are unknown."""
ENTRY_STEPS = 400_000
"""Nodes that one entry point may evaluate before the rest of it is unknown."""


ENTRY_SECONDS = 4.0
"""Processor time of one entry point: a net below the count of steps, which ought to end it first: what is found must
not depend on how fast a machine is."""
SIZE_STEPS = 2
"""How many nodes arithmetic that makes one symbolic size stands for."""
LOOK_SECONDS = 0.25
"""How long the clock is not looked at."""


class BudgetSpent(Exception):
    """An entry point took too many steps."""


class PythonRaise(Exception):
    """The program raises: on this way nothing after it runs."""

    def __init__(self, value: Raised) -> None:
        super().__init__(value.kind)
        self.value = value


@dataclass
class LoopState:
    """What leaves a loop early, as states to be joined behind it."""

    mark: int
    breaks: list[Delta] = field(default_factory=list)
    continues: list[Delta] = field(default_factory=list)
    trip_mark: int = 0
    guards: int = 0


@dataclass
class TryState:
    """An enclosing `try` of the running program: the names its handlers catch (None: everything)."""

    catches: frozenset[str] | None
    raised: list[tuple[Raised, Delta]] = field(default_factory=list)
    mark: int = 0
    depth: int = 0


@dataclass
class Frame:
    """A running function, class body or module."""

    function: FunctionCell | None
    scope: Scope
    file: SourceFile | None
    call: ast.AST | None
    mark: int = 0
    returns: list[tuple[Value, Delta]] = field(default_factory=list)
    loops: list[LoopState] = field(default_factory=list)
    yields: list[Value] | None = None
    yields_known: bool = True
    owner: ClassCell | None = None
    lines: dict[str, int] = field(default_factory=dict)
    value: Value = None
    bindings: Value = None
    context: tuple[Place, ...] | None = None


class Evaluator:
    """One run over one project."""

    def __init__(self, project: Project, cancelled: Callable[[], bool] = lambda: False) -> None:
        from tangra.checker.natives.table import BUILTINS

        load()
        self.builtins = BUILTINS
        self.project = project
        self.cancelled = cancelled
        self.journal = Journal(share)
        self.reports = Reports()
        self.ctx = Context(self)
        self.frames: list[Frame] = []
        self.tests: dict[ast.AST, ast.expr] = {}
        self.made_up = False
        self.tries: list[TryState] = []
        self.guards = 0
        self.quiet = 0
        self.forks = 1
        self.vague = 0
        self.unknowns = 0
        self.wild = 0
        self.recognised = 0
        self.starred = 0
        self.steps, self.made_before = 0, MADE[0]
        self.sampled = 0
        self.limit = self.grant = ENTRY_STEPS
        self.taken: dict[tuple[Path | None, bool], int] = {}
        self.granted, self.next_look = ENTRY_SECONDS, time.monotonic() + LOOK_SECONDS
        self.deadline: float | None = None
        self.node: ast.AST | None = None
        self.modules: dict[object, ModuleCell] = {}
        self.entered: set[ast.AST] = set()
        self.runs: dict[ast.AST, int] = {}
        self.built: list[Instance] = []
        self.functions: list[FunctionCell] = []
        self.classes: list[ClassCell] = []
        self.library_classes: dict[str, ClassCell] = {}
        self.statistics = Statistics()
        self.summaries = Summaries(self)
        self.taints = 0
        self.missed: list[str] = []
        self.entered_since: list[ast.AST] = []
        self.deepest = 0
        self.max_depth = MAX_DEPTH
        self.annotations: dict[object, Value] = {}
        self.array_parameters: dict[object, Value] = {}
        self.resolved: dict[str, Value] = {}
        self.asked: dict[int, Asked] = {}
        self.declared_entries: set[ast.AST] = set()
        self.preludes: set[str] = set()
        self.prelude_functions: dict[str, FunctionCell] = {}
        self.mentions: dict[tuple[Path, str], bool] = {}
        self.checked: frozenset[Path] = frozenset()
        self.own_rules: frozenset[str] = frozenset()
        self.inputs: dict[ast.AST, dict[str, Given]] = {}
        self.leading: dict[Path, frozenset[str]] = {}
        self.shapes: dict[Path, dict[int, dict[str, Value]]] = {}
        self.examples: dict[Path, dict[int, dict[str, Value]]] = {}
        self.observer: Observer | None = None
        self.remarks: list[str] | None = None
        self.parameters: Run | None = None
        self.made_parameters: list[Made] = []

    @property
    def frame(self) -> Frame:
        """The innermost running frame."""
        return self.frames[-1]

    def write(self, cell: Cell, key: str, value: Value) -> None:
        """Set a field of a cell."""
        if isinstance(cell, AttributesCell) and key == "entries":
            cell.spread(self.write, value)
        elif value is MISSING:
            self.journal.delete(cell, key)
        else:
            self.journal.write(cell, key, value)

    def joined_size(self, hint: str) -> Dim:
        """The opaque size (or, for the hint "n", int) that two different ones become where branches join."""
        return self.ctx.opaque_int() if hint == "n" else self.ctx.fresh(hint)

    def checkpoint(self) -> None:
        """Stop what takes too long, or what nobody waits for."""
        if self.cancelled():
            raise Cancelled
        self.weigh()
        if time.monotonic() > self.next_look and self.time_left < 0:
            self.statistics.late = True
            raise BudgetSpent

    def weigh(self) -> None:
        """Stop what takes too many steps, or too much arithmetic of sizes."""
        if self.steps > self.limit or self.work > self.grant:
            raise BudgetSpent

    @property
    def work(self) -> int:
        """What the entry point took so far: nodes, and arithmetic of sizes."""
        return self.steps + SIZE_STEPS * (MADE[0] - self.made_before)

    @property
    def time_left(self) -> float:
        """Seconds of processor time until the entry point that is evaluated ends.

        Asking the system takes longer than evaluating a node, so it is asked now and then, from a while after the
        beginning on: what was spent before the first time is not counted."""
        now = time.monotonic()
        if now < self.next_look:
            return self.granted
        self.next_look = now + LOOK_SECONDS
        if self.deadline is None:
            self.deadline = time.thread_time() + self.granted
        self.granted = self.deadline - time.thread_time()
        return self.granted

    @time_left.setter
    def time_left(self, seconds: float) -> None:
        self.granted, self.deadline = seconds, None
        self.next_look = time.monotonic() + LOOK_SECONDS

    def begin_entry(self) -> None:
        """A fresh budget for a function that is checked by itself, or for a statement of a module."""
        if self.cancelled():
            raise Cancelled
        self.steps, self.made_before = 0, MADE[0]
        self.time_left = ENTRY_SECONDS

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Evaluate without reporting."""
        self.quiet += 1
        try:
            yield
        finally:
            self.quiet -= 1

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Evaluate what only runs under a condition nobody knows."""
        self.guards += 1
        facts = self.ctx.facts
        try:
            yield
        finally:
            self.guards -= 1
            self.ctx.restore(facts)

    def place(self, node: ast.AST, file: SourceFile) -> Place:
        """Where `node` is in its file."""
        line: int = getattr(node, "lineno", 1)
        end_line: int = getattr(node, "end_lineno", None) or line
        start = file.column(line, getattr(node, "col_offset", 0))
        return Place(file.path, line, start, end_line, file.column(end_line, getattr(node, "end_col_offset", 0) or 0))

    def failed(self, failure: Failure, node: ast.AST, operands: Value = ()) -> None:
        """A call that certainly fails: control flow where the program catches it, else a finding."""
        self.taints += 1
        for state in reversed(self.tries):
            if state.catches is None or failure.error in state.catches:
                raise PythonRaise(Raised(failure.error, (failure,)))
        if self.guards and _is_vague(operands):
            return
        self.report("error", failure, node)

    def report(self, severity: str, failure: Failure, node: ast.AST) -> None:
        """Record a finding at the innermost frame that has a file, with the calls that lead there."""
        self.taints += 1
        if self.quiet:
            return
        if self.remarks is not None:
            if severity != "note":
                self.remarks.append(failure.code)
            return
        shown = [index for index, frame in enumerate(self.frames) if frame.file is not None]
        if not shown:
            return
        inner = shown[-1]
        at = node
        if inner != len(self.frames) - 1:
            at = self.frames[inner + 1].call or node
        file = self.frames[inner].file
        assert file is not None
        related = []
        for index in range(inner, 0, -1):
            caller, call = self.frames[index - 1].file, self.frames[index].call
            if caller is not None and call is not None:
                related.append((self.place(call, caller), "called from"))
        message = failure.text
        notes = [*failure.notes, *origins(self, at, file)]
        if severity == "error":
            article = "an" if failure.error[:1] in "AEIOU" else "a"
            notes.append(f"when run, this is {article} {failure.error}")
        report = Report(self.place(at, file), severity, failure.code, message, notes, related, failure.fix)
        if self.reports.is_new(report):
            report.fixes = self._fixes(failure.code, at, inner, node)
            function = self.frames[inner].function
            report.function = None if function is None else function.node
        self.reports.add(report)

    def _fixes(self, code: str, at: ast.AST, level: int, node: ast.AST) -> list[Fix]:
        from tangra.checker.fixes import propose

        try:
            return propose(self, code, at, level, node)
        except Exception as error:  # a finding is worth having without them
            self.note_failure(error, f"the fixes of line {getattr(at, 'lineno', 0)}")
            return []

    def peek(self, node: ast.AST, frame: Frame) -> Value:
        """The value of a name or `self.name`, without evaluating anything."""
        if isinstance(node, ast.Name):
            return frame.scope.fields.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self.peek(node.value, frame)
            return owner.fields.get(node.attr) if isinstance(owner, Cell) else None
        return None

    def note_value(self, node: ast.AST, value: Value) -> None:
        """Count an expression that holds an array, and whether its shape is known (or that of each alternative)."""
        arrays = [each for each in value.options if isinstance(each, Tensor)] if type(value) is OneOf else [value]
        file = self.frame.file
        if file is None or not arrays or not isinstance(arrays[0], Tensor):
            return
        if self.observer is not None:
            for array in arrays:
                self.observer.saw(self, node, array)
        key = (id(file), id(node))
        self.statistics.arrays.add(key)
        if all(map(_is_known, arrays)):
            self.statistics.known.add(key)

    def library_answer(self, node: ast.AST, dotted: str, value: Value) -> None:
        """Count a call of an array library whose result is not known."""
        if isinstance(value, Unknown) and value.kind is None and self.frame.file is not None:
            key = (id(self.frame.file), id(node))
            self.statistics.arrays.add(key)

    def note_spent(self, where: str) -> None:
        """An entry point took more steps than it may."""
        self.statistics.spent.append(where)

    def broken_rule(self, error: Exception) -> None:
        """A shape rule failed in itself; remember where."""
        self.taints += 1
        last = error.__traceback__
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        code = None if last is None else last.tb_frame.f_code
        where = "" if code is None or last is None else f"{Path(code.co_filename).stem}.{code.co_name}:{last.tb_lineno}"
        name = f"{type(error).__name__} in {where}"
        self.statistics.broken_rules[name] = self.statistics.broken_rules.get(name, 0) + 1

    def note_failure(self, error: Exception, where: str) -> None:
        """The checker itself failed here: the other findings are still worth having."""
        if os.environ.get("TANGRA_TRACEBACK"):
            raise error
        self.statistics.failures.append(f"{where}: {type(error).__name__}: {error}")

    def missing(self, dotted: str) -> None:
        """Count a library function without a rule."""
        self.missed.append(dotted)
        self.statistics.missing_rules[dotted] = self.statistics.missing_rules.get(dotted, 0) + 1


def _is_known(array: Tensor) -> bool:
    """Whether all sizes of an array are known, or an input decides them."""
    dims = array.dims
    return dims is not None and not any(type(size) is not int and "?" in str(size) for size in dims)


def _is_vague(value: Value, depth: int = 0) -> bool:
    """Whether sizes in `value` are flexible, opaque or joined, or something in it is unknown."""
    if isinstance(value, Unknown | OneOf):
        return True
    if isinstance(value, Tensor):
        if value.dims is None:
            return True
        return any(not is_rigid(name) for size in value.dims for name in symbols_of(size))
    if isinstance(value, tuple | list) and depth < 4:
        return any(_is_vague(item, depth + 1) for item in value)
    if isinstance(value, dict) and depth < 4:
        return any(_is_vague(item, depth + 1) for item in value.values())
    return hasattr(value, "sorted_terms") and any(not is_rigid(name) for name in symbols_of(value))


__all__ = ["UNKNOWN", "BudgetSpent", "Evaluator", "Frame", "LoopState", "PythonRaise", "TryState"]
