"""Functions that call themselves on constants, and large functions called several times: both are outlined."""

import dataclasses

import numpy as np

from .registry import program, raises

rng = np.random.default_rng(31)


@program(0.7)
def expression_tree(x):
    tree = ("+", ("*", "x", ("sin", "x")), ("*", ("sin", ("*", "x", "x")), ("sin", ("*", "x", "x"))))

    def value(node):
        if node == "x":
            return x
        if node[0] == "sin":
            return np.sin(value(node[1]))
        a, b = value(node[1]), value(node[2])
        return a + b if node[0] == "+" else a * b

    return value(tree)


@program(0.4)
def chebyshev(x):
    def t(n):
        return (1.0, x)[n] if n < 2 else 2 * x * t(n - 1) - t(n - 2)

    return t(12) + 0.5 * t(7)


@program(rng.normal(size=12))
def haar_wavelet_in_place(x):
    y = x.copy()

    def forward(v):
        n = len(v)
        if n % 2:
            v *= 1.5
            return
        low, high = (v[::2] + v[1::2]) / 2, (v[::2] - v[1::2]) / 2
        v[: n // 2] = low
        v[n // 2 :] = high
        forward(v[: n // 2])

    forward(y)
    forward(y[6:])
    return (y * np.arange(12.0)).sum()


@program(rng.normal(size=(4, 4)), rng.normal(size=(4, 4)))
def strassen(a, b):
    def times(a, b):
        n = a.shape[0]
        if n == 1:
            return a * b
        h = n // 2
        p, q, r, s = a[:h, :h], a[:h, h:], a[h:, :h], a[h:, h:]
        t, u, v, w = b[:h, :h], b[:h, h:], b[h:, :h], b[h:, h:]
        m = times(p + s, t + w), times(r + s, t), times(p, u - w), times(s, v - t), times(p + q, w)
        top = np.concatenate([m[0] + m[3] - m[4] + times(q - s, v + w), m[2] + m[4]], axis=1)
        return np.concatenate([top, np.concatenate([m[1] + m[3], m[0] - m[1] + m[2] + times(r - p, t + u)], axis=1)])

    return (times(a, b) ** 2).sum()


@program(rng.normal(size=4) + np.array([4.0, 0, 0, 0]))
def toeplitz_determinant(c):
    def minor(rows, columns):
        if not rows:
            return 1.0
        found = 0.0
        for k, column in enumerate(columns):
            rest = columns[:k] + columns[k + 1 :]
            found = found + (-1) ** k * c[abs(rows[0] - column)] * minor(rows[1:], rest)
        return found

    return minor((0, 1, 2, 3), (0, 1, 2, 3))


@dataclasses.dataclass
class Body:
    mass: float
    parts: tuple = ()
    seen: int = 0


@program(1.3)
def objects_of_objects(x):
    inner = Body(x, (Body(2.0), Body(x * x)))
    outer = Body(1.0, (inner, Body(3.0, (inner,)), inner))

    def total(body):
        body.seen += 1
        found = body.mass
        for part in body.parts:
            found = found + 0.5 * total(part)
        return found

    return total(outer) * inner.seen + outer.seen


@program(np.array([0.2, 0.5]), np.array([1.0, -1.0]))
def arguments_written_at_every_level(x, start):
    log = start.copy()

    def visit(v, depth):
        log[0] += v[depth % 2]
        if depth == 0:
            v[1] *= 1.5
            return v[0]
        log[1] = visit(v, depth - 1) + log[1]
        return visit(v * 0.5, depth - 1)

    y = x.copy()
    found = visit(y, 4) + visit(y, 2)
    return found + log[0] * log[1] + y[1]


@program(0.3, 5)
def recursion_in_a_loop(x, trips):
    def smooth(v, n):
        return v if n == 0 else 0.5 * (smooth(np.sin(v), n - 1) + smooth(np.cos(v), n - 1))

    total = 0.0
    while trips > 0 and total < 100.0:
        total = total + smooth(x * trips, 3)
        trips -= 1
    return total + smooth(x, 4)


@program(np.array([0.3, 0.1, -0.2]))
def large_function_called_often(x):
    def step(a, b, c, h):
        for k in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0) * 3:
            a = a + h * (b - k * a)
            b = b + h * (a * (k - c) - b)
            c = c + h * (a * b - k * np.tanh(c))
        return a, b, c

    a, b, c = x[0], x[1], x[2]
    for _ in range(3):
        a, b, c = step(a, b, c, 0.01)
        a, b, c = step(b, a, c, 0.02)
        a, b, c = step(a, c, b, 0.03)
    return a + 2 * b + 3 * c


@raises(np.zeros(5), 3.0, error=ArithmeticError, match="24.0 at 1")
def fails_deep_inside(x, v):
    def descend(v, n):
        x[n] = v
        if v > 20.0:
            raise ArithmeticError(f"{v} at {n}")
        return v if n == 0 else descend(v * 2.0, n - 1) + descend(v + 1.0, n - 1)

    return descend(v, 4)
