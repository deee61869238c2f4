"""Rows of arrays divided by one number each: two multiplications with the result of a division."""

import re

import numpy as np
import pytest

from tangra.ir import F32, F64, ArrayType, Builder, Value
from tests.native.common import build, check

EDGES = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, 1e-290, 1.7e308, 5e-324, 1e-310, 3e-39, 3.4e38, 1e-45]


def by_rows(b: Builder, x: Value, d: Value) -> Value:
    return b("div", x, b("broadcast", d, shape=x.shape, dims=(0,)))


def dividends(rng: np.random.Generator, dtype) -> np.ndarray:
    edges = [*EDGES, *(-v for v in EDGES)]
    with np.errstate(all="ignore"):
        return np.array([*edges, *(rng.normal(size=400) * 10.0 ** rng.integers(-30, 30, 400))]).astype(dtype.numpy)


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
def test_quotients_are_those_of_a_division(dtype):
    """For divisors of all sizes, powers of two, zeros, infinities and NaN; tiny quotients may be one ulp off."""
    rng = np.random.default_rng(2)
    x = dividends(rng, dtype)
    with np.errstate(all="ignore"):
        spread = 40 if dtype is F32 else 300
        sizes = rng.normal(size=300) * 10.0 ** rng.integers(-spread, spread, 300)
        d = np.array([*EDGES, *(-v for v in EDGES), *2.0 ** np.arange(-1074, 1024, 7), *sizes]).astype(dtype.numpy)
        rows = np.broadcast_to(x, (d.size, x.size)).copy()
        func = build([ArrayType(dtype, rows.shape), ArrayType(dtype, d.shape)], by_rows)
        compiled = check(func, rows, d, rtol=1e-2)
        got, true = compiled([rows, d])[0], rows / d[:, None]
        tiny = np.abs(true) < np.finfo(x.dtype).tiny / np.finfo(x.dtype).eps
        np.testing.assert_array_equal(got[~tiny], true[~tiny])
        np.testing.assert_array_max_ulp(got[tiny], true[tiny], 1, x.dtype)
        np.testing.assert_array_equal(np.signbit(got[true == true]), np.signbit(true[true == true]))
    assert re.search(r"call \w+ @llvm.fma", compiled.llvm)


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
def test_random_quotients_are_rounded_as_those_of_a_division(dtype):
    rng = np.random.default_rng(3)
    rows, d = rng.uniform(1, 2, (1000, 1000)).astype(dtype.numpy), rng.uniform(1, 2, 1000).astype(dtype.numpy)
    compiled = check(build([ArrayType(dtype, rows.shape), ArrayType(dtype, d.shape)], by_rows), rows, d)
    wrong = np.count_nonzero(compiled([rows, d])[0] != rows / d[:, None])
    assert wrong <= (1 if dtype is F64 else 2)


@pytest.mark.parametrize("shape, dims", [((40, 6), (0,)), ((40, 60), (1,))])
def test_short_rows_and_other_axes_are_divided(shape, dims):
    def body(b: Builder, x: Value, d: Value) -> Value:
        return b("div", x, b("broadcast", d, shape=x.shape, dims=dims))

    rng = np.random.default_rng(4)
    x, d = rng.normal(size=shape), rng.normal(size=shape[dims[0]])
    compiled = check(build([ArrayType(F64, shape), ArrayType(F64, d.shape)], body), x, d)
    assert "fdiv" in compiled.llvm and not re.search(r"call double @llvm.fma.f64", compiled.llvm)
