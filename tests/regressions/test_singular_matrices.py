"""Which matrices are singular is a matter of rounding: those for which elimination, as NumPy's LAPACK does it, ends in
a pivot that is exactly 0. Compiled code eliminated in the transpose, and joined products and differences of 2 by 2
matrices: it gave inverses of 1e16 where NumPy raises LinAlgError, and raised where NumPy gives a number."""

import numpy as np
import pytest

import tangra as tg


def inverse(a):
    return np.linalg.inv(a)


def solution(a):
    return np.linalg.solve(a, np.ones(len(a), a.dtype))


def determinant(a):
    return np.linalg.det(a)


def sign_and_logarithm(a):
    return np.linalg.slogdet(a)


FUNCTIONS = [inverse, solution, determinant, sign_and_logarithm]


def matrices(size, dtype):
    """Of small integers, and tenths of such: every second one has a row that is a sum of multiples of the others."""
    rng = np.random.default_rng(size)
    for k in range(200):
        a = rng.integers(-9, 10, (size, size)).astype(dtype)
        if k % 2:
            a[k % size] = rng.integers(-3, 4, size - 1).astype(dtype) @ np.delete(a, k % size, 0)
        yield a if k % 4 < 2 else a * dtype(0.1)


def outcome(function, a):
    """Whether `function` finds the matrix singular."""
    try:
        result = function(a)
    except np.linalg.LinAlgError:
        return True
    found = result[0] if isinstance(result, tuple) else result
    return bool(np.ndim(found) == 0 and found == 0)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("size", "dynamic"), [(2, False), (3, False), (4, True), (5, False)])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_singular_where_numpy_says_so(function, size, dynamic, dtype):
    compiled = tg.jit(function, dynamic=dynamic)
    expected = [outcome(function, a) for a in matrices(size, dtype)]
    assert [outcome(compiled, a) for a in matrices(size, dtype)] == expected
    assert any(expected) and not all(expected)


def test_determinants_of_batches():
    batch = np.array(list(matrices(2, np.float64)))
    assert ((tg.jit(determinant)(batch) == 0) == (np.linalg.det(batch) == 0)).all()


@pytest.mark.parametrize("scale", [2.0**-1040, 2.0**-1022, 2.0**-1000, 2.0**1000])
def test_pivots_whose_reciprocals_are_not_finite(scale):
    a = np.array([[3.0, 1.0], [2.0, 5.0]])
    a[:, 0] *= scale
    assert tg.jit(determinant)(a) == pytest.approx(np.linalg.det(a), rel=1e-12)
