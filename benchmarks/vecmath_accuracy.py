"""Errors and speed of `tangra.native.vecmath`.

    python -m benchmarks.vecmath_accuracy --points 100000000 exp log --types f64
    python -m benchmarks.vecmath_accuracy --exhaustive --types f32      # all 2^32 numbers (functions of one argument)

Prints for each function the largest error in ulps, the point where it is, the documented bound, and nanoseconds an
element on arrays in the first cache: here, NumPy or SciPy, and the C library called in a loop.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy.special

from benchmarks import vecmath_reference as reference
from benchmarks.vecmath_harness import Array, compiled, libm_seconds_per_element, seconds_per_element
from tangra.ir import DTYPES, DType
from tangra.native import vecmath
from tangra.native.vecmath.operations import OPERATIONS

CHUNK = 100_000
PEERS: dict[str, Any] = {
    "sigmoid": scipy.special.expit, "erf": scipy.special.erf, "erfc": scipy.special.erfc, "pow": np.power,
    "lgamma": scipy.special.gammaln, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "atan2": np.arctan2, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
}  # fmt: skip


def chunks(op: str, dtype: DType, count: int, exhaustive: bool) -> Iterator[tuple[Array, ...]]:
    """The arguments to try, a hundred thousand at a time."""
    if exhaustive and dtype.bits == 32 and OPERATIONS[op].arity == 1:
        for start in range(0, 2**32, 2 * CHUNK):
            stop = min(start + 2 * CHUNK, 2**32)
            yield (np.arange(start, stop, dtype=np.uint64).astype(np.uint32).view(np.float32),)
        return
    for seed in range(max(1, count // CHUNK)):
        yield reference.points(op, dtype, min(count, CHUNK), seed)


def worst(op: str, dtype: DType, count: int, exhaustive: bool) -> tuple[float, tuple[Any, ...]]:
    """The largest error and where it is."""
    function, largest, where = compiled(op, dtype), -1.0, ()
    for args in chunks(op, dtype, count, exhaustive):
        found = reference.errors(function(*args), reference.exact(op, *args))
        at = int(np.argmax(found))
        if found[at] > largest:
            largest, where = float(found[at]), tuple(a[at] for a in args)
    return largest, where


def peer_seconds(function: Callable[..., Any], args: tuple[Array, ...]) -> float:
    best = np.inf
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(5):
            function(*args)
        best = min(best, time.perf_counter() - start)
    return float(best) / 5 / args[0].size


def timing_points(op: str, dtype: DType) -> tuple[Array, ...]:
    low, high = {"log10": (0.1, 10.0), "acosh": (1.1, 10.0), "lgamma": (0.1, 20.0)}.get(op, reference.BUSY[op][0])
    low, high = max(low, -20.0), min(high, 20.0)
    rng = np.random.default_rng(0)
    return tuple(rng.uniform(low, high, 2048).astype(dtype.numpy) for _ in range(OPERATIONS[op].arity))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("operations", nargs="*", help="all, if none is named")
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--types", nargs="*", default=["f64", "f32"])
    parser.add_argument("--exhaustive", action="store_true", help="all numbers of f32 in place of points")
    options = parser.parse_args()
    print("| function | ulp measured | bound | at | ns | NumPy ns | libm ns |\n|---|---|---|---|---|---|---|")
    for name in options.types:
        dtype = DTYPES[name]
        for op in options.operations or sorted(vecmath.functions(dtype)):
            largest, where = worst(op, dtype, options.points, options.exhaustive)
            args = timing_points(op, dtype)
            with np.errstate(all="ignore"):
                peer = peer_seconds(PEERS.get(op) or getattr(np, op), args)
            times = [seconds_per_element(op, dtype, *args), peer, libm_seconds_per_element(op, dtype, *args)]
            figures = " | ".join(f"{t * 1e9:.2f}" for t in times)
            place = ", ".join(repr(float(w)) for w in where)
            flag = "" if largest <= vecmath.ulp(op, dtype) else " **above**"
            print(f"| {op} {name} | {largest:.3f}{flag} | {vecmath.ulp(op, dtype)} | {place} | {figures} |", flush=True)


if __name__ == "__main__":
    with np.errstate(all="ignore"):
        main()
