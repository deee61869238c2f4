"""The compiler's test programs as the checker sees them: what it makes of a call with the shapes of given arguments.

Nothing is imported by the checker: it reads the programs' files, and the functions are called with abstract values.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tangra.checker.calls import call
from tangra.checker.evaluator import BudgetSpent, Evaluator, Frame, PythonRaise
from tangra.checker.heap import DictCell, FunctionCell, Instance, ListCell, ModuleCell, OneOf, Value
from tangra.checker.modules import import_module
from tangra.checker.project import open_project
from tangra.checker.reports import Report
from tangra.checker.room import with_room
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown
from tangra.shapes import Dim

PROGRAMS = Path(__file__).resolve().parent.parent / "programs"


class Checked:
    """The evaluated files of the programs."""

    def __init__(self, topics: tuple[str, ...]) -> None:
        self.ev = Evaluator(open_project(PROGRAMS))
        self.modules: dict[str, ModuleCell] = {}
        with_room(lambda: self._load(topics))

    def _load(self, topics: tuple[str, ...]) -> None:
        for topic in topics:
            path = PROGRAMS / f"{topic}.py"
            self.ev.checked |= {path}
            self.modules[topic] = import_module(self.ev, f"tests.programs.{topic}", path)

    def run(self, topic: str, name: str, args: tuple[Any, ...]) -> tuple[Value, list[Report]]:
        """What calling the function `name` returns, and what is found on the way."""
        found: list[Value] = []
        before = set(self.ev.reports.found)
        with_room(lambda: found.append(self._call(topic, name, args)))
        return found[0], [report for key, report in self.ev.reports.found.items() if key not in before]

    def _call(self, topic: str, name: str, args: tuple[Any, ...]) -> Value:
        ev, module = self.ev, self.modules[topic]
        function = next(
            each
            for each in reversed(ev.functions)
            if each.name == name and each.module is module and each.owner is None
        )
        ev.frames = [Frame(None, module, module.file, None)]
        ev.frame.mark = ev.journal.open()
        ev.begin_entry()
        try:
            return call(ev, function, [self.abstract(arg, module) for arg in args], {}, None)
        except (PythonRaise, BudgetSpent):
            return UNKNOWN
        finally:
            ev.journal.close()
            ev.frames, ev.guards = [], 0

    def abstract(self, value: Any, module: ModuleCell) -> Value:
        """An argument as the checker has it: arrays by shape and dtype, numbers by value."""
        if isinstance(value, np.ndarray):
            return Tensor("numpy", value.shape, value.dtype.name)
        if isinstance(value, np.generic):
            return Tensor("numpy", (), value.dtype.name)
        if isinstance(value, list):
            return ListCell([self.abstract(item, module) for item in value])
        if isinstance(value, dict):
            return DictCell({key: self.abstract(item, module) for key, item in value.items()})
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            return tuple(self.abstract(item, module) for item in value)
        if is_dataclass(value) or hasattr(value, "_fields"):
            names = value._fields if hasattr(value, "_fields") else [field.name for field in fields(value)]
            made = Instance(module.fields[type(value).__name__])
            made.fields = {name: self.abstract(getattr(value, name), module) for name in names}
            return made
        return value if isinstance(value, bool | int | float | str) or value is None else UNKNOWN


def difference(found: Value, real: Any) -> str | None:
    """Where the checker's value contradicts the real one; None where it agrees or does not know."""
    if isinstance(found, OneOf):
        answers = [difference(option, real) for option in found.options]
        return None if None in answers else f"none of these: {'; '.join(map(str, answers))}"
    if isinstance(found, Unknown):
        known = {"int": int, "float": float, "bool": bool, "str": str}.get(found.kind or "")
        return None if known is None or isinstance(real, known | np.generic) else f"{found.kind}, not {real!r}"
    if isinstance(found, Tensor):
        return _array_difference(found, real)
    if isinstance(real, np.ndarray):
        return f"{found!r}, not an array"
    if isinstance(found, Dim):
        return None if isinstance(real, int | np.integer) else f"an int, not {real!r}"
    if isinstance(found, Instance):
        pairs = [(name, found.fields[name]) for name in found.fields if hasattr(real, name)]
        return _first(difference(value, getattr(real, name)) for name, value in pairs)
    if isinstance(found, ListCell | DictCell | tuple):
        return _container_difference(found, real)
    return None if found == real or type(found) is type(real) else f"{found!r}, not {real!r}"


def _container_difference(found: Value, real: Any) -> str | None:
    if isinstance(found, DictCell):
        if found.entries is None:
            return None
        if not isinstance(real, dict) or list(found.entries) != list(real):
            return f"a dict of {list(found.entries)}, not {real!r}"
        return _first(difference(value, real[key]) for key, value in found.entries.items())
    items = found.items if isinstance(found, ListCell) else found
    if items is None:
        return None
    if not isinstance(real, list | tuple) or len(items) != len(real):
        return f"{len(items)} items, not {real!r}"
    return _first(difference(one, other) for one, other in zip(items, real, strict=True))


def _first(answers: Any) -> str | None:
    return next((answer for answer in answers if answer is not None), None)


def _array_difference(found: Tensor, real: Any) -> str | None:
    if not isinstance(real, np.ndarray | np.generic):
        return f"an array {found}, not {real!r}"
    array = np.asarray(real)
    if found.dtype is not None and found.dtype != array.dtype.name:
        return f"dtype {found.dtype}, not {array.dtype}"
    if found.dims is not None:
        sizes = found.dims
        if len(sizes) != array.ndim or any(
            isinstance(a, int) and a != b for a, b in zip(sizes, array.shape, strict=False)
        ):
            return f"shape {sizes}, not {array.shape}"
    return None


def is_known(found: Value) -> bool:
    """Whether the value's type is known in full."""
    if isinstance(found, Tensor):
        return found.dtype is not None and found.dims is not None and all(isinstance(size, int) for size in found.dims)
    if isinstance(found, Unknown):
        return found.kind is not None
    if isinstance(found, OneOf):
        return all(map(is_known, found.options))
    if isinstance(found, ListCell):
        return found.items is not None and all(map(is_known, found.items))
    if isinstance(found, DictCell):
        return found.entries is not None and all(map(is_known, found.entries.values()))
    if isinstance(found, tuple):
        return all(map(is_known, found))
    if isinstance(found, Instance):
        return all(is_known(value) for name, value in found.fields.items() if name[0] != "$")
    return not isinstance(found, FunctionCell)
