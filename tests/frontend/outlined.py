"""Programs with functions that call themselves, each with arguments to call it with."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[tuple[Any, ...], ...]]] = {}


def program(*calls: tuple[Any, ...]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a program with the argument tuples to call it with."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        PROGRAMS[function.__name__] = function, calls
        return function

    return add


def vector(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


def fib(n, x):
    if n < 2:
        return np.sin(x) * n + 1.0
    return fib(n - 1, x) + 0.5 * fib(n - 2, x) * np.cos(x)


@program((0.3,), (np.float32(0.3),), (2,))
def fibonacci(x):
    return fib(9, x)


TREE = (((1.5, 2.5), (3.5, (4.0, 5.0))), ((1.5, 2.5), 7.0))


def walk(tree, x):
    if isinstance(tree, tuple):
        left, right = tree
        return walk(left, x) * x + np.tanh(walk(right, x))
    return tree * x


@program((0.7,))
def nested_tuples(x):
    return walk(TREE, x)


@program((0.7, 1), (2, 3.0))
def nested_tuples_of_arguments(x, y):
    return walk((((x, y), (y, (x, y))), ((y, y), x)), 0.5)


def transform(re, im):
    n = len(re)
    if n == 1:
        return re, im
    er, ei = transform(re[0::2], im[0::2])
    odd_re, odd_im = transform(re[1::2], im[1::2])
    k = np.arange(n // 2)
    c, s = np.cos(-2 * math.pi * k / n), np.sin(-2 * math.pi * k / n)
    tr, ti = c * odd_re - s * odd_im, c * odd_im + s * odd_re
    return np.concatenate([er + tr, er - tr]), np.concatenate([ei + ti, ei - ti])


@program((vector(16), vector(16, 1)))
def fourier(re, im):
    r, i = transform(re, im)
    return r * r + i * i


def total(x):
    if len(x) == 1:
        return x[0]
    half = len(x) // 2
    return total(x[:half]) + total(x[half:])


@program((vector(8),), (vector(11),), (np.arange(5),))
def divide_and_conquer(x):
    return total(x)


def merge_sort(x):
    n = len(x)
    if n <= 1:
        return x.copy()
    a, b = merge_sort(x[: n // 2]), merge_sort(x[n // 2 :])
    out = np.empty(n)
    i = j = 0
    for k in range(n):
        if j >= len(b) or (i < len(a) and a[i] <= b[j]):
            out[k] = a[i]
            i += 1
        else:
            out[k] = b[j]
            j += 1
    return out


@program((vector(13),), (np.array([2.0, 1.0, 2.0, 1.0]),))
def sorted_by_merging(x):
    return merge_sort(x)


def scale_halves(x, factor):
    """In place, through views of views."""
    if len(x) == 1:
        x[0] *= factor
        return
    half = len(x) // 2
    scale_halves(x[:half], factor)
    scale_halves(x[half:], factor + 1.0)


@program((vector(8),), (vector(7),))
def writes_through_views(x):
    y = x * 2.0
    scale_halves(y, 2.0)
    scale_halves(x[1:-1], 0.5)
    return y


def fill(x, k, v):
    if v > 100.0:
        raise ValueError(f"too large: {v}")
    if k < 0:
        return
    x[k] = v
    fill(x, k - 1, v * 2.0)
    x[k] += 1.0


@program((np.zeros(6), 1.0), (np.zeros(6), 10.0), (np.zeros(6), 1000.0))
def fails_after_writes(x, v):
    fill(x, 5, v)
    return x.sum()


@program((np.zeros(6), np.zeros(6), 10.0), (np.zeros(6), np.zeros(6), 1.0))
def fails_after_writes_elsewhere(x, y, v):
    y[2] = 5.0
    fill(x, 2, v * 2.0)
    y[3] = 6.0
    fill(x, 3, v)
    x[5] = 7.0
    fill(y, 5, v)
    return x, y


@program((np.zeros(8), 10.0), (np.zeros(8), 1.0))
def fails_after_writes_to_a_part(x, v):
    fill(x[2:], 3, 1.0)
    fill(x[1:], 5, v)
    return x


def tail(x, n):
    return x if n == 0 else tail(x[1:], n - 1)


@program((vector(6),))
def returns_a_view(x):
    y = tail(x, 4)
    y[0] = 50.0
    z = tail(x, 4)
    return y, z[0] + x[4], tail(x, 0)


def both(x, y, n):
    if n == 0:
        return x[0] + y[0]
    x[0] += 1.0
    y[0] *= 2.0
    return both(x, y, n - 1) + both(y, x, n - 1)


@program((vector(3), vector(3, 1)))
def one_array_twice(x, y):
    a = both(x, y, 2)
    b = both(x, x, 2)
    c = both(y, x, 2)
    d = both(x[:2], x[1:], 2)
    return a, b, c, d


COUNTS = np.zeros(4)
SCALE = 1.5
CALLS = 0


def counted(n, x):
    global CALLS
    CALLS += 1
    COUNTS[n] += x * SCALE
    if n == 0:
        return x
    return counted(n - 1, x + COUNTS[n - 1]) + counted(n - 1, x * 0.5)


@program((2.0,))
def globals_change(x):
    global CALLS
    COUNTS[:] = 0.0
    CALLS = 0
    first = counted(3, x)
    COUNTS[1] = 3.0
    return first + counted(3, x), COUNTS.copy(), CALLS


@program((2.0, 3))
def nonlocal_state(x, y):
    calls, sums = 0, [0.0, 0.0]

    def go(n):
        nonlocal calls, x
        calls += 1
        sums[n % 2] += x
        x = x + y
        return x if n == 0 else go(n - 1) * 0.5 + go(n - 1)

    return go(3), calls, sums, x


class Node:
    def __init__(self, value, left=None, right=None):
        self.value = value
        self.left = left
        self.right = right
        self.visits = 0

    def total(self, x):
        self.visits += 1
        found = self.value * x
        if self.left is not None:
            found = found + self.left.total(x)
        if self.right is not None:
            found = found + self.right.total(np.sin(found))
        return found


@program((0.4,))
def objects_with_methods(x):
    leaf = Node(x * 2.0)
    root = Node(x, Node(1.0, leaf, Node(x)), Node(2.0, leaf))
    return root.total(x) + root.total(2.0), leaf.visits, root.left.visits, root.visits


@dataclasses.dataclass
class Machine:
    stack: list
    total: float = 0.0


def push(m, depth):
    if depth == 0:
        m.total += m.stack[-1]
        return m
    m.stack.append(m.stack[-1] * 2.0)
    push(m, depth - 1)
    m.stack[0] += 1.0
    return push(m, depth - 1)


@program((1.5,))
def lists_grow(x):
    m = Machine([x])
    same = push(m, 3)
    return m.stack, m.total, same is m, len(m.stack)


def remembered(n, memo):
    if n not in memo:
        memo[n] = remembered(n - 1, memo) + remembered(n - 2, memo)
    return memo[n]


@program((1.0, 2.0))
def dictionary_as_memo(x, y):
    memo = {0: x, 1: y}
    return remembered(8, memo), memo, remembered(3, memo)


def even(n, x):
    return x if n == 0 else odd(n - 1, x * 1.5)


def odd(n, x):
    return -x if n == 0 else even(n - 1, x + 1.0) + even(n - 1, x)


@program((0.5,), (1,))
def mutual(x):
    return even(6, x) + odd(5, x)


@program((0.5, 4), (0.5, 0))
def inside_a_loop(x, trips):
    for k in range(trips):
        x = x + 0.01 * fib(4, x) * k
        if x > 3.0:
            x = fib(3, x)
    return x


@program((vector(6), 2), (vector(6), 9), (vector(6), -3))
def run_time_index(x, k):
    def at(depth, i):
        return x[i] if depth == 0 else at(depth - 1, i) + at(depth - 1, i + 1)

    return at(3, k)


def extend(x, n):
    return x if n == 0 else extend(np.concatenate([x, x * 0.5]), n - 1)


@program((vector(2),))
def sizes_grow(x):
    return extend(x, 3)


def power(m, n):
    if n == 0:
        return np.eye(len(m))
    half = power(m, n // 2)
    square = half @ half
    return square @ m if n % 2 else square


@program((vector(9).reshape(3, 3),))
def matrix_power(m):
    return power(m, 13)


def compose(f, n):
    return f if n == 0 else compose(lambda v: f(f(v)), n - 1)


@program((0.2, 1.1))
def functions_of_functions(x, k):
    return compose(lambda v: np.sin(v) * k + v, 3)(x)


def simpson(f, a, b, depth):
    c = (a + b) / 2
    if depth == 0:
        return (b - a) / 6 * (f(a) + 4 * f(c) + f(b))
    return simpson(f, a, c, depth - 1) + simpson(f, c, b, depth - 1)


@program((0.0, 2.0), (0, 1))
def quadrature(a, b):
    return simpson(lambda t: np.exp(-t * t), a, b, 5) + simpson(np.cos, a, b, 3)


def determinant(m):
    n = len(m)
    if n == 1:
        return m[0, 0]
    found = 0.0
    for k in tuple(range(n)):
        rest = np.concatenate([m[1:, :k], m[1:, k + 1 :]], axis=1)
        found = found + (-1) ** k * m[0, k] * determinant(rest)
    return found


@program((vector(16).reshape(4, 4),))
def cofactors(m):
    return determinant(m)


def swap_down(a, b, n):
    if n == 0:
        return a, b
    a, b = b, a
    a[n - 1] = n
    return swap_down(a, b + 1.0, n - 1)


@program((vector(4), vector(4, 1)))
def swaps(a, b):
    p, q = swap_down(a, b, 3)
    p[0] = -1.0
    return p, q


def maybe(x, n):
    if x > 1.0:
        return x
    if n == 0:
        return 0
    return maybe(x * 2.0, n - 1)


@program((0.3,), (5.0,), (0.01,))
def kinds_of_results(x):
    return maybe(x, 4), maybe(x, 0) * 2


def bump(row, n):
    if n == 0:
        return None
    row += 1.0
    bump(row, n - 1)
    return bump(row, n - 1)


@program((np.zeros((3, 2)),), (np.zeros((3, 2), np.float32),))
def rows_change(m):
    for k in (0, 1, 2):
        bump(m[k], k)
    bump(m[:, 0], 2)
    bump(m.T[1], 2)
    bump(m.ravel(), 1)
    return m


def note(items, x, n):
    if n == 0:
        items.append(x)
        return x
    return note(items, np.sin(x), n - 1) * 0.5


@program((0.4, 3), (0.4, 0))
def lists_grow_in_loops(x, trips):
    items, others = [], [x]
    for k in range(trips):
        x = x + note(items, x * k, 2)
    for k in (1.0, 2.0):
        note(others, k, 1)
        note(others, k, 2)
    return items, others, x


def shifted(m, n, k):
    return m[k:] if n == 0 else shifted(m, n - 1, k) + shifted(m, n - 1, k)


@program((vector(12).reshape(4, 3), 1), (vector(12).reshape(4, 3), 3))
def sizes_of_arguments(m, k):
    return shifted(m, 2, k) * 2.0


class Account:
    rate = 1.5

    def __init__(self, start):
        self.history = [start]
        self.limit = 3.0

    def grow(self, depth):
        self.history[0] += self.rate * depth
        if depth and self.history[0] < self.limit:
            self.grow(depth - 1)
        return self.history[0]


@program((0.25,), (5.0,))
def methods_on_one_object(x):
    first, second = Account(x), Account(2.0)
    second.limit = x * 100.0
    a, b = first.grow(3), second.grow(3)
    c = first.grow(2)
    first.history = second.history
    return a, b, c, first.grow(1), second.grow(1), second.history is first.history
