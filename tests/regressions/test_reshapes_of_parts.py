"""Reshapes of parts of arrays into sizes that only the run knows: of what is contiguous in itself they are views."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


def heads(x: Any, n: int) -> Any:
    size = x.shape[1] // 3
    q, k, v = np.split(x, 3, axis=-1)
    q = q.reshape(x.shape[0], n, size // n)
    q[0, -1] = 7.0
    rest = x[:, size : 2 * size].reshape(x.shape[0], n, -1)
    rest[1] += k.reshape(len(x), n, size // n)[0]
    return q.transpose(1, 0, 2), rest, x


def a_column(x: Any, n: int) -> Any:
    y = x[:, 1].reshape(n, -1)
    y[0] = 0.0
    return y, x


@pytest.mark.parametrize("f", [heads, a_column])
@pytest.mark.parametrize("dynamic", [False, True])
def test_they_are_views(f: Any, dynamic: bool) -> None:
    compiled = tg.jit(f, dynamic=dynamic)
    for shape, n in (((4, 12), 2), ((4, 12), 4), ((4, 12), 1), ((20, 24), 4), ((24, 48), 8)):
        x = np.arange(float(np.prod(shape))).reshape(shape)
        y = x.copy()
        found, wanted = compiled(x, n), f(y, n)
        assert all(a.shape == b.shape and np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))
        assert [np.shares_memory(a, x) for a in found] == [np.shares_memory(b, y) for b in wanted]


def test_what_is_not_contiguous_is_refused() -> None:
    def rows(x: Any, n: int) -> Any:
        return x[::2].reshape(n, -1)

    with pytest.raises(tg.TangraError, match="a view or a copy depends on the memory layout"):
        tg.jit(rows)(np.ones((4, 6)), 2)
