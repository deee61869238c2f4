"""Import statements: files of the project are evaluated when first imported, everything else is a library."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from tangra.checker.deferred import INCOMPLETE, STARS, Deferred, module_member
from tangra.checker.heap import LibraryName, ModuleCell, Value
from tangra.checker.library import resolve
from tangra.checker.modules import import_module
from tangra.checker.names import store_name
from tangra.shape_rules.registry import LIBRARIES
from tangra.shape_rules.values import UNKNOWN

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

MAX_STARRED = 2_000_000
"""Names that all `import *` of a run may bind; what further ones bind is unknown."""


def run_import(ev: Evaluator, node: ast.Import) -> None:
    """`import a.b as c`."""
    for alias in node.names:
        found = import_name(ev, alias.name)
        if alias.asname is not None:
            store_name(ev, alias.asname, found, node)
        else:
            first = alias.name.partition(".")[0]
            store_name(ev, first, import_name(ev, first), node)


def run_import_from(ev: Evaluator, node: ast.ImportFrom) -> None:
    """`from a import b as c`, also relative."""
    base = absolute_name(ev, node)
    owner = UNKNOWN if base is None else import_name(ev, base)
    for alias in node.names:
        if alias.name == "*":
            _import_all(ev, owner, node)
            continue
        store_name(ev, alias.asname or alias.name, member(ev, owner, alias.name), node)


def absolute_name(ev: Evaluator, node: ast.ImportFrom) -> str | None:
    """The dotted name a `from` import reads."""
    if not node.level:
        return node.module
    module = ev.frame.scope.module
    parts = module.name.split(".")
    is_package = module.path is not None and (module.path.name == "__init__.py" or module.path.is_dir())
    kept = parts[: len(parts) - node.level + is_package]
    return ".".join([*kept, *([node.module] if node.module else [])]) or None


def import_name(ev: Evaluator, dotted: str) -> Value:
    """The module called `dotted`: a file of the project, or a library."""
    importer = ev.frame.scope.module.path
    path = None
    if dotted.partition(".")[0] not in LIBRARIES or dotted.partition(".")[0] in ev.project.config.follow:
        path = ev.project.find_module(dotted, importer)
    if path is None:
        return LibraryName(dotted)
    package = dotted.rpartition(".")[0]
    if package and path not in ev.modules:  # packages come first, as in Python: cycles begin where theirs do
        import_name(ev, package)
    return import_module(ev, dotted, path)


def is_known_import(ev: Evaluator, node: ast.Import | ast.ImportFrom) -> bool:
    """Whether the import surely works: the project's own files, the standard library, libraries with rules."""
    if isinstance(node, ast.ImportFrom):
        name = absolute_name(ev, node)
        names = [] if name is None else [name]
    else:
        names = [alias.name for alias in node.names]
    for name in names:
        first = name.partition(".")[0]
        if (
            first not in LIBRARIES
            and first not in sys.stdlib_module_names
            and not isinstance(import_name(ev, name), ModuleCell)
        ):
            return False
    return True


def member(ev: Evaluator, owner: Value, name: str) -> Value:
    """What `from owner import name` binds."""
    if isinstance(owner, LibraryName):
        return resolve(ev, f"{owner.dotted}.{name}")
    if isinstance(owner, ModuleCell):
        found = module_member(ev, owner, name)
        return UNKNOWN if found is None else found
    return UNKNOWN


def _import_all(ev: Evaluator, owner: Value, node: ast.ImportFrom) -> None:
    from tangra.checker.heap import ListCell

    if isinstance(owner, LibraryName):
        from tangra.shape_rules import registry

        for dotted in list(registry.entries(owner.dotted.partition(".")[0])):
            parent, _, name = dotted.rpartition(".")
            if parent == owner.dotted:
                store_name(ev, name, resolve(ev, dotted), node)
        return
    if not isinstance(owner, ModuleCell):
        ev.write(ev.frame.scope, INCOMPLETE, True)
        return
    listed = owner.fields.get("__all__")
    names = listed.items if isinstance(listed, ListCell) else listed if isinstance(listed, tuple) else None
    if names is None:
        found = {name: value for name, value in owner.fields.items() if name[0] not in "$_"}
    else:
        chosen = {name for name in names if isinstance(name, str)}
        found = {name: value for name, value in owner.fields.items() if name in chosen and name[0] != "$"}
    ev.starred += len(found)
    if ev.starred > MAX_STARRED:
        ev.write(ev.frame.scope, INCOMPLETE, True)
        return
    ev.journal.write_shared(ev.frame.scope, found)
    ev.frame.lines.update(dict.fromkeys(found, node.lineno))
    promised = owner.fields.get(STARS, ())
    for name in names or ():
        if isinstance(name, str) and name not in owner.fields:
            store_name(ev, name, Deferred(owner.name, name), node)
    if promised or INCOMPLETE in owner.fields:
        scope = ev.frame.scope
        ev.write(scope, STARS, tuple(dict.fromkeys((*scope.fields.get(STARS, ()), *promised))))
        ev.write(scope, INCOMPLETE, True)
