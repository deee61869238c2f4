"""Programs with state, built by hand: recurrences, dynamic programming, sorting, factorisation, simulation, search."""

from __future__ import annotations

from typing import Any

import numpy as np

from tangra.ir import Func
from tests.transforms.dsl import INT, REAL, E, Program, build, vec

rng = np.random.default_rng(11)


def thomas(p: Program, d: E) -> Any:
    n = p.integer(d.v.shape[0])
    c = p.empty("n").set(0, 0.25)
    rhs = d.set(0, d[0] / 4.0)

    def forward(i, c, rhs):
        m = 4.0 - c[i - 1]
        return [c.set(i, 1.0 / m), rhs.set(i, (rhs[i] - rhs[i - 1]) / m)]

    c, rhs = p.for_(1, n, [c, rhs], forward)
    x = p.zeros("n").set(n - 1, rhs[n - 1])
    x = p.for_(n - 2, -1, [x], lambda i, x: x.set(i, rhs[i] - c[i] * x[i + 1]), step=-1)
    return p.sum(x * x)


def soft_dtw(p: Program, x: E, y: E) -> Any:
    n, m = x.v.shape[0], y.v.shape[0]
    r = E(p, p.b.filled(1e6, vec(n + 1, m + 1))).set((0, 0), 0.0)

    def row(i, r):
        def cell(j, r):
            a, b, c = -r[i - 1, j - 1], -r[i - 1, j], -r[i, j - 1]
            top = p.f("maximum", p.f("maximum", a, b), c)
            total = p.f("exp", a - top) + p.f("exp", b - top) + p.f("exp", c - top)
            soft = -(p.f("log", total) + top)
            d = x[i - 1] - y[j - 1]
            return r.set((i, j), d * d + soft)

        return p.for_(1, p.integer(m) + 1, [r], cell)

    r = p.for_(1, p.integer(n) + 1, [r], row)
    return r[n, m]


def bubble_sort(p: Program, x: E, w: E) -> Any:
    n = p.integer(x.v.shape[0])

    def outer(i, a):
        def inner(j, a, swapped):
            def swap():
                return [a.set(j, a[j + 1]).set(j + 1, a[j]), True]

            return p.if_(a[j] > a[j + 1], swap, lambda: [a, swapped])

        a, swapped = p.for_(0, n - 1 - i, [a, p.truth(False)], inner)
        return [swapped, a]

    a = p.for_(0, n, [x], outer, exits=True)
    return p.sum(a * p.f("sin", w) * a)


def cholesky(p: Program, a: E) -> Any:
    n = p.integer(a.v.shape[0])
    low = p.zeros("n", "n")

    def column(j, low):
        def row(i, low):
            s = p.for_(0, j, [a[i, j]], lambda k, s: s - low[i, k] * low[j, k])
            return p.if_(i.eq(j), lambda: [low.set((i, j), p.f("sqrt", s))], lambda: [low.set((i, j), s / low[j, j])])

        return p.for_(j, n, [low], row)

    low = p.for_(0, n, [low], column)
    return p.sum(low * low * low)


def cholesky_in_place(p: Program, a: E) -> Any:
    """The same, overwriting its input, so that old versions have to be restored."""
    n = p.integer(a.v.shape[0])

    def column(j, a):
        a = p.for_(0, j, [a], lambda k, a: a.add_at((j, j), -(a[j, k] * a[j, k])))
        a = a.set((j, j), p.f("sqrt", a[j, j]))

        def row(i, a):
            s = p.for_(0, j, [a[i, j]], lambda k, s: s - a[i, k] * a[j, k])
            return a.set((i, j), s / a[j, j])

        return p.for_(j + 1, n, [a], row)

    a = p.for_(0, n, [a], column)
    return p.for_(0, n, [0.0], lambda i, s: p.for_(0, i + 1, [s], lambda j, s: s + a[i, j] * a[i, j] * a[i, j]))


def nbody(p: Program, pos: E, steps: E) -> Any:
    n = p.integer(pos.v.shape[0])
    vel = p.zeros("n")

    def step(_, pos, vel):
        def force(i, vel):
            def pair(j, acc):
                def pull():
                    d = pos[j] - pos[i]
                    r = d * d + 0.1
                    return [acc + d / (r * p.f("sqrt", r))]

                return p.if_(i.eq(j), lambda: [acc], pull)

            return vel.add_at(i, 0.01 * p.for_(0, n, [0.0], pair))

        vel = p.for_(0, n, [vel], force)
        pos = p.for_(0, n, [pos], lambda i, pos: pos.add_at(i, 0.5 * vel[i]))
        return [pos, vel]

    pos, vel = p.for_(0, steps, [pos, vel], step)
    return [p.sum(vel * vel), p.sum(pos * pos * pos)]


def newton(p: Program, x: E) -> Any:
    """sqrt by iteration until it settles."""
    y, _ = p.while_(
        [x * 0.5 + 0.5, 1.0], lambda y, e: p.f("abs", e) > 1e-12, lambda y, e: [0.5 * (y + x / y), 0.5 * (x / y - y)]
    )
    return y * y * y


def matrix_power(p: Program, a: E, steps: E) -> Any:
    """A small carried array that every trip makes anew, read whole and by element."""

    def body(i, m):
        t = p.f("tanh", m * a)
        return t.set((0, 1), t[1, 0] * m[0, 0])

    m = p.for_(0, steps, [a], body)
    return p.sum(m * m)


def triangular(p: Program, x: E) -> Any:
    n = p.integer(x.v.shape[0])

    def outer(i, s):
        return p.for_(0, i, [s], lambda j, s: p.f("sin", s * x[j]) + x[i] * s)

    return p.for_(0, n, [1.0], outer)


def search(p: Program, x: E) -> Any:
    """Nested branches, break and early return by flags, an index found in the data."""
    n = p.integer(x.v.shape[0])

    def body(i, s, at, done):
        def more():
            t = p.f("exp", x[i] * 0.3) * s

            def grow():
                return [t + 1.0, at, p.truth(False)]

            def leave():
                return [t * s, i, t > 2.5]

            return p.if_(t < 1.5, grow, leave)

        s, at, done = p.if_(x[i] > -0.2, more, lambda: [s + x[i], at, p.truth(False)])
        return [~done, s, at, done]

    s, at, done = p.for_(0, n, [1.0, p.integer(0), p.truth(False)], body, exits=True)
    return p.if_(done, lambda: [s * x[at]], lambda: [s * s])


def prefix_slices(p: Program, x: E) -> Any:
    """Types that depend on the induction variable."""
    n = p.integer(x.v.shape[0])

    def body(i, s):
        size = p.bind(i, "i")
        part = x[slice(0, size)]
        weights = p.f("tanh", part * s)
        return s + 0.3 * p.sum(weights * part) + x[i]

    return p.for_(0, n, [0.5], body)


def rotate(p: Program, x: E) -> Any:
    """Two arrays that change places every trip, both written."""
    n = p.integer(x.v.shape[0])

    def body(i, a, b):
        a = a.set(i, a[i] * b[n - 1 - i])
        return [b, a]

    a, b = p.for_(0, n, [x, p.f("cos", x)], body)
    return p.sum(a * b)


def read_after_write(p: Program, x: E) -> Any:
    """Elements read before and after they are overwritten, several times."""
    n = p.integer(x.v.shape[0])

    def sweep(k, a):
        def cell(i, a):
            left, right = a[i - 1], a[i + 1]
            a = a.set(i, p.f("sin", left * right) + a[i])
            return a.add_at(i - 1, a[i] * left)

        return p.for_(1, n - 1, [a], cell)

    a = p.for_(0, 3, [x], sweep)
    return p.sum(a * a)


def maybe_copy(p: Program, x: E) -> Any:
    """The best state so far, taken over whole in a branch."""
    n = p.integer(x.v.shape[0])

    def body(i, cur, best, score):
        cur = cur.set(i, p.f("sin", cur[i] * 2.0) + score * 0.1)
        new = p.sum(cur * cur)
        return p.if_(new > score, lambda: [cur, cur, new], lambda: [cur, best, score])

    cur, best, score = p.for_(0, n, [x, x, 0.1], body)
    return p.sum(best * cur) + score


def shuffled(p: Program, x: E) -> Any:
    """An array of indices that is permuted while it is used: what reverse mode needs of it are old versions."""
    n = p.integer(x.v.shape[0])
    order = p.op("iota", dtype=INT.dtype, shape=x.v.shape, axis=0)

    def outer(k, x, order):
        def inner(i, x, order):
            j = p.op("mod", i * (k + 2) + order[k], n)
            a, b = order[i], order[j]
            order = p.op(
                "update", p.op("update", order, b, i, sizes=(None,), steps=(1,)), a, j, sizes=(None,), steps=(1,)
            )
            left = x[order[i]]
            return [x.add_at(a, p.f("sin", left * x[b])), order]

        return p.for_(0, n, [x, order], inner)

    x, order = p.for_(0, 2, [x, order], outer)
    return p.sum(x * p.op("gather", x, order) * p.real_of(order))


def rows(p: Program, x: E, y: E) -> Any:
    """Dynamic programming with two rows that change places: the old row is read, the new one is made every trip."""
    m = y.v.shape[0]

    def trip(i, before):
        def cell(j, row):
            d = x[i] - y[j]
            best = p.f("minimum", p.f("minimum", before[j], before[j + 1]), row[j])
            return row.set(j + 1, d * d + best * 0.9)

        return p.for_(0, m, [p.empty(m + 1).set(0, 5.0)], cell)

    start = E(p, p.b.filled(2.0, vec(m + 1)))
    last = p.for_(0, x.v.shape[0], [start], trip)
    return last[m] * last[m]


PROGRAMS: dict[str, tuple[Func, list[Any]]] = {}


def _spd(n: int) -> Any:
    a = rng.normal(size=(n, n))
    return a @ a.T + n * np.eye(n)


def _add(function: Any, types: list[Any], args: list[Any]) -> None:
    PROGRAMS[function.__name__] = (build(types, function, function.__name__), args)


_add(thomas, [vec("n")], [rng.normal(size=6)])
_add(soft_dtw, [vec("n"), vec("m")], [rng.normal(size=4), rng.normal(size=3)])
_add(bubble_sort, [vec("n"), vec("n")], [rng.normal(size=6), np.arange(6.0)])
_add(cholesky, [vec("n", "n")], [_spd(4)])
_add(cholesky_in_place, [vec("n", "n")], [_spd(4)])
_add(nbody, [vec("n"), INT], [rng.normal(size=4), np.int64(3)])
_add(newton, [REAL], [1.7])
_add(matrix_power, [vec(2, 2), INT], [rng.normal(size=(2, 2)), np.int64(4)])
_add(triangular, [vec("n")], [rng.normal(size=5)])
_add(search, [vec("n")], [np.array([0.1, -0.5, 0.4, 0.8, 1.2, 0.3])])
_add(prefix_slices, [vec("n")], [rng.normal(size=5)])
_add(rotate, [vec("n")], [rng.normal(size=5)])
_add(read_after_write, [vec("n")], [rng.normal(size=6)])
_add(shuffled, [vec("n")], [rng.normal(size=5)])
_add(rows, [vec("n"), vec("m")], [rng.normal(size=5), rng.normal(size=4)])
_add(maybe_copy, [vec("n")], [rng.normal(size=4)])
