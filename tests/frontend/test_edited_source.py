"""What is compiled is what CPython runs, also where the text of a file is no longer what was imported."""

import importlib
import importlib.util
import linecache
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import tangra as tg

CASES = {
    "a constant": ("def f(x):\n    return x * 2\n", "* 2", "* 3"),
    "the kind of a constant": ("def f(x):\n    return x + 1\n", "+ 1", "+ True"),
    "the sign of zero": ("def f(x):\n    return np.copysign(x, 0.0)\n", " 0.0", "-0.0"),
    "an operator": ("def f(x):\n    return x - 2\n", "x - 2", "x / 2"),
    "a name": ("def f(x):\n    return np.sin(x)\n", "sin", "cos"),
    "a lambda": ("f = lambda x: x * 2\n", "* 2", "* 3"),
    "one of two lambdas": ("f, g = lambda x: x * 2, lambda x: x * 4\n", "* 2", "* 3"),
    "a function inside": ("def f(x):\n    def g(y):\n        return y * 2\n    return g(x)\n", "* 2", "* 3"),
    "a comprehension": ("def f(x):\n    return sum([y * 2 for y in (x, x)])\n", "* 2", "* 3"),
    "a tuple": ("def f(x):\n    return x if 3 in (1, 2) else -x\n", "(1, 2)", "(1, 3)"),
    "a helper": ("def g(x):\n    return x * 2\ndef f(x):\n    return g(x)\n", "* 2", "* 3"),
    "lines before it": ("def f(x):\n    return x * 2\n", "def", "\ndef"),
}
PIECES = """
import functools
class A:
    k = 2
    def __m(self, x):
        return x * self.k
    def m(self, x):
        return self.__m(x)
class B(A):
    def m(self, x):
        return super().m(x) + 1
def make(k: "float" = 3):
    def g(x: float, *, more=0.5) -> "float":
        '''A docstring.'''
        return [y * k + more for y in (x, x)][0]
    return g
def decorated(f):
    @functools.wraps(f)
    def inner(*args): return f(*args)
    return inner
g, b = make(), B()
@decorated
def h(x): return x if x > 0 else (lambda y: -y)(x)
def f(x):
    return g(x) + b.m(x) + h(x)
"""


def load(path: Path) -> ModuleType:
    linecache.clearcache()
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("text", "old", "new"), CASES.values(), ids=CASES)
def test_an_edit_after_the_import_is_told(text: str, old: str, new: str, tmp_path: Path) -> None:
    path = tmp_path / "edited.py"
    path.write_text("import numpy as np\n" + text)
    module = load(path)
    assert old in text
    path.write_text("import numpy as np\n" + text.replace(old, new, 1))
    with pytest.raises(tg.EntryError):
        tg.jit(module.f)(1.5)
    again = load(path)
    assert tg.jit(again.f)(1.5) == again.f(1.5)


def test_an_edit_elsewhere_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "edited.py"
    path.write_text("def f(x):\n    return x * 2\ndef g(x):\n    return x\n")
    module = load(path)
    path.write_text("def f(x):\n    # twice\n    return x * 2\ndef g(x):\n    return -x\n".replace("    # twice\n", ""))
    assert tg.jit(module.f)(1.5) == 3.0


def test_bytecode_of_an_older_text_is_told(tmp_path: Path) -> None:
    """Python takes bytecode by the time and size of the text: an edit that keeps both is not seen."""
    path, program = tmp_path / "edited.py", "import edited, tangra as tg; print(edited.f(1.5), tg.jit(edited.f)(1.5))"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHONDONT", "PYTHONPYCACHE"))}
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), environment.get("PYTHONPATH", "")])
    told = []
    for factor in (2, 3):
        path.write_text(f"def f(x):\n    return x * {factor}\n")
        os.utime(path, (1_700_000_000, 1_700_000_000))
        command = [sys.executable, "-c", program]
        told.append(subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False))
    assert told[0].stdout == "3.0 3.0\n"
    assert "EntryError" in told[1].stderr


def test_pieces_of_programs_are_recognised(tmp_path: Path) -> None:
    (tmp_path / "pieces.py").write_text("from __future__ import annotations\nimport numpy as np\n" + PIECES)
    module = load(tmp_path / "pieces.py")
    for x in (1.5, -2.5):
        np.testing.assert_allclose(tg.jit(module.f)(x), module.f(x), rtol=1e-15)


def test_asserts_are_left_out_where_python_leaves_them_out(tmp_path: Path) -> None:
    (tmp_path / "asserting.py").write_text("def f(x):\n    assert x > 2, 'small'\n    return x\n")
    program = "import asserting, tangra as tg; print(asserting.f(1.5), tg.jit(asserting.f)(1.5))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-O", "-c", program]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "1.5 1.5\n"
