"""Methods and attributes of arrays and numbers against NumPy and Python."""

import numpy as np

from .checks import check, refused

rng = np.random.default_rng(6)
M = rng.normal(size=(3, 4))


def test_reductions():
    check(
        lambda np, x: (
            x.sum(),
            x.mean(axis=0),
            x.std(ddof=1),
            x.var(1),
            x.max(),
            x.min(axis=1),
            x.argmax(),
            x.argmin(0),
            x.any(),
            x.all(),
            x.prod(),
            x.cumsum(),
            x.cumprod(axis=1),
            x.sum(axis=-1, keepdims=True),
        ),
        M,
    )


def test_shapes():
    check(
        lambda np, x: (
            x.reshape(4, 3),
            x.reshape((2, -1)),
            x.ravel(),
            x.flatten(),
            x.T,
            x.transpose(),
            x.transpose(1, 0),
            x.swapaxes(0, 1),
            x.squeeze(),
            x.mT,
        ),
        M,
        symbolic=False,
    )
    check(
        lambda np, x: (
            x.reshape(-1),
            x.ravel(),
            x.flatten(),
            x.T,
            x.transpose(),
            x.repeat(2),
            x.dot(x.T),
            x.diagonal(),
            x.trace(),
        ),
        M,
    )


def test_attributes():
    check(lambda np, x: (x.shape, x.ndim, x.size, x.dtype, x.itemsize, x.nbytes, x.real, x.imag, x.T.shape), M)
    check(lambda np, x: (x.dtype, x.itemsize), np.ones(2, "float32"))
    check(lambda np, v: (v.shape, v.ndim, v.size, v.dtype, v.T, v.real, v.imag), np.float32(2.5))


def test_views_and_copies():
    def program(np, x):
        x.reshape(-1)[0] = 1.0
        x.T[1, 0] = 2.0
        x.ravel()[2] = 3.0
        x.flatten()[3] = 4.0
        y = x.copy()
        y[0, 0] = 9.0
        x.view()[2, 2] = 5.0
        z = x.T.copy()
        z.reshape(-1)[0] = 7.0
        w = x.T.astype(np.float64)
        w.reshape(-1)[0] = 8.0
        return y, z, w

    check(program, M.copy())


def test_casts():
    check(lambda np, x: (x.astype(int), x.astype(np.float32), x.astype(bool), x.astype("int8"), x.astype(float)), M)
    check(lambda np, v: (v.astype(int), v.astype(np.float32), v.item()), np.float64(2.7))
    check(lambda np, x: (x.item(2), x.item(1, 2), x[0, 0].item(), x[:1, :1].item()), M)
    check(lambda np, x: (x.tolist(), x[0].tolist(), x[0, 0].tolist()), np.arange(6).reshape(2, 3), symbolic=False)
    refused(lambda np, x: x.astype(complex), M)
    refused(lambda np, x: x.item(), M, match="size 1")


def test_in_place():
    def program(np, x, y):
        x.fill(3)
        y.sort()
        x[0].put([0, 2], [7.0, 8.0])
        x[1].sort()

    check(program, M.copy(), np.array([3.0, 1.0, 2.0]))
    check(lambda np, x: x.sort(axis=0), M.copy())


def test_others():
    check(
        lambda np, x: (
            x.clip(0, 1),
            x.clip(0.1),
            x.round(1),
            x.round(),
            x.max(),
            x.conj(),
            x.take([0, 2], axis=1),
        ),
        M,
    )
    check(lambda np, x: (x.searchsorted(2), x.argsort(), x.sum()), np.arange(5))
    check(lambda np, x: x.choose([10, 20, 30]), np.array([2, 0, 1]))
    refused(lambda np, x: x.nonzero(), M)
    refused(lambda np, x: x.resize(2, 2), M, match="in place")


def test_numpy_scalars():
    check(
        lambda np, v: (
            v.sum(),
            v.mean(),
            v.max(),
            v.reshape(1, 1),
            v.astype(np.int64),
            v.clip(0, 1),
            v.round(1),
            v.copy(),
            v.ravel(),
        ),
        np.float64(1.57),
    )
    refused(lambda np, v: v.sum(), 1.5, match="attribute")


def test_python_numbers():
    check(
        lambda np, v, n: (
            v.is_integer(),
            v.conjugate(),
            v.real,
            v.imag,
            n.bit_length(),
            n.conjugate(),
            n.real,
            n.bit_count(),
        ),
        2.5,
        37,
    )
    for n in (0, 1, -1, 255, 256, -(2**40), 2**62):
        check(lambda np, n: n.bit_length(), n)
    check(lambda np, b: (b.real, b.imag, b.conjugate()), True)
