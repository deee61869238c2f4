"""Checkpointed loops: the same derivatives as without, within the bound, with as few repeated trips as can be."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tangra.ir import I64, Block, Builder, Func, scalar
from tangra.ir.interpreter import interpret
from tangra.ir.verifier import verify
from tangra.transforms import simplify, vjp
from tangra.transforms.checkpoint_marks import MARK, mark_loops
from tangra.transforms.checkpoint_plan import first_part
from tests.transforms.checks import check_second, flags, floats, random_like, run_vjp
from tests.transforms.counting import work
from tests.transforms.dsl import INT, build, vec
from tests.transforms.programs import PROGRAMS
from tests.transforms.random_programs import random_case

PLANS = {
    "sqrt": ("sqrt", 0, 0),
    "binomial": ("binomial", 0, 0),
    "two": ("binomial", 0, 2),
    "one": ("binomial", 0, 1),
    "again": ("recompute", 0, 0),
    "bounded": ("binomial", 2000, 0),
    "sqrt bounded": ("sqrt", 2000, 0),
}


def agrees(func: Func, args: list, plan: tuple, seed: int = 0) -> None:
    """The derivative of `func` with its loops marked is the one without, but for the order of sums."""
    cotangents = random_like(np.random.default_rng(seed), floats(interpret(func, args)))
    plain, marked = run_vjp(func, args, cotangents), run_vjp(mark_loops(func, plan), args, cotangents)
    for wanted, found in zip(plain, marked, strict=True):
        for a, b in zip(wanted, found, strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("plan", ["sqrt", "two", "bounded"])
@pytest.mark.parametrize("name", list(PROGRAMS))
def test_programs(name, plan):
    agrees(*PROGRAMS[name], PLANS[plan])


@pytest.mark.parametrize("seed", range(21))
def test_random_programs(seed):
    agrees(*random_case(seed), list(PLANS.values())[seed % len(PLANS)], seed)


@pytest.mark.parametrize(
    ("name", "plan"), [("nbody", "two"), ("newton", "sqrt"), ("search", "two"), ("thomas", "sqrt")]
)
def test_second_derivatives(name, plan):
    func, args = PROGRAMS[name]
    check_second(mark_loops(func, PLANS[plan]), args)


def test_marks_are_of_the_outermost_loops():
    func = mark_loops(PROGRAMS["soft_dtw"][0], PLANS["two"])
    outer = [op for op in func.body.ops if op.name == "loop"]
    inner = [op for loop in outer for op in loop.regions[0].walk() if op.name == "loop"]
    assert outer
    assert inner
    assert all(MARK in op.attrs for op in outer)
    assert not any(MARK in op.attrs for op in inner)


# ---- how many trips run again ---------------------------------------------------------------------------------------


def chooser() -> Func:
    block = Block([scalar(I64), scalar(I64)])
    b = Builder(block)
    b.return_(first_part(b, *block.args))
    return Func("first_part", block)


@cache
def fewest(units: int, slots: int) -> int:
    """The least number of units that run ahead in all, by trying every place of the next snapshot."""
    if units <= 1:
        return 0
    if slots == 1:
        return units * (units - 1) // 2
    return min(j + fewest(units - j, slots - 1) + fewest(j, slots) for j in range(1, units))


def test_snapshots_are_placed_so_that_the_fewest_trips_run_again():
    func = chooser()

    @cache
    def ahead(units: int, slots: int) -> int:
        if units <= 1:
            return 0
        if slots == 1:
            return units * (units - 1) // 2
        (j,) = (int(v) for v in interpret(func, [np.int64(units), np.int64(slots)]))
        return j + ahead(units - j, slots - 1) + ahead(j, slots)

    for units in range(2, 60):
        for slots in range(2, 9):
            assert ahead(units, slots) == fewest(units, slots), (units, slots)


def spin(p, x, n):
    """n steps of a rotation with a sine in each."""
    return p.sum(p.for_(0, n, [x], lambda i, x: x + 0.1 * p.f("sin", x)))


def sines(plan: tuple, trips: int) -> int:
    """How many sines the derivative of `trips` steps computes beyond those of keeping everything."""
    func = build([vec(3), INT], spin)
    args = [np.array([0.3, -0.2, 1.0]), np.int64(trips)]
    counts = []
    for each in (func, mark_loops(func, plan)):
        gradient = simplify(vjp(each, flags(each)))
        assert isinstance(gradient, Func)
        counts.append(work(gradient, [*args, 1.0]).by_name["sin"] // 3)
    return counts[1] - counts[0]


@pytest.mark.parametrize("trips", [1, 2, 7, 30])
@pytest.mark.parametrize("slots", [1, 2, 3, 5])
def test_a_loop_runs_no_more_trips_than_the_optimum(trips, slots):
    assert sines(("binomial", 0, slots), trips) == fewest(trips, slots) + trips


@pytest.mark.parametrize("trips", [4, 25, 90])
def test_sqrt_runs_every_trip_once_more(trips):
    unit = int(np.ceil(np.sqrt(trips)))
    ahead = (-(-trips // unit) - 1) * unit
    assert sines(("sqrt", 0, 0), trips) == ahead + trips


# ---- memory ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["sqrt", "binomial"])
@pytest.mark.parametrize("bound", [300, 500, 1500, 20_000])
def test_tapes_stay_within_the_bound(policy, bound):
    func = build([vec(3), INT], spin)
    args = [np.array([0.3, -0.2, 1.0]), np.int64(300), 1.0]
    kept = work(simplify(vjp(func, flags(func))), args).tape_bytes
    bounded = vjp(mark_loops(func, (policy, bound, 0)), flags(func))
    verify(bounded)
    assert kept > 7000
    assert work(simplify(bounded), args).tape_bytes <= bound


@pytest.mark.parametrize("policy", ["sqrt", "binomial"])
def test_a_loop_that_keeps_nothing_is_gone_through_at_once(policy):
    def halving(p, x, n):
        return p.sum(p.for_(0, n, [x], lambda i, x: x * 0.5 + 1.0))

    func = build([vec(3), INT], halving)
    args = [np.array([0.3, -0.2, 1.0]), np.int64(500), 1.0]
    plain, bounded = (work(simplify(vjp(f, flags(f))), args) for f in (func, mark_loops(func, (policy, 1000, 0))))
    assert plain.tape_bytes == 0
    assert bounded.elements < plain.elements + 1000
    assert bounded.tape_bytes < 1000


def test_without_a_bound_sqrt_takes_about_its_root():
    func = mark_loops(build([vec(3), INT], spin), PLANS["sqrt"])
    gradient = simplify(vjp(func, flags(func)))
    args = [np.array([0.3, -0.2, 1.0])]
    small, large = (work(gradient, [*args, np.int64(n), 1.0]).tape_bytes for n in (100, 10_000 // 4))
    assert large < 6 * small


def test_a_bound_for_less_than_one_trip_is_an_error():
    func = mark_loops(build([vec(3), INT], spin), ("binomial", 100, 0))
    with pytest.raises(MemoryError, match=r"bound of 100 bytes is too small .* one snapshot take \d+ bytes"):
        run_vjp(func, [np.ones(3), np.int64(5)], [1.0])
