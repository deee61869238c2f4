"""An LSTM cell run over a sequence, squared distance of its outputs to a target, by the weights."""

import numpy as np

from benchmarks.case import Case


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def program(w, b, xs, target):
    n = target.shape[0]
    h, c = np.zeros(n), np.zeros(n)
    total = 0.0
    for t in range(xs.shape[0]):
        z = w @ np.concatenate((xs[t], h)) + b
        c = sigmoid(z[n : 2 * n]) * c + sigmoid(z[:n]) * np.tanh(z[2 * n : 3 * n])
        h = sigmoid(z[3 * n :]) * np.tanh(c)
        total += np.sum((h - target) ** 2)
    return total


def inputs(hidden, features, steps):
    rng = np.random.default_rng(8)
    w = rng.normal(size=(4 * hidden, features + hidden)) / np.sqrt(features + hidden)
    return w, rng.normal(size=4 * hidden), rng.normal(size=(steps, features)), rng.uniform(-1, 1, hidden)


def with_jax(b, xs, target):
    import jax
    import jax.numpy as jnp

    n = target.shape[0]

    def run(w):
        def step(state, x):
            h, c = state
            z = w @ jnp.concatenate((x, h)) + b
            c = jax.nn.sigmoid(z[n : 2 * n]) * c + jax.nn.sigmoid(z[:n]) * jnp.tanh(z[2 * n : 3 * n])
            h = jax.nn.sigmoid(z[3 * n :]) * jnp.tanh(c)
            return (h, c), jnp.sum((h - target) ** 2)

        return jnp.sum(jax.lax.scan(step, (jnp.zeros(n), jnp.zeros(n)), jnp.asarray(xs))[1])

    return run


def with_torch(b, xs, target):
    import torch

    b, xs, target = torch.as_tensor(b), torch.as_tensor(xs), torch.as_tensor(target)
    n = target.shape[0]

    def run(w):
        h, c = torch.zeros(n, dtype=torch.float64), torch.zeros(n, dtype=torch.float64)
        total = torch.zeros((), dtype=torch.float64)
        for x in xs:
            z = w @ torch.cat((x, h)) + b
            c = torch.sigmoid(z[n : 2 * n]) * c + torch.sigmoid(z[:n]) * torch.tanh(z[2 * n : 3 * n])
            h = torch.sigmoid(z[3 * n :]) * torch.tanh(c)
            total = total + torch.sum((h - target) ** 2)
        return total

    return run


CASE = Case(
    title="LSTM cell over a sequence",
    program=program,
    helpers=(sigmoid,),
    inputs=inputs,
    bench=(16, 8, 500),
    quick=(4, 3, 20),
    jax=with_jax,
    torch=with_torch,
)
