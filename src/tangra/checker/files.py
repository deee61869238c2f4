"""Files as the checker meets them: read only where that ends, named also where links lead in circles, and written so
that nobody ever sees half of one, and nobody else reads what is only the user's."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path

MAX_BYTES = 20_000_000
"""Files past this are not read."""
MAX_NAMES = 10_000
"""Names of a larger folder are not listed; they are asked for one by one."""


class Folder:
    """What a folder holds, as far as imports are concerned: listed once, as names are told apart by their case."""

    __slots__ = ("files", "folders", "is_listed", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self.files: set[str] = set()
        self.folders: set[str] = set()
        self.is_listed = True
        try:
            with os.scandir(path) as entries:
                for number, entry in enumerate(entries):
                    if number == MAX_NAMES:
                        self.is_listed = False
                        return
                    if entry.is_dir():
                        self.folders.add(entry.name)
                    elif entry.name.endswith(".py") and entry.is_file():
                        self.files.add(entry.name)
        except OSError:
            return

    def has_file(self, name: str) -> bool:
        """Whether a Python file of this name lies in it."""
        return name in self.files or (not self.is_listed and os.path.isfile(os.path.join(self.path, name)))

    def has_folder(self, name: str) -> bool:
        """Whether a folder of this name lies in it."""
        return name in self.folders or (not self.is_listed and os.path.isdir(os.path.join(self.path, name)))

    @property
    def holds_modules(self) -> bool:
        """Whether an import can find anything in it."""
        return bool(self.files or self.folders) or not self.is_listed


def read_regular(path: Path) -> bytes:
    """What a file holds. Raises `OSError` for what is no regular file (pipes may never end), or too large."""
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")
    if found.st_size > MAX_BYTES:
        raise OSError(errno.EFBIG, f"it has {found.st_size:,} bytes, too many to be checked")
    return path.read_bytes()


def resolved(path: Path) -> Path:
    """The path without links; as it is, where they lead in circles."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def write_whole(path: Path, content: bytes, private: bool = False) -> None:
    """Write beside the file and put it in its place at once. `private`: only the owner may read it."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        if not private:
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(name, 0o666 & ~mask)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
