"""Slices with ends out of arrays: views whose extent only the run knows, between nothing and the whole axis."""

from __future__ import annotations

import numpy as np
import pytest

import tangra as tg
from tangra.errors import DataDependentShapeError, TangraError
from tests.frontend.running import check

FAR = 2**63
D = np.arange(1.0, 8.0) / 3


def segments(ends, d):
    total = 0.0
    for k in range(len(ends)):
        for v in d[ends[k, 0] : ends[k, 1]]:
            total += v**3 * (k + 1)
    return total


def product(indptr, indices, data, x):
    y = np.zeros(len(indptr) - 1)
    for k in range(len(indptr) - 1):
        lo, hi = indptr[k], indptr[k + 1]
        for j, w in zip(indices[lo:hi], data[lo:hi], strict=True):
            y[k] += w * x[j] ** 2
    return y


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64])
def test_ends_of_every_integer_dtype(dtype):
    ends = np.array([[0, 2], [5, 2], [3, 99], [7, 7], [0, 127]]).astype(dtype)
    check(segments, (ends, D))
    assert tg.jit(segments)(ends, D) == pytest.approx(segments(ends, D), rel=1e-14)


@pytest.mark.parametrize(
    "ends",
    [
        np.array([[-FAR, FAR - 1], [FAR - 1, -FAR], [-FAR, 3], [1 - FAR, -1], [-7, FAR - 1]]),
        np.array([[0, FAR + 5], [1, 2 * FAR - 1], [FAR, 3]], dtype=np.uint64),
    ],
)
@pytest.mark.parametrize("step", [1, 2, -1, -3])
def test_ends_that_are_nowhere_near(ends, step):
    def f(ends, d):
        return [d[ends[0, 0] : ends[0, 1] : step], d[ends[1, 0] : ends[1, 1] : step], d[ends[2, 0] : ends[2, 1] : step]]

    check(f, (ends, D))
    for mine, theirs in zip(tg.jit(f)(ends, D), f(ends, D), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_one_form_for_all_sizes_and_its_derivatives():
    f = tg.jit(product, dynamic=True)

    def loss(*args):
        return np.sum(product(*args) ** 2)

    gradient = tg.jit(tg.grad(loss, (2, 3)), dynamic=True)
    for n in (30, 40, 80):
        r = np.random.default_rng(n)
        m = r.normal(size=(n, n)) * (r.random((n, n)) < 0.2)
        indptr = np.concatenate([[0], np.cumsum((m != 0).sum(axis=1))])
        indices, x = np.nonzero(m)[1], r.normal(size=n)
        y = m @ x**2
        np.testing.assert_allclose(f(indptr, indices, m[m != 0], x), y, rtol=1e-12, atol=1e-13)
        d_data, d_x = gradient(indptr, indices, m[m != 0], x)
        np.testing.assert_allclose(d_data, (2 * np.outer(y, x**2))[m != 0], rtol=1e-11)
        np.testing.assert_allclose(d_x, 4 * x * (m.T @ y), rtol=1e-11, atol=1e-12)
    assert len(f.recompilations) == 1


def test_second_derivatives():
    ends = np.array([[0, 3], [-4, 9], [6, 2]])
    expected = np.diag(6 * D * np.array([1, 1, 1, 2, 2, 2, 2]))
    np.testing.assert_allclose(tg.hessian(segments, 1)(ends, D), expected, rtol=1e-13)
    np.testing.assert_allclose(tg.jacrev(tg.grad(segments, 1), 1)(ends, D), expected, rtol=1e-13)


def test_lanes_of_vmap_have_slices_of_their_own():
    def f(ends, d):
        return np.sum(d[ends[0] : ends[1]] ** 2)

    ends = np.array([[0, 2], [1, 7], [-3, -1], [5, 2]])
    expected = [f(e, D) for e in ends]
    np.testing.assert_allclose(tg.vmap(f, in_axes=(0, None))(ends, D), expected, rtol=1e-14)
    gradients = tg.vmap(tg.grad(f, 1), in_axes=(0, None))(ends, D)
    for row, e in zip(gradients, ends, strict=True):
        np.testing.assert_allclose(row, tg.grad(f, 1)(e, D))

    def g(ends, d):
        return d[ends[0] : ends[1]]

    with pytest.raises(TangraError, match="the size of a result depends on the lane of vmap"):
        tg.vmap(g, in_axes=(0, None))(ends, D)


def test_slices_of_different_lengths_fail_as_in_numpy():
    def f(p, d):
        return d[: p[0]] * d[: p[1]]

    check(f, (np.array([2, 2]), D), (np.array([3, 9]), D[:3]))
    with pytest.raises(ValueError, match="2 and 3"):
        tg.jit(f)(np.array([2, 3]), D)


def test_bools_are_ends_of_slices():
    def f(d, first, k):
        return d[first:], d[: k > 2], d[True : k == 3 or 5]

    check(f, (D, True, 3), (D, False, 1))


def test_a_written_segment_reaches_the_argument():
    def f(p, d):
        part = d[p[0] : p[1]]
        part += 1.0
        d[p[1] :] = 0.0
        return part

    check(f, (np.array([1, 3]), D), (np.array([-2, 99]), D), (np.array([4, 1]), D))
    d = D.copy()
    assert np.shares_memory(tg.jit(f)(np.array([1, 3]), d), d)


def test_new_arrays_of_a_size_out_of_an_array_are_refused():
    def f(p):
        return np.zeros(p[0])

    with pytest.raises(DataDependentShapeError, match="must not depend on the contents of arrays"):
        tg.jit(f)(np.array([3]))
