"""What a program asks about where it runs: `sys.modules`, installed packages and their versions.

Packages are looked for in the environment's folders, and those that shape rules are for are always there.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from tangra.checker.evaluator import PythonRaise
from tangra.checker.heap import ClassCell, Instance, LibraryName, Native, Raised, Value
from tangra.checker.natives.table import LIBRARY, native
from tangra.shape_rules.registry import LIBRARIES
from tangra.shape_rules.values import UNKNOWN, Record, Unknown

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator

MODULES = ClassCell("modules", ())
"""The class of `sys.modules`."""


def _loaded(ev: Evaluator, name: Value) -> Value | None:
    """The module of this name that was evaluated; None if there is none."""
    if not isinstance(name, str):
        return UNKNOWN
    for module in ev.modules.values():
        if name in (module.name, module.fields.get("__name__")):
            return module
    return LibraryName(name) if name.partition(".")[0] in LIBRARIES else None


def _module_item(ev: Evaluator, call: Call) -> Value:
    found = _loaded(ev, call.args[1])
    if found is None:
        raise PythonRaise(Raised("KeyError"))
    return found


def _module_get(ev: Evaluator, call: Call) -> Value:
    found = _loaded(ev, call.args[1])
    return call.get(2, "default") if found is None else found


def _has_module(ev: Evaluator, call: Call) -> Value:
    found = _loaded(ev, call.args[1])
    return Unknown("bool") if isinstance(found, Unknown) else found is not None


MODULES.fields = {
    "__getitem__": Native("method __getitem__", _module_item),
    "__contains__": Native("method __contains__", _has_module),
    "get": Native("method get", _module_get),
}
LIBRARY["sys.modules"] = Instance(MODULES)


def is_installed(ev: Evaluator, package: str) -> bool | None:
    """Whether `import package` finds something; None where no environment was named."""
    if package in LIBRARIES or package in sys.stdlib_module_names:
        return True
    folders = ev.project.site_packages
    if not folders:
        return None
    ev.project.dependencies.folders.update(folders)
    return any((folder / package).is_dir() or (folder / f"{package}.py").is_file() for folder in folders)


@native("importlib.util.find_spec")
def find_spec(ev: Evaluator, call: Call) -> Value:
    name = call.get(0, "name")
    if not isinstance(name, str):
        return UNKNOWN
    known = is_installed(ev, name.partition(".")[0])
    return None if known is False else UNKNOWN if known is None else Instance(SPEC)


SPEC = ClassCell("ModuleSpec", ())
SPEC.complete = False


@native("importlib.metadata.version")
def version(ev: Evaluator, call: Call) -> Value:
    name = call.get(0, "distribution_name")
    if not isinstance(name, str):
        return Unknown("str")
    wanted = name.replace("-", "_").lower()
    for folder in ev.project.site_packages:
        ev.project.dependencies.folders.add(folder)
        for found in folder.glob("*.dist-info"):
            package, _, number = found.name.removesuffix(".dist-info").partition("-")
            if package.replace("-", "_").lower() == wanted:
                return number
    if is_installed(ev, name.partition(".")[0]) is False:
        raise PythonRaise(Raised("PackageNotFoundError"))
    return Unknown("str")


@native("packaging.version.parse", "packaging.version.Version")
def parse_version(ev: Evaluator, call: Call) -> Value:
    """The numbers of a version, which compare as versions do."""
    text = call.get(0, "version", UNKNOWN)
    found = re.match(r"\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?", text) if isinstance(text, str) else None
    if found is None:
        return UNKNOWN
    numbers = [int(part or 0) for part in found.groups()]
    return Version(("major", "minor", "micro"), numbers)


class Version(Record):
    """A version: its numbers, in order."""

    def field(self, name: str) -> Value:
        """Its parts, and itself without what comes behind the numbers."""
        return ".".join(map(str, self)) if name in ("base_version", "public") else super().field(name)


@native("os.getenv", "os.environ.get")
def environment_variable(ev: Evaluator, call: Call) -> Value:
    """A variable of the environment: anything in the program itself; a library's switches are presumed to be unset."""
    default = call.get(1, "default")
    if ev.frame.scope.module.path in ev.checked:
        return Unknown("str") if isinstance(default, str) else UNKNOWN
    return default


@native("importlib.import_module")
def import_by_name(ev: Evaluator, call: Call) -> Value:
    """A module by its name, relative to a package if it begins with dots."""
    from tangra.checker.imports import import_name

    name, package = call.get(0, "name"), call.get(1, "package")
    if not isinstance(name, str):
        return UNKNOWN
    dots = len(name) - len(name.lstrip("."))
    if not dots:
        return import_name(ev, name)
    if not isinstance(package, str):
        return UNKNOWN
    parents = package.split(".")
    return import_name(ev, ".".join([*parents[: len(parents) - dots + 1], name[dots:]]))
