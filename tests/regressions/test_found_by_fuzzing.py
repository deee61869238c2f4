"""What random programs found: every one of these gave a wrong number, a wrong effect or an error of our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.fuzz import derivatives, hunt, modules, ways
from tests.fuzz.compare import difference
from tests.fuzz.hunt import Case

HEADER = """\
import math
from dataclasses import dataclass, replace

import numpy as np


@dataclass
class Point:
    a: float
    v: np.ndarray
    k: int = 2


"""
AGREE: dict[str, str] = {
    # The values that a loop carries were passed in another order than the body takes them.
    "order_of_carried_values": """
def f(x, y, s, n):
    i = 0
    while i < n:
        i += 1
        if 2 >= 2:
            continue
        s += 0.3 * np.tanh(s)
    return s
""",
    # A mask whose size was only checked to be the array's was selected by without taking its name.
    "mask_of_a_size_checked_to_be_equal": """
def f(x, y, s, n):
    x[np.ones(y.shape[1], np.int64) <= n] = 1.0
    return x
""",
    # Arrays of sizes known to be equal, but written differently, were of two types to a join.
    "join_of_equal_sizes": """
def f(x, y, s, n):
    assert x.shape[0] == y.shape[1]
    if s > 0.0:
        v = x * 2.0
    else:
        v = y[0] * 2.0
    return v
""",
    # The check of an array of indices looked for the first that is out of range, also among none.
    "no_indices": """
def f(x, y, s, n):
    for i in range(3):
        np.add.at(x, np.arange(x.size) + 0, 1)
    return x
""",
    # A failure left lists, dicts and attributes as they were before the call.
    "objects_changed_before_a_failure": """
def f(x, y, s, n, l, d, p):
    l[0] += 0.5
    d['a'] = np.sin(s)
    p.a = 2.0 * s
    x[0] = 1.0
    return x[n + 7]
""",
    # A loop of few trips found behind its first one that a list is indexed at run time: it is unrolled.
    "list_indexed_behind_the_first_trip": """
def f(x, y, s, n, l):
    found = None
    for i in range(3):
        if found is None or l[n % 3] > 0.0:
            found = s
    return n
""",
}
REFUSED: dict[str, str] = {
    # What an argument holds after the call was lost where the name was bound to something else on one path only.
    "argument_rebound_on_one_path": """
def f(x, y, s, n):
    for i in range(n + 1):
        if s > 0.0:
            x = np.tanh(x)
        x[1:] *= 0.5
""",
    "object_chosen_by_a_branch": """
def f(x, y, s, n):
    p, q = Point(s, x), Point(2.0 * s, x)
    r = p if s > 0.0 else q
    r.a = 5.0
    return p.a
""",
    "dict_chosen_by_a_branch": """
def f(x, y, s, n):
    d, e = {'a': s}, {'a': 2.0 * s}
    r = d if s > 0.0 else e
    r['a'] = 5.0
    return d['a']
""",
    "list_chosen_by_a_branch": """
def f(x, y, s, n):
    d, e = [s, s], [2.0 * s, s]
    r = d if s > 0.0 else e
    r[0] = 5.0
    return d[0]
""",
}


@pytest.mark.parametrize("name", AGREE)
def test_agrees(name: str) -> None:
    """All ways give what CPython gives, in several scenarios."""
    for number in range(6):
        verdict = hunt.run_here(Case(HEADER + AGREE[name], number))
        assert verdict.sort == "agree", (number, verdict)


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused(name: str) -> None:
    """Which of two objects is written depends on the path: an AliasError says so."""
    verdict = hunt.run_here(Case(HEADER + REFUSED[name], 0))
    assert verdict.sort == "refused"
    assert "AliasError" in verdict.message, verdict


def written_on_one_path(x: Any, y: Any) -> Any:
    """Fails at the write, not at the call."""
    y[0] = 2.0
    if y[1] > 0:
        x[0] = 1.0
    return x.sum()


def written_in_place(x: Any, y: Any) -> Any:
    """NumPy words this failure otherwise."""
    y[0] = 2.0
    x *= 2.0
    return x


def broadcast_view_written(x: Any, y: Any) -> Any:
    """A broadcast view is read-only whatever it is a view of."""
    z = np.broadcast_to(y[:1], (3,))
    y[1] = 5.0
    z[1] = 3.0
    return z


def written_out_of_range(x: Any, y: Any) -> Any:
    """NumPy looks whether it may write before it looks where."""
    x[7] = y[1]
    return x


def sorted_in_place(x: Any, y: Any) -> Any:
    x.sort()
    return x


def result_written(x: Any, y: Any) -> Any:
    return np.cumsum(y, out=x)


def elements_put(x: Any, y: Any) -> Any:
    x.put([0], y[1])
    return x


def read_only_on_both_paths(x: Any, y: Any) -> Any:
    """No path returns, and each has changed something else before it fails."""
    if y[1] > 0:
        y[0] = 1.0
        x += 1.0
    else:
        y[2] = 1.0
        x *= 2.0
    return x


READ_ONLY = [
    read_only_on_both_paths,
    written_on_one_path,
    written_in_place,
    broadcast_view_written,
    written_out_of_range,
    sorted_in_place,
    result_written,
    elements_put,
]


@pytest.mark.parametrize("function", READ_ONLY)
def test_read_only_arrays(function: Callable[..., Any]) -> None:
    """Writing to a read-only array raises NumPy's error where it happens; the same function serves writeable ones."""
    compiled = ways.tangra().jit(function)
    for second in (1.0, -1.0):
        for writeable in (True, False, True):
            outcomes = []
            for way in (function, compiled):
                x, y = np.ones(3), np.array([0.0, second, 0.0])
                x.flags.writeable = writeable
                outcomes.append(ways.outcome(way, (x, y)))
            assert difference(outcomes[1], outcomes[0], 1e-12) is None


def test_hvp_beside_an_int() -> None:
    """Primals without floats have no part in a Hessian-vector product, and get None."""

    def cubic(x: Any, s: float, n: int) -> Any:
        return np.sum(x**3) * s * n

    found = ways.tangra().hvp(cubic, (np.ones(2), 2.0, 3), (np.ones(2), 1.0, None))
    assert np.allclose(found[0], 45.0)
    assert found[1] == 18.0
    assert found[2] is None


def test_growing_list_beside_a_carried_float() -> None:
    """The gradient of a loop that grows a list and carries a number."""
    module = modules.load(
        HEADER
        + """
def f(x, y, s, n):
    total = s
    for i in range(n):
        parts = [total]
        for v in x:
            parts.append(v)
        total += np.tanh(total)
    return total
"""
    )
    r = np.random.default_rng(0)
    direction = r.normal(size=3), r.normal(size=(2, 3)), 0.7
    subject = derivatives.Subject(module.f, lambda: (np.arange(3.0), np.ones((2, 3)), 0.4, 2), direction, direction)
    assert derivatives.first_order(subject) == ways.AGREE
