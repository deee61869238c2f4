"""Derivatives where the textbook formula fails: ties, zeros, poles, duplicates, singular matrices, unread triangles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tangra.ir.interpreter import interpret
from tangra.transforms import jvp, vjp
from tests.ops.single import jvp_of, results_of, value_func, vjp_of

NAN, INF = np.nan, np.inf


def slopes(name: str, *numbers: float) -> list[float]:
    """The derivatives in each operand of an elementwise op at a point, in forward and, checked equal, reverse mode."""
    operands: list[Any] = [np.float64(n) for n in numbers]
    forward = [float(jvp_of(name, operands, {}, {k: np.float64(1)})[0]) for k in range(len(operands))]
    reverse = [float(r) for r in vjp_of(name, operands, {}, {0: np.float64(1)}, list(range(len(operands))))]
    np.testing.assert_array_equal(forward, reverse)
    return forward


@pytest.mark.parametrize(
    ("name", "point", "expected"),
    [
        ("abs", (0.0,), [0.0]),
        ("abs", (-0.0,), [0.0]),
        ("maximum", (2.0, 2.0), [0.5, 0.5]),
        ("minimum", (2.0, 2.0), [0.5, 0.5]),
        ("maximum", (3.0, 2.0), [1.0, 0.0]),
        ("minimum", (3.0, 2.0), [0.0, 1.0]),
        ("maximum", (NAN, 2.0), [1.0, 0.0]),
        ("minimum", (2.0, NAN), [1.0, 0.0]),
        ("fmax", (NAN, 2.0), [0.0, 1.0]),
        ("fmax", (2.0, NAN), [1.0, 0.0]),
        ("fmin", (NAN, 2.0), [0.0, 1.0]),
        ("fmin", (2.0, NAN), [1.0, 0.0]),
        ("fmax", (2.0, 2.0), [0.5, 0.5]),
        ("fmin", (1.0, 2.0), [1.0, 0.0]),
        ("hypot", (0.0, 0.0), [0.0, 0.0]),
        ("hypot", (0.0, 2.0), [0.0, 1.0]),
        ("hypot", (3e200, 4e200), [0.6, 0.8]),
        ("pow", (0.0, 2.0), [0.0, 0.0]),
        ("pow", (0.0, 1.0), [1.0, 0.0]),
        ("pow", (0.0, 0.0), [0.0, 0.0]),
        ("pow", (-2.0, 0.0), [0.0, NAN]),
        ("pow", (-2.0, 3.0), [12.0, NAN]),
        ("pow", (0.0, 0.5), [INF, 0.0]),
        ("sqrt", (0.0,), [INF]),
        ("log", (0.0,), [INF]),
        ("div", (1.0, 0.0), [INF, -INF]),
        ("heaviside", (0.0, 0.5), [0.0, 1.0]),
        ("heaviside", (2.0, 0.5), [0.0, 0.0]),
        ("copysign", (2.0, -1.0), [-1.0, 0.0]),
        ("copysign", (-2.0, -1.0), [1.0, 0.0]),
        ("nextafter", (2.0, 3.0), [1.0, 0.0]),
        ("logaddexp", (INF, 0.0), [1.0, 0.0]),
        ("logaddexp", (-INF, -INF), [0.5, 0.5]),
        ("logaddexp", (1000.0, 1000.0), [0.5, 0.5]),
        ("atan2", (0.0, 1e-200), [1e200, -0.0]),
        ("tanh", (50.0,), [0.0]),
        ("floor", (2.0,), [0.0]),
        ("sign", (0.0,), [0.0]),
    ],
)
def test_at_ties_zeros_and_poles(name: str, point: tuple[float, ...], expected: list[float]) -> None:
    np.testing.assert_allclose(slopes(name, *point), expected, rtol=1e-15)


STRONG = [
    ("sqrt", (0.0,)),
    ("log", (0.0,)),
    ("log2", (0.0,)),
    ("log10", (0.0,)),
    ("log1p", (-1.0,)),
    ("div", (1.0, 0.0)),
    ("div", (0.0, 0.0)),
    ("pow", (0.0, -1.0)),
    ("pow", (-1.0, 0.5)),
    ("cbrt", (0.0,)),
    ("asin", (1.0,)),
    ("acos", (-1.0,)),
    ("acosh", (1.0,)),
    ("atanh", (1.0,)),
    ("atan2", (0.0, 0.0)),
    ("mod", (1.0, 0.0)),
    ("fmod", (1.0, 0.0)),
    ("lgamma", (0.0,)),
    ("gamma", (0.0,)),
    ("digamma", (0.0,)),
    ("sqrt", (-1.0,)),
    ("log", (-1.0,)),
    ("hypot", (INF, INF)),
]


@pytest.mark.parametrize(("name", "point"), STRONG)
def test_a_zero_tangent_or_cotangent_gives_zero_at_every_pole(name: str, point: tuple[float, ...]) -> None:
    operands: list[Any] = [np.float64(n) for n in point]
    places = list(range(len(operands)))
    assert jvp_of(name, operands, {}, {k: np.float64(0) for k in places}) == [0.0]
    assert vjp_of(name, operands, {}, {0: np.float64(0)}, places) == [0.0] * len(places)


def test_the_operand_not_chosen_adds_nothing_even_if_its_tangent_is_infinite() -> None:
    two, one, inf = np.float64(2), np.float64(1), np.float64(INF)
    assert jvp_of("maximum", [two, one], {}, {0: one, 1: inf}) == [1.0]
    assert jvp_of("minimum", [two, one], {}, {0: inf, 1: one}) == [1.0]
    assert jvp_of("select", [np.True_, two, one], {}, {1: one, 2: inf}) == [1.0]
    assert vjp_of("maximum", [two, one], {}, {0: inf}, [0, 1]) == [INF, 0.0]
    assert vjp_of("select", [np.True_, two, one], {}, {0: inf}, [1, 2]) == [INF, 0.0]


@pytest.mark.parametrize("zeros", [0, 1, 2])
def test_products_with_zeros(zeros: int) -> None:
    x = np.array([2.0, 3.0, 0.5, 4.0, 7.0])
    x[:zeros] = 0.0
    others = [np.prod(np.delete(x, k)) for k in range(5)]
    assert vjp_of("reduce_prod", [x], {"axes": (0,)}, {0: np.float64(1)}, [0])[0].tolist() == others
    t = np.array([1.0, -1.0, 2.0, 0.5, 3.0])
    assert jvp_of("reduce_prod", [x], {"axes": (0,)}, {0: t}) == [np.dot(others, t)]
    jacobian = np.zeros((5, 5))
    for i in range(5):
        for k in range(i + 1):
            jacobian[i, k] = np.prod(np.delete(x[: i + 1], k))
    forward, reverse = {"axis": 0, "reverse": False}, {"axis": 0, "reverse": True}
    np.testing.assert_allclose(jvp_of("cumprod", [x], forward, {0: t})[0], jacobian @ t)
    np.testing.assert_allclose(vjp_of("cumprod", [x], forward, {0: t}, [0])[0], jacobian.T @ t)
    np.testing.assert_allclose(jvp_of("cumprod", [x[::-1]], reverse, {0: t[::-1]})[0], (jacobian @ t)[::-1])
    np.testing.assert_allclose(vjp_of("cumprod", [x[::-1]], reverse, {0: t[::-1]}, [0])[0], (jacobian.T @ t)[::-1])


def test_extrema_split_evenly_among_ties() -> None:
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    (ct,) = vjp_of("reduce_max", [x], {"axes": (1,)}, {0: np.array([1.0, 3.0])}, [0])
    np.testing.assert_array_equal(ct, [[0, 0.5, 0.5], [1, 1, 1]])
    (t,) = jvp_of("reduce_min", [x], {"axes": (0, 1)}, {0: np.arange(6.0).reshape(2, 3)})
    assert t == 0.0
    (ct,) = vjp_of("reduce_max", [np.array([1.0, NAN])], {"axes": (0,)}, {0: np.float64(1)}, [0])
    np.testing.assert_array_equal(ct, [0.5, 0.5])


def test_running_extrema_belong_to_the_last_of_ties_and_the_first_nan() -> None:
    x, seed = np.array([1.0, 3.0, 2.0, 3.0, NAN, 5.0]), np.arange(1.0, 7.0)
    attrs = {"axis": 0, "reverse": False}
    (ct,) = vjp_of("cummax", [x], attrs, {0: seed}, [0])
    np.testing.assert_array_equal(ct, [1, 2 + 3, 0, 4, 5 + 6, 0])
    np.testing.assert_array_equal(jvp_of("cummax", [x], attrs, {0: seed})[0], [1, 2, 2, 4, 5, 5])
    (ct,) = vjp_of("cummin", [x[::-1]], {"axis": 0, "reverse": True}, {0: seed[::-1]}, [0])
    np.testing.assert_array_equal(ct[::-1], [1 + 2 + 3 + 4, 0, 0, 0, 5 + 6, 0])


def test_sort_of_ties_is_stable() -> None:
    (t,) = jvp_of("sort", [np.array([2.0, 1.0, 2.0, 1.0])], {"axis": 0}, {0: np.arange(4.0)})
    np.testing.assert_array_equal(t, [1, 3, 0, 2])


def test_the_last_of_several_writes_has_the_derivative() -> None:
    x, at = np.zeros(3), np.array([1, 0, 1])
    ct_x, ct_v = vjp_of("scatter", [x, np.ones(3), at], {}, {0: np.array([5.0, 6.0, 7.0])}, [0, 1])
    np.testing.assert_array_equal(ct_x, [0, 0, 7])
    np.testing.assert_array_equal(ct_v, [0, 5, 6])
    (t,) = jvp_of("scatter", [x, np.ones(3), at], {}, {0: np.array([9.0, 9.0, 9.0]), 1: np.array([1.0, 2.0, 3.0])})
    np.testing.assert_array_equal(t, [2, 3, 9])
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    seed = np.arange(6.0).reshape(3, 2)
    _, ct_v = vjp_of("scatter", [np.zeros((3, 2)), rows, np.array([2, 2])], {}, {0: seed}, [0, 1])
    np.testing.assert_array_equal(ct_v, [[0, 0], [4, 5]])


def cofactors(a: Any) -> Any:
    n = len(a)
    return np.array(
        [[(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(a, i, 0), j, 1)) for j in range(n)] for i in range(n)]
    )


@pytest.mark.parametrize(
    "a",
    [
        np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]),
        np.array([[1.0, 2.0], [2.0, 4.0]]),
        np.diag([1.0, 0.0, 3.0]),
        np.diag([1.0, 0.0, 0.0]),
        np.array([[1.0, 1.0], [1.0, 1.0 + 1e-9]]),
        np.array([[0.0, 1.0], [1.0, 0.0]]),
        np.array([[5.0]]),
        np.array([[0.0]]),
        np.zeros((2, 2)),
        np.arange(16.0).reshape(4, 4) ** 1.5 % 7,
        np.arange(16.0).reshape(4, 4) + np.eye(4)[0],
        np.diag([1.0, 0.0, 3.0, 4.0]),
        np.diag([1.0, 0.0, 3.0, 0.0, 2.0]),
        np.array([[1.0, 1.0, 0.0, 2.0], [1.0, 1.0 + 1e-10, 0.0, 2.0], [0.0, 3.0, 1.0, 0.0], [2.0, 0.0, 1.0, 1.0]]),
    ],
    ids=lambda a: str(a.tolist()),
)
def test_determinant_of_a_singular_matrix_has_its_cofactors(a: Any) -> None:
    (ct,) = vjp_of("det", [a], {}, {0: np.float64(1)}, [0])
    np.testing.assert_allclose(ct, cofactors(a), rtol=1e-12, atol=1e-13)


def test_second_derivatives_of_the_determinant_of_a_singular_matrix() -> None:
    for n in (2, 3, 4):
        a = np.diag([0.0, *range(1, n)])
        places = [True, False]
        first = vjp(value_func("det", [a], {}), [True])
        second = jvp(first, places)
        for at in np.ndindex(n, n):
            t = np.zeros((n, n))
            t[at] = 1.0
            *_, moved = interpret(second, [a, np.float64(1), t])
            expected = (
                (cofactors(a + t) - cofactors(a - t)) / 2
                if n < 4
                else (8 * (cofactors(a + t / 2) - cofactors(a - t / 2)) - (cofactors(a + t) - cofactors(a - t))) / 6
            )
            np.testing.assert_allclose(moved, expected, atol=1e-12)


def test_one_singular_matrix_of_a_batch() -> None:
    a = np.array([np.diag([1.0, 0.0, 2.0, 3.0]), np.eye(4) + np.tri(4)])
    (ct,) = vjp_of("det", [a], {}, {0: np.array([1.0, 2.0])}, [0])
    np.testing.assert_allclose(ct, [cofactors(a[0]), 2 * cofactors(a[1])], atol=1e-14)
    empty = vjp_of("det", [np.zeros((0, 0))], {}, {0: np.float64(1)}, [0])
    assert empty[0].shape == (0, 0)


@pytest.mark.parametrize("name", ["cholesky", "eigh"])
def test_the_upper_triangle_is_not_read(name: str) -> None:
    a = np.array([[4.0, 9.0, 9.0], [1.0, 3.0, 9.0], [0.5, 0.2, 2.0]])
    symmetric = np.tril(a) + np.tril(a, -1).T
    for x, y in zip(results_of(name, [a], {}), results_of(name, [symmetric], {}), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-14)
    seeds = [np.ones(np.shape(r)) for r in results_of(name, [a], {}) if r.dtype.kind == "f"]
    (ct,) = vjp_of(name, [a], {}, dict(enumerate(seeds)), [0])
    np.testing.assert_array_equal(np.triu(ct, 1), 0)
    upper = np.triu(np.ones((3, 3)), 1)
    for t in jvp_of(name, [a], {}, {0: upper}):
        np.testing.assert_array_equal(t, 0)


def test_equal_singular_values_have_a_derivative_and_their_vectors_none() -> None:
    (ct,) = vjp_of("svd", [np.eye(3)], {}, {1: np.array([1.0, 2.0, 4.0])}, [0])
    np.testing.assert_allclose(np.linalg.svd(ct)[1], [4, 2, 1])
    (ct,) = vjp_of("svd", [np.eye(2)], {}, {0: np.array([[1.0, 2.0], [3.0, 4.0]])}, [0])
    assert not np.isfinite(ct).all()
    (ct,) = vjp_of("eigh", [np.eye(2)], {}, {1: np.array([[1.0, 2.0], [3.0, 4.0]])}, [0])
    assert not np.isfinite(ct).all()


def test_casts_between_floats_are_linear_and_others_flat() -> None:
    from tangra.ir import F32, F64, I64

    x, t = np.array([1.5, 2.5]), np.array([0.25, 0.5])
    (tangent,) = jvp_of("cast", [x], {"dtype": F32}, {0: t})
    assert tangent.dtype == np.float32
    np.testing.assert_array_equal(tangent, t)
    (ct,) = vjp_of("cast", [x], {"dtype": F32}, {0: t.astype(np.float32)}, [0])
    assert ct.dtype == np.float64
    np.testing.assert_array_equal(ct, t)
    assert jvp_of("cast", [x], {"dtype": I64}, {0: t}) == []
    assert vjp_of("cast", [np.array([1, 2])], {"dtype": F64}, {0: t}, []) == []
