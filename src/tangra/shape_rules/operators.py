"""Python's operators on arrays: which library's rule decides, and with which method."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tangra.shape_rules.broadcasting import broadcast_to
from tangra.shape_rules.failures import BROADCAST, RuleError
from tangra.shape_rules.registry import find_method
from tangra.shape_rules.values import UNKNOWN, Tensor, Value

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

CLASSES = {"torch": "torch.Tensor", "numpy": "numpy.ndarray", "jax": "jax.Array"}
"""The class of each library's arrays, under which their methods are declared."""

BINARY = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
    "&": "and",
    "|": "or",
    "^": "xor",
    "<<": "lshift",
    ">>": "rshift",
    "<": "lt",
    "<=": "le",
    ">": "gt",
    ">=": "ge",
    "==": "eq",
    "!=": "ne",
}
"""The method of each binary operator, without underscores."""

UNARY = {"-": "neg", "+": "pos", "~": "invert"}

MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
"""The comparison that asks the same with its operands exchanged."""


def binary(ctx: RuleContext, symbol: str, left: Value, right: Value) -> Value:
    """`left symbol right`, one of which is a Tensor. Raises RuleError where that certainly fails."""
    try:
        return _binary(ctx, symbol, left, right)
    except RuleError as error:
        failure = error.failure
        if failure.code != BROADCAST:
            raise
        raise RuleError(replace(failure, message=lambda: _NAMED.sub(f"{symbol}: ", failure.text))) from None


_NAMED = re.compile(r"^[a-z_]+: ")
"""The name of the function behind an operator, in front of a message."""


def _binary(ctx: RuleContext, symbol: str, left: Value, right: Value) -> Value:
    word = BINARY[symbol]
    if isinstance(left, Tensor) and (not isinstance(right, Tensor) or rank(left) >= rank(right)):
        found = find_method(CLASSES[left.library], f"__{word}__")
        return UNKNOWN if found is None else found(ctx, left, right)
    mirrored = MIRRORED.get(word, "r" + word)
    found = find_method(CLASSES[right.library], f"__{mirrored}__") if isinstance(right, Tensor) else None
    return UNKNOWN if found is None else found(ctx, right, left)


def rank(tensor: Tensor) -> int:
    """Whose operator decides between libraries: torch's before JAX's before NumPy's."""
    return ("numpy", "jax", "torch").index(tensor.library)


def inplace(ctx: RuleContext, symbol: str, left: Tensor, right: Value) -> Value:
    """`left symbol= right`: what `left` then is. NumPy and torch write into `left`; JAX makes a new array."""
    found = find_method(CLASSES[left.library], f"__i{BINARY[symbol]}__")
    if found is not None:
        return found(ctx, left, right)
    result = binary(ctx, symbol, left, right)
    if left.library != "numpy" or not isinstance(result, Tensor) or left.rank == 0 or symbol == "@":
        return result
    if left.shape is not None and result.shape is not None:
        broadcast_to(ctx, result.shape, left.shape, f"in place {symbol}: ", "ValueError")
    return result.with_(shape=left.shape, dtype=left.dtype, grown=None)


def unary(ctx: RuleContext, symbol: str, operand: Tensor) -> Value:
    """`-x`, `+x` or `~x`."""
    found = find_method(CLASSES[operand.library], f"__{UNARY[symbol]}__")
    return UNKNOWN if found is None else found(ctx, operand)


def getitem(ctx: RuleContext, array: Tensor, index: Value) -> Value:
    """`array[index]`."""
    found = find_method(CLASSES[array.library], "__getitem__")
    return UNKNOWN if found is None else found(ctx, array, index)


def setitem(ctx: RuleContext, array: Tensor, index: Value, value: Value) -> None:
    """`array[index] = value`; the array's shape and dtype stay."""
    found = find_method(CLASSES[array.library], "__setitem__")
    if found is not None:
        found(ctx, array, index, value)
