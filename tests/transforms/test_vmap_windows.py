"""Batched convolutions against a Python loop over lanes, for every choice of batched operands and axes."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from tangra.ir import F64, ArrayType, Block, Builder, Func
from tangra.ir.interpreter import interpret
from tangra.ir.verifier import verify
from tangra.ops.pooling import pool_shape
from tangra.shapes import Size, symbol
from tangra.transforms import vmap
from tests.ops.convolution_samples import Case, conv_case, forms, pool_case
from tests.ops.samples import DTYPES, generator
from tests.ops.single import value_func

LANES = 3
CASES: list[Case] = [
    conv_case((2, 3, 5, 4), (4, 3, 3, 2), strides=(2, 1), low=(1, 0), high=(0, 1)),
    conv_case((2, 4, 6), (6, 2, 3), groups=2, low=(1,), high=(1,)),
]
AXES = [axes for axes in itertools.product((None, 0, 2), repeat=2) if axes != (None, None)]


def lanes_of(values: list[Any], axes: tuple[int | None, ...]) -> list[Any]:
    rng = generator(f"lanes {axes}")
    return [
        v if axis is None else np.stack([v * rng.uniform(0.5, 2) for _ in range(LANES)], axis)
        for v, axis in zip(values, axes, strict=True)
    ]


@pytest.mark.parametrize("name", ["pool_max", "pool_argmax", "pool_sum", "pool_spread"])
def test_pools_after_a_convolution(name: str) -> None:
    """A function with a convolution is batched directly, pools included."""
    x, attrs = pool_case((2, 3, 6, 5), (2, 3), strides=(2, 1), low=(1, 1), high=(0, 1))
    y = pool_shape(name, x, attrs)
    block = Block([ArrayType(F64, y if name == "pool_spread" else x), ArrayType(F64, (3, 3, 1, 1))])
    b = Builder(block)
    extra = {"shape": x} if name == "pool_spread" else {}
    plain = {k: v for k, v in conv_case((1, 1, 1, 1), (1, 1, 1, 1))[2].items()}
    b.return_(b(name, b("conv", *block.args, **plain), **attrs, **extra))
    func = Func(name, block)
    rng = generator(name)
    args = [rng.normal(size=(LANES, *v.array.shape)) for v in block.args]
    made = vmap(func, (0, 0), LANES)
    assert "loop" not in [op.name for op in made.body.walk()]
    (whole,) = interpret(made, args)
    for k in range(LANES):
        np.testing.assert_allclose(whole[k], interpret(func, [a[k] for a in args])[0], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["conv", "conv_input", "conv_kernel"])
@pytest.mark.parametrize("axes", AXES)
def test_lanes_join_the_batch_or_the_channels(name: str, axes: tuple[int | None, ...]) -> None:
    for x, w, y, attrs in forms(generator(name), DTYPES["f64"], CASES):
        operands = {"conv": [x, w], "conv_input": [y, w], "conv_kernel": [x, y]}[name]
        shape = {"conv_input": x.shape, "conv_kernel": w.shape}.get(name)
        func = value_func(name, operands, attrs if shape is None else {**attrs, "shape": shape})
        args = lanes_of(operands, axes)
        sizes: tuple[Size, ...] = (LANES, symbol("lanes"))
        for size in sizes:
            made = vmap(func, axes, size)
            verify(made)
            assert size != LANES or "loop" not in [op.name for op in made.body.walk()]
            (whole,) = interpret(made, args)
            for k in range(LANES):
                lane = [a if axis is None else np.take(a, k, axis) for a, axis in zip(args, axes, strict=True)]
                (one,) = interpret(func, lane)
                np.testing.assert_allclose(whole[k], one, rtol=1e-12, atol=1e-12)
