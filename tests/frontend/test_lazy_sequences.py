"""`np.ndindex`, `np.ndenumerate`, itertools and `next` as in CPython, with lengths known and unknown; derivatives."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import tangra as tg
from tangra.errors import TangraError
from tests.frontend.running import check

X = np.array([0.5, -0.2, 1.3, -2.0, 0.7])
M = np.arange(20.0).reshape(4, 5) / 7
BIG = np.sin(np.arange(12.0 * 15).reshape(12, 15))


def same_gradient(f, x, *rest):
    """The value, and the gradient against central differences, both modes and their derivative."""
    check(f, (x, *rest))
    assert tg.jit(f)(x, *rest) == pytest.approx(f(x, *rest), rel=1e-12)
    gradient = tg.grad(f)(x, *rest)
    h = 1e-6
    for place in itertools.islice(np.ndindex(x.shape), 0, None, 7):
        step = np.zeros_like(x)
        step[place] = h
        expected = (f(x + step, *rest) - f(x - step, *rest)) / (2 * h)
        assert gradient[place] == pytest.approx(expected, rel=1e-6, abs=1e-7)
    np.testing.assert_allclose(tg.jacfwd(f)(x, *rest), gradient, rtol=1e-10, atol=1e-12)


def test_ndindex():
    def by_shape(x):
        total = 0.0
        for i, j in np.ndindex(x.shape):
            total = total * 0.9 + x[i, j] ** 3 * (i + 1) - j
        return total

    def by_sizes(x, n, m):
        out = np.zeros((n, m))
        for place in np.ndindex(n, m):
            out[place] = x[place] ** 2 + place[0]
        return np.sum(out * out)

    def cut_short(x):
        total = 0.0
        for k, (i, j) in enumerate(np.ndindex(*x.shape)):
            if i == 2 and j == 1:
                break
            if (i + j) % 2:
                continue
            total += x[i, j] ** 2 * k
        else:
            total = -1.0
        return total, i, j

    for x in (M, BIG):
        same_gradient(by_shape, x)
        same_gradient(by_sizes, x, 3, 4)
        check(cut_short, (x,))
    check(by_sizes, (M, 0, 4), (M, 3, 0))
    check(lambda x: [place for place in np.ndindex(())], (X,))
    check(lambda x: [place for place in np.ndindex(2, 3)], (X,))
    check(lambda x: sum(x[p] for p in np.ndindex(4, 5) if p[0] < p[1]), (M,))


def test_ndenumerate_reads_what_is_there_when_it_is_reached():
    def f(x):
        x = x.copy()
        total = 0.0
        for (i, j), v in np.ndenumerate(x):
            if i + 1 < x.shape[0]:
                x[i + 1, j] += v
            total += v * v * (j + 1)
        return total

    same_gradient(f, M)
    same_gradient(f, BIG)
    check(lambda x: [(k, v) for (k,), v in np.ndenumerate(x)], (X,))


def test_product():
    def of_ranges(x, n):
        total = 0.0
        for i, j, k in itertools.product(range(n), range(1, 5, 2), range(n)):
            total += x[i] * x[j] ** 2 * x[k]
        return total

    def of_arrays(x):
        return sum(a * np.sin(b) for a, b in itertools.product(x, x))

    def changed_meanwhile(x):
        x = x.copy()
        total = 0.0
        for a, b in itertools.product(x, x):
            x[0] += 1.0
            total += a * b
        return total + x[0]

    def repeated(x):
        return sum(x[i] * x[j] ** 2 * (k + 1) for i, j, k in itertools.product(range(5), repeat=3))

    same_gradient(of_ranges, X, 5)
    same_gradient(of_arrays, X)
    same_gradient(of_arrays, np.linspace(-1, 1, 23))
    same_gradient(changed_meanwhile, X)
    same_gradient(changed_meanwhile, np.linspace(-1, 1, 23))
    same_gradient(repeated, X)
    check(of_ranges, (X, 0), (X, 3))
    check(lambda x: list(itertools.product("ab", (1, 2.5))), (X,))


def test_accumulate():
    def sums(x):
        return sum(v * v for v in itertools.accumulate(x))

    def products(x):
        return list(itertools.accumulate(x, lambda a, b: a * b + 0.5, initial=1.0))[-1]

    def filtered(x):
        return sum(itertools.accumulate(v for v in x if v > 0))

    for x in (X, np.linspace(-1, 1, 40)):
        same_gradient(sums, x)
        same_gradient(products, x)
        same_gradient(filtered, x + 0.01)
    check(lambda x: list(itertools.accumulate(x)), (X,), (X[:0],), (X[:1],))
    check(lambda x: list(itertools.accumulate(range(4), initial=2)), (X,))
    check(lambda x: list(itertools.accumulate([v for v in x if v > 9])), (X,))
    check(lambda x: list(itertools.accumulate(x, max)), (X,))


def test_islice():
    def f(x, n):
        return sum(a * b for a, b in zip(x[:n], itertools.islice(x[:n], 1, 40, 2)))

    same_gradient(f, X, 5)
    same_gradient(f, np.linspace(-1, 1, 90), 77)
    check(f, (X, 0), (X, 1), (X, 2))
    check(lambda x: list(itertools.islice([1, 2.5, 3], 2)), (X,))
    check(lambda x: [v for v in itertools.islice(range(100), 95, None)], (X,))
    with pytest.raises(TangraError, match="islice of an iterator"):
        tg.jit(lambda x: list(itertools.islice(zip(x, x), 2)))(X)


def test_next():
    def first(x):
        return next((v * v for v in x if v < 0), 0.25)

    def where(x, y):
        k = next((i for i, v in enumerate(x) if v > y), -1)
        return k, x[k]

    def found(x):
        return next(v for v in x if v > 1)

    def maybe(x):
        v = next((v for v in x if v > 1), None)
        return 0.0 if v is None else v

    for x in (X, np.linspace(-1, 2, 40)):
        same_gradient(first, x)
        check(where, (x, 0.6), (x, 99.0))
        check(found, (x,), (x[:2],))
        check(maybe, (x,), (x[:2],))
        with pytest.raises(StopIteration):
            tg.jit(found)(x[:2])
    check(lambda x: next(v for v in (3, 4)), (X,))
    with pytest.raises(TypeError, match="'list' object is not an iterator"):
        tg.jit(lambda: next([1]))()


def test_sums_and_products_of_filtered_items():
    def f(x):
        kept = [v for v in x if v > 0]
        return sum(kept) * len(kept) + math.prod(v for v in x if v < 0) + max((v for v in x if v > 9), default=0.5)

    for x in (X, np.linspace(-1, 1, 30), X[:0], X[:1]):
        check(f, (x,))
        assert tg.jit(f)(x) == pytest.approx(f(x), rel=1e-13)
    same_gradient(f, X)
    with pytest.raises(TangraError, match=r"math\.fsum of run-time numbers"):
        tg.jit(lambda x: math.fsum(x))(X)
    assert tg.jit(lambda: math.fsum([1e100, 1.0, -1e100]))() == 1.0


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (lambda x: list(zip(*[(v for v in x)] * 2)), "a generator iterator in two places at once"),
        (lambda x: (lambda it: list(map(max, it, enumerate(it))))(iter(x)), "an iterator in two places at once"),
        (lambda x: (lambda it: list(itertools.product(it, it)))(iter([x[0], x[1]])), "in two places at once"),
        (lambda x: (lambda it: sum(it) + sum(it))(iter(x)), "a second loop over an iterator"),
        (lambda x: (lambda it: sum(it) + next(it))(iter(x)), "next.. of an iterator over which a loop ran"),
        (lambda x: iter(x), "returning an iterator"),
        (lambda x: next(iter(lambda: 1.0, x[0])), "a function and a sentinel"),
        (lambda x: sum(Counter(3)), "an iterator written as a class, with __next__"),
    ],
)
def test_uses_of_iterators_that_are_refused(program, message):
    with pytest.raises(TangraError, match=message):
        tg.jit(program)(X)


class Counter:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        self.n -= 1
        return self.n


class Listed:
    def __iter__(self):
        return [1.0, 2.0]


def test_what_is_no_iterator():
    for program in (lambda x: sum(Listed()), lambda x: [v for v in Listed()]):
        with pytest.raises(TypeError, match="non-iterator of type 'list'"):
            program(X)
        with pytest.raises(TangraError, match="non-iterator of type 'list'"):
            tg.jit(program)(X)


def test_an_iterator_that_ends():
    def taken(x, n):
        it = iter(x)
        total = 0.0
        for _ in range(n):
            total += next(it)
        return total

    check(taken, (X, 5))
    for n in (6, 50):
        with pytest.raises(StopIteration):
            tg.jit(taken)(X, n)
