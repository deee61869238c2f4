"""Speed of `tangra.native.vecmath`.

    python -m benchmarks.vecmath_speed exp log

Prints nanoseconds an element on arrays in the first cache: here, NumPy or SciPy, and the C library called in a loop.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from benchmarks import vecmath_reference as reference
from benchmarks.vecmath_harness import Array, libm_seconds_per_element, seconds_per_element
from tangra.ir import DTYPES, DType
from tangra.native import vecmath
from tangra.native.vecmath.operations import OPERATIONS

PEERS: dict[str, Any] = {
    "sigmoid": scipy.special.expit, "erf": scipy.special.erf, "erfc": scipy.special.erfc, "pow": np.power,
    "lgamma": scipy.special.gammaln, "digamma": scipy.special.digamma, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "atan2": np.arctan2, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
}  # fmt: skip
INTERVALS = {"log10": (0.1, 10.0), "acosh": (1.1, 10.0), "lgamma": (0.1, 20.0), "digamma": (0.1, 20.0)}
"""Of points, where `vecmath_reference.BUSY` has others."""


def peer_seconds(function: Callable[..., Any], args: tuple[Array, ...]) -> float:
    best = np.inf
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(5):
            function(*args)
        best = min(best, time.perf_counter() - start)
    return float(best) / 5 / args[0].size


def timing_points(op: str, dtype: DType) -> tuple[Array, ...]:
    low, high = INTERVALS.get(op, reference.BUSY[op][0])
    low, high = max(low, -20.0), min(high, 20.0)
    rng = np.random.default_rng(0)
    return tuple(rng.uniform(low, high, 2048).astype(dtype.numpy) for _ in range(OPERATIONS[op].arity))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("operations", nargs="*", help="all, if none is named")
    options = parser.parse_args()
    print("| function | ns | NumPy ns | libm ns |\n|---|---:|---:|---:|")
    for name in ("f64", "f32"):
        dtype = DTYPES[name]
        for op in options.operations or sorted(vecmath.functions(dtype)):
            args = timing_points(op, dtype)
            with np.errstate(all="ignore"):
                peer = peer_seconds(PEERS.get(op) or getattr(np, op), args)
            times = [seconds_per_element(op, dtype, *args), peer, libm_seconds_per_element(op, dtype, *args)]
            print(f"| {op} {name} | " + " | ".join(f"{t * 1e9:.2f}" for t in times) + " |", flush=True)


if __name__ == "__main__":
    main()
