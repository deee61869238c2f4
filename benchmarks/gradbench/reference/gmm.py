"""The log posterior from the densities' own definitions, and its gradient by responsibilities."""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import logsumexp, multigammaln, softmax

from benchmarks.gradbench.protocol import Json
from benchmarks.gradbench.reference import References


class Parts(NamedTuple):
    """The input's arrays, the factors Q, and for every point and component the centred and the whitened point."""

    alpha: Any
    factors: Any
    centred: Any
    whitened: Any
    log_determinants: Any
    m: int
    gamma: float


def parts(data: Json) -> Parts:
    """What value and gradient share."""
    k, d = data["k"], data["d"]
    mu, q = (np.array(data[name], dtype=np.float64).reshape(k, d) for name in ("mu", "q"))
    below = np.array(data["l"], dtype=np.float64).reshape(k, -1)
    columns, rows = np.triu_indices(d, 1)
    factors = np.zeros((k, d, d))
    factors[:, rows, columns] = below
    factors[:, np.arange(d), np.arange(d)] = np.exp(q)
    centred = np.array(data["x"], dtype=np.float64).reshape(-1, 1, d) - mu
    whitened = np.einsum("kij,nkj->nki", factors, centred)
    log_determinants = np.sum(q, axis=1)
    return Parts(np.array(data["alpha"]), factors, centred, whitened, log_determinants, data["m"], data["gamma"])


def log_joint(p: Parts) -> Any:
    """The logarithm of each component's share and density at each point."""
    d = p.factors.shape[-1]
    share = p.alpha - logsumexp(p.alpha)
    return share - 0.5 * d * np.log(2.0 * np.pi) + p.log_determinants - 0.5 * np.sum(p.whitened**2, axis=2)


def objective(data: Json) -> Any:
    """The log likelihood plus the log density of the Wishart priors with scale 1/gamma² I."""
    p = parts(data)
    k, d, _ = p.factors.shape
    n = d + p.m + 1
    log_scale = -2.0 * d * np.log(p.gamma)
    precisions = np.einsum("kji,kjl->kil", p.factors, p.factors)
    traces = p.gamma**2 * np.trace(precisions, axis1=1, axis2=2)
    density = (n - d - 1) * p.log_determinants - 0.5 * traces
    constant = 0.5 * n * d * np.log(2.0) + 0.5 * n * log_scale + multigammaln(0.5 * n, d)
    return np.sum(logsumexp(log_joint(p), axis=1)) + np.sum(density) - k * constant


def gradient(data: Json) -> Json:
    """The gradient in all four independent variables."""
    p = parts(data)
    d = p.factors.shape[-1]
    responsible = softmax(log_joint(p), axis=1)
    held = np.sum(responsible, axis=0)
    by_factor = -np.einsum("nk,nki,nkj->kij", responsible, p.whitened, p.centred) - p.gamma**2 * p.factors
    diagonal = np.einsum("kii->ki", p.factors)
    columns, rows = np.triu_indices(d, 1)
    return {
        "alpha": held - np.sum(held) * softmax(p.alpha),
        "mu": np.einsum("nk,kij,nki->kj", responsible, p.factors, p.whitened, optimize=True),
        "q": held[:, None] + p.m + np.einsum("kii->ki", by_factor) * diagonal,
        "l": by_factor[:, rows, columns],
    }


REFERENCES: References = {"objective": objective, "jacobian": gradient}
