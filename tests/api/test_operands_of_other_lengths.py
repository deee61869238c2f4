"""Two operands of which one has another length than NumPy wants: never a result where NumPy raises, nor another."""

from __future__ import annotations

import itertools
import linecache
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.programs.oracle import difference

EXPRESSIONS = [
    "np.histogram(x, bins=3, weights=w)[0]",
    "np.average(x, weights=w)",
    "np.cov(x, aweights=w)",
    "np.polyfit(x, x, 1, w=w)",
    "np.polyfit(x, w, 1)",
    "np.interp(x, x, w)",
    "np.correlate(x, w, 'valid')",
    "np.dot(x, w)",
    "np.inner(x, w)",
    "np.vdot(x, w)",
    "np.einsum('i,i', x, w)",
    "np.einsum('i,i->i', x, w)",
    "x @ w",
    "np.corrcoef(x, w)",
    "np.trapezoid(x, w)",
    "np.gradient(x, w)",
    "np.select([x > 0], [w], 0.0)",
    "np.choose([0, 1, 0], [x, w])",
    "np.where(x > 0, w, x)",
    "np.put_along_axis(x, np.array([0]), w, 0)",
    "np.extract(w > 0, x)",
    "np.insert(x, [0, 1], w)",
    "np.putmask(x, x > 0, w)",
    "np.copyto(x, w)",
    "np.add.at(x, [0, 1], w)",
    "np.vecdot(x, w)",
    "np.tensordot(x, w, 1)",
    "np.convolve(x, w)",
    "np.cross(x, w)",
    "np.outer(x, w)",
    "np.bincount([0, 1, 2], w)",
    "np.lexsort((x, w))",
    "np.linalg.solve(np.eye(3), w)",
    "np.percentile(x, 50, weights=w, method='inverted_cdf')",
    "np.quantile(x, 0.5, weights=w, method='inverted_cdf')",
    "np.ediff1d(x, w)",
    "np.stack([x, w])",
    "np.vstack([x, w])",
    "np.concatenate([x, w])",
    "np.block([[x], [w]])",
    "np.column_stack([x, w])",
    "np.dstack([x, w])",
    "np.array([x, w])",
    "np.piecewise(x, [w > 0], [1.0])",
    "np.apply_along_axis(lambda q: q * w, 0, x)",
    "np.digitize(x, w)",
    "np.isin(x, w)",
    "np.allclose(x, w)",
    "np.array_equal(x, w)",
    "np.kron(x, w)",
    "np.multiply.outer(x, w)",
    "np.meshgrid(x, w)[0]",
    "np.ix_(x > 0, w > 0)[0]",
    "np.ldexp(x, w.astype(int))",
    "np.linalg.norm(x - w)",
    "np.sum(x, where=w > 0)",
    "np.mean(x, where=w > 0)",
    "np.std(x, where=w > 0)",
    "np.max(x, where=w > 0, initial=0)",
    "np.repeat(x, w.astype(int))",
    "np.tile(x, w.astype(int).tolist())",
    "np.full(3, w)",
    "np.full_like(x, w)",
    "np.linspace(x, w, 2)",
    "np.clip(x, w, w)",
    "np.nan_to_num(x, nan=w)",
    "np.vander(w, 3)",
    "np.diag(w) + x",
    "np.trace(np.outer(x, w))",
    "np.broadcast_to(w, x.shape)",
    "np.resize(w, 3)",
    "np.append(x, w)",
    "np.polyval(w, x)",
    "np.polymul(x, w)",
    "np.diff(x, prepend=w)",
    "np.unwrap(w)",
    "np.nansum(x, where=w > 0)",
]
_NUMBERS = itertools.count()


def function(expression: str) -> Callable[..., Any]:
    """The expression as a function of x and w, with its source."""
    source, file = f"def f(x, w):\n    return {expression}, x\n", f"lengths_{next(_NUMBERS)}.py"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    namespace: dict[str, Any] = {"np": np}
    exec(compile(source, file, "exec"), namespace)
    made: Callable[..., Any] = namespace["f"]
    return made


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_no_result_where_numpy_has_none(expression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGRA_OPTIMISE", "0")
    f = function(expression)
    for count, dynamic in ((1, False), (2, True), (0, False), (4, False)):
        x, w = np.array([1.0, 3.0, 2.0]), np.arange(1.0, count + 1.0)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                wanted = f(x.copy(), w)
            except (ValueError, TypeError, IndexError, RuntimeError, ZeroDivisionError):
                wanted = None
            try:
                found = tg.jit(f, dynamic=dynamic)(x.copy(), w)
            except tg.InternalError:
                raise
            except tg.TangraError:
                continue
            except (ValueError, IndexError, ZeroDivisionError):
                assert wanted is None
                continue
        assert wanted is not None, f"w of {count}: {found}"
        assert difference(found, wanted, rtol=1e-9) is None
