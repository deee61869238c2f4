"""`np.einsum`: operands contracted pair by pair, from the left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tangra.api.context import Context
from tangra.api.elementwise import shape_error
from tangra.api.numpy_common import (
    FALSE,
    NONE,
    bad_value,
    casting_arg,
    dtype_arg,
    is_none,
    reshape,
    return_value,
    strong,
    transpose,
)
from tangra.api.numpy_layout import c_strides, k_order, ordered_strides, step_view, strides_of
from tangra.api.numpy_products import contract, totalled
from tangra.api.numpy_shaping import permuted
from tangra.api.registry import function
from tangra.api.values import AbstractValue, ArrayValue, Const
from tangra.ir import I64, Value
from tangra.shapes import ShapeError, Size, einsum_dims, known_eq
from tangra.shapes.einsum import EinsumDims

Labels = tuple[str, ...]
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@function(np.einsum)
def einsum(
    ctx: Context,
    subscripts: AbstractValue,
    *operands: AbstractValue,
    out: AbstractValue = NONE,
    optimize: AbstractValue = FALSE,
    dtype: AbstractValue = NONE,
    order: AbstractValue = Const("K"),
    casting: AbstractValue = Const("safe"),
) -> AbstractValue:
    """`np.einsum(subscripts, *operands)`: repeated labels, ellipsis and implicit output as in NumPy. `optimize` is
    accepted; the order of contractions is from the left."""
    text, arrays = _arguments(ctx, subscripts, operands)
    target = dtype_arg(ctx, dtype) or strong(ctx, *arrays)
    how = casting_arg(ctx, casting)
    for own in (ctx.type_of(v).dtype for v in arrays):
        if not np.can_cast(own.numpy, target.numpy, how):
            bad_value(ctx, f"np.einsum: Cannot cast operand from {own.numpy} to {target.numpy} by the rule {how!r}")
    values = [ctx.array(v, target) for v in arrays]
    try:
        dims = einsum_dims(text, [v.shape for v in values], facts=ctx.facts, undecided=ctx.require_equal)
    except ShapeError as e:
        shape_error(ctx, e)
    sizes = dict(dims.sizes)
    if len(arrays) == 1 and isinstance(arrays[0], ArrayValue) and values[0] is ctx.array(arrays[0]) and is_none(out):
        labels = dims.operands[0]
        if set(labels) == set(dims.output):
            return _rearranged(ctx, arrays[0], labels, dims.output)
    terms = [_prepared(ctx, v, labels, sizes) for v, labels in zip(values, dims.operands, strict=True)]
    result = _contracted(ctx, terms, dims.output, sizes)
    if set(sizes) == set(dims.output):
        result = totalled(ctx, result)
    shown = return_value(ctx, result, out, "np.einsum")
    return _in_order(ctx, shown, arrays, dims) if is_none(out) else shown


def _in_order(ctx: Context, result: AbstractValue, arrays: Sequence[AbstractValue], dims: EinsumDims) -> AbstractValue:
    """The result in the order in which NumPy's loop goes along its labels: the one of the operands (order='K')."""
    if not isinstance(result, ArrayValue) or result.type.rank < 2:
        return result
    labels = [*dims.output, *sorted({x for word in dims.operands for x in word if x not in dims.output})]
    operands = []
    for v, word in zip(arrays, dims.operands, strict=True):
        own = strides_of(v) if isinstance(v, ArrayValue) else c_strides(ctx.type_of(v).shape)
        steps: dict[str, Size | None] = {}
        for label, stride, size in zip(word, own, ctx.type_of(v).shape, strict=True):
            before = steps.get(label, 0)
            steps[label] = before if size == 1 else None if stride is None or before is None else before + stride
        operands.append(tuple(steps.get(label, 0) for label in labels))
    order = k_order(ctx, tuple(dims.sizes[x] for x in labels), operands)
    if order is None:
        return replace(result, strides=(None,) * result.type.rank)
    return replace(result, strides=ordered_strides(result.type.shape, [k for k in order if k < result.type.rank]))


def _arguments(
    ctx: Context, subscripts: AbstractValue, operands: Sequence[AbstractValue]
) -> tuple[str, list[AbstractValue]]:
    """The subscripts as a string, also from the alternating form einsum(x, [0, 1], y, [1, 2], [0, 2])."""
    if isinstance(subscripts, Const) and isinstance(subscripts.value, str):
        return subscripts.value, list(operands)
    items = [subscripts, *operands]
    words = [_letters(ctx, items[k + 1]) for k in range(0, len(items) - 1, 2)]
    text = ",".join(words)
    if len(items) % 2:
        text += "->" + _letters(ctx, items[-1])
    return text, items[: len(words) * 2 : 2]


def _letters(ctx: Context, v: AbstractValue) -> str:
    labels = ctx.static(v, "subscripts of np.einsum")
    if not isinstance(labels, (list, tuple)):
        bad_value(ctx, "np.einsum: subscripts must be a string, or a list of ints after each operand")
    return "".join("..." if k is Ellipsis else ALPHABET[int(k)] for k in labels)


def _rearranged(ctx: Context, base: ArrayValue, labels: Labels, output: Labels) -> AbstractValue:
    """One operand of which nothing is summed: a view, as in NumPy, which can be written."""
    while len(set(labels)) < len(labels):
        label = next(x for x in labels if labels.count(x) > 1)
        i, j = [k for k, x in enumerate(labels) if x == label][:2]
        rest = [k for k in range(len(labels)) if k not in (i, j)]
        index = ctx.b("iota", dtype=I64, shape=(base.type.shape[i],), axis=0)
        base = step_view(ctx, permuted(ctx, base, (i, j, *rest)), "diagonal", (index, index))
        labels = (label, *(labels[k] for k in rest))
    if not labels:
        return ctx.result(ctx.array(base))
    return permuted(ctx, base, [labels.index(x) for x in output])


def _prepared(ctx: Context, value: Value, labels: Labels, sizes: dict[str, Size]) -> tuple[Value, Labels]:
    """An operand with each label once (diagonals taken), and without axes of size 1 that stand for larger ones."""
    while len(set(labels)) < len(labels):
        label = next(x for x in labels if labels.count(x) > 1)
        i, j = [k for k, x in enumerate(labels) if x == label][:2]
        value = _diagonal(ctx, value, i, j)
        labels = (label, *(x for k, x in enumerate(labels) if k not in (i, j)))
    stretched = [
        k
        for k, x in enumerate(labels)
        if value.shape[k] != sizes[x]
        and known_eq(value.shape[k], 1, ctx.facts)
        and not known_eq(sizes[x], 1, ctx.facts)
    ]
    kept = [k for k in range(len(labels)) if k not in stretched]
    shape = tuple(sizes[labels[k]] for k in kept)
    if shape != value.shape:
        value = reshape(ctx, value, shape)
    return value, tuple(labels[k] for k in kept)


def _diagonal(ctx: Context, value: Value, i: int, j: int) -> Value:
    """Axes i and j replaced by their diagonal, in front."""
    order = [i, j, *(k for k in range(value.array.rank) if k not in (i, j))]
    index = ctx.b("iota", dtype=I64, shape=(value.shape[i],), axis=0)
    return ctx.b("gather", transpose(ctx, value, order), index, index)


def _contracted(ctx: Context, terms: list[tuple[Value, Labels]], output: Labels, sizes: dict[str, Size]) -> Value:
    """The terms multiplied from the left; labels needed by nobody behind are summed as soon as possible."""
    terms = [
        _summed(ctx, v, labels, {*output, *(x for m, (_, other) in enumerate(terms) if m != k for x in other)})
        for k, (v, labels) in enumerate(terms)
    ]
    value, labels = terms[0]
    for k in range(1, len(terms)):
        later = {*output, *(x for _, rest in terms[k + 1 :] for x in rest)}
        value, labels = _product(ctx, (value, labels), terms[k], later)
    value, labels = _summed(ctx, value, labels, set(output))
    missing = tuple(x for x in output if x not in labels)
    if missing:
        value = ctx.b(
            "broadcast",
            value,
            shape=(*(sizes[x] for x in missing), *value.shape),
            dims=tuple(range(len(missing), len(missing) + len(labels))),
        )
        labels = (*missing, *labels)
    return transpose(ctx, value, [labels.index(x) for x in output])


def _summed(ctx: Context, value: Value, labels: Labels, needed: set[str]) -> tuple[Value, Labels]:
    gone = tuple(k for k, x in enumerate(labels) if x not in needed)
    if not gone:
        return value, labels
    op = "reduce_or" if value.dtype.name == "bool" else "reduce_sum"
    return ctx.b(op, value, axes=gone), tuple(x for k, x in enumerate(labels) if k not in gone)


def _product(
    ctx: Context, left: tuple[Value, Labels], right: tuple[Value, Labels], later: set[str]
) -> tuple[Value, Labels]:
    (x, xs), (y, ys) = left, right
    shared = [k for k in xs if k in ys]
    batch = [k for k in shared if k in later]
    summed = [k for k in shared if k not in later]
    value = contract(
        ctx,
        x,
        y,
        ([xs.index(k) for k in summed], [ys.index(k) for k in summed]),
        ([xs.index(k) for k in batch], [ys.index(k) for k in batch]),
    )
    labels = (*batch, *(k for k in xs if k not in shared), *(k for k in ys if k not in shared))
    return value, labels
