"""A tridiagonal system solved by Thomas's algorithm, differentiated by its diagonal."""

import numpy as np

from benchmarks.case import Case


def program(b, a, c, d):
    n = b.shape[0]
    cp = np.empty(n)
    dp = np.empty(n)
    u = np.empty(n)
    cp[0] = c[0] / b[0]
    dp[0] = d[0] / b[0]
    for i in range(1, n):
        m = b[i] - a[i] * cp[i - 1]
        cp[i] = c[i] / m
        dp[i] = (d[i] - a[i] * dp[i - 1]) / m
    u[n - 1] = dp[n - 1]
    for i in range(n - 2, -1, -1):
        u[i] = dp[i] - cp[i] * u[i + 1]
    return np.sum(u * u)


def inputs(n):
    rng = np.random.default_rng(3)
    return 4.0 + rng.uniform(size=n), rng.uniform(-1, 1, n), rng.uniform(-1, 1, n), rng.normal(size=n)


CASE = Case(title="Thomas's tridiagonal solver", program=program, inputs=inputs, bench=(50_000,), quick=(1_000,))
