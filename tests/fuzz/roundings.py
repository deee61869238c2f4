"""CPython with other roundings: NumPy's and math's functions, whose last bits are nobody's promise, are off by one.

What hangs on such a bit, as the order of two saturated `tanh`s, is not seen by changing arguments a little.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

FUNCTIONS = frozenset(
    "sin cos tan arcsin arccos arctan arctan2 asin acos atan atan2 sinh cosh tanh exp exp2 expm1 log log2 log10 log1p "
    "sqrt cbrt hypot pow power logaddexp sum mean var std prod dot vdot inner outer matmul einsum tensordot trapezoid "
    "cumsum cumprod convolve interp average fsum erf gamma lgamma".split()
)
ULP = 1.2e-16


class _Rounding:
    """A module, or one of its functions, that gives floats which are off by at most a unit in the last place."""

    def __init__(self, what: Any, rng: np.random.Generator) -> None:
        self._what, self._rng = what, rng

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._what, name)
        return _Rounding(found, self._rng) if name in FUNCTIONS else found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self._what(*args, **kwargs)
        if kwargs.get("out") is not None:
            return result
        if isinstance(result, float) and not isinstance(result, np.floating):
            return result * (1.0 + ULP * float(self._rng.choice([-1, 0, 1])))
        if not isinstance(result, (np.floating, np.ndarray)) or result.dtype.kind != "f":
            return result
        unit = ULP if result.dtype == np.float64 else float(np.finfo(result.dtype).eps)
        moved = result * (1.0 + unit * self._rng.choice([-1, 0, 1], size=np.shape(result)))
        return result.dtype.type(moved) if isinstance(result, np.floating) else moved.astype(result.dtype)


@contextmanager
def other_roundings(function: Callable[..., Any], rng: np.random.Generator) -> Iterator[None]:
    """While it lasts, the program of a function computes with other roundings."""
    names = function.__globals__
    before = {name: names[name] for name in ("np", "math") if names.get(name) in (np, math)}
    names.update({name: _Rounding(module, rng) for name, module in before.items()})
    try:
        yield
    finally:
        names.update(before)
