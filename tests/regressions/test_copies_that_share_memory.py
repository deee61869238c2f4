"""Transformed functions work on copies; a write that Python would show in another argument is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg

G = np.arange(1.0, 4.0)


def writes(x: Any, y: Any) -> Any:
    x[0] = 5.0 * x[0]
    return np.sum(x[:2] * y[:2])


def reads(x: Any, y: Any) -> Any:
    return np.sum(np.sin(x[:2]) * y[:2])


def with_a_global(x: Any) -> Any:
    x[0] = 7.0
    return np.sum(x * G)


def nested(x: Any, y: Any) -> Any:
    return np.sum(tg.grad(writes)(x, y) * y)


def within_itself(x: Any) -> Any:
    def loss(y: Any) -> Any:
        y[0] = 0.0
        return np.sum((y - x) ** 2)

    return tg.grad(loss)(x)


def row() -> Any:
    return np.arange(1.0, 7.0)


def table() -> Any:
    return np.arange(12.0).reshape(4, 3)


REFUSED: dict[str, Callable[[], Any]] = {
    "views": lambda: (lambda a: tg.value_and_grad(writes, (0, 1))(a[1:], a[:-1]))(row()),
    "second": lambda: (lambda a: tg.grad(writes)(a, a[1:]))(row()),
    "jvp": lambda: (lambda a: tg.jvp(writes, (a[1:], a[:-1]), (a[1:], a[1:])))(row()),
    "vjp": lambda: (lambda a: tg.vjp(writes, a[1:], a[:-1])[0])(row()),
    "vjp of one": lambda: (lambda a: tg.vjp(writes, a, a)[0])(row()),
    "linearize": lambda: (lambda a: tg.linearize(writes, a[1:], a[:-1])[0])(row()),
    "vmap": lambda: (lambda a: tg.vmap(writes)(a[1:], a[:-1]))(table()),
    "nested": lambda: (lambda a: tg.grad(nested)(a[1:], a[:-1]))(row()),
    "nested, of one": lambda: (lambda a: tg.grad(nested)(a, a))(row()),
    "lists": lambda: (lambda a: tg.grad(lambda z: writes(*z))([a[1:], a[:-1]]))(row()),
    "a global": lambda: tg.grad(with_a_global)(G),
    "a view of a global": lambda: tg.grad(with_a_global)(G[::-1]),
    "compiled": lambda: tg.jit(lambda a: tg.grad(writes)(a[1:], a[:-1]))(row()),
    "compiled, from outside": lambda: (lambda a: tg.jit(lambda x, y: tg.grad(writes)(x, y))(a[1:], a[:-1]))(row()),
    "compiled, run-time place": lambda: tg.jit(lambda a, k: tg.grad(writes)(a[k : k + 2], a[:2]))(row(), 1),
    "compiled, either": lambda: tg.jit(lambda a, c: tg.grad(writes)(a, a if c else a + 1))(row(), True),
    "compiled, vjp": lambda: tg.jit(lambda a: tg.vjp(writes, a[1:], a[:-1])[0])(row()),
    "compiled, closure": lambda: tg.jit(within_itself)(row()),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_is_written_and_there_twice_is_refused(name: str) -> None:
    with pytest.raises(tg.AliasError, match="each is a copy of its own") as e:
        REFUSED[name]()
    assert e.value.code == "TG818"


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    "parts",
    [
        lambda a: (a[::2], a[1::2]),
        lambda a: (a[:3], a[3:]),
        lambda a: (a[-2:], a[:2]),
        lambda a: tuple(a.reshape(3, 2)[:2]),
    ],
)
def test_parts_that_are_apart_may_be_written(parts: Any, compiled: bool) -> None:
    expected = tg.grad(writes, (0, 1))(*(part.copy() for part in parts(row())))
    if compiled:
        found = tg.jit(lambda a: tg.grad(writes, (0, 1))(*parts(a)))(row())
    else:
        found = tg.grad(writes, (0, 1))(*parts(row()))
    assert [part.tolist() for part in found] == [part.tolist() for part in expected]


def test_what_is_only_read_may_overlap() -> None:
    a = row()
    expected = tg.grad(reads, (0, 1))(a[1:].copy(), a[:-1].copy())
    for found in (tg.grad(reads, (0, 1))(a[1:], a[:-1]), tg.jit(lambda a: tg.grad(reads, (0, 1))(a[1:], a[:-1]))(a)):
        assert [part.tolist() for part in found] == [part.tolist() for part in expected]


def test_calls_after_one_that_is_served_by_the_wrapper() -> None:
    """The wrapper of a form that was compiled for arrays that are apart leaves others to the careful way."""
    a, gradient = row(), tg.grad(writes)
    for _ in range(3):
        assert gradient(a[1:].copy(), a[:-1].copy()).tolist() == [5.0, 2.0, 0.0, 0.0, 0.0]
    with pytest.raises(tg.AliasError):
        gradient(a[1:], a[:-1])


def test_a_tangent_may_be_the_primal() -> None:
    a = row()
    same = tg.jvp(writes, (a, a.copy()), (a, a))
    apart = tg.jvp(writes, (a.copy(), a.copy()), (a.copy(), a.copy()))
    overlapping = tg.jvp(writes, (a[1:], a[1:].copy()), (a[:-1], a[1:].copy()))
    assert same == apart
    assert overlapping == tg.jvp(writes, (a[1:].copy(), a[1:].copy()), (a[:-1].copy(), a[1:].copy()))


def test_a_copy_of_what_is_read_from_outside() -> None:
    @tg.jit
    def f(x: Any) -> Any:
        before = x.copy()

        def loss(y: Any) -> Any:
            y[0] = 0.0
            return np.sum((y - before) ** 2)

        return tg.grad(loss)(x)

    assert f(row()).tolist() == [0.0] * 6


def test_what_is_there_twice_may_be_read_where_something_else_is_written() -> None:
    """Tied weights, and a buffer."""

    def loss(weights: Any, buffer: Any) -> Any:
        buffer[:] = weights["out"] * 2.0
        return np.sum(weights["in"] * buffer)

    w = row()
    found = tg.grad(loss)({"in": w, "out": w}, np.zeros(6))
    assert found["in"].tolist() == found["out"].tolist() == (2 * w).tolist()


def test_a_list_that_is_there_twice() -> None:
    def loss(x: Any, first: Any, second: Any) -> Any:
        first.append(x)
        return x * len(second)

    with pytest.raises(tg.AliasError, match="one container is there twice"):
        tg.grad(loss)(2.0, *([[1.0]] * 2))
    counts = np.arange(3)

    def counting(x: Any, first: Any, second: Any) -> Any:
        first[0] += 5
        return x * second[0]

    assert tg.grad(counting)(2.0, counts, counts) == 5.0
    assert counts.tolist() == [0, 1, 2]


def inside(x: Any, y: Any, depth: int) -> Any:
    """Recursive, so that it is evaluated on its own."""
    if depth == 0:
        return np.sum(tg.grad(writes)(x, y))
    return inside(x, y, depth - 1) + 2.0 * inside(x, y + 1.0, depth - 1)


def test_in_a_function_that_is_called() -> None:
    a = row()
    f = tg.jit(lambda x, y: inside(x, y, 2))
    assert f(a[1:].copy(), a[:-1].copy()) == inside(a[1:].copy(), a[:-1].copy(), 2)
    for g, args in ((f, (a[1:], a[:-1])), (f, (a, a)), (tg.jit(lambda x: inside(x[1:], x[:-1], 2)), (a,))):
        with pytest.raises(tg.AliasError, match="each is a copy of its own"):
            g(*args)
    rows = tg.jit(lambda m: inside(m[0], m[1], 2))(table())
    assert rows == inside(table()[0].copy(), table()[1].copy(), 2)


def read_from_outside(depth: int) -> Any:
    """Recursive, so that it is evaluated on its own, once."""
    return G[0] if depth == 0 else read_from_outside(depth - 1)


def test_what_a_function_that_is_called_reads() -> None:
    def f(scale: Any) -> Any:
        G[1] = 2.0
        before = read_from_outside(2)

        def loss(x: Any) -> Any:
            x[0] = x[0] * 5.0
            return x[0] * read_from_outside(2)

        return tg.grad(loss)(G) * scale + before

    with pytest.raises(tg.AliasError, match="reads from outside itself"):
        tg.jit(f)(2.0)


def test_neighbours_in_a_loop_are_apart() -> None:
    @tg.jit
    def f(m: Any) -> Any:
        total = 0.0
        for k in range(1, 4):
            total += np.sum(tg.grad(writes)(m[k], m[k - 1]))
        return total

    assert f(table()) == sum(
        np.sum(tg.grad(writes)(a.copy(), b.copy())) for a, b in zip(table()[1:], table(), strict=False)
    )
    with pytest.raises(tg.AliasError):
        tg.jit(lambda m, j, k: tg.grad(writes)(m[j], m[k]))(table(), 0, 1)
