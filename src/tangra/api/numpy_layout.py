"""Memory layout of arrays as far as NumPy's meaning depends on it: whether `reshape` and `ravel` give views or copies."""

from __future__ import annotations

from tangra.api.context import Context
from tangra.api.values import ArrayValue


def is_contiguous(ctx: Context, a: ArrayValue) -> bool:
    """Is the array's memory in C order?"""
    return True
