"""Loops, branches, exits, failures, tapes."""

from __future__ import annotations

import signal

import numpy as np
import pytest

from tangra.ir import BOOL, F64, I64, ArrayType, Builder, Func, Value, scalar
from tangra.native import NativeFailure
from tangra.shapes import symbol
from tests.native.common import at, build, check, f64, for_, full, if_, native, put, while_

N = symbol("N")


def thomas() -> Func:
    """The forward sweep of the Thomas algorithm and its back substitution, with reads and writes in place."""

    def body(b: Builder, d: Value) -> list[Value]:
        n = b.dim(N)
        c = b.emit("empty", [], {"dtype": F64, "shape": (N,)}).result
        c = put(b, c, b.float(0.25), 0)
        rhs = put(b, d, b("div", at(b, d, 0), b.float(4.0)), 0)

        def forward(i: Value, c: Value, rhs: Value) -> list[Value]:
            before = b("sub", i, b.int(1))
            m = b("sub", b.float(4.0), at(b, c, before))
            value = b("div", b("sub", at(b, rhs, i), at(b, rhs, before)), m)
            return [put(b, c, b("div", b.float(1.0), m), i), put(b, rhs, value, i)]

        c, rhs = for_(b, 1, n, [c, rhs], forward)
        last = b("sub", n, b.int(1))
        x = put(b, b.zeros(f64(N)), at(b, rhs, last), last)

        def backward(i: Value, x: Value) -> list[Value]:
            value = b("sub", at(b, rhs, i), b("mul", at(b, c, i), at(b, x, b("add", i, b.int(1)))))
            return [put(b, x, value, i)]

        (x,) = for_(b, b("sub", n, b.int(2)), -1, [x], backward, step=-1)
        return [b("reduce_sum", b("mul", x, x), axes=(0,)), x]

    return build([f64(N)], body)


def test_thomas_runs_in_place() -> None:
    compiled = check(thomas(), np.random.default_rng(0).normal(size=12))
    assert compiled.llvm.count("memcpy.p0.p0.i64(ptr align") == 1  # the argument is copied once, nothing else
    check(thomas(), np.random.default_rng(0).normal(size=1))


def collatz(b: Builder, start: Value) -> list[Value]:
    def step(n: Value, count: Value) -> list[Value]:
        odd = b("eq", b("mod", n, b.int(2)), b.int(1))
        (following,) = if_(
            b, odd, lambda: [b("add", b("mul", n, b.int(3)), b.int(1))], lambda: [b("floordiv", n, b.int(2))]
        )
        return [b("ne", following, b.int(1)), following, b("add", count, b.int(1))]

    return while_(b, [start, b.int(0)], step)


@pytest.mark.parametrize("n", [27, 6, 2])
def test_while_loop(n: int) -> None:
    check(build([scalar(I64)], collatz), np.int64(n))


@pytest.mark.parametrize("wanted", [3.0, 7.0, 100.0])
def test_break_leaves_the_trip_done(wanted: float) -> None:
    def body(b: Builder, x: Value, wanted: Value) -> list[Value]:
        def trip(i: Value, found: Value, total: Value) -> list[Value]:
            here = b("eq", at(b, x, i), wanted)
            stay = b("not", here)
            (place,) = if_(b, here, lambda: [i], lambda: [found])
            return [stay, place, b("add", total, at(b, x, i))]

        return for_(b, 0, b.dim(N), [b.int(-1), b.float(0.0)], trip, exits=True)

    func = build([f64(N), scalar(F64)], body)
    check(func, np.arange(10.0), np.float64(wanted))
    check(func, np.zeros(0), np.float64(wanted))


@pytest.mark.parametrize("bounds", [(0, 5, 1), (5, 0, -1), (0, 0, 1), (3, 10, 4), (10, 3, -3), (5, 2, 1)])
def test_counted_loop_bounds(bounds: tuple[int, int, int]) -> None:
    start, stop, step = bounds

    def trip_list(b: Builder, start: Value, stop: Value) -> list[Value]:
        def trip(i: Value, total: Value, last: Value) -> list[Value]:
            return [b("add", b("mul", total, b.int(10)), i), i]

        dynamic = for_(b, start, stop, [b.int(0), b.int(-7)], trip, step=step)
        static = for_(b, bounds[0], bounds[1], [b.int(0), b.int(-7)], trip, step=step)
        return [*dynamic, *static]

    check(build([scalar(I64), scalar(I64)], trip_list), np.int64(start), np.int64(stop))


def test_failure_has_kind_message_and_payload() -> None:
    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        bad = b("lt", x, b.float(0.0))
        b.emit("fail_if", [bad, n, x], {"kind": "ValueError", "message": "bad {} and {}"})
        return [b("sqrt", x)]

    func = build([scalar(F64), scalar(I64)], body)
    check(func, np.float64(2.0), np.int64(3))
    check(func, np.float64(-2.5), np.int64(3))
    with pytest.raises(ValueError, match=r"bad 3 and -2\.5") as caught:
        native(func)([np.float64(-2.5), np.int64(3)])
    assert caught.value.failure.kind == "ValueError"


def test_failure_of_a_users_exception() -> None:
    def body(b: Builder, x: Value) -> list[Value]:
        b.emit("fail_if", [b("gt", x, b.float(0.0))], {"kind": "my.Error", "message": "no"})
        return [x]

    with pytest.raises(NativeFailure, match="no") as caught:
        native(build([scalar(F64)], body))([np.float64(1.0)])
    assert caught.value.kind == "my.Error"


def test_failure_writes_state_back() -> None:
    """What the arguments hold after a failure is what `state` says, though they were meanwhile updated in place."""

    def body(b: Builder, x: Value, y: Value) -> list[Value]:
        def trip(i: Value, x: Value, y: Value) -> list[Value]:
            x1 = put(b, x, b.float(7.0), i)
            b.emit(
                "fail_if",
                [b("eq", i, b.int(2)), y, x1],
                {"kind": "ValueError", "message": "stop", "state": (0, 1), "n_state": 2},
            )
            return [x1, put(b, y, b.float(9.0), i)]

        x, y = for_(b, 0, 4, [x, y], trip)
        return [x, y]

    func = build([f64(4), f64(4)], body, written=((0, 0), (1, 1)))
    x, y = np.zeros(4), np.ones(4)
    with pytest.raises(ValueError, match="stop"):
        native(func)([x, y])
    np.testing.assert_array_equal(x, [9, 9, 1, 1])
    np.testing.assert_array_equal(y, [7, 7, 7, 0])


@pytest.mark.parametrize("index", [0, 4, -1, -5, 5, -6])
def test_check_index_of_a_scalar(index: int) -> None:
    def body(b: Builder, x: Value, i: Value) -> list[Value]:
        j = b.emit("check_index", [i, b.dim(N)], {"axis": 0}).result
        return [at(b, x, j), j]

    check(build([f64(N), scalar(I64)], body), np.arange(5.0), np.int64(index))


@pytest.mark.parametrize("bad", [None, (0, 1), (2, 2)])
def test_check_index_of_an_array(bad: tuple[int, int] | None) -> None:
    def body(b: Builder, x: Value, i: Value) -> list[Value]:
        j = b.emit("check_index", [i, b.dim(N)], {"axis": 1}).result
        return [b("gather", x, j), j]

    index = np.array([[0, 1, -1], [-5, 4, 2], [3, 3, 3]])
    if bad is not None:
        index[bad] = -17 if bad == (0, 1) else 5
    check(build([f64(N), ArrayType(I64, (3, 3))], body), np.arange(5.0), index)


def test_tape_reverses_a_loop() -> None:
    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        record = (scalar(F64), scalar(BOOL), f64(3), scalar(I64))
        tape = b.emit("tape_new", [], {"record": record}).result

        def forward(i: Value, s: Value, v: Value) -> list[Value]:
            b.emit("tape_push", [tape, s, b("gt", s, b.float(0.5)), v, i])
            return [b("sin", b("add", s, at(b, x, b("mod", i, b.int(3))))), b("mul", v, b("add", v, x))]

        s, v = for_(b, 0, n, [b.float(1.0), x], forward)

        def backward(i: Value, total: Value, w: Value, count: Value) -> list[Value]:
            s, flag, v, k = b.emit("tape_pop", [tape]).results
            signed = b("select", flag, s, b("neg", s))
            weight = b("cast", b("add", k, b.int(1)), dtype=F64)
            return [
                b("add", total, b("mul", signed, weight)),
                b("add", w, v),
                b("add", count, b("cast", flag, dtype=I64)),
            ]

        total, w, count = for_(b, 0, n, [b.float(0.0), b.zeros(f64(3)), b.int(0)], backward)
        return [s, v, total, w, count]

    func = build([f64(3), scalar(I64)], body)
    for n in (0, 1, 17):
        check(func, np.array([0.1, 0.2, 0.3]), np.int64(n), rtol=1e-12)


def test_tape_of_a_symbolic_array() -> None:
    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        tape = b.emit("tape_new", [], {"record": (f64(N), ArrayType(BOOL, (N,)))}).result

        def forward(i: Value, v: Value) -> list[Value]:
            b.emit("tape_push", [tape, v, b("gt", v, b.filled(0.3, v.array))])
            return [b("cos", v)]

        (v,) = for_(b, 0, n, [x], forward)

        def backward(i: Value, total: Value) -> list[Value]:
            v, flag = b.emit("tape_pop", [tape]).results
            return [b("select", flag, b("add", total, v), total)]

        return for_(b, 0, n, [b.zeros(f64(N))], backward)

    check(build([f64(N), scalar(I64)], body), np.linspace(0, 1, 21), np.int64(9), rtol=1e-12)


def test_tape_limit_is_a_memory_error() -> None:
    def body(b: Builder, n: Value) -> list[Value]:
        tape = b.emit("tape_new", [], {"record": (scalar(F64),)}).result

        def forward(i: Value, s: Value) -> list[Value]:
            b.emit("tape_push", [tape, s])
            return [b("add", s, b.float(1.0))]

        return for_(b, 0, n, [b.float(0.0)], forward)

    compiled = native(build([scalar(I64)], body), tape_limit=8 * 1000)
    assert compiled([np.int64(1000)]) == [1000.0]
    with pytest.raises(MemoryError, match="memory limit of a tape"):
        compiled([np.int64(1001)])


def test_nested_loops_with_arrays_carried_through() -> None:
    def body(b: Builder, x: Value) -> list[Value]:
        def outer(i: Value, x: Value) -> list[Value]:
            def inner(j: Value, acc: Value) -> list[Value]:
                d = b("sub", slice_row(b, x, j), slice_row(b, x, i))
                return [b("add", acc, b("mul", d, full(b, 0.1, (3,))))]

            (acc,) = for_(b, 0, 5, [b.zeros(f64(3))], inner)
            return [b("update", x, b("add", slice_row(b, x, i), acc), i, b.int(0), sizes=(None, 3), steps=(1, 1))]

        return for_(b, 0, 5, [x], outer)

    check(build([f64(5, 3)], body), np.random.default_rng(1).normal(size=(5, 3)))


def slice_row(b: Builder, x: Value, i: Value) -> Value:
    return b("index", x, i, b.int(0), sizes=(None, x.shape[1]), steps=(1, 1))


@pytest.mark.parametrize("kind", ["counted", "counted over an array", "while", "nested"])
def test_a_signal_handlers_exception_ends_a_long_loop(kind: str) -> None:
    def body(b: Builder, n: Value, x: Value) -> list[Value]:
        one = b.float(1.0)
        if kind == "counted":
            return for_(b, 0, n, [one], lambda i, s: [b("sin", b("add", s, one))])
        if kind == "counted over an array":
            return for_(b, 0, n, [x], lambda i, y: [put(b, y, b("sin", one), b("mod", i, b.int(4)), op="accumulate")])
        if kind == "while":
            return while_(b, [one], lambda s: [b("gt", s, b.float(-1.0)), b("sin", b("add", s, one))])

        def outer(i: Value, s: Value) -> list[Value]:
            return for_(b, 0, 3, [s], lambda j, t: [b("sin", b("add", t, one))])

        return for_(b, 0, n, [one], outer)

    compiled = native(build([scalar(I64), f64(4)], body))

    class Alarm(Exception):
        pass

    def ring(number: int, frame: object) -> None:
        raise Alarm("time is up")

    previous = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(Alarm, match="time is up"):
            compiled([np.int64(1 << 60), np.zeros(4)])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@pytest.mark.parametrize("step", [1, -3])
def test_strips_of_a_long_loop_join(step: int) -> None:
    """A loop of more trips than a strip has, with an exit in a later strip."""

    def body(b: Builder, n: Value, leave: Value) -> list[Value]:
        def trip(i: Value, total: Value, trips: Value) -> list[Value]:
            return [b("ne", i, leave), b("add", total, i), b("add", trips, b.int(1))]

        start, stop = (b.int(5), n) if step > 0 else (n, b.int(5))
        return for_(b, start, stop, [b.int(0), b.int(0)], trip, step=step, exits=True)

    compiled = native(build([scalar(I64), scalar(I64)], body))
    for n in (5, 6, (1 << 18) + 4, (1 << 18) + 5, (1 << 18) + 6, 900_001):
        for leave in (-1, 800_000, 30, 899_998):
            visited = list(range(5, n, step) if step > 0 else range(n, 5, step))
            if leave in visited:
                visited = visited[: visited.index(leave) + 1]
            assert compiled([np.int64(n), np.int64(leave)]) == [sum(visited), len(visited)]


def checked_sum(step: int, exits: bool = False) -> Func:
    """Sums x[i - 1] + y[i + 2] + x[k] over a range, every index checked, writing the place of each trip."""

    def body(b: Builder, x: Value, y: Value, bounds: Value, k: Value) -> list[Value]:
        def trip(i: Value, total: Value, out: Value) -> list[Value]:
            places = []
            for array, index in ((x, b("sub", i, b.int(1))), (y, b("add", i, b.int(2))), (x, k)):
                place = b.emit("check_index", [index, b.dim(array.shape[0])], {"axis": 0}).result
                places.append(at(b, array, place))
            value = b("add", b("add", places[0], places[1]), places[2])
            stay = [b("lt", total, b.float(30.0))] if exits else []
            return [*stay, b("add", total, value), put(b, out, value, b("mod", i, b.int(16)))]

        start, stop = at(b, bounds, 0), at(b, bounds, 1)
        return for_(b, start, stop, [b.float(0.0), b.zeros(f64(16))], trip, step=step, exits=exits)

    return build([f64(N), f64(symbol("M")), ArrayType(I64, (2,)), scalar(I64)], body)


@pytest.mark.parametrize("step", [1, -1, 2])
@pytest.mark.parametrize("exits", [False, True])
def test_index_checks_in_front_of_a_loop(step: int, exits: bool) -> None:
    func = checked_sum(step, exits)
    compiled = native(func)
    assert compiled.llvm.count("\ncareful") == 1
    x, y = np.arange(10.0), np.arange(20.0, 33.0)
    limit = 2**63 - 1
    ranges = [(1, 11), (1, 12), (0, 11), (0, 0), (5, 5), (1, 2), (10, 11), (-3, 4), (limit - 1, limit)]
    ranges.append((-limit, -limit + 2))
    for first, last in ranges:
        bounds = (first, last) if step > 0 else (last - 1, first - 1 if first > -limit else first)
        for k in (0, 9, -1, 10, limit, -limit - 1):
            check(func, x, y, np.array(bounds), np.int64(k), compiled=compiled)
