"""What the demo prints: tables of the fit and of the times, and the compiler's errors as the user sees them."""

from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from rich.table import Table

from .data import Series
from .fit import Step
from .model import simulate

PARAMETERS = (
    ("birth of hares", "1/year"),
    ("catch by lynxes", "1/(year · thousand lynxes)"),
    ("death of lynxes", "1/year"),
    ("gain of lynxes", "1/(year · thousand hares)"),
    ("hares in 1900", "thousand"),
    ("lynxes in 1900", "thousand"),
)


class Timing(NamedTuple):
    """Best seconds for one call, in CPython with NumPy and compiled."""

    name: str
    cpython: float
    compiled: float


def seconds(call: Callable[[], object], budget: float = 0.3) -> float:
    """The shortest time of a call, out of as many as fit in ``budget`` seconds (at least three)."""
    best, spent, calls = float("inf"), 0.0, 0
    while calls < 3 or spent < budget:
        start = perf_counter()
        call()
        took = perf_counter() - start
        best, spent, calls = min(best, took), spent + took, calls + 1
    return best


def parameter_table(first: Step, last: Step) -> Table:
    """The six parameters before and after the descent, with their units."""
    table = _table("parameter", "start", "fitted", "unit")
    for (name, unit), a, b in zip(PARAMETERS, np.exp(first.p), np.exp(last.p), strict=True):
        table.add_row(name, f"{a:.4g}", f"{b:.4g}", unit)
    table.add_row("loss", f"{first.loss:.4f}", f"{last.loss:.4f}", "")
    return table


def fit_table(series: Series, p: Float[np.ndarray, "6"], every: int = 4) -> Table:
    """Data and fit of every fourth year, in thousands of pelts."""
    table = _table("year", "hares", "fit", "lynxes", "fit")
    q = np.exp(p)
    fitted = simulate(q[:4], q[4:], series.years.size, 1.0)
    for year, data, fit in list(zip(series.years, series.pelts, fitted, strict=True))[::every]:
        table.add_row(f"{year}", f"{data[0]:.1f}", f"{fit[0]:.1f}", f"{data[1]:.1f}", f"{fit[1]:.1f}")
    return table


def time_table(timings: list[Timing]) -> Table:
    """Times of one call each, and their ratio."""
    table = _table("one call", "CPython + NumPy", "Tangra", "faster by")
    for name, cpython, compiled in timings:
        table.add_row(name, _time(cpython), _time(compiled), f"{cpython / compiled:,.0f}×")
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="left" if name == "unit" else "right")
    return table


def _time(value: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if value * scale >= 1.0:
            return f"{value * scale:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"
