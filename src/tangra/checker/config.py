"""What a project says about itself in `[tool.tangra]` of its pyproject.toml.

| key | meaning |
|---|---|
| `select`, `ignore` | codes (or their beginnings) to report, and not to report |
| `exclude` | patterns of files not to check |
| `source-roots` | further folders that imports are searched in |
| `follow` | installed packages whose sources are read as if they were the project's (with `--python`) |
| `rules` | files with shape rules of the project's own; these are run |
| `strict` | warnings count as errors |
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", ".git", ".hg")
FOLLOWED = ("torchvision", "timm")


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
    strict: bool = False

    def wants(self, code: str) -> bool:
        """Whether diagnostics of this code are reported: the longest matching beginning decides."""
        chosen = max((len(start) for start in self.select if code.startswith(start)), default=-1 if self.select else 0)
        refused = max((len(start) for start in self.ignore if code.startswith(start)), default=-1)
        return chosen > refused


LISTS = {"select", "ignore", "exclude", "source-roots", "follow", "rules"}


def load_config(root: Path) -> Config:
    """The settings in `root`; the defaults where there is no pyproject.toml."""
    path = root / "pyproject.toml"
    if not path.is_file():
        return Config()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("tangra", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path}: {error}") from None
    return from_table(table, path)


def from_table(table: dict[str, Any], path: Path) -> Config:
    """The settings that a parsed table holds; raises `ConfigError` naming the key at fault."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key in LISTS:
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ConfigError(f"{path}: tool.tangra.{key} has to be a list of strings")
            values[key.replace("-", "_")] = tuple(value)
        elif key == "strict":
            if not isinstance(value, bool):
                raise ConfigError(f"{path}: tool.tangra.strict has to be true or false")
            values[key] = value
        else:
            known = ", ".join(sorted(LISTS | {"strict"}))
            raise ConfigError(f"{path}: tool.tangra.{key} is not a setting; there are {known}")
    return Config(**values)
