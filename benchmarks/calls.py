"""The overhead of a call: functions that do next to nothing, on every engine that is here."""

from __future__ import annotations

import importlib.util
import statistics
import timeit
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.report import seconds

GAIN = 2.0


@dataclass
class Spring:
    """A structure that is passed as an argument."""

    k: float
    ends: Any


def scalar(a: float, b: float, c: float) -> float:
    """One multiplication and one addition."""
    return a * b + c


def captured(a: float) -> float:
    """A global number is read at each call."""
    return a * GAIN


def array_sum(x: Any, y: Any) -> Any:
    """An array is returned."""
    return x + y


def stretched(s: Spring) -> Any:
    """A structure with a number and an array in it."""
    return s.k * (s.ends[1] - s.ends[0])


def small_sum(x: Any, y: Any, z: Any) -> Any:
    """A sum over three arrays."""
    return (x * y + z).sum()


@dataclass
class Call:
    """A statement to be timed over the names it uses."""

    statement: str
    names: dict[str, Any]

    def seconds(self, calls: int) -> float:
        """Seconds of one call; the loop around it takes some 10 ns of them."""
        return timeit.Timer(self.statement, globals=self.names).timeit(calls) / calls


FLOATS, KEYWORDS = "a*b + c on floats", "the same, by keyword"
CAPTURED, ARRAY, STRUCTURE = "a*g, g a global", "x + y, 16 elements", "a dataclass"
GRADIENT = "value and gradient of a sum over three arrays"


def _calls(
    compiled: Callable[[Any], Any], gradient: Any, array: Callable[[Any], Any], wait: Callable[[Any], Any] | None
) -> dict[str, Call]:
    """The calls of one engine: how it compiles, its gradient function, its arrays, how to wait for results."""
    names = {"s": compiled(scalar), "t": compiled(array_sum), "v": gradient, "w": wait}
    names |= {"x": array(np.arange(16.0)), "y": array(np.ones(16)), "z": array(np.zeros(16))}
    statements = {FLOATS: "s(1.0, 2.0, 3.0)", KEYWORDS: "s(1.0, c=3.0, b=2.0)", ARRAY: "t(x, y)"}
    if gradient is not None:
        statements[GRADIENT] = "v(x, y, z)"
    return {name: Call(f"w({text})" if wait else text, names) for name, text in statements.items()}


def tangra_calls() -> dict[str, Call]:
    """Compiled by Tangra."""
    import tangra as tg

    made = _calls(tg.jit, tg.value_and_grad(small_sum, argnums=(0, 1, 2)), lambda x: x, None)
    names = {"g": tg.jit(captured), "m": tg.jit(stretched), "spring": Spring(2.0, np.array([1.0, 4.0]))}
    return made | {CAPTURED: Call("g(1.0)", names), STRUCTURE: Call("m(spring)", names)}


def numba_calls() -> dict[str, Call]:
    """Compiled by numba, values only; it takes globals for constants."""
    numba: Any = import_module("numba")
    made = _calls(numba.njit, None, lambda x: x, None)
    return made | {CAPTURED: Call("g(1.0)", {"g": numba.njit(captured)})}


def jax_calls() -> dict[str, Call]:
    """Compiled by JAX, waiting for the results."""
    jax: Any = import_module("jax")
    gradient = jax.jit(jax.value_and_grad(small_sum, argnums=(0, 1, 2)))
    return _calls(jax.jit, gradient, jax.numpy.asarray, jax.block_until_ready)


def cpython_calls() -> dict[str, Call]:
    """As it is."""
    names = {"g": captured, "m": stretched, "spring": Spring(2.0, np.array([1.0, 4.0]))}
    return _calls(lambda f: f, None, lambda x: x, None) | {
        CAPTURED: Call("g(1.0)", names),
        STRUCTURE: Call("m(spring)", names),
    }


MAKERS = {"tangra": tangra_calls, "numba": numba_calls, "jax": jax_calls, "numpy": cpython_calls}


def run(console: Console, quick: bool) -> dict[str, dict[str, float]]:
    """Measure in interleaved rounds, print, and give the medians."""
    made = {e: make() for e, make in MAKERS.items() if e == "numpy" or importlib.util.find_spec(e)}
    names = list(dict.fromkeys(name for engine in made.values() for name in engine))
    found: dict[str, dict[str, list[float]]] = {e: {name: [] for name in engine} for e, engine in made.items()}
    for engine in made.values():
        for call in engine.values():
            call.seconds(10)
    for _ in range(3 if quick else 101):
        for e, engine in made.items():
            for name, call in engine.items():
                found[e][name].append(call.seconds(200))
    medians = {e: {name: statistics.median(ts) for name, ts in engine.items()} for e, engine in found.items()}
    table = Table(title="One call, median (least)")
    table.add_column("call")
    for e in medians:
        table.add_column(e, justify="right")
    for name in names:
        cells = [_cell(found[e].get(name)) for e in medians]
        table.add_row(name, *cells)
    console.print(table)
    return medians


def _cell(times: list[float] | None) -> str:
    return f"{seconds(statistics.median(times))} ({seconds(min(times))})" if times else "–"


if __name__ == "__main__":
    run(Console(), quick=False)
