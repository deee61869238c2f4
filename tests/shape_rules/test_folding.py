"""Numbers followed through arithmetic are those that NumPy gives."""

from __future__ import annotations

import numpy as np
import pytest

from tangra.shape_rules.folding import BINARY, UNARY
from tangra.shape_rules.testing import apply
from tangra.shape_rules.values import Tensor

RANDOM = np.random.default_rng(0)
DTYPES = ("float64", "float32", "int64")
NAMES = [name for name in (*UNARY, *BINARY) if hasattr(np, name) and name != "fix"]


def abstract(array: np.ndarray) -> Tensor:
    """The array as rules have it, with its numbers."""
    return Tensor("numpy", array.shape, array.dtype.name, elements=tuple(array.ravel().tolist()))


def numbers(dtype: str, size: int) -> np.ndarray:
    """Positive ones, whole for ints."""
    return (RANDOM.integers(1, 9, size) if dtype == "int64" else RANDOM.uniform(0.5, 9, size)).astype(dtype)


@pytest.mark.parametrize("name", NAMES)
def test_known_numbers_stay_known_and_right(name: str) -> None:
    for first in DTYPES:
        for second in DTYPES:
            arrays = [numbers(first, 7)] if name in UNARY else [numbers(first, 7), numbers(second, 7)]
            real = getattr(np, name)(*arrays)
            found = apply(f"numpy.{name}", *map(abstract, arrays))
            assert found.dtype == real.dtype.name
            assert found.elements is not None
            np.testing.assert_allclose(found.elements, real, rtol=3e-7 if real.dtype == "float32" else 1e-14)


def test_distinct_numbers_and_their_counts() -> None:
    array = np.array([3, 1, 3, 2, 1, 3])
    values, counts = apply("numpy.unique", abstract(array), return_counts=True)
    real, often = np.unique(array, return_counts=True)
    assert (values.elements, counts.elements) == (tuple(real.tolist()), tuple(often.tolist()))


def test_parts_and_steps_of_a_vector() -> None:
    vector = Tensor("torch", (6,), "int64", elements=(1, 4, 9, 16, 25, 36))
    assert [part.elements for part in apply("torch.split", vector, [1, 3, 2])] == [(1,), (4, 9, 16), (25, 36)]
    assert apply("torch.diff", vector).elements == tuple(np.diff(vector.elements).tolist())
    assert apply("torch.diff", vector, 2).elements == tuple(np.diff(vector.elements, 2).tolist())


def test_options_that_change_numbers_make_them_unknown() -> None:
    vector = Tensor("torch", (2,), "float32", elements=(5.5, 7.25))
    assert apply("torch.div", vector, 2, rounding_mode="floor").elements is None
    assert apply("torch.round", vector, decimals=1).elements is None
    assert apply("torch.add", vector, vector, alpha=3).elements is None
    assert apply("numpy.round", Tensor("numpy", (1,), "float64", elements=(0.25,)), 1).elements is None
    assert apply("torch.div", vector, 2).elements == (2.75, 3.625)
