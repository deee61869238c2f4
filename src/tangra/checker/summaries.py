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

from tangra.checker.heap import Cell, Instance, Origin, Value
from tangra.checker.sharing import Copier, Likeness, Uncopied, Unlike
from tangra.shapes import Facts

if TYPE_CHECKING:
    from tangra.checker.calls import Call
    from tangra.checker.evaluator import Evaluator

PATIENCE = 8
"""Calls of one function in a row that could not be summarised, after which no more are tried."""
MAX_SUMMARIES = 100_000


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
    born: int
    steps: int
    unknowns: int
    depth: int
    entered: list[ast.AST]
    missing: list[str]


class Summaries:
    """The summaries of one run."""

    def __init__(self, ev: Evaluator) -> None:
        self.ev = ev
        self.enabled = True
        self.replayed = 0
        self._known: dict[tuple[object, ...], Summary] = {}
        self._refused: dict[object, int] = {}

    def call(self, what: Cell, given: Call, run: Callable[[], Value], makes: bool = False) -> Value:
        """The value of calling `what`: from a summary, or of `run`, which may then have one. `makes`: it is an object
        that remembers this call as its origin."""
        ev = self.ev
        if not self.enabled or given.open or self._refused.get(what, 0) >= PATIENCE:
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
        return not any(frame.function is not None and frame.function.node in summary.entered for frame in ev.frames)

    def _replay(self, summary: Summary, cells: list[Cell]) -> Value:
        ev = self.ev
        self.replayed += 1
        known = dict(zip(summary.cells, cells, strict=True))
        copier = Copier(summary.born, known, summary.first, ev.ctx.made + 1 - summary.first if summary.made else 0)
        ev.ctx.make(summary.made)
        value = copier.copy(summary.value)
        ev.built += [copier.copy(instance) for instance in summary.built]
        ev.steps += summary.steps
        ev.unknowns += summary.unknowns
        ev.deepest = max(ev.deepest, len(ev.frames) + summary.depth)
        ev.entered_since += summary.entered
        for node in summary.entered:
            ev.runs[node] = ev.runs.get(node, 0) + 1
        for name in summary.missing:
            ev.missing(name)
        return value

    def _record(self, key: tuple[object, ...], what: Cell, likeness: Likeness, run: Callable[[], Value]) -> Value:
        ev = self.ev
        journal, ctx = ev.journal, ev.ctx
        before = (journal.version, ev.taints, ctx.facts)
        made = ctx.made
        steps, entered, built, missing = ev.steps, len(ev.entered_since), len(ev.built), len(ev.missed)
        unknowns = ev.unknowns
        born = Cell.born
        deepest, ev.deepest = ev.deepest, len(ev.frames)
        mark = journal.open()
        try:
            value = run()
            depth = ev.deepest - len(ev.frames)
            same = (journal.version, ev.taints) == before[:2] and ctx.facts is before[2]
            if same and all(cell.serial > born for cell, _, _ in journal.log[mark:]):
                nodes = ev.entered_since[entered:]
                if not any(frame.function is not None and frame.function.node in nodes for frame in ev.frames):
                    copier = Copier(born, {cell: cell for cell in likeness.cells})
                    try:
                        kept, instances = copier.copy(value), [copier.copy(each) for each in ev.built[built:]]
                    except (Uncopied, RecursionError):
                        same = False
                    else:
                        facts = ctx.facts if likeness.symbolic or journal.symbolic else None
                        if len(self._known) < MAX_SUMMARIES:
                            self._known[key] = Summary(
                                before[0], facts, made + 1, ctx.made - made, kept, instances, likeness.cells, born,
                                ev.steps - steps, ev.unknowns - unknowns, depth, nodes, ev.missed[missing:],
                            )  # fmt: skip
            else:
                same = False
            self._refused[what] = 0 if same else self._refused.get(what, 0) + 1
            return value
        finally:
            journal.close()
            ev.deepest = max(ev.deepest, deepest)
