"""A small network fitted to a curve. Its parameters are a dataclass, and so is their gradient."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

import tangra as tg


@dataclass
class Network:
    """One hidden layer."""

    inner: Float[np.ndarray, "1 hidden"]
    shift: Float[np.ndarray, " hidden"]
    outer: Float[np.ndarray, " hidden"]

    def __call__(self, x: Float[np.ndarray, "n 1"]) -> Float[np.ndarray, " n"]:
        return np.tanh(x @ self.inner + self.shift) @ self.outer


def error(network: Network, x: Float[np.ndarray, "n 1"], y: Float[np.ndarray, " n"]) -> float:
    """Mean squared error over the points."""
    return np.mean((network(x) - y) ** 2)


def main() -> None:
    rng = np.random.default_rng(0)
    x = np.linspace(-2.0, 2.0, 64)[:, None]
    y = np.sin(2.0 * x[:, 0])
    network = Network(rng.normal(size=(1, 16)), rng.normal(size=16), 0.1 * rng.normal(size=16))
    value_and_grad = tg.value_and_grad(error)
    first, _ = value_and_grad(network, x, y)
    for _ in range(2000):
        value, slope = value_and_grad(network, x, y)
        network = replace(
            network,
            inner=network.inner - 0.1 * slope.inner,
            shift=network.shift - 0.1 * slope.shift,
            outer=network.outer - 0.1 * slope.outer,
        )
    print(f"mean squared error {first:.3f} at first, {value:.4f} after 2000 steps")
    assert isinstance(slope, Network)
    assert value < 0.05 * first


if __name__ == "__main__":
    main()
