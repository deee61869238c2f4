"""Evaluating a loop's body costs a number of evaluations linear in the depth of nesting, and IR stays small."""

from __future__ import annotations

import numpy as np
import pytest

from tangra.errors import TypeMismatchError
from tangra.frontend.entry import trace
from tests.frontend.running import check


def nested_1(x, n):
    total, last = 0, 0.0
    for a in range(n):
        total += x[a % 3]
        last = total / 2
    return total, last


def nested_2(x, n):
    total, last = 0, 0.0
    for a in range(n):
        for b in range(n):
            total += x[(a + b) % 3]
        last = total / 2
    return total, last


def nested_3(x, n):
    total, last = 0, 0.0
    for a in range(n):
        for b in range(n):
            for c in range(n):
                total += x[(a + b + c) % 3]
            last = total / 2
    return total, last


def nested_4(x, n):
    total, last = 0, 0.0
    for a in range(n):
        for b in range(n):
            for c in range(n):
                for d in range(n):
                    total += x[(a + b + c + d) % 3]
                last = total / 2
    return total, last


def nested_5(x, n):
    total, last = 0, 0.0
    for a in range(n):
        for b in range(n):
            for c in range(n):
                for d in range(n):
                    for e in range(n):
                        total += x[(a + b + c + d + e) % 3]
                    last = total / 2
    return total, last


NESTED = [nested_1, nested_2, nested_3, nested_4, nested_5]


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_evaluations_of_bodies_grow_linearly(depth):
    traced = check(NESTED[depth - 1], (np.array([1.0, 2.0, 3.0]), 2))
    # A body is evaluated once more than the one around it: linear for each. Without the plans that are remembered it
    # would be twice as often, 2 ** (depth + 1) - 2 evaluations in all.
    assert traced.counters.loop_bodies <= depth * (depth + 3) // 2


def grows(x, n):
    rows = []
    for a in range(n):
        row = []
        for b in range(n):
            cell = []
            for c in range(n):
                cell.append(x[(a + b + c) % 3])
            row.append(sum(cell, 0.0))
        rows.append(sum(row, 0.0))
    return np.array(rows)


def test_growing_lists_nest_without_exploding():
    traced = check(grows, (np.array([1.0, 2.0, 3.0]), 4), (np.array([1.0, 2.0, 3.0]), 20))
    assert traced.counters.loop_bodies <= 42


def picks_in_loops(x, y):
    total = 0.0
    for i in range(len(y)):
        for z in (x, 2 * x):
            for k in range(len(y)):
                table = [[0.1, 0.5] for _ in range(3)]
                table[k % 2][int(x[0]) % 2] += 1
                total += np.tanh(z[0] * table[k % 2][int(x[1]) % 2] + table[1][0])
        rows = [x * 0.5, x * 2.0]
        total += np.sum(rows[i % 2])
    return total


def test_loops_are_unrolled_for_their_indices_until_there_are_many_copies():
    traced = check(picks_in_loops, (np.arange(1.0, 4.0), np.zeros(17)))
    assert sum(1 for _ in traced.func.body.walk()) < 10_000


def names_in_loops(x):
    names = ("a", "b") * 100
    total = 0.0
    for i in range(200):
        for j in range(200):
            total += 1.0 if names[i] == names[j] else x[0]
    return total


def test_loops_that_must_be_unrolled_to_too_many_copies_are_refused():
    with pytest.raises(
        TypeMismatchError, match="loop with 200 trips, inside loops that were unrolled to 200 copies"
    ) as e:
        trace(names_in_loops, (np.ones(3),))
    assert "at most 256 constant trips, which is unrolled, with the loops around it to at most 4096 copies" in str(
        e.value
    )


def calls_in_loops(x, n):
    def inner(v, m):
        s = 0
        for k in range(m):
            s = s + v * k
        return s

    def outer(v, m):
        t = 0
        for k in range(m):
            t = t + inner(v, k)
        return t

    total = 0
    for k in range(n):
        total = total + outer(x[k % 3], k)
    return total


def test_calls_in_loops():
    traced = check(calls_in_loops, (np.array([1.0, 2.0, 3.0]), 5))
    assert traced.counters.loop_bodies <= 10


def test_a_long_body_is_traced_in_proportion_to_its_length():
    lines = "\n".join(f"        y{k % 7} = y{(k + 1) % 7} * {k}.5 + x[i]" for k in range(300))
    head = "    " + " = ".join(f"y{k}" for k in range(7)) + " = 0.0"
    body = f"def f(x, n):\n{head}\n    for i in range(n):\n{lines}\n    return y0 + y3\n"
    import linecache

    linecache.cache["<long>"] = (len(body), None, body.splitlines(True), "<long>")
    namespace: dict = {}
    exec(compile(body, "<long>", "exec"), namespace)
    traced = trace(namespace["f"], (np.ones(4), 4))
    assert traced.counters.loop_bodies <= 3
    assert sum(1 for _ in traced.func.body.walk()) < 300 * 8


def writes(x, n):
    out = np.zeros(3)
    for k in range(n):
        last = x[k % 3] * k
        out[k % 3] += last
    return out


def appends(x, n):
    items = []
    for k in range(n):
        items.append(x[k % 3] * k)
    return np.array(items)


def writes_if(x, n, changing):
    out = np.ones(3)
    total = 0.0
    for k in range(n):
        if changing:
            out[0] = k
        total += out[k % 3] * x[0]
    return total


def of_size(x, n, changing):
    sizes = np.array([2, 3])
    total = 0.0
    for k in range(n):
        if changing:
            sizes = sizes + 0
            sizes[0] = k
        total += np.sum(np.ones(sizes.shape[0])) * x[k % 3] + sizes[0]
    return total


def test_what_a_body_writes_by_name_is_foreseen():
    x = np.array([1.0, 2.0, 3.0])
    assert check(writes, (x, 4), (x, 0)).counters.loop_bodies == 1
    assert check(appends, (x, 4), (x, 0)).counters.loop_bodies == 2, "the first one finds that the list grows"


@pytest.mark.parametrize("function", [writes_if, of_size])
def test_what_a_body_only_seems_to_write_is_not_carried(function):
    x = np.array([1.0, 2.0, 3.0])
    for changing in ("", "yes"):
        traced = check(function, (x, 4, changing), (x, 0, changing))
        carried = [r.shape for op in traced.func.body.walk() if op.name == "loop" for r in op.results]
        assert any(carried) == bool(changing)
