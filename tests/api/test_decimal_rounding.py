"""round(x, digits) of run-time numbers, against Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tangra.api import builtins as entries
from tangra.api.values import Const, Scalar
from tangra.ir import Func
from tangra.ir.interpreter import interpret

from .context import Heap, parameter

FLOATS = [0.05, 0.005, 0.5, 1.5, 2.5, 2.675, 1.005, 0.125, -0.375, 2.5e-7, 1e16, 123456789.123456, 5e-324, 1e308, -0.0]
FLOATS += [0.1 + 0.2]
FLOATS += [1e22, 9007199254740993.0, 4503599627370496.5, 0.285, 1.15, 1e-10, 2.8037484520338256e16]


def rounder(kind, digits):
    ctx = Heap()
    value = entries.round_(ctx, parameter(ctx, kind(0), False, {}), Const(digits))
    if isinstance(value, Const):
        return lambda x: value.value
    assert isinstance(value, Scalar)
    ctx.b.return_(value.value)
    func = Func("rounded", ctx.b.block)

    def run(x):
        with np.errstate(all="ignore"):
            return kind(interpret(func, [x])[0])

    return run


@pytest.mark.parametrize("digits", [-22, -5, -2, -1, 0, 1, 2, 3, 7, 15, 16, 22])
def test_floats(digits):
    run = rounder(float, digits)
    for x in FLOATS:
        for sign in (1.0, -1.0):
            ours, theirs = run(sign * x), round(sign * x, digits)
            assert (ours, np.signbit(ours)) == (theirs, np.signbit(theirs)), (x, digits)
    assert np.isnan(run(float("nan")))
    assert run(float("inf")) == float("inf")


RUNNERS = {d: rounder(float, d) for d in (0, 1, 2, 4, 9, -1, -3)}


@settings(max_examples=300, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(sorted(RUNNERS)))
def test_any_float(x, digits):
    assert RUNNERS[digits](x) == round(x, digits)


@settings(max_examples=300, deadline=None)
@given(st.integers(-(10**7), 10**7), st.sampled_from([1, 2, 4]))
def test_ties_as_written(n, digits):
    x = 5 * n / 10 ** (digits + 1)
    assert RUNNERS[digits](x) == round(x, digits)


@pytest.mark.parametrize("digits", [2, 0, -1, -2, -3, -25])
def test_ints(digits):
    run = rounder(int, digits)
    for n in (0, 5, 15, 25, 149, 150, 151, 250, -5, -15, -150, -250, 12345, 10**15 + 500):
        assert run(n) == round(n, digits), (n, digits)
