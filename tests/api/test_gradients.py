"""Gradients of NumPy functions against central differences, and at the points where rules are delicate."""

import numpy as np
import pytest
from scipy import special

import tangra as tg

rng = np.random.default_rng(10)
X = rng.normal(size=(3, 4))
V = np.array([0.3, 1.7, 0.9, 2.4])
W = rng.normal(size=(3, 4))
SQUARE = rng.normal(size=(3, 3)) + 3 * np.eye(3)
INDEX = np.array([0, 2, 1, 0])

MATRIX_PROGRAMS = {
    "var": lambda x: np.var(x, axis=0, ddof=1).sum() + np.std(x) + np.std(x, axis=1).prod(),
    "mean where": lambda x: np.mean(x, axis=1, where=W < 0.5).sum() + np.sum(x**2, where=W > 0),
    "extrema": lambda x: np.max(x) * np.min(x, axis=0).sum() + np.ptp(x) + np.max(x, axis=1, initial=0.5).sum(),
    "prod": lambda x: np.prod(x, axis=1).sum() + np.prod(x[:2, :2]),
    "median": lambda x: (
        np.median(x) + np.median(x, axis=0).sum() * np.percentile(x, 30) + np.quantile(x, [0.2, 0.9]).sum()
    ),
    "average": lambda x: np.average(x, axis=1, weights=[1.0, 2.0, 3.0, 4.0]).sum() + np.average(x, weights=x**2),
    "cumulative": lambda x: (np.cumsum(x, axis=0) * W).sum() + (np.cumprod(x, axis=1) * W).sum(),
    "accumulate": lambda x: (np.maximum.accumulate(x, axis=1) * W).sum() + np.logaddexp.accumulate(x, axis=0).sum(),
    "reduce": lambda x: np.logaddexp.reduce(x, axis=None) + np.hypot.reduce(x).sum() + np.fmax.reduce(x, axis=1).prod(),
    "outer": lambda x: (np.multiply.outer(x[0], x[1]) ** 2).sum() + np.add.outer(x, x[0]).std(),
    "diff": lambda x: (np.diff(x, axis=1) ** 2).sum() + np.gradient(x[0]).prod() + np.trapezoid(x[1], x[2] ** 2),
    "where": lambda x: (
        np.where(x > 0, x**2, -x).sum() + np.clip(x, -0.5, 0.7).prod() + np.select([x > 1, x > 0], [x, x**3], 1.0).sum()
    ),
    "nan": lambda x: (
        np.nansum(np.where(x > 0, x, np.nan)) + np.nanmean(np.where(x > 0, x, np.nan)) + np.nan_to_num(x).std()
    ),
    "pad": lambda x: sum(
        (np.pad(x, 2, mode=m)[1:4, 2:7] ** 2).sum() for m in ("constant", "edge", "reflect", "symmetric", "wrap")
    ),
    "roll": lambda x: (
        (np.roll(x, 1, axis=1) * x).sum() + (np.roll(x, (1, 2), (0, 1)) * W).sum() + (np.flip(x) * x).sum()
    ),
    "repeat": lambda x: (
        (np.repeat(x, 2, axis=0)[1:4] ** 2).sum() + (np.tile(x, (2, 1)) ** 3).sum() + np.resize(x, (5, 3)).std()
    ),
    "join": lambda x: (
        (np.concatenate([x, x**2], axis=1) ** 2).sum()
        + np.stack([x, x]).std()
        + np.vstack([x[0], x]).prod(axis=0).sum()
    ),
    "take": lambda x: (
        (np.take(x, INDEX, axis=1) ** 2).sum() + np.take_along_axis(x, np.argsort(x, axis=1), axis=1)[:, 0].prod()
    ),
    "sort": lambda x: (np.sort(x, axis=1) * W).sum() + (np.sort(x, axis=None)[:3]).prod(),
    "products": lambda x: (
        (x @ x.T).std() + np.inner(x, x).prod() + np.tensordot(x, W, 2) + np.kron(x, x).std() + np.trace(x @ x.T)
    ),
    "einsum": lambda x: (
        np.einsum("ij,kj,ik->", x, x, SQUARE) + np.einsum("ii->i", x[:, :3]).prod() + np.einsum("ij->", x) ** 2
    ),
    "cross": lambda x: (np.cross(x[:, :3], W[:, :3]) ** 2).sum() + np.cross(x[0, :3], x[1, :3])[0],
    "norms": lambda x: (
        sum(np.linalg.norm(x, o) for o in (None, 1, 2, "nuc", np.inf)) + np.linalg.norm(x, 3, axis=1).sum()
    ),
    "diag": lambda x: (
        np.diag(x).prod() + np.tril(x).std() + (np.diag(x[0]) @ np.diag(x[1], 0)).sum() + np.triu(x, 1).sum()
    ),
    "covariance": lambda x: np.cov(x).std() + np.corrcoef(x)[0, 1] + np.cov(x[0], x[1])[0, 1],
    "softmax": lambda x: special.logsumexp(x) * special.softmax(x, axis=1)[0, 1] + special.logsumexp(x, axis=0).prod(),
    "put": lambda x: _written(x),
    "svd": lambda x: (
        np.linalg.svd(x, compute_uv=False).prod() + (np.linalg.pinv(x) ** 2).sum() + np.linalg.qr(x)[1][0, 1]
    ),
    "interp": lambda x: np.interp(x, np.sort(V), V**2).sum() + np.interp(0.7, np.array([0.0, 1.0]), x[0, :2]),
    "convolve": lambda x: (
        (np.convolve(x[0], x[1]) ** 2).sum() + np.correlate(x[0], x[2], "same").prod() + np.polyval(x[0], 0.7)
    ),
    "special": lambda x: (special.erf(x) * special.expit(x) + special.log_expit(x) + special.ndtr(x)).sum(),
    "gammas": lambda x: (special.gammaln(x**2 + 1) + special.digamma(x**2 + 1) + special.xlogy(x**2, x**2 + 1)).sum(),
    "ufuncs": lambda x: (
        np.hypot(x, W) + np.arctan2(x, W) + np.logaddexp(x, W) + np.sinc(x) + np.expm1(x) * np.cbrt(x)
    ).sum(),
    "modf": lambda x: (
        (np.modf(x)[0] * x).sum()
        + (np.divmod(x, 0.7)[1] * x).sum()
        + np.float_power(x, 3).sum()
        + np.unwrap(x[0] * 4).sum()
    ),
    "at": lambda x: _added(x),
    "piecewise": lambda x: np.piecewise(x, [x < 0, x >= 0], [lambda v: v**2, lambda v: 3 * v]).prod(),
    "histogram weights": lambda x: (np.histogram(W, 3, (-1.0, 1.0), weights=x)[0] ** 2).sum(),
    "bincount": lambda x: (np.bincount(INDEX, weights=x[0], minlength=4) ** 2).sum(),
    "meshgrid": lambda x: (
        (np.meshgrid(x[0], x[1])[0] * np.vander(x[0])).sum() + np.linspace(x[0, 0], x[0, 1], 5).prod()
    ),
}


def _written(x):
    y = np.zeros(12)
    np.put(y, [1, 3, 5], x[0, :3])
    z = x.copy()
    np.put_along_axis(z, np.array([[1], [0], [2]]), x[:, :1] ** 2, axis=1)
    np.fill_diagonal(z, x[0, :3])
    np.copyto(z, x**3, where=W > 0)
    return (y**2).sum() + z.prod()


def _added(x):
    y = x[0].copy()
    np.add.at(y, INDEX, x[1])
    np.maximum.at(y, INDEX, x[2])
    np.multiply.at(y, INDEX, 1.0 + x[1] ** 2)
    return (y**2).sum()


def central_differences(f, x, step=1e-6):
    result = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[at] += step
        down[at] -= step
        result[at] = (f(up) - f(down)) / (2 * step)
    return result


@pytest.mark.parametrize("name", MATRIX_PROGRAMS)
def test_gradient(name):
    f = MATRIX_PROGRAMS[name]
    np.testing.assert_allclose(tg.value_and_grad(f)(X)[0], f(X), rtol=1e-10)
    np.testing.assert_allclose(tg.grad(f)(X), central_differences(f, X), rtol=2e-5, atol=2e-7)


def test_solves():
    def f(a):
        return np.linalg.solve(a, a[0]).prod() + np.linalg.inv(a).sum() * np.linalg.det(a) + np.linalg.slogdet(a)[1]

    np.testing.assert_allclose(tg.grad(f)(SQUARE), central_differences(f, SQUARE), rtol=2e-5, atol=1e-7)

    def g(a):
        s = a @ a.T + np.eye(3)
        return np.linalg.cholesky(s).sum() + np.linalg.eigh(s)[0].prod() + np.linalg.matrix_power(a, 3).sum()

    np.testing.assert_allclose(tg.grad(g)(SQUARE), central_differences(g, SQUARE), rtol=2e-5, atol=1e-7)


def test_least_squares():
    def f(x):
        return np.linalg.lstsq(x.T, V)[0].prod() + np.polyfit(V, x[0], 2).prod()

    np.testing.assert_allclose(tg.grad(f)(X), central_differences(f, X), rtol=2e-5, atol=1e-7)


def test_finite_at_kinks():
    zero = np.zeros(3)
    assert np.array_equal(tg.grad(np.linalg.norm)(zero), zero)
    assert np.array_equal(tg.grad(lambda x: np.std(x))(np.ones(3)), zero)
    np.testing.assert_allclose(tg.grad(lambda x: special.logsumexp(x))(np.array([-np.inf, 0.0, 0.0])), [0.0, 0.5, 0.5])
    np.testing.assert_allclose(
        tg.grad(lambda x: np.where(x > 0, np.sqrt(x), 0.0).sum())(np.array([0.0, 4.0])), [0.0, 0.25]
    )
    np.testing.assert_allclose(tg.grad(lambda x: special.xlogy(x, x).sum())(np.array([1.0, 2.0])), [1.0, 1 + np.log(2)])
    np.testing.assert_allclose(tg.grad(lambda x: np.sinc(x).sum())(np.array([0.0, 1.0])), [0.0, -1.0], atol=1e-12)
