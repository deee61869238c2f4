"""Messages of errors with run-time numbers in them, written in the ways that Python has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg

NAME = "rate"


def of_integers(x: Any, n: Any) -> None:
    raise ValueError("%d|%5d|%-5d|%05d|%+d|% d|%x|%#x|%i|%%" % (n, n, n, n, n, n, n, n, n))


def of_floats(x: Any, n: Any) -> None:
    raise ValueError("%.2f|%8.3e|%-9.2g|%+.1f|%08.2f|%G" % (x, x, x, x, x, x))


def of_texts(x: Any, n: Any) -> None:
    raise ValueError("%s|%8s|%-8s|%r|%s|{}" % (n, x, n, n, NAME))


def of_one(x: Any, n: Any) -> None:
    raise RuntimeError("n=%s" % (n + 1))


def of_sums(x: Any, n: Any) -> None:
    raise KeyError("n=" + str(n * 2) + " x=" + repr(x * 2) + " of " + NAME)


def of_a_number(x: Any, n: Any) -> None:
    raise ValueError(str(x * 2))


@pytest.mark.parametrize("f", [of_integers, of_floats, of_texts, of_one, of_sums, of_a_number])
@pytest.mark.parametrize("args", [(2.5, -3), (-2.0, 7), (1e20, 0)])
def test_texts_of_numbers(f: Any, args: Any) -> None:
    with pytest.raises((ValueError, KeyError, RuntimeError)) as python:
        f(*args)
    with pytest.raises(python.type) as compiled:
        tg.jit(f)(*args)
    assert compiled.value.args == python.value.args


def of_numpy(x: Any, n: Any) -> None:
    raise ValueError("%s %d %.3f " % (x, n, x) + str(x) + repr(n) + f" {x} {x!s} {x:.4f} {x!r}")


@pytest.mark.parametrize("args", [(np.float64(2.5), np.int32(-3)), (np.float32(0.1), np.int8(-3))])
def test_texts_of_numpy_numbers(args: Any) -> None:
    with pytest.raises(ValueError, match="-3") as python:
        of_numpy(*args)
    with pytest.raises(ValueError, match="-3") as compiled:
        tg.jit(of_numpy)(*args)
    assert str(compiled.value) == str(python.value)


def test_a_float_as_an_integer_is_refused() -> None:
    def f(x: float) -> None:
        raise ValueError("%d" % (x * 2))

    with pytest.raises(tg.UnsupportedError, match="convert it with int"):
        tg.jit(f)(2.5)


@pytest.mark.parametrize("f", [lambda x: x.flatten("K"), lambda x: x.ravel("A"), lambda x: np.ravel(x, "K")])
def test_an_order_that_numpy_takes_and_compiled_code_does_not(f: Any) -> None:
    with pytest.raises(tg.UnsupportedError, match="depends on how the operand lies in memory"):
        tg.jit(f)(np.ones((2, 3)))
    with pytest.raises(tg.TangraError, match="order must be one of 'C', 'F', not 'Q'"):
        tg.jit(lambda x: x.ravel("Q"))(np.ones((2, 3)))
