"""Branches, loops, exits and what they do to names."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tangra.errors import TangraError
from tangra.frontend.entry import trace
from tests.frontend.running import check


def test_branch_joins_number_kinds():
    def f(x):
        if x[0] > 0:
            y = 1
        else:
            y = 2.5
        return y

    check(f, (np.array([1.0]),), (np.array([-1.0]),))


def test_branch_joins_tuples_and_keeps_unchanged_names():
    def f(x):
        a, b = (1, 2.0), 3
        if x[0] > 0:
            a = (4, x[0])
        return a, b

    check(f, (np.array([1.0]),), (np.array([-1.0]),))


def test_name_bound_in_one_arm_only():
    def f(x):
        if x[0] > 0:
            y = x[0] * 2
        if x[0] > 0:
            return y
        return 0.0

    check(f, (np.array([1.0]),), (np.array([-1.0]),))


def test_unbound_name_fails_at_run_time_only_where_it_is_unbound():
    def f(x):
        if x[0] > 0:
            y = x[0] * 2
        return y

    check(f, (np.array([1.0]),), (np.array([-1.0]),))


def test_loop_variable_after_the_loop():
    def f(n):
        for i in range(n):
            pass
        return i

    check(f, (3,), (1,), (0,))


def test_loop_variable_keeps_the_value_from_before_without_trips():
    def f(n):
        i = 7
        for i in range(n):
            pass
        return i

    check(f, (3,), (0,))


def test_loop_variable_changed_in_the_body():
    def f(n):
        out = []
        for i in range(n):
            i = i * 2
            out.append(i)
        return out, i

    check(f, (4,))


def test_else_of_for_with_break():
    def f(x):
        for v in x:
            if v > 2:
                found = v
                break
        else:
            found = -1.0
        return found

    check(f, (np.array([1.0, 3.0]),), (np.array([1.0, 2.0]),))


def test_else_of_while_with_return():
    def f(n):
        k = 0
        while k < n:
            if k == 3:
                return "three"
            k += 1
        else:
            k = -1
        return k

    with pytest.raises(TangraError):
        trace(f, (5,))


def test_nested_breaks_and_continues():
    def f(x):
        total = 0.0
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                if j == i:
                    continue
                if x[i, j] > 0.9:
                    break
                total += x[i, j]
            else:
                total += 100
            if total > 150:
                break
        return total, i, j

    rng = np.random.default_rng(0)
    for _ in range(5):
        check(f, (rng.uniform(size=(4, 4)),))


def test_early_return_from_deep_inside():
    def f(x, limit):
        for i in range(len(x)):
            k = 0
            while True:
                k += 1
                if x[i] * k > limit:
                    if i % 2:
                        return i, k, -1.0
                    return i, k, x[i]
                if k > 10:
                    break
        return -1, -1, 0.0

    x = np.array([0.1, 0.2, 3.0, 0.4])
    check(f, (x, 1.0), (x, 8.0), (x, 100.0))


def test_while_with_compound_condition_checks_lazily():
    def f(x):
        k = 0
        while k < len(x) and x[k] > 0:
            k += 1
        return k

    check(f, (np.array([1.0, 2.0, -1.0, 3.0]),), (np.array([1.0, 2.0]),), (np.array([]),))


def test_while_false_and_while_true():
    def f(n):
        while False:
            n += 1
        while True:
            n += 2
            if n > 10:
                break
        return n

    check(f, (0,), (11,))


def test_ranges_of_all_steps():
    def f(a, b):
        out = 0
        for i in range(a, b, 3):
            out = out * 10 + i
        for i in range(b, a, -2):
            out += i
        for i in reversed(range(a, b)):
            out = out * 2 - i
        return out

    check(f, (1, 9), (9, 1), (0, 0), (2, 3))


def test_step_known_at_run_time_only():
    def f(a, b, s):
        total = 0
        for i in range(a, b, s):
            total = total * 3 + i
        return total

    check(f, (0, 10, 3), (10, 0, -3), (0, 10, -1), (0, 1, 0))


def test_chained_comparison_and_boolean_values():
    def f(x, y):
        a = 0 < x < y < 10
        b = x and y
        c = x or y or 5
        d = not x
        return a, b, c, d, (x > 1) == (y > 1)

    check(f, (1, 2), (0, 3), (2, 0), (0, 0), (5, 20))


def test_conditional_expression_of_kinds():
    def f(x, n):
        a = 1 if x > 0 else 2.0
        b = a * n
        return a, b, b / 2, (n if x > 0 else -n) // 2

    check(f, (1.0, 3), (-1.0, 3))


def test_first_trip_changes_the_type():
    def f(x):
        total = 0
        for row in x:
            total = total + row
        return total

    check(f, (np.arange(6.0).reshape(3, 2),))


def test_none_until_the_first_trip():
    def f(x):
        best = None
        for v in x:
            if best is None or v > best:
                best = v
        return best

    check(f, (np.array([1.0, 5.0, 2.0]),))


def test_counter_becomes_float_in_loop():
    def f(n):
        v = 1
        for k in range(n):
            v = v / 2 if k % 2 else v * 3
        return v

    check(f, (0,), (1,), (5,))


def test_swap_in_loop():
    def f(n):
        a, b = 0, 1
        for _ in range(n):
            a, b = b, a + b
        return a, b

    check(f, (0,), (1,), (10,))


def test_match_on_run_time_number():
    def f(n):
        match n:
            case 0:
                return 1.0
            case 1 | 2:
                return 2.0
            case k if k > 10:
                return float(k)
            case _:
                return -1.0

    check(f, (0,), (2,), (11,), (5,))


def test_match_on_structure():
    def f(p):
        match p:
            case (x, y):
                return x + y
            case [x, *rest]:
                return x - len(rest)
            case {"a": a, **others}:
                return a * len(others)
            case str():
                return "text"
            case None:
                return None
        return 0

    check(f, ((1.0, 2.0),), ((1.0, 2.0, 3.0),), ({"a": 2.0, "b": 1},), (None,))


def test_assert_with_message_and_constants():
    def f(x):
        assert x.shape[0] == 2
        assert x[0] > 0, f"x[0] is {x[0]:.2f}, n={len(x)}"
        return x[0]

    check(f, (np.array([1.0, 2.0]),), (np.array([-1.5, 2.0]),))


def test_raise_in_branch_and_loop():
    class Special(ValueError):
        pass

    def f(x):
        total = 0.0
        for k, v in enumerate(x):
            if v < 0:
                raise Special("negative at", k)
            if v > 100:
                raise OverflowError
            total += math.sqrt(v)
        if total > 50:
            raise ValueError(f"total {total}")
        return total

    check(f, (np.array([1.0, 4.0]),), (np.array([500.0]),), (np.array([2500.0, 1.0]),), (np.array([81.0] * 9),))


def test_function_that_always_raises():
    def f(x):
        x[0] = 5.0
        raise RuntimeError("always")

    check(f, (np.array([1.0]),))


def test_walrus():
    def f(x):
        total = 0.0
        while (k := int(total)) < 5:
            total += x
        if (y := total * 2) > 3:
            return y, k
        return total, k

    check(f, (0.7,), (2.0,))


def test_loop_over_zip_enumerate_reversed():
    def f(x, y, n):
        total = 0.0
        for k, (a, b) in enumerate(zip(x, y), start=2):
            total += k * a - b
        for a, i in zip(x, range(n)):
            total += a * i
        for v in reversed(x):
            total = total * 0.5 + v
        for a, name in zip(x, ("p", "q")):
            total += a if name == "p" else -a
        return total

    check(f, (np.arange(4.0), np.arange(3.0), 2), (np.arange(4.0), np.arange(5.0), 9))


def test_loops_inside_arms_of_branches():
    def f(x, n):
        if n > 2:
            out = np.zeros(3)
            for i in range(3):
                out[i] = x[i % len(x)]
        else:
            out = np.ones(3)
        return out

    check(f, (np.array([1.0, 2.0]), 5), (np.array([1.0, 2.0]), 1))


def test_pass_del_and_rebinding():
    def f(x):
        y = x[0]
        del y
        y = 3.0
        z = [1, 2, 3]
        del z[0], z[-1]
        return y, z

    check(f, (np.array([1.0]),))


def test_names_of_different_types_are_an_error_only_where_read():
    def f(x):
        y = "text" if False else 1
        if x[0] > 0:
            z = (1, 2)
        else:
            z = np.zeros(2)
        return y

    check(f, (np.array([1.0]),))

    def g(x):
        if x[0] > 0:
            z = (1, 2)
        else:
            z = np.zeros(2)
        return z

    with pytest.raises(TangraError, match="z is"):
        trace(g, (np.array([1.0]),))
