"""Leaky integrate-and-fire neuron with adaptation: branches on state, an int counted beside floats."""

import numpy as np

from benchmarks.case import Case


def program(p, steps):
    drive, leak, jump = p[0], p[1], p[2]
    v, w, trace, spikes = 0.0, 0.0, 0.0, 0
    for t in range(steps):
        v += 0.05 * (drive - leak * v - w)
        w *= 0.98
        trace *= 0.99
        if v > 1.0:
            v = 0.1 * v
            w += jump
            trace += drive
            spikes += 1
        elif spikes > 4 and t % 7 == 0:
            trace -= 0.01 * v
    return trace + v + 0.001 * spikes


def inputs(steps):
    return np.array([1.7, 0.8, 0.05]), steps


CASE = Case(title="spiking neuron with adaptation", program=program, inputs=inputs, bench=(200_000,), quick=(3_000,))
