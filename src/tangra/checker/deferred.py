"""Names that a module promises without importing them: `if TYPE_CHECKING: from .big import Model, Other`.

Packages that import lazily at run time (a `_LazyModule` in their place) list what they have in such a block. Here the
files behind it are evaluated when a name of theirs is first looked up, and only the one that has it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tangra.checker.dispatch import call
from tangra.checker.evaluator import Frame
from tangra.checker.heap import MISSING, FunctionCell, ModuleCell, Value
from tangra.shape_rules.values import UNKNOWN

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

STARS = "$stars"
"""The field of a module with the modules of which it promises everything."""
INCOMPLETE = "$unknown"
"""The field of a module that may have names nobody saw being bound."""
_LISTED = re.compile(r"^__all__\s*\+?=\s*[\[(](.*?)[\])]", re.MULTILINE | re.DOTALL)
_STAR = re.compile(r"^\s*from\s+(\.*[\w.]*)\s+import\s+\*", re.MULTILINE)


@dataclass(frozen=True)
class Deferred:
    """What a promised name stands for: a module, or (with `member`) what a module calls so."""

    dotted: str
    member: str | None


def is_type_checking(test: ast.expr) -> bool:
    """Whether a condition is `TYPE_CHECKING`."""
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def replaces_itself(body: list[ast.stmt]) -> bool:
    """Whether the module puts another, lazy one in its place: what is promised is then all that there is."""
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    return any(isinstance(target, ast.Subscript) and ast.unparse(target.value) == "sys.modules" for target in targets)


def defer_imports(ev: Evaluator, body: list[ast.stmt]) -> None:
    """Promise the names that the import statements of a block bind at the top of a module."""
    from tangra.checker.imports import absolute_name

    module = ev.frame.scope
    if not isinstance(module, ModuleCell):
        return
    for node in body:
        if isinstance(node, ast.Try | ast.If):  # `if not available: raise …` guards the imports behind it
            defer_imports(ev, [*node.body, *node.orelse])
        elif isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                _promise(ev, module, name, Deferred(alias.name if alias.asname else name, None))
        elif isinstance(node, ast.ImportFrom) and (base := absolute_name(ev, node)) is not None:
            for alias in node.names:
                if alias.name == "*":
                    ev.write(module, STARS, (*module.fields.get(STARS, ()), base))
                else:
                    _promise(ev, module, alias.asname or alias.name, Deferred(base, alias.name))


def _promise(ev: Evaluator, module: ModuleCell, name: str, deferred: Deferred) -> None:
    if name not in module.fields:
        ev.write(module, name, deferred)


def module_member(ev: Evaluator, module: ModuleCell, name: str) -> Value | None:
    """What `module.name` is; None if there certainly is no such name."""
    from tangra.checker.modules import submodule

    value = module.fields.get(name, MISSING)
    if isinstance(value, Deferred):
        return force(ev, module, name, value)
    if value is not MISSING:
        return value
    if name == "__name__":
        return module.name
    found = submodule(ev, module, name)
    if found is None:
        found = _starred(ev, module, name)
    getter = module.fields.get("__getattr__")
    if found is None and isinstance(getter, FunctionCell):
        return call(ev, getter, [name], {}, None)
    return UNKNOWN if found is None and INCOMPLETE in module.fields else found


def force(ev: Evaluator, module: ModuleCell, name: str, deferred: Deferred) -> Value:
    """Evaluate what a promised name stands for, and bind it."""
    from tangra.checker.imports import import_name, member

    _bind(ev, module, name, UNKNOWN)  # who asks again meanwhile is in a cycle of promises
    ev.frames.append(Frame(None, module, module.file, None))
    try:
        value = import_name(ev, deferred.dotted)
        if deferred.member is not None:
            value = member(ev, value, deferred.member)
    finally:
        ev.frames.pop()
    _bind(ev, module, name, value)
    return value


def _bind(ev: Evaluator, module: ModuleCell, name: str, value: Value) -> None:
    """Set a name of a module for good: no branch takes it back."""
    ev.taints += 1
    log = ev.journal.begin_anew()
    ev.journal.write(module, name, value)
    ev.journal.go_on_with(log)


def _starred(ev: Evaluator, module: ModuleCell, name: str) -> Value | None:
    """The name, from the first module of which everything was promised and that has it."""
    for dotted in module.fields.get(STARS, ()):
        path = ev.project.find_module(dotted, module.path)
        if path is None or not may_define(ev, path, name):
            continue
        found = force(ev, module, name, Deferred(dotted, name))
        if found is not UNKNOWN:
            return found
        del module.fields[name]
    return None


def may_define(ev: Evaluator, path: Path, name: str) -> bool:
    """Whether the text of a module looks as if it defines the name, itself or by a star import."""
    known = ev.mentions.get((path, name))
    if known is None:
        ev.mentions[path, name] = False  # in a cycle of stars
        known = ev.mentions[path, name] = any(_defines(text, name) for text in _texts(ev, path, set()))
    return known


def _defines(text: str, name: str) -> bool:
    if name not in text:
        return False
    word = re.escape(name)
    listed = _LISTED.findall(text)
    if listed:
        return any(re.search(rf"""["']{word}["']""", names) for names in listed)
    return re.search(rf"^(class|def)\s+{word}\b|^{word}\s*[:=]|import.*\b{word}\b", text, re.MULTILINE) is not None


def _texts(ev: Evaluator, path: Path, seen: set[Path]) -> Iterator[str]:
    """The texts of a module and of those that it imports everything from."""
    if path in seen or not ev.project.has_file(path):
        return
    seen.add(path)
    text = ev.project.read_text(path)
    yield text
    for found in _STAR.findall(text) if path.name == "__init__.py" else ():
        dots = len(found) - len(found.lstrip("."))
        if dots == 1:
            stem = path.parent.joinpath(*found[1:].split("."))
            for inner in (stem / "__init__.py", stem.with_name(stem.name + ".py")):
                yield from _texts(ev, inner, seen)
