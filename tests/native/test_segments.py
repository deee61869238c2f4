"""Tapes of innermost loops: records come back in the opposite order, whatever their types and the number of trips."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tangra.ir import BOOL, F32, F64, I64, Builder, Func, Value, scalar
from tests.native.common import build, check, f64, for_, native, put


def forward_and_back(forward_step: int, backward_step: int, extra: int = 0) -> Func:
    """x[k] of the k-th trip, its double as f32 and whether it is positive are kept, then written to the trips' places
    in a fresh array on the way back; `extra` more trips on that way."""

    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        tape = b.emit("tape_new", [], {"record": (scalar(BOOL), scalar(F32), scalar(F64))}).result

        def forward(i: Value, s: Value) -> list[Value]:
            v = b("index", x, i, sizes=(None,), steps=(1,))
            double = b("cast", b("add", v, v), dtype=F32)
            b.emit("tape_push", [tape, b("gt", v, b.float(0.0)), double, v])
            return [b("add", s, v)]

        def backward(i: Value, y: Value) -> list[Value]:
            positive, double, v = b.emit("tape_pop", [tape]).results
            known = b("add", v, b("cast", double, dtype=F64))
            return [put(b, y, b("select", positive, known, b("neg", known)), i)]

        last = b("sub", n, b.int(1))
        up, down = (b.int(0), n), (last, b.int(-1))
        first, second = (up if step > 0 else down for step in (forward_step, backward_step))
        (total,) = for_(b, *first, [b.float(0.0)], forward, step=forward_step)
        stop = b("add", second[1], b.int(extra * backward_step))
        (y,) = for_(b, second[0], stop, [b.zeros(f64(300))], backward, step=backward_step)
        return [total, y]

    return build([f64(300), scalar(I64)], body)


@pytest.mark.parametrize("forward_step", [1, -1])
@pytest.mark.parametrize("backward_step", [1, -1])
def test_records_come_back(forward_step: int, backward_step: int) -> None:
    compiled = native(forward_and_back(forward_step, backward_step))
    x = np.random.default_rng(1).normal(size=300)
    for n in (0, 1, 2, 7, 64, 299, 300):
        _, y = compiled([x, np.int64(n)])
        kept = x[:n] + (2 * x[:n]).astype(np.float32).astype(np.float64)
        wanted = np.where(x[:n] > 0, kept, -kept)
        np.testing.assert_allclose(y[:n], wanted if forward_step != backward_step else wanted[::-1], rtol=1e-12)
        assert not y[n:].any()
    check(forward_and_back(forward_step, backward_step), x, np.int64(17), compiled=compiled)


@pytest.mark.parametrize("forward_step", [1, -1])
def test_a_loop_of_independent_trips_takes_records_back_upwards(forward_step: int) -> None:
    func = forward_and_back(forward_step, -1)
    marked(func)
    x = np.random.default_rng(1).normal(size=300)
    for n in (0, 1, 2, 65, 300):
        compiled = check(func, x, np.int64(n))
    downwards = re.findall(r"add nsw i64 %c\d+, -1\n", compiled.llvm)
    assert len(downwards) == (forward_step < 0)


def test_a_stack_of_arrays_is_taken_back_from_its_end() -> None:
    """Records that are no scalars are a stack, so the loop is not turned round."""

    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        tape = b.emit("tape_new", [], {"record": (f64(2),)}).result

        def forward(i: Value) -> list[Value]:
            b.emit("tape_push", [tape, b("index", x, i, sizes=(2,), steps=(1,))])
            return []

        def backward(i: Value, y: Value) -> list[Value]:
            pair = b.emit("tape_pop", [tape]).result
            return [put(b, y, b("index", pair, b.int(1), sizes=(None,), steps=(1,)), i)]

        for_(b, 0, n, [], forward)
        return for_(b, b("sub", n, b.int(1)), -1, [b.zeros(f64(300))], backward, step=-1)

    func = build([f64(300), scalar(I64)], body)
    marked(func)
    check(func, np.random.default_rng(1).normal(size=300), np.int64(298))


def marked(func: Func) -> None:
    """Say of the last loop that its trips are independent."""
    loop = [op for op in func.body.ops if op.name == "loop"][-1]
    loop.attrs = {**loop.attrs, "parallel": True}


def test_other_trips_are_an_error() -> None:
    compiled = native(forward_and_back(1, -1, extra=-1))
    with pytest.raises(SystemError, match="as many trips"):
        compiled([np.ones(300), np.int64(5)])


def test_segments_of_an_outer_loop_are_taken_back_in_turn() -> None:
    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        tape = b.emit("tape_new", [], {"record": (scalar(F64),)}).result

        def outer(i: Value, s: Value) -> list[Value]:
            def inner(j: Value, s: Value) -> list[Value]:
                v = b("mul", s, b("index", x, j, sizes=(None,), steps=(1,)))
                b.emit("tape_push", [tape, v])
                return [b("add", s, v)]

            return for_(b, 0, i, [s], inner)

        def back(i: Value, y: Value) -> list[Value]:
            def inner(j: Value, y: Value) -> list[Value]:
                v = b.emit("tape_pop", [tape]).result
                return [put(b, y, v, j, op="accumulate")]

            return for_(b, b("sub", i, b.int(1)), -1, [y], inner, step=-1)

        (total,) = for_(b, 0, n, [b.float(1.0)], outer)
        (y,) = for_(b, b("sub", n, b.int(1)), -1, [b.zeros(f64(20))], back, step=-1)
        return [total, y]

    compiled = native(build([f64(20), scalar(I64)], body))
    x = np.random.default_rng(2).uniform(0.1, 0.2, 20)
    for n in (0, 1, 2, 5, 20):
        s, y = 1.0, np.zeros(20)
        for i in range(n):
            for j in range(i):
                v = s * x[j]
                s += v
                y[j] += v
        total, found = compiled([x, np.int64(n)])
        assert total == pytest.approx(s, rel=1e-12)
        np.testing.assert_allclose(found, y, rtol=1e-12)
