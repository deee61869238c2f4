"""Reductions over axes, and the positions of extrema.

Reduced axes are dropped. `reduce_max`, `reduce_min`, `argmax` and `argmin` propagate NaN. Of no elements they give any
value (0 in the interpreter): that there is one is checked in front, and a pure operation may be moved ahead of a check.
Sums and products keep the dtype (the API casts before).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Op, Value
from tangra.ir.opdef import OpDef, register
from tangra.ir.types import I64, ArrayType, Type
from tangra.ops.common import ANY, BITS, NUMBER, axis_list, like, quiet, require, zeros_like
from tangra.shapes import Size, prod

FAMILY = "reduction"
Partials = list[Value | None]


def kept_axes(rank: int, axes: Sequence[int]) -> tuple[int, ...]:
    """The axes of `rank` that are not in `axes`."""
    return tuple(k for k in range(rank) if k not in axes)


def spread(b: Builder, reduced: Value, x: Value, axes: Sequence[int]) -> Value:
    """`reduced`, which lacks `axes`, repeated along them to the shape of `x`."""
    return b("broadcast", reduced, shape=x.shape, dims=kept_axes(len(x.shape), axes))


def _infer(name: str, kinds: str) -> Any:
    def infer(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
        (x,) = operands
        axes = axis_list(attrs["axes"], len(x.shape), name)
        require(x.dtype.kind in kinds, f"{name} of {x.dtype}")
        return [ArrayType(x.dtype, tuple(x.shape[k] for k in kept_axes(len(x.shape), axes)))]

    return infer


def _fold_reduce(b: Builder, operands: Sequence[Value], attrs: dict[str, Any]) -> Value | None:
    return operands[0] if not attrs["axes"] else None


def _sum_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    t = tangents[0]
    return [None if t is None else b("reduce_sum", t, axes=op.attrs["axes"])]


def _sum_vjp(b: Builder, op: Op, cotangents: Partials, wanted: list[bool]) -> Partials:
    ct = cotangents[0]
    return [None if ct is None or not wanted[0] else spread(b, ct, op.operands[0], op.attrs["axes"])]


def products_of_others(b: Builder, x: Value, axes: Sequence[int]) -> Value:
    """Per element of `x` the product of all other elements along `axes`, without dividing, so that zeros are right.

    The reduced axes are merged into one; what stands before and behind an element are cumulative products.
    """
    kept = kept_axes(len(x.shape), axes)
    perm = (*kept, *axes)
    moved = b("transpose", x, perm=perm)
    count: Size = prod(x.shape[k] for k in axes)
    rows = tuple(x.shape[k] for k in kept)
    merged = b("reshape", moved, shape=(*rows, count))
    others = b("mul", _exclusive(b, merged, False), _exclusive(b, merged, True))
    back = b("reshape", others, shape=moved.shape)
    return b("transpose", back, perm=tuple(sorted(range(len(perm)), key=lambda k: perm[k])))


def _exclusive(b: Builder, x: Value, reverse: bool) -> Value:
    """The product of what stands before (behind, if `reverse`) each element of the last axis: the products, shifted."""
    axis = len(x.shape) - 1
    total = b("cumprod", x, axis=axis, reverse=reverse)
    edge = b.filled(1, ArrayType(x.dtype, (*x.shape[:-1], 1)))
    longer = b("concat", *((total, edge) if reverse else (edge, total)), axis=axis)
    starts = [b.int(0)] * axis + [b.int(1 if reverse else 0)]
    return b("index", longer, *starts, sizes=x.shape, steps=(1,) * len(x.shape))


def _prod_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    t, x, axes = tangents[0], op.operands[0], op.attrs["axes"]
    if t is None:
        return [None]
    return [b("reduce_sum", b("mul", products_of_others(b, x, axes), t), axes=axes)]


def _prod_vjp(b: Builder, op: Op, cotangents: Partials, wanted: list[bool]) -> Partials:
    ct, x, axes = cotangents[0], op.operands[0], op.attrs["axes"]
    if ct is None or not wanted[0]:
        return [None]
    return [b("mul", products_of_others(b, x, axes), spread(b, ct, x, axes))]


def _loses(b: Builder, op: Op) -> Value:
    """Whether each element is not the extremum. A NaN compares false: then none is."""
    x = op.operands[0]
    return b("lt" if op.name == "reduce_max" else "gt", x, spread(b, op.result, x, op.attrs["axes"]))


def _ties(b: Builder, op: Op, loses: Value) -> Value:
    """How many elements are the extremum."""
    x = op.operands[0]
    return b("reduce_sum", b("select", loses, zeros_like(b, x), like(b, 1, x)), axes=op.attrs["axes"])


def _extremum_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    """The mean of the tangents of the elements that tie for the extremum."""
    t = tangents[0]
    if t is None:
        return [None]
    loses = _loses(b, op)
    chosen = b("select", loses, zeros_like(b, t), t)
    return [b("div", b("reduce_sum", chosen, axes=op.attrs["axes"]), _ties(b, op, loses))]


def _extremum_vjp(b: Builder, op: Op, cotangents: Partials, wanted: list[bool], loses: Value) -> Partials:
    """The cotangent, split evenly among the elements that tie for the extremum."""
    ct, x = cotangents[0], op.operands[0]
    if ct is None or not wanted[0]:
        return [None]
    share = b("div", ct, _ties(b, op, loses))
    return [b("select", loses, zeros_like(b, x), spread(b, share, x, op.attrs["axes"]))]


def _of_nothing(x: Any, axes: Sequence[int], dtype: Any) -> Any:
    return np.zeros([size for k, size in enumerate(x.shape) if k not in axes], dtype)[()]


def _position(x: Any, axis: int, function: Any) -> Any:
    if x.shape[axis] == 0:
        return _of_nothing(x, (axis,), np.int64)
    return np.asarray(function(x, axis)).astype(np.int64)[()]


def _reduce(name: str, kinds: str, ufunc: Any, doc: str, **facts: Any) -> None:
    def evaluate(x: Any, axes: tuple[int, ...]) -> Any:
        x = np.asarray(x)
        if ufunc.identity is None and 0 in [x.shape[axis] for axis in axes]:
            return _of_nothing(x, axes, x.dtype)
        return ufunc.reduce(x, axis=tuple(axes), dtype=x.dtype) if axes else x[()]

    register(
        OpDef(
            name,
            FAMILY,
            _infer(name, kinds),
            quiet(evaluate),
            fold=_fold_reduce,
            native=name,
            reduction=True,
            attrs=("axes",),
            source="ufunc.reduce",
            doc=doc,
            absent={"partials": "not elementwise"},
            **facts,
        )
    )


_reduce("reduce_sum", NUMBER, np.add, "sum; 0 of nothing", jvp=_sum_jvp, vjp=_sum_vjp, linear=True)
_reduce("reduce_prod", NUMBER, np.multiply, "product; 1 of nothing", jvp=_prod_jvp, vjp=_prod_vjp)
_EXTREMUM = {"jvp": _extremum_jvp, "vjp": _extremum_vjp, "decisions": _loses}
_reduce("reduce_max", ANY, np.maximum, "largest; derivative split among ties", **_EXTREMUM)
_reduce("reduce_min", ANY, np.minimum, "smallest; derivative split among ties", **_EXTREMUM)
_reduce("reduce_and", BITS, np.bitwise_and, "all, bitwise", zero_derivative=True)
_reduce("reduce_or", BITS, np.bitwise_or, "any, bitwise", zero_derivative=True)


def _infer_position(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    (x,) = operands
    (axis,) = axis_list((attrs["axis"],), len(x.shape), "argmax")
    return [ArrayType(I64, x.shape[:axis] + x.shape[axis + 1 :])]


for _name, _function in (("argmax", np.argmax), ("argmin", np.argmin)):
    register(
        OpDef(
            _name,
            FAMILY,
            _infer_position,
            lambda x, axis, f=_function: _position(np.asarray(x), axis, f),
            native=_name,
            reduction=True,
            zero_derivative=True,
            attrs=("axis",),
            source=f"np.{_name}",
            doc="position of the first extremum; of the first NaN if there is one",
        )
    )
