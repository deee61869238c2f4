"""The descent: a start read off the data, then Adam (Kingma and Ba 2015) in plain NumPy around a compiled gradient."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

PERIOD = 10.0
"""Years from one peak of the hares to the next, as anyone sees in the data."""

Gradient = Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]]


class Step(NamedTuple):
    """One step of the descent: its loss, and the parameters that gave it."""

    loss: float
    p: Float[np.ndarray, "6"]


def starting_point(pelts: Float[np.ndarray, "years 2"]) -> Float[np.ndarray, "6"]:
    """Logarithms of rates and populations that have the period and the averages of the data.

    Small cycles of Lotka and Volterra's equations take 2 pi / sqrt(birth death) years, around death/gain hares and
    birth/catch lynxes. With no better knowledge birth and death start equal.
    """
    rate = 2.0 * np.pi / PERIOD
    hares, lynxes = pelts.mean(axis=0)
    start = np.array([rate, rate / lynxes, rate, rate / hares, *pelts[0]])
    return np.array(np.log(start))


def descend(
    value_and_grad: Gradient,
    p: Float[np.ndarray, "6"],
    pelts: Float[np.ndarray, "years 2"],
    steps: int,
    rate: float = 0.05,
) -> Iterator[Step]:
    """Takes ``steps`` steps of Adam with the usual moments (0.9, 0.999), yielding each point that it evaluated."""
    mean, square = np.zeros_like(p), np.zeros_like(p)
    for t in range(1, steps + 1):
        value, slope = value_and_grad(p, pelts)
        yield Step(float(value), p)
        mean = 0.9 * mean + 0.1 * slope
        square = 0.999 * square + 0.001 * slope**2
        p = p - rate * (mean / (1.0 - 0.9**t)) / (np.sqrt(square / (1.0 - 0.999**t)) + 1e-8)


def central_differences(
    function: Callable[[np.ndarray, np.ndarray], float], p: Float[np.ndarray, "6"], pelts: Float[np.ndarray, "years 2"]
) -> tuple[float, Float[np.ndarray, "6"]]:
    """Value and gradient as one gets them without a compiler: two more calls of the function for each parameter."""
    step = 1e-6 * np.eye(p.size)
    slope = [(function(p + d, pelts) - function(p - d, pelts)) / 2e-6 for d in step]
    return function(p, pelts), np.array(slope)
