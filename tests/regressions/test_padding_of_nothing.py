"""np.pad of an axis without elements fails in NumPy's words."""

import re

import numpy as np
import pytest

import tangra as tg


@pytest.mark.parametrize("mode", ["wrap", "symmetric", "reflect"])
def test_as_numpy(mode):
    def padded(x):
        return np.sum(np.pad(x, 2, mode=mode))

    x = np.ones(0)
    with pytest.raises(ValueError) as wanted:
        padded(x)
    with pytest.raises(ValueError, match=f"^{re.escape(str(wanted.value))}$"):
        tg.jit(padded)(x)
