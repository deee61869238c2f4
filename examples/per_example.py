"""One gradient for each row, with a loop that takes as many trips as the row needs."""

import numpy as np
from jaxtyping import Float

import tangra as tg


def settled(w: Float[np.ndarray, "3"], x: Float[np.ndarray, "3"]) -> float:
    """Halves the distance to a target until it is small, and returns where that ends."""
    y = np.sum(x)
    target = w @ x
    while abs(y - target) > 0.1:
        y = 0.5 * (y + target)
    return y


def main() -> None:
    rng = np.random.default_rng(1)
    w, rows = rng.normal(size=3), 10.0 * rng.normal(size=(6, 3))
    slopes = tg.vmap(tg.grad(settled), in_axes=(None, 0))(w, rows)
    print(f"gradients of six rows: {slopes.shape}; the largest component is {np.abs(slopes).max():.3f}")
    one_by_one = np.stack([tg.grad(settled)(w, row) for row in rows])
    assert np.allclose(slopes, one_by_one, rtol=1e-12)


if __name__ == "__main__":
    main()
