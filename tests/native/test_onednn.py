"""Convolutions by oneDNN: the definition's results, and the same bits for any number of threads."""

from __future__ import annotations

import platform
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tangra.ir import F32, F64, ArrayType, Block, Builder, DType, Func
from tangra.native import NativeOptions, compile_func, conv_onednn, engine, onednn, onednn_text
from tangra.native.compiling import emit_module
from tests.native.test_convolution import CASES, compare, operands
from tests.ops.convolution_samples import Case, conv_case

OPTIONS = NativeOptions(memory_limit=1 << 28, optimise=1, codegen=1)
THERE = platform.system() == "Linux" and platform.machine() == "x86_64"
"""Where the package is to be had; elsewhere convolutions are ours, with the same results."""
NAMES = ("conv", "conv_input", "conv_kernel")
MORE: list[Case] = [
    conv_case((6, 16, 9, 8), (24, 16, 3, 3), low=(1, 1), high=(1, 1)),
    conv_case((5, 16, 9, 8), (24, 16, 3, 3), strides=(2, 2), low=(1, 0), high=(0, 1)),
    conv_case((3, 8, 10, 11), (16, 8, 3, 3), strides=(3, 3), low=(2, 2), high=(2, 2), dilation=(2, 2)),
    conv_case((2, 16, 4, 4), (16, 16, 3, 3), low=(3, 3), high=(3, 3)),
    conv_case((2, 3, 12, 12), (16, 3, 7, 7), strides=(2, 2), low=(3, 3), high=(3, 3)),
    conv_case((3, 16, 9, 8), (32, 4, 3, 3), groups=4, strides=(2, 1), low=(1, 1), high=(1, 1)),
    conv_case((4, 32, 9, 8), (32, 16, 3, 3), groups=2, low=(1, 1), high=(1, 1), dilation=(1, 2)),
]
"""Batches in several parts; borders that windows don't reach or that whole windows lie in."""


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small convolutions too, in parts of one image or few, which run in threads; by older kernels too."""
    monkeypatch.setattr(conv_onednn, "_is_older", lambda form, what: False)
    monkeypatch.setattr(conv_onednn, "LEAST_WORK", 0)
    monkeypatch.setattr(conv_onednn, "PART_WORK", 1)
    monkeypatch.setattr(conv_onednn, "PART_PLACES", 1)
    monkeypatch.setattr(conv_onednn, "OUTPUTS", 8)
    monkeypatch.setenv("TANGRA_PARALLEL_WORK", "16")


def function(name: str, case: Case, last: bool, dtype: DType) -> tuple[Func, list[Any], dict[str, Any]]:
    values, attrs = operands(name, case, last, dtype)
    block = Block([ArrayType(dtype, v.shape) for v in values])
    b = Builder(block)
    b.return_(b(name, *block.args, **attrs))
    return Func(name, block), values, attrs


def uses(func: Func, options: NativeOptions) -> bool:
    return "onednn" in emit_module(func, options)[0].text()


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_same_as_by_definition(name: str, last: bool, everything: None) -> None:
    used = 0
    for case in [*CASES, *MORE]:
        func, values, attrs = function(name, case, last, F32)
        compare(name, compile_func(func, options=OPTIONS)(values)[0], values, attrs, F32)
        used += uses(func, OPTIONS)
    assert used >= ((7 if name == "conv" else 5) if THERE else 0)


@pytest.mark.parametrize("name", NAMES)
def test_which_are_computed_by_onednn(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = conv_case((2, 32, 16, 16), (32, 32, 3, 3), low=(1, 1), high=(1, 1))
    newer = name != "conv_kernel" or engine.widest_vectors() == 512
    assert uses(function(name, layer, False, F32)[0], OPTIONS) == (THERE and newer)
    without = NativeOptions(memory_limit=1 << 28, onednn=False)
    assert not uses(function(name, layer, False, F32)[0], without)
    assert not uses(function(name, layer, False, F64)[0], OPTIONS)
    assert not uses(function(name, conv_case((1, 8, 8, 8), (8, 8, 3, 3)), False, F32)[0], OPTIONS)
    monkeypatch.setattr(onednn, "library", lambda: None)
    func, values, attrs = function(name, layer, False, F32)
    assert not uses(func, OPTIONS)
    compare(name, compile_func(func, options=OPTIONS)(values)[0], values, attrs, F32)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_bits_for_any_number_of_threads(name: str, everything: None) -> None:
    before = tg.get_threads()
    options = NativeOptions(memory_limit=1 << 28, optimise=1, codegen=1)
    try:
        for last in (False, True):
            func, values, _ = function(name, MORE[0], last, F32)
            compiled, found = compile_func(func, options=options), []
            assert not THERE or (name == "conv_kernel" and last) or "tangra.run" in emit_module(func, options)[0].text()
            for count in (1, 2, 3):
                tg.set_threads(count)
                found.append(compiled(values)[0].tobytes())
            assert len(set(found)) == 1
    finally:
        tg.set_threads(before)


def test_calls_from_several_threads_at_once(everything: None) -> None:
    rng = np.random.default_rng(3)
    func, (_, w), attrs = function("conv", MORE[0], False, F32)
    compiled = compile_func(func, options=OPTIONS)
    images = [rng.normal(size=MORE[0][0]).astype(np.float32) for _ in range(12)]
    alone = [compiled([x, w])[0] for x in images]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            for x, y, z in zip(images, alone, pool.map(lambda x: compiled([x, w])[0], images), strict=True):
                assert np.array_equal(y, z)
    compare("conv", alone[0], [images[0], w], attrs, F32)


def test_a_failure_in_onednn_is_an_error(everything: None) -> None:
    """A plan whose primitive is gone, as when oneDNN can't get memory: no result is given."""
    func, values, attrs = function("conv", MORE[1], False, F32)
    compiled = compile_func(func, options=OPTIONS)
    names = re.findall(r"@onednn\.plan\.(\S+\.rest\.\d+) ", emit_module(func, OPTIONS)[0].text())
    assert len(names) == THERE
    for name in names:
        table = onednn._tables[name]
        words = list(table)
        table[onednn_text.HEAD_WORDS + onednn_text.MEMORY_WORDS * table[1]] = 0
        with pytest.raises(RuntimeError, match="oneDNN could not compute a convolution"):
            compiled(values)
        table[:] = words
    compare("conv", compiled(values)[0], values, attrs, F32)
