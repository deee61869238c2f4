"""Densities, estimators, likelihoods, resampling with fixed indices."""

import math

import numpy as np

from .registry import program

rng = np.random.default_rng(8)
DATA = rng.normal(1.0, 2.0, size=20)


def _log_normal(x, mean, scale=1.0):
    z = (x - mean) / scale
    return -0.5 * z * z - math.log(scale) - 0.5 * math.log(2 * math.pi)


@program(np.array([0.5, 0.3]), DATA)
def normal_log_likelihood(theta, data):
    mean, log_scale = theta
    z = (data - mean) / np.exp(log_scale)
    return np.sum(-0.5 * z**2 - log_scale - 0.5 * np.log(2 * np.pi))


@program(np.array([0.4, -0.6, 0.2]), rng.normal(size=(12, 3)), rng.integers(0, 2, size=12))
def logistic_regression(w, features, labels):
    z = features @ w
    return np.mean(np.logaddexp(0, z) - labels * z) + 0.1 * w @ w


@program(np.array([0.2, 0.1]), np.arange(6.0), np.array([1, 2, 2, 4, 5, 9]))
def poisson_regression(beta, t, counts):
    rate = np.exp(beta[0] + beta[1] * t)
    factorials = np.array([math.lgamma(c + 1) for c in counts])
    return np.sum(counts * np.log(rate) - rate - factorials)


@program(rng.normal(size=(9, 3)))
def covariance_and_correlation(x):
    centred = x - x.mean(axis=0)
    cov = centred.T @ centred / (len(x) - 1)
    sd = np.sqrt(np.diag(cov))
    corr = cov / np.outer(sd, sd)
    return corr[0, 1] + cov.trace() + np.tril(corr, -1).sum() ** 2


@program(rng.normal(size=11))
def moments(x):
    z = (x - x.mean()) / x.std(ddof=1)
    skew, kurtosis = np.mean(z**3), np.mean(z**4) - 3
    return skew * kurtosis + x.var(ddof=1) + np.ptp(x)


@program(np.array([0.3, 0.7]), DATA)
def two_component_mixture(p, data):
    total = 0.0
    for x in data:
        a = math.log(0.4) + _log_normal(x, p[0])
        b = math.log(0.6) + _log_normal(x, p[1], 2.0)
        top = max(a, b)
        total += top + math.log(math.exp(a - top) + math.exp(b - top))
    return total


@program(np.array([-1.0, 1.5]), DATA, 4, rtol=1e-8)
def em_for_two_means(means, data, rounds):
    mu = means.copy()
    for _ in range(rounds):
        w = np.exp(-0.5 * (data[:, None] - mu) ** 2)
        w /= w.sum(axis=1, keepdims=True)
        mu = (w * data[:, None]).sum(axis=0) / w.sum(axis=0)
    return mu[0] * mu[1]


@program(rng.normal(size=8), rng.integers(0, 8, size=(5, 8)))
def bootstrap_with_given_indices(x, index):
    means = x[index].mean(axis=1)
    return means.std() + np.sort(means)[2]


@program(rng.normal(size=9))
def median_and_quantiles(x):
    s = np.sort(x)
    position = 0.3 * (len(s) - 1)
    k = int(position)
    quantile = s[k] + (position - k) * (s[k + 1] - s[k])
    return np.median(x) + quantile * 2 + np.quantile(x, 0.75) + np.percentile(x, 10)


@program(rng.normal(size=10), 0.5)
def kernel_density(points, bandwidth):
    grid = np.linspace(-2, 2, 5)
    z = (grid[:, None] - points[None, :]) / bandwidth
    return np.log(np.exp(-0.5 * z * z).mean(axis=1)).sum()


@program(np.array([0.6, 0.3]), np.array([0, 0, 1, 0, 1, 1, 1, 0]))
def hidden_markov_forward(p, seen):
    stay, emit = p
    move = np.array([[stay, 1 - stay], [1 - stay, stay]])
    shows = np.array([[emit, 1 - emit], [1 - emit, emit]])
    alpha, log_total = np.array([0.5, 0.5]), 0.0
    for s in seen:
        alpha = (alpha @ move) * shows[:, s]
        norm = alpha.sum()
        log_total += np.log(norm)
        alpha /= norm
    return log_total


@program(np.array([0.8, 0.3, 0.5]), DATA)
def kalman_filter_likelihood(p, data):
    a, q, r = p
    mean, var, total = 0.0, 1.0, 0.0
    for y in data:
        mean, var = a * mean, a * a * var + q
        s = var + r
        gain = var / s
        total += -0.5 * (math.log(2 * math.pi * s) + (y - mean) ** 2 / s)
        mean += gain * (y - mean)
        var *= 1 - gain
    return total


@program(np.array([0.3, 0.2]), DATA)
def autoregression_residuals(phi, x):
    fitted = phi[0] * x[1:-1] + phi[1] * x[:-2]
    residual = x[2:] - fitted
    return residual @ residual / residual.size


@program(rng.normal(size=(3, 4)))
def softmax_entropy(logits):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return -np.mean(np.sum(p * np.log(p), axis=-1))


@program(np.array([0.3, 0.7, 1.1]), 200, 7)
def monte_carlo_with_own_generator(p, n, seed):
    state, total = seed, 0.0
    for _ in range(n):
        state = (state * 1103515245 + 12345) % 2147483648
        u = state / 2147483648
        total += p[0] * u + p[1] * u**2 - np.exp(-p[2] * u)
    return total / n


@program(rng.normal(size=6), rng.normal(size=6))
def rank_correlation(x, y):
    ranks_x, ranks_y = np.argsort(np.argsort(x)), np.argsort(np.argsort(y))
    gap = ranks_x - ranks_y
    rho = 1 - 6 * np.sum(gap**2) / (6 * 35)
    return rho * x[0] + (x * ranks_y).sum()


@program(np.array([1.2, 0.8]))
def dirichlet_normaliser(alpha):
    total = math.lgamma(alpha.sum())
    for a in alpha:
        total -= math.lgamma(a)
    return total


@program(np.array([0.5, 1.0]), rng.normal(size=6), rng.normal(size=6), rtol=1e-8)
def gaussian_process_likelihood(theta, x, y):
    k = theta[1] * np.exp(-0.5 * (x[:, None] - x) ** 2 / theta[0] ** 2) + 0.1 * np.eye(6)
    low = np.linalg.cholesky(k)
    half = np.linalg.solve(low, y)
    return -0.5 * half @ half - np.log(np.diag(low)).sum()
