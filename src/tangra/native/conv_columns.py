"""The windows of an image as columns (or rows) of a matrix, a block of places at a time.

An image is staged in a buffer with its border, unless it lies in memory as it is wanted. A block is so many rows of
places that its matrix stays in the second level of cache. With the channels second the matrix is (taps, places), with
the channels last (places, taps), so that both times what is copied are runs of neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tangra.native.blas import at_most
from tangra.native.conv_form import Form, block, channels_first, image_at
from tangra.native.emitter import Emitter
from tangra.native.llvm_types import literal, register_type
from tangra.native.loop_order import permuted_view
from tangra.native.text import Operand
from tangra.native.values import Array, Index, Indexed, Memo, Splat, Strided
from tangra.shapes import Size, ceil_div, dmax, dmin, prod

COLUMN_BYTES = 1 << 18
"""The size of a block."""
LINE_BYTES = 64
"""What is copied at a time; buffers have so much room behind them for what is copied too much."""


def nest(em: Emitter, trips: Sequence[Operand], body: Callable[[list[Operand]], None]) -> None:
    """Loops over all indices of `trips`."""

    def level(outer: list[Operand]) -> None:
        if len(outer) == len(trips):
            body(outer)
        elif trips[len(outer)] == 1:
            level([*outer, 0])
        else:
            em.code.counted(trips[len(outer)], [], lambda i, _: inner([*outer, i]))

    def inner(index: list[Operand]) -> list[str]:
        level(index)
        return []

    level([])


class Staged:
    """The images of a batch, one or some at a time, with their border."""

    def __init__(self, em: Emitter, source: Array, form: Form, border: float = 0, together: int = 1) -> None:
        self.em, self.form, self.source = em, form, source
        self.order = range(1, form.rank + 2)
        self.memory: Strided | None = None
        if any(p != 0 for p in (*form.low, *form.high)) or not self._lies_well():
            shape = (*form.bordered, self._channels()) if form.channels_last else (self._channels(), *form.bordered)
            shape = (together, *shape)
            slack = LINE_BYTES // form.dtype.itemsize
            self.memory = block(em, form.dtype, shape, slack)
            whole = Strided(self.memory.buffer, form.dtype, (prod(shape) + slack,), (1,), self.memory.offset, True)
            em.assign(whole, Splat(form.dtype, whole.shape, literal(border, form.dtype)))

    def _channels(self) -> Size:
        return self.form.inputs * self.form.groups

    def _lies_well(self) -> bool:
        return isinstance(self.source, Strided) and self.source.contiguous

    @property
    def roomy(self) -> bool:
        """Whether a little more than an image may be read."""
        return self.memory is not None

    def image(self, n: Operand) -> Strided:
        """Image `n` as (channels, *spatial) with its border."""
        return image_at(self.em, self.images(n, 1), 0)

    def images(self, first: Operand, count: int) -> Strided:
        """Images from `first` on as (images, channels, *spatial)."""
        em, form = self.em, self.form
        if self.memory is None:
            assert isinstance(self.source, Strided)
            shape = (count, *self.source.shape[1:])
            offset = image_at(em, self.source, first).offset
            return channels_first(
                Strided(self.source.buffer, form.dtype, shape, self.source.strides, offset), form.channels_last
            )
        memory = self.memory

        def one(index: list[Operand]) -> None:
            item = image_at(em, memory, index[0])
            em.assign(inner_part(em, item, form, self.source.shape[1:]), self._item(em.code.add(first, index[0])))

        nest(em, [count], one)
        whole = Strided(memory.buffer, form.dtype, (count, *memory.shape[1:]), memory.strides, memory.offset)
        return channels_first(whole, form.channels_last)

    def _item(self, n: Operand) -> Array:
        source = self.source
        if isinstance(source, Strided):
            return image_at(self.em, source, n)

        def element(em: Emitter, index: Index, memo: Memo) -> Operand:
            return source.element(em, [n, *index], memo)

        return Indexed(source.dtype, source.shape[1:], element, [source])


class Landing:
    """Images of zeros that are added to, then written to a batch without their border."""

    def __init__(self, em: Emitter, target: Strided, form: Form) -> None:
        self.em, self.form, self.target = em, form, target
        channels = form.inputs * form.groups
        self.shape = (*form.bordered, channels) if form.channels_last else (channels, *form.bordered)
        border = any(p != 0 for p in (*form.low, *form.high))
        self.memory = block(em, form.dtype, self.shape) if border else None

    def images(self, n: Operand) -> Strided:
        """Image `n`, zeros, as a batch of its own, channels first, with its border."""
        image = self.image(n)
        return Strided(image.buffer, image.dtype, (1, *image.shape), (0, *image.strides), image.offset)

    def image(self, n: Operand) -> Strided:
        """Image `n`, zeros, as (channels, *spatial) with its border."""
        whole = self.memory or image_at(self.em, self.target, n)
        whole.contiguous = True
        self.em.assign(whole, Splat(self.form.dtype, self.shape, literal(0, self.form.dtype)))
        rank = self.form.rank
        return permuted_view(whole, (rank, *range(rank))) if self.form.channels_last else whole

    def finish(self, n: Operand) -> None:
        """Write image `n` where it belongs."""
        if self.memory is not None:
            target = image_at(self.em, self.target, n)
            self.em.assign(target, inner_part(self.em, self.memory, self.form, target.shape))


def inner_part(em: Emitter, image: Strided, form: Form, shape: tuple[Size, ...]) -> Strided:
    """An image without its border."""
    low = (*form.low, 0) if form.channels_last else (0, *form.low)
    return Strided(image.buffer, form.dtype, shape, image.strides, image.place(em, [em.size(p) for p in low]))


@dataclass(frozen=True)
class Blocks:
    """Places of an image in blocks of at most `rows` along the first spatial axis; `inner` places in a row."""

    rows: Size
    count: Size
    inner: Size
    total: Size

    @staticmethod
    def of(form: Form) -> Blocks:
        inner, total = prod(form.places[1:]), form.places[0]
        fit = COLUMN_BYTES // dmax(form.taps * inner * form.dtype.itemsize, 1)
        rows = dmax(dmin(total, fit), 1)
        count = ceil_div(total, rows)
        return Blocks(ceil_div(total, dmax(count, 1)), count, inner, total)

    def visit(self, em: Emitter, body: Callable[[Operand, Operand], None]) -> None:
        """`body(first, rows)` for every block."""
        rows = em.size(self.rows)
        even = isinstance(self.total, int) and isinstance(self.rows, int) and self.total % self.rows == 0

        def one(index: list[Operand]) -> None:
            first = em.code.mul(index[0], rows)
            left = em.code.sub(em.size(self.total), first)
            body(first, rows if even else at_most(em, rows, left))

        nest(em, [em.size(self.count)], one)


@dataclass(frozen=True)
class Part:
    """A block of places, `rows` of them from row `first` on of each of some images, in `group`; and of the taps `count`
    from `lead` on along their first axis: channels, or the window's first axis where the channels are last."""

    group: Operand
    first: Operand
    rows: Operand
    lead: Operand
    count: Operand
    images: int = 1


Run = Callable[[Operand, Operand, Operand, Operand], None]
"""run(place in the matrix, place in the image, length, step in the image)."""


@dataclass(frozen=True)
class Columns:
    """The matrix of a block: `memory` holds it row by row without gaps."""

    em: Emitter
    form: Form
    memory: Strided

    @staticmethod
    def of(em: Emitter, form: Form, count: Size) -> Columns:
        """Room for matrices of `count` elements."""
        return Columns(em, form, block(em, form.dtype, (count,), LINE_BYTES // form.dtype.itemsize))

    @property
    def address(self) -> str:
        return self.em.address(self.memory, self.memory.offset)

    def fill(self, images: Strided, part: Part, roomy: bool) -> None:
        """Copy the windows of a part."""

        def copy(at: Operand, start: Operand, count: Operand, step: Operand) -> None:
            self._copy(at, images, start, count, step, roomy)

        self._runs(images, part, copy)

    def add_to(self, images: Strided, part: Part) -> None:
        """Add each element to where it would have come from."""
        code, memory, type = self.em.code, self.memory, register_type(self.form.dtype)

        def add(at: Operand, start: Operand, count: Operand, step: Operand) -> None:
            def one(i: str, _: list[str]) -> list[str]:
                place = code.add(start, code.mul(i, step))
                value = self.em.load(memory, code.add(code.add(memory.offset, at), i))
                total = code.ins(f"fadd {self.em.fast}{type} {self.em.load(images, place)}, {value}")
                self.em.store(images, place, total)
                return []

            code.counted(count, [], one)

        self._runs(images, part, add)

    def _runs(self, images: Strided, part: Part, body: Run) -> None:
        """`body` for all runs in the order of the matrix."""
        em, form, code = self.em, self.form, self.em.code
        between, channel, *axes = images.strides
        window, places = [em.size(k) for k in form.window], [part.rows, *(em.size(p) for p in form.places[1:])]
        inputs = em.size(form.inputs)
        across = [code.mul(s, stride) for s, stride in zip(form.strides, axes, strict=True)]
        down = [code.mul(d, stride) for d, stride in zip(form.dilation, axes, strict=True)]
        base = code.add(images.offset, code.mul(code.mul(part.group, inputs), channel))
        base = code.add(base, code.mul(part.first, across[0]))
        base = code.add(base, code.mul(part.lead, down[0] if form.channels_last else channel))
        if not form.channels_last:
            trips, steps = [part.count, *window, part.images, *places[:-1]], [channel, *down, between, *across[:-1]]
            length, step = places[-1], across[-1]
        elif form.groups == 1 and form.dilation[-1] == 1 and form.rank > 1:
            trips = [part.images, *places, part.count, *window[1:-1]]
            steps = [between, *across, *down[:-1]]
            length, step = code.mul(window[-1], inputs), 1
        elif form.groups == 1 and form.dilation[-1] == 1:
            trips, steps = [part.images, *places], [between, *across]
            length, step = code.mul(part.count, inputs), 1
        else:
            trips, steps = [part.images, *places, part.count, *window[1:]], [between, *across, *down]
            length, step = inputs, 1

        def one(index: list[Operand]) -> None:
            at: Operand = 0
            start = base
            for i, n, s in zip(index, trips, steps, strict=True):
                at = code.add(code.mul(at, n), i)
                start = code.add(start, code.mul(i, s))
            body(code.mul(at, length), start, length, step)

        nest(em, trips, one)

    def _copy(self, at: Operand, image: Strided, start: Operand, count: Operand, step: Operand, roomy: bool) -> None:
        """Copy a run; where there is room in whole vectors, the end of which later runs overwrite."""
        em, code, memory = self.em, self.em.code, self.memory
        to = code.add(memory.offset, at)
        if step != 1 or not roomy:

            def one(i: str, _: list[str]) -> list[str]:
                value = em.load(image, code.add(start, code.mul(i, step)))
                em.store(memory, code.add(to, i), value)
                return []

            code.counted(count, [], one)
            return
        size = self.form.dtype.itemsize
        lanes = LINE_BYTES // size
        while isinstance(count, int) and lanes > 2 and lanes // 2 >= count:
            lanes //= 2
        type = f"<{lanes} x {register_type(self.form.dtype)}>"

        def vector(i: Operand) -> None:
            k = code.mul(i, lanes)
            value = code.ins(f"load {type}, ptr {em.address(image, code.add(start, k))}, align {size}")
            code.do(f"store {type} {value}, ptr {em.address(memory, code.add(to, k))}, align {size}")

        if isinstance(count, int) and count <= 8 * lanes:
            for i in range(-(-count // lanes)):
                vector(i)
            return
        trips, _ = code.divmod_size(code.add(count, lanes - 1), lanes)
        nest(em, [trips], lambda index: vector(index[0]))
