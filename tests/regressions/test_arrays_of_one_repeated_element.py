"""Arrays that repeat one element (`np.broadcast_to`) and overlap with what is written see every write."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


@pytest.mark.parametrize("shape", [(4,), (2,), (3, 2)])
def test_a_repeated_element_is_one_of_the_written_array(shape: tuple[int, ...]) -> None:
    def write(p: Any, q: Any, x: float) -> Any:
        p[1] = x
        return q.sum(), q * 10

    for call in (write, tg.jit(write)):
        p = np.ones(4)
        total, scaled = call(p, np.broadcast_to(p[1:2], shape), 2.0)
        assert total == 2.0 * np.prod(shape)
        assert (scaled == 20.0).all()
        assert p.tolist() == [1.0, 2.0, 1.0, 1.0]
