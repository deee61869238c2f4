"""Shape rules of the project's own: the files that declare them, which are run, and the project's functions, methods
and classes that have one. Their calls go by the rule; their source is still checked by itself."""

from __future__ import annotations

import ast
import runpy
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from tangra.checker.codes import RULE
from tangra.checker.config import ConfigError
from tangra.checker.heap import ClassCell, LibraryName, Native, Value
from tangra.checker.project import Project
from tangra.shape_rules import registry
from tangra.shape_rules.failures import Failure
from tangra.shape_rules.registry import ModuleRule, Rule

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator


def load_rules(project: Project) -> frozenset[str]:
    """Run the rule files that `[tool.tangra] rules` names: naming them is the user's consent. The dotted names of
    which they declare something; raises `ConfigError` for a file that can't be run."""
    before = registry.declared()
    for name in project.config.rules:
        path = project.root / name
        project.read_text(path)  # the answer depends on it
        try:
            runpy.run_path(str(path), run_name=f"tangra_rules_{Path(name).stem}")
        except Exception as error:
            line, text = _line(error, path), str(error)
            if isinstance(error, SyntaxError):
                line, text = error.lineno, error.msg
            where = f"{path}:{line}" if line else f"{path}"
            raise ConfigError(f"{where}: the file of rules can't be run: {type(error).__name__}: {text}") from None
    return frozenset(name for name, entry in registry.declared().items() if before.get(name) is not entry)


def _line(error: Exception, path: Path) -> int | None:
    """Where in a file an exception comes from."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None


def tell_broken(ev: Evaluator, error: Exception, node: ast.AST | None) -> None:
    """A warning at the call whose rule failed in itself, if that is one of the project's own."""
    for name in ev.project.config.rules if node is not None else ():
        line = _line(error, ev.project.root / name)
        if line is not None and node is not None:
            text = f"the shape rule of this call failed: {type(error).__name__}: {error} ({name}:{line})"
            ev.report("warning", Failure(RULE, text), node)
            return


def standing_for(ev: Evaluator, name: str, value: Value) -> Value:
    """What a definition of the project binds its name to: what was defined, unless a rule of the project's stands for
    it. A class with a rule keeps its bases, and the methods of which the rule says nothing."""
    if not ev.own_rules:
        return value
    scope, owner = ev.frame.scope, ev.frame.owner
    inside = scope.is_class and owner is not None
    if scope is not scope.module and not inside:
        return value
    module = ev.project.module_name(scope.module.path) if scope.module.path is not None else scope.module.name
    dotted = f"{module}.{owner.name}.{name}" if inside and owner is not None else f"{module}.{name}"
    entry = registry.find(dotted) if dotted in ev.own_rules else None
    if isinstance(entry, ModuleRule) and isinstance(value, ClassCell):
        value.dotted, value.rule = dotted, entry.cls
    elif isinstance(entry, Rule) and not isinstance(value, ClassCell):
        return _method(entry) if inside else LibraryName(dotted)
    return value


def _method(rule: Rule) -> Native:
    """A method that goes by a rule, whose first argument is the receiver."""
    from tangra.checker.library import call_rule

    return Native(f"method {rule.name}", lambda ev, call: call_rule(ev, rule, call.args, call.kwargs, call.node))
