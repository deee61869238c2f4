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


CASE = Case(title="American put, binomial lattice", program=program, inputs=inputs, bench=(600,), quick=(50,))
