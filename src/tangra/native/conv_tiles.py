"""Convolutions of known sizes as products in registers: of the kernel and blocks of windows, which fit the first levels
of cache and are not arranged once more, as BLAS would do.

A block is so many rows of places of one image, or several small images together, and so many of the taps; results are
added to in memory where taps come in several parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tangra.native import nests, parallel, register_blocks
from tangra.native.conv_columns import Columns, Part, nest
from tangra.native.conv_form import Form
from tangra.native.emitter import Emitter
from tangra.native.llvm_types import literal
from tangra.native.register_blocks import Side
from tangra.native.text import Operand
from tangra.native.values import Splat, Strided
from tangra.shapes import prod

PLACES, FEWEST_PLACES = 256, 48
"""Places of a block."""
BLOCK_BYTES = 1 << 19
"""Fewer places do where the windows of a block would take more."""
TERMS = 288
"""Taps of a block."""


def known(form: Form) -> bool:
    """Whether all sizes are."""
    sizes = (form.batch, form.groups, form.inputs, form.outputs, *form.sizes, *form.window, *form.places)
    borders = (*form.low, *form.high)
    return all(isinstance(n, int) for n in borders) and all(isinstance(n, int) and n > 0 for n in sizes)


def _int(size: object) -> int:
    assert isinstance(size, int)
    return size


@dataclass(frozen=True)
class Block:
    """A block's sizes, and operands that say which it is."""

    n: Operand
    group: Operand
    first: Operand
    lead: Operand
    images: int
    rows: int
    leading: int


class Tiles:
    """One convolution."""

    def __init__(self, em: Emitter, form: Form, together: bool = True) -> None:
        """`together`: several small images may make up a block."""
        self.em, self.form = em, form
        self.inner, self.area = _int(prod(form.places[1:])), _int(prod(form.places))
        self.inputs, self.outputs = _int(form.inputs), _int(form.outputs)
        self.groups = _int(form.groups)
        self.all_outputs = self.outputs * self.groups
        self.leads = _int(form.window[0]) if form.channels_last else self.inputs
        self.taps = _int(form.taps)
        self.rest = self.taps // self.leads
        self.leading = min(self.leads, max(1, TERMS // self.rest))
        places = max(FEWEST_PLACES, min(PLACES, BLOCK_BYTES // (form.dtype.itemsize * self.leading * self.rest)))
        self.images = min(_int(form.batch), max(1, places // self.area)) if together else 1
        self.rows = max(1, min(_int(form.places[0]), places // self.inner))
        self.wide = register_blocks.Product(em, form.dtype, (1, self.outputs, 1)).wide
        self.strips = -(-self.outputs // self.wide)
        self.several = self.leading < self.leads

    def columns(self) -> Columns:
        """Room for a block of windows."""
        return Columns.of(self.em, self.form, self.images * self.rows * self.inner * self.leading * self.rest)

    def places(self, b: Block) -> int:
        """Places of a block."""
        return b.images * b.rows * self.inner

    def terms(self, b: Block) -> int:
        """Taps of a block."""
        return b.leading * self.rest

    def each_images(self, prepare: Callable[[], Callable[[Operand, int], None]]) -> None:
        """`prepare()` gives `body(n, count)`, for images that are staged together; they are shared out."""
        work = self.outputs * self.groups * self.taps * self.area
        self._share_out(_int(self.form.batch), self.images, work, prepare)

    def each_images_in_order(self, body: Callable[[Operand, int], None]) -> None:
        """`body(n, count)` for images that are staged together, one after the other."""
        self._each(_int(self.form.batch), self.images, body)

    def each_block(self, n: Operand, images: int, prepare: Callable[[], Callable[[Block], None]]) -> None:
        """`prepare()` gives `body`, for each group and rows of places, which are shared out."""
        work = images * self.inner * self.outputs * self.taps

        def group(index: list[Operand]) -> None:
            def ready() -> Callable[[Operand, int], None]:
                body = prepare()
                return lambda first, count: body(Block(n, index[0], first, 0, images, count, self.leads))

            self._share_out(_int(self.form.places[0]), self.rows, work, ready)

        nest(self.em, [self.groups], group)

    def each_block_in_order(self, n: Operand, images: int, body: Callable[[Block], None]) -> None:
        """`body` for each group and rows of places, one after the other."""

        def group(index: list[Operand]) -> None:
            def rows(first: Operand, count: int) -> None:
                body(Block(n, index[0], first, 0, images, count, self.leads))

            self._each(_int(self.form.places[0]), self.rows, rows)

        nest(self.em, [self.groups], group)

    def each_part(self, b: Block, prepare: Callable[[], Callable[[Block], None]]) -> None:
        """`prepare()` gives `body`, for each part of the taps, which are shared out."""

        def ready() -> Callable[[Operand, int], None]:
            body = prepare()
            return lambda lead, leading: body(replace(b, lead=lead, leading=leading))

        self._share_out(self.leads, self.leading, self.places(b) * self.outputs * self.rest, ready)

    def each_part_in_order(self, b: Block, body: Callable[[Block], None]) -> None:
        """`body` for each part of the taps, one after the other."""
        self._each(self.leads, self.leading, lambda lead, leading: body(replace(b, lead=lead, leading=leading)))

    def _each(self, total: int, size: int, body: Callable[[Operand, int], None]) -> None:
        """`body(first, count)` for parts of a range."""
        for start, count, times in register_blocks.parts(total, size):

            def one(index: list[Operand], start: int = start, count: int = count) -> None:
                body(self.em.code.add(self.em.code.mul(index[0], count), start), count)

            nest(self.em, [times], one)

    def _share_out(
        self, total: int, size: int, work: int, prepare: Callable[[], Callable[[Operand, int], None]]
    ) -> None:
        """Parts of a range, in threads if that is worth it; `work` is that of one of the range."""
        for start, count, times in register_blocks.parts(total, size):

            def ready(start: int = start, count: int = count) -> Callable[[Operand], None]:
                body = prepare()
                return lambda index: body(self.em.code.add(self.em.code.mul(index, count), start), count)

            nests.share_out(self.em, times, min(count * work, parallel.LARGEST), ready)

    def part(self, b: Block) -> Part:
        """Which windows a block has."""
        return Part(b.group, b.first, b.rows, b.lead, b.leading, b.images)

    def multiply(self, sizes: tuple[int, int, int], sides: tuple[Side, Side, Side], add: bool) -> None:
        """The last of `sides` is, or has added, the product of the others."""
        register_blocks.call(self.em, self.form.dtype, sizes, sides, add)

    def at(self, array: Strided, *terms: tuple[Operand, Operand]) -> Operand:
        """A place in an array: its offset and products of operands."""
        place = array.offset
        for x, y in terms:
            place = self.em.code.add(place, self.em.code.mul(x, y))
        return place

    def zero(self, target: Strided) -> None:
        """Zeros in all of it."""
        self.em.assign(target, Splat(self.form.dtype, target.shape, literal(0, self.form.dtype)))

    def zero_images(self, y: Strided, n: Operand, images: int) -> None:
        """Zeros as results."""
        size = self.area * self.all_outputs
        self.zero(Strided(y.buffer, y.dtype, (images * size,), (1,), self.at(y, (n, size)), True))

    def in_strips(self, memory: Strided, source: Strided, groups: int = 1) -> None:
        """Copy `source`, whose last axis is the outputs of all `groups`, to `memory` as (group, strip, …, wide)."""
        em, shape, (*steps, step) = self.em, source.shape[:-1], source.strides
        count = _int(prod(shape))
        whole, rest = divmod(self.outputs, self.wide)
        inner = em.window(memory.buffer, memory.dtype, (*shape, self.wide)).strides
        for first, many, width in ((0, whole, self.wide), (whole, 1, rest)):
            if many == 0 or width == 0:
                continue
            place = em.code.add(source.offset, em.code.mul(step, first * self.wide))
            between = em.code.mul(step, self.outputs), em.code.mul(step, self.wide)
            block = (groups, many, *shape, width)
            strides = (self.strips * count * self.wide, count * self.wide, *inner)
            target = Strided(memory.buffer, memory.dtype, block, strides, memory.offset)
            target.offset = em.code.add(memory.offset, first * count * self.wide)
            em.assign(target, Strided(source.buffer, source.dtype, block, (*between, *steps, step), place))

    def columns_side(self, columns: Columns, b: Block) -> Side:
        """The windows as (places, taps) where the channels are last, else as (taps, places)."""
        width = self.terms(b) if self.form.channels_last else self.places(b)
        return Side(columns.memory, columns.memory.offset, width, 1)

    def result_side(self, y: Strided, b: Block) -> Side:
        """A block of results, (places, outputs) or, of one image, (outputs, places)."""
        item = (b.n, self.area * self.all_outputs)
        if self.form.channels_last:
            place = self.at(y, item, (b.first, self.inner * self.all_outputs), (b.group, self.outputs))
            return Side(y, place, self.all_outputs, 1)
        place = self.at(y, item, (b.group, self.outputs * self.area), (b.first, self.inner))
        return Side(y, place, self.area, 1)

    def outputs_last(self, y: Strided, b: Block) -> Strided:
        """A block of results as (images, places, outputs)."""
        place = self.result_side(y, b).place
        shape = (b.images, b.rows * self.inner, self.outputs)
        if self.form.channels_last:
            return Strided(y.buffer, y.dtype, shape, (self.area * self.all_outputs, self.all_outputs, 1), place)
        return Strided(y.buffer, y.dtype, shape, (self.area * self.all_outputs, 1, self.area), place)
