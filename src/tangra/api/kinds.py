"""Number kinds: Python's bool, int and float beside NumPy's scalar types, and how they join and promote (NEP 50)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tangra.ir.types import BOOL, DTYPES, F64, I64, DType


@dataclass(frozen=True, slots=True)
class Kind:
    """The Python type of a number: `python` for bool, int and float, else NumPy's scalar type of `dtype`."""

    python: bool
    dtype: DType

    @property
    def type(self) -> type:
        """The class `type(x)` gives."""
        if self.python:
            return {"b": bool, "i": int, "f": float}[self.dtype.kind]
        return np.dtype(self.dtype.numpy).type

    def __str__(self) -> str:
        return self.type.__name__ if self.python else f"np.{self.type.__name__}"


PYBOOL, PYINT, PYFLOAT = Kind(True, BOOL), Kind(True, I64), Kind(True, F64)


def np_kind(dtype: DType) -> Kind:
    """The kind of NumPy's scalar type of `dtype`."""
    return Kind(False, dtype)


def kind_of(value: object) -> Kind | None:
    """The kind of a Python or NumPy number; None for anything else (longdouble, complex, float16 …)."""
    if isinstance(value, bool):
        return PYBOOL
    if isinstance(value, np.generic):
        dtype = dtype_of(value.dtype)
        return np_kind(dtype) if dtype else None
    if isinstance(value, int):
        return PYINT
    return PYFLOAT if isinstance(value, float) else None


def dtype_of(dtype: np.dtype[Any]) -> DType | None:
    """The IR dtype of a NumPy dtype in native byte order; None where there is none."""
    if not dtype.isnative:
        return None
    return _BY_NUMPY.get(dtype.name)


_BY_NUMPY = {d.numpy: d for d in DTYPES.values()}


@lru_cache(maxsize=4096)
def promote(kinds: tuple[Kind, ...]) -> DType:
    """The common dtype of operands by NEP 50: Python numbers are weak. Arrays count as the NumPy kind of their dtype.

    All-Python operands give what NumPy makes of them (bool, int64 or float64). An out-of-range Python int is the
    caller's to check.
    """
    strong = [np.dtype(k.dtype.numpy) for k in kinds if not k.python]
    weak = [k.type(0) for k in kinds if k.python]
    result = np.result_type(*strong, *weak)
    found = dtype_of(result)
    if found is None:
        raise TypeError(f"{' and '.join(str(k) for k in kinds)} have the common type {result}, which is not supported")
    return found
