"""Loops that exchange arrays run two trips at a time, whatever the number of trips."""

import numpy as np
import pytest

import tangra as tg
import tangra.ops
from tangra.ir.interpreter import interpret
from tangra.ir.parser import parse
from tangra.ir.printer import print_func
from tangra.ir.verifier import verify
from tangra.transforms.swapping import unroll_swaps

TEXT = """
func @swap(%x.0: f64[20], %y.1: f64[20], %start.2: i64, %stop.3: i64) {
  %from.4: i64 = constant {value = int64(START), dtype = i64}
  %to.5: i64 = constant {value = int64(STOP), dtype = i64}
  %step.6: i64 = constant {value = int64(STEP), dtype = i64}
  %zero.7: i64 = constant {value = int64(0), dtype = i64}
  %a.8: f64[20], %b.9: f64[20] = LOOP %x.0, %y.1 ATTRS do (%i.10: i64, %old.11: f64[20], %new.12: f64[20]) {
    %f.13: f64 = cast %i.10 {dtype = f64}
    %e.14: f64 = index %old.11, %zero.7 {sizes = (None,), steps = (1,)}
    %s.15: f64 = add %e.14, %f.13
    %u.16: f64[20] = update %new.12, %s.15, %zero.7 {sizes = (None,), steps = (1,)}
    yield %u.16, %old.11
  }
  return %a.8, %b.9
}
"""


def program(bounds, step, start=0, stop=0):
    text = TEXT.replace("LOOP", f"loop {bounds},")
    text = (
        text.replace("ATTRS", "{counted = True, exits = False, parallel = False}")
        .replace("STEP", str(step))
        .replace("START", str(start))
        .replace("STOP", str(stop))
    )
    return parse(text)


@pytest.mark.parametrize("step", [1, 2, 3, -1, -3])
@pytest.mark.parametrize("trips", range(6))
@pytest.mark.parametrize("known", ["start", "stop"])
def test_any_number_of_trips(step, trips, known):
    last = 5 + step * trips
    if known == "start":
        func = program("%from.4, %stop.3, %step.6", step, start=5)
    else:
        func = program("%start.2, %to.5, %step.6", step, stop=last)
    args = [np.arange(20.0), np.ones(20), 5, last]
    expected = interpret(func, args)
    assert unroll_swaps(func)
    verify(func)
    assert sum(op.name == "loop" for op in func.body.walk()) == 2
    for before, after in zip(expected, interpret(func, args), strict=True):
        np.testing.assert_array_equal(before, after)


def test_bounds_that_may_overflow_are_left_alone():
    func = program("%start.2, %stop.3, %step.6", 1)
    before = print_func(func)
    assert not unroll_swaps(func)
    assert print_func(func) == before


def relax(x, steps):
    old, new = x.copy(), x.copy()
    for _ in range(steps):
        for i in range(1, x.shape[0] - 1):
            new[i] = 0.5 * old[i] + 0.25 * (old[i - 1] + old[i + 1]) + 0.01 * old[i] ** 2
        old, new = new, old
    return np.sum(old * old) + new[3]


@pytest.mark.parametrize("steps", range(5))
def test_value_and_gradient(steps):
    x = np.random.default_rng(steps).normal(size=24)
    value, gradient = tg.value_and_grad(relax)(x, steps)
    assert value == pytest.approx(relax(x, steps), rel=1e-12)
    axes = 1e-6 * np.eye(24)
    expected = [(relax(x + axis, steps) - relax(x - axis, steps)) / 2e-6 for axis in axes]
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-7)
