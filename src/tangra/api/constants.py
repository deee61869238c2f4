"""Array values that are known at compile time: evaluated by the operations' own references."""

from __future__ import annotations

from typing import Any

import numpy as np

from tangra.ir import ArrayType, Value
from tangra.shapes import prod

MAX_ELEMENTS = 65536
"""Larger arrays are not evaluated at compile time."""


def constant_array(value: Value) -> np.ndarray[Any, Any] | None:
    """What `value` is, if it is computed from constants only; None if not, or if it is large."""
    return _evaluate(value, {})


def _evaluate(value: Value, known: dict[int, np.ndarray[Any, Any] | None]) -> np.ndarray[Any, Any] | None:
    if id(value) in known:
        return known[id(value)]
    known[id(value)] = None
    op, type_ = value.defining_op, value.type
    if op is None or op.regions or op.defn.effect or op.defn.evaluate is None or len(op.results) != 1:
        return None
    if not isinstance(type_, ArrayType):
        return None
    count = prod(type_.shape)
    if not isinstance(count, int) or count > MAX_ELEMENTS or op.name in ("empty", "undef"):
        return None
    operands = [_evaluate(v, known) for v in op.operands]
    if any(v is None for v in operands):
        return None
    if op.name == "constant":
        found = op.attrs["value"]
    else:
        arguments = [v if v is None or v.ndim else v[()] for v in operands]
        found = op.defn.evaluate(*arguments, **op.attrs)
    known[id(value)] = np.asarray(found)
    return known[id(value)]
