"""The files of the cache: what somebody else may have put there is not read, and nothing else is removed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tangra import disk

NAME, OTHER = "ab" + 62 * "0", "ab" + 62 * "1"
WRITER = """
import hashlib, sys
from tangra import disk
for k in range(300):
    name = hashlib.sha256(bytes([k % 7])).hexdigest()
    content = bytes([k % 7]) * (1000 + 100_000 * (k % 7))
    disk.put(name, content)
    assert disk.get(name) in (content, None), "a file that is not whole"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with one object."""
    monkeypatch.setenv("TANGRA_CACHE", "1")
    monkeypatch.setenv("TANGRA_CACHE_DIR", str(tmp_path / "cache"))
    disk.put(NAME, b"content")
    assert disk.get(NAME) == b"content"
    return tmp_path / "cache"


def test_an_object_under_the_name_of_another_is_not_taken(folder: Path) -> None:
    (folder / "ab" / NAME).rename(folder / "ab" / OTHER)
    assert disk.get(OTHER) is None


def test_a_link_is_not_followed(folder: Path) -> None:
    file = folder / "ab" / NAME
    file.rename(folder / "elsewhere")
    file.symlink_to(folder / "elsewhere")
    assert disk.get(NAME) is None
    disk.put(NAME, b"content")
    assert disk.get(NAME) == b"content"
    assert not file.is_symlink()


def test_a_pipe_does_not_hang(folder: Path) -> None:
    (folder / "ab" / NAME).unlink()
    os.mkfifo(folder / "ab" / NAME, 0o600)
    assert disk.get(NAME) is None


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_to_is_not_read(folder: Path, mode: int) -> None:
    (folder / "ab" / NAME).chmod(mode)
    assert disk.get(NAME) is None


def test_a_file_of_another_user_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is ours when it is looked at, and a link leads elsewhere when the file is opened."""
    status = os.fstat

    def of_another(handle: int) -> os.stat_result:
        found = list(status(handle))
        found[4] += 1
        return os.stat_result(found)

    monkeypatch.setattr(disk.os, "fstat", of_another)
    assert disk.get(NAME) is None


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_may_write_to_is_not_used(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    assert disk.get(NAME) is None
    disk.put(OTHER, b"more")
    assert not (folder / "ab" / OTHER).exists()


def test_files_are_private_whatever_the_mask_says(folder: Path) -> None:
    before = os.umask(0)
    try:
        disk.put(OTHER, b"more")
    finally:
        os.umask(before)
    assert (folder / "ab" / OTHER).stat().st_mode & 0o777 == 0o600


def test_making_room_leaves_what_is_not_of_the_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "MAX_BYTES", 10)
    (folder / "go").mkdir()
    others = folder / "go" / "main.go", folder / "ab" / "notes", folder / "go" / NAME
    for path in others:
        path.write_bytes(bytes(1000))
    disk.put("ab00000000" + 54 * "2", bytes(1000))  # a name at which the size is looked at
    assert disk.get(NAME) is None
    assert all(path.exists() for path in others)


def test_processes_share_it(folder: Path) -> None:
    """Readers see whole files while others write them."""
    running = [subprocess.Popen([sys.executable, "-c", WRITER]) for _ in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    assert not list(folder.glob("*/new.*"))
