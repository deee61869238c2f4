"""Calls, functions with derivatives of the user's own, what is refused, and what is reported as structurally zero."""

from __future__ import annotations

import numpy as np
import pytest

from tangra.ir import Func
from tangra.ir.graph import clone_func
from tangra.ir.interpreter import interpret
from tangra.ir.verifier import verify
from tangra.transforms import TransformError, inline_calls, jvp, simplify, vjp
from tangra.transforms.inlining import SMALL
from tangra.transforms.rules import emit_call
from tests.transforms.checks import check, check_second, flags
from tests.transforms.dsl import INT, REAL, E, build, vec

rng = np.random.default_rng(3)


def call(p, callee, *xs):
    out = [E(p, r) for r in emit_call(p.b, callee, [x.v for x in xs]).results]
    return out[0] if len(out) == 1 else out


def small_callee():
    return build([REAL, vec("k")], lambda p, x, w: [p.f("sin", x) * p.sum(w), w * x], "small")


def large_callee():
    """Too large to be inlined twice."""

    def program(p, x, w):
        for _ in range(SMALL):
            x = p.f("sin", x) * (0.05 * w[0]) + x * 0.95
        n = p.integer(w.v.shape[0])
        return p.for_(0, n, [x, w], lambda i, s, w: [s * w[i], w.set(i, s * w[i])])

    return build([REAL, vec("k")], program, "large")


@pytest.mark.parametrize("callee", [small_callee(), large_callee()], ids=["small", "large"])
def test_calls_in_a_loop(callee):
    def program(p, x, w):
        def body(i, s, v):
            a, v = call(p, callee, s, v)
            b, v = call(p, callee, a * 0.5, v)
            return [b * 0.5 + s, p.f("tanh", v)]

        s, v = p.for_(0, 3, [x, w], body)
        return s * p.sum(v)

    func = build([REAL, vec("n")], program)
    check(func, [0.4, rng.normal(size=3)])
    check_second(func, [0.4, rng.normal(size=3)])
    kept = "call" in [op.name for op in inline_calls(clone_func(func)).body.walk()]
    assert kept == (callee.name == "large")
    np.testing.assert_allclose(interpret(simplify(func), [0.4, np.ones(2)]), interpret(func, [0.4, np.ones(2)]))


def test_inlining_gives_the_callees_sizes_new_names():
    def inner(p, x, k):
        n = p.bind(k, "m")
        return p.sum(p.for_(0, k, [p.zeros(n)], lambda i, y: y.set(i, x)))

    callee = build([REAL, INT], inner, "inner")

    def program(p, x, k):
        n = p.bind(k + 1, "m")
        return call(p, callee, x, k) * call(p, callee, x * x, k + 2) + p.sum(p.zeros(n) + x)

    func = build([REAL, INT], program)
    inlined = inline_calls(clone_func(func))
    verify(inlined)
    assert "call" not in [op.name for op in inlined.body.walk()]
    check(func, [0.7, np.int64(3)])


def test_results_with_sizes_made_in_the_callee():
    def inner(p, x, k):
        n = p.bind(k, "m")
        return p.for_(0, k, [p.zeros(n)], lambda i, y: y.set(i, x * p.real_of(i)))

    func = build([REAL, INT], inner, "inner")
    derived = vjp(func, [True, False])
    verify(derived)
    *_, ct = interpret(derived, [2.0, np.int64(3), np.array([1.0, 1.0, 1.0])])
    assert ct == 3.0


def test_inlining_keeps_what_a_failure_writes_back():
    def inner(p, x, y):
        y = y.set(0, x)
        attrs = {"kind": "ValueError", "message": "no {}", "state": (1, 0), "n_state": 2}
        p.b.emit("fail_if", [(x > 1.0).v, y.v, x.v, x.v], attrs)
        return y

    callee = build([REAL, vec(2)], inner, "inner")

    def program(p, y, x):
        op = emit_call(p.b, callee, [x.v, y.v])
        op.attrs["state"] = ((1, 0),)
        return E(p, op.result)

    func = build([vec(2), REAL], program)
    for each in (func, inline_calls(clone_func(func))):
        with pytest.raises(ValueError, match=r"no 2\.0") as caught:
            interpret(each, [np.zeros(2), 2.0])
        ((index, value),) = caught.value.tangra_state.items()
        assert index == 0
        np.testing.assert_array_equal(value, [2.0, 0.0])
    assert "call" not in [op.name for op in inline_calls(clone_func(func)).body.walk()]


def test_a_call_that_may_fail_stays_though_its_result_is_unused():
    def inner(p, x):
        for _ in range(SMALL):
            x = p.f("sin", x)
        p.b.emit("fail_if", [(x > 0.01).v], {"kind": "ValueError", "message": "positive"})
        return x

    callee = build([REAL], inner, "inner")

    def program(p, x):
        call(p, callee, x)
        call(p, callee, x * 2.0)
        return x * x

    func = build([REAL], program)
    for each in (simplify(func), simplify(vjp(func, [True])), simplify(jvp(func, [True]))):
        count = len(each.params)
        assert "call" in [op.name for op in each.body.walk()]
        with pytest.raises(ValueError, match="positive"):
            interpret(each, [0.5, 1.0][:count])
        interpret(each, [-0.5, 1.0][:count])


def rule_funcs():
    """x * |x| with a derivative that says 3 |x|, to see whose rule was used."""
    primal = build([REAL, INT], lambda p, x, n: x * p.f("abs", x), "odd_square")
    forward = build([REAL, INT, REAL], lambda p, x, n, t: [x * p.f("abs", x), 3.0 * p.f("abs", x) * t])
    backward = build([REAL, INT, REAL], lambda p, x, n, ct: 3.0 * p.f("abs", x) * ct)
    with_results = build([REAL, INT, REAL, REAL], lambda p, x, n, y, ct: 3.0 * (y / x) * ct)
    return primal, forward, backward, with_results


def custom(**rules):
    primal = rule_funcs()[0]

    def program(p, x):
        attrs = {"primal": primal, "jvp": None, "vjp": None, **rules}

        def body(i, s):
            y = E(p, p.b.emit("custom_derivative", [s.v, p.integer(2).v], attrs).result)
            return y * 0.5 + s

        return p.for_(0, 2, [x], body)

    return build([REAL], program)


def trip(x):
    """The value and the derivative by the custom rule of two trips."""
    d = 1.0
    for _ in range(2):
        d *= 1.5 * abs(x) + 1.0
        x = 0.5 * x * abs(x) + x
    return x, d


def test_custom_rules_are_used():
    primal, forward, backward, with_results = rule_funcs()
    expected = trip(0.8)
    for rules in ({"vjp": backward}, {"vjp": with_results}, {"jvp": forward}):
        made = vjp(custom(**rules), [True])
        verify(made)
        np.testing.assert_allclose(interpret(made, [0.8, 1.0]), expected)
    made = jvp(custom(jvp=forward), [True])
    np.testing.assert_allclose(interpret(made, [0.8, 1.0]), expected)


def test_forward_mode_needs_a_forward_rule():
    with pytest.raises(TransformError, match="rule for reverse mode only"):
        jvp(custom(vjp=rule_funcs()[2]), [True])


def test_values_from_outside_that_a_rule_does_not_know_are_refused():
    primal, forward, backward, _ = rule_funcs()
    both = build([REAL, REAL], lambda p, x, y: x * y, "product")
    rule = build([REAL, REAL, REAL], lambda p, x, y, ct: [y * ct, p.real(0.0)])
    ruled = build([REAL, REAL, REAL, REAL], lambda p, x, y, s, t: [x * y, y * s])
    attrs = {"primal": both, "jvp": ruled, "vjp": rule, "own": 1}
    func = build([REAL, REAL], lambda p, x, y: E(p, p.b.emit("custom_derivative", [x.v, y.v], attrs).result))
    assert interpret(vjp(func, [True, False]), [2.0, 5.0, 1.0])[1] == 5.0
    for transform in (vjp, jvp):
        with pytest.raises(TransformError, match="reads a value from outside"):
            transform(func, [True, True])


def test_structural_zeros_and_what_cut_them():
    func = build([REAL, REAL], lambda p, x, y: p.f("floor", x) * 2.0 + y)
    for made in (vjp(func, [True, True]), jvp(func, [True, False])):
        assert made.attrs["structural_zero"] == ((True, False) if len(made.returned) == 3 else (True,))
        assert [op.name for op in made.attrs["cuts"]] == ["floor"]


def test_cuts_are_told_by_parameter():
    made = vjp(build([REAL, REAL, REAL], lambda p, x, y, z: p.f("floor", x) * 2.0 + z), [True, True, True])
    assert made.attrs["structural_zero"] == (True, True, False)
    assert [[op.name for op in cuts] for cuts in made.attrs["cuts_by"]] == [["floor"], [], []]


def test_a_test_for_failure_cuts_nothing():
    def program(p, x):
        p.b.emit("fail_if", [(x < 0.0).v], {"kind": "ValueError", "message": "negative"})
        return p.real(3.0)

    for made in (vjp(build([REAL], program), [True]), jvp(build([REAL], program), [True])):
        assert made.attrs["structural_zero"] == (True,)
        assert made.attrs["cuts"] == ()


def test_stop_gradient_is_zero():
    func = build([REAL], lambda p, x: p.f("stop_gradient", x) * x)
    assert interpret(vjp(func, [True]), [3.0, 1.0]) == [9.0, 3.0]


@pytest.mark.parametrize("x", [0.0, 4.0])
def test_strong_zero_keeps_infinite_partials_out(x):
    func = build([REAL], lambda p, x: p.op("select", x > 1.0, p.f("sqrt", x), x * 2.0))
    derivative = 0.25 if x > 1 else 2.0
    assert interpret(vjp(func, [True]), [x, 1.0])[1] == derivative
    assert interpret(jvp(func, [True]), [x, 1.0])[1] == derivative


def test_second_derivative_where_the_cotangent_vanishes():
    """At the minimum of (sqrt(x) - 1)^2 the cotangent of the root is 0, and its derivative is not."""
    func = build([REAL], lambda p, x: (p.f("sqrt", x) - 1.0) * (p.f("sqrt", x) - 1.0))
    backward = vjp(func, [True])
    for twice in (jvp(backward, [True, False]), vjp(backward, [True, False])):
        count = len(twice.params)
        result = interpret(twice, [1.0, 1.0, *([1.0] if count == 3 else [0.0, 1.0])])
        np.testing.assert_allclose(result[3] if len(result) == 4 else result[-1], 0.5)


def test_params_are_left_alone():
    func = large_callee()
    before = len(list(func.body.walk()))
    vjp(func, flags(func)), jvp(func, flags(func)), simplify(func)
    assert len(list(func.body.walk())) == before
    assert isinstance(func, Func)
