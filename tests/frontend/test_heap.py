"""Aliases, views, swaps, writes through parameters: what shares memory in NumPy shares it here, or is refused."""

from __future__ import annotations

import numpy as np
import pytest

from tangra.errors import AliasError, TangraError
from tangra.frontend.entry import trace
from tests.frontend.running import check, run

X = np.arange(6.0)


def test_second_name_sees_the_write():
    def f(x):
        a = x
        b = a
        b[1] = 10.0
        return a[1], x is a

    check(f, (X,))


def test_views_of_views_write_through():
    def f(m):
        row = m[1]
        part = row[::2]
        part += 100
        m.T[0, 0] = -1.0
        col = m[:, 2]
        m[:, 2] = 5.0
        return col, m.reshape(-1)[3], part

    check(f, (np.arange(12.0).reshape(3, 4),))


def test_swap_of_buffers_in_a_loop():
    def f(u, n):
        a, b = u.copy(), np.zeros_like(u)
        for k in range(n):
            for i in range(1, len(u) - 1):
                b[i] = a[i - 1] + a[i + 1] + k
            a, b = b, a
        return a, b

    for n in (0, 1, 2, 5):
        check(f, (X, n))


def test_swap_of_arguments_writes_to_the_right_one():
    def f(x, y):
        x, y = y, x
        x[0] = 100.0
        return y

    check(f, (X, X + 1))


def test_previous_and_current():
    def f(x, n):
        prev = x
        cur = x * 2
        for _ in range(n):
            prev, cur = cur, cur + prev
        return prev, cur

    check(f, (X, 0), (X, 4))


def test_rebound_in_loop_then_written_in_place():
    def f(x, n):
        y = x.copy()
        for k in range(n):
            y = y * 2
            y[0] = k
        return y

    check(f, (X, 3), (X, 0))


def test_write_to_one_of_two_possible_arrays_is_refused_if_read():
    def f(x, y):
        if x[0] > 0:
            z = x
        else:
            z = y
        z[1] = 7.0
        return x[1]

    with pytest.raises(AliasError) as error:
        trace(f, (X, X + 1))
    assert "z[1] = 7.0" in str(error.value)


def test_choice_between_arrays_may_be_read():
    def f(x, y, c):
        z = x if c > 0 else y
        w = z * 2
        w[0] = 1.0
        return w, z

    def g(x, y, c):
        return f(x, y, c)[0]

    check(g, (X, X + 1, 1), (X, X + 1, -1))


def test_write_through_helper_parameter():
    def fill(a, start, value):
        a[start:] = value
        return a

    def f(x, n):
        y = np.zeros(4)
        z = fill(y, n, x[0])
        z[0] += 1
        fill(x, 2, 0.0)
        return y, z is y

    check(f, (X, 2), (X, 0))


def test_same_array_twice_as_argument():
    def f(a, b):
        a[0] = 10.0
        return b[0] + 1, a is b

    a = X.copy()
    expected = f(a.copy(), a.copy())
    assert expected[1] is False
    traced = trace(f, (a, a))
    assert run(traced, (a, a)) == (11.0, True)


def test_array_in_list_dict_tuple_and_name():
    def f(x):
        y = x.copy()
        items = [y, x]
        d = {"y": y}
        t = (y,)
        items[0][0] = 1.0
        d["y"][1] = 2.0
        t[0][2] = 3.0
        y += 10
        return items, d, t, y

    check(f, (X,))


def test_in_place_operator_keeps_dtype_and_refuses_unsafe():
    def f(x):
        y = x.astype(np.float32)
        y += 1.5
        y *= np.float32(2)
        return y

    check(f, (X,))

    def g(x):
        y = np.arange(3)
        y += x[0]
        return y

    with pytest.raises(TangraError, match="same_kind"):
        trace(g, (X,))


def test_augmented_rebinds_numbers_but_not_arrays():
    def f(x, s):
        t = s
        s += 1
        a = x
        a += 1
        a = a + 1
        a += 1
        return s, t, a

    check(f, (X, 2))


def test_copy_detaches():
    def f(x):
        a = x.copy()
        b = x[1:4].copy()
        c = np.array(x)
        d = x[[0, 1]]
        x[:] = 0.0
        return a, b, c, d

    check(f, (X,))


def test_branch_writes_in_one_arm_only():
    def f(x, c):
        y = np.zeros(3)
        if c > 0:
            y[0] = 1.0
            x[1] = 5.0
        else:
            y = y + 1
        y[1] += 2
        return y

    check(f, (X, 1), (X, -1))


def test_views_made_in_branches():
    def f(m, k):
        if k > 0:
            row = m[0]
        else:
            row = m[1]
        return row * 2

    check(f, (np.arange(6.0).reshape(2, 3), 1), (np.arange(6.0).reshape(2, 3), 0))


def test_view_kept_across_trips():
    def f(m):
        last = m[0]
        total = 0.0
        for i in range(1, m.shape[0]):
            total += (m[i] * last).sum()
            last = m[i]
        return total

    check(f, (np.arange(12.0).reshape(4, 3),))


def test_overlapping_assignment():
    def f(x):
        x[1:] = x[:-1]
        x[::-1] = x
        return x

    check(f, (X,))


def test_slice_assignment_from_list_and_scalar_broadcast():
    def f(m):
        m[0] = [1, 2, 3]
        m[:, 1] = 7
        m[1:, ::2] = [[1.5], [2.5]]
        return m

    check(f, (np.zeros((3, 3)),))


def test_write_in_loop_through_loop_row():
    def f(m):
        for i, row in enumerate(m):
            row *= i
            row[0] = -1.0
        return m.sum()

    check(f, (np.ones((3, 4)),))


def test_array_appended_and_changed_later_is_refused():
    def f(x, n):
        out = []
        y = x.copy()
        for k in range(n):
            y += k
            out.append(y)
        return out[0]

    with pytest.raises(AliasError):
        trace(f, (X, 40))


def test_array_appended_as_copy():
    def f(x, n):
        out = []
        y = x.copy()
        for k in range(n):
            y += k
            out.append(y.copy())
        return np.array(out)

    check(f, (X, 40), (X, 1))


def test_unrolled_list_of_one_array_shares_it():
    def f(x):
        out = []
        y = x.copy()
        for k in range(3):
            y += k
            out.append(y)
        return out

    def g(x):
        rows = f(x)
        return rows[0] + rows[2], len(rows)

    traced = check(g, (X,))
    assert not any(op.name == "loop" for op in traced.func.body.walk())


def test_list_identity_through_names_and_calls():
    def push(items, v):
        items.append(v)

    def f(x):
        a = []
        b = a
        push(a, x[0])
        push(b, 2)
        a += [3]
        c = a + [4]
        c.append(5)
        return a, b, c, a is b

    check(f, (X,))


def test_argument_list_and_dict_are_changed():
    def f(items, d):
        items.append(items[0] + 1)
        items[0] = 5.0
        d["new"] = items
        d["n"] += 1
        del d["old"]
        return items

    check(f, ([1.0, 2.0], {"n": 1, "old": 3.0}))


def test_self_assignment_of_elements():
    def f(x):
        x[0], x[1] = x[1], x[0]
        i = 2
        x[i], i = 9.0, 3
        x[i] = i
        return x

    check(f, (X,))


class Box:
    def __init__(self, v):
        self.v = v


def test_choice_between_objects_then_written():
    def f(x):
        p, q = Box(x[0]), Box(x[1])
        if x[0] > 0:
            r = p
        else:
            r = q
        r.v = 5.0
        return p.v

    with pytest.raises(AliasError):
        trace(f, (X,))

    def g(x):
        p, q = [x[0]], [x[1]]
        r = p if x[0] > 0 else q
        r.append(1.0)
        return q

    with pytest.raises(AliasError):
        trace(g, (X,))


def test_view_of_a_rebound_array_is_not_read_stale():
    def f(x, n):
        a = x * 1.0
        last = a[0:2]
        total = 0.0
        for k in range(n):
            a[0] = k + 5.0
            total += last[0]
            a = a * 2
            last = a[0:2]
        return total

    with pytest.raises(AliasError):
        trace(f, (X, 3))


def test_view_kept_while_its_base_is_written():
    def f(m, n):
        row = m[0]
        total = 0.0
        for k in range(n):
            m[0, 0] = k * 1.0
            total += row[0]
        return total

    check(f, (np.ones((2, 2)), 3))
