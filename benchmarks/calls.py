"""The overhead of a call: functions that do next to nothing, on every engine that is here."""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.report import seconds


def scalar(a: float, b: float, c: float) -> float:
    """One multiplication and one addition."""
    return a * b + c


def small_sum(x: Any, y: Any, z: Any) -> Any:
    """A sum over three arrays."""
    return (x * y + z).sum()


def tangra_calls() -> dict[str, Callable[[], object]]:
    """Compiled by Tangra."""
    import tangra as tg

    one, all_three = tg.jit(scalar), tg.value_and_grad(small_sum, argnums=(0, 1, 2))
    x, y, z = np.arange(16.0), np.ones(16), np.zeros(16)
    return {"a*b + c on floats": lambda: one(1.0, 2.0, 3.0), "value_and_grad of a sum": lambda: all_three(x, y, z)}


def numba_calls() -> dict[str, Callable[[], object]]:
    """Compiled by numba, values only."""
    numba: Any = import_module("numba")
    one = numba.njit(scalar)
    return {"a*b + c on floats": lambda: one(1.0, 2.0, 3.0)}


def jax_calls() -> dict[str, Callable[[], object]]:
    """Compiled by JAX, waiting for the results."""
    jax: Any = import_module("jax")
    one, all_three = jax.jit(scalar), jax.jit(jax.value_and_grad(small_sum, argnums=(0, 1, 2)))
    x, y, z = (jax.numpy.asarray(v) for v in (np.arange(16.0), np.ones(16), np.zeros(16)))
    return {
        "a*b + c on floats": lambda: jax.block_until_ready(one(1.0, 2.0, 3.0)),
        "value_and_grad of a sum": lambda: jax.block_until_ready(all_three(x, y, z)),
    }


def cpython_calls() -> dict[str, Callable[[], object]]:
    """As it is."""
    x, y, z = np.arange(16.0), np.ones(16), np.zeros(16)
    return {"a*b + c on floats": lambda: scalar(1.0, 2.0, 3.0), "value of the sum": lambda: small_sum(x, y, z)}


MAKERS = {"tangra": tangra_calls, "numba": numba_calls, "jax": jax_calls, "numpy": cpython_calls}


def per_call(run: Callable[[], object], calls: int) -> float:
    """Seconds of one call; the lambda around it takes some 30 ns of them."""
    start = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - start) / calls


def run(console: Console, quick: bool) -> dict[str, dict[str, float]]:
    """Measure in interleaved rounds, print, and give the medians."""
    made = {e: make() for e, make in MAKERS.items() if e == "numpy" or importlib.util.find_spec(e)}
    names = list(dict.fromkeys(name for engine in made.values() for name in engine))
    found: dict[str, dict[str, list[float]]] = {e: {name: [] for name in engine} for e, engine in made.items()}
    for engine in made.values():
        for call in engine.values():
            per_call(call, 10)
    for _ in range(3 if quick else 11):
        for e, engine in made.items():
            for name, call in engine.items():
                found[e][name].append(per_call(call, 200 if quick else 5000))
    medians = {e: {name: statistics.median(ts) for name, ts in engine.items()} for e, engine in found.items()}
    table = Table(title="One call, median")
    table.add_column("call")
    for e in medians:
        table.add_column(e, justify="right")
    for name in names:
        table.add_row(name, *[seconds(medians[e][name]) if name in medians[e] else "–" for e in medians])
    console.print(table)
    return medians
