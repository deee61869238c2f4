"""Simplification: results stay the same on programs and their derivatives, and the passes do what they say."""

from __future__ import annotations

import numpy as np
import pytest

from tangra.ir.interpreter import interpret
from tangra.ir.printer import print_func
from tangra.transforms import jvp, simplify, vjp
from tests.transforms.checks import flags, floats, random_like
from tests.transforms.dsl import INT, REAL, build, vec
from tests.transforms.programs import PROGRAMS


@pytest.fixture(autouse=True)
def verified(monkeypatch):
    monkeypatch.setenv("TANGRA_VERIFY", "1")


def same(func, args):
    before, after = interpret(func, args), interpret(simplify(func), args)
    for a, b in zip(before, after, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_programs_and_derivatives_keep_their_meaning(name):
    func, args = PROGRAMS[name]
    rng = np.random.default_rng(1)
    same(func, args)
    forward = jvp(func, flags(func))
    same(forward, [*args, *random_like(rng, floats(args))])
    backward = vjp(simplify(func), flags(func))
    args = [*args, *random_like(rng, floats(interpret(func, args)))]
    same(backward, args)
    twice = simplify(vjp(simplify(backward), flags(backward)))
    interpret(twice, [*args, *random_like(rng, floats(interpret(backward, args)))])


def ops(func):
    return [op.name for op in simplify(func).body.walk()]


def checked(p, x, i):
    return p.op("check_index", i, p.integer(x.v.shape[0]), axis=0)


def test_index_checks_of_induction_variables_go():
    def program(p, x):
        n = p.integer(x.v.shape[0])
        return p.for_(
            1,
            n,
            [0.0],
            lambda i, s: p.for_(
                0, i, [s], lambda j, s: s + x[checked(p, x, i - 1)] * x[checked(p, x, j)] + x[checked(p, x, j + 1)]
            ),
        )

    assert "check_index" not in ops(build([vec("n")], program))


def test_index_checks_that_may_fail_stay():
    def program(p, x):
        n = p.integer(x.v.shape[0])
        return p.for_(0, n, [0.0], lambda i, s: s + x[checked(p, x, i + 1)])

    func = build([vec("n")], program)
    assert "check_index" in ops(func)
    with pytest.raises(IndexError):
        interpret(simplify(func), [np.ones(3)])


def test_index_checks_under_a_condition_go():
    def program(p, x, k):
        inside = (k >= 0) & (k < p.integer(x.v.shape[0]))
        return p.if_(inside, lambda: [x[checked(p, x, k)]], lambda: [0.0])

    assert "check_index" not in ops(build([vec("n"), INT], program))


def test_while_counter_is_known_to_stay_positive():
    def program(p, x):
        n = p.integer(x.v.shape[0])
        i, s = p.while_([p.integer(0), 0.0], lambda i, s: i < n, lambda i, s: [i + 1, s + x[checked(p, x, i)]])
        return s

    assert "check_index" not in ops(build([vec("n")], program))


def test_a_repeated_check_goes():
    def program(p, x, k):
        return x[checked(p, x, k)] * x[checked(p, x, k)]

    assert ops(build([vec("n"), INT], program)).count("check_index") == 1


def test_overflow_tests_of_indices_go_and_others_stay():
    def program(p, x, k):
        n = p.integer(x.v.shape[0])

        def body(i, s):
            p.b.emit("fail_if", [p.op("add_overflows", i, p.integer(1)).v], {"kind": "OverflowError", "message": "big"})
            return s + x[i]

        p.b.emit("fail_if", [p.op("add_overflows", k, p.integer(1)).v], {"kind": "OverflowError", "message": "big"})
        return p.for_(0, n, [0.0], body)

    assert ops(build([vec("n"), INT], program)).count("fail_if") == 1


def test_dead_state_tapes_and_results_go():
    def program(p, x, y):
        s, unused = p.for_(0, 5, [1.0, 1.0], lambda i, s, u: [s * x, u * p.f("sin", s)])
        return s

    func = build([REAL, REAL], program)
    assert "sin" not in ops(func)
    assert "tape_push" not in ops(vjp(build([REAL], lambda p, x: p.for_(0, 5, [1.0], lambda i, s: s + x)), [True]))


def test_invariants_move_out_of_loops_and_written_arrays_stay():
    def program(p, x, n):
        def body(i, s):
            y = p.zeros(3).set(0, s)
            return p.sum(y) + p.f("exp", x) * s

        return p.for_(0, n, [1.0], body)

    func = simplify(build([REAL, INT], program))
    body = next(op for op in func.body.ops if op.name == "loop").regions[0]
    names = [op.name for op in body.ops]
    assert "exp" not in names and "broadcast" in names, print_func(func)


def test_forwarded_writes():
    def program(p, x, v):
        y = x.set(2, v).set(1, v * v)
        return y[2] + y[1] + y[0]

    func = build([vec(3), REAL], program)
    assert "update" not in ops(func)
    same(func, [np.array([1.0, 2.0, 3.0]), 4.0])


def test_constant_branch_and_one_trip_loop():
    func = build([REAL], lambda p, x: p.if_(p.truth(True), lambda: p.for_(0, 1, [x], lambda i, s: s * x), lambda: [x]))
    assert ops(func) == ["mul", "return"]


def test_overflow_test_of_a_counter_below_a_runtime_bound_goes():
    def program(p, k):
        def body(i, s):
            p.b.emit("fail_if", [p.op("add_overflows", i, p.integer(1)).v], {"kind": "OverflowError", "message": "big"})
            return s + p.real_of(i + 1)

        return p.for_(0, k, [0.0], body)

    assert "fail_if" not in ops(build([INT], program))


def test_sizes_that_are_known_become_static_and_aliases_become_one():
    def program(p, n):
        three = p.bind(p.integer(3), "three")
        first, second = p.bind(n, "first"), p.bind(n, "second")
        return [p.sum(p.zeros(three)), p.zeros(first), p.zeros(second) + 1.0]

    func = build([INT], program)
    names = ops(func)
    assert names.count("bind_dim") == 1
    assert [str(t) for t in simplify(func).result_types] == ["f64", "f64[first]", "f64[first]"]
    same(func, [np.int64(2)])


def test_a_bound_size_may_be_negative_until_an_array_has_it():
    """`if n < 0: return ...; y = zeros(n + 3)` must not lose its test to the symbol in the later type."""

    def program(p, x, n):
        size = p.bind(n, "size")
        return p.if_(n < 0, lambda: [x * 100.0], lambda: [p.sum(p.zeros(size + 3) + x)])

    func = build([REAL, INT], program)
    for n in (2, -5):
        same(func, [2.0, np.int64(n)])
    assert "if" in ops(func)


def test_arrays_of_computed_sizes_stay_in_loops_that_may_not_run():
    def program(p, x, n):
        size = p.bind(n, "size")
        return p.for_(0, n, [x], lambda i, s: s + p.sum(p.f("exp", p.zeros(size) + x)))

    func = build([REAL, INT], program)
    for n in (2, -5):
        same(func, [2.0, np.int64(n)])


def test_a_sum_tested_for_overflow_is_followed():
    def program(p, n):
        p.b.emit("fail_if", [p.op("add_overflows", n, p.integer(1)).v], {"kind": "OverflowError", "message": "big"})
        size = p.bind(n + 1, "size")
        y = p.zeros(size)
        return p.for_(0, n + 1, [0.0], lambda i, s: s + y[p.op("check_index", i, p.integer(size), axis=0)])

    assert "check_index" not in ops(build([INT], program))
