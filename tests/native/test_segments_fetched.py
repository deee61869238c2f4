"""Memory of tapes in segments is asked for ahead: far, near and off the tape, which changes no number."""

import numpy as np
import pytest

import tangra as tg
from tangra.native import emit_segments


def program(x, n):
    total = 0.0
    for k in range(n):
        for i in range(x.shape[0]):
            x[i] = np.sin(x[i]) + 0.1 * k
    for i in range(x.shape[0]):
        total += x[i] * x[i]
    return total


def by_hand(x, n):
    y, slope = x.copy(), np.ones_like(x)
    for k in range(n):
        slope *= np.cos(y)
        y = np.sin(y) + 0.1 * k
    return 2.0 * y * slope


@pytest.mark.parametrize("size", [0, 1, 9, 62, 300, 5000])
@pytest.mark.parametrize("n", [0, 1, 7])
def test_gradients_of_segments_of_all_lengths(size, n):
    x = np.random.default_rng(size).normal(size=size)
    np.testing.assert_allclose(tg.grad(program)(x, n), by_hand(x, n), rtol=1e-12, atol=1e-300)


def test_both_ways_ask(monkeypatch):
    monkeypatch.setattr(emit_segments, "AHEAD", 1 << 20)
    compiled = tg.grad(lambda x, n: program(x, n))
    x = np.linspace(-1.0, 1.0, 62)
    np.testing.assert_allclose(compiled(x, 5), by_hand(x, 5), rtol=1e-12)
    text = compiled.ir(stage="llvm")
    assert text.count("call void @llvm.prefetch.p0") >= 2
