"""Reductions over axes, with keepdims, where, initial and dtype; cumulative sums; means, deviations, extremes."""

import numpy as np

from .registry import program

rng = np.random.default_rng(12)


@program(rng.normal(size=(3, 4, 5)))
def sums_over_axes(x):
    a = x.sum(axis=0) * x.sum(axis=-1, keepdims=True)[0]
    b = np.sum(x, axis=(0, 2)) @ np.arange(4.0)
    c = x.sum((0, 1, 2)) + np.sum(x, axis=None, keepdims=True)[0, 0, 0]
    return a.sum() + b * c + x.sum(axis=()).shape[2]


@program(rng.normal(size=(3, 4)))
def products_and_extremes(x):
    a = x.prod(axis=1).sum() + np.prod(x) + x.max(axis=0).sum() * x.min(axis=1)[2]
    return a + np.max(x) * np.amin(x, axis=(0, 1)) + x.max(axis=1, keepdims=True).shape[1] + np.ptp(x, axis=0)[1]


@program(np.array([[1.0, 0.0, 2.0], [3.0, 4.0, 5.0]]))
def product_through_zero(x):
    return x[0].prod() + np.prod(x, axis=1)[1] + x.prod(axis=0).sum()


@program(rng.normal(size=(3, 4)))
def where_and_initial(x):
    mask = x > 0
    a = np.sum(x, where=mask) + x.sum(axis=0, where=mask, initial=2.0).prod()
    b = np.max(x, axis=1, initial=0.1, where=mask).sum() + np.min(x, initial=-0.3)
    return (
        a + b + np.mean(x, where=mask) + np.prod(x, axis=0, initial=2.0).sum() + np.mean(x, axis=0, where=x > -9).sum()
    )


@program(rng.normal(size=(4, 5)))
def means_and_deviations(x):
    a = x.mean() + x.mean(axis=0)[1] * np.mean(x, axis=1, keepdims=True)[2, 0]
    b = x.var(axis=0).sum() + x.std(axis=1, ddof=1).prod() + np.var(x, ddof=1) + np.std(x, axis=0, keepdims=True).max()
    return a + b + np.average(x, axis=0, weights=[1.0, 2.0, 3.0, 4.0])[1] + np.median(x, axis=1).sum()


@program(rng.normal(size=(3, 4)))
def cumulative(x):
    a = np.cumsum(x, axis=0) * np.cumprod(x, axis=1)
    b = x.cumsum() @ np.arange(12.0) + np.cumsum(x[:, ::-1], axis=1)[:, -1].sum() + x.cumprod(axis=0)[2, 1]
    return a.sum() + b


@program(np.array([0.0, 2.0, 0.0, 3.0]))
def cumulative_product_through_zeros(x):
    return np.cumprod(x + 1)[3] + np.cumprod(x) @ np.arange(1.0, 5.0)


@program(rng.normal(size=7))
def running_extremes_by_ufunc(x):
    return np.maximum.accumulate(x).sum() - np.minimum.accumulate(x)[4] * np.add.accumulate(x)[3]


@program(np.array([[True, False], [True, True]]), grad=False)
def any_and_all(m):
    return (
        m.any(),
        m.all(),
        m.any(axis=0),
        np.all(m, axis=1),
        np.any(m, axis=1, keepdims=True),
        np.sum(m),
        m.argmax(axis=1),
    )


@program(rng.normal(size=(3, 5)), grad=False)
def positions_of_extremes(x):
    return x.argmax(), np.argmin(x, axis=0), x.argmax(axis=1, keepdims=True), np.argmax(x[0]), np.nanargmax(x, axis=1)


@program(np.array([1.0, np.nan, 3.0]), grad=False)
def reductions_of_nan(x):
    return x.sum(), x.max(), np.nansum(x), np.nanmax(x), np.nanmean(x), x.argmax(), np.nanmin(x), np.fmax.reduce(x)


@program(np.zeros((0, 4)), grad=False)
def reductions_of_nothing(x):
    return x.sum(axis=0), x.prod(), x.any(), x.all(axis=0), x.max(axis=0, initial=1.5), x.sum(axis=1), x.max(axis=1)


@program(rng.normal(size=(3, 4)))
def logsumexp_by_axis(x):
    top = x.max(axis=1, keepdims=True)
    return np.sum(top[:, 0] + np.log(np.exp(x - top).sum(axis=1)))


@program(rng.normal(size=(2, 3, 4)))
def layer_normalisation(x):
    mean = x.mean(axis=-1, keepdims=True)
    var = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    y = (x - mean) / np.sqrt(var + 1e-5)
    return (y[..., 0] * y[..., 3]).sum() + y[0, 0, 0] ** 3


@program(rng.normal(size=(3, 4)), grad=False)
def kinds_of_reduction_results(x):
    return (
        x.sum(),
        x[0].max(),
        x.sum(axis=0),
        np.sum(x, keepdims=True),
        x.argmax(),
        (x > 0).any(),
        x.mean(),
        np.sum([1, 2]),
    )


@program(rng.normal(size=(3, 4)))
def reductions_by_loops(x):
    sums, largest = np.zeros(4), -np.inf
    for row in x:
        sums += row
        largest = max(largest, row.max())
    spread = sum(np.sum((row - sums / 3) ** 2) for row in x)
    return spread * largest + min(sums)


@program(np.arange(1.0, 13.0).reshape(3, 4), 0, more=[(np.arange(1.0, 13.0).reshape(3, 4), 1)])
def axis_as_argument(x, axis):
    return np.log(x.sum(axis=axis)).sum() + x.take(0, axis=axis).prod() * 0.01


@program(rng.normal(size=200))
def long_sum(x):
    return np.sum(x * np.cos(np.arange(200))) + np.mean(x**2) + x.max()


@program(np.arange(6).reshape(2, 3), grad=False)
def integer_reductions_over_axes(x):
    return (
        x.sum(axis=0),
        x.mean(axis=1),
        x.prod(axis=1),
        x.max(axis=0),
        x.cumsum(axis=1),
        x.std(axis=0),
        x.sum(dtype=float),
    )


@program(rng.normal(size=(3, 4)))
def trapezoid_and_gradient(x):
    y = np.trapezoid(x, dx=0.5, axis=1)
    return (
        y.sum() ** 2
        + np.gradient(x[0])[1]
        + np.diff(x, axis=0)[0, 1] * np.diff(x[1], n=2).sum()
        + np.ediff1d(x[2]).max()
    )
