"""Lists that grow in loops or are indexed at run time: stacks of arrays, with what Python shares in them."""

from __future__ import annotations

import numpy as np
import pytest

import tangra as tg
from tangra.errors import AliasError, TangraError
from tangra.frontend.entry import trace
from tests.frontend.running import check

X = np.arange(6.0)


def test_lists_of_lists_indexed_at_run_time():
    def f(x, n):
        g = [[0.0] * 3 for _ in range(3)]
        for k in range(n):
            g[k % 3][k % 3] += x * k
            g[(k + 1) % 3][0] = x
        return g, g[1]

    check(f, (1.5, 7), (1.5, 0))


def test_list_that_is_new_on_one_path_and_indexed_at_run_time():
    def f(x, n):
        t = 0.0
        for x4 in (x, x):
            if 1 < n <= 3:
                break
            r = [x * 3.0, x4]
            t += np.sum(r[(n + 3) % 2])
        if n > 3:
            t += r[n % 2][1]
        return t

    def leftover(x, n):
        for x4 in (x, x):
            match 0.5:
                case 0:
                    pass
                case _:
                    if n < n <= 3:
                        break
            r = [x, x4]
            a = r[(n + 3) % 2]
        return a * 0.5

    a = np.array([1.0, 2.0, 3.0])
    check(f, *((a, n) for n in range(6)))
    check(leftover, (a, 1), (a, 2))
    lanes, trips = np.ones((3, 3)), np.array([0, 4, 5])
    assert list(tg.vmap(f)(lanes, trips)) == [f(*lane) for lane in zip(lanes, trips, strict=True)]
    assert np.array_equal(tg.vmap(leftover)(lanes, trips), lanes * 0.5)


def test_list_whose_length_only_one_path_knows_is_refused():
    def f(x, n):
        t = 0.0
        if n > 2:
            m = int(x[0]) + n
            r = []
            for i in range(m):
                r.append(x * i)
            t = r[n % 2].sum()
        if n > 2:
            t += r[m - 1][0]
        return t

    def g(x, n):
        r = [x]
        if n > 2:
            for i in range(int(x[0]) + n):
                r.append(x * i)
        return r[n // 2].sum()

    with pytest.raises(TangraError, match="r is a list that grew in a loop, to a length that only one path knows"):
        trace(f, (X, 3))
    with pytest.raises(TangraError, match="on one path and a list of 1 items on another"):
        trace(g, (X, 3))


def test_one_list_in_many_slots_indexed_at_run_time_is_refused():
    def f(x, n):
        g = [[0.0] * 3] * 3
        for k in range(n):
            g[k % 3][0] += x
        return g[1][0]

    with pytest.raises(AliasError):
        trace(f, (1.5, 7))


def test_one_array_in_two_slots_indexed_at_run_time_is_refused():
    def f(x, n):
        a = np.zeros(2)
        arrays = [a, a]
        arrays[n % 2][0] = x
        return arrays[0][0], arrays[1][0]

    with pytest.raises(AliasError):
        trace(f, (1.5, 7))


def test_one_array_appended_twice_then_written_is_refused():
    def f(x, n):
        out = []
        y = x * 1.0
        for k in range(n):
            out.append(y)
        out[0][0] = 5.0
        return out[1][0]

    with pytest.raises(AliasError):
        trace(f, (X, 20))

    def g(x, n):
        out = []
        y = x * 1.0
        for k in range(n):
            out.append(y)
        return sum(v[1] for v in out)

    check(g, (X, 20))


def test_rows_of_a_grown_list_are_written_in_place():
    def f(x, n):
        rows = []
        for k in range(n):
            rows.append(x * k)
        for row in rows:
            row[0] = -1.0
        rows[2][1] += 100
        last = rows[-1]
        last *= 2
        return rows

    check(f, (X, 20))


def test_inner_list_of_a_grown_list_that_changes_its_length():
    def f(x, n):
        rows = []
        for k in range(n):
            rows.append([x, 1.0])
        rows[0].append(2.0)
        return len(rows[0]), len(rows[1])

    with pytest.raises(TangraError):
        trace(f, (1.5, 20))


def test_list_of_numbers_of_two_kinds_as_long_as_an_array():
    def f(y, s):
        for _ in y:
            s = s - np.tanh(sum([s for _ in range(y.shape[0])]))
            last = 1
        return s, last

    compiled = tg.jit(f, dynamic=True)
    for rows in (19, 26):
        assert compiled(np.ones((rows, 2)), 0.25) == pytest.approx(f(np.ones((rows, 2)), 0.25), rel=1e-9)
