"""Fresh arrays that NumPy doesn't lay out in C order: what `reshape` gives of them, in every order of axes, is a view
where it is one in NumPy. It was taken for one, and written through, where it is a copy."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.programs.oracle import difference, fresh

C = np.arange(24.0).reshape(2, 3, 4)
FORTRAN = np.asfortranarray(C)
MIXED = np.ascontiguousarray(C.transpose(2, 0, 1)).transpose(1, 2, 0)
PLACES = np.array([0, 1, 1])

PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "fancy middle": lambda x: x[:, PLACES],
    "fancy last": lambda x: x[..., PLACES],
    "fancy first": lambda x: x[PLACES[:2], ::-1],
    "fancy and int": lambda x: x[:, 1, PLACES],
    "fancy of a matrix": lambda x: x[:, PLACES.reshape(3, 1)],
    "sum": lambda x: x.sum(axis=1),
    "keepdims": lambda x: x.max(axis=1, keepdims=True),
    "mean": lambda x: np.mean(x, 0),
    "std": lambda x: np.std(x, axis=2),
    "median": lambda x: np.median(x, axis=1),
    "nanmax": lambda x: np.nanmax(x, axis=0),
    "norm": lambda x: np.linalg.norm(x, axis=2),
    "reduce": lambda x: np.add.reduce(x, 1),
    "trace": lambda x: np.trace(x[..., None], axis1=0, axis2=2),
    "sort": lambda x: np.sort(x, axis=0),
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "accumulate": lambda x: np.maximum.accumulate(x, 2),
    "concatenate": lambda x: np.concatenate([x, x], axis=1),
    "concatenate with C": lambda x: np.concatenate([x, C]),
    "stack": lambda x: np.stack([x, x], axis=1),
    "like": lambda x: np.zeros_like(x) + np.full_like(x, 2),
    "astype": lambda x: x.astype(np.float32),
    "astype C": lambda x: x.astype(float, order="C"),
    "copy K": lambda x: np.broadcast_to(x[:, :1], (2, 3, 4)).copy("K"),
    "copy A": lambda x: x.copy("A"),
    "abs": lambda x: abs(x),
    "round": lambda x: np.round(x, 1),
    "roll": lambda x: np.roll(x, 1, axis=1),
    "roll of all": lambda x: np.roll(x, 1),
    "pad": lambda x: np.pad(x, 1),
    "insert": lambda x: np.insert(x, 1, 0.0, axis=1),
    "diff": lambda x: np.diff(x, axis=1),
    "gradient": lambda x: np.gradient(x, axis=1),
    "tril": lambda x: np.tril(x),
    "nan_to_num": lambda x: np.nan_to_num(x),
    "piecewise": lambda x: np.piecewise(x, [x > 3], [1, 2]),
    "isclose": lambda x: np.isclose(x, 3) * 1.0,
    "along an axis": lambda x: np.apply_along_axis(np.cumsum, 1, x),
    "linspace": lambda x: np.linspace(x[0], x[1], 3, axis=1),
    "outer": lambda x: np.add.outer(x[0], x[1]),
    "matmul": lambda x: x @ x.swapaxes(1, 2),
    "matrices": lambda x: x[0] @ x[1].T,
    "inverses": lambda x: np.linalg.inv(x[:, :2, :2] + np.eye(2)),
    "einsum": lambda x: np.einsum("abc,bd->dca", x, np.eye(3)),
    "sums of labels": lambda x: np.einsum("abc->ca", x),
    "diagonal": lambda x: np.diagonal(x) + 0.0,
}


@pytest.mark.parametrize("x", [C, FORTRAN, MIXED], ids=["C", "F", "mixed"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_views_and_copies(name: str, x: Any) -> None:
    make = PROGRAMS[name]
    orders = list(itertools.permutations(range(make(x).ndim)))[:24]

    def program(x: Any) -> Any:
        result = make(x)
        for k, order in enumerate(orders):
            part = result.transpose(order).reshape(-1)
            part[k % 4] = 100.0 + k
        return result

    assert difference(tg.jit(program)(fresh(x)), program(fresh(x))) is None
