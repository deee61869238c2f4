"""`np.linalg` computes in float64 whatever the matrices are, and rounds the results: of a float32 matrix near a
singular one nothing else is right to the last digits of a float32. Compiled code computed in float32."""

import numpy as np
import pytest

import tangra as tg

FUNCTIONS = {
    "inv": lambda a: np.linalg.inv(a),
    "det": lambda a: np.linalg.det(a),
    "slogdet": lambda a: np.linalg.slogdet(a),
    "solve": lambda a: np.linalg.solve(a, a[0] + a[1]),
    "cholesky": lambda a: np.linalg.cholesky(a),
    "eigvalsh": lambda a: np.linalg.eigvalsh(a),
    "svdvals": lambda a: np.linalg.svd(a, compute_uv=False),
    "qr": lambda a: abs(np.linalg.qr(a, mode="r")),
    "cond": lambda a: np.linalg.cond(a, 1),
    "matrix_power": lambda a: np.linalg.matrix_power(a, -1),
    "lstsq": lambda a: np.linalg.lstsq(a, a[:, 0] * a[:, 1] + a[0, 1], rcond=None)[0],
}


def hilbert(size):
    places = np.arange(size)
    return (1.0 / (places[:, None] + places + 1)).astype(np.float32)


@pytest.mark.parametrize("size", [2, 3, 5])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_float32_matrices(name, size):
    function = FUNCTIONS[name]
    expected, found = function(hilbert(size)), tg.jit(function)(hilbert(size))
    pairs = zip(expected, found, strict=True) if isinstance(expected, tuple) else [(expected, found)]
    for x, y in pairs:
        assert type(y) is type(x)
        assert y.dtype == x.dtype == np.float32
        np.testing.assert_allclose(y, x, rtol=3e-7, atol=1e-7 * abs(x).max())


def test_derivatives_of_float32_inverses():
    a = hilbert(4)
    found = tg.grad(lambda m: np.sum(np.linalg.inv(m)))(a)
    expected = tg.grad(lambda m: np.sum(np.linalg.inv(m)))(a.astype(np.float64))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4)
