"""Identity of what is returned, and errors that leave compiled code."""

import traceback
from dataclasses import dataclass

import numpy as np
import pytest

import tangra as tg


def test_arguments_are_returned_themselves():
    f = tg.jit(lambda x, n, t: (x, n, t, [x]))
    x, t = np.ones(2), (1.0, [2.0])
    for _ in range(2):
        a, b, c, d = f(x, 3, t)
        assert a is x
        assert d[0] is x
        assert b == 3
        assert c == t
        assert c[1] is t[1]


def test_one_new_object_returned_twice():
    def f(x):
        a = x * 2
        numbers = [a]
        return a, a, numbers, numbers

    compiled = tg.jit(f)
    for _ in range(2):
        a, b, c, d = compiled(np.ones(2))
        assert a is b
        assert c is d
        assert c[0] is a


@dataclass
class State:
    position: np.ndarray
    steps: int


def test_containers_passed_in_come_back_changed():
    @tg.jit
    def f(state, log):
        state.position[0] += 1.0
        state.steps += 1
        log.append(state.steps)
        return state, log

    state, log = State(np.zeros(2), 0), []
    for k in (1, 2, 3):
        a, b = f(state, log)
        assert a is state
        assert b is log
        assert state.steps == k
    assert log == [1, 2, 3]
    assert state.position.tolist() == [3.0, 0.0]


def test_new_instances_skip_init():
    @tg.jit
    def f(x):
        return State(x * 2, 1)

    made = f(np.ones(1))
    assert type(made) is State
    assert made == State(np.array([2.0]), 1)


class Trouble(Exception):
    pass


@tg.jit
def fails(x, a):
    a[0] = 5.0
    if x > 1:
        raise Trouble(f"x is {x}")
    a[0] = 7.0
    return x


@pytest.mark.parametrize("view", [slice(None), slice(None, None, -1)], ids=["contiguous", "reversed"])
def test_the_users_exception_at_the_users_line(view):
    a = np.zeros(3)
    for _ in range(2):
        with pytest.raises(Trouble, match=r"^x is 2\.5$") as e:
            fails(2.5, a[view])
        frame = traceback.extract_tb(e.value.__traceback__)[-1]
        assert (frame.filename, frame.name) == (__file__, "fails")
        assert frame.line == 'raise Trouble(f"x is {x}")'
        assert e.value.__cause__ is None
    assert a[view].tolist() == [5.0, 0.0, 0.0]
    assert fails(0.5, a[view]) == 0.5
    assert a[view].tolist() == [7.0, 0.0, 0.0]


def test_put_out_of_range_writes_nothing():
    def f(a, places):
        np.put(a, places, [5.0, 6.0, 7.0])
        return a

    a = np.zeros(4)
    with pytest.raises(IndexError, match="index 9 is out of bounds for axis 0 with size 4"):
        tg.jit(f)(a, np.array([0, 1, 9]))
    assert not a.any()


@pytest.mark.parametrize(
    ("function", "args", "error", "text"),
    [
        (lambda x, i: x[i], (np.zeros(3), 5), IndexError, "index 5 is out of bounds for axis 0 with size 3"),
        (lambda a, b: a // b, (1, 0), ZeroDivisionError, "division (or modulo )?by zero"),
        (lambda a, b: a / b, (1.0, 0.0), ZeroDivisionError, "division by zero"),
        (lambda x: np.linalg.inv(x), (np.zeros((2, 2)),), np.linalg.LinAlgError, "Singular matrix"),
    ],
)
def test_pythons_own_errors(function, args, error, text):
    with pytest.raises(error, match=text):
        tg.jit(function)(*args)


def test_asserts():
    @tg.jit
    def f(x):
        assert x > 0, "must be positive"
        return x

    assert f(1.0) == 1.0
    with pytest.raises(AssertionError, match=r"^must be positive$"):
        f(-1.0)


def test_a_runaway_tape_ends_in_a_memory_error():
    def f(x):
        k = 0
        while k < 100_000:
            x = np.sin(x) * x + 1
            k += 1
        return x

    limited = tg.jit(tg.grad(f), tape_limit=100_000)
    for _ in range(2):
        with pytest.raises(MemoryError, match="checkpoint the loop or raise tape_limit"):
            limited(1.0)
    assert np.isfinite(tg.jit(tg.grad(f), tape_limit=10**8)(1.0))


def test_temporaries_beyond_the_memory_limit():
    def f(x, n):
        y = np.zeros((n, n))
        for i in range(n):
            y[i] = x
        return np.sort(y @ y, axis=0)[0, 0]

    assert tg.jit(f, memory_limit=10**7)(1.0, 20) == 20.0
    with pytest.raises(MemoryError):
        tg.jit(f, memory_limit=10**5)(1.0, 2000)
