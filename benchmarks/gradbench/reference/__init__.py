"""Every value and derivative of the suite by another route: closed forms, hand-written adjoints, complex steps.

The suite accepts differences of 1e-4, absolute for small numbers. Here each number is compared with a reference to
1e-8 of its size (plus 1e-4 of the largest in its array, since rounding is of that one's size). Each module of this
package has `REFERENCES`: the eval's functions by name, each as a function from the eval's input to the right output.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import Json

TOLERANCE = 1e-8
SMALL = 1e-4
"""The part of an array's largest entry that is added to every entry's size."""

References = Mapping[str, Callable[[Any], Any]]


def relative_error(expected: Any, actual: Any) -> float:
    """The largest relative error of numbers in dicts, arrays or nested lists; infinite where the structure differs."""
    if isinstance(expected, dict):
        if not isinstance(actual, dict) or expected.keys() != actual.keys():
            return np.inf
        return max(relative_error(part, actual[key]) for key, part in expected.items())
    wanted, got = np.asarray(expected, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    if wanted.shape != got.shape:
        return np.inf
    if np.array_equal(wanted, got):
        return 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.abs(wanted)
        errors = np.abs(got - wanted) / (size + SMALL * np.max(size))
    return float(np.nan_to_num(np.max(errors), nan=np.inf, posinf=np.inf))


def error_of(module: str, function: str, data: Json, output: Json) -> float:
    """The error of what a function of an eval's module answered to an input, against the reference."""
    references: References = importlib.import_module(f"{__name__}.{module}").REFERENCES
    return relative_error(references[function](data), output)
