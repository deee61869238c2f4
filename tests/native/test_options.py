"""Options that the environment sets."""

import numpy as np
import pytest

import tangra as tg
from tangra.native import NativeOptions


def twice_summed(x):
    total = 0.0
    for i in range(len(x)):
        total += 2.0 * x[i]
    return total


def test_the_environment_says_how_much_is_optimised(monkeypatch):
    assert (NativeOptions().optimise, NativeOptions().codegen) == (2, 2)
    x = np.arange(37.0)
    texts = []
    for level in ("0", "2"):
        monkeypatch.setenv("TANGRA_OPTIMISE", level)
        assert NativeOptions().optimise == NativeOptions().codegen == int(level)
        compiled = tg.jit(twice_summed)
        assert compiled(x) == twice_summed(x)
        texts.append(compiled.ir(x, stage="assembly"))
    assert texts[0] != texts[1]


def test_other_levels_are_refused(monkeypatch):
    monkeypatch.setenv("TANGRA_OPTIMISE", "fast")
    with pytest.raises(ValueError, match="TANGRA_OPTIMISE is 'fast', and has to be 0, 1 or 2"):
        tg.jit(twice_summed)
