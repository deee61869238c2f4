"""The reference meaning of every operation against a second, independent one."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy import special

from tangra.ir.opdef import all_ops
from tests.ops import naive, naive_windows
from tests.ops.samples import samples
from tests.ops.single import results_of

RTOL = {"float64": 4e-13, "float32": 4e-6}
UFUNC_NAMES = {
    "neg": "negative",
    "sub": "subtract",
    "mul": "multiply",
    "mul_rounded": "multiply",
    "div": "divide",
    "mod": "remainder",
    "abs": "absolute",
    "floordiv": "floor_divide",
    "pow": "power",
    "atan2": "arctan2",
    "not": "invert",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "shl": "left_shift",
    "shr": "right_shift",
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "acos": "arccos",
    "asin": "arcsin",
    "atan": "arctan",
    "acosh": "arccosh",
    "asinh": "arcsinh",
    "atanh": "arctanh",
}
SPECIAL_NAMES = {"lgamma": "gammaln", "sigmoid": "expit", "digamma": "digamma"}
LINALG = {"cholesky", "inverse", "det", "slogdet", "lu", "eigh", "solve", "triangular_solve", "qr", "svd"}
SCALAR = [d.name for d in all_ops() if d.name in naive.SCALAR or d.name in ("shl", "shr")]


def close(actual: Any, expected: Any, message: str, scale: float = 1.0) -> None:
    assert actual.dtype == expected.dtype, message
    assert np.shape(actual) == np.shape(expected), message
    rtol = RTOL.get(str(actual.dtype), 0)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(actual, expected, rtol=rtol, atol=rtol * scale, err_msg=message)


def quiet(function: Any, *args: Any, **attrs: Any) -> Any:
    with np.errstate(all="ignore"):
        return function(*args, **attrs)


def test_every_op_has_an_independent_meaning_here() -> None:
    known = {*SCALAR, *naive.WHOLE, *LINALG, "cast", "empty"}
    assert {d.name for d in all_ops() if d.family != "control"} == known


@pytest.mark.parametrize("name", SCALAR)
def test_elementwise_on_python_numbers(name: str) -> None:
    compared = 0
    for operands, attrs in samples(name):
        (actual,) = (np.asarray(r) for r in results_of(name, operands, attrs))
        for place in np.ndindex(actual.shape):
            numbers = [np.asarray(x)[place] for x in operands]
            expected = naive.scalar(name, numbers[0].dtype, [n.item() for n in numbers])
            if expected is not None and np.abs(expected) < 3e38:
                close(actual[place], actual.dtype.type(expected), f"{numbers}")
                compared += 1
    assert compared > 20


@pytest.mark.parametrize("name", SCALAR)
def test_elementwise_on_all_values_is_numpys(name: str) -> None:
    spelled = SPECIAL_NAMES.get(name, UFUNC_NAMES.get(name, name))
    ufunc = {"stop_gradient": np.positive, "trigamma": lambda x: special.polygamma(1, x)}.get(name)
    ufunc = ufunc or getattr(np, spelled, None) or getattr(special, spelled)
    for operands, attrs in samples(name):
        (actual,) = results_of(name, operands, attrs)
        if name == "stop_gradient" and actual.dtype == bool:
            expected = operands[0]
        elif name == "pow" and actual.dtype.kind == "i":
            expected = quiet(np.power, operands[0], np.maximum(operands[1], operands[1].dtype.type(0)))
        else:
            expected = quiet(ufunc, *operands)
        close(actual, quiet(expected.astype, actual.dtype), f"{operands}")
        np.testing.assert_array_equal(np.signbit(actual.astype(float)), np.signbit(expected.astype(float)))


@pytest.mark.parametrize("name", list(naive.WHOLE))
def test_arrays_element_by_element(name: str) -> None:
    compared = 0
    for operands, attrs in samples(name):
        (actual,) = results_of(name, operands, attrs)
        expected = quiet(naive.WHOLE[name], *(np.asarray(x) for x in operands), **attrs)
        if expected is not None:
            scale = np.abs(expected).max(initial=1.0) if name in naive_windows.WHOLE else 1.0
            close(np.asarray(actual), np.asarray(expected).astype(actual.dtype), f"{operands} {attrs}", scale)
            compared += 1
    assert compared > 3


def test_cast_truncates_and_tests_for_zero() -> None:
    for (x,), attrs in samples("cast"):
        (actual,) = results_of("cast", [x], attrs)
        target = np.dtype(attrs["dtype"].numpy)
        assert actual.dtype == target
        for place in np.ndindex(actual.shape):
            number, result = np.asarray(x)[place].item(), np.asarray(actual)[place].item()
            if target.kind == "b":
                assert result is bool(number != 0)
            elif target.kind in "iu":
                assert (result - int(number)) % 2 ** (8 * target.itemsize) == 0
                assert np.iinfo(target).min <= result <= np.iinfo(target).max
            else:
                np.testing.assert_equal(result, quiet(target.type, number).item())


def matrices(name: str) -> list[tuple[list[Any], dict[str, Any], list[Any]]]:
    return [(operands, attrs, results_of(name, operands, attrs)) for operands, attrs in samples(name)]


def same(actual: Any, expected: Any) -> None:
    tolerance = 1e-10 if actual.dtype == np.float64 else 2e-4
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def flip(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def test_cholesky_factors_and_reports() -> None:
    for (a,), _, (low, ok) in matrices("cholesky"):
        for p in np.ndindex(a.shape[:-2]):
            definite = bool(np.all(np.linalg.eigvalsh(a[p]) > 1e-9))
            assert np.asarray(ok)[p] == definite
            if definite:
                same(low[p] @ low[p].T, a[p])
                np.testing.assert_array_equal(low[p], np.tril(low[p]))
            else:
                assert np.isnan(low[p]).all()


def test_inverse_and_solve_report_singular_matrices_by_nan_and_flag() -> None:
    for (a,), _, (inverse, ok) in matrices("inverse"):
        for p in np.ndindex(a.shape[:-2]):
            assert np.asarray(ok)[p] == (np.linalg.matrix_rank(a[p]) == a.shape[-1] if a.size else True)
            same(inverse[p] @ a[p], np.eye(a.shape[-1]) if np.asarray(ok)[p] else np.full(a.shape[-2:], np.nan))
    for (a, b), _, (x, ok) in matrices("solve"):
        singular = a.shape == (2, 2) and np.all(a == 1)
        assert np.all(ok) != singular
        if np.all(ok):
            same(a @ x, b)


def test_triangular_solve_reads_one_triangle() -> None:
    for (a, b), attrs, (x,) in matrices("triangular_solve"):
        triangle = np.tril(a) if attrs["lower"] else np.triu(a)
        if attrs["unit"]:
            triangle = triangle - triangle * np.eye(a.shape[-1], dtype=a.dtype) + np.eye(a.shape[-1], dtype=a.dtype)
        same((flip(triangle) if attrs["trans"] else triangle) @ x, b)


def leibniz(a: Any) -> float:
    """The determinant as the sum over permutations."""
    total = 0.0
    for perm in itertools.permutations(range(len(a))):
        swaps = sum(perm[i] > perm[j] for i in range(len(a)) for j in range(i + 1, len(a)))
        total += (-1) ** swaps * float(np.prod([float(a[i, k]) for i, k in enumerate(perm)]))
    return total


def test_determinants_are_sums_over_permutations() -> None:
    for (a,), _, (det,) in matrices("det"):
        same(
            det,
            np.array([leibniz(m) for m in a.reshape(-1, *a.shape[-2:])]).reshape(a.shape[:-2])
            if a.shape[:-2]
            else leibniz(a),
        )
    for (a,), _, (sign, logdet) in matrices("slogdet"):
        with np.errstate(all="ignore"):
            same(sign * np.exp(logdet), np.linalg.det(a))


def test_lu_multiplies_back_to_the_permuted_matrix() -> None:
    for (a,), _, (packed, perm, sign) in matrices("lu"):
        for p in np.ndindex(a.shape[:-2]):
            low, up = np.tril(packed[p], -1) + np.eye(a.shape[-1]), np.triu(packed[p])
            same(a[p][perm[p]], low @ up)
            assert np.asarray(sign)[p] == round(np.linalg.det(np.eye(a.shape[-1])[perm[p]]))


def test_eigh_qr_and_svd_multiply_back() -> None:
    for (a,), _, (w, v) in matrices("eigh"):
        same(a @ v, v * w[..., None, :])
        assert np.all(np.diff(w) >= 0)
    for (a,), _, (q, r) in matrices("qr"):
        same(q @ r, a)
        same(flip(q) @ q, np.broadcast_to(np.eye(q.shape[-1]), (*a.shape[:-2], q.shape[-1], q.shape[-1])))
    for (a,), _, (u, s, vt) in matrices("svd"):
        same((u * s[..., None, :]) @ vt, a)
        assert np.all(np.diff(s) <= 0)


@pytest.mark.parametrize("name", ["eigh", "svd"])
def test_iterations_that_do_not_converge_are_nan_for_that_matrix(name: str) -> None:
    good = np.array([[2.0, 1.0], [1.0, 3.0]])
    results = results_of(name, [np.array([good, np.full((2, 2), np.nan)])], {})
    for r, alone in zip(results, results_of(name, [good], {}), strict=True):
        same(r[0], alone)
        assert np.isnan(r[1]).all()


def test_empty_holds_what_no_program_computes() -> None:
    for _, attrs in samples("empty"):
        (x,) = results_of("empty", [], attrs)
        assert np.shape(x) == attrs["shape"]
        assert np.isnan(x).all() if x.dtype.kind == "f" else np.all(np.asarray(x) >= 1)
