"""What every part of the evaluator asks of the others: an expression's value, a statement executed, a value called.

The parts need each other in circles, at every step. So each of the three is one function here, which looks up in a
table what is done for a kind of node or value; the files that know enter that when they are loaded (`load`).
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tangra.checker.heap import OneOf, Value
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

CHECKPOINT = 511
"""At steps whose number has none of these bits, it is asked whether to go on."""


class Flow(enum.Enum):
    """How control leaves a statement."""

    NORMAL = 0
    RETURN = 1
    BREAK = 2
    CONTINUE = 3
    RAISE = 4


@dataclass(slots=True)
class Call:
    """The arguments of one call. `open`: there may be further ones, from a `*` or `**` nobody knows."""

    args: list[Value]
    kwargs: dict[str, Value]
    node: ast.AST | None = None
    open: bool = False

    def get(self, position: int, name: str, default: Value = None) -> Value:
        """The argument at a position or under a name."""
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name, UNKNOWN if self.open else default)


NORMAL = Flow.NORMAL
EXPRESSIONS: dict[type[ast.AST], Callable[[Evaluator, Any], Value]] = {}
STATEMENTS: dict[type[ast.AST], Callable[..., Flow | None]] = {}
CALLS: dict[type, Callable[[Evaluator, Any, Call], Value]] = {}
"""How values of a kind are called; those of kinds that are not here as `CALLS[object]` says."""


def load() -> None:
    """Fill the tables."""
    import tangra.checker.statements  # noqa: F401


def evaluate(ev: Evaluator, node: ast.expr) -> Value:
    """The value of an expression."""
    ev.steps = steps = ev.steps + 1
    if not steps & CHECKPOINT:
        ev.checkpoint()
    what = type(node)
    if what is ast.Constant:
        return node.value  # type: ignore[attr-defined]
    handler = EXPRESSIONS.get(what)
    value = UNKNOWN if handler is None else handler(ev, node)
    kind = type(value)
    if kind is Tensor or kind is OneOf:
        ev.note_value(node, value)
    elif kind is Unknown:
        ev.unknowns += 1
    return value


def execute(ev: Evaluator, body: Sequence[ast.stmt]) -> Flow:
    """Execute a block."""
    for node in body:
        ev.steps = steps = ev.steps + 1
        if not steps & CHECKPOINT:
            ev.checkpoint()
        handler = STATEMENTS.get(type(node))
        if handler is not None:
            flow = handler(ev, node)
            if flow is not None and flow is not NORMAL:
                return flow
    return NORMAL


def execute_one(ev: Evaluator, node: ast.stmt) -> Flow:
    """Execute one statement."""
    return execute(ev, (node,))


def call(
    ev: Evaluator,
    function: Value,
    args: Sequence[Value],
    kwargs: dict[str, Value],
    node: ast.AST | None,
    is_open: bool = False,
) -> Value:
    """Call any value with evaluated arguments."""
    ev.steps = steps = ev.steps + 1
    if not steps & CHECKPOINT:
        ev.checkpoint()
    handler = CALLS.get(type(function)) or CALLS[object]
    return handler(ev, function, Call(list(args), dict(kwargs), node, is_open))
