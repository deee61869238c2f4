"""Functions that call themselves on constants: what they mean, and that each specialisation is made once."""

from __future__ import annotations


import pytest

import tangra as tg
from tangra.frontend.entry import trace
from tests.frontend.outlined import PROGRAMS, fib
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
