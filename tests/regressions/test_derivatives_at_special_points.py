"""Derivatives at points where the formula of a value is another one: a quotient of zeros, a tie, a zero exponent. What
chose the formula there also cut off what the derivative depends on, so that second derivatives, some first ones too,
were zero. The oracle is what is known of the functions at these points."""

import math

import numpy as np
import pytest
import scipy.special as sp

import tangra as tg


def softplus(x):
    return np.logaddexp(0.0, x)


def softplus_of_base_2(x):
    return np.logaddexp2(0.0, x)


def boxcox_of_exponent(x):
    return sp.boxcox(2.0, x)


LN2 = math.log(2.0)
AT_ZERO = {
    softplus: (0.5, 0.25),
    softplus_of_base_2: (0.5, LN2 / 4),
    sp.log_expit: (0.5, -0.25),
    np.sinc: (0.0, -(np.pi**2) / 3),
    sp.exprel: (0.5, 1 / 3),
    boxcox_of_exponent: (LN2**2 / 2, LN2**3 / 3),
}


@pytest.mark.parametrize("f", AT_ZERO, ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [0.0, 1e-9])
def test_functions_of_one_number(f, x):
    first, second = AT_ZERO[f]

    def g(x):
        return f(x)

    np.testing.assert_allclose(tg.grad(g)(x), first, atol=1e-8)
    for derivative in (tg.hessian(g), tg.grad(tg.grad(g)), tg.jacfwd(tg.jacfwd(g))):
        np.testing.assert_allclose(derivative(x), second, rtol=1e-6)


def power(x, y):
    return x**y


def product_with_logarithm(x, y):
    return sp.xlogy(x, y)


def product_with_logarithm_of_more(x, y):
    return sp.xlog1py(x, y - 1.0)


def added_logarithms(x, y):
    return np.logaddexp(x, y)


def length(x, y):
    return math.hypot(x, 0.0, y)


def distance(x, y):
    return math.dist((x, 1.0, y), (0.0, 1.0, 0.0))


def robust(x, y):
    return sp.pseudo_huber(y, x)


OF_TWO = [
    (power, (2.0, 0.0), (0.0, LN2), ((0.0, 0.5), (0.5, LN2**2))),
    (power, (0.0, 2.0), (0.0, 0.0), ((2.0, 0.0), (0.0, 0.0))),
    (product_with_logarithm, (0.0, 2.0), (LN2, 0.0), ((0.0, 0.5), (0.5, 0.0))),
    (product_with_logarithm_of_more, (0.0, 2.0), (LN2, 0.0), ((0.0, 0.5), (0.5, 0.0))),
    (added_logarithms, (1.0, 1.0), (0.5, 0.5), ((0.25, -0.25), (-0.25, 0.25))),
    (length, (0.0, 2.0), (0.0, 1.0), ((0.5, 0.0), (0.0, 0.0))),
    (distance, (0.0, 2.0), (0.0, 1.0), ((0.5, 0.0), (0.0, 0.0))),
    (robust, (0.0, 2.0), (0.0, 0.0), ((1.0, 0.0), (0.0, 0.0))),
    (robust, (1.0, 1e-20), (1e-20, 1.0), ((0.0, 1.0), (1.0, -2.0))),
    (robust, (np.inf, 2.0), (2.0, np.inf), ((0.0, 1.0), (1.0, 0.0))),
]


@pytest.mark.parametrize(("f", "at", "first", "second"), OF_TWO)
def test_functions_of_two_numbers(f, at, first, second):
    both = (0, 1)
    np.testing.assert_allclose(tg.grad(f, both)(*at), first, rtol=1e-12)
    for derivative in (tg.hessian(f, both), tg.jacrev(tg.grad(f, both), both), tg.jacfwd(tg.jacfwd(f, both), both)):
        np.testing.assert_allclose(derivative(*at), second, rtol=1e-12, atol=1e-12)


def test_logarithms_added_at_infinity():
    both = (0, 1)
    for end in (np.inf, -np.inf):
        assert tg.grad(added_logarithms, both)(end, end) == (0.5, 0.5)
        assert tg.hessian(added_logarithms, both)(end, end) == ((0.0, 0.0), (0.0, 0.0))


def test_values_of_pseudo_huber_at_the_ends():
    f = tg.jit(lambda delta, r: sp.pseudo_huber(delta, r))
    for delta in (0.0, 1e-20, 1.0, 1e5, -1.0):
        for r in (0.0, 1e-20, 1.0, 1e10, np.inf, -np.inf):
            np.testing.assert_allclose(f(delta, r), sp.pseudo_huber(delta, r), rtol=1e-12)
