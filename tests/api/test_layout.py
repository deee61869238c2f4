"""Memory layout through the whole compiler: whether reshape and ravel give views or copies."""

import numpy as np
import pytest

import tangra as tg

X = np.arange(6.0).reshape(2, 3)


def one_arm(x, c):
    if c > 0:
        y = x.T + 1
    else:
        y = x.T + 2
    y.ravel()[0] = 50.0
    return y


def rebound_in_a_loop(x, n):
    y = x.T + 0.0
    for _ in range(n):
        y = y + 1.0
    y.ravel()[0] = 50.0
    return y


def transposed_and_back(x, n):
    y = x.copy()
    for _ in range(n):
        y = (y.T + 1.0).T
        y.ravel()[0] = 50.0
    return y


def in_a_list(x, _):
    items = [x.T * 2, x * 3]
    for y in items:
        y.ravel()[0] = 50.0
    return items[0], items[1]


def argument(x, _):
    x.ravel()[1] = 50.0
    x.reshape(-1)[2] = 60.0
    return x.sum()


@pytest.mark.parametrize("program", [one_arm, rebound_in_a_loop, transposed_and_back, in_a_list, argument])
def test_as_numpy(program):
    ours, theirs = X.copy(), X.copy()
    expected = program(theirs, 2)
    result = tg.jit(program)(ours, 2)
    for a, b in zip(result, expected) if isinstance(expected, tuple) else [(result, expected)]:
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(ours, theirs)


def test_layout_of_an_argument_is_part_of_its_type():
    compiled = tg.jit(argument)
    for make in (
        np.ascontiguousarray,
        np.asfortranarray,
        np.ascontiguousarray,
        lambda x: np.repeat(x, 2, 1)[:, ::2],
        np.asfortranarray,
    ):
        ours, theirs = make(X.copy()), make(X.copy())
        assert compiled(ours, 0) == argument(theirs, 0)
        np.testing.assert_array_equal(ours, theirs)


def test_a_layout_that_depends_on_the_run_is_refused():
    def program(x, c):
        y = x * 2
        if c > 0:
            y = x.T[:2, :2] * 2
        else:
            y = x[:2, :2] * 3
        y.ravel()[0] = 1.0
        return y

    with pytest.raises(tg.TangraError, match=r"layout.*TG410"):
        tg.jit(program)(X.copy(), 1)
