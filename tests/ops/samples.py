"""Operands for every operation of the table: op × dtype × shape class, and smooth float64 points for derivatives.

`samples(name)` gives (operands, attributes) pairs on which the op's preconditions hold: every dtype its type rule
takes, 0-d, empty, 1-sized, Fortran-ordered, strided, reversed and stride-0 arrays, and the special values of each
dtype. `smooth_samples(name)` gives float64 points away from kinks. Attributes are those of the IR. Everything is
deterministic.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import tangra.ops  # noqa: F401  (fills the table)
from tangra.ir import DTYPES, ArrayType, DType, OpDef, Value, lookup
from tangra.ir.opdef import IRTypeError

Sample = tuple[list[Any], dict[str, Any]]

_DOMAINS = {
    "acos": (-0.9, 0.9),
    "asin": (-0.9, 0.9),
    "atanh": (-0.9, 0.9),
    "acosh": (1.1, 3.0),
    "log": (0.2, 3.0),
    "log2": (0.2, 3.0),
    "log10": (0.2, 3.0),
    "log1p": (-0.7, 2.0),
    "sqrt": (0.2, 3.0),
    "cbrt": (0.2, 3.0),
    "lgamma": (0.3, 4.0),
    "gamma": (0.3, 4.0),
    "digamma": (0.3, 4.0),
    "trigamma": (0.3, 4.0),
    "polygamma": (0.5, 4.0),
    "pow": (0.3, 2.5),
    "div": (0.4, 2.0),
    "mod": (0.4, 3.0),
    "fmod": (0.4, 3.0),
    "tan": (-1.2, 1.2),
}


def generator(name: str) -> np.random.Generator:
    """The random numbers for one op, the same in every run."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def draw(rng: np.random.Generator, dtype: DType, shape: tuple[int, ...], low: float = -3.0, high: float = 3.0) -> Any:
    """Random values of `dtype`: floats in [low, high), small integers, both truth values."""
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype.is_integer:
        return rng.integers(0 if dtype.kind == "u" else -9, 10, shape).astype(dtype.numpy)
    return rng.uniform(low, high, shape).astype(dtype.numpy)


def layouts(make: Callable[[tuple[int, ...]], Any]) -> Iterator[Any]:
    """Arrays of every shape class; `make` gives a C-ordered array of a shape."""
    yield make(())[()] if isinstance(make(()), np.ndarray) else make(())
    for shape in ((0,), (1,), (7,), (3, 4), (0, 3), (3, 0), (1, 1), (2, 1, 3)):
        yield make(shape)
    yield make((4, 3)).T
    yield make((8,))[::2]
    yield make((5,))[::-1]
    yield make((4, 6))[::-1, ::-2]
    yield np.broadcast_to(make((3,)), (2, 3))
    yield np.broadcast_to(make(()), (4,))


def specials(dtype: DType) -> Any:
    """The values of `dtype` where implementations go wrong."""
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.is_integer:
        limits = np.iinfo(dtype.numpy)
        numbers = [limits.min, limits.min + 1, 0, 1, 2, 3, 7, dtype.bits - 1, limits.max - 1, limits.max]
        return np.array(numbers + ([-1, -2, -7] if dtype.kind == "i" else []), dtype.numpy)
    limits_f = np.finfo(dtype.numpy)
    numbers_f = [
        0.0,
        -0.0,
        0.5,
        1.0,
        1.5,
        2.0,
        2.5,
        3.0,
        10.0,
        700.0,
        np.inf,
        np.nan,
        limits_f.max,
        limits_f.tiny,
        limits_f.smallest_subnormal,
        1e-5,
        np.pi,
    ]
    return np.array(numbers_f + [-v for v in numbers_f[2:]], dtype.numpy)


def accepts(defn: OpDef, types: list[ArrayType], attrs: dict[str, Any]) -> bool:
    """Whether the op's type rule takes operands of these types."""
    try:
        defn.infer([Value(t) for t in types], attrs, ())
    except (IRTypeError, ValueError, KeyError, IndexError, TypeError):
        return False
    return True


def dtype_of(x: Any) -> DType:
    """The IR's name for the dtype of a NumPy value."""
    return next(d for d in DTYPES.values() if np.dtype(d.numpy) == x.dtype)


def type_of(x: Any) -> ArrayType:
    """The IR type of a NumPy value."""
    return ArrayType(dtype_of(x), tuple(x.shape))


def arity(defn: OpDef, attrs: dict[str, Any]) -> int:
    """How many operands an elementwise op takes."""
    for n in (1, 2):
        if any(accepts(defn, [ArrayType(d)] * n, attrs) for d in DTYPES.values()):
            return n
    raise AssertionError(f"{defn.name} takes neither one nor two operands of a type")


def samples(name: str) -> list[Sample]:
    """Operands and attributes on which op `name` is defined."""
    from tests.ops import structured_samples

    made = structured_samples.TABLE.get(name)
    return list(made(generator(name))) if made is not None else list(_elementwise(lookup(name), {}))


def _elementwise(defn: OpDef, attrs: dict[str, Any]) -> Iterator[Sample]:
    rng, count = generator(defn.name), arity(defn, attrs)
    for dtype in DTYPES.values():
        if not accepts(defn, [ArrayType(dtype)] * count, attrs):
            continue
        low, high = _DOMAINS.get(defn.name, (-3.0, 3.0))
        columns = [list(layouts(lambda s: draw(rng, dtype, s, low, high))) for _ in range(count)]
        for operands in zip(*columns, strict=True):
            yield list(operands), attrs
        grid = np.array(list(itertools.product(specials(dtype), repeat=count)), dtype.numpy)
        yield [grid[:, k] for k in range(count)], attrs


def smooth_samples(name: str) -> list[Sample]:
    """Float64 operands at which op `name` has a derivative, and near which it is smooth."""
    from tests.ops import structured_samples

    made = structured_samples.SMOOTH.get(name) or structured_samples.TABLE.get(name)
    if made is not None:
        found = [s for s in made(generator(name)) if any(dtype_of(x).name == "f64" for x in s[0])]
        return [s for s in found if not any(dtype_of(x).name == "f32" for x in s[0])]
    defn, rng = lookup(name), generator(name)
    low, high = _DOMAINS.get(name, (-2.0, 2.0))
    shapes: list[tuple[int, ...]] = [(), (6,), (2, 3), (0, 2)]
    return [([draw(rng, DTYPES["f64"], s, low, high) for _ in range(arity(defn, {}))], {}) for s in shapes]
