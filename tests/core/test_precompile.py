"""`tg.precompile`: forms for calls to come, kept on disk for other processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import tangra as tg
from tangra.errors import EntryError, TypeMismatchError


class Pair(NamedTuple):
    a: np.ndarray
    b: float


def energy(x, mass, steps):
    total = 0.0
    for _ in range(steps):
        total += mass * np.sum(x * x)
    return total


def of_pair(pair, more):
    return np.sum(pair.a) * pair.b + more["k"][0]


def repeated(x, n):
    return x.reshape(n, -1).sum(axis=n - 1)


def test_calls_that_fit_compile_nothing():
    singles = (tg.ShapeDtype(5, np.float32), np.float64, 4)
    by_name = {"x": np.ones(2), "mass": 1.5, "steps": 2}
    f = tg.precompile(energy, (tg.ShapeDtype((3, 2)), float, int), singles, by_name)
    assert len(f.recompilations) == 3
    for args in ((np.ones((3, 2)), 2.0, 3), (np.ones(5, np.float32), np.float64(0.5), 7)):
        assert f(*args) == energy(*args)
    assert f(x=np.array([1.0, 2.0]), mass=3.0, steps=2) == 30.0
    assert len(f.recompilations) == 3


def test_gradients_and_functions_that_are_compiled_already():
    gradient = tg.precompile(tg.grad(energy), (tg.ShapeDtype(4), float, int))
    np.testing.assert_array_equal(gradient(np.ones(4), 0.5, 3), np.full(4, 3.0))
    assert len(gradient.compiled.recompilations) == 1
    f = tg.jit(energy)
    assert tg.precompile(f, (tg.ShapeDtype(4), float, int)) is f


def test_one_form_for_all_sizes():
    f = tg.precompile(tg.jit(energy, dynamic={"x": 0}), (tg.ShapeDtype((2, 3)), float, int))
    for n in (2, 5, 100):
        assert f(np.ones((n, 3)), 1.0, 1) == 3.0 * n
    assert len(f.recompilations) == 1


def test_containers():
    f = tg.precompile(of_pair, (Pair(tg.ShapeDtype(3), float), {"k": [float, 2.0]}))
    assert f(Pair(np.arange(3.0), 2.0), {"k": [1.0, 5.0]}) == 7.0
    assert len(f.recompilations) == 1


def test_arguments_are_not_changed_and_nothing_runs():
    def clear(x):
        x[:] = 0.0
        assert x.sum() > 0.0

    x = np.ones(3)
    tg.precompile(clear, (x,))
    np.testing.assert_array_equal(x, np.ones(3))


def test_a_number_that_is_compiled_in_has_to_be_given():
    with pytest.raises(EntryError, match=r"the value of n has to be known while compiling, but only its type int") as e:
        tg.precompile(repeated, (tg.ShapeDtype(6), int))
    assert e.value.code == "TG836" and e.value.__notes__ == ["in call 1 of 1 given to tg.precompile"]
    f = tg.precompile(repeated, (tg.ShapeDtype(6), 1), (tg.ShapeDtype(6), 2))
    np.testing.assert_array_equal(f(np.arange(6.0), 2), repeated(np.arange(6.0), 2))
    assert len(f.recompilations) == 2


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: tg.precompile(energy), "was given no call"),
        (lambda: tg.precompile(energy, tg.ShapeDtype(3)), "a call is one ShapeDtype"),
        (lambda: tg.precompile(energy, [1.0, 2.0, 3]), "a call is list"),
        (lambda: tg.precompile(energy, (bool, 1.0, 2)), "the type bool stands for an argument"),
        (lambda: tg.ShapeDtype((3, -1)), r"has the shape \(3, -1\)"),
        (lambda: tg.ShapeDtype(3, complex), "has the dtype <class 'complex'>"),
        (lambda: tg.ShapeDtype(3, "no such"), "has the dtype 'no such'"),
        (lambda: tg.precompile(3.0, (1.0,)), "takes a function, not float"),
    ],
)
def test_what_is_no_call_is_refused(make, message):
    with pytest.raises(EntryError, match=message):
        make()


def test_errors_say_which_call():
    with pytest.raises(TypeMismatchError) as e:
        tg.precompile(lambda x, y: x + y, (1.0, 2.0), (tg.ShapeDtype(3), "three"))
    assert e.value.__notes__ == ["in call 2 of 2 given to tg.precompile"]


USER = """
import sys
import numpy as np
import tangra as tg
from tangra.native import engine

def energy(x, mass):
    return mass * np.sum(np.sin(x) * x)

if sys.argv[1] == "make":
    tg.precompile(tg.value_and_grad(energy), (tg.ShapeDtype(40), float))
else:
    def optimise(text, options):
        raise AssertionError("LLVM was asked to compile")
    engine.optimise = optimise
    print(tg.value_and_grad(energy)(np.ones(40), 2.0)[0])
"""


def test_another_process_finds_the_machine_code(tmp_path: Path):
    program = tmp_path / "user.py"
    program.write_text(USER)
    place = tmp_path / "cache"
    environment = {**os.environ, "TANGRA_CACHE": "1", "TANGRA_CACHE_DIR": str(place)}

    def run(what: str) -> str:
        command = [sys.executable, str(program), what]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("make")
    assert float(run("use")) == pytest.approx(80 * np.sin(1.0), rel=1e-14)
    for file in place.glob("??/*"):
        file.unlink()
    with pytest.raises(AssertionError, match="LLVM was asked"):
        run("use")


def test_a_warning_where_nothing_is_kept(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    monkeypatch.setenv("TANGRA_CACHE", "0")
    assert tg.precompile(energy, (tg.ShapeDtype(2), float, int))(np.ones(2), 1.0, 2) == 4.0
    assert "the cache on disk is off" in caplog.text
