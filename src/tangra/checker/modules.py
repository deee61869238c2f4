"""Files of the project as modules: evaluated once, when first imported or checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tangra.checker.deferred import INCOMPLETE
from tangra.checker.dispatch import execute_one
from tangra.checker.evaluator import BudgetSpent, Frame, PythonRaise
from tangra.checker.heap import ModuleCell, Value
from tangra.shapes.dims import MADE

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

MAX_IMPORT_DEPTH = 40


def import_module(ev: Evaluator, dotted: str, path: Path) -> ModuleCell:
    """The module in the file `path` (or the folder, for a package without `__init__.py`), evaluated."""
    module = ev.modules.get(path)
    if module is None:
        module = ev.modules[path] = ModuleCell(dotted, None if path.is_dir() else ev.project.read(path), path)
    run_module(ev, module)
    return module


def run_module(ev: Evaluator, module: ModuleCell) -> None:
    """Evaluate the module's statements, if that was not done or begun yet. A statement that raises is left out."""
    file = module.file
    if module.state != "new":
        return
    nested = sum(1 for frame in ev.frames if isinstance(frame.scope, ModuleCell))
    if nested > MAX_IMPORT_DEPTH:
        return
    module.state = "running"
    ev.taints += 1
    if file is None or file.tree is None:
        module.state = "done"
        return
    module.fields["__name__"] = "__main__" if module.path in ev.checked else module.name
    module.fields["__file__"] = str(file.path)
    outer, ev.frames = ev.frames, [*ev.frames, Frame(None, module, file, None)]
    tries, ev.tries = ev.tries, []
    log = ev.journal.begin_anew()  # a module is evaluated once: no branch takes that back
    ev.frame.mark = ev.journal.open()
    guards, facts, steps, left, made = ev.guards, ev.ctx.facts, ev.steps, ev.time_left, MADE[0] - ev.made_before
    ev.guards = 0
    try:
        for statement in file.tree.body:
            if not nested or statement is file.tree.body[0]:
                ev.begin_entry()  # a file that is imported has one budget of its own, one that is checked many
            try:
                execute_one(ev, statement)
                continue
            except PythonRaise:
                pass
            except RecursionError:
                ev.statistics.late = True
                ev.note_spent(f"{file.path.name}:{statement.lineno}")
            except BudgetSpent:
                ev.note_spent(f"{file.path.name}:{statement.lineno}")
                if nested:
                    break
            except Exception as error:
                ev.note_failure(error, f"{file.path.name}:{statement.lineno}")
            module.fields[INCOMPLETE] = True
    finally:
        ev.steps, ev.time_left = steps, left  # importing is not on the account of who imports
        ev.made_before = MADE[0] - made
        ev.journal.go_on_with(log)
        ev.frames, ev.tries, ev.guards = outer, tries, guards
        ev.ctx.restore(facts)
        module.state = "done"


def submodule(ev: Evaluator, owner: ModuleCell, name: str) -> Value | None:
    """A module inside the package `owner`; None if there is no such file."""
    if owner.path is None:
        return None
    folder = owner.path if owner.path.is_dir() else owner.path.parent if owner.path.name == "__init__.py" else None
    if folder is None:
        return None
    for path in (folder / name / "__init__.py", folder / f"{name}.py"):
        if ev.project.has_file(path):
            return import_module(ev, f"{owner.name}.{name}", path)
    return None
