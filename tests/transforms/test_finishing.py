"""The last passes: writes merged, strong zeros shortened, zero work put under its condition."""

import numpy as np
import pytest

import tangra as tg
import tangra.ops
from tangra.ir.interpreter import interpret
from tangra.ir.parser import parse
from tangra.ir.printer import print_func
from tangra.ir.verifier import verify
from tangra.transforms.dce import eliminate_dead_code
from tangra.transforms.finishing import finish
from tangra.transforms.sinking import sink_zero_work
from tangra.transforms.tidying import merge_writes, shorten_strong_zeros

ONE = "{sizes = (None,), steps = (1,)}"
LOOP = "{counted = True, exits = False, parallel = False}"


def test_a_write_and_an_addition_to_its_place_are_one_write():
    func = parse(f"""
func @f(%c.0: f64[9], %i.1: i64, %j.2: i64) {{
  %nil.3: f64 = constant {{value = float64(0x0p+0), dtype = f64}}
  %g.4: f64 = index %c.0, %i.1 {ONE}
  %c.5: f64[9] = update %c.0, %nil.3, %i.1 {ONE}
  %h.6: f64 = mul %g.4, %g.4
  %c.7: f64[9] = accumulate %c.5, %h.6, %i.1 {ONE}
  %c.8: f64[9] = accumulate %c.7, %g.4, %i.1 {ONE}
  %c.9: f64[9] = accumulate %c.8, %g.4, %j.2 {ONE}
  return %c.9
}}
""")
    args = [np.arange(9.0), 3, 3]
    expected = interpret(func, args)
    assert merge_writes(func)
    verify(func)
    eliminate_dead_code(func)
    assert [op.name for op in func.body.ops] == ["index", "mul", "add", "update", "accumulate", "return"]
    np.testing.assert_array_equal(interpret(func, args)[0], expected[0])


def test_writing_what_is_there_is_nothing():
    func = parse(f"""
func @f(%c.0: f64[9], %i.1: i64) {{
  %nil.2: f64 = constant {{value = float64(0x0p+0), dtype = f64}}
  %g.3: f64 = index %c.0, %i.1 {ONE}
  %c.4: f64[9] = update %c.0, %nil.2, %i.1 {ONE}
  %c.5: f64[9] = accumulate %c.4, %g.3, %i.1 {ONE}
  return %c.5
}}
""")
    assert merge_writes(func)
    assert func.returned == func.params[:1]


def test_a_write_that_is_read_in_between_stays():
    func = parse(f"""
func @f(%c.0: f64[9], %i.1: i64, %j.2: i64) {{
  %nil.3: f64 = constant {{value = float64(0x0p+0), dtype = f64}}
  %c.4: f64[9] = update %c.0, %nil.3, %i.1 {ONE}
  %g.5: f64 = index %c.4, %j.2 {ONE}
  %c.6: f64[9] = accumulate %c.4, %g.5, %i.1 {ONE}
  return %c.6
}}
""")
    before = print_func(func)
    assert not merge_writes(func)
    assert print_func(func) == before


def test_strong_zeros():
    func = parse("""
func @f(%t.0: f64[5], %p.1: f64[5]) {
  %nil.2: f64 = constant {value = float64(0x0p+0), dtype = f64}
  %nil.3: f64[5] = broadcast %nil.2 {shape = (5,), dims = ()}
  %z.4: bool[5] = eq %t.0, %nil.3
  %f.5: bool[5] = isfinite %p.1
  %n.6: bool[5] = not %f.5
  %v.7: bool[5] = and %z.4, %n.6
  %q.8: f64[5] = select %v.7, %nil.3, %p.1
  %r.9: f64[5] = mul %t.0, %q.8
  return %r.9
}
""")
    args = [np.array([0.0, 0.0, 2.0, 2.0, 3.0]), np.array([np.inf, np.nan, np.inf, 5.0, np.nan])]
    expected = interpret(func, args)
    assert shorten_strong_zeros(func)
    verify(func)
    eliminate_dead_code(func)
    assert "isfinite" not in {op.name for op in func.body.walk()}
    np.testing.assert_array_equal(interpret(func, args)[0], expected[0])


CLOSEST = f"""
func @f(%x.0: f64[20], %g.1: f64, %n.2: i64) {{
  %one.3: i64 = constant {{value = int64(1), dtype = i64}}
  %zero.4: i64 = constant {{value = int64(0), dtype = i64}}
  %nil.5: f64 = constant {{value = float64(0x0p+0), dtype = f64}}
  %down.6: i64 = constant {{value = int64(-1), dtype = i64}}
  %t.7: tape<bool> = tape_new {{record = (!bool,)}}
  %m.8: f64 = loop %zero.4, %n.2, %one.3, %nil.5 {LOOP} do (%i.9: i64, %m.10: f64) {{
    %e.11: f64 = index %x.0, %i.9 {ONE}
    %w.12: bool = gt %e.11, %m.10
    tape_push %t.7, %w.12
    %m.13: f64 = select %w.12, %e.11, %m.10
    yield %m.13
  }}
  %start.14: i64 = sub %n.2, %one.3
  %nothing.15: f64[20] = broadcast %nil.5 {{shape = (20,), dims = ()}}
  %c.16: f64[20], %g.17: f64, %s.18: f64 = loop %start.14, %down.6, %down.6, %nothing.15, %g.1, %nil.5 {LOOP} do
     (%i.19: i64, %c.20: f64[20], %g.21: f64, %s.22: f64) {{
    %w.23: bool = POP %t.7
    %e.24: f64 = index %x.0, %i.19 {ONE}
    %r.25: f64 = sqrt %e.24
    %q.26: f64 = exp %r.25
    %won.27: f64 = select %w.23, %g.21, %nil.5
    %rest.28: f64 = select %w.23, %nil.5, %g.21
    %a.29: f64 = mul %won.27, %q.26
    %b.30: f64 = div %a.29, %r.25
    %s.31: f64 = add %s.22, %b.30
    %s.32: f64 = sub %s.31, %a.29
    %c.33: f64[20] = accumulate %c.20, %b.30, %i.19 {ONE}
    yield %c.33, %rest.28, %s.32
  }}
  return %c.16, %g.17, %s.18
}}
""".replace(" do\n     (", " do (")


def test_work_on_zeros_goes_under_its_condition():
    func = parse(CLOSEST.replace("POP", "tape_pop"))
    args = [np.random.default_rng(3).uniform(0.1, 1.0, 20), 1.5, 17]
    expected = interpret(func, args)
    assert sink_zero_work(func)
    verify(func)
    (branch,) = (op for op in func.body.walk() if op.name == "if")
    inside = [op.name for op in branch.regions[0].ops]
    assert inside == ["index", "sqrt", "exp", "select", "mul", "div", "add", "sub", "accumulate", "yield"]
    assert [op.name for op in branch.regions[1].ops] == ["yield"]
    for before, after in zip(expected, interpret(func, args), strict=True):
        np.testing.assert_array_equal(after, before)


def test_zero_times_infinity_adds_nothing_then():
    func = parse(CLOSEST.replace("POP", "tape_pop"))
    x = np.linspace(1.0, 0.0, 20)  # the last is not the largest, and its root has an infinite derivative
    with np.errstate(all="ignore"):
        assert np.isnan(interpret(func, [x, 1.0, 20])[2])
    sink_zero_work(func)
    assert np.isfinite(interpret(func, [x, 1.0, 20])[2])


def test_a_loop_of_the_program_itself_keeps_its_work():
    """Zero times infinity is NaN in what the user wrote."""
    text = CLOSEST.replace("%w.23: bool = POP %t.7", "%w.23: bool = lt %i.19, %one.3")
    func = parse(text)
    before = print_func(func)
    assert not sink_zero_work(func)
    assert print_func(func) == before


def test_cheap_work_stays():
    func = parse(CLOSEST.replace("POP", "tape_pop").replace("exp", "neg").replace("sqrt", "abs"))
    assert not sink_zero_work(func)


def fluxes(u, steps):
    """Rusanov's flux: which side is larger decides."""
    n = u.shape[0]
    u, flux = u.copy(), np.zeros(n + 1)
    for _ in range(steps):
        for i in range(1, n):
            a, b = u[i - 1], u[i]
            flux[i] = 0.25 * (a * a + b * b) - 0.5 * max(abs(a), abs(b)) * (b - a)
        for i in range(n):
            u[i] -= 0.1 * (flux[i + 1] - flux[i])
    return np.sum(u * u)


def test_comparisons_of_numbers_that_are_read_again_are_made_again():
    x = np.random.default_rng(5).normal(size=40)
    both = tg.value_and_grad(fluxes)
    tapes = [line for line in both.ir(x, 3).splitlines() if "tape_new" in line]
    assert len(tapes) == 1
    assert "bool" not in tapes[0]
    value, gradient = both(x, 3)
    assert value == pytest.approx(fluxes(x, 3), rel=1e-12)
    for direction in np.random.default_rng(6).normal(size=(4, 40)):
        slope = (fluxes(x + 1e-6 * direction, 3) - fluxes(x - 1e-6 * direction, 3)) / 2e-6
        assert np.sum(gradient * direction) == pytest.approx(slope, rel=1e-6)


def closest(points, n):
    """The sum of distances to the closest point, and of the distances squared to the farthest."""
    total = 0.0
    for i in range(n):
        x, y = 0.3 * i, 0.1 * i * i
        best, worst = 100.0, 0.0
        for k in range(points.shape[0]):
            d = np.sqrt((x - points[k, 0]) ** 2 + (y - points[k, 1]) ** 2)
            best = min(best, d)
            if d > worst:
                worst = d
        total += best + worst * worst
    return total


def test_gradients_of_the_closest_and_the_farthest():
    points = np.random.default_rng(7).normal(size=(5, 2))
    value, gradient = tg.value_and_grad(closest)(points, 6)
    assert value == pytest.approx(closest(points, 6), rel=1e-12)
    for direction in np.random.default_rng(8).normal(size=(4, 5, 2)):
        slope = (closest(points + 1e-6 * direction, 6) - closest(points - 1e-6 * direction, 6)) / 2e-6
        assert np.sum(gradient * direction) == pytest.approx(slope, rel=1e-6)


def test_all_of_it_keeps_what_a_program_means():
    func = parse(CLOSEST.replace("POP", "tape_pop"))
    args = [np.random.default_rng(9).uniform(0.1, 1.0, 20), -0.5, 20]
    expected = interpret(func, args)
    finish(func)
    verify(func)
    for before, after in zip(expected, interpret(func, args), strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-14)


def test_sums_under_a_condition_that_never_holds_change_nothing():
    """Not even the sign of a zero; what would have been added may be anything."""

    def program(x, v, w):
        for k in range(x.size):
            if x[k] > 1e300:
                v += x[k] * x[k]
            else:
                w -= x[k] * 2.0
            v, w = v * 0.5, w * 1.0
        return v, w

    compiled = tg.jit(program)
    for v in (-0.0, 0.0, np.inf, np.nan, 1.5):
        for x in ([], [0.0, -0.0], [np.inf], [np.nan, 1.0], [1e305, 2.0]):
            given = np.array(x)
            with np.errstate(all="ignore"):
                wanted = program(given, np.float64(v), np.float64(v))
            found = compiled(given, np.float64(v), np.float64(v))
            np.testing.assert_array_equal(found, wanted)
            known = ~np.isnan(wanted)
            np.testing.assert_array_equal(np.signbit(found)[known], np.signbit(wanted)[known])
