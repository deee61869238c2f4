"""The suite's gradient descent on points as tuples, with derivatives that the caller has in closed form."""

import math
from collections.abc import Callable

Point = tuple[float, ...]


def minimum(cost: Callable[[Point], float], gradient: Callable[[Point], Point], start: Point) -> Point:
    """Where step or slope gets shorter than 1e-5; the rate doubles after ten successes and halves after a failure."""
    point, value, rate, successes = start, cost(start), 1e-5, 0
    while math.hypot(*(slope := gradient(point))) > 1e-5:
        if successes == 10:
            rate, successes = 2.0 * rate, 0
        tried = tuple(x - rate * g for x, g in zip(point, slope, strict=True))
        if math.dist(point, tried) <= 1e-5:
            return point
        if (found := cost(tried)) < value:
            point, value, successes = tried, found, successes + 1
        else:
            rate, successes = 0.5 * rate, 0
    return point
