"""Forward algorithm of a hidden Markov model, scaled; negative log likelihood by the transition logits."""

import math

import numpy as np

from benchmarks.case import Case


def program(logits, emission, seen):
    k = logits.shape[0]
    trans = np.exp(logits)
    for i in range(k):
        trans[i] /= trans[i].sum()
    alpha = np.full(k, 1.0 / k)
    total = 0.0
    for t in range(seen.shape[0]):
        alpha = (alpha @ trans) * emission[:, seen[t]]
        scale = alpha.sum()
        total += math.log(scale)
        alpha = alpha / scale
    return -total


def inputs(states, symbols, steps):
    rng = np.random.default_rng(6)
    emission = rng.uniform(0.1, 1.0, (states, symbols))
    emission /= emission.sum(axis=1, keepdims=True)
    return rng.normal(size=(states, states)), emission, rng.integers(0, symbols, steps)


def with_jax(emission, seen):
    import jax
    import jax.numpy as jnp

    columns = jnp.asarray(emission.T[seen])

    def run(logits):
        trans = jax.nn.softmax(logits, axis=1)

        def step(alpha, column):
            alpha = (alpha @ trans) * column
            scale = jnp.sum(alpha)
            return alpha / scale, jnp.log(scale)

        start = jnp.full(logits.shape[0], 1.0 / logits.shape[0])
        return -jnp.sum(jax.lax.scan(step, start, columns)[1])

    return run


def with_torch(emission, seen):
    import torch

    columns = torch.as_tensor(emission.T[seen])

    def run(logits):
        trans = torch.softmax(logits, dim=1)
        k = logits.shape[0]
        alpha = torch.full((k,), 1.0 / k, dtype=torch.float64)
        total = torch.zeros((), dtype=torch.float64)
        for column in columns:
            alpha = (alpha @ trans) * column
            scale = alpha.sum()
            total = total + torch.log(scale)
            alpha = alpha / scale
        return -total

    return run


CASE = Case(
    title="hidden Markov model, forward algorithm",
    program=program,
    inputs=inputs,
    bench=(8, 12, 5_000),
    quick=(4, 5, 200),
    jax=with_jax,
    torch=with_torch,
)
