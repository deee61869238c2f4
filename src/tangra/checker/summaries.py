"""Summaries of calls: what evaluating one read, made and counted, so that a call like it need not be evaluated again.

A summary holds for a call whose arguments are alike (`sharing.Likeness`), while no shared object was written since, in
the same mode (guards, vague loops, silence) and with the same facts, if sizes nobody knows may play a part. Arguments
that are functions with a scope of their own, or are large, have no summary. Only calls that leave everything but what
they made themselves as it was, report nothing, make no unknown size, import nothing and define nothing are summarised:
their effect is a value, made anew for each call, and counts. What bounds recursion and the budget sees a replayed call
as if it had been evaluated, so that with and without summaries all findings are the same.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tangra.checker.copying import Copier, Deep, Part, Uncopied
from tangra.checker.heap import Cell, Instance, Origin, Value
from tangra.checker.sharing import Likeness, Unlike
from tangra.shapes import Facts

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator

PATIENCE = 8
"""Calls of one function in a row that could not be summarised, after which no more are tried."""
MAX_SUMMARIES = 100_000
MAX_PARTS = 20_000
"""Copies of inner calls that are kept at hand for the calls around them."""


@dataclass(slots=True)
class Summary:
    """What one evaluation did. `value` and `built` are copies that nobody else holds; `cells` are the objects of the
    arguments, which they may lead to."""

    version: int
    facts: Facts | None
    first: int
    made: int
    value: Value
    built: list[Instance]
    cells: list[Cell]
    deep: Deep
    steps: int
    unknowns: int
    wild: int
    depth: int
    entered: list[ast.AST]
    nodes: frozenset[ast.AST]
    missing: list[str]


class Summaries:
    """The summaries of one run."""

    def __init__(self, ev: Evaluator) -> None:
        self.ev = ev
        self.enabled = True
        self.replayed = self.saved = 0
        self._known: dict[tuple[object, ...], Summary] = {}
        self._refused: dict[object, int] = {}
        self._recording = 0
        self._parts: dict[Cell, Part] = {}

    def call(self, what: Cell, given: Call, run: Callable[[], Value], makes: bool = False) -> Value:
        """The value of calling `what`: from a summary, or of `run`, which may then have one. `makes`: it is an object
        that remembers this call as its origin."""
        ev = self.ev
        if not self.enabled or given.open or self._refused.get(what, 0) >= PATIENCE:
            return run()
        if ev.asked and any(id(value) in ev.asked for value in (*given.args, *given.kwargs.values())):
            return run()
        likeness = Likeness()
        try:
            for value in given.args:
                likeness.add(value)
            for name, value in given.kwargs.items():
                likeness.key.append(name)
                likeness.add(value)
        except (Unlike, TypeError, RecursionError):
            return run()
        mode = (what, len(given.args), ev.vague, ev.guards > 0, ev.quiet > 0, given.node is None)
        key = (*mode, *likeness.key)
        try:
            known = self._known.get(key)
        except TypeError:
            return run()
        if known is not None and self._holds(known):
            value = self._replay(known, likeness.cells)
            if makes and isinstance(value, Instance):
                file = ev.frame.file
                value.origin = None if given.node is None or file is None else Origin(file, given.node, given)
            return value
        return self._record(key, what, likeness, run)

    def _holds(self, summary: Summary) -> bool:
        ev = self.ev
        if summary.version != ev.journal.version or (summary.facts is not None and summary.facts is not ev.ctx.facts):
            return False
        if len(ev.frames) + summary.depth >= ev.max_depth or ev.steps + summary.steps > ev.limit:
            return False
        return not self._is_running(summary.nodes)

    def _is_running(self, nodes: frozenset[ast.AST]) -> bool:
        """Whether one of the functions is being evaluated: how deep recursion may go depends on that."""
        running = [frame.function.node for frame in self.ev.frames if frame.function is not None]
        return not nodes.isdisjoint(running)

    def _replay(self, summary: Summary, cells: list[Cell]) -> Value:
        ev = self.ev
        self.replayed += 1
        known = dict(zip(summary.cells, cells, strict=True))
        distance = ev.ctx.made + 1 - summary.first if summary.made else 0
        copier = Copier(0, known, summary.first, distance, summary.deep)
        ev.ctx.make(summary.made)
        value = copier.copy(summary.value)
        if not distance:
            made = {new: old for old, new in copier.done.items()}
            self._offer(value, copier, made, summary.deep, whole=False)
        ev.built += [copier.copy(instance) for instance in summary.built]
        ev.steps += summary.steps
        self.saved += summary.steps
        ev.unknowns += summary.unknowns
        ev.wild += summary.wild
        ev.deepest = max(ev.deepest, len(ev.frames) + summary.depth)
        ev.entered_since += summary.entered
        for node in summary.entered:
            ev.runs[node] = ev.runs.get(node, 0) + 1
        for name in summary.missing:
            ev.missing(name)
        return value

    def _record(self, key: tuple[object, ...], what: Cell, likeness: Likeness, run: Callable[[], Value]) -> Value:
        ev = self.ev
        start = _Start(ev)
        deepest, ev.deepest = ev.deepest, len(ev.frames)
        mark = ev.journal.open()
        self._recording += 1
        try:
            value = run()
            known = self._summary(start, mark, likeness, value)
            if known is not None and len(self._known) < MAX_SUMMARIES:
                self._known[key] = known
            self._refused[what] = self._refused.get(what, 0) + 1 if known is None else 0
            return value
        finally:
            ev.journal.close()
            ev.deepest = max(ev.deepest, deepest)
            self._recording -= 1
            if not self._recording:
                self._parts.clear()

    def _offer(self, value: Value, copier: Copier, made: dict[Cell, Cell], deep: Deep, whole: bool) -> None:
        """Keep the copies of a value's parts for the call around, if one is recorded."""
        if not self._recording or len(made) < 2 or copier.leads_to_known or not isinstance(value, Cell):
            return
        if len(self._parts) >= MAX_PARTS:
            self._parts.clear()
        journal = self.ev.journal
        self._parts[value] = Part(made, deep, len(journal.log), journal.undone, whole)

    def _summary(self, start: _Start, mark: int, likeness: Likeness, value: Value) -> Summary | None:
        """What was done since `start`; None if it was more than a summary can say."""
        ev, ctx = self.ev, self.ev.ctx
        if ev.journal.version != start.version or ev.taints != start.taints or ctx.facts is not start.facts:
            return None
        written = {}
        for place, (cell, _, _) in enumerate(ev.journal.log[mark:], mark):
            if cell.serial <= start.born:
                return None
            written[cell] = place
        entered = ev.entered_since[start.entered :]
        nodes = frozenset(entered)
        if self._is_running(nodes) or (ev.observer is not None and not ev.observer.watched.isdisjoint(nodes)):
            return None
        copier = Copier(start.born, {cell: cell for cell in likeness.cells})
        copier.take_over(self._parts, written, ev.journal.undone)
        try:
            kept = copier.copy(value)
            built = [copier.copy(instance) for instance in ev.built[start.built :]]
        except (Uncopied, RecursionError):
            return None
        deep = copier.all_deep()
        self._offer(value, copier, {**copier.done, **copier.taken}, deep, whole=True)
        return Summary(
            version=start.version,
            facts=ctx.facts if likeness.symbolic or ev.journal.symbolic else None,
            first=start.made + 1,
            made=ctx.made - start.made,
            value=kept,
            built=built,
            cells=likeness.cells,
            deep=deep,
            steps=ev.steps - start.steps,
            unknowns=ev.unknowns - start.unknowns,
            wild=ev.wild - start.wild,
            depth=ev.deepest - len(ev.frames),
            entered=entered,
            nodes=nodes,
            missing=ev.missed[start.missing :],
        )


class _Start:
    """The counts at the beginning of a call."""

    __slots__ = (
        "born",
        "built",
        "entered",
        "facts",
        "made",
        "missing",
        "steps",
        "taints",
        "unknowns",
        "version",
        "wild",
    )

    def __init__(self, ev: Evaluator) -> None:
        self.version, self.taints, self.facts = ev.journal.version, ev.taints, ev.ctx.facts
        self.made, self.steps, self.born = ev.ctx.made, ev.steps, Cell.born
        self.entered, self.built, self.missing = len(ev.entered_since), len(ev.built), len(ev.missed)
        self.unknowns, self.wild = ev.unknowns, ev.wild
