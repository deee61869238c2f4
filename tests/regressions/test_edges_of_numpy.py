"""NumPy functions at their edges: empty norms, NaN in factorisations, results that are the argument, bad arguments."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.programs.oracle import difference

Q = np.array([[2.0, 1.0], [0.5, 3.0]])
X = np.array([1.5, -2.25, 0.0])
NONE = np.zeros((0, 3))
INTS = np.array([5, -3, 7])


@pytest.mark.parametrize(
    "program",
    [
        lambda: np.linalg.norm(X[:0], np.inf),
        lambda: np.linalg.norm(NONE, np.inf),
        lambda: np.linalg.norm(NONE, 2),
        lambda: np.linalg.norm(NONE, 1),
        lambda: np.linalg.norm(NONE, np.inf, axis=0),
        lambda: np.linalg.cond(Q * 0.0),
        lambda: np.linalg.cond(np.stack([Q, Q * 0.0])),
        lambda: (np.linalg.matrix_rank(X), np.linalg.matrix_rank(X * 0)),
        lambda: (INTS[0].bit_count(), np.uint8(200).bit_count()),
        lambda: (X[0].squeeze(), X[0].transpose()),
        lambda: (np.arange(np.int8(3)), np.arange(np.float32(3)), np.arange(np.uint8(1), np.uint8(3))),
        lambda: np.histogram(X[:0], 3),
        lambda: np.concatenate((INTS, INTS), dtype=np.int8),
    ],
)
def test_values(program: Callable[[], Any]) -> None:
    with np.errstate(all="ignore"):
        wanted = program()
    assert difference(tg.jit(program)(), wanted, rtol=1e-14) is None


def test_lgamma_at_minus_infinity() -> None:
    assert tg.jit(lambda x: math.lgamma(x))(-math.inf) == math.lgamma(-math.inf)


@pytest.mark.parametrize(
    "program",
    [
        lambda x: np.diff(x, n=0),
        lambda x: np.linalg.matrix_power(x, 1),
        lambda x: np.ix_(x[0], x[1])[0],
    ],
)
def test_views(program: Callable[[Any], Any]) -> None:
    def written(x: Any) -> None:
        program(x)[0] = 9

    ours, theirs = Q.copy(), Q.copy()
    if "ix_" in program.__code__.co_names:
        ours, theirs = ours.astype(int), theirs.astype(int)
    written(theirs)
    tg.jit(written)(ours)
    assert difference(ours, theirs, rtol=0.0) is None


@pytest.mark.parametrize(
    "program",
    [
        lambda x: np.linalg.svd(x),
        lambda x: np.linalg.norm(x, 2),
        lambda x: np.linalg.matrix_rank(x),
        lambda x: np.linalg.pinv(x),
        lambda x: np.linalg.cond(x[:0, :0]),
        lambda x: np.linalg.norm(x[:0], -np.inf),
        lambda x: np.histogram(X, bins=0),
        lambda x: np.histogram(X, bins=[2, 1, 0]),
        lambda x: np.pad(np.array([1, 2], np.int8), 1, constant_values=300),
        lambda x: np.pad(np.array([1, 2]), 1, constant_values=x[0, 0]),
    ],
)
def test_failures(program: Callable[[Any], Any]) -> None:
    x = Q * np.nan
    with np.errstate(all="ignore"), pytest.raises((ValueError, OverflowError)) as wanted:
        program(x)
    with pytest.raises(wanted.type, match=f"^{re.escape(str(wanted.value))}$"):
        tg.jit(program)(x)


@pytest.mark.parametrize("order", [None, 2, -2, "nuc", "fro", 1])
@pytest.mark.parametrize("x", [Q * np.nan, Q * 0.0, np.stack([Q, Q * np.nan, Q * 0.0])])
def test_condition_numbers_of_nan_and_of_singular_matrices(order: Any, x: Any) -> None:
    def program(x: Any) -> Any:
        return np.linalg.cond(x, order)

    with np.errstate(all="ignore"):
        try:
            wanted = program(x)
        except np.linalg.LinAlgError as error:  # up to NumPy 2.4
            with pytest.raises(np.linalg.LinAlgError, match=str(error)):
                tg.jit(program)(x)
        else:
            assert difference(tg.jit(program)(x), wanted, rtol=1e-9) is None


@pytest.mark.parametrize(
    ("program", "match"),
    [
        (lambda x: np.concatenate((x, x), dtype=int), "Cannot cast"),
        (lambda x: np.stack((x, x), dtype=int), "Cannot cast"),
        (lambda x: np.nanmean(x, dtype=int), "must be inexact"),
        (lambda x: np.nanstd(x, dtype=int), "must be inexact"),
        (lambda x: np.lexsort((x, x[:2])), "sizes of the keys"),
    ],
)
def test_what_numpy_refuses(program: Callable[[Any], Any], match: str) -> None:
    with pytest.raises((TypeError, ValueError)):
        program(X)
    with pytest.raises(tg.TangraError, match=match):
        tg.jit(program)(X)


def test_widths_of_a_dict() -> None:
    """Its keys were taken for the widths."""
    with pytest.raises(tg.TangraError, match="pad_width"):
        tg.jit(lambda x: np.pad(x, {0: 1}))(X)


def test_arrays_of_one_element() -> None:
    program = lambda x: float(x[:1])
    try:
        wanted = program(X)
    except TypeError as e:
        with pytest.raises(tg.TangraError, match=str(e)):
            tg.jit(program)(X)
    else:
        assert tg.jit(program)(X) == wanted
