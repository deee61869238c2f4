"""The memory of a process does not grow with the number of calls, and forms that are dropped are gone."""

import gc
import weakref
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import tangra as tg
from tangra.core import jitted

CALLS = 8000
SLACK = 200_000
"""Bytes; a leak of an object a call would be more."""
X = np.linspace(0.0, 1.0, 100)


@dataclass
class State:
    position: np.ndarray
    speed: float


class Stop(Exception):
    pass


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def growth(call) -> int:
    """Bytes that a process grows by in `CALLS` calls, after as many as it takes to fill every pool; the least of three
    measurements, since others allocate too."""
    for _ in range(CALLS // 4):
        call()
    found = []
    for _ in range(3):
        before = resident()
        for _ in range(CALLS):
            call()
        found.append(resident() - before)
        if found[-1] < SLACK:
            break
    return min(found)


def rolled(x, n):
    s = 0.0
    for i in range(n):
        s = np.sin(s + x[i % 10])
    return s


def change(items):
    items[0] = items[0] + 1.0
    items.append(2.0)
    items.pop()


def moved(state):
    return State(state.position * 2, state.speed + 1.0)


def quiet(call, *args):
    """A call that raises."""

    def run():
        with pytest.raises((AssertionError, IndexError, Stop)):
            call(*args)

    return run


def failing(x, n):
    assert n < 3, "too many"
    return x[n]


def stopping(x, n):
    if n > 3:
        raise Stop("at", n)
    return x + n


def cases():
    items, state = [0.0], State(X, 1.0)
    sums, sized, gradient = tg.jit(lambda x: (x + 1, x.sum())), tg.jit(lambda n: np.ones(n) * 2), tg.grad(rolled)
    listed, instance, strided = tg.jit(change), tg.jit(moved), tg.jit(lambda x: x * 2)
    bounded = tg.grad(tg.checkpoint(rolled, memory=2000))
    return {
        "arrays and numbers": lambda: sums(X),
        "a size known after the call": lambda: sized(50),
        "a gradient with a tape": lambda: gradient(X, 20),
        "a checkpointed gradient": lambda: bounded(X, 40),
        "a list that changes": lambda: listed(items),
        "a dataclass": lambda: instance(state),
        "an array that is not contiguous": lambda: strided(X[::2]),
        "an assertion": quiet(tg.jit(failing), X, 5),
        "an index out of range": quiet(tg.jit(lambda x, n: x[n]), X, 1000),
        "an exception of the program": quiet(tg.jit(stopping), X, 9),
        "an exception in a gradient": quiet(tg.grad(lambda x, n: failing(x, n)), X, 5),
    }


@pytest.mark.parametrize("name", list(cases()))
def test_calls_leave_nothing_behind(name):
    assert growth(cases()[name]) < SLACK


def test_forms_that_are_dropped_are_freed(monkeypatch):
    monkeypatch.setattr(jitted, "LIMIT", 3)
    f = tg.jit(lambda x, k: (x * k).sum(), static="k")
    made = []
    for k in range(20):
        assert f(X, k) == pytest.approx(X.sum() * k)
        made.append(weakref.ref(f.lower(X, k)))
    gc.collect()
    assert sum(ref() is not None for ref in made) <= 4
    assert len(f._entries) <= 4
    assert len(f._seen) <= 2 * 3
    for k in (0, 19):
        assert f(X, k) == pytest.approx(X.sum() * k)
    gone = weakref.ref(f.lower(X, 19))
    del f
    gc.collect()
    assert gone() is None


def test_a_jitted_function_that_is_dropped_is_freed():
    def make():
        f = tg.value_and_grad(lambda x: (np.sin(x) ** 2).sum())
        f(X)
        return weakref.ref(f), weakref.ref(f.compiled.lower(X))

    refs = make()
    gc.collect()
    assert [ref() for ref in refs] == [None, None]
