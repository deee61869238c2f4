"""What an answer depends on besides the text asked about: the files that were read, and the folders that were searched.

A folder counts by what imports can find in it: the names of Python files and of folders.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tangra.checker.files import read_regular

IGNORED = ("__pycache__",)


@dataclass
class Dependencies:
    """`files`: what the files that were read hold, as SHA-256 (empty: not to be read). `folders` were searched."""

    files: dict[Path, str] = field(default_factory=dict)
    folders: set[Path] = field(default_factory=set)

    def read(self, path: Path, content: bytes | None) -> None:
        """A file was read; None: it could not be."""
        self.files.setdefault(path, digest(content))

    def as_json(self) -> dict[str, object]:
        """The dependencies as they are now, to be compared with later ones by `hold`."""
        return {
            "files": {str(path): value for path, value in self.files.items()},
            "folders": {str(path): listing(path) for path in sorted(self.folders)},
        }


def hold(files: Mapping[str, str], folders: Mapping[str, str]) -> bool:
    """Whether all files still hold what they held, and all folders the same names."""
    if any(listing(Path(folder)) != wanted for folder, wanted in folders.items()):
        return False
    return all(_digest_of(Path(path)) == wanted for path, wanted in files.items())


def digest(content: bytes | None) -> str:
    """The SHA-256 of a file's content; nothing for a file that can't be read."""
    return "" if content is None else hashlib.sha256(content).hexdigest()


def _digest_of(path: Path) -> str:
    try:
        return digest(read_regular(path))
    except OSError:
        return ""


def listing(folder: Path) -> str:
    """What imports can find in the folder, as one word."""
    names = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".py") or (
                    not entry.name.startswith(".") and entry.name not in IGNORED and entry.is_dir()
                ):
                    names.append(entry.name + ("/" if entry.is_dir() else ""))
    except OSError:
        return ""
    return hashlib.sha256("\0".join(sorted(names)).encode("utf-8", "surrogatepass")).hexdigest()[:32]
