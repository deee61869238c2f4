"""Order statistics, NaN reductions, covariances, histograms, signals and polynomials against NumPy."""

import numpy as np
import pytest
from scipy import special

from .checks import check, raises, refused

rng = np.random.default_rng(9)
M = rng.normal(size=(5, 4))
HOLES = np.where(rng.random((5, 4)) < 0.3, np.nan, M)


def test_medians_and_quantiles():
    check(
        lambda np, x: (
            np.median(x),
            np.median(x, axis=0),
            np.median(x, axis=1, keepdims=True),
            np.median(x, axis=(0, 1)),
            np.median(x[0, :3]),
        ),
        M,
    )
    check(
        lambda np, x: (
            np.percentile(x, 30),
            np.percentile(x, [10, 50, 90], axis=0),
            np.quantile(x, 0.25, axis=1, keepdims=True),
        ),
        M,
    )
    check(
        lambda np, x: [
            np.quantile(x, 0.37, axis=0, method=m) for m in ("linear", "lower", "higher", "nearest", "midpoint")
        ],
        M,
    )
    check(lambda np, x: (np.quantile(x, [[0.0, 0.5], [0.25, 1.0]]), np.percentile(x, 50), np.median(x)), np.arange(6))
    check(lambda np, x: (np.median(x), np.quantile(x, 0.5), np.median(x, axis=0)), HOLES)
    check(lambda np, x, q: np.quantile(x, q), M, 0.7)
    raises(ValueError, lambda np, x, q: np.quantile(x, q), M, 1.5)
    refused(lambda np, x: np.quantile(x, 0.5, method="weibull"), M, match="weibull")


def test_nan_reductions():
    def program(np, x):
        return (
            np.nansum(x),
            np.nansum(x, axis=0),
            np.nanmean(x, axis=1),
            np.nanmax(x, axis=0),
            np.nanmin(x),
            np.nanstd(x),
            np.nanvar(x, axis=0, ddof=1),
            np.nanprod(x, axis=1),
            np.nanmedian(x, axis=0),
            np.nanmedian(x),
            np.nanquantile(x, 0.3, axis=1),
            np.nanpercentile(x, [20, 80]),
        )

    check(program, HOLES)
    check(
        lambda np, x: (np.nanargmax(x, axis=1), np.nanargmin(x), np.nanmean(x, keepdims=True)),
        np.where(np.isnan(HOLES), 0, HOLES),
    )
    check(lambda np, x: (np.nansum(x), np.nanmax(x), np.nanmean(x), np.nanargmax(x), np.nanstd(x)), np.arange(4))
    check(
        lambda np, x: (np.nanmax(x, axis=1), np.nanmean(x, axis=1), np.nanmedian(x, axis=1), np.nanvar(x, axis=1)),
        np.array([[np.nan, np.nan], [1.0, 2.0]]),
    )
    raises(ValueError, lambda np, x: np.nanargmax(x), np.array([np.nan]))


def test_average():
    check(
        lambda np, x, w: (
            np.average(x),
            np.average(x, axis=0),
            np.average(x, axis=1, weights=w),
            np.average(x, weights=x**2),
            np.average(x, axis=1, weights=w, returned=True),
            np.average(x, returned=True),
        ),
        M,
        np.array([1, 2, 3, 4]),
    )
    raises(ZeroDivisionError, lambda np, x: np.average(x, weights=x), np.array([1.0, -1.0]))


def test_covariance():
    check(
        lambda np, x, y: (
            np.cov(x),
            np.cov(x, rowvar=False),
            np.cov(x[0]),
            np.cov(x[0], y),
            np.cov(x, bias=True),
            np.cov(x, ddof=0),
        ),
        M,
        rng.normal(size=4),
    )
    check(
        lambda np, x, y: (np.corrcoef(x), np.corrcoef(x[0], y), np.corrcoef(x, rowvar=False), np.corrcoef(x[0])),
        M,
        rng.normal(size=4),
    )


def test_counts():
    i = np.array([0, 2, 2, 5])
    check(
        lambda np, i, w: (np.bincount(i, minlength=6), np.bincount(i, weights=w, minlength=8)),
        i,
        np.array([1.0, 2.0, 3.0, 4.0]),
    )
    refused(lambda np, i: np.bincount(i), i, match="minlength")
    check(
        lambda np, x: (
            np.histogram(x, bins=5, range=(-1, 1)),
            np.histogram(x, bins=[-1.0, 0.0, 0.5, 2.0]),
            np.histogram(x),
        ),
        M,
    )
    check(
        lambda np, x, w: (np.histogram(x, 4, (-2.0, 2.0), density=True), np.histogram(x, 4, (-2, 2), weights=w)),
        M,
        np.abs(M),
    )
    check(lambda np, x: (np.histogram(x, 4, (0, 4)), np.histogram_bin_edges(x, 3, (0, 1))), np.arange(6))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolution(mode):
    a, v, even = rng.normal(size=7), rng.normal(size=3), rng.normal(size=4)
    for x, y in ((a, v), (v, a), (a, even), (even, a), (v, v), (a, np.ones(1))):
        check(lambda np, x, y: (np.convolve(x, y, mode), np.correlate(x, y, mode)), x, y, symbolic=False)
    check(lambda np, x: (np.convolve(x, [1, 2, 1], mode), np.correlate(x, x, mode)), np.arange(5), symbolic=False)
    check(lambda np, x, y: np.convolve(x, y), a, v)


def test_interp():
    xp, fp = np.array([0.0, 1.0, 2.5, 4.0]), np.array([1.0, 3.0, -1.0, 2.0])
    x = np.array([-1.0, 0.0, 0.5, 1.0, 2.0, 4.0, 5.0, np.nan])
    check(
        lambda np, x, xp, fp: (
            np.interp(x, xp, fp),
            np.interp(x, xp, fp, left=-9.0, right=9.0),
            np.interp(1.7, xp, fp),
            np.interp(2, [1, 3], [0, 1]),
        ),
        x,
        xp,
        fp,
    )
    check(lambda np, x: np.interp(x, [1.0], [5.0]), x)
    check(lambda np, x: np.interp(x, [1.0, 7.5, -2.0], [5.0, 2.0, 1.0], left=9, period=3), x)
    check(lambda np, x: np.interp(x, [1.0], [5.0], period=-3), x)


def test_polynomials():
    p = np.array([1.0, -2.0, 3.0])
    check(
        lambda np, p, x: (
            np.polyval([1, 2, 3], x),
            np.polyder(p),
            np.polyder(p, 2),
            np.polyint(p),
            np.polymul(p, [1, 1]),
            np.polyadd(p, [1, 1]),
            np.polysub([2], p),
        ),
        p,
        M,
    )
    check(lambda np, p: (np.polyval(p, 2.0), np.polyval(p, np.arange(3))), p, symbolic=False)
    x = np.linspace(0, 1, 8)
    check(lambda np, x, y: (np.polyfit(x, y, 2), np.polyfit(x, y, 1, w=x + 1)), x, np.sin(x), rtol=1e-9)


def test_apply_along_axis():
    check(
        lambda np, x: (
            np.apply_along_axis(lambda r: np.sum(r * r), 1, x),
            np.apply_along_axis(lambda r: r - np.mean(r), 0, x),
        ),
        M,
        symbolic=False,
    )


X = np.array([-3.0, -1.5, -0.2, 0.0, 0.3, 1.0, 2.5, 30.0, np.inf, np.nan])
SPECIAL = [
    "erf",
    "erfc",
    "gammaln",
    "digamma",
    "expit",
    "log_expit",
    "entr",
    "ndtr",
    "exprel",
    "exp10",
    "cbrt",
    "gamma",
]


@pytest.mark.parametrize("name", SPECIAL)
def test_special_functions(name):
    check(_special(name), X, rtol=1e-11)
    check(_special(name), np.array([1, 2, 3]), rtol=1e-11)


def _special(name, *extra):
    def program(module, *xs):
        return module.special(name)(*xs, *extra) if hasattr(module, "proxies") else getattr(special, name)(*xs, *extra)

    return program


@pytest.mark.parametrize("name", ["xlogy", "xlog1py", "rel_entr", "kl_div", "betaln", "beta", "huber", "pseudo_huber"])
def test_special_functions_of_two(name):
    check(_special(name), np.array([0.0, 0.5, 1.0, 2.0]), np.array([1.5, 0.0, 0.5, 3.0]), rtol=1e-11)


def test_logsumexp_and_softmax():
    check(_special("logsumexp"), M, rtol=1e-11)
    check(_special("logsumexp", 0), M, rtol=1e-11)
    check(_special("softmax", 1), M, rtol=1e-11)
    check(_special("log_softmax", 1), M, rtol=1e-11)
    check(_special("logsumexp"), np.array([-np.inf, 1000.0, 1000.0]), rtol=1e-11)
