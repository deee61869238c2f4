"""Functions of numbers, each a program of one call: NumPy's or SciPy's word, PyTorch's, where the arguments lie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

Interval = tuple[float, float]


FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[Interval, ...]]] = {
    "exp": (lambda x: np.exp(x), lambda t, x: t.exp(x), ((-5, 5),)),
    "expm1": (lambda x: np.expm1(x), lambda t, x: t.expm1(x), ((-2, 2),)),
    "log": (lambda x: np.log(x), lambda t, x: t.log(x), ((0.1, 9),)),
    "log1p": (lambda x: np.log1p(x), lambda t, x: t.log1p(x), ((-0.9, 9),)),
    "sin": (lambda x: np.sin(x), lambda t, x: t.sin(x), ((-9, 9),)),
    "cos": (lambda x: np.cos(x), lambda t, x: t.cos(x), ((-9, 9),)),
    "tan": (lambda x: np.tan(x), lambda t, x: t.tan(x), ((-9, 9),)),
    "tanh": (lambda x: np.tanh(x), lambda t, x: t.tanh(x), ((-4, 4),)),
    "sinh": (lambda x: np.sinh(x), lambda t, x: t.sinh(x), ((-4, 4),)),
    "cosh": (lambda x: np.cosh(x), lambda t, x: t.cosh(x), ((-4, 4),)),
    "power": (lambda x: x**1.7, lambda t, x: x**1.7, ((0.1, 9),)),
    "pow": (lambda x, y: x**y, lambda t, x, y: x**y, ((0.1, 9), (-4, 4))),
    "erf": (lambda x: special.erf(x), lambda t, x: t.erf(x), ((-3, 3),)),
    "sigmoid": (lambda x: special.expit(x), lambda t, x: t.sigmoid(x), ((-6, 6),)),
    "lgamma": (lambda x: special.gammaln(x), lambda t, x: t.lgamma(x), ((0.1, 20),)),
    "cbrt": (lambda x: np.cbrt(x), lambda t, x: t.sign(x) * t.abs(x) ** (1 / 3), ((-9, 9),)),
    "atan2": (lambda x, y: np.arctan2(x, y), lambda t, x, y: t.atan2(x, y), ((-3, 3), (-3, 3))),
    "sqrt": (lambda x: np.sqrt(x), lambda t, x: t.sqrt(x), ((0.1, 9),)),
    "abs": (lambda x: np.abs(x), lambda t, x: t.abs(x), ((-1, 1),)),
    "maximum": (lambda x: np.maximum(x, 0.0), lambda t, x: t.clamp(x, min=0.0), ((-1, 1),)),
}
"""By name. A power of a float32 array by a Python float is one of float32 everywhere."""
