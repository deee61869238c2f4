"""Batching rules of convolutions and pools: the lanes join the batch, or the channels as groups of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.ir import Op, Value
from tangra.ops.windows import channel_axis

if TYPE_CHECKING:
    from tangra.transforms.batch_rules import Direct


def merged(d: Direct, v: Value, axis: int) -> Value:
    """`v` for all lanes, the lanes in front of `axis` and one axis with it."""
    x = d.lanes(v)
    front = d.b("transpose", x, perm=(*range(1, axis + 1), 0, *range(axis + 1, len(x.shape))))
    return d.b("reshape", front, shape=(*v.shape[:axis], d.size * v.shape[axis], *v.shape[axis + 1 :]))


def split(d: Direct, x: Value, like: Value, axis: int) -> Value:
    """The inverse of `merged`, for a result that is like `like` in each lane: the lanes first."""
    parts = d.b("reshape", x, shape=(*like.shape[:axis], d.size, *like.shape[axis:]))
    return d.b("transpose", parts, perm=(axis, *range(axis), *range(axis + 1, len(parts.shape))))


def _with_shape(d: Direct, op: Op, axis: int, attrs: dict[str, Any]) -> dict[str, Any]:
    """`attrs` with the lanes in the result's shape, where that is an attribute."""
    if "shape" not in op.attrs:
        return attrs
    shape = op.attrs["shape"]
    return {**attrs, "shape": (*shape[:axis], d.size * shape[axis], *shape[axis + 1 :])}


def convolution(d: Direct, op: Op) -> Value | None:
    """`conv`, `conv_input` or `conv_kernel`. None where the number of groups would be known only at run time."""
    first, second = op.operands
    lanes_in_first, lanes_in_second = (id(v) in d.batched for v in op.operands)
    channels = channel_axis(len(op.result.shape), op.attrs["channels_last"])
    if op.name != "conv_kernel" and not lanes_in_second:
        result = d.b(op.name, merged(d, first, 0), d.shared[id(second)], **_with_shape(d, op, 0, op.attrs))
        return split(d, result, op.result, 0)
    left, right, out = (channels, channels, 0) if op.name == "conv_kernel" else (channels, 0, channels)
    if op.attrs["groups"] == 1 and op.name == "conv" and not lanes_in_first:
        return split(d, d.b("conv", d.shared[id(first)], merged(d, second, right), **op.attrs), op.result, out)
    if op.attrs["groups"] == 1 and op.name == "conv_kernel" and not lanes_in_first:
        attrs = _with_shape(d, op, 0, op.attrs)
        return split(d, d.b(op.name, d.shared[id(first)], merged(d, second, right), **attrs), op.result, 0)
    if op.attrs["groups"] == 1 and op.name == "conv_kernel" and not lanes_in_second:
        attrs = _with_shape(d, op, 1, op.attrs)
        return split(d, d.b(op.name, merged(d, first, left), d.shared[id(second)], **attrs), op.result, 1)
    if not isinstance(d.size, int) or d.size == 0:
        return None
    attrs = _with_shape(d, op, out, {**op.attrs, "groups": op.attrs["groups"] * d.size})
    return split(d, d.b(op.name, merged(d, first, left), merged(d, second, right), **attrs), op.result, out)


def pool(d: Direct, op: Op) -> Value:
    """The lanes join the batch."""
    return split(d, d.b(op.name, merged(d, op.operands[0], 0), **_with_shape(d, op, 0, op.attrs)), op.result, 0)
