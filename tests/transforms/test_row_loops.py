"""Programs that go over rows several times, done row by row: the numbers of NumPy, of differences, of any threads."""

from collections.abc import Callable

import numpy as np
import pytest

import tangra as tg


def softmax(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def layer_norm(x):
    centred = x - np.mean(x, axis=1, keepdims=True)
    return centred / np.sqrt(np.mean(centred * centred, axis=1, keepdims=True) + 1e-5) * np.arange(x.shape[1])


def logsumexp(x):
    top = np.max(x, axis=1)
    return np.log(np.sum(np.exp(x - top[:, None]), axis=1)) + top


def both_ways(x):
    """Rows, then columns, of a square matrix: a vector of the same size is used along either axis."""
    rows = x / np.sum(np.abs(x), axis=1)[:, None]
    return rows - np.mean(rows, axis=1) + np.max(rows, axis=0) * rows


def several(x):
    """Arrays, vectors and a number; something of another shape in between."""
    low = np.min(x, axis=1, keepdims=True)
    scaled = (x - low) / (np.max(x, axis=1, keepdims=True) - low)
    sorted_lows = np.sort(low[:, 0])
    return scaled * sorted_lows[:, None], low[:, 0] * 2.0, np.sum(scaled), np.sum(scaled, axis=0)


def deep(x):
    """Rows that are matrices."""
    y = x.reshape(x.shape[0], 64, -1)
    total = np.sum(y, axis=(1, 2))
    return y / total[:, None, None] + np.max(y, axis=2)[:, :, None]


def counted(x):
    """Rows of bools and ints."""
    positive = x > np.mean(x, axis=1)[:, None]
    many = np.sum(positive, axis=1)
    return np.where(positive, many[:, None], -1) + np.any(positive, axis=1)[:, None]


def attention(x):
    p = softmax(x @ x.T / 16.0)
    return p @ x


PROGRAMS: dict[str, tuple[Callable, tuple[int, int]]] = {
    "softmax": (softmax, (300, 700)),
    "layer_norm": (layer_norm, (16, 10000)),
    "logsumexp": (logsumexp, (600, 300)),
    "both_ways": (both_ways, (400, 400)),
    "several": (several, (200, 900)),
    "deep": (deep, (40, 64 * 80)),
    "attention": (attention, (500, 64)),
}


def inputs(shape, dtype=np.float64):
    return (np.random.default_rng(3).normal(size=shape) + 2.0).astype(dtype)


def flat(result) -> list[np.ndarray]:
    return [np.asarray(v) for v in (result if isinstance(result, tuple) else (result,))]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", PROGRAMS)
def test_values_are_numpys(name, dtype):
    program, shape = PROGRAMS[name]
    shape = (shape[0], shape[1] * 2) if dtype is np.float32 and name != "both_ways" else shape
    x = inputs(shape, dtype)
    compiled = tg.jit(program)
    tolerance = 1e-12 if dtype is np.float64 else 2e-4
    for found, wanted in zip(flat(compiled(x)), flat(program(x)), strict=True):
        assert found.dtype == wanted.dtype and found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * np.abs(wanted).max())
    if dtype is np.float64:
        assert "parallel = True" in compiled.ir()


def test_bools_and_ints_of_rows():
    x = inputs((300, 700))
    np.testing.assert_array_equal(tg.jit(counted)(x), counted(x))


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_are_those_of_differences(name):
    program, shape = PROGRAMS[name]
    x = inputs(shape)
    weights = [np.random.default_rng(5).normal(size=v.shape) for v in flat(program(x))]

    def loss(x, weights):
        result = program(x)
        total = 0.0
        for k in range(len(weights)):
            total += np.sum((result[k] if len(weights) > 1 else result) * weights[k])
        return total

    found = tg.grad(loss)(x, weights)
    for seed in range(4):
        direction = np.random.default_rng(seed).normal(size=shape)
        step = 1e-6
        difference = (loss(x + step * direction, weights) - loss(x - step * direction, weights)) / (2 * step)
        along = np.sum(found * direction)
        assert along == pytest.approx(difference, rel=2e-5, abs=1e-5 * np.abs(found).sum() ** 0.5)


@pytest.mark.parametrize("name", PROGRAMS)
def test_any_threads_and_poisoned_memory_give_the_same(name, monkeypatch):
    program, shape = PROGRAMS[name]
    x, before = inputs(shape), tg.get_threads()
    try:
        tg.set_threads(1)
        alone = flat(tg.jit(program)(x))
        tg.set_threads(2)
        together = flat(tg.jit(program)(x))
    finally:
        tg.set_threads(before)
    monkeypatch.setenv("TANGRA_POISON", "1")
    poisoned = flat(tg.jit(program)(x))
    for a, b, c in zip(alone, together, poisoned, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, c)


def test_small_arrays_stay_as_they_are():
    compiled = tg.jit(softmax)
    compiled(inputs((50, 70)))
    assert "loop" not in compiled.ir()
