"""Convolutions of known sizes, block by block in registers (`conv_tiles`).

With the channels second a result is (outputs, places): the kernel times the windows. With the channels last it is
(places, outputs): the windows times the kernel, whose outputs then lie last. The kernel's derivative is summed up with
the outputs last either way.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tangra.native.conv_columns import Columns, Landing, Staged
from tangra.native.conv_form import Form, block
from tangra.native.conv_tiles import Block, Tiles
from tangra.native.emitter import Emitter
from tangra.native.loop_order import permuted_view
from tangra.native.register_blocks import Side
from tangra.native.text import Operand
from tangra.native.values import Array, Done, Strided


def conv(em: Emitter, form: Form, x: Array, w: Strided, y: Strided, done: Done | None = None) -> None:
    """`conv`, all arrays row-major; the kernel is (outputs, inputs, *window). Some images are `done` at once."""
    t = Tiles(em, form)
    gathered = not form.channels_last and t.images > 1
    kernel = w
    if form.channels_last:
        kernel = block(em, form.dtype, (t.groups * t.strips * t.taps * t.wide,))
        t.in_strips(kernel, permuted_view(w, (*range(2, form.rank + 2), 1, 0)), t.groups)

    def multiply(columns: Columns, memory: Strided, b: Block) -> None:
        windows, result = t.columns_side(columns, b), t.result_side(y, b)
        if form.channels_last:
            place = t.at(kernel, (b.lead, t.rest * t.wide), (b.group, t.strips * t.taps * t.wide))
            sides = windows, Side(kernel, place, t.wide, 1, t.taps * t.wide), result
            t.multiply((t.places(b), t.outputs, t.terms(b)), sides, t.several)
            return
        place = t.at(kernel, (b.group, t.outputs * t.taps), (b.lead, t.rest))
        if gathered:
            result = Side(memory, memory.offset, t.places(b), 1)
        t.multiply((t.outputs, t.places(b), t.terms(b)), (Side(kernel, place, t.taps, 1), windows, result), t.several)

    def rows(staged: Staged, found: Strided, columns: Columns, memory: Strided, b: Block) -> None:
        def part(b: Block) -> None:
            columns.fill(found, t.part(b), staged.roomy)
            multiply(columns, memory, b)

        if t.several and gathered:
            t.zero(memory)
        t.each_part_in_order(b, part)
        if gathered:
            shape, steps = (b.images, t.area, t.outputs), (t.area, 1, t.places(b))
            em.assign(t.outputs_last(y, b), Strided(memory.buffer, y.dtype, shape, steps, memory.offset))

    def images(staged: Staged, n: Operand, count: int) -> None:
        found = staged.images(n, count)
        if t.several and not gathered:
            t.zero_images(y, n, count)

        def prepare() -> Callable[[Block], None]:
            memory = block(em, form.dtype, (t.outputs * t.images * t.area,)) if gathered else y
            return partial(rows, staged, found, t.columns(), memory)

        t.each_block(n, count, prepare)
        if done is not None:
            done(n, em.code.add(n, count))

    t.each_images(lambda: partial(images, Staged(em, x, form, together=t.images)))


def conv_kernel(em: Emitter, form: Form, x: Array, y: Strided, w: Strided) -> None:
    """`conv_kernel`, y and w row-major."""
    t = Tiles(em, form)
    staged, rank = Staged(em, x, form, together=t.images), form.rank
    taps = (*form.window, form.inputs) if form.channels_last else (form.inputs, *form.window)
    total = block(em, form.dtype, (*taps, t.all_outputs))
    once = t.images == form.batch and t.rows == form.places[0]  # Then nothing is added to what is there.
    if not once:
        t.zero(total)
    memory = block(em, form.dtype, (t.strips * t.images * t.rows * t.inner * t.wide,))

    def multiply(columns: Columns, b: Block) -> None:
        windows, factor = t.columns_side(columns, b), Side(memory, memory.offset, t.wide, 1, t.places(b) * t.wide)
        if form.channels_last:
            windows = Side(windows.array, windows.place, 1, windows.rows)
        place = t.at(total, (b.lead, t.rest * t.all_outputs), (b.group, t.outputs))
        sides = windows, factor, Side(total, place, t.all_outputs, 1)
        t.multiply((t.terms(b), t.outputs, t.places(b)), sides, not once)

    def images(n: Operand, count: int) -> None:
        found = staged.images(n, count)

        def part(columns: Columns, b: Block) -> None:
            columns.fill(found, t.part(b), staged.roomy)
            multiply(columns, b)

        def rows(b: Block) -> None:
            t.in_strips(memory, t.outputs_last(y, b))
            t.each_part(b, lambda: partial(part, t.columns()))

        t.each_block_in_order(n, count, rows)

    t.each_images_in_order(images)
    order = (rank + 1, rank, *range(rank)) if form.channels_last else (rank + 1, *range(rank + 1))
    em.assign(w, permuted_view(total, order))


def conv_input(em: Emitter, form: Form, y: Strided, w: Strided, x: Strided) -> None:
    """`conv_input`, all arrays row-major: products that are added to where the windows lie."""
    t = Tiles(em, form, together=False)
    kernel = em.copy(permuted_view(w, (0, *range(2, form.rank + 2), 1))) if form.channels_last else w

    def multiply(columns: Columns, b: Block) -> None:
        place = t.at(kernel, (b.group, t.outputs * t.taps), (b.lead, t.rest))
        windows, result = t.columns_side(columns, b), t.result_side(y, b)
        if form.channels_last:
            sides = result, Side(kernel, place, t.taps, 1), windows
            t.multiply((t.places(b), t.terms(b), t.outputs), sides, False)
        else:
            sides = Side(kernel, place, 1, t.taps), result, windows
            t.multiply((t.terms(b), t.places(b), t.outputs), sides, False)

    def image(landing: Landing, columns: Columns, n: Operand, count: int) -> None:
        found = landing.images(n)

        def part(b: Block) -> None:
            multiply(columns, b)
            columns.add_to(found, t.part(b))

        t.each_block_in_order(n, count, lambda b: t.each_part_in_order(b, part))
        landing.finish(n)

    t.each_images(lambda: partial(image, Landing(em, x, form), t.columns()))
