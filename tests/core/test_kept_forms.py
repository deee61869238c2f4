"""Compiled forms kept between processes: whatever a program depends on, a change of it shows in the next process.

A process is played by importing the program's modules anew, so that none of their objects is one of before; the oracle
is the program run by CPython.
"""

import builtins
import importlib
import linecache
import math
import os
import pickle
import stat
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import special

import tangra as tg
from tangra import disk, sources
from tangra.core import remembering
from tangra.core.remembering import Remembered

HEAD = "import dataclasses, enum, functools, math, typing\nimport numpy as np\nimport tangra as tg\n"


class Processes:
    """Runs programs, each time as a new process would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.folder / f"{name}.py").write_text(HEAD + text)

    def load(self) -> types.ModuleType:
        for name in ("program", "helper", "base"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        linecache.clearcache()
        return importlib.import_module("program")

    def run(self, prepare: Callable[[Any], None] | None = None) -> tuple[Any, bool]:
        """What the program gives, compared with CPython, and whether its form was found."""
        program = self.load()
        if prepare is not None:
            prepare(program)
        jitted = tg.jit(program.f)
        arguments = program.arguments()
        wanted = program.f(*program.arguments())
        found = jitted(*arguments)
        np.testing.assert_allclose(np.asarray(found, float), np.asarray(wanted, float), rtol=1e-12)
        assert type(found) is type(wanted)
        return found, isinstance(jitted._last, Remembered)


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Processes:
    folder = tmp_path / "program"
    folder.mkdir()
    monkeypatch.setenv("TANGRA_CACHE", "1")
    monkeypatch.setenv("TANGRA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(folder))
    return Processes(folder)


@dataclass(frozen=True)
class Change:
    """A program, and what is written in place of what in one of its modules."""

    name: str
    files: dict[str, str]
    old: str
    new: str
    module: str


def cases() -> list[Change]:
    """Those of `kept_forms.txt`."""
    return [_case(text) for text in (Path(__file__).with_name("kept_forms.txt").read_text()).split("## ")[1:]]


def _case(text: str) -> Change:
    head, *modules = text.split("\n# ")
    name, *lines = head.splitlines()
    options = dict(line.split(": ", 1) for line in lines)
    old, new, module = [*options["change"].replace("\\n", "\n").split(" | "), "program"][:3]
    files = {"program": "", "helper": "", "base": ""}
    files |= {title.removesuffix(".py"): body for title, body in (part.split("\n", 1) for part in modules)}
    files["program"] += f"\ndef arguments(): return ({options.get('arguments', '1.5')},)\n"
    return Change(name, files, old, new, module)


@pytest.mark.parametrize("change", cases(), ids=lambda change: change.name)
def test_a_change_shows_in_the_next_process(change: Change, processes: Processes) -> None:
    files = change.files
    processes.write(files)
    before, found = processes.run()
    assert not found
    again, found = processes.run()
    assert found, "nothing was kept"
    assert again == before
    assert change.old in files[change.module]
    processes.write({change.module: files[change.module].replace(change.old, change.new, 1)})
    after, _ = processes.run()
    assert after != before
    processes.write(files)
    assert processes.run() == (before, True)


def outside() -> list[Change]:
    """Programs that stay as they are while `new` runs in their names before the call."""
    text = Path(__file__).with_name("kept_forms_outside.txt").read_text()
    return [_case(case.replace("change: ", "change:  | ", 1)) for case in text.split("## ")[1:]]


@pytest.mark.parametrize("change", outside(), ids=lambda change: change.name)
def test_a_change_from_outside_shows_in_the_next_process(
    change: Change, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in (
        (np, "sin"),
        (np.linalg, "norm"),
        (np, "pi"),
        (math, "sin"),
        (builtins, "abs"),
        (special, "erf"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))  # which is put back in the end
    processes.write(change.files)
    before, _ = processes.run()
    assert processes.run() == (before, True), "nothing was kept"
    after, found = processes.run(lambda program: exec(change.new, vars(program)))
    assert after != before
    again, found = processes.run(lambda program: exec(change.new, vars(program)))
    assert again == after


NOT_KEPT = {
    "a name that is computed": "K = 'si'\ndef f(x):\n    return getattr(math, K + 'n')(x)\n",
    "a hash": "def f(x):\n    return x * (hash('a') % 7)\n",
    "an address": "def g():\n    pass\ndef f(x):\n    return x if str(g)[-1] == '>' else -x\n",
    "an address in a message": "def f(x):\n    if x > 2:\n        raise ValueError(f'{f}')\n    return x\n",
    "an object of a library": "K = functools.cmp_to_key(min)(1)\ndef f(x):\n    return -x if K is None else x\n",
    "a generator": "K = np.random.default_rng(1)\ndef f(x):\n    return -x if K is None else x\n",
    "another kind of object": "import threading\nK = threading.Event()\ndef f(x):\n    return -x if K is None else x\n",
    "a large constant": "def f(x):\n    return x + np.tril_indices(80)[0][7 - int(x)]\n",
}


@pytest.mark.parametrize("program", NOT_KEPT.values(), ids=NOT_KEPT)
def test_what_no_other_process_can_know_is_not_kept(program: str, processes: Processes) -> None:
    processes.write({"program": program + "\ndef arguments(): return (1.5,)\n"})
    first = processes.run()
    assert first == (first[0], False)
    assert processes.run() == first


def test_numbers_of_forms_are_of_this_process(processes: Processes) -> None:
    processes.write({"program": "def f(x):\n    return x * x[::-1]\n"})
    for _ in range(2):
        jacobian = tg.sparse_jacobian(processes.load().f)
        np.testing.assert_array_equal(jacobian(np.array([2.0, 3.0])).todense(), [[3.0, 2.0], [3.0, 2.0]])
        assert not isinstance(jacobian._compressed.compiled._last, Remembered)


def test_forms_for_several_values_are_kept_side_by_side(processes: Processes) -> None:
    program = (
        "def f(n):\n    return np.sum(np.ones((n,) * n))\nimport os\ndef arguments(): return (int(os.environ['N']),)\n"
    )
    processes.write({"program": program})
    for n, known in ((2, False), (3, False), (2, True), (3, True), (4, False), (4, True)):
        os.environ["N"] = str(n)
        assert processes.run() == (float(n**n), known)


def test_options_tell_forms_apart(processes: Processes) -> None:
    processes.write({"program": "def f(x):\n    return x + 1\ndef arguments(): return (1.5,)\n"})
    processes.run()
    for options in ({"fastmath": True}, {"tape_limit": 1 << 20}, {"static": 0}, {"dynamic": True}):
        for known in (False, True):
            jitted = tg.jit(processes.load().f, **options)
            assert jitted(1.5) == 2.5
            assert isinstance(jitted._last, Remembered) is (known or options == {"dynamic": True})


def test_another_version_of_this_package_finds_nothing(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    processes.write({"program": "def f(x):\n    return x + 1\ndef arguments(): return (1.5,)\n"})
    assert [processes.run()[1] for _ in range(2)] == [False, True]
    with monkeypatch.context() as patch:
        patch.setattr(remembering, "AT_START", "another")
        assert [processes.run()[1] for _ in range(2)] == [False, False], "edited since it was imported: nothing is kept"
    assert processes.run()[1]


def test_the_fingerprint_is_of_all_sources_of_the_compiler(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "lsp").mkdir()
    module = tmp_path / "core" / "jitted.py"
    seen = set()
    for content in ("a", "b", "b"):
        module.write_text(content)
        os.utime(module, (1, 1))
        seen.add(sources.read(tmp_path))
    assert len(seen) == 3, "whoever writes a file changes its time of change"
    (tmp_path / "lsp" / "server.py").write_text("c")
    assert sources.read(tmp_path) in seen


def test_the_cache_of_forms_can_be_turned_off(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    processes.write({"program": "def f(x):\n    return x + 1\ndef arguments(): return (1.5,)\n"})
    assert [processes.run()[1] for _ in range(2)] == [False, True]
    for setting in ("objects", "0"):
        monkeypatch.setenv("TANGRA_CACHE", setting)
        assert not processes.run()[1]


def test_damaged_and_missing_files_are_made_anew(processes: Processes) -> None:
    processes.write({"program": "def f(x):\n    return x + 1\ndef arguments(): return (1.5,)\n"})
    assert [processes.run()[1] for _ in range(2)] == [False, True]
    folder = Path(disk.usable() or "")
    files = sorted(folder.glob("*/*"))
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        processes.run()
        assert processes.run()[1]
        path.unlink()
        processes.run()
        assert processes.run()[1]
    folder.chmod(0o777)
    assert [processes.run()[1] for _ in range(2)] == [False, False]


def test_only_objects_of_this_package_are_loaded(processes: Processes) -> None:
    processes.write({"program": "def f(x):\n    return x + 1\ndef arguments(): return (1.5,)\n"})
    processes.run()
    evil = pickle.dumps(os.getcwd)
    for path in [p for p in Path(disk.usable() or "").glob("*/*") if len(p.name) > 64]:
        disk.put(path.name, evil)
    assert not processes.run()[1]


def test_a_form_that_was_found_can_be_looked_into(processes: Processes) -> None:
    processes.write({"program": "def f(x):\n    return np.sin(x) + 1\ndef arguments(): return (1.5,)\n"})
    processes.run()
    jitted = tg.jit(processes.load().f)
    assert jitted(1.5) == np.sin(1.5) + 1
    assert isinstance(jitted._last, Remembered)
    assert "sin" in jitted.ir()
    assert "define" in jitted.ir(stage="llvm")
    assert "# x: float" in str(jitted.explain())
