"""Arithmetic on small arrays of known numbers: what it comes to decides widths and depths of models.

Floats are rounded to their dtype after each step, as the libraries do. What Python refuses is simply not known.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable, Sequence
from typing import Any

from tangra.shape_rules.values import Tensor, Value
from tangra.shapes import Dim, SizeTooComplex

MAX_FOLDED = 256
"""Numbers in the largest array that is followed."""

QUOTIENTS = ("div", "divide", "true_divide", "truediv")
UNARY: dict[str, Callable[[Any], Any]] = {
    "exp": math.exp,
    "exp2": lambda x: 2.0**x,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sqrt": math.sqrt,
    "floor": math.floor,
    "ceil": math.ceil,
    "trunc": math.trunc,
    "fix": math.trunc,
    "round": round,
    "rint": round,
    "neg": lambda x: -x,
    "negative": lambda x: -x,
    "abs": abs,
    "square": lambda x: x * x,
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("add",), lambda a, b: a + b),
    **dict.fromkeys(("sub", "subtract"), lambda a, b: a - b),
    **dict.fromkeys(("mul", "multiply"), lambda a, b: a * b),
    **dict.fromkeys(QUOTIENTS, lambda a, b: a / b),
    **dict.fromkeys(("floordiv", "floor_divide"), lambda a, b: a // b),
    **dict.fromkeys(("mod", "remainder"), lambda a, b: a % b),
    **dict.fromkeys(("pow", "power"), lambda a, b: a**b),
    "maximum": max,
    "minimum": min,
}

OF_SIZES = ("add", "sub", "subtract", "mul", "multiply")
"""What is followed for ints that nobody knows, too."""


def fold(name: str, operands: Sequence[Value], made: Tensor) -> Tensor:
    """`made` with its numbers, where the function `name` of the operands is known."""
    function: Callable[..., Any] | None = (UNARY if len(operands) == 1 else BINARY).get(name)
    if function is None or made.dtype is None or made.dims is None:
        return made
    if name in QUOTIENTS and made.dtype.startswith(("int", "uint", "bool")):
        return made  # the dtype is not the last word
    rows = [_numbers(operand, name in OF_SIZES and made.dtype == "int64") for operand in operands]
    known = [row for row in rows if row is not None]
    length = max((len(row) for row in known), default=0)
    if len(known) < len(rows) or length > MAX_FOLDED or math.prod(_whole(made.dims)) != length:
        return made
    if any(len(row) not in (1, length) for row in known):
        return made
    columns = [row * length if len(row) == 1 else row for row in known]
    try:
        numbers = [as_dtype(function(*parts), made.dtype) for parts in zip(*columns, strict=True)]
        return made.with_(elements=tuple(numbers))
    except (ArithmeticError, ValueError, TypeError, SizeTooComplex):
        return made


def _whole(sizes: Sequence[Value]) -> list[int]:
    return [size if isinstance(size, int) else -1 for size in sizes]


def _numbers(value: Value, sizes: bool = False) -> tuple[Any, ...] | None:
    """The numbers in an array, or in a number; with `sizes` also ints that nobody knows."""
    found = value.elements if isinstance(value, Tensor) else (value,)
    wanted = int | float | Dim if sizes else int | float
    if found is None or not all(isinstance(number, wanted) for number in found):
        return None
    return tuple(found)


def as_dtype(number: Any, dtype: str) -> Any:
    """The number as an array of this dtype holds it; raises ValueError or OverflowError where it can't."""
    if isinstance(number, Dim):
        return number
    if dtype == "bool":
        return bool(number)
    if dtype.startswith(("int", "uint")):
        return int(number)
    if dtype == "float32":
        return struct.unpack("f", struct.pack("f", number))[0]
    if dtype == "float64":
        return float(number)
    raise ValueError(dtype)


def distinct(tensor: Tensor) -> tuple[tuple[Value, ...] | None, tuple[int, ...] | None]:
    """The different numbers in order, and how often each occurs; None where they are not known."""
    numbers = _numbers(tensor)
    if numbers is None or tensor.rank != 1:
        return None, None
    found = sorted(set(numbers))
    return tuple(found), tuple(numbers.count(number) for number in found)


def steps(tensor: Tensor, times: int) -> tuple[Value, ...] | None:
    """The differences of neighbours, taken `times` times; None where the numbers are not known."""
    numbers = _numbers(tensor)
    if numbers is None or tensor.rank != 1 or tensor.dtype is None or not tensor.dtype.startswith("int"):
        return None
    for _ in range(times):
        numbers = tuple(after - before for before, after in itertools.pairwise(numbers))
    return numbers


def converted(tensor: Tensor, dtype: str | None) -> tuple[Value, ...] | None:
    """The elements of `tensor` as another dtype."""
    numbers = _numbers(tensor)
    if numbers is None or dtype is None:
        return None
    try:
        return tuple(as_dtype(number, dtype) for number in numbers)
    except (ArithmeticError, ValueError):
        return None
