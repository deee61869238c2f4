"""Small arrays in loops whose trips meet in totals only become numbers; values and gradients stay."""

import numpy as np
import pytest

import tangra as tg
from tangra.ir import ArrayType
from tangra.ir.parser import parse


def pairs(pos, mass):
    """Every pair but with itself."""
    n = pos.shape[0]
    forces = np.zeros_like(pos)
    for i in range(n):
        acc = np.zeros(3)
        for j in range(n):
            if i == j:
                continue
            d = pos[j] - pos[i]
            acc += mass[j] / (d @ d + 0.1) * d
        forces[i] = acc
    return forces


def matrices(pos, mass):
    """Two by two matrices, transposed, multiplied, indexed, changed in place."""
    total = np.zeros((2, 2))
    turn = np.array([[0.5, -1.5], [2.0, 0.25]])
    for i in range(pos.shape[0]):
        m = np.empty((2, 2))
        m[0] = pos[i, :2]
        m[1] = pos[i, ::-2]
        m[0, 1] += mass[i]
        m[:, 0] *= 2.0
        total += m.T @ turn @ m + np.abs(m).sum(axis=0) - m.max(axis=1)[:, None]
    return total


def vectors(pos, mass):
    """Joined, reversed, broadcast, chosen from, cast; products and least elements."""
    total = np.zeros(4)
    norms = 0.0
    for i in range(1, pos.shape[0]):
        a = np.concatenate((pos[i, 1:], np.array([mass[i], pos[i - 1, 0]])))
        b = np.where(a > 0.0, a[::-1], -a) * np.full(4, mass[i])
        total += b.astype(np.float64) + np.minimum(a, b) - np.prod(a)
        norms += a[:2] @ b[2:] + b[-1] + np.min(b) + np.reshape(a, (2, 2))[1, 0]
    return np.append(total, norms)


def nested(pos, mass):
    """Choices in choices, of arrays and of scalars; only some of them sums."""
    total, last = np.zeros(3), np.zeros(2)
    count = 0.0
    for i in range(pos.shape[0]):
        d = pos[i] * mass[i]
        if d[0] > 0.0:
            total += d
            if d[1] > 0.3:
                total += -2.0 * d
                count += 1.0
        elif mass[i] > 1.0:
            total += d[::-1]
            count += -d[2]
    for i in range(pos.shape[0]):
        last = last + (pos[i, :2] if mass[i] > 1.0 else pos[i, 1:])
    return np.concatenate((total, last, np.array([count])))


def integers(pos, mass):
    """Whole numbers."""
    total = np.zeros(2, dtype=np.int64)
    for i in range(pos.shape[0]):
        cell = np.floor(pos[i, :2] * 3.0).astype(np.int64)
        total += cell * cell + np.max(cell)
    return total + mass[0] * 0.0


def rows(pos, mass):
    """Written into larger arrays, and added to them."""
    found = np.zeros((pos.shape[0], 3))
    other = np.ones((2, pos.shape[0], 3))
    for i in range(pos.shape[0]):
        d = pos[i] / (1.0 + pos[i] @ pos[i])
        found[i] = d
        found[i, 1:] += mass[i] * d[:2]
        other[1, i, ::2] -= d[1:]
    return np.concatenate((found.ravel(), other.ravel()))


def whole(pos, mass):
    """Arrays that something needs as they are stay arrays."""
    total = 0.0
    for i in range(pos.shape[0]):
        total += np.sort(pos[i])[1] * mass[i] + pos[i][int(np.argmax(pos[i]))]
    return np.array([total])


PROGRAMS = (pairs, matrices, vectors, nested, integers, rows, whole)


def data(n=7):
    rng = np.random.default_rng(n)
    return rng.normal(size=(n, 3)), rng.uniform(0.5, 1.5, n)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_values(program, n):
    args = data(n)
    np.testing.assert_allclose(tg.jit(program)(*args), program(*args), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p is not integers], ids=lambda p: p.__name__)
def test_gradients(program):
    pos, mass = data(5)
    weights = np.cos(np.arange(program(pos, mass).size))

    def loss(pos, mass):
        return np.sum(program(pos, mass).ravel() * weights)

    found = tg.grad(loss, argnums=(0, 1))(pos, mass)
    for k, exact in enumerate(found):
        for place in np.ndindex(*exact.shape):
            ahead, behind = [a.copy() for a in (pos, mass)], [a.copy() for a in (pos, mass)]
            ahead[k][place] += 1e-6
            behind[k][place] -= 1e-6
            assert exact[place] == pytest.approx((loss(*ahead) - loss(*behind)) / 2e-6, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p is not whole], ids=lambda p: p.__name__)
def test_nothing_small_is_left_in_the_innermost_loop(program):
    compiled = tg.jit(program)
    compiled(*data())
    innermost = [
        op
        for op in parse(compiled.ir()).body.walk()
        if op.name == "loop" and not any(inner.name == "loop" for inner in op.regions[0].walk())
    ]
    assert innermost
    for loop in innermost:
        small = [v for op in loop.regions[0].walk() for v in op.results if isinstance(v.type, ArrayType) and v.shape]
        assert all(v.shape[0] not in (2, 3, 4) or len(v.shape) == 3 for v in small)


def test_a_total_of_minus_zeros_keeps_its_sign():
    def program(x, y):
        total = -0.0
        for i in range(x.shape[0]):
            if x[i] > 10.0:
                total += y[i]
        return total

    x = np.arange(5.0)
    assert np.signbit(tg.jit(program)(x, x)) == np.signbit(program(x, x))


def test_what_is_not_added_may_be_not_a_number():
    def program(x, y):
        total = 0.0
        for i in range(x.shape[0]):
            if x[i] > 0.0:
                total += y[i] / x[i]
        return total

    x, y = np.array([0.0, 1.0, -1.0, 2.0]), np.array([0.0, 3.0, np.inf, 1.0])
    assert tg.jit(program)(x, y) == program(x, y) == 3.5
    np.testing.assert_array_equal(tg.grad(program, argnums=1)(x, y), [0.0, 1.0, 0.0, 0.5])
