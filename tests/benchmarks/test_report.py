"""The benchmark's statistics and tables, on made-up times."""

import io

import pytest
from rich.console import Console

from benchmarks.case import load
from benchmarks.report import print_report, seconds, times
from benchmarks.session import Result, Timing


def result():
    rounds = {"c": [1.0, 2.0, 1.0, 4.0, 2.0], "tangra": [1.5, 3.0, 1.5, 6.0, 2.0]}
    timings = {
        e: {"value": Timing(3.0, ts), "value_and_grad": Timing(9.0, [3 * t for t in ts])} for e, ts in rounds.items()
    }
    timings["jax"] = {"value": Timing(error="Unsupported: "), "value_and_grad": Timing(wrong=True, deviation=0.1)}
    return Result(load("sde"), timings, {"c": 0, "tangra": 5_000_000, "jax": 0})


def test_ratios_are_paired_by_round():
    middle, half = result().ratio(("tangra", "value"), ("c", "value"))
    assert middle == 1.5
    assert half == pytest.approx(0.125)
    assert result().ratio(("tangra", "value"), ("jax", "value")) is None


def test_what_a_compilation_took_is_the_first_call_less_a_later_one():
    assert result().get("tangra", "value").compile == pytest.approx(1.0)


def test_report():
    out = io.StringIO()
    print_report(Console(file=out, width=160), [result()], ["c", "tangra", "jax"])
    text = out.getvalue()
    for part in (
        "SDE, Euler-Maruyama",
        "1.50 ±0.12",
        "3.00 ±0.00",
        "2 s | 6 s",
        "WRONG",
        "off by 1.0e-01",
        "1 s | 3 s",
    ):
        assert part in text
    assert "refused" not in text


def test_numbers():
    assert [seconds(x) for x in (2.5, 0.0123, 4.56e-6, 7e-9)] == ["2.5 s", "12.3 ms", "4.56 µs", "7 ns"]
    assert [times(x) for x in (None, (1.234, 0.05), (25.0, 1.0), (1234.0, 2.0))] == ["–", "1.23 ±0.05", "25×", "1,234×"]
