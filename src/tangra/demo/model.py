"""The predator and prey of Lotka (1925) and Volterra (1926), integrated by the classical Runge-Kutta method.

Everything here is plain NumPy: call it, print in it, step through it in a debugger. The demo hands `loss` to
``tangra.value_and_grad`` as it stands.
"""

import numpy as np
from jaxtyping import Float

SUBSTEPS = 10
"""Runge-Kutta steps from one row of a simulation to the next."""


def rates(y: Float[np.ndarray, "2"], theta: Float[np.ndarray, "4"]) -> Float[np.ndarray, "2"]:
    """How fast hares and lynxes grow, in thousands of pelts a year.

    ``theta`` holds the birth rate of hares, how often a lynx catches one, the death rate of lynxes, and what they gain.
    """
    hares, lynxes = y
    birth, catch, death, gain = theta
    return np.array([birth * hares - catch * hares * lynxes, gain * hares * lynxes - death * lynxes])


def simulate(
    theta: Float[np.ndarray, "4"], y0: Float[np.ndarray, "2"], rows: int, spacing: float
) -> Float[np.ndarray, "rows 2"]:
    """The populations at ``rows`` times, ``spacing`` years apart, the first being ``y0`` itself."""
    h = spacing / SUBSTEPS
    y = y0.copy()
    out = np.empty((rows, 2))
    out[0] = y
    for i in range(1, rows):
        for _ in range(SUBSTEPS):
            k1 = rates(y, theta)
            k2 = rates(y + 0.5 * h * k1, theta)
            k3 = rates(y + 0.5 * h * k2, theta)
            k4 = rates(y + h * k3, theta)
            y += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        out[i] = y
    return out


def loss(p: Float[np.ndarray, "6"], pelts: Float[np.ndarray, "years 2"]) -> float:
    """Mean squared error of the logarithms of the populations.

    ``p`` holds the logarithms of the four rates and of the two populations in the first year, so all six stay positive.
    """
    q = np.exp(p)
    fitted = simulate(q[:4], q[4:], pelts.shape[0], 1.0)
    return float(np.mean((np.log(fitted) - np.log(pelts)) ** 2))
