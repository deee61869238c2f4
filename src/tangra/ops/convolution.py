"""Convolutions as deep learning has them: sums of products of a kernel with the windows of an array, in groups.

y[n, o, p] = sum over c, k of x[n, c', p * stride + k * dilation - low] w[o, c, k], where c' is channel c of the group
that output channel o belongs to. The three operations are one trilinear form in x, w and y, read in its three
directions: `conv` gives y, `conv_input` x and `conv_kernel` w. So each one's derivatives are the other two, in any
order. Kernels are (outputs, inputs / groups, *window) in either layout of the arrays.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Op, Value
from tangra.ir.opdef import OpDef, register
from tangra.ir.types import ArrayType, Type
from tangra.ops.common import add_maybe, quiet, require
from tangra.ops.windows import (
    WINDOW_ATTRS,
    Attrs,
    Shape,
    arranged,
    channel_axis,
    channels_back,
    channels_first,
    padded,
    part_under,
    same_float,
    spatial,
    window_places,
    window_view,
    without_border,
)

FAMILY = "convolution"
CONV_ATTRS = (*WINDOW_ATTRS, "groups")
Terms = list[Value | None]


def check_form(name: str, x: Shape, w: Shape, y: Shape, attrs: Attrs) -> None:
    """Require the shapes of the three arrays to belong together."""
    last, groups = attrs["channels_last"], attrs["groups"]
    at = channel_axis(len(x), last)
    places = window_places(name, spatial(x, last), w[2:], attrs)
    shapes = f"{name}: x {x}, kernel {w}, result {y}, {groups} groups"
    require(groups >= 1 and (not isinstance(w[0], int) or w[0] % groups == 0), shapes)
    require(x[at] == w[1] * groups and y == arranged(x[0], w[0], places, last), shapes)


def conv_shape(x: Shape, w: Shape, attrs: Attrs) -> Shape:
    """The shape of `conv`."""
    last = attrs["channels_last"]
    return arranged(x[0], w[0], window_places("conv", spatial(x, last), w[2:], attrs), last)


def _infer_conv(operands: Sequence[Value], attrs: Attrs, regions: Sequence[Any]) -> list[Type]:
    x, w = operands
    same_float("conv", x, w)
    y = conv_shape(x.shape, w.shape, attrs)
    check_form("conv", x.shape, w.shape, y, attrs)
    return [ArrayType(x.dtype, y)]


def _infer_input(operands: Sequence[Value], attrs: Attrs, regions: Sequence[Any]) -> list[Type]:
    y, w = operands
    same_float("conv_input", y, w)
    check_form("conv_input", attrs["shape"], w.shape, y.shape, attrs)
    return [ArrayType(y.dtype, tuple(attrs["shape"]))]


def _infer_kernel(operands: Sequence[Value], attrs: Attrs, regions: Sequence[Any]) -> list[Type]:
    x, y = operands
    same_float("conv_kernel", x, y)
    check_form("conv_kernel", x.shape, attrs["shape"], y.shape, attrs)
    return [ArrayType(x.dtype, tuple(attrs["shape"]))]


def _grouped(x: Any, groups: int, axis: int) -> np.ndarray[Any, Any]:
    """`x` with the groups as first axis of its own."""
    x = np.asarray(x)
    return np.moveaxis(x.reshape(*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1 :]), axis, 0)


def _products(left: Any, right: Any, axes: Any) -> list[np.ndarray[Any, Any]]:
    """`np.tensordot` for each group."""
    return [np.tensordot(x, y, axes) for x, y in zip(left, right, strict=True)]


def _outputs_second(parts: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """The groups' results, which have their channels last, as one array with the channels as second axis."""
    return np.moveaxis(np.concatenate(parts, -1), -1, 1)


def evaluate_conv(x: Any, w: Any, **attrs: Any) -> np.ndarray[Any, Any]:
    """The reference of `conv`: a product of matrices for each group."""
    last, groups, rank = attrs["channels_last"], attrs["groups"], np.ndim(w) - 2
    windows = window_view(padded(channels_first(x, last), attrs), np.shape(w)[2:], attrs)
    axes = [1, *range(2 + rank, 2 + 2 * rank)], list(range(1, 2 + rank))
    return channels_back(_outputs_second(_products(_grouped(windows, groups, 1), _grouped(w, groups, 0), axes)), last)


def evaluate_conv_input(y: Any, w: Any, shape: Sequence[int], **attrs: Any) -> np.ndarray[Any, Any]:
    """The reference of `conv_input`: each kernel element adds its part of the result."""
    last, groups, y, w = attrs["channels_last"], attrs["groups"], np.asarray(y), np.asarray(w)
    sizes = np.array(spatial(shape, last), int).tolist()
    y, channels = channels_first(y, last), w.shape[1] * groups
    x = padded(np.zeros((y.shape[0], channels, *sizes), y.dtype), attrs)
    for offset in itertools.product(*(range(k) for k in w.shape[2:])):
        kernel = w[(slice(None), slice(None), *offset)]
        parts = _products(_grouped(y, groups, 1), _grouped(kernel, groups, 0), ([1], [0]))
        x[(slice(None), slice(None), *part_under(offset, y.shape[2:], attrs))] += _outputs_second(parts)
    return channels_back(without_border(x, sizes, attrs), last)


def evaluate_conv_kernel(x: Any, y: Any, shape: Sequence[int], **attrs: Any) -> np.ndarray[Any, Any]:
    """The reference of `conv_kernel`: a product of matrices for each group."""
    last, groups, rank = attrs["channels_last"], attrs["groups"], np.ndim(x) - 2
    windows = window_view(padded(channels_first(x, last), attrs), shape[2:], attrs)
    axes = [0, *range(2, 2 + rank)]
    places = channels_first(y, last)
    return np.concatenate(_products(_grouped(places, groups, 1), _grouped(windows, groups, 1), (axes, axes)))


def _attrs(op: Op) -> Attrs:
    return {name: op.attrs[name] for name in CONV_ATTRS}


def _bilinear_jvp(b: Builder, op: Op, tangents: Terms) -> Terms:
    x, y = op.operands
    tx, ty = tangents
    left = None if tx is None else b(op.name, tx, y, **op.attrs)
    right = None if ty is None else b(op.name, x, ty, **op.attrs)
    return [add_maybe(b, left, right)]


def _conv_vjp(b: Builder, op: Op, cotangents: Terms, wanted: list[bool]) -> Terms:
    (x, w), ct, attrs = op.operands, cotangents[0], _attrs(op)
    if ct is None:
        return [None, None]
    return [
        b("conv_input", ct, w, **attrs, shape=x.shape) if wanted[0] else None,
        b("conv_kernel", x, ct, **attrs, shape=w.shape) if wanted[1] else None,
    ]


def _input_vjp(b: Builder, op: Op, cotangents: Terms, wanted: list[bool]) -> Terms:
    (y, w), ct, attrs = op.operands, cotangents[0], _attrs(op)
    if ct is None:
        return [None, None]
    return [
        b("conv", ct, w, **attrs) if wanted[0] else None,
        b("conv_kernel", ct, y, **attrs, shape=w.shape) if wanted[1] else None,
    ]


def _kernel_vjp(b: Builder, op: Op, cotangents: Terms, wanted: list[bool]) -> Terms:
    (x, y), ct, attrs = op.operands, cotangents[0], _attrs(op)
    if ct is None:
        return [None, None]
    return [
        b("conv_input", y, ct, **attrs, shape=x.shape) if wanted[0] else None,
        b("conv", x, ct, **attrs) if wanted[1] else None,
    ]


def _declare(name: str, infer: Any, evaluate: Any, vjp: Any, doc: str, *more: str) -> None:
    register(
        OpDef(
            name,
            FAMILY,
            infer,
            quiet(evaluate),
            jvp=_bilinear_jvp,
            vjp=vjp,
            native=name,
            cost=100,
            attrs=(*CONV_ATTRS, *more),
            doc=doc,
            source="torch.nn.functional.conv2d and its derivatives",
            absent={"partials": "not elementwise", "fold": "none is exact"},
        )
    )


_declare("conv", _infer_conv, evaluate_conv, _conv_vjp, "kernels times the windows of x, summed")
_declare(
    "conv_input", _infer_input, evaluate_conv_input, _input_vjp, "the transpose of conv in x: y spread over x", "shape"
)
_declare(
    "conv_kernel", _infer_kernel, evaluate_conv_kernel, _kernel_vjp, "the transpose of conv in its kernel", "shape"
)
