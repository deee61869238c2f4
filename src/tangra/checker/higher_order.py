"""Functions of functions: `vmap`, `grad`, `jit`, loops of JAX. The program's function is evaluated for its shapes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.heap import Value
from tangra.checker.library import Transformed
from tangra.shape_rules.registry import HigherOrder
from tangra.shape_rules.values import UNKNOWN

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator


def transform(
    ev: Evaluator, entry: HigherOrder, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None
) -> Value:
    """Call a function of functions."""
    from tangra.checker.applied import IMMEDIATE
    from tangra.checker.transforms import PARAMETERS, SYNONYMS

    immediate = IMMEDIATE.get(entry.kind)
    if immediate is not None:
        return immediate(ev, args, kwargs, node)
    names = PARAMETERS.get(entry.kind)
    if names is None:
        return UNKNOWN
    options = dict(zip(names, args[1:], strict=False)) | {SYNONYMS.get(word, word): v for word, v in kwargs.items()}
    if not args:  # `@partial(jax.jit, static_argnums=0)` and `@jax.jit(...)`: the function comes later
        return Transformed(f"later:{entry.kind}", None, options)
    kind = "grad_and_value" if entry.name.endswith(".grad_and_value") else entry.kind
    return Transformed(kind, args[0], options)


def call_transformed(
    ev: Evaluator, function: Transformed, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None
) -> Value:
    """Call what a transformation returned."""
    from tangra.checker.transforms import CALLS

    if function.kind.startswith("later:"):
        return Transformed(function.kind.removeprefix("later:"), args[0] if args else UNKNOWN, function.options)
    run = CALLS.get(function.kind)
    return UNKNOWN if run is None else run(ev, function, args, kwargs, node)
