"""Loops whose trip counts depend on the loops around them, on ints and on the lane: values, derivatives and lanes.

Each program is compared with CPython, its derivative forward against reverse and central differences, its second
derivative by both orders and by differences of gradients, and under vmap, with an n for each lane, against a loop.
"""

from __future__ import annotations

import numpy as np
import pytest

from tangra.frontend.entry import trace
from tests.fuzz import derivatives, hunt, inputs, modules, ways
from tests.fuzz.hunt import Case

PROGRAMS: dict[str, str] = {
    "triangle": """
def f(x, y, s, n):
    total = 0.0
    for i in range(x.shape[0]):
        for j in range(i + 1):
            total += np.sin(x[i] * x[j] + s)
    return total
""",
    "upper_triangle": """
def f(x, y, s, n):
    total = s
    for i in range(x.shape[0]):
        for j in range(i, x.shape[0]):
            total = total * 0.9 + x[i] * np.cos(x[j])
    return total
""",
    "backwards": """
def f(x, y, s, n):
    v = x.copy()
    for i in range(x.shape[0] - 1, -1, -1):
        for j in range(x.shape[0] - 1, i, -1):
            v[i] -= 0.3 * np.sin(v[j]) * s
    return np.sum(v * x)
""",
    "three_deep": """
def f(x, y, s, n):
    total = 0.0
    for i in range(n):
        for j in range(i + 1):
            for k in range(j, i + 1):
                total += np.sin(x[k % x.shape[0]] * s + i - j)
    return total * y[0, 0]
""",
    "trips_by_argument": """
def f(x, y, s, n):
    v = x.copy()
    for i in range(n):
        v = np.sin(v) + s * x
        for j in range(n - i):
            v[j % x.shape[0]] *= 0.5 + s
    return np.sum(v)
""",
    "steps": """
def f(x, y, s, n):
    total = s
    for i in range(0, 2 * n, 2):
        for j in range(i, -1, -3):
            total = np.tanh(total + x[j % x.shape[0]])
    return total
""",
    "cholesky": """
def f(x, y, s, n):
    m = x.shape[0]
    a = np.outer(x, x) + (3.0 + s * s) * np.eye(m)
    for j in range(m):
        for k in range(j):
            a[j, j] -= a[j, k] ** 2
        a[j, j] = np.sqrt(a[j, j])
        for i in range(j + 1, m):
            for k in range(j):
                a[i, j] -= a[i, k] * a[j, k]
            a[i, j] /= a[j, j]
    total = 0.0
    for j in range(m):
        for i in range(j + 1):
            total += a[j, i] * (i + 1)
    return total
""",
    "forward_substitution": """
def f(x, y, s, n):
    m = x.shape[0]
    z = np.zeros(m)
    for i in range(m):
        z[i] = x[i]
        for j in range(i):
            z[i] -= 0.1 * (i + j + s) * z[j]
        z[i] /= 2.0 + i
    return np.sum(z * z)
""",
    "while_in_for": """
def f(x, y, s, n):
    total = s
    for i in range(x.shape[0]):
        k = i
        while k > 0:
            total = np.sin(total) + x[k] * y[0, i]
            k -= 1 + i % 2
    return total
""",
    "left_early": """
def f(x, y, s, n):
    total = s
    for i in range(x.shape[0]):
        for j in range(i + 1):
            if j == n:
                break
            total = total * np.cos(x[j]) + 0.1 * i
        else:
            total += y[0, i] ** 2
        if i > n:
            return total * s
    return total
""",
    "skipped": """
def f(x, y, s, n):
    total = s
    for i in range(x.shape[0]):
        for j in range(i, x.shape[0]):
            if (i + j) % 2 == 0:
                continue
            for k in range(j - i):
                total += np.sin(x[k] * x[j]) * s
    return total
""",
    "rotated": """
def f(x, y, s, n):
    a, b = x.copy(), x * s
    for i in range(n):
        for j in range(i % x.shape[0]):
            a[j] += 0.5 * np.sin(b[j + 1])
        a, b = b, a
    return np.sum(a) + 2.0 * np.sum(b)
""",
    "growing_list": """
def f(x, y, s, n):
    values = [s]
    for i in range(x.shape[0]):
        values.append(np.sin(values[-1]) * x[i])
    total = 0.0
    for i in range(len(values)):
        for j in range(i):
            total += values[i] * values[j]
    return total
""",
    "rows": """
def f(x, y, s, n):
    m = y.copy()
    for i in range(m.shape[0]):
        for j in range(i):
            m[i] -= 0.5 * m[j] * s
        m[i] = np.tanh(m[i])
    return np.sum(m * x)
""",
}
HEADER = "import numpy as np\n\n"
SIZES = ((3, 2), (4, 3), (1, 1))


def subject(source: str, n: int, k: int, trips: int, seed: int) -> derivatives.Subject:
    """A program with arguments of sizes `n` and `k`, its int being `trips`."""
    module = modules.load(HEADER + source)
    call = inputs.Call(n, k, seed)
    r = np.random.default_rng(seed)

    def fresh() -> derivatives.Args:
        x, y, s, _ = inputs.make(["x", "y", "s", "n"], call, module)
        return x, y, s, trips

    directions = [(r.normal(size=n), r.normal(size=(k, n)), float(r.normal())) for _ in range(2)]
    return derivatives.Subject(module.f, fresh, *directions)


@pytest.mark.parametrize("name", PROGRAMS)
def test_values(name: str) -> None:
    """All ways give CPython's value and leave the arguments as CPython does, at other sizes and kinds too."""
    for number in range(4):
        verdict = hunt.run_here(Case(HEADER + PROGRAMS[name], number))
        assert verdict.sort == "agree", verdict


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradient(name: str) -> None:
    """Forward against reverse against differences, from no trips to four."""
    for seed, (n, k) in enumerate(SIZES):
        for trips in (0, 1, 4):
            verdict = derivatives.first_order(subject(PROGRAMS[name], n, k, trips, seed))
            assert verdict.sort == "agree", (n, trips, verdict)


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradient_of_gradient(name: str) -> None:
    """Forward over reverse, reverse over reverse, and differences of gradients."""
    for trips in (1, 3):
        verdict = derivatives.second_order(subject(PROGRAMS[name], 4, 2, trips, trips))
        assert verdict.sort == "agree", (trips, verdict)


@pytest.mark.parametrize("name", PROGRAMS)
def test_lanes(name: str) -> None:
    """vmap, and vmap of grad, with a trip count for each lane."""
    for seed in range(3):
        module = modules.load(HEADER + PROGRAMS[name])
        made = subject(PROGRAMS[name], 4, 3, 2, seed)
        verdict = derivatives.lanes(made, module, ["x", "y", "s", "n"], inputs.Call(4, 3, seed))
        assert verdict.sort == "agree", (seed, verdict)


def test_the_gradient_of_lanes_of_gradients() -> None:
    """grad of a sum of a vmap of grad, lanes having trip counts of their own."""
    tg = ways.tangra()

    def power(x: float, n: int) -> float:
        result = 1.0
        for i in range(n):
            for _ in range(i + 1):
                result = result * x
        return result

    def total(xs: derivatives.Args, ns: derivatives.Args) -> float:
        return np.sum(tg.vmap(tg.grad(power))(xs, ns))  # type: ignore[no-any-return]

    x, n = np.array([0.9, 1.1, -0.7, 1.3]), np.array([0, 1, 2, 4])
    order = n * (n + 1) // 2
    wanted = [float(m * (m - 1)) * v ** max(0, m - 2) for v, m in zip(x, order.tolist(), strict=True)]
    assert np.allclose(tg.grad(total)(x, n), wanted, rtol=1e-12)


def nest(depth: int) -> str:
    """Source of loops nested `depth` deep, each with a triangular range and state of its own."""
    lines, before = ["def f(x, y, s, n):", "    total = 0", "    last = 0.0"], "n"
    for level in range(depth):
        lines.append("    " * (level + 1) + f"for i{level} in range({before}):")
        before = f"i{level} + 1"
    indices = " + ".join(f"i{level}" for level in range(depth))
    lines.append("    " * (depth + 1) + f"total += x[({indices}) % 3] * s")
    lines += ["    " * (level + 1) + f"last = total + {level}" for level in range(depth, 0, -1)]
    return HEADER + "\n".join([*lines, "    return total, last", ""])


def test_evaluations_of_a_body_are_linear_in_depth() -> None:
    """The innermost of loops one to five deep is evaluated a number of times that grows by at most one for each level
    around it (never doubles), and so every body is."""
    counts = [0]
    for depth in range(1, 6):
        module = modules.load(nest(depth))
        args = inputs.make(["x", "y", "s", "n"], inputs.Call(), module)
        counts.append(trace(module.f, args).counters.loop_bodies)
        assert hunt.run_here(Case(nest(depth), 1)).sort == "agree"
    innermost = np.diff(counts)
    assert np.diff(innermost).max() <= 1, counts
    assert innermost[-1] <= 5 + 2, counts
