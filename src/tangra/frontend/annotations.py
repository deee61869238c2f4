"""Annotations in jaxtyping's notation: checked against the values they are given, for all sizes at once."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.api.values import AbstractValue
from tangra.errors import TangraError
from tangra.frontend.policy import python_error_class

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator
    from tangra.frontend.source import Definition


def python_class(name: str) -> type[TangraError]:
    """The diagnostic class that is also the Python exception `name`."""
    return python_error_class(name)


def check_parameters(ev: Evaluator, definition: Definition, values: dict[str, AbstractValue]) -> None:
    """Check the parameters of a call."""


def check_return(ev: Evaluator, definition: Definition, value: AbstractValue) -> None:
    """Check the result of a call."""


def check_local(ev: Evaluator, node: ast.AnnAssign, value: AbstractValue) -> None:
    """Check an annotated assignment."""
