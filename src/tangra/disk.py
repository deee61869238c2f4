"""What is kept between processes, found by the content it was made from: machine code, and what checks found.

A file is named by the SHA-256 of what it depends on (for machine code the LLVM text, the options, the CPU's features
and the versions of everything that made it), and starts with the SHA-256 of its name and content, which is checked when
it is read. Files are written beside their place and moved there, so that readers see whole files only. The folder
belongs to its owner alone; one that others may write to is not used, nor is a file that is somebody else's: whoever may
change where a path leads could lead it elsewhere after the folder was looked at. `TANGRA_CACHE=0` turns the cache off,
`TANGRA_CACHE_DIR` moves it; with `TANGRA_CACHE=objects` only machine code is kept, so that every process traces and
simplifies anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEAD = b"tangra object 2\n"
MAX_BYTES = 1 << 29
"""The cache is cut back to half of this when it grows beyond it, oldest files first."""
NEW = "new."
"""What names of files begin with that are being written."""
_NAME = re.compile(r"[0-9a-f]{64}")
CUT_EVERY = 64
"""One in so many writes looks at the size of the folder that it is in, and only where that is beyond its share at the
whole cache's: if the cache has grown too large, then one of its folders has, and names spread over them evenly."""
FOLDERS = 256
"""Files are in folders by the first two digits of their names."""


def directory() -> str | None:
    """Where objects are kept; None if they are not."""
    if os.environ.get("TANGRA_CACHE", "1") == "0":
        return None
    chosen = os.environ.get("TANGRA_CACHE_DIR")
    if chosen:
        return chosen
    base = os.environ.get("XDG_CACHE_HOME")
    home = os.path.expanduser("~")
    if not base and home == "~":
        return None
    return os.path.join(base or os.path.join(home, ".cache"), "tangra")


def keeps_forms() -> bool:
    """Whether compiled forms are kept, not only machine code (`TANGRA_CACHE=objects`)."""
    return os.environ.get("TANGRA_CACHE", "1") not in ("0", "objects") and usable() is not None


def key(*parts: str) -> str:
    """The name of what is made from `parts`."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def get(name: str) -> bytes | None:
    """The object kept as `name`; None if there is none that is whole and safe."""
    folder = usable()
    if folder is None:
        return None
    try:
        data = _read(os.path.join(folder, name[:2], name))
    except OSError:
        return None
    start = len(HEAD) + 32
    content = data[start:]
    return content if data[:start] == _head(name, content) else None


def _read(path: str) -> bytes:
    """The bytes of a file of ours; OSError for anything else, such as a link or a pipe."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or not _is_private(status):
            raise PermissionError(path)
        return file.read()


def _head(name: str, content: bytes) -> bytes:
    return HEAD + hashlib.sha256(name.encode() + content).digest()


def _is_private(status: os.stat_result) -> bool:
    """Whether nobody else owns something or may write to it."""
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def put(name: str, content: bytes) -> None:
    """Keep an object. A cache that can't be written is left alone."""
    folder = usable()
    if folder is None:
        return
    with contextlib.suppress(OSError):
        place = os.path.join(folder, name[:2])
        with contextlib.suppress(FileExistsError):
            os.mkdir(place, 0o700)
        beside = os.path.join(place, f"{NEW}{os.getpid()}.{os.urandom(8).hex()}")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_head(name, content) + content)
            os.replace(beside, os.path.join(place, name))
        except BaseException:
            os.unlink(beside)
            raise
        if int(name[2:10], 16) % CUT_EVERY == 0 and _size(_inside(place)) > MAX_BYTES // FOLDERS:
            _cut(folder)


def usable() -> str | None:
    """The cache's folder; None if it is turned off, or neither safe nor to be made."""
    try:
        return _safe_directory()
    except (OSError, RuntimeError):
        return None


def _safe_directory() -> str | None:
    """The cache's folder, made if need be; None if it is turned off, or another user owns it or may write to it."""
    folder = directory()
    if folder is None:
        return None
    try:
        status = os.stat(folder)
    except FileNotFoundError:
        os.makedirs(folder, 0o700, exist_ok=True)
        status = os.stat(folder)
    return folder if _is_private(status) else None


def _files(folder: str) -> Iterator[os.DirEntry[str]]:
    """The files of a cache, by their names: a folder that is used for something else as well loses nothing."""
    for place in os.scandir(folder):
        if len(place.name) == 2 and place.is_dir(follow_symlinks=False):
            yield from _inside(place.path)


def _inside(place: str) -> Iterator[os.DirEntry[str]]:
    """The files of one of a cache's folders."""
    start = os.path.basename(place)
    for entry in os.scandir(place):
        if entry.name.startswith(NEW) or (_NAME.match(entry.name) and entry.name.startswith(start)):
            yield entry


def _size(files: Iterable[os.DirEntry[str]]) -> int:
    return sum(entry.stat(follow_symlinks=False).st_size for entry in files)


def _cut(folder: str) -> None:
    """Remove the oldest objects of a cache that has grown too large."""
    found = []
    for entry in _files(folder):
        status = entry.stat(follow_symlinks=False)
        found.append((status.st_mtime, status.st_size, entry.path))
    total = sum(size for _, size, _ in found)
    if total <= MAX_BYTES:
        return
    for _, size, path in sorted(found):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        total -= size
        if total <= MAX_BYTES // 2:
            return
