"""The gradient costs a constant times the value, in operations, copies and tape, whatever the size."""

from __future__ import annotations

import numpy as np
import pytest

from tangra.ir.interpreter import interpret
from tangra.transforms import simplify, vjp
from tests.transforms.checks import flags, floats
from tests.transforms.counting import Work, work
from tests.transforms.dsl import build, vec
from tests.transforms.programs import PROGRAMS

SIZES = (6, 12, 24)


def arguments(name: str, n: int) -> list:
    rng = np.random.default_rng(n)
    if name.startswith("cholesky"):
        a = rng.normal(size=(n, n))
        return [a @ a.T + n * np.eye(n)]
    if name == "nbody":
        return [rng.normal(size=n), np.int64(3)]
    if name in ("soft_dtw", "rows"):
        return [rng.normal(size=n), rng.normal(size=n)]
    if name == "bubble_sort":
        return [rng.normal(size=n), np.arange(float(n))]
    if name == "matrix_power":
        return [rng.normal(size=(2, 2)), np.int64(n)]
    if name == "read_many":
        return [rng.normal(size=n), rng.normal(size=n)]
    return [rng.normal(size=n)]


def read_many(p, x, y):
    """n^2 reads of an array, changed in n places in between."""
    n = p.integer(x.v.shape[0])

    def outer(i, y, s):
        s = p.for_(0, n, [s], lambda j, s: s + p.f("sin", x[j] * y[j] * s))
        return [y.set(i, s), s]

    y, s = p.for_(0, n, [y, 0.0], outer)
    return s + p.sum(y)


CASES = {name: func for name, (func, _) in PROGRAMS.items() if name not in ("newton", "search")}
CASES["read_many"] = build([vec("n"), vec("n")], read_many)
LOGGED = {"cholesky": 3.0, "cholesky_in_place": 3.0, "bubble_sort": 0.5, "thomas": 1.0, "read_many": 4.0}
"""Bytes of tape per operation of the value, for programs where reads must not be logged."""


def measured(name: str, n: int) -> tuple[Work, Work]:
    func = simplify(CASES[name])
    args = arguments(name, n)
    cotangents = [np.ones(np.shape(v)) for v in floats(interpret(func, args))]
    return work(func, args), work(simplify(vjp(func, flags(func))), [*args, *cotangents])


@pytest.mark.parametrize("name", list(CASES))
def test_constant_ratios(name):
    ratios, tapes = [], []
    for n in SIZES:
        value, gradient = measured(name, n)
        ratios.append(gradient.elements / value.elements)
        tapes.append(gradient.tape_bytes / value.elements)
        assert gradient.copied <= 4 * n + 2 * value.copied
    assert max(ratios) < 6
    assert ratios[2] < 1.15 * ratios[1], ratios
    assert tapes[2] < 1.2 * tapes[1] + 0.05, tapes
    assert tapes[-1] < LOGGED.get(name, 8.0), tapes
