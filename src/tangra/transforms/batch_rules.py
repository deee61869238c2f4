"""Direct batching of straight-line code: every operation on the whole batch, with the lanes as the leading axis.

It pays where a product of matrices becomes one larger product. Functions with an operation that has no rule here, with
control flow or with effects that depend on the lane run as a loop over lanes instead (`batching`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tangra.ir import Builder, Func, Op, Value
from tangra.shapes import Size
from tangra.transforms import batch_windows
from tangra.transforms.rules import copy_op

Attrs = dict[str, Any]
Axes = tuple[int, ...]
CONVOLUTIONS = ("conv", "conv_input", "conv_kernel")
PRODUCTS = ("dot_general", *CONVOLUTIONS)


def direct_batch(func: Func, params: Sequence[Value], in_axes: Sequence[int | None], size: Size, b: Builder) -> bool:
    """Emit `func` on batches into the builder's block, with its `return`. False (and nothing emitted) if it can't be.

    `params` are the new parameters, with the lanes at `in_axes`.
    """
    if not worthwhile(func):
        return False
    batch = Direct(b, size)
    start = len(b.block.ops)
    for p, v, axis in zip(func.params, params, in_axes, strict=True):
        batch.give(p, v, axis)
    for op in func.body.ops[:-1]:
        with b.spanned(op.span):
            if not batch.op(op):
                del b.block.ops[start:]
                return False
    b.return_(*(batch.lanes(v) for v in func.returned))
    return True


def worthwhile(func: Func) -> bool:
    """Whether there are products of arrays or convolutions, in straight-line code."""
    ops = func.body.ops
    return any(op.name in PRODUCTS for op in ops) and not any(op.regions for op in ops)


class Direct:
    """The function on batches under construction: what of it all lanes share, and what is batched."""

    def __init__(self, b: Builder, size: Size) -> None:
        self.b = b
        self.size = size
        self.shared: dict[int, Value] = {}
        self.batched: dict[int, Value] = {}

    def give(self, p: Value, v: Value, axis: int | None) -> None:
        """Parameter `p` is `v`, with the lanes at `axis`."""
        if axis is None:
            self.shared[id(p)] = v
        else:
            rest = [k for k in range(len(v.shape)) if k != axis]
            self.batched[id(p)] = v if axis == 0 else self.b("transpose", v, perm=(axis, *rest))

    def lanes(self, v: Value) -> Value:
        """`v` for all lanes, repeated where they share it."""
        if id(v) in self.batched:
            return self.batched[id(v)]
        x = self.shared[id(v)]
        dims = tuple(range(1, len(x.shape) + 1))
        return self.b("broadcast", x, shape=(self.size, *x.shape), dims=dims)

    def op(self, op: Op) -> bool:
        """Emit `op`; False where it has no rule."""
        if not any(id(v) in self.batched for v in op.operands):
            if op.defn.effect and op.name != "bind_dim":
                return False
            new = copy_op(self.b, op, self.shared)
            self.shared.update((id(r), n) for r, n in zip(op.results, new.results, strict=True))
            return True
        rule = _RULES.get(op.name, _elementwise if op.defn.elementwise else None)
        result = rule(self, op) if rule is not None else None
        if result is None:
            return False
        self.batched[id(op.result)] = result
        return True


def _elementwise(d: Direct, op: Op) -> Value:
    return d.b(op.name, *(d.lanes(v) for v in op.operands), **op.attrs)


def _broadcast(d: Direct, op: Op) -> Value:
    dims = (0, *(k + 1 for k in op.attrs["dims"]))
    return d.b("broadcast", d.lanes(op.operands[0]), shape=(d.size, *op.attrs["shape"]), dims=dims)


def _reshape(d: Direct, op: Op) -> Value:
    return d.b("reshape", d.lanes(op.operands[0]), shape=(d.size, *op.attrs["shape"]))


def _transpose(d: Direct, op: Op) -> Value:
    return d.b("transpose", d.lanes(op.operands[0]), perm=(0, *(k + 1 for k in op.attrs["perm"])))


def _reduce(d: Direct, op: Op) -> Value:
    return d.b(op.name, d.lanes(op.operands[0]), axes=tuple(k + 1 for k in op.attrs["axes"]))


def _along_axis(d: Direct, op: Op) -> Value:
    """Operations along one axis, and `concat`."""
    attrs = {**op.attrs, "axis": op.attrs["axis"] + 1}
    return d.b(op.name, *(d.lanes(v) for v in op.operands), **attrs)


def _index(d: Direct, op: Op) -> Value | None:
    """A part at the same place in every lane."""
    x, *starts = op.operands
    if any(id(s) in d.batched for s in starts):
        return None
    return d.b("index", d.lanes(x), d.b.int(0), *(d.shared[id(s)] for s in starts), **_whole(d, op))


def _write(d: Direct, op: Op) -> Value | None:
    x, v, *starts = op.operands
    if any(id(s) in d.batched for s in starts):
        return None
    places = [d.b.int(0), *(d.shared[id(s)] for s in starts)]
    return d.b(op.name, d.lanes(x), d.lanes(v), *places, **_whole(d, op))


def _whole(d: Direct, op: Op) -> Attrs:
    """The sizes and steps of `op` with all lanes in front."""
    return {"sizes": (d.size, *op.attrs["sizes"]), "steps": (1, *op.attrs["steps"])}


def _dot_general(d: Direct, op: Op) -> Value:
    """With both factors batched the lanes are one more batch axis; with one they are one more free axis of it."""
    x, y = op.operands
    (cx, cy), (bx, by) = op.attrs["contract"], op.attrs["batch"]
    if id(x) in d.batched and id(y) in d.batched:
        contract, batch = (_shift(cx), _shift(cy)), ((0, *_shift(bx)), (0, *_shift(by)))
        return d.b("dot_general", d.batched[id(x)], d.batched[id(y)], contract=contract, batch=batch)
    if id(x) in d.batched:
        left, right = d.batched[id(x)], d.shared[id(y)]
        lanes = len(bx)
        contract, batch = (_shift(cx), cy), (_shift(bx), by)
    else:
        left, right = d.shared[id(x)], d.batched[id(y)]
        lanes = len(x.shape) - len(cx)
        contract, batch = (cx, _shift(cy)), (bx, _shift(by))
    product = d.b("dot_general", left, right, contract=contract, batch=batch)
    if lanes == 0:
        return product
    rest = [k for k in range(len(product.shape)) if k != lanes]
    return d.b("transpose", product, perm=(lanes, *rest))


def _shift(axes: Axes) -> Axes:
    return tuple(k + 1 for k in axes)


Rule = Callable[[Direct, Op], Value | None]
_RULES: dict[str, Rule] = {
    "broadcast": _broadcast,
    "reshape": _reshape,
    "transpose": _transpose,
    "dot_general": _dot_general,
    **dict.fromkeys(CONVOLUTIONS, batch_windows.convolution),
    **dict.fromkeys(("pool_max", "pool_argmax", "pool_sum", "pool_spread"), batch_windows.pool),
    "index": _index,
    "update": _write,
    "accumulate": _write,
    **dict.fromkeys(("reduce_sum", "reduce_prod", "reduce_max", "reduce_min", "reduce_and", "reduce_or"), _reduce),
    **dict.fromkeys(
        ("argmax", "argmin", "cumsum", "cumprod", "cummax", "cummin", "concat", "sort", "argsort"), _along_axis
    ),
}
