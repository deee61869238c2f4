"""Soft dynamic time warping between two series (Cuturi and Blondel 2017), smoothing 1."""

import math

import numpy as np

from benchmarks.case import Case


def program(x, y):
    n, m = x.shape[0], y.shape[0]
    r = np.full((n + 1, m + 1), 1e6)
    r[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            a, b, c = -r[i - 1, j - 1], -r[i - 1, j], -r[i, j - 1]
            top = max(a, b, c)
            soft = -(math.log(math.exp(a - top) + math.exp(b - top) + math.exp(c - top)) + top)
            r[i, j] = (x[i - 1] - y[j - 1]) ** 2 + soft
    return r[n, m]


def inputs(n, m):
    rng = np.random.default_rng(5)
    return rng.normal(size=n), rng.normal(size=m)


CASE = Case(title="soft-DTW of two series", program=program, inputs=inputs, bench=(200, 180), quick=(20, 17))
