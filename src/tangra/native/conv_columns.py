"""The windows of an image as columns (or rows) of a matrix, a block of places at a time.

An image is staged in a buffer with its border, unless it lies in memory as it is wanted. A block is so many rows of
places that its matrix stays in the second level of cache. With the channels second the matrix is (taps, places), with
the channels last (places, taps), so that both times what is copied are runs of neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tangra.native.blas import at_most
from tangra.native.conv_form import Form, block, image_at
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
    """The images of a batch, one at a time, with their border."""

    def __init__(self, em: Emitter, source: Array, form: Form, border: float = 0) -> None:
        self.em, self.form, self.source = em, form, source
        self.order = range(1, form.rank + 2)
        self.memory: Strided | None = None
        if any(p != 0 for p in (*form.low, *form.high)) or not self._lies_well():
            shape = (*form.bordered, self._channels()) if form.channels_last else (self._channels(), *form.bordered)
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
        em, form = self.em, self.form
        if self.memory is None:
            assert isinstance(self.source, Strided)
            return self._channels_first(image_at(em, self.source, n))
        em.assign(inner_part(em, self.memory, form, self.source.shape[1:]), self._item(n))
        return self._channels_first(self.memory)

    def _item(self, n: Operand) -> Array:
        source = self.source
        if isinstance(source, Strided):
            return image_at(self.em, source, n)

        def element(em: Emitter, index: Index, memo: Memo) -> Operand:
            return source.element(em, [n, *index], memo)

        return Indexed(source.dtype, source.shape[1:], element, [source])

    def _channels_first(self, image: Strided) -> Strided:
        rank = self.form.rank
        return permuted_view(image, (rank, *range(rank))) if self.form.channels_last else image


class Landing:
    """Images of zeros that are added to, then written to a batch without their border."""

    def __init__(self, em: Emitter, target: Strided, form: Form) -> None:
        self.em, self.form, self.target = em, form, target
        channels = form.inputs * form.groups
        self.shape = (*form.bordered, channels) if form.channels_last else (channels, *form.bordered)
        border = any(p != 0 for p in (*form.low, *form.high))
        self.memory = block(em, form.dtype, self.shape) if border else None

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
class Columns:
    """The matrix of a block: `memory` holds it row by row without gaps."""

    em: Emitter
    form: Form
    memory: Strided

    @staticmethod
    def of(em: Emitter, form: Form, blocks: Blocks) -> Columns:
        count = form.taps * blocks.rows * blocks.inner
        return Columns(em, form, block(em, form.dtype, (count,), LINE_BYTES // form.dtype.itemsize))

    @property
    def address(self) -> str:
        return self.em.address(self.memory, self.memory.offset)

    def fill(self, image: Strided, group: Operand, first: Operand, rows: Operand, roomy: bool) -> None:
        """Copy the windows of `rows` rows of places from `first` on."""

        def copy(at: Operand, start: Operand, count: Operand, step: Operand) -> None:
            self._copy(at, image, start, count, step, roomy)

        self._runs(image, group, first, rows, copy)

    def add_to(self, image: Strided, group: Operand, first: Operand, rows: Operand) -> None:
        """Add each element to where it would have come from."""
        code, memory, type = self.em.code, self.memory, register_type(self.form.dtype)

        def add(at: Operand, start: Operand, count: Operand, step: Operand) -> None:
            def one(i: str, _: list[str]) -> list[str]:
                place = code.add(start, code.mul(i, step))
                value = self.em.load(memory, code.add(code.add(memory.offset, at), i))
                total = code.ins(f"fadd {self.em.fast}{type} {self.em.load(image, place)}, {value}")
                self.em.store(image, place, total)
                return []

            code.counted(count, [], one)

        self._runs(image, group, first, rows, add)

    def _runs(
        self,
        image: Strided,
        group: Operand,
        first: Operand,
        rows: Operand,
        body: Callable[[Operand, Operand, Operand, Operand], None],
    ) -> None:
        """`body(place in the matrix, place in the image, length, step in the image)` in the order of the matrix."""
        em, form, code = self.em, self.form, self.em.code
        window, places = [em.size(k) for k in form.window], [rows, *(em.size(p) for p in form.places[1:])]
        inputs = em.size(form.inputs)
        base = code.add(image.offset, code.mul(code.mul(group, inputs), image.strides[0]))
        base = code.add(base, code.mul(code.mul(first, form.strides[0]), image.strides[1]))
        across = [code.mul(s, stride) for s, stride in zip(form.strides, image.strides[1:], strict=True)]
        down = [code.mul(d, stride) for d, stride in zip(form.dilation, image.strides[1:], strict=True)]
        if not form.channels_last:
            trips, steps = [inputs, *window, *places[:-1]], [image.strides[0], *down, *across[:-1]]
            length, step = places[-1], across[-1]
        elif form.groups == 1 and form.dilation[-1] == 1:
            trips, steps = [*places, *window[:-1]], [*across, *down[:-1]]
            length, step = code.mul(window[-1], inputs), 1
        else:
            trips, steps = [*places, *window], [*across, *down]
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
