"""Rounding to bfloat16 against ml_dtypes, uncompiled and compiled, and what derivatives make of it."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from tangra.ir import F32, ArrayType, Block, Builder, Func
from tangra.native import NativeOptions, compile_func
from tangra.ops.narrow import round_bfloat16
from tests.ops.single import jvp_of, vjp_of

LOW = (0x0000, 0x0001, 0x7FFF, 0x8000, 0x8001, 0xFFFF)
"""Lower halves of floats: a bfloat16, its neighbours, and those about the middle between two."""
ODD = np.float32(1.0 + 2.0**-8)
"""Halfway from 1 to the next bfloat16."""


def every_number() -> np.ndarray[Any, Any]:
    """Every upper half of a float with each of those lower ones."""
    upper = np.arange(2**16, dtype=np.uint32) << np.uint32(16)
    return np.concatenate([upper | np.uint32(low) for low in LOW]).view(np.float32)


def compiled(x: np.ndarray[Any, Any], name: str) -> Any:
    block = Block([ArrayType(F32, x.shape)])
    b = Builder(block)
    b.return_(b(name, *block.args))
    options = NativeOptions(memory_limit=1 << 28, optimise=1, codegen=1)
    return compile_func(Func(name, block), options=options)([x])[0]


@pytest.mark.parametrize("function", [round_bfloat16, lambda x: compiled(x, "bfloat16")])
def test_every_kind_of_number_is_rounded_as_by_ml_dtypes(function: Any) -> None:
    x = every_number()
    with np.errstate(all="ignore"):
        known = x.astype(ml_dtypes.bfloat16).astype(np.float32)
    found = function(x)
    numbers = ~np.isnan(x)
    assert np.array_equal(found.view(np.uint32)[numbers], known.view(np.uint32)[numbers])
    assert np.isnan(found[~numbers]).all()
    assert np.array_equal(np.signbit(found), np.signbit(x))


def test_values_and_tangents_are_rounded_ahead_and_cotangents_back() -> None:
    assert jvp_of("bfloat16", [ODD], {}, {0: ODD})[0] == 1.0
    assert vjp_of("bfloat16", [ODD], {}, {0: ODD}, [0])[0] == ODD
    assert jvp_of("bfloat16_back", [ODD], {}, {0: ODD})[0] == ODD
    assert vjp_of("bfloat16_back", [ODD], {}, {0: ODD}, [0])[0] == 1.0
    assert compiled(np.array([ODD]), "bfloat16_back")[0] == ODD
