"""Errors and speed of `tangra.native.vecmath`.

    python -m benchmarks.vecmath_accuracy --points 100000000 exp log --types f64
    python -m benchmarks.vecmath_accuracy --every 1 --types f32      # all 2^32 numbers (functions of one argument)
    python -m benchmarks.vecmath_accuracy --every 16 --types f32     # every sixteenth of them

Walks over floats compare them with our functions of doubles, which are compared with the C library's of long doubles.
Of functions of two arguments there are points in either case; of lgamma and digamma, whose bounds hold from 0 on, none
below.

Prints for each function the largest error in ulps, the point where it is, the documented bound, and nanoseconds an
element on arrays in the first cache: here, NumPy or SciPy, and the C library called in a loop.
"""

from __future__ import annotations

import argparse
import ctypes
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy.special

from benchmarks import vecmath_reference as reference
from benchmarks.cprogram import C_COMMAND, build
from benchmarks.vecmath_harness import WAYS, Array, compiled, libm_seconds_per_element, seconds_per_element
from tangra.ir import DTYPES, DType
from tangra.native import vecmath
from tangra.native.vecmath.operations import OPERATIONS

CHUNK, STRIDE = 100_000, 2**17
PEERS: dict[str, Any] = {
    "sigmoid": scipy.special.expit, "erf": scipy.special.erf, "erfc": scipy.special.erfc, "pow": np.power,
    "lgamma": scipy.special.gammaln, "digamma": scipy.special.digamma, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "atan2": np.arctan2, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
}  # fmt: skip


@cache
def walker() -> ctypes.CDLL:
    """`vecmath_errors.c`, compiled."""
    library = build(C_COMMAND, Path(__file__).with_name("vecmath_errors.c"))
    library.worst_f32.restype = library.worst_f64.restype = ctypes.c_double
    return library


def address(array: Array) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def exact(op: str, every: int, *args: Array) -> Array:
    """`vecmath_reference.exact`; in walks what our functions of doubles give, whose errors are 2^-28 of those here."""
    if every and args[0].dtype == np.float32:
        return compiled(op, DTYPES["f64"])(*(a.astype(np.float64) for a in args))
    return reference.exact(op, *args)


def measured(found: Array, right: Array) -> tuple[float, int]:
    """The largest error in ulps of the exact values, and where; both arrays are contiguous."""
    at = ctypes.c_int64(0)
    function = walker().worst_f64 if found.dtype == np.float64 else walker().worst_f32
    return function(address(found), address(right), ctypes.c_int64(found.size), ctypes.byref(at)), at.value


def chunks(op: str, dtype: DType, count: int, every: int) -> Iterator[tuple[Array, ...]]:
    """The arguments to try, some at a time; of lgamma and digamma those that their bounds are for."""
    if every and dtype.bits == 32 and OPERATIONS[op].arity == 1:
        for start in range(0, 2**31 if op in ("lgamma", "digamma") else 2**32, STRIDE * every):
            yield (np.arange(start, start + STRIDE * every, every, dtype=np.uint64).astype(np.uint32).view(np.float32),)
        return
    for seed in range(max(1, count // CHUNK)):
        yield reference.points(op, dtype, min(count, CHUNK), seed)


def check(op: str, dtype: DType) -> None:
    """That the compiled measure agrees with `vecmath_reference` on points of all kinds."""
    args = reference.points(op, dtype, 4000, seed=1)
    found, at = compiled(op, dtype)(*args), 1234
    found[at] = np.nan if np.isfinite(found[at]) else 1.0
    for _ in range(2):
        errors = reference.errors(found, reference.exact(op, *args))
        largest, place = measured(found, reference.exact(op, *args))
        same = largest == errors.max() or abs(errors[place] - largest) + abs(errors.max() - largest) < 1e-6
        if not same:
            raise AssertionError(f"{op}: {largest} ulp, or {errors.max()}")
        found[at] = compiled(op, dtype)(*args)[at]


def worst(op: str, dtype: DType, count: int, every: int, way: str) -> tuple[float, tuple[Any, ...]]:
    """The largest error and where it is."""
    check(op, dtype)
    function, largest, where = compiled(op, dtype, way), -1.0, ()
    for args in chunks(op, dtype, count, every):
        error, at = measured(function(*args), exact(op, every, *args))
        if error > largest:
            largest, where = error, tuple(a[at] for a in args)
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
    low, high = {"log10": (0.1, 10.0), "acosh": (1.1, 10.0), "lgamma": (0.1, 20.0), "digamma": (0.1, 20.0)}.get(
        op, reference.BUSY[op][0]
    )
    low, high = max(low, -20.0), min(high, 20.0)
    rng = np.random.default_rng(0)
    return tuple(rng.uniform(low, high, 2048).astype(dtype.numpy) for _ in range(OPERATIONS[op].arity))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("operations", nargs="*", help="all, if none is named")
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--types", nargs="*", default=["f64", "f32"])
    parser.add_argument("--every", type=int, default=0, help="every so many of all numbers of f32 in place of points")
    parser.add_argument("--way", choices=WAYS[:2], default="variant", help="as over arrays, or as for single values")
    options = parser.parse_args()
    print("| function | ulp measured | bound | at | ns | NumPy ns | libm ns |\n|---|---|---|---|---|---|---|")
    for name in options.types:
        dtype = DTYPES[name]
        for op in options.operations or sorted(vecmath.functions(dtype)):
            largest, where = worst(op, dtype, options.points, options.every, options.way)
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
