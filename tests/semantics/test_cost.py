"""What a gradient costs, counted and not timed: its element operations, the copies it can't avoid and the bytes on its
tapes stay in constant ratio to the value's element operations while sizes double three times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.fuzz.ways import tangra
from tests.transforms.counting import Work, work

Array = np.ndarray[Any, Any]
rng = np.random.default_rng(0)


def cholesky(a: Array) -> Any:
    """Cholesky's factorisation in place, element by element, and the log-determinant."""
    n = a.shape[0]
    c = a.copy()
    for j in range(n):
        for k in range(j):
            c[j, j] -= c[j, k] * c[j, k]
        c[j, j] = np.sqrt(c[j, j])
        for i in range(j + 1, n):
            for k in range(j):
                c[i, j] -= c[i, k] * c[j, k]
            c[i, j] /= c[j, j]
    total = 0.0
    for j in range(n):
        total += np.log(c[j, j])
    return total


def lu(a: Array) -> Any:
    """LU without pivots, in place, element by element, and the sum of the logarithms of the pivots."""
    n = a.shape[0]
    m = a.copy()
    for k in range(n):
        for i in range(k + 1, n):
            m[i, k] /= m[k, k]
            for j in range(k + 1, n):
                m[i, j] -= m[i, k] * m[k, j]
    total = 0.0
    for k in range(n):
        total += np.log(np.abs(m[k, k]))
    return total


def lu_by_rows(a: Array) -> Any:
    """LU by whole rows."""
    n = a.shape[0]
    m = a.copy()
    for k in range(n):
        for i in range(k + 1, n):
            m[i, k] /= m[k, k]
            m[i, k + 1 :] -= m[i, k] * m[k, k + 1 :]
    return np.sum(np.log(np.abs(np.diag(m))))


def heat(u: Array) -> Any:
    """Ten steps of a three-point stencil, element by element, into a second array."""
    n = u.shape[0]
    old, new = u.copy(), u.copy()
    for _ in range(10):
        for i in range(1, n - 1):
            new[i] = old[i] + 0.2 * (old[i - 1] - 2.0 * old[i] + old[i + 1]) * np.sin(old[i])
        old, new = new, old
    return np.sum(old * old)


def sweep(u: Array) -> Any:
    """Gauss-Seidel sweeps in place: every element read has just been written."""
    n = u.shape[0]
    v = u.copy()
    for _ in range(10):
        for i in range(1, n - 1):
            v[i] = 0.5 * np.sin(v[i - 1]) + 0.25 * v[i] * v[i + 1]
    return np.sum(v)


def reads(x: Array) -> Any:
    """Elements read in an order that hops about, many times each."""
    n = x.shape[0]
    total = 0.0
    for i in range(4 * n):
        total += x[(i * 7 + 3) % n] * x[i % n]
    return total


def gathered(x: Array) -> Any:
    """Reads through an index array, by element."""
    n = x.shape[0]
    order = (np.arange(n) * 5 + 1) % n
    total = 0.0
    for i in range(n):
        total += np.sin(x[order[i]]) * x[order[n - 1 - i]]
    return total


def soft_dtw(x: Array) -> Any:
    """Soft dynamic time warping of x with its reverse."""
    n = x.shape[0]
    r = np.full((n + 1, n + 1), 1e10)
    r[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, n + 1):
            d = (x[i - 1] - x[n - j]) ** 2
            a, b, c = -r[i - 1, j - 1], -r[i - 1, j], -r[i, j - 1]
            top = max(a, b, c)
            r[i, j] = d - top - np.log(np.exp(a - top) + np.exp(b - top) + np.exp(c - top))
    return r[n, n]


def definite(n: int) -> Array:
    """A positive definite matrix."""
    a = rng.normal(size=(n, n))
    return a @ a.T + n * np.eye(n)


CASES: dict[str, tuple[Callable[[Array], Any], Callable[[int], Array], int, float]] = {
    "cholesky": (cholesky, definite, 4, 6.0),
    "lu": (lu, definite, 4, 6.0),
    "lu_by_rows": (lu_by_rows, definite, 4, 6.0),
    "heat": (heat, lambda n: rng.normal(size=n), 8, 6.0),
    "sweep": (sweep, lambda n: rng.normal(size=n), 8, 6.0),
    "reads": (reads, lambda n: rng.normal(size=n), 8, 6.0),
    "gathered": (gathered, lambda n: rng.normal(size=n), 8, 6.0),
    "soft_dtw": (soft_dtw, lambda n: rng.normal(size=n), 4, 6.0),
}


def counted(function: Any, x: Array) -> Work:
    """The work of the simplified IR of a function."""
    made = tangra().jit(function).lower(x)
    arguments = {0: x}
    return work(made.func, [p.path.read(arguments) for p in made.params])


@pytest.mark.parametrize("name", CASES)
def test_gradients_cost_what_values_cost(name: str) -> None:
    """At n, 2n, 4n, 8n the gradient does a constant number of operations for each of the value's, writes a constant
    number of bytes to its tapes, and copies no arrays."""
    function, make, n, most = CASES[name]
    ratios, tapes, copies = [], [], []
    for size in (n, 2 * n, 4 * n, 8 * n):
        x = make(size)
        value, gradient = counted(function, x), counted(tangra().value_and_grad(function), x)
        ratios.append(gradient.elements / value.elements)
        tapes.append(gradient.tape_bytes / value.elements)
        copies.append((gradient.copied + value.copied) / value.elements)
    shown = f"operations {ratios}, bytes {tapes}, copies {copies}"
    assert ratios[-1] <= most, shown
    assert ratios[-1] <= 1.1 * ratios[-2] + 0.1, shown
    assert tapes[-1] <= 1.1 * max(tapes[:-1]) + 0.1, shown
    assert copies[-1] <= copies[0] + 0.5, shown
