"""SciPy in programs: results go on with NumPy's shapes, and what the functions of the program get is known."""

from pathlib import Path

import pytest

from tests.checker.programs import lines, shapes

HEAD = """
import numpy as np
from scipy import integrate, interpolate, ndimage, optimize, signal, special, stats
from scipy import sparse
from scipy.sparse.linalg import eigsh, spsolve
from scipy.spatial.distance import cdist

t = np.linspace(0, 4, 1000)
x = np.zeros((3, 1000))
A = sparse.diags([2 * np.ones(5), -np.ones(4), -np.ones(4)], [0, -1, 1]).tocsr()
M = sparse.csr_matrix((np.ones(2), ([0, 1], [1, 2])), shape=(4, 6))
"""
SHAPES = {
    "cdist(np.zeros((5, 2)), np.zeros((7, 2)))": "(5, 7)",
    "signal.butter(4, [0.1, 0.3], btype='band')[0]": "(9,)",
    "signal.filtfilt(*signal.butter(3, 0.1), x)": "(3, 1000)",
    "signal.welch(x, fs=250, nperseg=128)[1]": "(3, 65)",
    "signal.spectrogram(x, 250, nperseg=100, noverlap=50)[2]": "(3, 51, 19)",
    "interpolate.interp1d(t, x)(np.zeros(40))": "(3, 40)",
    "interpolate.CubicSpline(t, x.T)(np.zeros((2, 5)))": "(2, 5, 3)",
    "optimize.minimize(lambda p: (p**2).sum(), np.zeros(4)).x": "(4,)",
    "integrate.cumulative_trapezoid(x, t, initial=0)": "(3, 1000)",
    "ndimage.gaussian_filter(x, sigma=2)[:, ::2]": "(3, 500)",
    "special.softmax(x, axis=0) @ np.zeros((1000, 2))": "(3, 2)",
    "np.zeros(3) * stats.pearsonr(t, t).statistic": "(3,)",
    "np.zeros(3) * stats.linregress(t, t).slope": "(3,)",
    "stats.zscore(x, axis=1)": "(3, 1000)",
    "A @ np.ones(5)": "(5,)",
    "A.T.dot(np.ones((5, 2)))": "(5, 2)",
    "(M.T @ M).toarray()": "(6, 6)",
    "(sparse.eye(5) + A).toarray()": "(5, 5)",
    "spsolve(A, np.ones(5))": "(5,)",
    "eigsh(A, k=2)[1]": "(5, 2)",
    "np.zeros(sparse.csc_matrix(x).shape)": "(3, 1000)",
}
FAILING = {
    "stats.pearsonr(t, t[1:])": "TG529",
    "stats.linregress(t, t[:-1])": "TG529",
    "interpolate.interp1d(t, x.T)": "TG529",
    "optimize.minimize(lambda p: (p * np.zeros(3)).sum(), np.zeros(4))": "TG510",
    "signal.filtfilt(*signal.butter(4, 0.1), t[:12])": "TG517",
    "signal.savgol_filter(t[:5], 7, 2)": "TG517",
    "ndimage.convolve(x, np.zeros(3))": "TG514",
    "signal.welch(t, nperseg=200)[1] - t": "TG510",
    "M @ np.ones(4)": "TG511",
    "spsolve(A, np.ones(7))": "TG511",
    "A + M": "TG510",
}


@pytest.mark.parametrize(("text", "shape"), SHAPES.items(), ids=SHAPES)
def test_shapes(tmp_path: Path, text: str, shape: str) -> None:
    assert shapes(tmp_path, f"{HEAD}\nfound = {text}\n")["found"] == shape


@pytest.mark.parametrize(("text", "code"), FAILING.items(), ids=FAILING)
def test_what_fails(tmp_path: Path, text: str, code: str) -> None:
    assert [found for _, found in lines(tmp_path, f"{HEAD}\nfound = {text}\n")] == [code]
