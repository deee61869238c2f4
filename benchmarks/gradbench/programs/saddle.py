"""A saddle point by nested descents: min over x of max over y of (x₁² + x₂²) − (y₁² + y₂²).

The cost that the outer descent differentiates is itself the result of a descent with derivatives. Four variants:
forward or reverse mode, outside and inside.
"""

# NumPy types what its operators and reductions return as Any.
# mypy: disable-error-code="no-any-return"

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

import tangra as tg
from benchmarks.gradbench.programs.descent import Derivative, ascend, descend
from benchmarks.gradbench.protocol import Function, Functions, Json, numbers


def saddle(x: Float[np.ndarray, "2"], y: Float[np.ndarray, "2"]) -> np.float64:
    """The function whose saddle point is sought."""
    return np.sum(x * x) - np.sum(y * y)


def solver(outer: Derivative, inner: Derivative) -> Callable[[Float[np.ndarray, "2"]], Float[np.ndarray, "4"]]:
    """The search with the derivatives given for the minimum (outer) and for the maximum (inner)."""

    def solve(start: Float[np.ndarray, "2"]) -> Float[np.ndarray, "4"]:
        def best_answer(x: Float[np.ndarray, "2"]) -> Float[np.ndarray, "2"]:
            return ascend(lambda y: saddle(x, y), inner, start)

        x = descend(lambda x: saddle(x, best_answer(x)), outer, start)
        return np.concatenate((x, best_answer(x)))

    return solve


SOLVERS = {
    "ff": tg.jit(solver(tg.jacfwd, tg.jacfwd)),
    "fr": tg.jit(solver(tg.jacfwd, tg.grad)),
    "rf": tg.jit(solver(tg.grad, tg.jacfwd)),
    "rr": tg.jit(solver(tg.grad, tg.grad)),
}


def prepare(mode: str, data: Json) -> partial[Any]:
    """The search from the eval's starting point in the modes named: minimum first, maximum second."""
    return partial(SOLVERS[mode], np.array(data["start"], dtype=np.float64))


FUNCTIONS: Functions = {mode: Function(partial(prepare, mode), numbers) for mode in SOLVERS}
