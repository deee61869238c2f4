"""Decorators: those that change what a name is are followed, those that only watch are looked through."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.dispatch import call, evaluate
from tangra.checker.heap import BoundMethod, ClassCell, FunctionCell, LibraryName, Native, Value, Wrapped
from tangra.shape_rules import registry
from tangra.shape_rules.registry import HigherOrder
from tangra.shape_rules.values import UNKNOWN, Unknown

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

WRAPPERS = {
    "builtins.property": "property",
    "functools.cached_property": "property",
    "builtins.staticmethod": "staticmethod",
    "builtins.classmethod": "classmethod",
    "abc.abstractproperty": "property",
}

TRANSPARENT_WORDS = frozenset(
    [
        "no_grad",
        "inference_mode",
        "jit",
        "script",
        "compile",
        "ignore",
        "unused",
        "export",
        "wraps",
        "lru_cache",
        "cache",
        "total_ordering",
        "contextmanager",
        "abstractmethod",
        "override",
        "final",
        "overload",
        "deprecated",
        "compact",
        "typechecked",
        "jaxtyped",
        "beartype",
        "njit",
        "vectorize",
        "run_in_executor",
        "register_model",
        "handle_legacy_interface",
        "amp",
        "autocast",
        "custom_fwd",
        "custom_bwd",
        "enable_grad",
        "set_grad_enabled",
        "fixture",
        "parametrize",
        "mark",
        "jit_compile",
        "nowrap",
        "singledispatch",
        "runtime_checkable",
        "dataclass_transform",
        "checkpoint",
        "remat",
        "step",
        "hydra",
        "main",
        "command",
        "task",
        "app",
        "group",
        "option",
        "argument",
    ]
)


def decorate(ev: Evaluator, value: Value, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Value:
    """What the decorators of a definition make of it, innermost first."""
    for decorator in reversed(node.decorator_list):
        if not _only_documents(decorator):
            value = _apply(ev, decorator, evaluate(ev, decorator), value)
    return value


def _only_documents(node: ast.expr) -> bool:
    """Whether a decorator writes a docstring, going by its name."""
    target = node.func if isinstance(node, ast.Call) else node
    name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
    return "docstring" in name


def _apply(ev: Evaluator, node: ast.expr, decorator: Value, value: Value) -> Value:
    if isinstance(decorator, Native | FunctionCell | BoundMethod | ClassCell):
        if isinstance(decorator, Native) and decorator.name in WRAPPERS:
            return Wrapped(WRAPPERS[decorator.name], value)
        result = call(ev, decorator, [value], {}, node)
        return value if isinstance(result, Unknown) and _returns_same(node) else result
    if isinstance(decorator, LibraryName) and isinstance(registry.find(decorator.dotted), HigherOrder):
        return call(ev, decorator, [value], {}, node)
    if isinstance(decorator, Unknown | LibraryName) and not _returns_same(node):
        return UNKNOWN if isinstance(value, FunctionCell) else value
    if isinstance(decorator, Unknown | LibraryName):
        return value
    return call(ev, decorator, [value], {}, node)


def _returns_same(node: ast.expr) -> bool:
    """Whether a decorator nobody knows is presumed to leave what it decorates as it is, going by its name."""
    target = node.func if isinstance(node, ast.Call) else node
    words = []
    while isinstance(target, ast.Attribute):
        words.append(target.attr)
        target = target.value
    if isinstance(target, ast.Name):
        words.append(target.id)
    return any(word in TRANSPARENT_WORDS or word.startswith(("register", "add_", "requires")) for word in words)
