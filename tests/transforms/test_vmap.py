"""Batching against a Python loop over lanes, alone and mixed with derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from tangra.ir.interpreter import interpret
from tangra.ir.verifier import verify
from tangra.shapes import symbol
from tangra.transforms import TransformError, jvp, simplify, vjp, vmap
from tests.transforms.checks import check, flags
from tests.transforms.dsl import INT, REAL, build, vec
from tests.transforms.programs import PROGRAMS

rng = np.random.default_rng(5)
LANES = 3


def batched(func, args, axes):
    """`func` under vmap against lane by lane; args are given with their lane axis."""
    made = vmap(func, axes, symbol("lanes"))
    verify(made)
    results = interpret(made, args)
    for k in range(LANES):
        lane = [a if axis is None else np.take(a, k, axis) for a, axis in zip(args, axes, strict=True)]
        for whole, one in zip(results, interpret(func, lane), strict=True):
            np.testing.assert_allclose(whole[k], one, rtol=1e-13, atol=1e-13)


def spread(args, axes):
    out = []
    for a, axis in zip(args, axes, strict=True):
        if axis is None:
            out.append(a)
        else:
            copies = [a if np.asarray(a).dtype.kind != "f" else a * (1.0 + 0.01 * k) for k in range(LANES)]
            out.append(np.stack(copies, axis=axis))
    return out


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_programs(name):
    func, args = PROGRAMS[name]
    axes = [min(1, np.ndim(a)) for a in args]
    batched(func, spread(args, axes), axes)


@pytest.mark.parametrize("name", ["thomas", "search", "newton", "bubble_sort"])
def test_vmap_of_derivatives_and_derivatives_of_vmap(name):
    func, args = PROGRAMS[name]
    axes = [0] * len(args)
    whole = spread(args, axes)
    backward = vjp(func, flags(func))
    batched(backward, [*whole, rng.normal(size=LANES)], [*axes, 0])
    check(vmap(func, axes, LANES), whole)


def test_trip_counts_that_differ_by_lane_and_shared_inputs():
    func = build([REAL, INT, vec("n")], lambda p, x, n, w: p.for_(0, n, [x], lambda i, s: p.f("sin", s) * w[i] + s))
    batched(func, [rng.normal(size=LANES), np.array([0, 2, 4]), rng.normal(size=4)], [0, 0, None])
    made = jvp(vmap(func, [0, 0, None], LANES), [True, False, True])
    verify(made)


def test_results_that_no_lane_changes():
    func = build([REAL, vec(2)], lambda p, x, y: [y, p.real(2.0), x])
    batched(func, [rng.normal(size=LANES), rng.normal(size=2)], [0, None])


def test_sizes_shared_by_lanes_work_and_others_are_refused():
    def program(p, x, n):
        size = p.bind(n, "k")
        return p.for_(0, n, [p.zeros(size)], lambda i, y: y.set(i, x * p.real_of(i)))

    func = build([REAL, INT], program)
    batched(func, [rng.normal(size=LANES), np.int64(4)], [0, None])
    with pytest.raises(TransformError, match="size of a result depends on the lane"):
        vmap(func, [0, 0], LANES)


def test_parts_whose_length_differs_by_lane():
    def program(p, x, n):
        size = p.bind(n, "k")
        part = x[slice(0, size)]
        return p.sum(p.f("tanh", part) * part) + p.sum(p.zeros(size) + 1.0)

    func = build([vec(4), INT], program)
    batched(func, [rng.normal(size=(LANES, 4)), np.array([0, 4, 2])], [0, 0])
    batched(func, [rng.normal(size=4), np.array([0, 4, 2])], [None, 0])
    batched(vjp(func, [True, False]), [rng.normal(size=4), np.array([0, 4, 2]), 1.0], [None, 0, None])


def test_no_lanes():
    func = build([REAL], lambda p, x: p.f("sin", x))
    (result,) = interpret(vmap(func, [0], symbol("lanes")), [np.zeros(0)])
    assert result.shape == (0,)


def test_the_lowest_failing_lane_raises():
    def program(p, x):
        p.b.emit("fail_if", [(x < 0.0).v, x.v], {"kind": "ValueError", "message": "negative {}"})
        return x

    func = simplify(vmap(build([REAL], program), [0], LANES))
    with pytest.raises(ValueError, match=r"negative -2\.0"):
        interpret(func, [np.array([1.0, -2.0, -3.0])])


def product(p, x, y, contract, batch=((), ())):
    return p.op("dot_general", x, y, contract=contract, batch=batch)


def layer(p, w, x, bias):
    z = product(p, w, x, ((1,), (0,))) + bias
    return p.op("reduce_max", p.f("tanh", z), axes=(0,)) + p.sum(z[slice(0, 2)])


def mixed(p, a, x, y):
    """A product with its own batch axis, transposes, joins, writes and running sums."""
    c = product(p, a, p.op("transpose", a, perm=(0, 2, 1)), ((2,), (1,)), ((0,), (0,)))
    d = p.op("concat", p.op("reshape", c, shape=(8,)), x, axis=0)
    e = p.op("cumsum", d, axis=0, reverse=False).set(slice(1, 2), y[slice(0, 2)]).add_at(0, x[1])
    return [p.op("sort", e, axis=0), p.op("argmax", e, axis=0), p.op("broadcast", y, shape=(2, 3), dims=(1,))]


@pytest.mark.parametrize("axes", [(None, 0, None), (0, None, None), (0, 0, 0), (2, 1, 0), (None, None, 0)])
def test_products_are_batched_directly(axes):
    func = build([vec(3, 2), vec(2), vec(3)], layer)
    args = spread([rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=3)], axes)
    batched(func, args, axes)
    assert "loop" not in [op.name for op in vmap(func, axes, LANES).body.walk()]
    check(vmap(func, axes, LANES), args)


@pytest.mark.parametrize("axes", [(None, 0, None), (1, None, 0), (3, 1, 1)])
def test_every_direct_rule(axes):
    func = build([vec(2, 2, 2), vec(4), vec(3)], mixed)
    args = spread([rng.normal(size=(2, 2, 2)), rng.normal(size=4), rng.normal(size=3)], axes)
    batched(func, args, axes)
    assert "loop" not in [op.name for op in vmap(func, axes, LANES).body.walk()]


def test_an_index_that_differs_by_lane_takes_the_loop():
    func = build([vec(3, 3), vec(3), INT], lambda p, w, x, i: product(p, w, x, ((1,), (0,)))[i])
    args = [rng.normal(size=(3, 3)), rng.normal(size=(LANES, 3)), np.array([2, 0, 1])]
    batched(func, args, [None, 0, 0])
