"""`fn.explain()`: what was compiled, at the user's own lines.

Types come from evaluating the program once more with an onlooker; what is kept for the backward pass from the IR
that is compiled; bytes of a run and times from marked code (`native.marks`), which is run on copies of the arguments.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tangra.api.values import AbstractValue
from tangra.core import profiling, stages
from tangra.core.buffers import BufferUse, Memory, buffer_uses, stack_bytes
from tangra.core.kept import Kept, kept_arrays, kept_records
from tangra.core.locks import COMPILING
from tangra.core.spelling import spelled
from tangra.core.transformed import Transformed
from tangra.errors import EntryError, declare
from tangra.frontend.evaluator import Evaluator
from tangra.frontend.policy import Policy
from tangra.frontend.source import Definition

if TYPE_CHECKING:
    from tangra.core.compiling import Compiled
    from tangra.core.jitted import JitFunction

ALONE = 1 << 62
"""Marked code runs in one thread."""
NOTHING = declare("TG817", "explain without a call to explain")

Line = tuple[str, int]


class _Onlooker(Policy):
    """Notes the types of parameters and of what is assigned: by evaluation, then by line and name, the last one for
    each way on which the function was reached (a loop is evaluated until its types settle)."""

    def __init__(self) -> None:
        self.seen: dict[int, dict[Line, dict[str, dict[Any, str]]]] = {}
        self.definitions: dict[int, dict[tuple[str, int, str], Definition]] = {}

    def entered(self, ev: Evaluator, parameters: Mapping[str, AbstractValue]) -> None:
        assert ev.frame is not None
        definition = ev.frame.definition
        line = definition.node.lineno
        self.definitions.setdefault(id(ev.func), {})[definition.file, line, definition.name] = definition
        for name, value in parameters.items():
            self._note(ev, (definition.file, line), name, value)

    def stored(self, ev: Evaluator, target: ast.expr | str, value: AbstractValue) -> None:
        if ev.span is not None:
            name = target if isinstance(target, str) else ast.unparse(target)
            self._note(ev, (ev.span.file, ev.span.line), name, value)

    def _note(self, ev: Evaluator, line: Line, name: str, value: AbstractValue) -> None:
        path = None if ev.frame is None else ev.frame.path
        names = self.seen.setdefault(id(ev.func), {}).setdefault(line, {})
        names.setdefault(name, {})[path] = spelled(ev, value)


@dataclass
class LineReport:
    """One source line: `values` assigned there with their types; `buffers` of arrays made there; what is `kept` for the
    backward pass; `seconds` spent."""

    number: int
    text: str
    values: dict[str, str] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)
    buffers: list[BufferUse] = field(default_factory=list)
    seconds: float | None = None
    share: float | None = None

    def remarks(self) -> str:
        """Everything about the line but its buffers, in a line."""
        parts = [", ".join(f"{name}: {type}" for name, type in self.values.items())]
        parts += [str(k) for k in self.kept]
        if self.seconds is not None and self.share is not None:
            parts.append(f"{1000 * self.seconds:.3g} ms, {100 * self.share:.0f} %")
        return "; ".join(part for part in parts if part)


@dataclass
class FunctionReport:
    """One function of the user's and its lines."""

    name: str
    file: str
    lines: list[LineReport]


@dataclass
class Explanation:
    """What `explain` found. `str()` and `print` show it as text.

    `functions`: those that the program went through, in order. `kept_bytes`: bytes kept for the backward pass in a run,
    and `memory`: what the run takes at most, None without `memory=True`. `seconds`: time of a run of the code, None
    without `profile=True`.
    """

    name: str
    functions: list[FunctionReport]
    kept_bytes: int | None = None
    memory: Memory | None = None
    seconds: float | None = None

    def __str__(self) -> str:
        out = [f"{self.name}{self._totals()}"]
        for function in self.functions:
            out += ["", f"{function.name} in {function.file}"]
            width = min(72, max((len(line.text) for line in function.lines), default=0))
            for line in function.lines:
                remarks = [line.remarks(), *map(str, line.buffers)]
                texts = [text for text in remarks if text]
                for k, text in enumerate(texts or [""]):
                    source, number = (line.text, f"{line.number:5d}") if k == 0 else ("", " " * 5)
                    out.append(f"{number} | {source:{width}}  # {text}" if text else f"{number} | {source}".rstrip())
        return "\n".join(out)

    __repr__ = __str__

    def line(self, number: int, function: str | None = None) -> LineReport:
        """The report of a line (of the function of that name, if the number does not say which)."""
        for report in self.functions:
            for line in report.lines:
                if line.number == number and function in (None, report.name):
                    return line
        raise KeyError(number)

    def _totals(self) -> str:
        parts = []
        if self.kept_bytes is not None:
            parts.append(f"{self.kept_bytes} bytes kept for the backward pass")
        if self.memory is not None:
            parts.append(str(self.memory))
        if self.seconds is not None:
            parts.append(f"{1000 * self.seconds:.3g} ms a call")
        return f": {'; '.join(parts)}" if parts else ""


def explain(
    jitted: JitFunction, args: tuple[Any, ...], kwargs: dict[str, Any], memory: bool, profile: bool
) -> Explanation:
    """See `JitFunction.explain`."""
    if not (args or kwargs) and (memory or profile):
        raise EntryError(
            "explain needs the arguments of a call to measure memory or time",
            code=NOTHING,
            fix="give them before the options: fn.explain(x, y, memory=True)",
        )
    made = jitted.looked_at(args, kwargs)
    onlooker = _Onlooker()
    with COMPILING, stages.watching() as derived:
        traced = made.trace_again(onlooker)
    key = id(traced.func)
    reports = {
        place: _function_report(definition, onlooker.seen.get(key, {}))
        for place, definition in onlooker.definitions.get(key, {}).items()
    }
    whole = jitted.function if isinstance(jitted.function, Transformed) else jitted
    found = Explanation(repr(whole), list(reports.values()))
    kept = kept_arrays(traced.func, derived)
    if memory or profile:
        run = _marked_run(jitted, made, args, kwargs)
        kept += kept_records(run.marked.func, run.count())
        kept = [k.measured(run.sizes) for k in kept]
        if memory:
            _measure(found, run, kept)
        if profile:
            _profile(found, run)
    else:
        kept += kept_records(made.func, None)
    for k in kept:
        _attach(found, k)
    return found


def _function_report(definition: Definition, seen: dict[Line, dict[str, dict[Any, str]]]) -> FunctionReport:
    node = definition.node
    first, last = node.lineno, node.end_lineno or node.lineno
    lines = []
    for number in range(first, last + 1):
        text = linecache.getline(definition.file, number).rstrip()
        types = seen.get((definition.file, number), {})
        values = {name: " | ".join(dict.fromkeys(found.values())) for name, found in types.items()}
        lines.append(LineReport(number, text, values))
    return FunctionReport(definition.name, definition.file, lines)


def _find(found: Explanation, line: Line) -> LineReport | None:
    for report in found.functions:
        if report.file == line[0]:
            for each in report.lines:
                if each.number == line[1]:
                    return each
    return None


def _attach(found: Explanation, kept: Kept) -> None:
    report = _find(found, kept.line)
    if report is not None and kept not in report.kept:
        report.kept.append(kept)


def _marked_run(jitted: JitFunction, made: Compiled, args: tuple[Any, ...], kwargs: dict[str, Any]) -> profiling.Run:
    with COMPILING:
        marked = made.rebuilt(replace(jitted.options, marked=True, parallel_work=ALONE))
    return profiling.Run(made, marked, args, kwargs)


def _measure(found: Explanation, run: profiling.Run, kept: Sequence[Kept]) -> None:
    """Enter what memory the run took that has counted."""
    ledger = run.gauges.marks.ledger
    found.kept_bytes = sum(k.total for k in kept if k.total is not None)
    tapes = sum(k.total for k in kept if k.total is not None and k.each_trip)
    found.memory = Memory(run.result_bytes, run.gauges.arena.value, stack_bytes(ledger), tapes)
    for use in buffer_uses(ledger, run.sizes):
        report = _find(found, use.line)
        if report is not None:
            report.buffers.append(use)


def _profile(found: Explanation, run: profiling.Run) -> None:
    found.seconds, shares = run.profile()
    for line, share in shares.items():
        report = _find(found, line)
        if report is not None:
            report.share, report.seconds = share, share * found.seconds
