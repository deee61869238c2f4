"""Every function against the C library in a wider format, within its documented bound, on the whole range."""

import numpy as np
import pytest

from benchmarks import vecmath_reference as reference
from benchmarks.vecmath_harness import compiled
from tangra.ir import F32, F64, DType
from tangra.native import vecmath

POINTS = 200_000
CASES = [pytest.param(op, t, id=f"{op}-{t}") for t in (F64, F32) for op in sorted(vecmath.functions(t))]


@pytest.mark.parametrize("op, dtype", CASES)
def test_error_is_within_the_bound(op: str, dtype: DType):
    args = reference.points(op, dtype, POINTS, seed=7)
    with np.errstate(all="ignore"):
        errors = reference.errors(compiled(op, dtype)(*args), reference.exact(op, *args))
    at = int(np.argmax(errors))
    assert errors[at] <= vecmath.ulp(op, dtype), f"{errors[at]} ulp at {[float(a[at]) for a in args]}"


@pytest.mark.parametrize("op, dtype", CASES)
def test_bound_is_two_ulp_at_most(op: str, dtype: DType):
    assert 0.5 <= vecmath.ulp(op, dtype) <= 2.0


def test_error_measure_sees_one_ulp():
    exact = np.array([1.0, 1.5, -3.0, 2.0**-1074], np.longdouble)
    found = np.array([1.0 + 2.0**-52, 1.5, -3.0 - 2.0**-51, 2.0**-1073])
    assert reference.errors(found, exact).tolist() == [1.0, 0.0, 1.0, 1.0]


def test_error_measure_sees_wrong_special_values():
    exact = np.array([np.nan, np.nan, 1.0, np.inf, np.ldexp(np.longdouble(1), 1024)], np.longdouble)
    found = np.array([np.nan, 1.0, np.nan, np.inf, np.inf])
    with np.errstate(all="ignore"):
        assert reference.errors(found, exact).tolist() == [0.0, np.inf, np.inf, 0.0, 0.0]


@pytest.mark.parametrize("op", ["sin", "cos", "tan"])
def test_the_double_closest_to_a_multiple_of_half_pi(op: str):
    """6381956970095103 · 2^797 is 4.7e-19 from one; no double comes nearer."""
    x = np.array([6381956970095103.0 * 2.0**797, -6381956970095103.0 * 2.0**797])
    assert reference.errors(compiled(op, F64)(x), reference.exact(op, x)).max() <= vecmath.ulp(op, F64)


def test_powers_of_ten_have_whole_logarithms():
    exponents = np.arange(-307, 309)
    x = np.array([float(f"1e{e}") for e in exponents])
    assert compiled("log10", F64)(x).tolist() == exponents.tolist()


@pytest.mark.parametrize("dtype", [F64, F32])
def test_exact_powers(dtype: DType):
    bases, exponents = (a.ravel() for a in np.meshgrid(np.arange(-12.0, 13), np.arange(0.0, 7)))
    result = compiled("pow", dtype)(bases.astype(dtype.numpy), exponents.astype(dtype.numpy))
    assert result.tolist() == (bases**exponents).tolist()
    twos = np.arange(-140 if dtype == F32 else -1070, 127).astype(dtype.numpy)
    assert compiled("exp2", dtype)(twos).tolist() == np.ldexp(1.0, twos.astype(int)).tolist()
    assert compiled("log2", dtype)(np.ldexp(dtype_one(dtype), twos.astype(int))).tolist() == twos.tolist()


def dtype_one(dtype: DType) -> np.generic:
    return np.ones((), dtype.numpy)[()]
