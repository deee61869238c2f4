"""What a user can set in the editor, under `tangra` in its settings or in the initialisation options."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from tangra.lsp.session import Options


@dataclass(frozen=True)
class Settings:
    """
    | setting | meaning |
    |---|---|
    | `python` | the interpreter or environment whose packages are read; without it `.venv`, `venv` or the active one |
    | `diagnostics` | whether findings are shown |
    | `hover` | whether shapes are shown under the pointer |
    | `inlayHints` | whether shapes are shown in the text |
    | `inlayHintsParameters` | whether those of parameters are |
    | `codeLens` | whether a function's calls are listed above it |
    | `syntaxErrors` | whether a file that does not parse is reported, which other servers do too |
    | `select`, `ignore` | codes (or their beginnings) to report, and not to report |
    | `delay` | milliseconds without typing before the check begins |
    """

    python: str = ""
    diagnostics: bool = True
    hover: bool = True
    inlay_hints: bool = True
    inlay_hints_parameters: bool = True
    code_lens: bool = True
    syntax_errors: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    delay: int = 5

    def options(self, root: Path) -> Options:
        """What the worker of a project needs to know."""
        return Options(_environment(self.python, root), self.select, self.ignore, self.syntax_errors)


def from_json(values: Any) -> tuple[Settings, list[str]]:
    """The settings in what the client sent, and what is wrong with those that are left out."""
    settings, wrong = Settings(), list[str]()
    if not isinstance(values, dict):
        return settings, []
    chosen: dict[str, Any] = {}
    names = {_camel(each.name): each.name for each in fields(Settings)}
    for key, value in values.items():
        name = names.get(key)
        if name is None or value is None:
            continue
        wanted = type(getattr(settings, name))
        if wanted is tuple and isinstance(value, list) and all(isinstance(item, str) for item in value):
            chosen[name] = tuple(value)
        elif type(value) is wanted:
            chosen[name] = value
        else:
            kind = {bool: "true or false", str: "a text", int: "a number", tuple: "a list of texts"}[wanted]
            wrong.append(f"the setting tangra.{key} has to be {kind}, not {value!r}")
    return replace(settings, **chosen), wrong


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _environment(python: str, root: Path) -> Path | None:
    if python:
        path = Path(os.path.expanduser(python))
        return path if path.is_absolute() else root / path
    for name in (".venv", "venv"):
        if (root / name).is_dir():
            return root / name
    active = os.environ.get("VIRTUAL_ENV")
    return Path(active) if active else None
