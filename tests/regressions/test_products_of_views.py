"""Products with operands that lie in memory in another way than row after row: last row first, one row again and again,
rows that share elements. BLAS takes none of them by the distance of rows, and read what was beside them."""

import numpy as np
import pytest

import tangra as tg

VIEWS = {
    "as it is": lambda m: m[::1],
    "last row first": lambda m: m[::-1],
    "last column first": lambda m: m[:, ::-1],
    "from the end": lambda m: m[::-1, ::-1],
    "transposed, last first": lambda m: m.T[::-1],
    "last first, transposed": lambda m: m[::-1].T,
    "every second from the end": lambda m: m[::-2],
    "one row again and again": lambda m: np.broadcast_to(m[1], m.shape),
    "one column again and again": lambda m: np.broadcast_to(m[:, :1], m.shape),
    "rows that share elements": lambda m: np.lib.stride_tricks.sliding_window_view(m[0], 3),
    "columns that share elements": lambda m: np.lib.stride_tricks.sliding_window_view(m[0], 3).T,
}


def products(view):
    """A function of a square matrix m and a matrix beside it: the view's products from the left and the right."""

    def compute(m, beside):
        v = view(m)
        return v @ np.ones((v.shape[1], 4)) @ beside[:4], beside[:, :2].T @ beside[:, : v.shape[0]] @ v, v @ v.T

    return compute


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize(("size", "dynamic"), [(4, False), (5, True), (40, False), (41, True), (130, False)])
def test_products_of_views(name, size, dynamic, dtype):
    rng = np.random.default_rng(size)
    m, beside = rng.normal(size=(size, size)).astype(dtype), rng.normal(size=(size, size)).astype(dtype)
    compute = products(VIEWS[name])
    found = tg.jit(compute, dynamic=dynamic)(m, beside)
    allowed = 1e-12 if dtype == np.float64 else 1e-3
    for mine, wanted in zip(found, compute(m, beside), strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=0, atol=allowed * max(1.0, abs(wanted).max()))


@pytest.mark.parametrize("view", [VIEWS["last row first"], VIEWS["one row again and again"]])
def test_batches_of_views(view):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 6, 5)), rng.normal(size=(3, 5, 7))

    def compute(x, y):
        return (
            np.stack([view(a) for a in x]) @ y,
            x[::-1] @ y[:, ::-1],
            x[:, ::-1] @ y,
            np.broadcast_to(x[0], x.shape) @ y,
        )

    for mine, wanted in zip(tg.jit(compute)(x, y), compute(x, y), strict=True):
        np.testing.assert_allclose(mine, wanted, atol=1e-12)
