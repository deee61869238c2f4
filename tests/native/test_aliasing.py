"""In-place updates and the cases where they must not be in place: old versions, views, swaps, branches, loops."""

from __future__ import annotations

import numpy as np
import pytest

from tangra.ir import BOOL, F64, I64, ArrayType, Builder, Func, Value, scalar
from tangra.shapes import symbol
from tests.native.common import (
    at,
    build,
    check,
    f64,
    for_,
    full,
    if_,
    native,
    put,
    put_slice,
    slice_,
    while_,
)

N = symbol("N")


def copies(llvm: str) -> int:
    """Copies of whole arrays in the text of a function over large arrays."""
    return llvm.count("call void @llvm.memcpy")


def numbers(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


@pytest.mark.parametrize("n", [3, 40, 1000])
def test_old_version_still_read(n: int) -> None:
    def body(b: Builder, x: Value) -> list[Value]:
        y = b("mul", x, x)
        z = put(b, y, b.float(7.0), 1)
        w = put(b, y, b.float(8.0), 2)
        v = put(b, z, at(b, w, 2), 0)
        return [y, z, w, v, at(b, y, 1)]

    check(build([f64(N)], body), numbers(n))
    check(build([f64(n)], body), numbers(n))


def test_chain_of_updates_copies_nothing() -> None:
    def body(b: Builder, x: Value) -> list[Value]:
        y = b("mul", x, x)
        for k in range(5):
            y = put(b, y, at(b, y, k + 1), k)
        return [y]

    assert copies(check(build([f64(N)], body), numbers(50)).llvm) == 0


@pytest.mark.parametrize("n", [6, 60])
def test_view_outlives_the_update(n: int) -> None:
    def body(b: Builder, x: Value) -> list[Value]:
        y = b("add", x, x)
        view = slice_(b, y, 1, 3)
        reverse = slice_(b, y, n - 1, n, -1)
        y2 = put(b, y, b.float(100.0), 2)
        return [b("add", view, slice_(b, y2, 1, 3)), reverse, y2]

    check(build([f64(n)], body), numbers(n))


@pytest.mark.parametrize("n", [6, 60])
def test_deferred_reader_outlives_the_update(n: int) -> None:
    def body(b: Builder, x: Value) -> list[Value]:
        y = b("add", x, x)
        later = b("exp", b("sub", y, full(b, 1.0, y.shape)))
        y2 = put(b, y, b.float(100.0), 2)
        return [b("mul", later, y2)]

    check(build([f64(n)], body), numbers(n))


@pytest.mark.parametrize("n", [6, 60])
@pytest.mark.parametrize("op", ["update", "accumulate"])
def test_slice_written_from_itself(n: int, op: str) -> None:
    def body(b: Builder, x: Value) -> list[Value]:
        y = b("add", x, x)
        shifted = b("add", slice_(b, y, 0, n - 2), slice_(b, y, 2, n - 2))
        y = put_slice(b, y, shifted, 1, op=op)
        reversed_ = slice_(b, y, n - 1, n, -1)
        return [put_slice(b, y, reversed_, 0, op=op)]

    check(build([f64(n)], body), numbers(n))


@pytest.mark.parametrize("n", [4, 80])
def test_swap_through_a_loop(n: int) -> None:
    def body(b: Builder, x: Value, y: Value, trips: Value) -> list[Value]:
        def trip(i: Value, p: Value, q: Value) -> list[Value]:
            return [q, put(b, p, b("add", at(b, q, 0), at(b, p, 1)), 1)]

        return for_(b, 0, trips, [x, y], trip)

    for trips in (0, 1, 2, 7):
        check(build([f64(n), f64(n), scalar(I64)], body), numbers(n), numbers(n, 1), np.int64(trips))


@pytest.mark.parametrize("n", [4, 80])
def test_rotation_of_three(n: int) -> None:
    def body(b: Builder, x: Value, y: Value) -> list[Value]:
        def trip(i: Value, p: Value, q: Value, r: Value) -> list[Value]:
            return [q, r, b("add", p, q)]

        return for_(b, 0, 5, [x, y, b("mul", x, y)], trip)

    check(build([f64(n), f64(n)], body), numbers(n), numbers(n, 1))


@pytest.mark.parametrize("n", [4, 80])
def test_one_array_carried_twice(n: int) -> None:
    def body(b: Builder, x: Value) -> list[Value]:
        y = b("add", x, x)

        def trip(i: Value, p: Value, q: Value) -> list[Value]:
            return [put(b, p, at(b, q, 1), 0), put(b, q, at(b, p, 0), 2)]

        p, q = for_(b, 0, 3, [y, y], trip)
        return [p, q, y]

    check(build([f64(n)], body), numbers(n))


@pytest.mark.parametrize("n", [4, 80])
def test_array_of_outside_updated_in_a_loop(n: int) -> None:
    """Every trip starts from the same outside version."""

    def body(b: Builder, x: Value) -> list[Value]:
        y = b("add", x, x)

        def trip(i: Value, total: Value) -> list[Value]:
            z = put(b, y, b("cast", i, dtype=F64), 1)
            return [b("add", total, b("reduce_sum", z, axes=(0,)))]

        return for_(b, 0, 3, [b.float(0.0)], trip)

    check(build([f64(n)], body), numbers(n))


@pytest.mark.parametrize("n", [4, 80])
def test_view_of_outside_read_while_the_loop_writes(n: int) -> None:
    def body(b: Builder, x: Value) -> list[Value]:
        y = b("add", x, x)
        view = slice_(b, y, 1, 2)

        def trip(i: Value, z: Value) -> list[Value]:
            return [put(b, z, b("add", at(b, view, 0), at(b, z, 1)), 1)]

        (z,) = for_(b, 0, 3, [y], trip)
        return [z, view]

    check(build([f64(n)], body), numbers(n))


@pytest.mark.parametrize("n", [4, 80])
@pytest.mark.parametrize("flags", [(True, True), (True, False), (False, True), (False, False)])
def test_updates_in_branches(n: int, flags: tuple[bool, bool]) -> None:
    def body(b: Builder, x: Value, first: Value, second: Value) -> list[Value]:
        y = b("add", x, x)

        def then() -> list[Value]:
            def inner() -> list[Value]:
                return [put(b, y, b.float(5.0), 0), b("mul", y, y)]

            return if_(b, second, inner, lambda: [y, put(b, y, b.float(6.0), 1)])

        p, q = if_(b, first, then, lambda: [b("neg", y), y])
        p2 = put(b, p, b.float(9.0), 3)
        return [p2, q, b("add", p, q)]

    func = build([f64(n), scalar(BOOL), scalar(BOOL)], body)
    check(func, numbers(n), np.bool_(flags[0]), np.bool_(flags[1]))


def test_branch_that_updates_or_passes_on_copies_nothing() -> None:
    def body(b: Builder, x: Value) -> list[Value]:
        def trip(i: Value, y: Value) -> list[Value]:
            small = b("lt", at(b, y, i), b.float(0.0))
            return if_(b, small, lambda: [put(b, y, b.float(0.0), i)], lambda: [y])

        return for_(b, 0, b.dim(N), [b("add", x, x)], trip)

    assert copies(check(build([f64(N)], body), numbers(30)).llvm) == 0


def test_whole_array_step_runs_in_the_carried_memory() -> None:
    def body(b: Builder, x: Value, v: Value) -> list[Value]:
        def trip(i: Value, p: Value, q: Value) -> list[Value]:
            q2 = b("sub", q, b("mul", full(b, 0.1, q.shape), p))
            return [b("add", p, b("mul", full(b, 0.1, p.shape), q2)), q2]

        return for_(b, 0, 10, [x, v], trip)

    compiled = check(build([f64(N), f64(N)], body), numbers(30), numbers(30, 1))
    assert copies(compiled.llvm) == 2  # the arguments into the results
    assert "@tg.allocate" not in compiled.llvm


@pytest.mark.parametrize("n", [4, 80])
def test_swap_of_branches(n: int) -> None:
    def body(b: Builder, x: Value, y: Value, flag: Value) -> list[Value]:
        p, q = if_(b, flag, lambda: [x, y], lambda: [y, x])
        return [put(b, p, b.float(1.0), 0), put(b, q, b.float(2.0), 1), p]

    func = build([f64(n), f64(n), scalar(BOOL)], body)
    for flag in (True, False):
        check(func, numbers(n), numbers(n, 1), np.bool_(flag))


@pytest.mark.parametrize("n", [4, 80])
def test_written_parameters_swapped(n: int) -> None:
    def body(b: Builder, x: Value, y: Value) -> list[Value]:
        return [put(b, y, b.float(1.0), 0), x]

    check(build([f64(n), f64(n)], body, written=((0, 0), (1, 1))), numbers(n), numbers(n, 1))


def test_written_parameter_is_updated_in_place() -> None:
    def body(b: Builder, x: Value) -> list[Value]:
        def trip(i: Value, y: Value) -> list[Value]:
            return [put(b, y, b.float(2.0), i, op="accumulate")]

        first = at(b, x, 0)
        (y,) = for_(b, 0, b.dim(N), [x], trip)
        return [first, y]

    compiled = check(build([f64(N)], body, written=((0, 1),)), numbers(30))
    assert copies(compiled.llvm) == 0


def test_strided_arguments() -> None:
    def body(b: Builder, x: Value) -> list[Value]:
        return [put(b, b("transpose", x, perm=(1, 0)), b.float(0.0), 0, 0)]

    x = np.random.default_rng(3).normal(size=(6, 8))
    func = build([f64(N, symbol("M"))], body)
    for view in (x, x.T, x[::2, ::-1], np.broadcast_to(x[0], (5, 8)), x[:0]):
        if view.size:
            check(func, view)

    def written(b: Builder, x: Value) -> list[Value]:
        return [put(b, x, b.float(5.0), 1, 1)]

    compiled = native(build([f64(N, symbol("M"))], written, written=((0, 0),)))
    y = x.copy()
    compiled([y[::2, ::-1]])
    expected = x.copy()
    expected[::2, ::-1][1, 1] = 5.0
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("n", [5, 50])
def test_while_loop_with_arrays_and_undef(n: int) -> None:
    def body(b: Builder, x: Value) -> list[Value]:
        def trip(k: Value, y: Value) -> list[Value]:
            go = b("lt", k, b.int(4))

            def on() -> list[Value]:
                return [b.bool(True), b("add", k, b.int(1)), b("mul", y, y)]

            def off() -> list[Value]:
                return [b.bool(False), k, y]

            return if_(b, go, on, off)

        k, y = while_(b, [b.int(0), b("sin", x)], trip)
        (z,) = if_(
            b,
            b("gt", k, b.int(100)),
            lambda: [b.emit("undef", [], {"type": f64(n)}).result],
            lambda: [put(b, y, b.float(1.0), 0)],
        )
        return [k, y, z]

    check(build([f64(n)], body), numbers(n))


@pytest.mark.parametrize("n", [5, 50])
def test_scatter_in_place_and_not(n: int) -> None:
    def body(b: Builder, x: Value, i: Value) -> list[Value]:
        y = b("add", x, x)
        z = b.emit("scatter_add", [y, b("gather", y, i), i], {}).result
        w = b.emit("scatter", [z, b("gather", y, i), i], {}).result
        return [w, y]

    index = np.array([[0, 1, 1], [3, 0, 2]])
    check(build([f64(n), ArrayType(I64, (2, 3))], body), numbers(n), index)


def run_time_size() -> Func:
    """Arrays whose size is a run-time number, in a loop that gives it anew each trip."""

    def body(b: Builder, n: Value, x: Value) -> list[Value]:
        b.emit("bind_dim", [n], {"symbol": "{n}"})
        k = symbol("{n}")
        grid = b("cast", b("iota", dtype=I64, shape=(k,), axis=0), dtype=F64)
        squares = b("mul", grid, grid)

        def trip(i: Value, total: Value) -> list[Value]:
            b.emit("bind_dim", [b("add", i, b.int(100))], {"symbol": "{m}"})
            m = symbol("{m}")
            ramp = b("cast", b("iota", dtype=I64, shape=(m,), axis=0), dtype=F64)
            y = put(b, b("mul", ramp, full(b, 2.0, (m,))), x, 1)
            return [b("add", total, b("add", b("reduce_sum", y, axes=(0,)), at(b, y, 1)))]

        (total,) = for_(b, 0, 50, [b.float(0.0)], trip)
        return [squares, total, b("reduce_sum", squares, axes=(0,))]

    return build([scalar(I64), scalar(F64)], body)


@pytest.mark.parametrize("n", [0, 1, 500])
def test_run_time_sizes(n: int) -> None:
    compiled = check(run_time_size(), np.int64(n), np.float64(0.5))
    assert len(compiled([np.int64(n), np.float64(0.5)])[0]) == n


def test_memory_limit() -> None:
    def body(b: Builder, n: Value) -> list[Value]:
        b.emit("bind_dim", [n], {"symbol": "{n}"})
        ones = full(b, 1.0, (symbol("{n}"),))
        x = put(b, ones, b.float(3.0), 0)
        return [b("reduce_sum", b("mul", x, x), axes=(0,))]

    compiled = native(build([scalar(I64)], body), memory_limit=1 << 20)
    assert compiled([np.int64(1000)]) == [1008.0]
    with pytest.raises(MemoryError, match="memory limit"):
        compiled([np.int64(1 << 20)])


def test_large_constants_are_used_where_they_lie() -> None:
    data = np.random.default_rng(5).normal(size=(200, 100))

    def body(b: Builder, i: Value) -> list[Value]:
        table = b.const_array(data, F64)
        columns = b("reduce_sum", b("sin", table), axes=(0,))
        return [at(b, table, i, b.int(3)), columns, put(b, table, b.float(0.0), i, 1)]

    compiled = check(build([scalar(I64)], body), np.int64(150))
    assert len(compiled.llvm) < data.nbytes  # as text a byte takes three letters
