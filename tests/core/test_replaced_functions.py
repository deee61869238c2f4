"""Functions of libraries that a program replaces before anything is compiled mean what it put there."""

import abc
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tangra as tg

REPLACING = """
import builtins, math, numpy as np
import tangra as tg

def twice(x): return x * 2
builtins.abs = twice
np.linalg.norm = lambda x: 7.0
math.sin = twice
np.sin = np.cos

def f(x):
    return abs(x), np.linalg.norm(x * np.ones(2)), math.sin(x), np.sin(x), np.cos(x), math.cos(x)

np.testing.assert_allclose(tg.jit(f)(-1.5), f(-1.5), rtol=1e-12)
"""


def test_functions_replaced_before_the_first_compilation(tmp_path: Path) -> None:
    (tmp_path / "replacing.py").write_text(REPLACING)
    environment = {**os.environ, "TANGRA_CACHE": "0"}
    command = [sys.executable, str(tmp_path / "replacing.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr


def test_compiled_forms_keep_what_names_of_libraries_stood_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x: float) -> float:
        return float(np.cos(x))

    compiled, cosine = tg.jit(f), float(np.cos(0.5))
    assert compiled(0.5) == pytest.approx(cosine)
    monkeypatch.setattr(np, "cos", np.sin)
    assert compiled(0.5) == pytest.approx(cosine)
    assert tg.jit(f)(0.5) == pytest.approx(f(0.5)) == pytest.approx(float(np.sin(0.5)))


FUNCTION = np.cos


def test_names_of_the_program_are_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x: float) -> float:
        return float(FUNCTION(x))

    compiled = tg.jit(f)
    assert compiled(0.5) == pytest.approx(f(0.5))
    monkeypatch.setattr(sys.modules[__name__], "FUNCTION", np.sin)
    assert compiled(0.5) == pytest.approx(f(0.5)) == pytest.approx(float(np.sin(0.5)))


class Shape(abc.ABC):
    """Classes are registered with it."""


class Square:
    def __init__(self, side: float) -> None:
        self.side = side


def test_compiled_forms_keep_what_isinstance_said_of_abstract_classes() -> None:
    def f(thing: Square) -> float:
        return thing.side * (2.0 if isinstance(thing, Shape) else 1.0)

    compiled = tg.jit(f)
    assert compiled(Square(3.0)) == 3.0
    Shape.register(Square)
    assert compiled(Square(3.0)) == 3.0
    assert tg.jit(f)(Square(3.0)) == f(Square(3.0)) == 6.0
