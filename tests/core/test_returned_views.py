"""Results that share memory with arguments, captured arrays or each other, as CPython's do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import tangra as tg

TABLE = np.arange(24.0).reshape(4, 6)


@dataclass
class Window:
    seen: object


def kept(x, w):
    w.seen = x[1:, ::2]
    return w.seen.T


def collected(x, w):
    rows = []
    for k in range(3):
        rows.append(x[k])
    return rows


def counted(x, w):
    at = 0
    while x[at, 1] < 7:
        at += 1
    return x[at], x[at, 1:][::-1]


def strided(x, w):
    step = 1
    for _ in range(int(w.seen) + 1):
        step += 1
    return x[:, 1:][:, ::step], x[::-step].T


def fresh(x, w):
    y = x * 2
    row = y[1]
    return row, {"whole": y, "turned": y.T}, [y[:, 1:3], row]


PROGRAMS = [
    lambda x, w: x[1:],
    lambda x, w: x[::-1, ::-2],
    lambda x, w: x[1, 2:5],
    lambda x, w: (x[2], x[2]),
    lambda x, w: x[3, 2, ...],
    lambda x, w: x[5:, 1:],
    lambda x, w: x[2:0:-1],
    lambda x, w: x.T,
    lambda x, w: x.reshape(-1),
    lambda x, w: x.ravel()[3:7].reshape(2, 2).T,
    lambda x, w: x[:, None, :],
    lambda x, w: x[:],
    lambda x, w: np.asarray(x),
    lambda x, w: np.squeeze(x[1:2]),
    lambda x, w: np.swapaxes(x, 0, 1)[1],
    lambda x, w: np.broadcast_to(x[0], (3, 6)),
    lambda x, w: np.diagonal(x),
    lambda x, w: TABLE[1:3],
    lambda x, w: (TABLE, TABLE.T, x + TABLE),
    lambda x, w: [row for row in x],
    lambda x, w: np.split(x, 2),
    lambda x, w: x.copy()[1:],
    lambda x, w: x[[0, 1]],
    kept,
    collected,
    counted,
    strided,
    fresh,
]


def arrays_in(value):
    """The arrays of a result, in order."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        return [a for item in value for a in arrays_in(item)]
    return arrays_in(value.seen) if isinstance(value, Window) else []


def looked_at(function, x):
    """All that can be told about the arrays of a call, before and after writes through each of them."""
    w = Window(0.0)
    before = TABLE.copy()
    found = arrays_in((function(x, w), w, x, TABLE))
    facts = [(a.shape, a.dtype, a.flags.writeable) for a in found]
    for a in found:
        for b in found:
            facts.append((np.shares_memory(a, b), a is b))
    for k, a in enumerate(found):
        if a.flags.writeable:
            a[...] = a * 3 + k
            facts += [b.tolist() for b in found]
    TABLE[...] = before
    return facts


def layouts():
    base = np.arange(48.0).reshape(8, 6)
    return {
        "contiguous": base[:4].copy(),
        "every second row": base[::2].copy()[::-1],
        "fortran": np.asfortranarray(base[:4]),
        "gaps": np.arange(96.0).reshape(8, 12)[::2, ::2],
    }


@pytest.mark.parametrize("layout", layouts())
@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_results_share_memory_as_in_numpy(number, layout):
    function = PROGRAMS[number]
    compiled = tg.jit(function)
    for _ in range(2):
        assert looked_at(compiled, layouts()[layout]) == looked_at(function, layouts()[layout])


def test_views_at_run_time_positions_of_large_arrays():
    def f(x, at, n):
        return x[at : at + n], x[at : at + n][::-1], x.reshape(-1, 4)[at]

    compiled = tg.jit(f, dynamic=True)
    for size in (40, 60, 80):
        for at, n in ((0, 3), (5, 0), (2, 100), (7, 9)):
            x, y = np.arange(float(size)), np.arange(float(size))
            for a, b in zip(compiled(x, at, n), f(y, at, n), strict=True):
                assert np.array_equal(a, b)
                a += 1
                b += 1
            assert np.array_equal(x, y)


def test_views_of_read_only_arrays_are_read_only():
    x = np.arange(6.0)
    x.flags.writeable = False
    row = tg.jit(lambda v: v.reshape(2, 3)[1])(x)
    assert np.shares_memory(row, x)
    assert not row.flags.writeable


def test_gradients_share_nothing():
    x = np.arange(6.0).reshape(2, 3)
    value, gradient = tg.value_and_grad(lambda v: np.sum(v[1:] ** 2))(x)
    assert not np.shares_memory(gradient, x)
    primal, tangent = tg.jvp(lambda v: v[1:], (x,), (x,))
    assert not np.shares_memory(primal, x)
    assert not np.shares_memory(tangent, x)
