"""Small whole programs that mix objects, lists, kinds and exits."""

from __future__ import annotations

import math

import numpy as np

from tests.frontend.running import check


class Acc:
    total: float

    def __init__(self):
        self.total = 0.0
        self.hist = []

    def add(self, v):
        self.total += v
        if v > 1:
            self.hist.append(v)
        return self


def test_chain():
    def f(x):
        a = Acc()
        for v in x:
            a.add(v).add(1)
        return a.total, len(a.hist), sum(a.hist)

    check(f, (np.array([0.5, 2.0, 3.0]),), (np.zeros(0),))


def test_nested_fn_loop_state():
    def f(x, n):
        state = {"k": 0, "v": [x, x * 2]}

        def step():
            state["k"] += 1
            state["v"][0] = state["v"][0] + state["v"][1]
            state["v"][1] *= 0.5

        for _ in range(n):
            step()
        return state

    check(f, (np.array([1.0, 2.0]), 4), (np.array([1.0, 2.0]), 0))


def test_multi_return_kinds():
    def g(v):
        if v < 0:
            return -1
        if v < 1:
            return v
        return 2

    def f(x):
        return [g(v) for v in x], g(x[0]) + 1, g(x[1]) / 2

    check(f, (np.array([-1.0, 0.5, 3.0]),), (np.array([0.5, 3.0, -2.0]),))


def test_while_collatz():
    def f(n):
        k = 0
        while n != 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            k += 1
        return k

    check(f, (27,), (1,))


def test_loop_else_continue_return():
    def f(x):
        out = 0
        for i in range(len(x)):
            if x[i] < 0:
                continue
            for j in range(i):
                if x[j] == x[i]:
                    break
            else:
                out += 1
                continue
            if out > 2:
                return -out
        return out

    check(f, (np.array([1.0, 2, 1, -3, 2, 4]),), (np.array([1.0, 2, 3, 3]),))


def test_power_table():
    def f(x, n):
        t = [1.0]
        for _ in range(n):
            t.append(t[-1] * x)
        return t[n], t[0], len(t), sum(t), t[-1]

    check(f, (1.5, 5), (2.0, 0), (2.0, 40))


def test_2d_lists():
    def f(x):
        g = [[0.0] * 3 for _ in range(2)]
        for i in range(2):
            for j in range(3):
                g[i][j] = x * i + j
        g[0][0] = 9.0
        return g, np.array(g).sum()

    check(f, (1.5,))


def test_matrix_lists_runtime():
    def f(x, n):
        g = [[0.0] * 3 for _ in range(3)]
        for k in range(n):
            g[k % 3][k % 3] += x * k
        return g

    check(f, (1.5, 7))


def test_ternary_arrays():
    def f(x, c):
        y = x * 2 if c > 0 else x - 1
        y += 1
        return y, x

    check(f, (np.ones(2), 1), (np.ones(2), -1))


def test_bool_ops_values():
    def f(x, y):
        return (x or y) + (x and y), not (x and y), bool(x) ^ bool(y), x is None

    check(f, (0.0, 2.0), (3.0, 0.0), (0.0, 0.0))


def test_int_overflow():
    def f(n):
        p = 1
        for k in range(n):
            p *= 10
        return p

    check(f, (5,), (18,))


def test_str_key_dispatch():
    def f(x, name):
        table = {"sq": lambda v: v * v, "neg": lambda v: -v}
        return table[name](x) if name in table else x

    check(f, (2.0, "sq"), (2.0, "zz"))


def test_tuple_in_loop_state_swap():
    def f(n):
        s = ((0, 1), [2.0])
        for k in range(n):
            (a, b), c = s
            s = ((b, a + b), [c[0] * 2])
        return s

    check(f, (0,), (6,))


def test_accumulate_rows_unknown_first():
    def f(m):
        acc = None
        for row in m:
            acc = row.copy() if acc is None else acc + row
        return acc

    check(f, (np.arange(6.0).reshape(3, 2),))


def test_break_value():
    def f(x):
        i = -1
        for i, v in enumerate(x):
            if v > 2:
                break
        return i

    check(f, (np.array([1.0, 3, 2]),), (np.array([]),), (np.array([1.0]),))


def test_enumerate_items_dict():
    def f(d):
        s = 0.0
        for i, (k, v) in enumerate(d.items()):
            s += i * v * len(k)
        return s

    check(f, ({"a": 1.0, "bb": 2},))


def test_np_where_loop_shrinking_range():
    def f(x):
        n = len(x)
        while n > 1:
            h = n // 2
            for i in range(h):
                x[i] = x[2 * i] + x[2 * i + 1]
            n = h
        return x[0]

    check(f, (np.arange(8.0),))


def test_global_none_attr():
    def f(x):
        a = Acc()
        a.extra = None
        for k in range(3):
            if a.extra is None:
                a.extra = x * k
            else:
                a.extra = a.extra + x
        return a.extra

    check(f, (2.0,), (np.ones(2),))


def test_optional_arg():
    def g(x, w=None):
        if w is None:
            w = np.ones(len(x))
        return (x * w).sum()

    def f(x):
        return g(x) + g(x, x)

    check(f, (np.arange(3.0),))


def test_return_in_loop_different_kind():
    def f(x, n):
        for i in range(n):
            if x[i] > 1:
                return i
        return -1.0

    check(f, (np.array([0.0, 2.0]), 2), (np.array([0.0, 0.0]), 2))


def test_nan_and_inf():
    def f(x):
        best = math.inf
        for v in x:
            if v < best:
                best = v
        return best, -math.inf < best

    check(f, (np.array([np.nan, 2.0]),), (np.array([]),))


def test_sum_start_array():
    def f(x):
        return sum(x[i] for i in range(2)), sum((row for row in x), np.zeros(2))

    check(f, (np.arange(4.0).reshape(2, 2),))


def test_sorted_key_const():
    def f(x):
        names = ["bb", "a", "ccc"]
        return [len(n) * x for n in sorted(names, key=len, reverse=True)], min(names, key=len)

    check(f, (1.5,))


def test_del_and_in():
    def f(x):
        d = {"a": x, "b": 2}
        d.pop("a", None)
        return d, "a" not in d

    check(f, (1.0,))


def test_starred_call_runtime():
    def g(*a):
        return sum(a)

    def f(x):
        return g(*x, *[1, 2])

    check(f, (np.arange(3.0),))


def test_assign_slice_of_list():
    def f(x):
        a = [1, 2, 3, 4]
        a[1:3] = [x]
        a[::2] = [0, 0]
        return a

    check(f, (1.5,))
