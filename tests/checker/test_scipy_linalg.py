"""SciPy's factorisations and distributions: shapes as SciPy gives them, and what it refuses on its line."""

import textwrap
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.checker.programs import lines, shapes

HEAD = """
import numpy as np
import scipy.linalg as la
from scipy import ndimage, optimize, signal, special, stats
from scipy.linalg import block_diag, cho_factor, cho_solve, expm
from scipy.spatial.distance import cdist, pdist

rng = np.random.default_rng(0)
spd = np.eye(4) + 0.1 * np.ones((4, 4))
tall = rng.normal(size=(6, 4))
"""

RIGHT = """
a1 = block_diag(np.ones((2, 2)), np.ones((2, 1)), np.ones(3))
a2 = expm(spd)
a3 = cho_solve(cho_factor(spd), tall.T).T
a4 = la.solve(spd, np.ones(4))
a5 = la.lu_solve(la.lu_factor(spd), np.ones((4, 2)))
a6 = la.solve_triangular(np.linalg.cholesky(spd), np.ones((4, 3)), lower=True)
values, vectors = la.eigh(spd)
u, s, vt = la.svd(tall, full_matrices=False)
a7 = la.toeplitz(np.arange(4.0), np.arange(7.0))
a8 = la.norm(tall, axis=1)
a9 = la.inv(spd) @ la.sqrtm(spd)
b1 = special.gammaln(np.ones((3, 4)))
b2 = special.logsumexp(tall, axis=1, keepdims=True)
b3 = special.softmax(tall, axis=-1)
b4 = special.xlogy(np.ones((5, 1)), np.ones(3))
b5 = special.logsumexp(tall, axis=0)
c1 = ndimage.gaussian_filter(tall, 1.0)
c2 = ndimage.maximum_filter(tall, size=3) == tall
c3, found = ndimage.label(tall > 0)
c5 = np.hypot(ndimage.sobel(tall, axis=0), ndimage.sobel(tall, axis=1)) > 1
d1 = signal.convolve2d(tall, np.ones((3, 3)))
d2 = signal.convolve2d(tall, np.ones((3, 3)), mode="same")
d3 = signal.filtfilt([0.2, 0.2], [1.0], np.ones(40))
d4 = signal.detrend(tall)
e1 = cdist(tall, rng.normal(size=(3, 4)), "sqeuclidean")
e2 = pdist(tall)
best = optimize.minimize(lambda t, k: k * (t**2).sum(), np.ones(3), args=(2.0,), method="Nelder-Mead")
f1 = best.x + np.zeros((5, 3))
g1 = stats.norm.logpdf(np.ones((7, 1)), np.zeros(3), scale=2.0)
g2 = stats.norm(0, 1).pdf(np.ones(7))
g3 = stats.poisson.logpmf(np.arange(5), 2.0)
g4 = stats.norm.rvs(size=(2, 3), random_state=0)
g5 = stats.zscore(tall)
"""


def test_shapes_are_those_of_scipy(tmp_path: Path) -> None:
    real: dict[str, Any] = {}
    exec(HEAD + RIGHT, real)
    found = shapes(tmp_path, HEAD + RIGHT)
    names = [name for name, value in real.items() if isinstance(value, np.ndarray)]
    assert len(names) > 30
    assert {name: found.get(name) for name in names} == {name: str(real[name].shape) for name in names}
    assert lines(tmp_path, HEAD + RIGHT) == []


@pytest.mark.parametrize(
    "line",
    [
        "cho_solve(cho_factor(spd), tall)",
        "la.solve(spd, np.ones(5))",
        "expm(tall)",
        "la.inv(tall)",
        "block_diag(np.ones((2, 2)), np.ones((2, 1))) @ np.ones(4)",
        "cdist(tall, np.ones((3, 5)))",
        "special.logsumexp(tall, axis=2)",
        "special.xlogy(np.ones(4), np.ones(3))",
        "stats.norm.logpdf(np.ones(4), np.zeros(3))",
        "optimize.minimize(lambda t: tall @ t, np.ones(3))",
        "special.logsumexp(tall, axis=1) + np.ones(4)",
        "ndimage.gaussian_filter(tall, 1.0) + np.ones(5)",
    ],
)
def test_what_scipy_refuses_is_found_on_its_line(tmp_path: Path, line: str) -> None:
    text = textwrap.dedent(HEAD) + line + "\n"
    with pytest.raises((ValueError, IndexError)) as raised:
        exec(compile(text, "<program>", "exec"), {})
    program = [
        frame.lineno for frame in traceback.extract_tb(raised.value.__traceback__) if frame.filename == "<program>"
    ]
    assert [where for where, _ in lines(tmp_path, text)] == [program[-1]]
