"""Calls of other functions: symbols, results, state, arguments written in place."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tangra.ir import F64, I64, Builder, Func, Value, scalar
from tangra.shapes import symbol
from tests.native.common import at, build, check, f64, for_, native, put

N, M = symbol("N"), symbol("M")


def scaled() -> Func:
    def body(b: Builder, x: Value, c: Value) -> list[Value]:
        y = b("mul", x, b.full(c, x.shape))
        return [y, b("reduce_sum", y, axes=(0,))]

    return build([f64(M), scalar(F64)], body, "scaled")


def test_call_with_other_symbols() -> None:
    callee = scaled()

    def body(b: Builder, x: Value, c: Value) -> list[Value]:
        types = [f64(N), scalar(F64)]
        y, total = b.emit("call", [x, c], {"callee": callee, "result_types": types}).results
        z, again = b.emit("call", [y, total], {"callee": callee, "result_types": types}).results
        return [z, again, total]

    compiled = check(build([f64(N), scalar(F64)], body), np.arange(6.0), np.float64(0.5))
    assert re.findall(r"define internal i32 @tg\.(f\d+)\(", compiled.llvm) == ["f0"]


def failing() -> Func:
    """Writes x[i] = i up to `stop`, where it fails."""

    def body(b: Builder, x: Value, stop: Value) -> list[Value]:
        def trip(i: Value, x: Value) -> list[Value]:
            b.emit(
                "fail_if",
                [b("eq", i, stop), x, i],
                {"kind": "ValueError", "message": "at {}", "state": (0,), "n_state": 1},
            )
            return [put(b, x, b("cast", i, dtype=F64), i)]

        return for_(b, 0, b.dim(M), [x], trip)

    return build([f64(M), scalar(I64)], body, "failing", written=((0, 0),))


def test_failure_in_a_callee_reaches_the_callers_argument() -> None:
    callee = failing()

    def body(b: Builder, n: Value, x: Value) -> list[Value]:
        attrs = {"callee": callee, "result_types": [f64(N)], "state": ((0, 1),)}
        (y,) = b.emit("call", [x, n], attrs).results
        return [y]

    func = build([scalar(I64), f64(N)], body, written=((1, 0),))
    compiled = native(func)
    x = np.full(5, -1.0)
    with pytest.raises(ValueError, match="at 3"):
        compiled([np.int64(3), x])
    np.testing.assert_array_equal(x, [0, 1, 2, -1, -1])
    check(func, np.int64(9), np.full(4, -1.0), compiled=compiled)


def test_callee_writes_a_copy_while_the_old_version_is_wanted() -> None:
    callee = failing()

    def body(b: Builder, x: Value) -> list[Value]:
        attrs = {"callee": callee, "result_types": [f64(N)]}
        (y,) = b.emit("call", [x, b.int(-1)], attrs).results
        return [b("add", x, y), at(b, x, 1)]

    check(build([f64(N)], body), np.full(4, 7.0))


def test_custom_derivative_calls_its_primal() -> None:
    primal = build([scalar(F64)], lambda b, x: [b("exp", x)], "primal")

    def body(b: Builder, x: Value) -> list[Value]:
        return list(b.emit("custom_derivative", [x], {"primal": primal, "jvp": None, "vjp": None}).results)

    check(build([scalar(F64)], body), np.float64(1.5))
