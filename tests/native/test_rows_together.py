"""Rows of a matrix times a vector are added up six, four and two at a time: every number of rows is right."""

import numpy as np
import pytest

import tangra as tg
from tangra.native import plain_products


def product(v, a):
    return v @ a


def operands(rows, dtype, columns=37):
    rng = np.random.default_rng(rows)
    return (10.0 * rng.normal(size=rows)).astype(dtype), (10.0 * rng.normal(size=(rows, columns))).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
@pytest.mark.parametrize("rows", [*range(1, 20), 64])
def test_every_number_of_rows(rows, dtype):
    v, a = operands(rows, dtype)
    close = 1e-3 if dtype is np.float32 else 1e-11
    np.testing.assert_allclose(tg.jit(product)(v, a), v @ a, rtol=close, atol=close)


def test_numbers_of_rows_that_are_not_known():
    compiled = tg.jit(product, dynamic=True)
    for rows in (1, 5, 6, 7, 11, 13, 30):
        v, a = operands(rows, np.float64)
        np.testing.assert_allclose(compiled(v, a), v @ a, rtol=1e-11, atol=1e-11)


def test_a_matrix_too_large_for_the_caches(monkeypatch):
    monkeypatch.setattr(plain_products, "IN_MEMORY", 1000)
    v, a = operands(29, np.float64, 41)
    np.testing.assert_allclose(tg.jit(lambda v, a: v @ a)(v, a), v @ a, rtol=1e-11, atol=1e-11)
