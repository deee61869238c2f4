"""Which version of this package runs, told by its files: what it made depends on all that they say."""

from __future__ import annotations

import hashlib
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

TOOLS = frozenset({"checker", "cli", "demo", "lsp", "shape_rules", "__pycache__"})
"""Folders that have no part in compiling."""


@cache
def fingerprint() -> str:
    """What `read` gave when it was first asked for."""
    return read()


def loaded() -> str:
    """What `read` gave when it last could matter: the files are looked at again where a module of this package was
    loaded since then, or loaded anew. Until that, what runs is what was read from the files that were looked at."""
    specs = [module.__spec__ for name, module in list(sys.modules.items()) if name.startswith(_OURS)]
    if _LOOKED:
        before, digest = _LOOKED[0]
        if len(before) == len(specs) and all(a is b for a, b in zip(before, specs, strict=True)):
            return digest
    _LOOKED[:] = [(specs, read())]
    return _LOOKED[0][1]


_OURS = f"{__package__}."
_LOOKED: list[tuple[list[Any], str]] = []


def read(folder: Path = Path(__file__).parent) -> str:
    """A digest of names, sizes and times of the compiler's source files. A file that was written has another time of
    change, which nobody can set."""
    digest = hashlib.sha256()
    try:
        _add(digest, str(folder))
    except OSError:  # not in a folder: then this is no other process's version
        digest.update(os.urandom(32))
    return digest.hexdigest()


def _add(digest: hashlib._Hash, folder: str) -> None:
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.name.endswith((".py", ".pyc")):
            status = entry.stat()
            times = f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
            digest.update(f"{entry.path} {times}\n".encode())
        elif entry.name not in TOOLS and entry.is_dir():
            _add(digest, entry.path)
