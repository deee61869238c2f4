"""Straight-line code, branches and simple loops."""

from __future__ import annotations

import numpy as np
import pytest

from tangra.ir import F32, F64, ArrayType
from tests.transforms.checks import check, check_second, check_third, run_jvp, run_vjp
from tests.transforms.dsl import INT, REAL, build, vec

rng = np.random.default_rng(7)


def test_scalar_expression():
    f = build([REAL, REAL], lambda p, x, y: p.f("sin", x * y) + x / y + p.f("exp", -x))
    check(f, [0.3, 1.7])
    check_second(f, [0.3, 1.7])
    check_third(f, [0.3, 1.7])


def test_arrays():
    f = build([vec("n"), vec("n")], lambda p, x, y: [p.sum(p.f("tanh", x) * y), x * y - 2.0])
    check(f, [rng.normal(size=4), rng.normal(size=4)])
    check_second(f, [rng.normal(size=4), rng.normal(size=4)])


def test_one_value_used_twice_and_returned_twice():
    f = build([REAL], lambda p, x: [x, x, x * x])
    check(f, [1.3])


def test_element_updates():
    def program(p, x):
        x = x.set(0, x[1] * x[2])
        x = x.add_at(1, p.f("sin", x[0]))
        return p.sum(x * x)

    f = build([vec(3)], program)
    check(f, [rng.normal(size=3)])
    check_second(f, [rng.normal(size=3)])


def branch(p, x, y):
    return p.if_(x > y, lambda: [p.f("exp", x) * y, y], lambda: [p.f("log", y) + x * x, x * 2.0])


@pytest.mark.parametrize("args", [(0.3, 1.2), (1.4, 0.2)])
def test_branch(args):
    f = build([REAL, REAL], branch)
    check(f, args)
    check_second(f, args)
    check_third(f, args)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_scalar_loop(n):
    f = build([REAL, INT], lambda p, x, n: p.for_(0, n, [1.0], lambda i, s: p.f("sin", s * x) + s))
    check(f, [0.7, np.int64(n)])
    check_second(f, [0.7, np.int64(n)])


def test_loop_with_element_reads_and_updates():
    def program(p, x):
        n = x.v.shape[0]

        def body(i, s, y):
            t = x[i] * s
            return [s + p.f("sin", t), y.set(i, t * t)]

        s, y = p.for_(0, n, [1.0, p.empty("n")], body)
        return s * p.sum(y)

    f = build([vec("n")], program)
    check(f, [rng.normal(size=5)])
    check_second(f, [rng.normal(size=5)])
    check_third(f, [rng.normal(size=3)])


@pytest.mark.parametrize("step,start,stop", [(2, 0, 7), (2, 1, 7), (-1, 6, -1), (-3, 6, -1), (3, 5, 2)])
def test_steps(step, start, stop):
    f = build([vec(7)], lambda p, x: p.for_(start, stop, [0.5], lambda i, s: p.f("sin", s * x[i]) + s, step=step))
    check(f, [rng.normal(size=7)])


def test_long_chains_in_a_loop_do_not_recurse():
    def program(p, x):
        def body(i, s):
            for _ in range(700):
                s = s * 0.999 + 0.001
            return p.f("sin", s) * x

        return p.for_(0, 2, [x], body)

    check(build([REAL], program), [0.7])


def test_single_precision_and_casts():
    """Cotangents have the dtype of their values; a cast's cotangent is cast back."""
    single = ArrayType(F32, (4,))

    def program(p, x):
        def body(i, s, y):
            wide = p.op("cast", y[i], dtype=F64)
            narrow = p.op("cast", p.f("sin", wide * s), dtype=F32)
            return [s + wide, p.op("update", y, narrow, i, sizes=(None,), steps=(1,))]

        s, y = p.for_(0, 4, [0.5, x], body)
        return [s, p.sum(y * y)]

    func = build([single], program)
    x = rng.normal(size=4).astype(np.float32)
    t = rng.normal(size=4).astype(np.float32)
    _, forward = run_jvp(func, [x], [t])
    _, (ct,) = run_vjp(func, [x], [1.0, np.float32(2.0)])
    assert ct.dtype == np.float32
    np.testing.assert_allclose(np.sum(ct * t), forward[0] + 2.0 * forward[1], rtol=1e-4)
