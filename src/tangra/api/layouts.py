"""The memory layout of a live array, as far as it decides what NumPy's functions mean."""

from __future__ import annotations

from typing import Any

import numpy as np

Layout = str | tuple[int, ...]


def layout_of(a: np.ndarray[Any, Any]) -> Layout:
    """'C' for an array in C order, 'F' for one in Fortran order, the strides in elements for any other."""
    if a.flags.c_contiguous:
        return "C"
    return "F" if a.flags.f_contiguous else tuple(s // a.itemsize for s in a.strides)
