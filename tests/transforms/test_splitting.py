"""Loops that add at shifted places are split; what they add, and all else they do, stays."""

import numpy as np
import pytest

import tangra as tg
import tangra.ops
from tangra.ir.interpreter import interpret
from tangra.ir.parser import parse
from tangra.ir.printer import print_func
from tangra.ir.verifier import verify
from tangra.transforms.splitting import split_accumulations

ONE = "{sizes = (None,), steps = (1,)}"
LOOP = "{counted = True, exits = False, parallel = False}"
TEXT = f"""
func @add(%x.0: f64[40], %y.1: f64[40], %n.2: i64) {{
  %one.3: i64 = constant {{value = int64(1), dtype = i64}}
  %from.4: i64 = constant {{value = int64(1), dtype = i64}}
  %step.5: i64 = constant {{value = int64(STEP), dtype = i64}}
  %three.6: f64 = constant {{value = float64(0x1.8p+1), dtype = f64}}
  %z.7: f64[40], %w.8: f64[40] = loop BOUNDS, %y.1, %x.0 {LOOP} do (%i.9: i64, %a.10: f64[40], %b.11: f64[40]) {{
    %e.12: f64 = index %b.11, %i.9 {ONE}
    %d.13: f64 = mul %e.12, %three.6
    %l.14: i64 = sub %i.9, %one.3
    %r.15: i64 = add %one.3, %i.9
    %a.16: f64[40] = accumulate %a.10, %d.13, %l.14 {ONE}
    %a.17: f64[40] = accumulate %a.16, %e.12, %i.9 {ONE}
    %a.18: f64[40] = accumulate %a.17, %d.13, LAST {ONE}
    %c.19: f64[40] = update %b.11, %d.13, %i.9 {ONE}
    yield %a.18, %c.19
  }}
  return %z.7, %w.8
}}
"""


def program(step, last="%r.15"):
    bounds = "%from.4, %n.2, %step.5" if step > 0 else "%n.2, %from.4, %step.5"
    return parse(TEXT.replace("STEP", str(step)).replace("BOUNDS", bounds).replace("LAST", last))


@pytest.mark.parametrize("step", [1, -1])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 30, 39])
def test_shifted_additions(step, n):
    func = program(step)
    rng = np.random.default_rng(n)
    args = [rng.normal(size=40), rng.normal(size=40), n if step > 0 else min(n, 38)]
    expected = interpret(func, args)
    assert split_accumulations(func)
    verify(func)
    assert sum(op.name == "loop" for op in func.body.walk()) == 3  # that of e stays
    assert sum(op.name == "empty" for op in func.body.walk()) == 1
    for before, after in zip(expected, interpret(func, args), strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-13)


def test_a_fixed_place_is_left_alone():
    func = program(1, "%n.2")
    before = print_func(func)
    assert not split_accumulations(func)
    assert print_func(func) == before


def smooth(x, steps):
    t, new = x.copy(), x.copy()
    for _ in range(steps):
        for i in range(1, x.shape[0] - 1):
            for j in range(1, x.shape[1] - 1):
                around = t[i - 1, j] + t[i + 1, j] + t[i, j - 1] + t[i, j + 1] + t[i + 1, j - 1] * t[i, j]
                new[i, j] = t[i, j] + 0.1 * around
        t, new = new, t
    return np.sum(t * t)


def differences(x, ahead):
    out = np.zeros(x.shape[0] + ahead)
    for k in range(ahead):
        for i in range(1, x.shape[0] - 1):
            out[i + k] += x[i - 1] * x[i + 1] - np.sin(x[i])
    return np.sum(out**3)


CHAIN = (
    """
func @chain(%x.0: f64[40], %y.1: f64[41], %n.2: i64) {
  %zero.3: i64 = constant {value = int64(0), dtype = i64}
  %one.4: i64 = constant {value = int64(1), dtype = i64}
  %down.5: i64 = constant {value = int64(-1), dtype = i64}
  %nil.6: f64 = constant {value = float64(0x0p+0), dtype = f64}
  %start.7: i64 = sub %n.2, %one.4
  %t.8: tape<f64, f64> = tape_new {record = (!f64, !f64)}
  %a.9: f64[40] = loop %zero.3, %n.2, %one.4, %x.0 LOOP do (%i.10: i64, %a.11: f64[40]) {
    %e.12: f64 = index %a.11, %i.10 ONE
    %d.13: f64 = mul %e.12, %e.12
    %a.14: f64[40] = update %a.11, %d.13, %i.10 ONE
    tape_push %t.8, %e.12, %d.13
    yield %a.14
  }
  %r.15: f64[40], %c.16: f64[41], %s.17: f64 = loop %start.7, %down.5, %down.5, %a.9, %y.1, %nil.6 LOOP do
      (%i.18: i64, %r.19: f64[40], %c.20: f64[41], %s.21: f64) {
    %e.22: f64, %d.23: f64 = tape_pop %t.8
    %j.24: i64 = add %i.18, %one.4
    %r.25: f64[40] = update %r.19, %e.22, %i.18 ONE
    %b.26: f64 = index %r.25, READ ONE
    %g.27: f64 = index %c.20, %i.18 ONE
    %c.28: f64[41] = update %c.20, %nil.6, %i.18 ONE
    %h.29: f64 = mul %g.27, %b.26
    %k.30: f64 = mul %g.27, %d.23
    %s.31: f64 = add %s.21, %h.29
    %c.32: f64[41] = accumulate %c.28, %k.30, %i.18 ONE
    %c.33: f64[41] = accumulate %c.32, %h.29, %j.24 ONE
    yield %r.25, %c.33, %s.31
  }
  return %r.15, %c.16, %s.17
}
""".replace("ONE", ONE)
    .replace("LOOP", LOOP)
    .replace("\n      (", " (")
)


@pytest.mark.parametrize("n", [0, 1, 2, 17, 39])
def test_a_loop_that_restores_and_one_that_adds_behind(n):
    """What is read at i + 1 was restored a trip before; what is added at i + 1 comes after that was set."""
    func = parse(CHAIN.replace("READ", "%j.24"))
    rng = np.random.default_rng(n)
    args = [rng.normal(size=40), rng.normal(size=41), n]
    expected = interpret(func, args)
    assert split_accumulations(func)
    verify(func)
    assert sum(op.name == "loop" for op in func.body.walk()) == 4
    assert sum(op.name == "tape_new" for op in func.body.walk()) == 2  # the restored field has one of its own
    for before, after in zip(expected, interpret(func, args), strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-13)


def test_what_is_read_before_it_is_restored_is_left_alone():
    text = CHAIN.replace("READ", "%j.24").replace("%j.24: i64 = add", "%j.24: i64 = sub")
    func = parse(text)
    args = [np.arange(1.0, 41), np.arange(1.0, 42), 0]
    assert not split_accumulations(func)
    verify(func)
    assert interpret(func, args)[2] == 0.0


def test_a_trip_that_reads_what_the_one_before_has_written_is_left_alone():
    """A recurrence: the addition at i - 1 is read by the trip that follows."""
    text = TEXT.replace("%e.12: f64 = index %b.11", "%e.12: f64 = index %a.10")
    func = parse(text.replace("STEP", "1").replace("BOUNDS", "%from.4, %n.2, %step.5").replace("LAST", "%r.15"))
    assert not split_accumulations(func)


@pytest.mark.parametrize(
    ("f", "shape", "count"),
    [(smooth, (20, 22), 3), (smooth, (5, 40), 1), (differences, (30,), 4), (differences, (3,), 2)],
)
def test_gradients_of_stencils(f, shape, count):
    x = np.random.default_rng(3).normal(size=shape)
    value, gradient = tg.value_and_grad(f)(x, count)
    assert value == pytest.approx(f(x, count), rel=1e-12)
    for direction in np.random.default_rng(4).normal(size=(5, *shape)):
        slope = (f(x + 1e-6 * direction, count) - f(x - 1e-6 * direction, count)) / 2e-6
        assert np.sum(gradient * direction) == pytest.approx(slope, rel=1e-6, abs=1e-6)
