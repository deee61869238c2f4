"""Elementwise operations on the results of kernels are written behind the kernels' parts, into the same memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tangra.ir import BOOL, ArrayType, Builder, Value
from tangra.native import emit_contraction, register_blocks
from tangra.nn import functional as F
from tests.native.common import build, check, f64

CONTRACT = ((1,), (0,)), ((), ())
BATCHED = ((2,), (1,)), ((0,), (0,))


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng((seed, *shape)).uniform(0.5, 1.5, shape)


def dot(b: Builder, x: Value, y: Value, kind: Any = CONTRACT) -> Value:
    return b("dot_general", x, y, contract=kind[0], batch=kind[1])


def bent(b: Builder, x: Value) -> Value:
    """Constant where x is less than about what it is in the middle."""
    terms = 1.0 * (x.defining_op.operands[0].shape[-1] if x.defining_op is not None else 1)
    return b("maximum", x, b.full(b.float(terms), x.shape))


@pytest.fixture(params=["blas", "registers"])
def panels(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Results of any size are written in panels of a few rows."""
    if request.param == "blas":
        monkeypatch.setattr(register_blocks, "CACHED_SHARE", {16: 0.0, 32: 0.0})
    else:
        monkeypatch.setattr(register_blocks, "MOST_WORK", 0)
    monkeypatch.setattr(emit_contraction, "ROWS_TOGETHER", 17)
    monkeypatch.setattr(emit_contraction, "PANEL_BYTES", 1)
    monkeypatch.setattr(emit_contraction, "PANEL_ROWS", 17)
    return str(request.param)


SIZES = {
    "registers": (f64(33, 20), f64(20, 24)),
    "blas": (f64(91, 70), f64(70, 80)),
    "batch": (f64(9, 33, 20), f64(9, 20, 24)),
    "batch of blas": (f64(5, 70, 70), f64(5, 70, 80)),
    "batch of two": (f64(2, 70, 70), f64(2, 70, 80)),
}


def kind(types: tuple[ArrayType, ArrayType]) -> Any:
    return BATCHED if len(types[0].shape) == 3 else CONTRACT


def operands(types: tuple[ArrayType, ...]) -> list[Any]:
    return [numbers(*t.shape, seed=k) for k, t in enumerate(types)]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SIZES)
def test_bias_and_activation(name: str, panels: str) -> None:
    types = SIZES[name]

    def body(b: Builder, x: Value, y: Value, bias: Value) -> Value:
        z = dot(b, x, y, kind(types))
        z = b("add", z, b("broadcast", bias, shape=z.shape, dims=(len(z.shape) - 1,)))
        return b("mul", z, b("sin", z))

    every = (*types, f64(types[1].shape[-1]))
    # The product's rounding, NumPy's and ours, counts for more where a sine is about 0.
    compiled = check(build(every, body), *operands(every), rtol=1e-10)
    assert "tg.allocate(ptr %ctx" not in compiled.llvm, "the result is written where it is returned"


@pytest.mark.parametrize("name", SIZES)
def test_what_reads_the_result_otherwise(name: str, panels: str) -> None:
    """Twice; in a sum; of another dtype; with another product; with what the product's own operand holds."""
    types = SIZES[name]

    def several(b: Builder, x: Value, y: Value) -> list[Value]:
        z = dot(b, x, y, kind(types))
        return [b("exp", b("neg", z)), z]

    def summed(b: Builder, x: Value, y: Value) -> Value:
        z = dot(b, x, y, kind(types))
        return b("reduce_sum", b("mul", z, z), axes=tuple(range(len(z.shape))))

    def compared(b: Builder, x: Value, y: Value) -> Value:
        z = dot(b, x, y, kind(types))
        return b("gt", z, b.full(b.float(40.0), z.shape))

    def two(b: Builder, x: Value, y: Value) -> Value:
        z = dot(b, x, y, kind(types))
        return b("mul", bent(b, z), b("sub", dot(b, b("exp", x), y, kind(types)), z))

    for body in (several, summed, compared, two):
        check(build(types, body), *operands(types))
    assert build(types, compared).body.terminator.operands[0].dtype == BOOL


@pytest.mark.parametrize("rows", [40, 70])
def test_memory_of_operands_and_results_overlaps(rows: int, panels: str) -> None:
    """The result in the memory of an argument that the product, or what is added to it, reads."""

    def product_reads(b: Builder, x: Value, y: Value) -> Value:
        return bent(b, dot(b, x, y))

    def sum_reads(b: Builder, x: Value, y: Value) -> Value:
        return b("add", dot(b, y, y), x)

    def turned(b: Builder, x: Value, y: Value) -> Value:
        return b("add", dot(b, y, y), b("transpose", x, perm=(1, 0)))

    def overwritten(b: Builder, x: Value, y: Value) -> list[Value]:
        z = dot(b, x, y)
        changed = b("update", x, b.float(7.0), b.int(0), b.int(0), sizes=(None, None), steps=(1, 1))
        return [changed, bent(b, z)]

    square = (f64(rows, rows), f64(rows, rows))
    for body in (product_reads, sum_reads, turned, overwritten):
        check(build(square, body, written=((0, 0),)), *operands(square))


def test_a_condition_may_leave_the_product_unread(panels: str) -> None:
    @tg.jit
    def f(x, y, positive):
        z = x @ y
        if positive:
            return np.maximum(z, 0.0)
        return z - 1.0

    x, y = numbers(50, 60), numbers(60, 70)
    assert np.allclose(f(x, y, True), np.maximum(x @ y, 0.0))
    assert np.allclose(f(x, y, False), x @ y - 1.0)


def silu(x: Any) -> Any:
    return x / (1.0 + np.exp(-x))


LAYERS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "rows": (lambda x, w, b: silu(x @ w + b), (numbers(300, 40), numbers(40, 50), numbers(50))),
    "batch": (lambda x, w, b: np.maximum(x @ w + b, 0.0), (numbers(40, 30, 20), numbers(40, 20, 16), numbers(16))),
}
for _layout, _x in (("NCHW", numbers(6, 16, 10, 10)), ("NHWC", numbers(6, 10, 10, 16))):
    for _size in (1, 3):
        _args = (_x, numbers(12, 16, _size, _size), numbers(12))
        LAYERS[f"{_size}×{_size} {_layout}"] = (
            lambda x, w, b, layout=_layout: silu(F.conv2d(x, w, b, layout=layout)),
            _args,
        )
        LAYERS[f"depthwise {_size}×{_size} {_layout}"] = (
            lambda x, w, b, layout=_layout: silu(F.conv2d(x, w, b, layout=layout, groups=16, padding=1)),
            (_x, numbers(16, 1, _size, _size), numbers(16)),
        )
        LAYERS[f"transposed {_size}×{_size} {_layout}"] = (
            lambda x, w, b, layout=_layout: silu(F.conv_transpose2d(x, w, b, layout=layout)),
            (_x, numbers(16, 12, _size, _size), numbers(12)),
        )


@pytest.mark.parametrize("onednn", ["0", "1"])
@pytest.mark.parametrize("name", LAYERS)
def test_layers_have_the_same_bits_in_any_number_of_threads(
    name: str, onednn: str, panels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the numbers of CPython, known sizes or symbols."""
    monkeypatch.setenv("TANGRA_PARALLEL_WORK", "16")
    monkeypatch.setenv("TANGRA_ONEDNN", onednn)
    monkeypatch.setattr("tangra.native.conv_onednn.LEAST_WORK", 0)
    monkeypatch.setattr("tangra.native.conv_onednn.PART_WORK", 1)
    monkeypatch.setattr("tangra.native.conv_onednn.PART_PLACES", 1)
    layer, args = LAYERS[name]
    before = tg.get_threads()
    try:
        for single, dynamic in ((False, False), (True, False), (False, True)):
            given = [a.astype(np.float32) for a in args] if single else list(args)
            compiled = tg.jit(layer, dynamic=dynamic)
            found = []
            for count in (1, 2, 3):
                tg.set_threads(count)
                found.append(compiled(*given))
            assert len({a.tobytes() for a in found}) == 1
            wanted = layer(*args)
            assert np.abs(found[0] - wanted).max() <= (1e-5 if single else 1e-12) * np.abs(wanted).max()
    finally:
        tg.set_threads(before)


@pytest.mark.parametrize("name", ["panels", "batch of blas"])
def test_the_activation_follows_each_part_of_the_kernel(name: str, panels: str) -> None:
    """It is in the same loop, or region of threads, as the kernel's call: once for whole panels, once for the rest."""
    types = SIZES.get(name, (f64(91, 70), f64(70, 80)))
    compiled = check(build(types, lambda b, x, y: b("sqrt", dot(b, x, y, kind(types)))), *operands(types))
    call = "call void @blas.dgemm(" if panels == "blas" else "call void @tg.product"
    found = 0
    for text in compiled.llvm.split("define "):
        stretches = text.split(call)[1:]
        assert all(part.count("call double @llvm.sqrt.f64(") == 1 for part in stretches)
        found += len(stretches)
    assert found == compiled.llvm.count("call double @llvm.sqrt.f64(") == (2 if name == "panels" else 1)


@pytest.mark.parametrize("width", [8, 9, 16, 17])
def test_short_rows_stay_loops_until_they_are_vectors(width: int) -> None:
    """LLVM would write such a loop out before it looks for vectors, and find none."""

    def body(b: Builder, x: Value, bias: Value) -> Value:
        return b("maximum", x, b("broadcast", bias, shape=x.shape, dims=(1,)))

    compiled = check(build([f64(40, width), f64(width)], body), numbers(40, width), numbers(width))
    assert ("llvm.loop.unroll.disable" in compiled.llvm) == (8 < width < 17)
