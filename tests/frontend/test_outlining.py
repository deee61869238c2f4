"""Functions that call themselves on constants: what they mean, and that each specialisation is made once."""

from __future__ import annotations

import re
import traceback

import numpy as np
import pytest

import tangra as tg
from tangra.errors import UnsupportedError
from tangra.frontend.entry import trace
from tangra.ir.printer import print_func
from tests.frontend.outlined import PROGRAMS, fib, vector
from tests.frontend.running import check, outcome
from tests.programs.oracle import difference, fresh


@pytest.mark.parametrize("name", PROGRAMS)
def test_means_what_python_means(name):
    function, calls = PROGRAMS[name]
    check(function, *calls)


@pytest.mark.parametrize("name", PROGRAMS)
def test_native_code_means_the_same(name):
    function, calls = PROGRAMS[name]
    compiled = tg.jit(function)
    for call in calls:
        for _ in range(2):
            mine, theirs = fresh(call), fresh(call)
            expected, actual = outcome(lambda a=theirs: function(*a)), outcome(lambda a=mine: compiled(*a))
            assert actual[0] == expected[0], (expected, actual)
            if expected[0] == "raised":
                assert type(actual[1]) is type(expected[1])
                assert str(actual[1]) == str(expected[1])
            else:
                assert difference(actual[1], expected[1], 1e-12) is None
            assert difference(mine, theirs, 1e-12, "arguments") is None


def specialisations(function, *args):
    """The counters of a trace, and how many functions its IR has besides the main one."""
    traced = trace(function, args)
    return traced.counters, len(traced.func.callees())


def test_the_work_is_linear_in_the_number_of_specialisations():
    """fib(n) takes fib(0) to fib(n - 1) as functions, each evaluated once and called twice."""
    for n in (10, 20, 40):
        counters, functions = specialisations({10: ten, 20: twenty, 40: forty}[n], 0.3)
        assert functions == counters.specialisations == n
        assert counters.calls <= 4 * n


def ten(x):
    return fib(10, x)


def twenty(x):
    return fib(20, x)


def forty(x):
    return fib(40, x)


def doubled(n, x):
    return x * x if n == 0 else doubled(n - 1, x) + doubled(n - 1, x)


def twice_doubled(x):
    return doubled(2, x) + doubled(3, x)


DOUBLED = """\
func @doubled(%x.0: f64) {source = "doubled", recursive = True, written = ()} {
  %1: f64 = mul %x.0, %x.0
  return %1
}

func @doubled.1(%x.0: f64) {source = "doubled", recursive = True, written = ()} {
  %1: f64 = call %x.0 {callee = @doubled, result_types = (!f64,)}
  %2: f64 = call %x.0 {callee = @doubled, result_types = (!f64,)}
  %3: f64 = add %1, %2
  return %3
}

func @doubled.2(%x.0: f64) {source = "doubled", recursive = True, written = ()} {
  %1: f64 = call %x.0 {callee = @doubled.1, result_types = (!f64,)}
  %2: f64 = call %x.0 {callee = @doubled.1, result_types = (!f64,)}
  %3: f64 = add %1, %2
  return %3
}

func @doubled.3(%x.0: f64) {source = "doubled", recursive = True, written = ()} {
  %1: f64 = call %x.0 {callee = @doubled.2, result_types = (!f64,)}
  %2: f64 = call %x.0 {callee = @doubled.2, result_types = (!f64,)}
  %3: f64 = add %1, %2
  return %3
}

func @twice_doubled(%x.0: f64) {source = "twice_doubled", written = ()} {
  %1: f64 = call %x.0 {callee = @doubled.1, result_types = (!f64,)}
  %2: f64 = call %x.0 {callee = @doubled.1, result_types = (!f64,)}
  %3: f64 = add %1, %2
  %4: f64 = call %x.0 {callee = @doubled.3, result_types = (!f64,)}
  %5: f64 = add %3, %4
  return %5
}
"""


def test_one_function_for_each_specialisation():
    assert print_func(trace(twice_doubled, (0.3,)).func) == DOUBLED


def test_results_of_one_call_hold_for_all():
    """Trees of equal structure share a function, though their numbers differ."""
    function, calls = PROGRAMS["nested_tuples_of_arguments"]
    traced = trace(function, calls[0])
    assert traced.counters.specialisations == 7, "one for each tree of another shape or other kinds of numbers"
    counters, functions = specialisations(PROGRAMS["divide_and_conquer"][0], vector(64))
    assert counters.specialisations == functions == 6, "one for each of the lengths 32, 16 ... 1"


def polynomial(x, y, k):
    for _ in (0,) * 60:
        x, y = x * y + np.sin(x) * k, y - 0.01 * x * y
    return x, y


def calls_a_large_function(x, y):
    for k in (0.1, 0.1, 0.1):
        x, y = polynomial(x, y, k * y)
    return x + y


def test_a_large_function_is_evaluated_in_place_once():
    traced = check(calls_a_large_function, (0.3, 0.2))
    (callee,) = traced.func.callees()
    assert callee.name == "polynomial"
    assert traced.counters.specialisations == 1
    assert [op.name for op in traced.func.body.walk()].count("call") == 2


def small(x, y):
    return x * y + 1.0


def calls_a_small_function(x):
    for k in (1.0, 2.0, 3.0):
        x = small(x, k)
    return x


def test_a_small_function_is_evaluated_in_place():
    assert trace(calls_a_small_function, (0.3,)).func.callees() == []


def deep(x, n):
    return x if n == 0 else deep(np.sin(x), n - 1)


def chain(x):
    return deep(x, 150)


def test_a_long_chain_of_calls():
    check(chain, (0.3,))
    np.testing.assert_allclose(tg.jit(chain)(0.3), chain(0.3), rtol=1e-12)
    gradient = tg.grad(chain)(0.3)
    np.testing.assert_allclose(gradient, (chain(0.3 + 1e-6) - chain(0.3 - 1e-6)) / 2e-6, rtol=1e-6)


def by_value(x, n):
    return x if n <= 0 else by_value(x * 0.5, n - 1) + by_value(x, n - 2)


def test_recursion_on_a_run_time_value_is_refused():
    with pytest.raises(UnsupportedError, match="recursion must end by a condition that is known at compile time"):
        trace(by_value, (1.0, 5))
    traced = trace(by_value, (1.0, 5), static=(1,))
    assert len(traced.func.callees()) == traced.counters.specialisations


def falls(x, n):
    if n == 0:
        if x > 1.0:
            raise ArithmeticError(f"{x} at the bottom")
        return x
    return falls(x * 0.5, n - 1) + falls(x, n - 1)


def falling(x):
    return falls(x, 3)


def test_a_failure_names_the_users_line():
    compiled = tg.jit(falling)
    assert compiled(0.5) == falling(0.5)
    with pytest.raises(ArithmeticError) as caught:
        compiled(1.5)
    line = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (line.name, line.line) == ("falls", 'raise ArithmeticError(f"{x} at the bottom")')
    shown = str(tg.jit(falling).explain(0.5))
    assert "def falls(x, n):" in shown


def derived(function, *args):
    """The functions of a compiled program: which ones each of them calls."""
    compiled = tg.value_and_grad(function)
    compiled(*args)
    calls: dict[str, set[str]] = {}
    for text in compiled.ir().split("func @")[1:]:
        calls[text.partition("(")[0]] = set(re.findall(r"callee = @([\w.]+)", text))
    return calls


def mixed(n, x, y):
    if n < 2:
        return np.sin(x) * y
    return mixed(n - 1, np.sin(x) * y, x + y) + mixed(n - 2, y, np.cos(x))


def mixed_ten(x, y):
    return mixed(10, x, y)


def mixed_eighteen(x, y):
    return mixed(18, x, y)


def test_each_half_of_a_derivative_is_made_once():
    small, large = derived(mixed_ten, 0.3, 0.2), derived(mixed_eighteen, 0.3, 0.2)
    added = len(large) - len(small)
    assert 4 <= added <= 2 * 8, "at most a forward and a backward function more for each specialisation more"
    for name, calls in large.items():
        if name.startswith("backward"):
            assert all(callee.startswith("backward") for callee in calls), "nothing is run forward again"
