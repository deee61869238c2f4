"""How far a damped pendulum swings, and how that depends on its length, damping and start.

The function is plain NumPy with a loop that stops early. It runs uncompiled, compiled, and differentiated.
"""

import numpy as np
from jaxtyping import Float

import tangra as tg


def highest_return(p: Float[np.ndarray, "3"], dt: float, steps: int) -> float:
    """The angle (rad) of the first return, for length (m), damping (1/s) and starting angle (rad) in ``p``."""
    length, damping, angle = p
    speed = 0.0
    for _ in range(steps):
        before = speed
        speed += dt * (-9.81 / length * np.sin(angle) - damping * speed)
        angle += dt * speed
        if before > 0.0 and speed <= 0.0:
            break
    return angle


def main() -> None:
    p = np.array([1.2, 0.15, 0.8])
    plain = highest_return(p, 1e-4, 100_000)
    value, slope = tg.value_and_grad(highest_return)(p, 1e-4, 100_000)
    print(f"returns to {value:.4f} rad; by length {slope[0]:.4f}, by damping {slope[1]:.4f}, by start {slope[2]:.4f}")
    assert np.isclose(value, plain, rtol=1e-9)
    moved = [highest_return(p + d, 1e-4, 100_000) - highest_return(p - d, 1e-4, 100_000) for d in 1e-5 * np.eye(3)]
    assert np.allclose(slope, np.array(moved) / 2e-5, rtol=1e-4, atol=1e-6)


if __name__ == "__main__":
    main()
