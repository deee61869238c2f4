"""Folding any ufunc along an axis by an IR loop: `reduce` and `accumulate` where the IR has no reduction of its own."""

from __future__ import annotations

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import cast
from tangra.api.numpy_loops import EMIT
from tangra.ir import I64, ArrayType, Block, Value

LOOP = {"counted": True, "exits": False, "parallel": False}


class Layer:
    """Reads and writes one position along an axis, the axis dropped."""

    def __init__(self, ctx: Context, value: Value, axis: int) -> None:
        self.ctx, self.axis, self.rank = ctx, axis, value.array.rank
        self.sizes = tuple(None if k == axis else d for k, d in enumerate(value.shape))

    def _starts(self, i: Value) -> list[Value]:
        return [i if k == self.axis else self.ctx.b.int(0) for k in range(self.rank)]

    def read(self, x: Value, i: Value) -> Value:
        return self.ctx.b("index", x, *self._starts(i), sizes=self.sizes, steps=(1,) * self.rank)

    def write(self, x: Value, v: Value, i: Value) -> Value:
        return self.ctx.b("update", x, v, *self._starts(i), sizes=self.sizes, steps=(1,) * self.rank)


def apply_loop(ctx: Context, ufunc: np.ufunc, x: Value, y: Value) -> Value:
    """The binary ufunc of two values of one type, in that type."""
    result = EMIT[ufunc](ctx, [x, y], ())
    assert isinstance(result, Value)
    return cast(ctx, result, x.dtype)


def fold_axis(
    ctx: Context, ufunc: np.ufunc, value: Value, axis: int, start: Value | None = None, mask: Value | None = None
) -> Value:
    """`start op x[0] op x[1] op …` from the left along `axis`, of the elements that `mask` names; without a start
    there is at least one element, and no mask."""
    b, layer = ctx.b, Layer(ctx, value, axis)
    shape = tuple(d for k, d in enumerate(value.shape) if k != axis)
    first = layer.read(value, b.int(0)) if start is None else b.full(start, shape)
    body = Block([ArrayType(I64), first.type])
    with b.at(body):
        i, total = body.args
        new = apply_loop(ctx, ufunc, total, layer.read(value, i))
        b.yield_(new if mask is None else b("select", layer.read(mask, i), new, total))
    bounds = [b.int(1 if start is None else 0), b.dim(value.shape[axis]), b.int(1)]
    return b.emit("loop", [*bounds, first], dict(LOOP), [body]).result


def scan_axis(ctx: Context, ufunc: np.ufunc, value: Value, axis: int) -> Value:
    """Every prefix of that fold; an empty axis stays empty."""
    b, layer = ctx.b, Layer(ctx, value, axis)
    body = Block([ArrayType(I64), value.type])
    with b.at(body):
        i, result = body.args
        previous = layer.read(result, b("sub", i, b.int(1)))
        b.yield_(layer.write(result, apply_loop(ctx, ufunc, previous, layer.read(value, i)), i))
    bounds = [b.int(1), b.dim(value.shape[axis]), b.int(1)]
    return b.emit("loop", [*bounds, value], dict(LOOP), [body]).result
