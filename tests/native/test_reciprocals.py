"""Divisions by constants: two multiplications with the result of one division."""

import re
from fractions import Fraction

import numpy as np
import pytest

from tangra.ir import F32, F64, ArrayType, Builder, Value
from tangra.native import reciprocals
from tests.native.common import build, check, f64

EDGES = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, 1e-290, 1.7e308, 5e-324, 1e-310]


@pytest.mark.parametrize("bits", [4, 5, 6, 7])
def test_the_listed_numbers_are_all_that_can_go_wrong(bits: int):
    """Every divisor and dividend of few bits: what is not listed is right, and some of what is listed is wrong."""
    wrong = 0
    for divisor in range((1 << (bits - 1)) + 1, 1 << bits):
        listed = set(reciprocals._hard(Fraction(divisor), bits))
        high = reciprocals.rounded(Fraction(1, divisor), bits, down=True)
        low = reciprocals.rounded(Fraction(1, divisor) - high, bits)
        for x in range(1 << (bits - 1), 1 << bits):
            made = reciprocals.rounded(x * high + reciprocals.rounded(x * low, bits), bits)
            if made != reciprocals.rounded(Fraction(x, divisor), bits):
                assert x in listed
                wrong += 1
    assert wrong


def quotients(dtype, divisors: list[float]):
    """A function of an array that divides it by each."""

    def body(b: Builder, x: Value) -> list[Value]:
        return [b("div", x, b("broadcast", b.const(d, dtype), shape=x.shape, dims=())) for d in divisors]

    return body


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
def test_quotients_are_those_of_a_division(dtype):
    rng = np.random.default_rng(1)
    divisors = [0.001, -0.1, 3.0, 7.0, 9.81, -1e9, *np.exp(rng.normal(size=10) * 9), 1e-20, 2.0, -np.inf, 1e40]
    x = np.array([*EDGES, *(-np.array(EDGES)), *(rng.normal(size=900) * 10.0 ** rng.integers(-30, 30, 900))])
    with np.errstate(all="ignore"):
        x = x.astype(dtype.numpy)
        func = build([ArrayType(dtype, (x.size,))], quotients(dtype, divisors))
        compiled = check(func, x, rtol=4 * float(np.finfo(dtype.numpy).eps))
        for got, d in zip(compiled([x]), divisors, strict=True):
            true = x / x.dtype.type(d)
            tiny = np.abs(true) < np.finfo(x.dtype).tiny / np.finfo(x.dtype).eps
            np.testing.assert_array_equal(got[~tiny], true[~tiny])
            np.testing.assert_array_max_ulp(got[tiny], true[tiny], 1, x.dtype)
            np.testing.assert_array_equal(np.signbit(got[true == true]), np.signbit(true[true == true]))
    assert len(re.findall(r"call \w+ @llvm.fma", compiled.llvm)) > 12
    assert "fdiv" in compiled.llvm


def test_what_would_be_rounded_the_wrong_way_is_divided():
    """Of 3.06 one dividend is known, up to its exponent, that two multiplications would get wrong."""
    size = Fraction(3.06)
    x = np.array([float(n) for n in reciprocals._hard(size, 53)])
    high = reciprocals.rounded(1 / size, 53, down=True)
    low = reciprocals.rounded(1 / size - high, 53)
    made = [reciprocals.rounded(int(n) * high + reciprocals.rounded(int(n) * low, 53), 53) for n in x]
    assert (np.array([float(q) for q in made]) != x / 3.06).sum() == 1
    compiled = check(build([f64(x.size)], quotients(F64, [3.06])), x)
    np.testing.assert_array_equal(compiled([x])[0], x / 3.06)


@pytest.mark.parametrize("divisor", [0.25, 0.0, np.inf, np.nan, 3.06, 1e200, 5e-324])
def test_divisors_without_two_parts(divisor: float):
    assert reciprocals.parts(divisor, F64) is None
