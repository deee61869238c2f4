"""Branches, loops and their exits, loop-carried values of every kind, `match`, walrus, short circuit."""

import numpy as np

from .registry import program

rng = np.random.default_rng(1)


@program(np.array([0.5, -1.5, 2.5]), more=[(np.array([0.1, 0.2]),)])
def while_with_two_exits(x):
    total, k = 0.0, 0
    while True:
        if k >= x.size:
            break
        v = x[k]
        k += 1
        if v < 0:
            continue
        total += v * v
        if total > 6:
            return total * 10
    return total


@program(rng.normal(size=6), 3.0, more=[(np.ones(6), 100.0)])
def for_else(x, limit):
    total = 0.0
    for i in range(x.shape[0]):
        total += x[i] ** 2
        if total > limit:
            where = i
            break
    else:
        where = -1
    return total + 0.1 * where


@program(5, grad=False, more=[(6,), (1,), (49,)])
def smallest_divisor(n):
    k = 2
    while k * k <= n:
        if n % k == 0:
            break
        k += 1
    else:
        return n, True
    return k, False


@program(rng.normal(size=(4, 5)), more=[(-np.arange(20.0).reshape(4, 5),)])
def early_return_from_nested_loops(x):
    best = x[0, 0]
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            if x[i, j] > 1.2:
                return x[i, j] * (i + 1) + j
            best = max(best, x[i, j])
    return best - 1.0


@program(0.7, "cube", grad=True, more=[(0.7, "sine"), (0.7, "other")])
def match_on_strings(x, how):
    match how:
        case "square":
            return x**2
        case "cube":
            return x**3
        case "sine" | "sin":
            return np.sin(x)
        case _:
            return x


@program(1.2, 0, more=[(1.2, 1), (1.2, 2), (1.2, 7)])
def match_on_integers(x, k):
    match k:
        case 0:
            y = x
        case 1 | 2 as which:
            y = x**which
        case n if n > 5:
            y = x * n
        case _:
            y = -x
    return y


@program(np.array([4.0, 9.0, 0.25]))
def walrus(x):
    total, k = 0.0, 0
    while (k := k + 1) < 4 and (v := x[k - 1]) > 0:
        total += np.sqrt(v)
    return total + (s := x.sum()) * s


@program(np.array([2.0, -3.0]))
def short_circuit_guards(x):
    a, b = x
    first = 0.0 if a == 0 or b / a > 10 else b / a
    hit = a > 0 and b < 0 and a * b < -1
    return first + (a * a if hit else b)


@program(rng.normal(size=9))
def running_extremes(x):
    low = high = x[0]
    drawdown = 0.0
    for v in x:
        if v > high:
            high = v
        elif v < low:
            low = v
        else:
            drawdown += (high - v) ** 2
    return high - low + drawdown


@program(np.array([1.0, 2.0]), 6, more=[(np.array([1.0, 2.0]), 0), (np.array([3.0, 0.5]), 1)])
def carried_tuple_and_array(p, n):
    state = (p[0], p[1])
    trail = np.zeros(2)
    for t in range(n):
        a, b = state
        state = (b, 0.5 * a + 0.1 * b * t)
        trail += np.array(state)
    return trail[0] * state[0] + trail[1] + state[1]


@program(np.array([0.3, 0.8]), 5)
def scalar_becomes_row(p, n):
    total = 0.0
    for k in range(n):
        total += p * k
    return total @ total


@program(np.linspace(1, 2, 7))
def steps_of_every_sign(x):
    n = len(x)
    total = 0.0
    for i in range(1, n, 2):
        total += x[i]
    for i in range(n - 1, -1, -3):
        total *= x[i]
    for i in range(5, 2):
        total = -1e9
    for i in range(-n, 0, 3):
        total -= x[i] ** 2
    return total


@program(np.array([1.0, 1.5, 2.0]), 2, more=[(np.array([1.0, 1.5, 2.0]), -1), (np.array([1.0, 1.5, 2.0]), -3)])
def run_time_step(x, step):
    total = 0.0
    start, stop = (0, 9) if step > 0 else (8, -1)
    for k in range(start, stop, step):
        total = total * 0.9 + x[k % 3] * k
    return total


@program(3, 4, grad=False, more=[(0, 4), (3, 0)])
def loop_variable_outlives_loop(n, m):
    i = j = -1
    for i in range(n):
        for j in range(m):
            if j == 2:
                break
    return i, j


@program(rng.normal(size=(6, 3)))
def loop_over_rows(x):
    total = np.zeros(3)
    for row in x:
        total = total + row * row[0]
    return total.sum() ** 2


@program(rng.normal(size=5), rng.normal(size=5))
def zip_enumerate_reversed(x, y):
    total = 0.0
    for k, (a, b) in enumerate(zip(x, y), start=1):
        total += k * a * b
    for k, v in enumerate(reversed(x)):
        total += v**2 / (k + 1)
    return total


@program(rng.normal(size=6))
def triangular_loops(x):
    total = 0.0
    for i in range(len(x)):
        for j in range(i):
            for k in range(j, i + 1):
                total += x[i] * x[j] * x[k] / (1 + k)
    return total


@program(np.array([0.9, 0.2]))
def nested_whiles(p):
    outer = 0.0
    while p[0] * outer < 2.0:
        inner = p[1]
        while inner < 1.0:
            inner = inner * 1.7 + 0.05
            if inner > 0.9:
                break
        outer += inner
    return outer * p[0]


@program(1.3)
def conditional_expressions(x):
    a = x if x > 1 else -x
    b = (a if a < 1 else a * a) if x else 0
    return b + (1 if x > 10 else 2) * x + (x > 1) * x - (0, x)[x > 0]


@program(rng.normal(size=8))
def any_all_short(x):
    total = 0.0
    if any(v > 0.5 for v in x) and not all(v > 0 for v in x):
        total += x[0]
    if np.any(x > 5) or np.all(x < 5):
        total += x[1] ** 2
    return total + x[2]


@program(2, 1.5, more=[(-2, 1.5), (0, 1.5)], argnums=1)
def elif_ladder(k, x):
    if k < 0:
        y = x
    elif k == 0:
        y = 2 * x
    elif k == 1:
        y = x**3
    else:
        y = x**4
    return y


@program(np.array([1.0, 2.0, 3.0]), 0, more=[(np.array([1.0, 2.0, 3.0]), 4)])
def zero_trips(x, n):
    y = x
    for _ in range(n):
        y = y * 0.5
    return y.sum() + x[0]


@program(0.3, 40)
def five_deep(x, n):
    total = 0.0
    for a in range(2):
        for b in range(a + 1):
            for c in range(2):
                for d in range(3):
                    for e in range(n // 10):
                        total = total * 0.99 + x * (a + b - c + d * e)
    return total


@program(rng.normal(size=4))
def continue_in_while(x):
    k, total = -1, 0.0
    while k < 3:
        k += 1
        if k % 2:
            continue
        total += np.exp(x[k])
    return total


@program(np.array([0.5, 1.5]), True, more=[(np.array([0.5, 1.5]), False)])
def flags_as_arguments(x, squared):
    y = x**2 if squared else x
    if not squared:
        y = y + 1
    return y.prod()


@program(None, 2.0, argnums=1, more=[(1.5, 2.0)])
def none_as_default_marker(offset, x):
    if offset is None:
        offset = 0.5
    return x * offset + (offset is not None)


@program(rng.normal(size=5))
def assert_that_holds(x):
    assert x.shape == (5,), "five values"
    assert np.isfinite(x).all()
    if x.ndim != 1:
        raise ValueError("expected a vector")
    return x.sum()


@program(np.array([3.0, 1.0, 2.0]), grad=False)
def swap_until_sorted(x):
    a, b, c = x
    while not a <= b <= c:
        if a > b:
            a, b = b, a
        if b > c:
            b, c = c, b
    return a, b, c
