"""Derivatives of stencils: windows that overlap are summed in one pass, each element as often as windows cover it."""

from collections.abc import Callable

import numpy as np
import pytest

import tangra as tg


def smooth(x):
    return 0.1 * x[:-4] + 0.2 * x[1:-3] + 0.4 * x[2:-2] + 0.2 * x[3:-1] + 0.1 * x[4:]


def heat(u):
    inner = u[1:-1, 1:-1]
    return inner + 0.1 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4.0 * inner)


def curved(x):
    """Products whose parts are needed by several windows."""
    return np.sin(x[1:] * x[:-1]) * x[1:] + np.exp(x[:-1])


def apart(x):
    """Windows that leave places out, and meet at an edge."""
    return x[1:4000] * 3.0 + x[4000:7999] * x[2:4001]


def solid(u):
    return u[1:, :, 1:] - u[:-1, :, :-1] * u[1:, :, :-1]


CASES: dict[str, tuple[Callable, tuple[int, ...]]] = {
    "smooth": (smooth, (6000,)),
    "heat": (heat, (80, 70)),
    "curved": (curved, (5000,)),
    "apart": (apart, (8005,)),
    "solid": (solid, (20, 15, 25)),
}


def loss_of(program):
    return lambda x: np.sum(program(x) ** 2)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_differences(name, dtype):
    """All along random directions, and at single places at edges and inside, by central differences in float64."""
    program, shape = CASES[name]
    x, loss = np.random.default_rng(4).normal(size=shape), loss_of(program)
    found = tg.grad(loss)(x.astype(dtype))
    assert found.dtype == dtype and found.shape == shape
    x = x.astype(dtype).astype(float)
    size = np.abs(found).max()
    places = [tuple(i) for i in np.random.default_rng(5).integers(0, shape, (30, len(shape)))]
    corners = [tuple(-1 - k if low else k for low, k in zip(side, (0, 1, 2), strict=False))
               for side in np.ndindex(*(2,) * len(shape))]  # fmt: skip
    ends = [(k,) * len(shape) for k in (0, 1, 2, 3, 4, 5, -6, -5, -4, -3, -2, -1)]
    for place in [*places, *corners, *ends]:
        step = np.zeros(shape)
        step[place] = 1e-5
        difference = (loss(x + step) - loss(x - step)) / 2e-5
        assert abs(difference - found[place]) <= (1e-5 if dtype == np.float32 else 1e-6) * size, place


@pytest.mark.parametrize("name", ["smooth", "heat", "curved"])
def test_the_result_is_written_once_and_whole(name, monkeypatch):
    """No addition in place is left, and poisoned memory doesn't show."""
    program, shape = CASES[name]
    x = np.random.default_rng(4).normal(size=shape)
    gradient = tg.grad(loss_of(program))
    plain = gradient(x)
    assert "accumulate" not in gradient.ir()
    monkeypatch.setenv("TANGRA_POISON", "1")
    np.testing.assert_array_equal(tg.grad(loss_of(program))(x), plain)


def test_a_time_loop_around_a_stencil():
    def steps(u, n):
        for _ in range(n):
            v = u.copy()
            v[1:-1] = u[1:-1] + 0.1 * (u[:-2] - 2 * u[1:-1] + u[2:])
            u = v
        return np.sum(u * u)

    u = np.random.default_rng(1).normal(size=5000)
    found = tg.grad(steps)(u, 3)
    for k in (0, 1, 2, 3, 4, 2500, 4996, 4997, 4998, 4999):
        step = np.zeros(5000)
        step[k] = 1e-5
        assert found[k] == pytest.approx((steps(u + step, 3) - steps(u - step, 3)) / 2e-5, abs=1e-7)
