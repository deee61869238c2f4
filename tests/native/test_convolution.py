"""Convolutions large enough for products of matrices, and with sizes that are known only at run time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tangra.ir import F32, F64, ArrayType, Block, Builder, DType, Func, lookup
from tangra.native import NativeOptions, compile_func, conv_columns, conv_tiles
from tangra.native.compiling import emit_module
from tangra.ops.convolution import conv_shape
from tangra.shapes import Size, symbol
from tests.ops.convolution_samples import Case, conv_case, layout
from tests.ops.samples import draw, generator

OPTIONS = NativeOptions(memory_limit=1 << 28, optimise=1, codegen=1, onednn=False)
CASES: list[Case] = [
    conv_case((2, 20, 9, 11), (33, 20, 3, 3), low=(1, 1), high=(1, 1)),
    conv_case((3, 18, 9, 8), (17, 18, 3, 2), strides=(2, 3), low=(2, 1), high=(0, 2)),
    conv_case((2, 16, 12, 10), (18, 8, 3, 3), groups=2, dilation=(2, 3), low=(2, 3), high=(2, 3)),
    conv_case((2, 17, 7, 6), (19, 17, 1, 1)),
    conv_case((2, 18, 7, 6), (20, 9, 1, 1), groups=2),
    conv_case((2, 16, 40), (24, 16, 5), strides=(2,), low=(3,), high=(1,)),
    conv_case((1, 9, 5, 6, 7), (8, 9, 3, 2, 3), low=(1, 0, 1), high=(1, 1, 1), strides=(1, 2, 1)),
    conv_case((2, 24, 9, 10), (24, 1, 3, 3), groups=24, low=(1, 1), high=(1, 1)),
    conv_case((2, 24, 9, 10), (24, 1, 3, 3), groups=24, strides=(2, 2), low=(1, 1), high=(1, 1)),
    conv_case((2, 12, 9, 10), (24, 1, 3, 3), groups=12, low=(1, 1), high=(1, 1)),
    conv_case((2, 16, 9, 8), (136, 16, 3, 3), low=(1, 1), high=(1, 1)),
]
"""The last one has more outputs than a tile is wide, in strips: tiles of all heights have to be as wide as these."""
DYNAMIC = [0, 1, 2, 3, 5]
"""Cases that are also compiled for sizes known at run time."""


def operands(name: str, case: Case, last: bool, dtype: DType) -> tuple[list[Any], dict[str, Any]]:
    x, w, attrs = case
    attrs = {**attrs, "channels_last": last}
    shapes = {"x": layout(x, last), "w": w, "y": conv_shape(layout(x, last), w, attrs)}
    rng = generator(f"{name} {case}")
    given = {"conv": "xw", "conv_input": "yw", "conv_kernel": "xy"}[name]
    values = [draw(rng, dtype, shapes[k]) for k in given]  # type: ignore[arg-type]
    out = {"conv_input": shapes["x"], "conv_kernel": shapes["w"]}.get(name)
    return values, attrs if out is None else {**attrs, "shape": out}


def function(name: str, types: list[ArrayType], attrs: dict[str, Any]) -> Func:
    """The operation of the first two arguments; more may be there to say what symbols are."""
    block = Block(types)
    b = Builder(block)
    b.return_(b(name, *block.args[:2], **attrs))
    return Func(name, block)


def run(name: str, types: list[ArrayType], attrs: dict[str, Any], values: list[Any]) -> Any:
    return compile_func(function(name, types, attrs), options=OPTIONS)(values)[0]


def compare(name: str, found: Any, values: list[Any], attrs: dict[str, Any], dtype: DType) -> None:
    evaluate = lookup(name).evaluate
    assert evaluate is not None
    wanted = evaluate(*(v.astype(np.float64) for v in values), **attrs)
    tolerance = (2e-6 if dtype == F32 else 1e-14) * np.abs(wanted).max()
    assert found.dtype == dtype.numpy
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", ["conv", "conv_input", "conv_kernel"])
@pytest.mark.parametrize("rows", [1, 1 << 18])
def test_products_of_matrices(name: str, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conv_columns, "COLUMN_BYTES", 3000 if rows == 1 else rows)
    for case in CASES:
        for last in (False, True):
            for dtype in (F32, F64) if rows > 1 else (F64,):
                values, attrs = operands(name, case, last, dtype)
                types = [ArrayType(dtype, v.shape) for v in values]
                compare(name, run(name, types, attrs, values), values, attrs, dtype)


@pytest.mark.parametrize("name", ["conv", "conv_input", "conv_kernel"])
def test_sizes_known_at_run_time(name: str) -> None:
    """The batch and spatial sizes of x are symbols, and the number of output channels where there are no groups."""
    for number in DYNAMIC:
        x, w, given = CASES[number]
        for last in (False, True):
            values, attrs = operands(name, CASES[number], last, F64)
            symbols: tuple[Size, ...] = (symbol("b"), x[1], *(symbol(f"n{k}") for k in range(len(x) - 2)))
            kernel: tuple[Size, ...] = (symbol("o") if attrs["groups"] == 1 else w[0], *w[1:])
            image = (symbols[0], *symbols[2:], symbols[1]) if last else symbols
            shapes = {"x": image, "w": kernel, "y": conv_shape(image, kernel, attrs)}
            if name != "conv":
                attrs["shape"] = shapes["x" if name == "conv_input" else "w"]
            letters = {"conv": "xw", "conv_input": "yw", "conv_kernel": "xy"}[name]
            types = [ArrayType(F64, shapes[k]) for k in (*letters, "x", "w")]
            found = run(name, types, attrs, [*values, np.zeros(layout(x, last)), np.zeros(w)])
            compare(name, found, *operands(name, CASES[number], last, F64), F64)


@pytest.mark.parametrize("name", ["conv", "conv_input", "conv_kernel"])
@pytest.mark.parametrize("batch", [None, 1])
def test_the_same_bits_for_any_number_of_threads(name: str, batch: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images, rows of places of a single one, and parts of the taps of a kernel's derivative are shared out."""
    for limit, value in (("PLACES", 16), ("FEWEST_PLACES", 8), ("TERMS", 40)):
        monkeypatch.setattr(conv_tiles, limit, value)
    options = replace(OPTIONS, parallel_work=16)
    before, shared = tg.get_threads(), 0
    try:
        for number, (x, w, given) in enumerate(CASES):
            values, attrs = operands(name, ((batch or x[0], *x[1:]), w, given), number % 2 == 1, F64)
            func = function(name, [ArrayType(F64, v.shape) for v in values], attrs)
            shared += "tangra.run" in emit_module(func, options)[0].symbols
            compiled, found = compile_func(func, options=options), []
            for count in (1, 2, 3):
                tg.set_threads(count)
                found.append(compiled(values)[0])
            assert len({y.tobytes() for y in found}) == 1
            compare(name, found[0], values, attrs, F64)
    finally:
        tg.set_threads(before)
    assert shared >= 5


@pytest.mark.parametrize("batch", [3, "b"])
def test_pools_have_the_same_bits_for_any_number_of_threads(batch: Size) -> None:
    attrs: dict[str, Any] = {"window": (2, 3), "strides": (2, 1), "low": (0, 1), "high": (0, 1), "dilation": (1, 1)}
    attrs["channels_last"] = False
    options = replace(OPTIONS, parallel_work=16)
    x = generator("pools").normal(size=(3, 4, 6, 7))
    shape = (symbol(batch) if isinstance(batch, str) else batch, *x.shape[1:])
    block = Block([ArrayType(F64, shape)])
    b = Builder(block)
    b.return_(*(b(f"pool_{kind}", *block.args, **attrs) for kind in ("max", "argmax", "sum")))
    compiled, before, found = compile_func(Func("pools", block), options=options), tg.get_threads(), []
    try:
        for count in (1, 2, 3):
            tg.set_threads(count)
            found.append(compiled([x]))
    finally:
        tg.set_threads(before)
    for kind, *results in zip(("max", "argmax", "sum"), *found, strict=True):
        evaluate = lookup(f"pool_{kind}").evaluate
        assert evaluate is not None
        assert len({y.tobytes() for y in results}) == 1
        np.testing.assert_allclose(results[0], evaluate(x, **attrs), rtol=1e-14)
