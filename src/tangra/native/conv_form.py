"""What the writers of convolutions know of one: sizes of the three arrays, the window, and how things lie in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tangra.ir import DType
from tangra.native import parallel
from tangra.native.emitter import Emitter
from tangra.native.loop_order import permuted_view
from tangra.native.text import Operand
from tangra.native.values import Strided
from tangra.ops.windows import arranged, spatial
from tangra.shapes import Size, prod

Shape = tuple[Size, ...]


@dataclass(frozen=True)
class Form:
    """One convolution: `inputs` and `outputs` are channels of one group, `sizes` the spatial sizes of x."""

    dtype: DType
    batch: Size
    groups: Size
    inputs: Size
    outputs: Size
    sizes: Shape
    window: Shape
    places: Shape
    strides: tuple[int, ...]
    low: Shape
    high: Shape
    dilation: tuple[int, ...]
    channels_last: bool

    @staticmethod
    def of(dtype: DType, x: Shape, w: Shape, y: Shape, attrs: dict[str, Any]) -> Form:
        last, groups = attrs["channels_last"], attrs["groups"]
        lists = (tuple(attrs[k]) for k in ("strides", "low", "high", "dilation"))
        strides, low, high, dilation = lists
        outputs = w[0] // groups
        return Form(
            dtype,
            x[0],
            groups,
            w[1],
            outputs,
            spatial(x, last),
            w[2:],
            spatial(y, last),
            strides,
            low,
            high,
            dilation,
            last,
        )

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.window)

    @property
    def taps(self) -> Size:
        """Terms of each sum."""
        return self.inputs * prod(self.window)

    @property
    def bordered(self) -> Shape:
        """The spatial sizes of x with its border."""
        return tuple(p + n + q for p, n, q in zip(self.low, self.sizes, self.high, strict=True))

    @property
    def plain(self) -> bool:
        """Whether every element of y reads one place of x: the same one."""
        still = all(k == 1 for k in self.window) and all(s == 1 for s in self.strides)
        return still and all(p == 0 for p in (*self.low, *self.high))

    @property
    def depthwise(self) -> bool:
        """Whether every channel is a group of its own."""
        return self.inputs == 1 and self.outputs == 1

    @property
    def x_shape(self) -> Shape:
        return arranged(self.batch, self.inputs * self.groups, self.sizes, self.channels_last)

    @property
    def y_shape(self) -> Shape:
        return arranged(self.batch, self.outputs * self.groups, self.places, self.channels_last)

    @property
    def w_shape(self) -> Shape:
        return (self.outputs * self.groups, self.inputs, *self.window)

    @staticmethod
    def pool(dtype: DType, x: Shape, y: Shape, attrs: dict[str, Any]) -> Form:
        """A pool: like a convolution in which every channel is a group."""
        last = attrs["channels_last"]
        channels = x[-1] if last else x[1]
        sizes = spatial(x, last), tuple(attrs["window"]), spatial(y, last)
        strides, low, high, dilation = (tuple(attrs[k]) for k in ("strides", "low", "high", "dilation"))
        return Form(dtype, x[0], channels, 1, 1, *sizes, strides, low, high, dilation, last)

    def mirrored(self) -> Form:
        """With strides of 1, `conv_input` is the convolution of y with the mirrored kernel of exchanged channels."""
        reach = [d * (k - 1) for k, d in zip(self.window, self.dilation, strict=True)]
        low, high = (tuple(r - p for r, p in zip(reach, side, strict=True)) for side in (self.low, self.high))
        return replace(
            self, inputs=self.outputs, outputs=self.inputs, sizes=self.places, places=self.sizes, low=low, high=high
        )

    def can_mirror(self) -> bool:
        """Whether `mirrored` exists: no border is negative."""
        form = self.mirrored()
        known = all(isinstance(p, int) and p >= 0 for p in (*form.low, *form.high))
        return known and all(s == 1 for s in self.strides)


def work(em: Emitter, form: Form) -> Operand:
    """Products of terms for one image."""
    return parallel.product(em, 1, [form.groups, form.outputs, form.taps, *form.places])


def channels_first(x: Strided, channels_last: bool) -> Strided:
    """A view of `x` as (batch, channels, *spatial)."""
    rank = len(x.shape)
    return permuted_view(x, (0, rank - 1, *range(1, rank - 1))) if channels_last else x


def block(em: Emitter, dtype: DType, shape: Shape, slack: int = 0) -> Strided:
    """New memory for an array in row-major order, with `slack` elements behind it."""
    memory = em.allocate(dtype, (prod(shape) + slack,))
    view = em.window(memory.buffer, dtype, shape)
    return Strided(memory.buffer, dtype, shape, view.strides, memory.offset, memory.offset == 0)


def image_at(em: Emitter, x: Strided, n: Operand) -> Strided:
    """Item `n` of a batch."""
    offset = em.code.add(x.offset, em.code.mul(n, x.strides[0]))
    return Strided(x.buffer, x.dtype, x.shape[1:], x.strides[1:], offset)
