"""Fixes: changes of the text with which a failing call works.

Candidates (`rewrites`) are tried: the failing expression is evaluated again with the change, in the state of the
failure, without a trace. What then has a known shape and fails nowhere is offered. Where a layer was built with a
number that does not fit, the layer is built again with other numbers.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from tangra.checker.dispatch import call, evaluate
from tangra.checker.evaluator import BudgetSpent, PythonRaise, TryState
from tangra.checker.heap import Instance, Value
from tangra.checker.reports import Edit, Fix
from tangra.checker.rewrites import (
    Rewrite,
    kept_axis,
    literals,
    methods,
    numbers,
    replaced,
    rewrites,
    segment,
    squeezes,
)
from tangra.checker.source import SourceFile
from tangra.checker.statistics import Statistics
from tangra.shape_rules import failures
from tangra.shape_rules.values import Tensor
from tangra.shapes.dims import MADE

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

MAX_FIXES = 3
"""Fixes offered for one finding."""
MAX_TRIED = 60
"""Candidates tried for one finding."""
TRIAL_STEPS = 5_000
"""Nodes that one trial may evaluate."""
TRIAL_SIZES = 10_000
"""Symbolic sizes that arithmetic may make in it."""
MAX_OPERANDS = 8
EXPRESSIONS = (ast.BinOp, ast.Call, ast.Subscript, ast.Compare, ast.UnaryOp)


def propose(ev: Evaluator, code: str, at: ast.AST, level: int, node: ast.AST) -> list[Fix]:
    """The fixes of a failure that is reported at `at`, in the frame of number `level`, and happened at `node` in the
    innermost frame."""
    file = ev.frames[level].file
    if file is None or not isinstance(at, EXPRESSIONS) or isinstance(getattr(at, "ctx", None), ast.Store):
        return []
    found: dict[tuple[Edit, ...], Fix] = {}
    with _without_a_trace(ev), closing(_tried(ev, code, at, level, file, node)) as tried:
        for fix in tried:
            found.setdefault(fix.edits, fix)
            if len(found) == MAX_FIXES:
                break
    return list(found.values())


def _tried(
    ev: Evaluator, code: str, at: ast.expr, level: int, file: SourceFile, node: ast.AST
) -> Generator[Fix, None, None]:
    if code == failures.WIDTH:  # the axes may be in another order: no number of the layer's is wrong then
        yield from _of_expression(ev, code, at, level, file, ("order", "more"))
    yield from _of_layer(ev, node)
    yield from _of_expression(ev, code, at, level, file)


def _of_expression(
    ev: Evaluator, code: str, node: ast.expr, level: int, file: SourceFile, kinds: tuple[str, ...] = ()
) -> Iterator[Fix]:
    """The expression with another operand; `kinds` limits the kinds of change."""
    frames, ev.frames = ev.frames, ev.frames[: level + 1]
    done: set[tuple[ast.expr, str]] = set()
    try:
        operands = [(part, value) for part, value in _operands(ev, code, node) if isinstance(value, Tensor)]
        for number, rewrite in enumerate(_rewrites(ev, code, node, operands, file)):
            if number == MAX_TRIED:
                return
            key = (rewrite.old, rewrite.kind)
            if key in done or (kinds and rewrite.kind not in kinds):
                continue
            if _works(ev, code, node, rewrite, operands):
                done.add(key)
                yield _fix(ev, rewrite, file)
    finally:
        ev.frames = frames


def _works(ev: Evaluator, code: str, node: ast.expr, rewrite: Rewrite, operands: list[tuple[ast.expr, Tensor]]) -> bool:
    """Whether the expression has a known shape with the change, and one that is meant: shapes that were to be equal
    are, or the result is like one of the operands."""
    changed = replaced(node, rewrite.old, rewrite.new)
    value = _attempt(ev, lambda: evaluate(ev, changed))
    if not isinstance(value, Tensor) or value.dims is None:
        return False
    paired = code in (failures.SILENT, failures.BROADCAST) or (code == failures.TARGET and rewrite.kind == "more")
    if paired and not isinstance(node, ast.BinOp):
        new = _attempt(ev, lambda: evaluate(ev, rewrite.new))
        return isinstance(new, Tensor) and any(
            part is not rewrite.old and other.dims == new.dims for part, other in operands
        )
    if code in (failures.BROADCAST, failures.MISMATCH):
        return any(value.dims == other.dims for _, other in operands)
    return True


def _rewrites(
    ev: Evaluator, code: str, node: ast.expr, operands: list[tuple[ast.expr, Tensor]], file: SourceFile
) -> Iterator[Rewrite]:
    if isinstance(node, ast.Call):
        if code == failures.RANK and _takes_one(ev, node.func):
            return  # more axes would only be let through
        yield from methods(code, node)
        yield from numbers(code, node)
    if code == failures.SQUEEZE:
        if isinstance(node, ast.Call) and operands and not node.args:
            yield from squeezes(node, operands[0][1])
        return
    if code in (failures.BROADCAST, failures.MISMATCH, failures.SILENT):
        for part, _ in operands:
            reduction = part if isinstance(part, ast.Call) else _assigned(ev, part)
            if reduction is not None:
                yield from kept_axis(file, reduction, part)
    every = [list(rewrites(file, code, part, value)) for part, value in operands]
    if code in (failures.MATMUL, failures.TARGET):
        every.reverse()  # the right operand, or the target, is the likelier one
    for row in range(max(map(len, every), default=0)):
        yield from (each[row] for each in every if row < len(each))


def _takes_one(ev: Evaluator, function: ast.expr) -> bool:
    """Whether a layer takes one example, as equinox's do."""
    layer = ev.peek(function, ev.frame)
    return isinstance(layer, Instance) and (layer.cls.dotted or "").startswith("equinox.")


def _operands(ev: Evaluator, code: str, node: ast.expr) -> Iterator[tuple[ast.expr, Value]]:
    """The parts of an expression that may be changed, with their values."""
    for part in _parts(node, deep=code == failures.SILENT)[:MAX_OPERANDS]:
        yield part, _attempt(ev, lambda part=part: evaluate(ev, part))  # type: ignore[misc]


def _parts(node: ast.expr, deep: bool) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        direct = [node.left, node.right]
    elif isinstance(node, ast.Compare):
        direct = [node.left, *node.comparators]
    elif isinstance(node, ast.UnaryOp):
        direct = [node.operand]
    elif isinstance(node, ast.Subscript):
        direct = [node.value]
    elif isinstance(node, ast.Call):
        direct = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        for arg in [*node.args, *(keyword.value for keyword in node.keywords)]:
            direct += arg.elts if isinstance(arg, ast.List | ast.Tuple) else [arg]
    else:
        direct = []
    direct = [part for part in direct if not isinstance(part, ast.Starred | ast.Constant)]
    if deep:
        direct += [inner for part in list(direct) for inner in _parts(part, deep)]
    return direct


def _assigned(ev: Evaluator, name: ast.expr) -> ast.expr | None:
    """The expression that a local name was last given, if it would have the same value now."""
    if not isinstance(name, ast.Name) or ev.frame.function is None or isinstance(ev.frame.function.node, ast.Lambda):
        body: list[ast.stmt] = ev.frame.file.tree.body if ev.frame.file and ev.frame.file.tree else []
    else:
        body = ev.frame.function.node.body
    if not isinstance(name, ast.Name):
        return None
    line = ev.frame.lines.get(name.id)
    for statement in body:
        if isinstance(statement, ast.Assign) and statement.lineno == line and len(statement.targets) == 1:
            target = statement.targets[0]
            read = {part.id for part in ast.walk(statement.value) if isinstance(part, ast.Name)}
            fresh = all(ev.frame.lines.get(other, 0) <= statement.lineno for other in read)
            if isinstance(target, ast.Name) and target.id == name.id and name.id not in read and fresh:
                return statement.value
    return None


def _of_layer(ev: Evaluator, node: ast.AST) -> Iterator[Fix]:
    """The layer that failed, built with another number."""
    from tangra.checker.classes import instantiate
    from tangra.checker.dispatch import Call

    if not isinstance(node, ast.Call) or node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
        return
    layer = _attempt(ev, lambda: evaluate(ev, node.func))
    if not isinstance(layer, Instance) or layer.origin is None or not isinstance(layer.origin.given, Call):
        return
    made, given = layer.origin.node, layer.origin.given
    if not isinstance(made, ast.Call) or layer.cls.rule is None or given.open or "built" in layer.fields:
        return  # of lazy layers, the width is nobody's number
    if hasattr(layer.cls.rule, "parameter_width"):
        return  # nor is that of flax's, whose parameters have it
    if len(given.args) != len(made.args) or set(given.kwargs) != {keyword.arg for keyword in made.keywords}:
        return  # a partial function, or a class of the program that passes them on
    args = [_attempt(ev, lambda arg=arg: evaluate(ev, arg)) for arg in node.args]  # type: ignore[misc]
    sizes = {size for value in args if isinstance(value, Tensor) for size in value.dims or () if isinstance(size, int)}
    for place, literal, old in literals(made):
        for size in sorted(sizes - {old}, key=lambda size: abs(size - old)):
            other = copy.copy(given)
            other.args, other.kwargs = list(given.args), dict(given.kwargs)
            if isinstance(place, str):
                other.kwargs[place] = size
            elif place < len(other.args):
                other.args[place] = size

            def again(other: Call = other) -> Value:
                return call(ev, instantiate(ev, layer.cls, other), args, {}, node)

            value = _attempt(ev, again)
            if (isinstance(value, Tensor) and value.dims is not None) or isinstance(value, tuple):
                file = layer.origin.file
                where = f"line {literal.lineno}"
                title = f"change {segment(file, literal)} to {size} in `{ast.unparse(made)}` of {where}"
                yield Fix(title, (Edit(ev.place(literal, file), str(size)),))
                break


def _fix(ev: Evaluator, rewrite: Rewrite, file: SourceFile) -> Fix:
    old = segment(file, rewrite.edited) or ast.unparse(rewrite.edited)
    title = f"write `{' '.join(rewrite.text.split())}` for `{' '.join(old.split())}`"
    if getattr(rewrite.edited, "lineno", 0) != getattr(rewrite.old, "lineno", 0):
        title += f" in line {getattr(rewrite.edited, 'lineno', 0)}"
    return Fix(title, (Edit(ev.place(rewrite.edited, file), rewrite.text),))


def _attempt(ev: Evaluator, run: Callable[[], Value]) -> Value:
    """The value of an evaluation that leaves nothing behind; None if it fails or is warned of."""
    mark = ev.journal.open()
    facts, guards, frames, parameters = ev.ctx.facts, ev.guards, ev.frames, ev.parameters
    ev.parameters = None if parameters is None else parameters.copy()
    ev.tries = [*ev.tries, TryState(None)]
    ev.steps, ev.remarks, ev.made_before = ev.limit - TRIAL_STEPS, [], MADE[0] + TRIAL_SIZES
    try:
        value = run()
        return None if ev.remarks else value
    except (PythonRaise, BudgetSpent, RecursionError):
        return None
    finally:
        ev.tries = ev.tries[:-1]
        ev.frames, ev.guards, ev.parameters = frames, guards, parameters
        ev.ctx.restore(facts)
        ev.journal.undo(mark)
        ev.journal.close()


@contextmanager
def _without_a_trace(ev: Evaluator) -> Iterator[None]:
    """Trials count nowhere: not as findings, not in statistics, not as calls that were seen."""
    kept = (ev.statistics, ev.shapes, ev.observer, ev.steps, ev.entered, ev.tries, ev.runs, ev.missed)
    lengths = [(row, len(row)) for row in (ev.built, ev.functions, ev.classes)]
    made = MADE[0] - ev.made_before
    ev.statistics, ev.shapes, ev.observer = Statistics(), {}, None
    ev.entered, ev.runs, ev.missed = set(ev.entered), dict(ev.runs), []
    summarised, ev.summaries.enabled = ev.summaries.enabled, False
    try:
        yield
    finally:
        ev.remarks = None
        ev.statistics, ev.shapes, ev.observer, ev.steps, ev.entered, ev.tries, ev.runs, ev.missed = kept
        ev.summaries.enabled, ev.made_before = summarised, MADE[0] - made
        for row, length in lengths:
            del row[length:]
