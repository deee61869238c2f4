"""The tables of AST node types: `expressions.py`, `statements.py` and others fill them, the evaluator looks them up."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from tangra.api.values import AbstractValue

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

F = TypeVar("F", bound=Callable[..., Any])

EXPRESSIONS: dict[type[ast.AST], Callable[[Evaluator, Any], AbstractValue]] = {}
STATEMENTS: dict[type[ast.AST], Callable[[Evaluator, Any], None]] = {}


def expression(*nodes: type[ast.expr]) -> Callable[[F], F]:
    """Declare how an expression node is evaluated: `f(ev, node) -> AbstractValue`."""

    def add(function: F) -> F:
        for node in nodes:
            EXPRESSIONS[node] = function
        return function

    return add


def statement(*nodes: type[ast.stmt]) -> Callable[[F], F]:
    """Declare how a statement is executed: `f(ev, node)`."""

    def add(function: F) -> F:
        for node in nodes:
            STATEMENTS[node] = function
        return function

    return add
