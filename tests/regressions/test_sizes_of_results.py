"""Transformed functions whose results have a size that only they know: Jacobians of them, values beside a gradient,
checkpoints and cotangents ended in errors of the IR."""

import numpy as np
import pytest

import tangra as tg

X, K = np.array([1.0, -1.0, 2.0]), np.array([1])


def part(x, k):
    return x[k[0] :] ** 2


def positive(x, k):
    items = []
    for v in x:
        if v > 0:
            items.append(v * k[0])
    return np.array(items) ** 2


EXPECTED = {part: np.diag(2.0 * X)[1:], positive: np.diag(2.0 * X)[[0, 2]]}


@pytest.mark.parametrize("f", EXPECTED, ids=lambda f: f.__name__)
def test_derivatives(f):
    value, jacobian = f(X, K), EXPECTED[f]
    np.testing.assert_array_equal(tg.jacfwd(f)(X, K), jacobian)
    np.testing.assert_array_equal(tg.jacrev(f)(X, K), jacobian)
    np.testing.assert_array_equal(tg.jvp(f, (X, K), (X, None))[1], jacobian @ X)
    np.testing.assert_array_equal(tg.vjp(f, X, K)[1](value)[0], value @ jacobian)
    np.testing.assert_array_equal(tg.checkpoint(f)(X, K), value)
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(tg.checkpoint(f)(x, K)))(X), jacobian.sum(axis=0))
    (total, found), gradient = tg.value_and_grad(lambda x: (np.sum(f(x, K)), f(x, K)), has_aux=True)(X)
    np.testing.assert_array_equal(found, value)
    np.testing.assert_array_equal(gradient, jacobian.sum(axis=0))
    assert total == value.sum()


@pytest.mark.parametrize("f", EXPECTED, ids=lambda f: f.__name__)
def test_second_derivatives_and_lanes(f):
    def total(x):
        return np.sum(tg.jacfwd(f)(x, K) ** 2)

    expected = 8.0 * X * EXPECTED[f].any(axis=0)
    np.testing.assert_allclose(tg.grad(total)(X), expected)
    np.testing.assert_allclose(tg.vmap(tg.grad(total))(X[None])[0], expected)


def test_a_cotangent_of_another_size():
    with pytest.raises(ValueError, match="3 and 2 differ"):
        tg.vjp(part, X, K)[1](np.ones(3))


def test_lanes_whose_number_only_the_run_knows():
    def squares(x, k):
        return np.sum(tg.vmap(lambda y: y * y)(x[k[0] :]))

    assert tg.jit(squares)(X, K) == 5.0
    np.testing.assert_array_equal(tg.grad(squares)(X, K), [0.0, -2.0, 4.0])
