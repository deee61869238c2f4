"""A Newton solver that asks for the derivative of its argument, all of it compiled, and differentiated in turn."""

from collections.abc import Callable

import numpy as np

import tangra as tg


def root(function: Callable[[float], float], x: float) -> float:
    """A zero of ``function`` near ``x``, to 1e-12 in at most fifty steps."""
    slope = tg.grad(function)
    for _ in range(50):
        step = function(x) / slope(x)
        x -= step
        if abs(step) < 1e-12:
            break
    return x


def eccentric_anomaly(mean: float, eccentricity: float) -> float:
    """Solves Kepler's equation E - e sin E = M."""
    return root(lambda anomaly: anomaly - eccentricity * np.sin(anomaly) - mean, mean)


def main() -> None:
    mean, eccentricity = 0.7, 0.4
    anomaly, slope = tg.value_and_grad(eccentric_anomaly)(mean, eccentricity)
    print(f"E = {anomaly:.9f}, dE/dM = {slope:.9f}")
    assert np.isclose(anomaly - eccentricity * np.sin(anomaly), mean, atol=1e-12)
    assert np.isclose(slope, 1.0 / (1.0 - eccentricity * np.cos(anomaly)), rtol=1e-9)


if __name__ == "__main__":
    main()
