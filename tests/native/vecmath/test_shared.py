"""Math functions that modules call instead of holding them: the same numbers, and where which is chosen."""

from __future__ import annotations

import ctypes

import llvmlite.binding as llvm
import numpy as np
import pytest

import tangra as tg
from benchmarks.vecmath_harness import compiled
from tangra.ir import F32, F64, DType
from tangra.native import shared, vecmath
from tangra.native.vecmath.operations import OPERATIONS

CASES = [pytest.param(op, t, id=f"{op}-{t}") for t in (F64, F32) for op in sorted(vecmath.scalar_functions(t))]


@pytest.mark.parametrize("op, dtype", CASES)
def test_a_call_gives_what_a_copy_gives(op: str, dtype: DType):
    x = np.array([0.3, -0.7, 0.0, 1e30, -np.inf, np.nan, 0.999]).astype(dtype.numpy)
    args = [x, x[::-1].copy()][: OPERATIONS[op].arity]
    kind = ctypes.c_double if dtype == F64 else ctypes.c_float
    function = ctypes.CFUNCTYPE(kind, *[kind] * len(args))(shared.address(vecmath.shared_names(op, dtype)[0]))
    called = np.array([function(*map(float, row)) for row in zip(*args, strict=True)], dtype.numpy)
    np.testing.assert_array_equal(called, compiled(op, dtype)(*args))


@pytest.mark.parametrize("op, dtype", CASES)
def test_a_linked_module_holds_no_slow_way(op: str, dtype: DType):
    text = "\n".join(vecmath.linked_pieces(op, dtype).values())
    llvm.parse_assembly(text, llvm.create_context()).verify()
    assert text.count("define ") == 1 and "_slow_" not in text.split("define ")[1].split("(")[0]


def straight(x):
    return np.tanh(x) * np.tanh(x + 1.0)


def around(x, n):
    total = 0.0
    for k in range(n):
        total += np.tanh(x * k)
    return total


def long_body(x, n):
    total = 0.0
    for k in range(n):
        y = x * k
        for step in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6):
            total += np.tanh(y + step) * np.sinh(y - step)
    return total


def test_called_where_it_runs_once_and_copied_into_loops():
    once, loop = tg.jit(straight), tg.jit(around)
    assert once(0.3) == pytest.approx(straight(0.3), rel=1e-14)
    assert loop(0.3, 7) == pytest.approx(around(0.3, 7), rel=1e-14)
    assert "@tg_tanh_call_f64(double" in once.ir(stage="llvm") and "@tg_tanh_f64" not in once.ir(stage="llvm")
    assert "@tg_tanh_call_f64" not in loop.ir(stage="llvm") and "@tg_tanh_f64" in loop.ir(stage="llvm")


def test_a_loop_with_many_calls_copies_some_of_them():
    compiled_loop = tg.jit(long_body)
    assert compiled_loop(0.2, 9) == pytest.approx(long_body(0.2, 9), rel=1e-13)
    text = compiled_loop.ir(stage="llvm")
    forms = 2  # the loop as it is, and in chunks for threads
    assert text.count("call double @tg_tanh_f64(") + text.count("call double @tg_sinh_f64(") == 24 * forms
    assert text.count("_call_f64(double %") == 8 * forms


def test_single_values_go_the_slow_way():
    assert tg.jit(straight)(np.float64(1e300)) == straight(np.float64(1e300))
    assert tg.jit(lambda x: np.cos(x) + np.sin(x))(1e22) == pytest.approx(np.cos(1e22) + np.sin(1e22), rel=1e-14)
