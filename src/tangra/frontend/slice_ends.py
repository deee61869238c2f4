"""Ends of slices that only the run says, as places along an axis: what makes a slice a view with a run-time extent.

`x[a:b]` with `a` and `b` out of an array has the size `max(0, b' - a')`, where `a'` and `b'` are the two clipped to the
axis as Python does. They are symbols that lie between 0 and the axis's size, so that all that is known of sizes holds
for such views too: a slice is never longer than what it is a slice of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.api import builtins
from tangra.api.elementwise import is_number, kinds_of
from tangra.api.kinds import PYBOOL
from tangra.api.strided import FAR
from tangra.api.values import AbstractValue, ArrayValue, Scalar
from tangra.frontend import symbols
from tangra.ir import I64, U64, Value
from tangra.shapes import Size, symbol
from tangra.shapes.prover import known_le

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def slice_end(ev: Evaluator, v: AbstractValue, axis: Size | None) -> Size:
    """An end of a slice: what `symbol_for` says of numbers that are sizes; of others the place along the axis of a
    slice with a positive step, or (`axis` is None) what they are."""
    if isinstance(v, ArrayValue) and not v.type.shape and v.type.dtype.is_integer:
        v = ev.scalar(ev.read(v.ref))
    if is_number(v) and PYBOOL in kinds_of(v):
        v = builtins.int_(ev, v)
    if not isinstance(v, Scalar) or v.size is not None or not all(k.dtype.is_integer for k in v.kinds):
        return ev.symbol_for(v)
    return _near(ev, v) if axis is None else _place_along(ev, v, axis)


def _place_along(ev: Evaluator, v: Scalar, axis: Size) -> Size:
    """The place along an axis that `v` is as an end of a slice with a positive step: from its end if `v` is negative,
    and clipped to it."""
    name = ev.symbols.ends.get((v.value, axis))
    if name is not None and name in ev.state.scope:
        return symbol(name)
    size = ev.b.dim(axis)
    value = ev.b("minimum", _from_front(ev, v, size), size)
    name = ev.symbols.ends[v.value, axis] = ev.symbols.fresh("n")
    return symbols.bind(ev, value, name, 0, axis)


def _from_front(ev: Evaluator, v: Scalar, size: Value) -> Value:
    b = ev.b
    if v.value.dtype == U64:
        return b("cast", b("minimum", v.value, b.const(FAR, U64)), dtype=I64)
    value = v.value if v.value.dtype == I64 else b("cast", v.value, dtype=I64)
    if v.lo is not None and known_le(0, v.lo, ev.facts):
        return value
    zero = b.int(0)
    return b("select", b("lt", value, zero), b("maximum", b("add", value, size), zero), value)


def _near(ev: Evaluator, v: Scalar) -> Size:
    """`v` as an end of any slice, so far away at most that sums of sizes don't overflow."""
    b, value = ev.b, v.value
    if value.dtype == U64:
        value = b("minimum", value, b.const(FAR, U64))
    value = value if value.dtype == I64 else b("cast", value, dtype=I64)
    value = b("minimum", b("maximum", value, b.int(-FAR)), b.int(FAR))
    return symbols.bind(ev, value, ev.symbols.fresh("n"), -FAR, FAR)
