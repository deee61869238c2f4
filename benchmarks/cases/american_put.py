"""An American put on a binomial lattice (Cox, Ross and Rubinstein 1979), by spot, strike, volatility and rate."""

import math

import numpy as np

from benchmarks.case import Case


def program(p, steps):
    spot, strike, vol, rate = p[0], p[1], p[2], p[3]
    dt = 1.0 / steps
    up = math.exp(vol * math.sqrt(dt))
    down = 1.0 / up
    q = (math.exp(rate * dt) - down) / (up - down)
    disc = math.exp(-rate * dt)
    payoff = np.empty(2 * steps + 1)
    for i in range(2 * steps + 1):
        payoff[i] = max(strike - spot * up ** (i - steps), 0.0)
    v = np.empty(steps + 1)
    for i in range(steps + 1):
        v[i] = payoff[2 * i]
    for k in range(steps - 1, -1, -1):
        for i in range(k + 1):
            hold = disc * (q * v[i + 1] + (1.0 - q) * v[i])
            v[i] = max(hold, payoff[2 * i - k + steps])
    return v[0]


def inputs(steps):
    return np.array([100.0, 95.0, 0.25, 0.03]), steps


def with_jax(steps):
    import jax
    import jax.numpy as jnp

    places = 2 * jnp.arange(steps + 1)

    def run(p):
        spot, strike, vol, rate = p[0], p[1], p[2], p[3]
        dt = 1.0 / steps
        up = jnp.exp(vol * math.sqrt(dt))
        down = 1.0 / up
        q = (jnp.exp(rate * dt) - down) / (up - down)
        disc = jnp.exp(-rate * dt)
        payoff = jnp.maximum(strike - spot * up ** jnp.arange(-steps, steps + 1), 0.0)

        def step(v, early):
            hold = disc * (q * v[1:] + (1.0 - q) * v[:-1])
            # as wide in every step; what lies behind the lattice's edge never comes inside
            return jnp.append(jnp.maximum(hold, payoff[places[:-1] + early]), v[-1]), None

        return jax.lax.scan(step, payoff[places], jnp.arange(1, steps + 1))[0][0]

    return run


def with_torch(steps):
    import torch

    powers = torch.arange(-steps, steps + 1)

    def run(p):
        spot, strike, vol, rate = p[0], p[1], p[2], p[3]
        dt = 1.0 / steps
        up = torch.exp(vol * math.sqrt(dt))
        down = 1.0 / up
        q = (torch.exp(rate * dt) - down) / (up - down)
        disc = torch.exp(-rate * dt)
        payoff = torch.relu(strike - spot * up**powers)
        v = payoff[::2]
        for k in range(steps - 1, -1, -1):
            hold = disc * (q * v[1:] + (1.0 - q) * v[:-1])
            v = torch.maximum(hold, payoff[steps - k : steps + k + 1 : 2])
        return v[0]

    return run


CASE = Case(
    title="American put, binomial lattice",
    program=program,
    inputs=inputs,
    bench=(600,),
    quick=(50,),
    jax=with_jax,
    torch=with_torch,
)
