"""A global array that is bound to another between calls: its memory layout and whether it may be written count too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.fuzz import ways
from tests.fuzz.compare import difference

TABLE: Any = None


def written_through_a_reshape(s: float) -> Any:
    """A view of an array in C order, a copy of one in Fortran order."""
    flat = TABLE.reshape(6)
    flat[0] = s
    return TABLE.sum(), flat


def flattened(s: float) -> Any:
    return TABLE.ravel(), TABLE.T.reshape(-1)


def tables() -> list[Any]:
    """The same numbers in C order, in Fortran order, with gaps, and read-only."""
    wide = np.zeros((2, 6))
    wide[:, ::2] = np.arange(6.0).reshape(2, 3)
    locked = np.arange(6.0).reshape(2, 3)
    locked.flags.writeable = False
    return [np.arange(6.0).reshape(2, 3), np.asfortranarray(wide[:, ::2]), wide[:, ::2], locked]


@pytest.mark.parametrize("function", [written_through_a_reshape, flattened])
def test_layout_of_a_captured_array(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the array is bound to, the call does what CPython does, in any order of calls."""
    compiled = ways.tangra().jit(function)
    for k in (0, 1, 0, 2, 3, 0, 1, 3):
        outcomes = []
        for way in (function, compiled):
            table = tables()[k]
            monkeypatch.setitem(globals(), "TABLE", table)
            outcome = ways.outcome(way, (5.0,))
            outcome.args = (table.copy(),)
            outcomes.append(outcome)
        assert difference(outcomes[1], outcomes[0], 1e-12) is None, k
