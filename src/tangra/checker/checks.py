"""Checks that a program makes of its sizes, as `assert n % 2 == 0` or `if n != m: raise ValueError`, which certainly
fail where layers are built or arrays are used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tangra.checker.codes import CHECK
from tangra.checker.dispatch import evaluate
from tangra.checker.heap import Instance, LibraryName, ListCell, ModuleCell, Value
from tangra.shape_rules.failures import Failure
from tangra.shape_rules.values import Tensor

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

LONGEST = 100
"""Characters of a condition that a message shows."""


def remember(ev: Evaluator, test: ast.expr, body: list[ast.stmt]) -> None:
    """The condition is known to lead to `body`, which may begin or end by raising."""
    for statement in body:
        if isinstance(statement, ast.Raise):
            ev.tests[statement] = test


def failed(ev: Evaluator, test: ast.expr | None, node: ast.stmt, kind: str) -> None:
    """The program raises at `node` because of `test`: a finding if sizes that are known decide that, the program surely
    comes here, and nothing catches the exception."""
    if test is None or not _is_certain(ev, kind) or not _is_of_arrays(ev):
        return
    held = dict(_sizes(ev, test))
    if not held:
        return
    told = " and ".join(f"`{text}` is {_text(value)}" for text, value in held.items())
    condition = ast.unparse(test)
    condition = condition if len(condition) <= LONGEST else f"{condition[:LONGEST]}…"
    verb = "holds" if isinstance(node, ast.Raise) else "fails"
    ev.report("error", Failure(CHECK, f"the program's check `{condition}` {verb}: {told}", kind), node)


def _is_certain(ev: Evaluator, kind: str) -> bool:
    if ev.guards or ev.quiet or ev.vague or ev.made_up:
        return False
    if any(state.catches is None or kind in state.catches for state in ev.tries):
        return False
    modules = [frame for frame in ev.frames if isinstance(frame.scope, ModuleCell)]
    return len(modules) == 1 and modules[0].file is not None and modules[0].file.path in ev.checked


def _is_of_arrays(ev: Evaluator) -> bool:
    """Whether a running function has an array, or is a method of a layer."""
    return any(
        (frame.owner is not None and frame.owner.derives_from("torch.nn.Module"))
        or any(isinstance(value, Tensor) for value in frame.scope.fields.values())
        for frame in ev.frames
        if frame.function is not None
    )


def _sizes(ev: Evaluator, test: ast.expr) -> Iterator[tuple[str, Value]]:
    """The operands of comparisons of sizes in `test`, and numbers that stand for their truth, but literals."""
    mark, facts = ev.journal.open(), ev.ctx.facts
    try:
        with ev.silence():
            for part in _conditions(test):
                operands = [part.left, *part.comparators] if isinstance(part, ast.Compare) else _factors(part)
                values = [evaluate(ev, operand) for operand in operands]
                if all(_is_size(value) for value in values):
                    for operand, value in zip(operands, values, strict=True):
                        if not isinstance(operand, ast.Constant) and _is_own(ev, operand):
                            yield ast.unparse(operand), value
    finally:
        ev.journal.undo(mark)
        ev.journal.close()
        ev.ctx.restore(facts)


def _conditions(test: ast.expr) -> Iterator[ast.expr]:
    if isinstance(test, ast.BoolOp):
        for value in test.values:
            yield from _conditions(value)
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _conditions(test.operand)
    elif isinstance(test, ast.Compare) or (isinstance(test, ast.BinOp) and isinstance(test.op, ast.Mod)):
        yield test


def _factors(node: ast.expr) -> list[ast.expr]:
    return [node.left, node.right] if isinstance(node, ast.BinOp) else [node]


def _is_size(value: Value) -> bool:
    if isinstance(value, ListCell):
        value = value.items
    if isinstance(value, tuple | list):
        return bool(value) and all(_is_size(item) for item in value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_own(ev: Evaluator, operand: ast.expr) -> bool:
    """Whether the number is the program's: no literal sequence, no constant of a module such as a version."""
    if isinstance(operand, ast.Tuple | ast.List | ast.Set):
        return any(not isinstance(item, ast.Constant) for item in operand.elts)
    if not isinstance(operand, ast.Attribute):
        return True
    return not isinstance(evaluate(ev, operand.value), ModuleCell | LibraryName)


def _text(value: Value) -> str:
    if isinstance(value, ListCell):
        value = list(value.items or ())
    return "an object" if isinstance(value, Instance) else str(value)
