"""When a function is compiled again, what the log says, symbolic sizes, constants, limits."""

import logging
from dataclasses import dataclass

import numpy as np
import pytest

import tangra as tg
from tangra.core import jitted


def test_each_reason_is_kept():
    f = tg.jit(lambda x, *rest, k=1: x * k)
    calls = [(1,), (2,), (2.0,), (np.ones(3),), (np.ones(3), 1.0), ([1.0],), ([1.0, 2.0],), ("a",), ("b",)]
    for args in calls:
        f(*args)
    f(1, k=2)
    assert f.recompilations == [
        "first call",
        "argument 0 is float instead of int",
        "argument 0 is float64[3] instead of float",
        "called with arguments 0, 1 instead of arguments 0",
        "called with arguments 0 instead of arguments 0, 1",
        "argument 0 is a list of 2 instead of a list of 1",
        "argument 0 is 'a' instead of a list of 2",
        "argument 0 is 'b' instead of 'a'",
        "called with arguments 0, k instead of arguments 0",
    ]


def test_the_log(caplog):
    f = tg.jit(lambda x: x)
    with caplog.at_level(logging.INFO, logger="tangra.jit"):
        f(1)
        f(1.0)
    assert [r.levelname for r in caplog.records] == ["INFO", "INFO"]
    assert caplog.records[1].getMessage().endswith("s: argument 0 is float instead of int")
    assert caplog.records[1].getMessage().startswith("compiled <lambda> in ")


def test_many_compilations_warn_and_are_bounded(caplog, monkeypatch):
    monkeypatch.setattr(jitted, "LIMIT", 6)
    monkeypatch.setattr(jitted, "WARN_AT", 4)
    f = tg.jit(lambda x, n: x * n, static="n")
    with caplog.at_level(logging.WARNING, logger="tangra.jit"):
        for n in (*range(9), 0):
            assert f(2.0, n) == 2.0 * n
    assert [r.getMessage() for r in caplog.records] == [
        "<lambda> was compiled 4 times, last because: argument 1 is the constant 3 instead of the constant 2",
        "<lambda> was compiled 8 times, last because: argument 1 is the constant 7 instead of the constant 6",
    ]
    assert len(f.recompilations) == 10  # the form for 0 was dropped and made again
    assert f(2.0, 8) == 16.0
    assert len(f.recompilations) == 10


def test_the_second_distinct_size_becomes_symbolic():
    f = tg.jit(lambda x: x.sum() * x.shape[0])
    for n in (20, 20, 30, 40, 500, 20):
        assert f(np.ones(n)) == n * n
    assert f.recompilations == ["first call", "sizes (30,) instead of (20,)"]
    assert "N0" in f.ir(np.ones(77))


def test_small_sizes_stay_static():
    f = tg.jit(lambda x: x.sum() * x.shape[0])
    for n in (0, 1, 2, 16, 2, 16):
        assert f(np.ones(n)) == n * n
    assert len(f.recompilations) == 4


def test_only_the_dims_that_differ_become_symbolic():
    f = tg.jit(lambda a, b: (a @ b).sum())
    for n in (20, 30, 40):
        assert f(np.ones((n, 25)), np.ones((25, 18))) == n * 25 * 18
    assert len(f.recompilations) == 2
    assert "f64[N0, 25]" in f.ir()
    assert f(np.ones((20, 25)), np.ones((25, 19))) == 20 * 25 * 19
    assert len(f.recompilations) == 3


def test_two_dims_that_have_to_be_equal_are_checked_at_run_time():
    f = tg.jit(lambda a, b: a + b, dynamic=True)
    np.testing.assert_array_equal(f(np.ones(20), np.ones(20)), np.full(20, 2.0))
    with pytest.raises(ValueError, match=r"20|30"):
        f(np.ones(20), np.ones(30))
    np.testing.assert_array_equal(f(np.ones(50), np.ones(50)), np.full(50, 2.0))
    assert len(f.recompilations) == 1


def test_dynamic_is_symbolic_at_once():
    f = tg.jit(lambda x: x.sum(), dynamic=True)
    for n in (20, 30, 40):
        assert f(np.ones(n)) == n
    assert f.recompilations == ["first call"]


def test_a_program_that_needs_its_size_is_compiled_for_each(caplog):
    @tg.jit
    def f(x):
        total = 0.0
        for k, v in enumerate([(1.0, 2)] * x.shape[0]):
            total += v[0] * x[k]
        return total

    with caplog.at_level(logging.INFO, logger="tangra.jit"):
        for n in (20, 30, 40):
            assert f(np.ones(n)) == n
    assert len(f.recompilations) == 3


def test_numbers_that_have_to_be_constants_are_guarded():
    f = tg.jit(lambda x, axis: x.sum(axis=axis))
    x = np.arange(6.0).reshape(2, 3)
    for axis in (0, 1, 0, -1, 1):
        np.testing.assert_array_equal(f(x, axis), x.sum(axis=axis))
    assert f.recompilations == [
        "first call",
        "axis is no longer 0, which is compiled in",
        "axis is no longer 0, which is compiled in",
    ]


@dataclass(frozen=True)
class Config:
    steps: int
    rate: float


def test_static_arguments():
    def f(x, config, mode):
        for _ in range(config.steps):
            x = x * config.rate if mode == "grow" else x / config.rate
        return x

    compiled = tg.jit(f, static=("config", 2))
    for config in (Config(2, 3.0), Config(3, 3.0), Config(2, 3.0)):
        for mode in ("grow", "shrink"):
            assert compiled(2.0, config, mode) == pytest.approx(f(2.0, config, mode))
    assert len(compiled.recompilations) == 4
    assert compiled(2.0, mode="grow", config=Config(1, 1.0)) == 2.0


def test_static_zeros_have_signs():
    f = tg.jit(lambda x: np.copysign(1.0, x), static=0)
    assert [f(0.0), f(-0.0), f(0.0)] == [1.0, -1.0, 1.0]


class Plain:
    pass


@pytest.mark.parametrize("value", [[1], {"a": 1}, np.ones(2), Plain()], ids=lambda v: type(v).__name__)
def test_static_values_that_can_change_are_refused(value):
    with pytest.raises(tg.EntryError, match="can change after it was compiled in") as e:
        tg.jit(lambda x: x, static=0)(value)
    assert e.value.code == "TG815"


def test_static_names_must_exist():
    with pytest.raises(tg.EntryError, match="static='m': <lambda> has no such argument") as e:
        tg.jit(lambda n: n, static="m")
    assert e.value.code == "TG809"


def test_as_a_decorator_with_options():
    @tg.jit(static="n", fastmath=True)
    def f(x, n):
        return x**n

    assert f(3.0, 2) == 9.0
    assert f.__name__ == "f"
