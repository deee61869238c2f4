"""llvmlite's C library called directly: it says the same as through the package, and links the same."""

import ctypes
import gc
import os
import subprocess
import sys
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm
import numpy as np
import pytest

import tangra as tg
from tangra.native import engine, library

PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
from tangra.native import library
library.VERSIONS = ({version!r},)
import numpy as np, tangra as tg
import module
print(tg.value_and_grad(module.f)(np.arange(3.0)), "llvmlite.binding" in sys.modules)
"""


@pytest.fixture
def found() -> library.Library:
    made = library.library()
    assert made is not None, f"llvmlite {llvmlite.__version__} is not among {library.VERSIONS}"
    return made


def test_it_tells_the_same_as_the_package(found: library.Library) -> None:
    assert found.features() == llvm.get_host_cpu_features().flatten()
    assert found.text("GetDefaultTargetTriple") == llvm.get_default_triple()
    assert found.llvm_version() == llvm.llvm_version_info
    assert found.version == llvmlite.__version__


def test_the_signatures_are_those_of_the_package(found: library.Library) -> None:
    said = [name for name in library._FUNCTIONS if getattr(llvm.ffi.lib, f"LLVMPY_{name}").argtypes is not None]
    assert len(said) == 9, "all that take more than a string"
    for name in said:
        theirs = getattr(llvm.ffi.lib, f"LLVMPY_{name}")
        result, arguments = library._FUNCTIONS[name]
        assert [*map(ctypes.sizeof, arguments)] == [*map(ctypes.sizeof, theirs.argtypes)], name
        assert result is None or ctypes.sizeof(result) == ctypes.sizeof(theirs.restype), name


def test_errors_of_linking_are_told(found: library.Library) -> None:
    with pytest.raises(RuntimeError, match="object file"):
        engine.load([b"no object file"], set(), ["f"])


def test_code_is_unloaded_when_nothing_needs_it(found: library.Library, monkeypatch: pytest.MonkeyPatch) -> None:
    unloaded, unload = [], library.Library.unload

    def noted(self: library.Library, tracker: int) -> None:
        unloaded.append(tracker)
        unload(self, tracker)

    monkeypatch.setattr(library.Library, "unload", noted)
    f = tg.jit(lambda x: x + 17.25)
    assert f(1.0) == 18.25
    del f
    gc.collect()
    assert unloaded


def test_without_it_the_package_does_the_same(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("import numpy as np\ndef f(x):\n    return np.sum(np.sin(x))\n")
    environment = {**os.environ, "TANGRA_CACHE": "1", "TANGRA_CACHE_DIR": str(tmp_path / "cache")}
    told = []
    for version in ("none", "none", "0.", "0."):  # the first one compiles, for all
        command = [sys.executable, "-c", PROGRAM.format(version=version, folder=str(tmp_path))]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        told.append(done.stdout.strip().rsplit(" ", 1))
    assert len({text for text, _ in told}) == 1
    assert str(np.sum(np.sin(np.arange(3.0)))) in told[0][0]
    assert [loaded for _, loaded in told] == ["True", "True", "False", "False"]
