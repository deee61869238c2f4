"""Derivatives and lanes of programs with outlined functions: right, each half made once, nothing computed twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.frontend.outlined import PROGRAMS, vector

NAMES = [
    "fibonacci",
    "nested_tuples",
    "nested_tuples_of_arguments",
    "fourier",
    "divide_and_conquer",
    "sorted_by_merging",
    "writes_through_views",
    "returns_a_view",
    "one_array_twice",
    "objects_with_methods",
    "lists_grow",
    "dictionary_as_memo",
    "mutual",
    "inside_a_loop",
    "run_time_index",
    "sizes_grow",
    "matrix_power",
    "functions_of_functions",
    "quadrature",
    "cofactors",
    "swaps",
    "kinds_of_results",
    "rows_change",
]


def weighed(v: Any) -> Any:
    """A number that depends on every float in a result."""
    if isinstance(v, dict):
        return weighed(list(v.values()))
    if isinstance(v, (tuple, list)):
        found = 0.0
        for k, part in enumerate(v):
            found = found + (k + 1.0) * weighed(part)
        return found
    if isinstance(v, np.ndarray):
        return np.sum(np.cos(v))
    return 0.0 if isinstance(v, (bool, int)) else np.sin(v)


class Loss:
    """A program as a function of one vector, from which its float arguments are cut, and compiled derivatives of it."""

    def __init__(self, name: str) -> None:
        function, calls = PROGRAMS[name]
        self.args = calls[0]
        self.floats = tuple(k for k, a in enumerate(self.args) if not isinstance(a, int))
        self.n = sum(np.size(self.args[k]) for k in self.floats)
        self.plain = lambda *args: weighed(function(*args))
        self.compiled = tg.value_and_grad(self.plain, argnums=self.floats)

    def given(self, theta: np.ndarray) -> list[Any]:
        args, start = list(self.args), 0
        for k in self.floats:
            size = np.size(args[k])
            part = theta[start : start + size].reshape(np.shape(args[k]))
            args[k] = part.copy() if np.shape(part) else float(part)
            start += size
        return args

    def __call__(self, theta: np.ndarray) -> Any:
        return self.plain(*self.given(theta))

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        return flat(self.compiled(*self.given(theta))[1])

    def hessian_product(self, theta: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """The gradient of the slope along a direction."""
        plain, floats = self.plain, self.floats
        along = tuple(a for k, a in enumerate(self.given(direction)) if k in floats)

        def slope(*args: Any) -> Any:
            found = 0.0
            gradients = tg.grad(plain, argnums=floats)(*args)
            for d, g in zip(along, gradients, strict=True):
                found = found + np.sum(g * d)
            return found

        return flat(tg.grad(slope, argnums=floats)(*self.given(theta)))

    def tangent(self, theta: np.ndarray, direction: np.ndarray) -> float:
        """The slope along a direction, forward."""
        plain = self.plain
        fixed = tuple(isinstance(a, int) for a in self.args)
        ints = tuple(a for a in self.args if isinstance(a, int))
        assert not any(fixed[: len(fixed) - len(ints)]), "ints come last"
        given, along = ([a for k, a in enumerate(self.given(v)) if k in self.floats] for v in (theta, direction))
        return tg.jvp(lambda *floats: plain(*floats, *ints), tuple(given), tuple(along))[1]


def flat(parts: Any) -> np.ndarray:
    parts = parts if isinstance(parts, tuple) else (parts,)
    return np.concatenate([np.ravel(p) for p in parts])


def central(f: Callable[..., Any], theta: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Central differences of a function of a vector."""
    return np.array([(f(theta + step * e) - f(theta - step * e)) / (2 * step) for e in np.eye(len(theta))])


@pytest.mark.parametrize("name", NAMES)
def test_first_and_second_derivatives(name):
    loss = Loss(name)
    theta, direction = 0.5 + 0.3 * vector(loss.n, 3), vector(loss.n, 4)
    gradient = loss.gradient(theta)
    np.testing.assert_allclose(gradient, central(loss, theta), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(loss.tangent(theta, direction), gradient @ direction, rtol=1e-10, atol=1e-12)
    expected = central(lambda t: loss.gradient(t) @ direction, theta)
    np.testing.assert_allclose(loss.hessian_product(theta, direction), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["fibonacci", "nested_tuples", "divide_and_conquer", "sorted_by_merging", "cofactors"])
def test_lanes(name):
    function, calls = PROGRAMS[name]
    shape = np.shape(calls[0][0])
    plain = lambda x: weighed(function(x))
    batch = 0.5 + 0.3 * vector(3 * max(1, int(np.prod(shape))), 3).reshape(3, *shape)
    np.testing.assert_allclose(tg.vmap(plain)(batch), [plain(x) for x in batch], rtol=1e-12)
    gradient = tg.grad(plain)
    np.testing.assert_allclose(tg.vmap(gradient)(batch), [gradient(x) for x in batch], rtol=1e-12)
