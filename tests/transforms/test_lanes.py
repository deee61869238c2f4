"""Several tangents at once against each by itself."""

from __future__ import annotations

import numpy as np
import pytest

from tangra.ir.interpreter import interpret
from tangra.ir.verifier import verify
from tangra.transforms import jvp, several, simplify, vjp
from tests.transforms.checks import flags
from tests.transforms.dsl import INT, REAL, build, vec
from tests.transforms.programs import PROGRAMS

rng = np.random.default_rng(6)
LANES = 3


def together(func, args, directions):
    """`jvp` of `func` for several tangents (with the lanes last) against one by one."""
    return alike(jvp(func, flags(func)), args, directions)


def alike(forward, args, directions):
    """A function for several values of its last parameters (with the lanes last) against one by one."""
    first = len(args)
    made = several(forward, set(range(first, first + len(directions))), LANES)
    assert made is not None
    for each in (made, simplify(made)):
        verify(each)
        results = interpret(each, [*args, *directions])
        for k in range(LANES):
            lane = interpret(forward, [*args, *(d[..., k] for d in directions)])
            for whole, one in zip(results, lane, strict=True):
                np.testing.assert_allclose(whole[..., k], one, rtol=1e-12, atol=1e-12)
    return made


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_programs(name):
    func, args = PROGRAMS[name]
    directions = [rng.normal(size=(*np.shape(a), LANES)) for a, f in zip(args, flags(func), strict=True) if f]
    together(func, args, directions)


def directed(values):
    return [rng.normal(size=(*np.shape(v), LANES)) for v in values]


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_several_cotangents(name):
    func, args = PROGRAMS[name]
    results = [v for v in interpret(func, args) if np.asarray(v).dtype.kind == "f"]
    made = alike(vjp(func, flags(func)), args, directed(results))
    assert all(not any(wide_fields(op)) for op in made.body.walk() if op.name == "tape_new")


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_several_tangents_of_a_gradient(name):
    func, args = PROGRAMS[name]
    results = [v for v in interpret(func, args) if np.asarray(v).dtype.kind == "f"]
    gradient = vjp(func, flags(func))
    primals = [*args, *(rng.normal(size=np.shape(v)) for v in results)]
    moving = [f and k < len(args) for k, f in enumerate(flags(gradient))]
    alike(jvp(gradient, moving), primals, directed(a for a, m in zip(primals, moving, strict=True) if m))


def wide_fields(op):
    return [t.shape[-1:] == (LANES,) for t in op.attrs["record"]]


def test_tapes_hold_lanes_of_what_has_them_only():
    """The state and its sine are shared; the tangent of the state is not."""
    func = build([REAL, INT], lambda p, x, n: p.for_(0, n, [x], lambda i, s: [p.f("exp", p.f("sin", s))]))
    gradient = vjp(func, flags(func))
    made = alike(jvp(gradient, [True, False, False]), [0.5, np.int64(4), 1.0], directed([0.5]))
    (tape,) = [op for op in simplify(made).body.walk() if op.name == "tape_new"]
    assert any(wide_fields(tape))
    assert not all(wide_fields(tape))
    assert several(jvp(gradient, [True, False, False]), {3}, 17) is None
    assert several(gradient, {2}, 64) is not None


def test_calls():
    """What a callee gives that depends on no lane is computed once."""

    def inner(p, x, y, n):
        return p.for_(0, n, [x, y], lambda i, a, b: [p.f("sin", a), b * a])

    callee = build([REAL, REAL, INT], inner)

    def program(p, x, y, n):
        first = p.b.call(callee, [x.v, y.v, n.v]).results
        again = p.b.call(callee, [*first, n.v]).results
        return [type(x)(p, v) for v in again]

    func = build([REAL, REAL, INT], program)
    made = several(func, {1}, LANES)
    verify(made)
    ys = rng.normal(size=LANES)
    results = interpret(made, [0.7, ys, np.int64(3)])
    for k in range(LANES):
        for whole, one in zip(results, interpret(func, [0.7, ys[k], np.int64(3)]), strict=True):
            np.testing.assert_allclose(whole[..., k], one, rtol=1e-12)
    assert {op.result.shape for f in (made, *made.callees()) for op in f.body.walk() if op.name == "sin"} == {()}


def test_what_depends_on_no_tangent_is_computed_once():
    func = build([REAL, INT], lambda p, x, n: p.for_(0, n, [x], lambda i, s: [p.f("sin", s)]))
    made = together(func, [0.5, np.int64(4)], [rng.normal(size=LANES)])
    (loop,) = [op for op in made.body.ops if op.name == "loop"]
    shapes = [op.result.shape for op in loop.regions[0].ops if op.name in ("sin", "cos")]
    assert shapes == [(), ()]


def test_products_with_a_factor_of_every_kind():
    def program(p, x, y):
        def trip(i, s):
            left = p.op("dot_general", s, y, contract=((1,), (0,)), batch=((), ()))
            right = p.op("dot_general", y, left, contract=((0,), (0,)), batch=((), ()))
            both = p.op("dot_general", left, right, contract=((0,), (1,)), batch=((), ()))
            return [p.op("transpose", both, perm=(1, 0))]

        return p.for_(0, 2, [x], trip)

    a, b = rng.normal(size=(2, 4, 4))
    func = build([vec(4, 4), vec(4, 4)], program)
    together(func, [a, b], [rng.normal(size=(4, 4, LANES)), rng.normal(size=(4, 4, LANES))])
    forward = jvp(func, [False, True])
    made = several(forward, {2}, LANES)
    directions = rng.normal(size=(4, 4, LANES))
    for k in range(LANES):
        for whole, one in zip(
            interpret(made, [a, b, directions]), interpret(forward, [a, b, directions[..., k]]), strict=True
        ):
            np.testing.assert_allclose(whole[..., k], one, rtol=1e-12)


def test_not_where_lanes_part():
    def program(p, x, n):
        return p.for_(0, n, [x], lambda i, s: [p.if_(s > 0.0, lambda: [s * s], lambda: [s])])

    assert several(build([REAL, INT], program), {0}, LANES) is None


def test_not_without_a_loop_or_for_many_lanes():
    plain = build([REAL], lambda p, x: x * x)
    assert several(plain, {0}, LANES) is None
    looped = build([REAL, INT], lambda p, x, n: p.for_(0, n, [x], lambda i, s: [s * s]))
    assert several(looped, {0}, 65) is None
    assert several(looped, {0}, 64) is not None


def test_not_where_arrays_would_become_large():
    def program(p, x, n):
        return p.for_(0, n, [x], lambda i, s: [s * s])

    assert several(build([vec(1 << 20), INT], program), {0}, 4) is not None
    assert several(build([vec(1 << 20), INT], program), {0}, 5) is None
    assert several(build([vec("n"), INT], program), {0}, 16) is not None
    assert several(build([vec("n"), INT], program), {0}, 17) is None
