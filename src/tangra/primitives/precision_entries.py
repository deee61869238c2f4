"""The arithmetic of products and convolutions in compiled code."""

from __future__ import annotations

from tangra.api.context import Context
from tangra.api.elementwise import cast
from tangra.ir import DTYPES, I32, I64, DType, Value
from tangra.primitives.precision import Arithmetic

BY_NUMPY = {dtype.numpy: dtype for dtype in DTYPES.values()}


def dtype_of(how: Arithmetic) -> DType:
    """In which arrays are multiplied."""
    return BY_NUMPY[how.dtype]


def factor(ctx: Context, x: Value, how: Arithmetic) -> Value:
    """An array as it is multiplied."""
    x = cast(ctx, x, dtype_of(how))
    return ctx.b("bfloat16", x) if how.rounded else x


def result(ctx: Context, y: Value, how: Arithmetic) -> Value:
    """Sums of products as they are given back; those of integers wrap as int32 does."""
    if how.integers:
        return cast(ctx, cast(ctx, y, I64), I32)
    return ctx.b("bfloat16_back", y) if how.rounded else y
