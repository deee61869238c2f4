"""Which array comes back where that depends on the path: the very argument, or a new one, as in CPython."""

from __future__ import annotations

import numpy as np
import pytest

import tangra as tg

TABLE = np.arange(3.0)


def conditional(x, y, c):
    return x if c > 0 else y


def early(x, y, c):
    if c > 0:
        return x
    return x + y


def nested(x, y, c):
    z = x
    if c > 0:
        z = y if c > 5 else y * 2
    return z, [z]


def exchanged(x, y, c):
    if c > 0:
        x, y = y, x
    return x, y


def in_a_dict(x, y, c):
    table = {"a": x, "b": y * 2}
    if c > 5:
        table["a"] = y
    return table["a"], table["b"], table


def out_of_a_loop(x, y, c):
    for k in range(4):
        if k == c:
            return x
        if k == c + 1:
            return TABLE
    return y * 1


def carried(x, y, c):
    best = x
    for k in range(c):
        if k % 2:
            best, y = y, best
    return best


def searched(x, y, c):
    while c > 0:
        x, y = y, x
        c -= 1
    return x, y


def helper(x, y, c):
    return conditional(conditional(x, y, c), TABLE, c - 3)


def captured(x, y, c):
    return TABLE if c > 0 else x


PROGRAMS = [
    conditional,
    early,
    nested,
    exchanged,
    in_a_dict,
    out_of_a_loop,
    carried,
    searched,
    helper,
    captured,
]


def arrays_in(value):
    if isinstance(value, np.ndarray):
        return [value]
    parts = value.values() if isinstance(value, dict) else value
    return [a for part in parts for a in arrays_in(part)]


def told(function, c):
    """Every array of the result: its elements, and which others it is."""
    x, y = np.arange(3.0), np.arange(3.0) + 1
    found = arrays_in(function(x, y, c))
    known = [*found, x, y, TABLE]
    return [(a.tolist(), [a is b for b in known], [np.shares_memory(a, b) for b in known]) for a in found]


@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_identity_by_path(function):
    compiled = tg.jit(function)
    for c in (-1, 0, 1, 2, 3, 7, 4, 0):
        assert told(compiled, c) == told(function, c), c


def test_a_write_to_what_may_be_an_argument_reaches_it_or_is_refused():
    def f(x, y, c):
        z = x if c > 0 else y
        z[0] = 5.0
        return z

    with pytest.raises(tg.AliasError):
        tg.jit(f)(np.ones(2), np.zeros(2), 1)


def test_what_is_left():
    """Views that differ by path, new arrays that are one on some paths only, and the arrays of a list that a run-time
    loop collected come back as arrays of their own; docs/behaviour.md says so."""

    @tg.jit
    def f(x, c):
        return x[1:] if c > 0 else x[:-1]

    x = np.arange(4.0)
    assert f(x, 1).tolist() == [1.0, 2.0, 3.0]
    assert f(x, -1).tolist() == [0.0, 1.0, 2.0]
    assert not np.shares_memory(f(x, 1), x)

    @tg.jit
    def g(x, c):
        a, b = x * 2, x * 3
        if c > 0:
            a = b
        return a, b

    first, second = g(x, 1)
    assert first.tolist() == second.tolist() == [0.0, 3.0, 6.0, 9.0]
    assert first is not second

    @tg.jit
    def h(x, n):
        rows = []
        for k in range(n):
            rows.append(x[k])
        return rows

    table = np.arange(3000.0).reshape(1500, 2)
    rows = h(table, 1200)
    assert [r.tolist() for r in rows] == table[:1200].tolist()
    assert not np.shares_memory(rows[0], table)
