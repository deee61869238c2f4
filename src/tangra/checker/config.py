"""What a project says about itself in `[tool.tangra]` of its pyproject.toml.

| key | meaning |
|---|---|
| `select`, `ignore` | codes (or their beginnings) to report, and not to report |
| `exclude` | patterns of files not to check |
| `source-roots` | further folders that imports are searched in |
| `follow` | installed packages whose sources are read as if they were the project's (with `--python`) |
| `inputs` | what arguments of functions are: arrays of a shape, or constants |
| `rules` | files with shape rules of the project's own; these are run |
| `strict` | warnings count as errors |
| `python-version` | the Python that the program is for, such as "3.9"; that which runs the checker, if not given |
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tangra.checker.explanations import begins_code

ROOT_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", ".git", ".hg")
FOLLOWED = ("torchvision", "timm")


Constant = str | int | float
"""What a setting says that an argument is."""


class ConfigError(ValueError):
    """A pyproject.toml that can't be read, or a key of `[tool.tangra]` that is not one or has a wrong value."""


@dataclass(frozen=True)
class Config:
    """The settings of one project."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    source_roots: tuple[str, ...] = ()
    follow: tuple[str, ...] = field(default=FOLLOWED)
    rules: tuple[str, ...] = ()
    inputs: tuple[tuple[str, tuple[tuple[str, Constant], ...]], ...] = ()
    strict: bool = False
    python_version: tuple[int, int] | None = None

    def wants(self, code: str) -> bool:
        """Whether diagnostics of this code are reported: the longest matching beginning decides."""
        chosen = max((len(start) for start in self.select if code.startswith(start)), default=-1 if self.select else 0)
        refused = max((len(start) for start in self.ignore if code.startswith(start)), default=-1)
        return chosen > refused


_VERSION = re.compile(r"3\.(\d{1,2})", re.ASCII)
LISTS = {"select", "ignore", "exclude", "source-roots", "follow", "rules"}


def load_config(root: Path) -> Config:
    """The settings in `root`; the defaults where there is no pyproject.toml."""
    path = root / "pyproject.toml"
    if not path.is_file():
        return Config()
    try:
        tools = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError, RecursionError) as error:
        raise ConfigError(f"{path}: {error}") from None
    if not isinstance(tools, dict) or not isinstance(table := tools.get("tangra", {}), dict):
        raise ConfigError(f"{path}: tool and tool.tangra have to be tables")
    return from_table(table, path)


def parse_version(given: object) -> tuple[int, int] | None:
    """The version that a text such as "3.11" names."""
    match = _VERSION.fullmatch(given) if isinstance(given, str) else None
    return None if match is None else (3, int(match[1]))


def from_table(table: dict[str, Any], path: Path) -> Config:
    """The settings that a parsed table holds; raises `ConfigError` naming the key at fault."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key in LISTS:
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ConfigError(f"{path}: tool.tangra.{key} has to be a list of strings")
            wrong = [code for code in value if key in ("select", "ignore") and not begins_code(code)]
            if wrong:
                raise ConfigError(f"{path}: tool.tangra.{key}: no code begins with {wrong[0]}")
            values[key.replace("-", "_")] = tuple(value)
        elif key == "strict":
            if not isinstance(value, bool):
                raise ConfigError(f"{path}: tool.tangra.strict has to be true or false")
            values[key] = value
        elif key == "python-version":
            version = parse_version(value)
            if version is None:
                raise ConfigError(f'{path}: tool.tangra.python-version has to be a string such as "3.11"')
            values["python_version"] = version
        elif key == "inputs":
            values[key] = _inputs(value, path)
        else:
            known = ", ".join(sorted(LISTS | {"inputs", "strict", "python-version"}))
            raise ConfigError(f"{path}: tool.tangra.{key} is not a setting; there are {known}")
    return Config(**values)


def _inputs(value: object, path: Path) -> tuple[tuple[str, tuple[tuple[str, Constant], ...]], ...]:
    """The functions that `[tool.tangra.inputs]` names, each with what it says of their arguments."""
    where = f"{path}: tool.tangra.inputs"
    if not isinstance(value, dict):
        raise ConfigError(f'{where} has to be a table such as "net.Net.forward" = {{ x = "(B, 3, 224, 224)" }}')
    for name, arguments in value.items():
        if not isinstance(arguments, dict):
            raise ConfigError(f'{where}."{name}" has to be a table such as {{ x = "(B, 3, 224, 224)" }}')
        for argument, given in arguments.items():
            if not isinstance(given, Constant):
                raise ConfigError(f'{where}."{name}".{argument} has to be a string or a number')
    return tuple((name, tuple(arguments.items())) for name, arguments in value.items())
