"""Running sums, products and extrema along an axis, from its start or (`reverse`) from its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Block, Op, Value
from tangra.ir.opdef import OpDef, register
from tangra.ir.types import I64, ArrayType, Type
from tangra.ops.common import ANY, NUMBER, axis_list, quiet, require, zeros_like

FAMILY = "cumulative"
Partials = list[Value | None]


def _infer(name: str, kinds: str) -> Any:
    def infer(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
        (x,) = operands
        axis_list((attrs["axis"],), len(x.shape), name)
        require(x.dtype.kind in kinds and isinstance(attrs["reverse"], bool), f"{name} of {x.dtype}")
        return [x.type]

    return infer


def _evaluate(ufunc: Any) -> Any:
    def evaluate(x: Any, axis: int, reverse: bool) -> Any:
        x = np.asarray(x)
        run = ufunc.accumulate(np.flip(x, axis) if reverse else x, axis=axis, dtype=x.dtype)
        return np.flip(run, axis) if reverse else run

    return quiet(evaluate)


def _sum_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    t = tangents[0]
    return [None if t is None else b("cumsum", t, **op.attrs)]


def _sum_vjp(b: Builder, op: Op, cotangents: Partials, wanted: list[bool]) -> Partials:
    ct, attrs = cotangents[0], op.attrs
    if ct is None or not wanted[0]:
        return [None]
    return [b("cumsum", ct, axis=attrs["axis"], reverse=not attrs["reverse"])]


def _layers(b: Builder, x: Value, axis: int, reverse: bool) -> tuple[Value, Value]:
    """The first and last position along `axis` in running order: (0, n - 1), or the other way round."""
    ends = b.int(0), b("sub", b.dim(x.shape[axis]), b.int(1))
    return ends[::-1] if reverse else ends


class _Layer:
    """Reads and writes of one position along an axis, the axis dropped."""

    def __init__(self, b: Builder, x: Value, axis: int) -> None:
        self.b, self.axis, rank = b, axis, len(x.shape)
        self.zero = b.int(0)
        self.attrs = {
            "sizes": tuple(None if k == axis else x.shape[k] for k in range(rank)),
            "steps": (1,) * rank,
        }
        self.type = ArrayType(x.dtype, x.shape[:axis] + x.shape[axis + 1 :])

    def starts(self, i: Value) -> list[Value]:
        return [i if k == self.axis else self.zero for k in range(len(self.attrs["sizes"]))]

    def read(self, x: Value, i: Value) -> Value:
        return self.b("index", x, *self.starts(i), **self.attrs)

    def write(self, x: Value, v: Value, i: Value) -> Value:
        return self.b("update", x, v, *self.starts(i), **self.attrs)


def _scan(b: Builder, x: Value, axis: int, reverse: bool, carried: list[Value], step: Any) -> list[Value]:
    """A counted loop over the positions of `axis`; `step(layer, i, *carried)` gives the next carried values."""
    n = b.dim(x.shape[axis])
    one = b.int(1)
    start, stop, stride = (b("sub", n, one), b.int(-1), b.int(-1)) if reverse else (b.int(0), n, one)
    layer = _Layer(b, x, axis)
    body = Block([ArrayType(I64), *(v.type for v in carried)])
    with b.at(body):
        b.yield_(*step(layer, *body.args))
    attrs = {"counted": True, "exits": False, "parallel": False}
    return b.emit("loop", [start, stop, stride, *carried], attrs, [body]).results


def _prod_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    """Product rule along the run: p' = p x, t' = t x + p dx, without dividing, so that zeros are right."""
    x, t, axis = op.operands[0], tangents[0], op.attrs["axis"]
    if t is None:
        return [None]
    tangent_in: Value = t

    def step(at: _Layer, i: Value, out: Value, product: Value, tangent: Value) -> list[Value]:
        xi, ti = at.read(x, i), at.read(tangent_in, i)
        moved = b("add", b("mul", tangent, xi), b("mul", product, ti))
        return [at.write(out, moved, i), b("mul", product, xi), moved]

    layer = _Layer(b, x, axis).type
    init = [zeros_like(b, x), b.filled(1, layer), b.zeros(layer)]
    return [_scan(b, x, axis, op.attrs["reverse"], init, step)[0]]


def _prod_vjp(b: Builder, op: Op, cotangents: Partials, wanted: list[bool]) -> Partials:
    """ct_x[i] = p[i-1] s[i] with p the products before i and s[i] = ct[i] + x[i+1] s[i+1], run from the end."""
    x, ct, axis, reverse = op.operands[0], cotangents[0], op.attrs["axis"], op.attrs["reverse"]
    if ct is None or not wanted[0]:
        return [None]
    cotangent: Value = ct

    def products(at: _Layer, i: Value, out: Value, product: Value) -> list[Value]:
        return [at.write(out, product, i), b("mul", product, at.read(x, i))]

    def sums(at: _Layer, i: Value, out: Value, carried: Value) -> list[Value]:
        total = b("add", at.read(cotangent, i), carried)
        return [at.write(out, total, i), b("mul", total, at.read(x, i))]

    layer = _Layer(b, x, axis).type
    before = _scan(b, x, axis, reverse, [zeros_like(b, x), b.filled(1, layer)], products)[0]
    behind = _scan(b, x, axis, not reverse, [zeros_like(b, x), b.zeros(layer)], sums)[0]
    return [b("mul", before, behind)]


def _reached(b: Builder, op: Op) -> Value:
    """Where the running extremum is the element there."""
    return b("or", b("eq", op.operands[0], op.result), _first_nan(b, op))


def _winners(b: Builder, op: Op, reached: Value) -> list[Value]:
    """Index arrays of the element each running extremum is: the last one to reach it; of a NaN, the first one."""
    x, axis, reverse = op.operands[0], op.attrs["axis"], op.attrs["reverse"]
    ramps = [b("iota", dtype=I64, shape=x.shape, axis=k) for k in range(len(x.shape))]
    first, _ = _layers(b, x, axis, reverse)
    position = b("select", reached, ramps[axis], b.full(first, x.shape))
    ramps[axis] = b("cummin" if reverse else "cummax", position, axis=axis, reverse=reverse)
    return ramps


def _first_nan(b: Builder, op: Op) -> Value:
    """Where the running extremum becomes NaN: it is NaN in just one of the positions up to there."""
    attrs = op.attrs
    count = b("cumsum", b("cast", b("isnan", op.result), dtype=I64), **attrs)
    return b("eq", count, b.filled(1, count.array))


def _extremum_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    t = tangents[0]
    return [None if t is None else b("gather", t, *_winners(b, op, _reached(b, op)))]


def _extremum_vjp(b: Builder, op: Op, cotangents: Partials, wanted: list[bool], reached: Value) -> Partials:
    ct, x = cotangents[0], op.operands[0]
    if ct is None or not wanted[0]:
        return [None]
    return [b("scatter_add", zeros_like(b, x), ct, *_winners(b, op, reached))]


def _declare(name: str, kinds: str, ufunc: Any, doc: str, **facts: Any) -> None:
    register(
        OpDef(
            name,
            FAMILY,
            _infer(name, kinds),
            _evaluate(ufunc),
            native=name,
            attrs=("axis", "reverse"),
            doc=doc,
            source="ufunc.accumulate",
            absent={"partials": "not elementwise"},
            **facts,
        )
    )


_declare("cumsum", NUMBER, np.add, "running sum", jvp=_sum_jvp, vjp=_sum_vjp, linear=True)
_declare("cumprod", NUMBER, np.multiply, "running product", jvp=_prod_jvp, vjp=_prod_vjp)
_declare(
    "cummax",
    ANY,
    np.maximum,
    "running maximum; at ties the last one has the derivative",
    jvp=_extremum_jvp,
    vjp=_extremum_vjp,
    decisions=_reached,
)
_declare(
    "cummin",
    ANY,
    np.minimum,
    "running minimum; at ties the last one has the derivative",
    jvp=_extremum_jvp,
    vjp=_extremum_vjp,
    decisions=_reached,
)
