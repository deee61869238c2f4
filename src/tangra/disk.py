"""What is kept between processes, found by the content it was made from: machine code, and what checks found.

A file is named by the SHA-256 of what it depends on (for machine code the LLVM text, the options, the CPU's features
and the versions of everything that made it), and starts with the SHA-256 of its content, which is checked when it is
read. Files are written beside their place and moved there, so that readers see whole files only. The folder belongs to
its owner alone; one that others may write to is not used. `TANGRA_CACHE=0` turns the cache off, `TANGRA_CACHE_DIR`
moves it; with `TANGRA_CACHE=objects` only machine code is kept, so that every process traces and simplifies anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = b"tangra object 1\n"
MAX_BYTES = 1 << 29
"""The cache is cut back to half of this when it grows beyond it, oldest files first."""
CUT_EVERY = 64
"""One in so many writes looks at the cache's size."""


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
        with open(os.path.join(folder, name[:2], name), "rb") as file:
            data = file.read()
    except OSError:
        return None
    start = len(HEAD) + 32
    content = data[start:]
    whole = data.startswith(HEAD) and hashlib.sha256(content).digest() == data[len(HEAD) : start]
    return content if whole else None


def put(name: str, content: bytes) -> None:
    """Keep an object. A cache that can't be written is left alone."""
    folder = usable()
    if folder is None:
        return
    with contextlib.suppress(OSError):
        place = os.path.join(folder, name[:2])
        with contextlib.suppress(FileExistsError):
            os.mkdir(place, 0o700)
        beside = os.path.join(place, f"new.{os.getpid()}.{os.urandom(8).hex()}")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(HEAD + hashlib.sha256(content).digest() + content)
            os.replace(beside, os.path.join(place, name))
        except BaseException:
            os.unlink(beside)
            raise
        if int(name[2:10], 16) % CUT_EVERY == 0:
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
    return folder if status.st_uid == os.getuid() and not status.st_mode & 0o022 else None


def _files(folder: str) -> Iterator[os.DirEntry[str]]:
    for place in os.scandir(folder):
        if len(place.name) == 2 and place.is_dir():
            yield from os.scandir(place)


def _cut(folder: str) -> None:
    """Remove the oldest objects of a cache that has grown too large."""
    found = []
    for entry in _files(folder):
        status = entry.stat()
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
