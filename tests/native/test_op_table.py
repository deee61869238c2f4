"""Every operation of the table, every dtype and shape class: native code against the op's NumPy reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra.ops  # noqa: F401  (fills the table)
from tangra.ir import Block, Builder, Func, Value, lookup
from tangra.ir.opdef import all_ops
from tangra.native import NativeOptions, compile_func
from tangra.native.emitter import OP_WRITERS
from tests.ops.samples import Sample, samples, type_of

NAMES = sorted(defn.name for defn in all_ops() if defn.evaluate is not None)
CHUNK = 24
OPTIONS = NativeOptions(memory_limit=1 << 28, optimise=1, codegen=1)
TOLERANCE = {"f32": 3e-6, "f64": 1e-13}
LOOSE = {"gamma": 30, "lgamma": 30, "digamma": 30, "trigamma": 30, "polygamma": 30, "pow": 4, "reduce_prod": 4}
"""Factors on the tolerance: of functions, and of decompositions, whose results depend on the condition."""
DECOMPOSITIONS = {
    "inverse": 1e3,
    "det": 1e3,
    "slogdet": 1e3,
    "solve": 1e3,
    "eigh": 1e3,
    "qr": 1e3,
    "svd": 1e3,
    "cholesky": 1e3,
    "lu": 1e3,
    "triangular_solve": 1e3,
}


def as_it_is(b: Builder, v: Value, x: Any) -> Value:
    return v


def last_first(b: Builder, v: Value, x: Any) -> Value:
    """What is in memory from the last row to the first."""
    if not x.ndim:
        return v
    starts = [b.int(n - 1 if k == 0 else 0) for k, n in enumerate(x.shape)]
    return b("index", v, *starts, sizes=x.shape, steps=(-1, *[1] * (x.ndim - 1)))


def transposed(b: Builder, v: Value, x: Any) -> Value:
    return b("transpose", v, perm=tuple(reversed(range(x.ndim)))) if x.ndim else v


def apart(b: Builder, v: Value, x: Any) -> Value:
    """Every second element along all axes, the last of an axis first."""
    starts = [b.int(max(2 * n - 2, 0)) for n in x.shape]
    return b("index", v, *starts, sizes=x.shape, steps=(-2,) * x.ndim) if x.ndim else v


def stretched(b: Builder, v: Value, x: Any) -> Value:
    """One row again and again."""
    if not x.ndim or v.type == type_of(x):
        return v
    row = b("reshape", v, shape=x.shape[1:])
    return b("broadcast", row, shape=x.shape, dims=tuple(range(1, x.ndim)))


LAYOUTS: dict[Any, Callable[[Any], Any]] = {
    as_it_is: lambda x: x,
    last_first: lambda x: x[::-1],
    transposed: np.transpose,
    apart: lambda x: spread(np.flip(x)),
    stretched: lambda x: x[:1],
}
"""How an operand may lie in memory, as a view that the program makes, and the memory that it is a view of."""


def spread(x: Any) -> Any:
    """Twice the size along all axes; `x` at the even places, and what it has elsewhere between them."""
    out = np.empty([2 * n for n in x.shape], x.dtype)
    for odd in np.ndindex((2,) * x.ndim):
        out[tuple(slice(k, None, 2) for k in odd)] = x if not any(odd) else np.flip(x)
    return out


def of_equal_rows(chunk: list[Sample]) -> list[Sample]:
    """The samples with operands whose rows are all as the first."""
    return [([np.broadcast_to(x[:1], x.shape) if np.ndim(x) else x for x in xs], attrs) for xs, attrs in chunk]


def program(name: str, chunk: list[Sample], layout: Any = as_it_is) -> tuple[Func, list[Any]]:
    """One function that runs op `name` on all operands of `chunk`, which lie in memory as `layout` has them."""
    operands = [np.asarray(x)[()] for xs, _ in chunk for x in xs]
    memory = [np.array(LAYOUTS[layout](x), order="C") if np.ndim(x) else x for x in operands]
    block = Block([type_of(x) for x in memory])
    b, at, results = Builder(block), zip(block.args, operands, strict=True), []
    for xs, attrs in chunk:
        results += b.emit(name, [layout(b, *next(at)) for _ in xs], dict(attrs)).results
    b.return_(*results)
    return Func(name, block), memory


def reference(name: str, chunk: list[Sample]) -> list[Any]:
    evaluate = lookup(name).evaluate
    assert evaluate is not None
    wanted: list[Any] = []
    for xs, attrs in chunk:
        result = evaluate(*xs, **attrs)
        wanted += list(result) if isinstance(result, tuple) else [result]
    return wanted


def test_every_op_has_a_writer() -> None:
    structural = {"yield", "return"}
    assert sorted({defn.name for defn in all_ops()} - set(OP_WRITERS) - structural) == []


CASES = [(n, how) for n in NAMES for how in LAYOUTS if how is not stretched or n not in DECOMPOSITIONS]


@pytest.mark.parametrize(("name", "layout"), CASES, ids=lambda v: v if isinstance(v, str) else v.__name__)
def test_native_equals_reference(name: str, layout: Any) -> None:
    found = samples(name)
    assert found
    for start in range(0, len(found), CHUNK):
        chunk = found[start : start + CHUNK]
        chunk = of_equal_rows(chunk) if layout is stretched else chunk
        func, memory = program(name, chunk, layout)
        results = compile_func(func, options=OPTIONS)(memory)
        wanted = reference(name, chunk)
        assert len(results) == len(wanted)
        for r, w in zip(results, wanted, strict=True):
            compare(name, r, np.asarray(w))


def compare(name: str, found: Any, wanted: Any) -> None:
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    if name == "empty":
        return
    if name == "lgamma":  # SciPy overflows at the smallest subnormal, where log |gamma| is 744
        wanted = np.where(np.isinf(wanted) & np.isfinite(found), found, wanted)
    if wanted.dtype.kind != "f":
        np.testing.assert_array_equal(found, wanted)
        return
    tolerance = TOLERANCE["f32" if wanted.dtype == np.float32 else "f64"]
    tolerance *= LOOSE.get(name, 1) * DECOMPOSITIONS.get(name, 1)
    scale = float(np.max(np.abs(wanted[np.isfinite(wanted)]), initial=0.0)) if name not in LOOSE else 0.0
    elementwise = lookup(name).elementwise
    smallest = float(np.finfo(wanted.dtype).smallest_subnormal)
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=4 * smallest if elementwise else tolerance * scale)
    if name in ("floordiv", "mod", "copysign", "sign", "floor", "ceil", "rint", "trunc"):
        whole = ~np.isnan(wanted)
        np.testing.assert_array_equal(np.signbit(np.asarray(found)[whole]), np.signbit(wanted[whole]))
