"""Convolutions as products of matrices by BLAS: of the kernel and whole images where every place is read once in order
(windows of one element), else of the kernel and blocks of windows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tangra.native import nests
from tangra.native.blas import Gemm, Layout
from tangra.native.conv_columns import Blocks, Columns, Landing, Part, Staged, nest
from tangra.native.conv_form import Form, work
from tangra.native.conv_loops import each_image
from tangra.native.emitter import Emitter
from tangra.native.text import Operand
from tangra.native.values import Array, Done, Strided
from tangra.shapes import prod


class Places:
    """Addresses of parts of the arrays, which are row-major. Kernels are (outputs, taps)."""

    def __init__(self, em: Emitter, form: Form) -> None:
        self.em, self.form = em, form
        self.inputs, self.outputs, self.taps = (em.size(n) for n in (form.inputs, form.outputs, form.taps))
        self.all_inputs, self.all_outputs = (em.size(n * form.groups) for n in (form.inputs, form.outputs))
        self.inner, self.area = em.size(prod(form.places[1:])), em.size(prod(form.places))

    def _at(self, array: Strided, *terms: Operand) -> str:
        place = array.offset
        for term in terms:
            place = self.em.code.add(place, term)
        return self.em.address(array, place)

    def kernel(self, w: Strided, group: Operand) -> str:
        """The part of the kernel for a group."""
        code = self.em.code
        return self._at(w, code.mul(group, code.mul(self.outputs, self.taps)))

    def result(self, y: Strided, n: Operand, group: Operand, first: Operand = 0) -> str:
        """The places of a group of channels from row `first` on."""
        code = self.em.code
        row, channel = code.mul(first, self.inner), code.mul(group, self.outputs)
        item = code.mul(n, y.strides[0])
        if self.form.channels_last:
            return self._at(y, item, code.mul(row, self.all_outputs), channel)
        return self._at(y, item, code.mul(channel, self.area), row)

    def input(self, x: Strided, n: Operand, group: Operand) -> str:
        """The elements of a group of channels, which are as many as there are places."""
        code = self.em.code
        item, channel = code.mul(n, x.strides[0]), code.mul(group, self.inputs)
        return self._at(x, item, channel if self.form.channels_last else code.mul(channel, self.area))

    def part(self, group: Operand, first: Operand, rows: Operand) -> Part:
        """A block with all taps."""
        lead = self.em.size(self.form.window[0] if self.form.channels_last else self.form.inputs)
        return Part(group, first, rows, 0, lead)

    def gemm(
        self, rows: Operand, columns: Operand, inner: Operand, a: Layout, b: Layout, ld: Operand, add: bool = False
    ) -> Gemm:
        return Gemm(self.em, self.form.dtype, (rows, columns, inner), (a, b), ld, add)


def _whole(em: Emitter, form: Form, at: Places) -> tuple[list[Operand], Operand]:
    """How often a product of whole images is called (items, groups), and over how many places: with the channels last
    the batch is one image."""
    if form.channels_last:
        return [1, em.size(form.groups)], em.code.mul(em.size(form.batch), at.area)
    return [em.size(form.batch), em.size(form.groups)], at.area


def _share_out(em: Emitter, form: Form, product: Callable[[Operand, Operand], None], done: Done | None = None) -> None:
    """`product(n, group)` for each image and group; images are shared out, one alone is left to the library. Each image
    is `done` at once."""

    def image(n: Operand) -> None:
        nest(em, [em.size(form.groups)], lambda index: product(n, index[0]))
        if done is not None:
            done(n, em.code.add(n, 1))

    if form.batch == 1:
        image(0)
    else:
        nests.share_out(em, em.size(form.batch), work(em, form), lambda: image)


def plain_conv(em: Emitter, form: Form, x: Strided, w: Strided, y: Strided, done: Done | None = None) -> None:
    """`conv` where every place reads its own element; each image is `done` at once."""
    at = Places(em, form)
    trips, count = _whole(em, form, at)
    if form.channels_last and done is not None:
        layouts = Layout(at.all_inputs), Layout(at.inputs, True)
        gemm = at.gemm(at.area, at.outputs, at.inputs, *layouts, at.all_outputs)
        _share_out(em, form, lambda *i: gemm.write(at.input(x, *i), at.kernel(w, i[1]), at.result(y, *i)), done)
    elif form.channels_last:
        gemm = at.gemm(count, at.outputs, at.inputs, Layout(at.all_inputs), Layout(at.inputs, True), at.all_outputs)
        nest(em, trips, lambda i: gemm.write(at.input(x, *i), at.kernel(w, i[1]), at.result(y, *i)))
    else:
        gemm = at.gemm(at.outputs, count, at.inputs, Layout(at.inputs), Layout(at.area), at.area)
        _share_out(em, form, lambda *i: gemm.write(at.kernel(w, i[1]), at.input(x, *i), at.result(y, *i)), done)


def plain_input(em: Emitter, form: Form, y: Strided, w: Strided, x: Strided) -> None:
    """`conv_input` where every place reads its own element."""
    at = Places(em, form)
    trips, count = _whole(em, form, at)
    if form.channels_last:
        gemm = at.gemm(count, at.inputs, at.outputs, Layout(at.all_outputs), Layout(at.inputs), at.all_inputs)
        nest(em, trips, lambda i: gemm.write(at.result(y, *i), at.kernel(w, i[1]), at.input(x, *i)))
    else:
        gemm = at.gemm(at.inputs, count, at.outputs, Layout(at.inputs, True), Layout(at.area), at.area)
        _share_out(em, form, lambda *i: gemm.write(at.kernel(w, i[1]), at.result(y, *i), at.input(x, *i)))


def plain_kernel(em: Emitter, form: Form, x: Strided, y: Strided, w: Strided) -> None:
    """`conv_kernel`, added to zeros at `w`, where every place reads its own element."""
    at = Places(em, form)
    trips, count = _whole(em, form, at)
    if form.channels_last:
        layouts = Layout(at.all_outputs, True), Layout(at.all_inputs)
    else:
        layouts = Layout(at.area), Layout(at.area, True)
    gemm = at.gemm(at.outputs, at.inputs, count, *layouts, at.inputs, True)
    nest(em, trips, lambda i: gemm.write(at.result(y, *i), at.input(x, *i), at.kernel(w, i[1])))


def _columns(em: Emitter, form: Form) -> Columns:
    blocks = Blocks.of(form)
    return Columns.of(em, form, form.taps * blocks.rows * blocks.inner)


BlockBody = Callable[[Operand, Operand, Operand, Operand], None]
"""body(group, first, rows, places): the work on one block of an image."""


def _blocks(em: Emitter, form: Form, body: BlockBody) -> None:
    blocks = Blocks.of(form)

    def group(index: list[Operand]) -> None:
        def rows_of(first: Operand, rows: Operand) -> None:
            body(index[0], first, rows, em.code.mul(rows, em.size(blocks.inner)))

        blocks.visit(em, rows_of)

    nest(em, [em.size(form.groups)], group)


def blocked_conv(em: Emitter, form: Form, x: Array, w: Strided, y: Strided, done: Done | None = None) -> None:
    """`conv`; the kernel's channels are last if those of x are. Each image is `done` at once."""
    at = Places(em, form)

    def item(staged: Staged, columns: Columns, n: Operand) -> None:
        images = staged.images(n, 1)

        def product(g: Operand, first: Operand, rows: Operand, count: Operand) -> None:
            columns.fill(images, at.part(g, first, rows), staged.roomy)
            result, kernel = at.result(y, n, g, first), at.kernel(w, g)
            if form.channels_last:
                layouts = Layout(at.taps), Layout(at.taps, True)
                gemm = at.gemm(count, at.outputs, at.taps, *layouts, at.all_outputs)
                gemm.write(columns.address, kernel, result)
            else:
                gemm = at.gemm(at.outputs, count, at.taps, Layout(at.taps), Layout(count), at.area)
                gemm.write(kernel, columns.address, result)

        _blocks(em, form, product)
        if done is not None:
            done(n, em.code.add(n, 1))

    each_image(em, form, lambda: partial(item, Staged(em, x, form), _columns(em, form)))


def blocked_kernel(em: Emitter, form: Form, x: Array, y: Strided, w: Strided) -> None:
    """`conv_kernel`, added to zeros at `w`, whose channels are last if those of x are."""
    at, staged, columns = Places(em, form), Staged(em, x, form), _columns(em, form)

    def item(n: Operand) -> None:
        images = staged.images(n, 1)

        def product(g: Operand, first: Operand, rows: Operand, count: Operand) -> None:
            columns.fill(images, at.part(g, first, rows), staged.roomy)
            if form.channels_last:
                layouts = Layout(at.all_outputs, True), Layout(at.taps)
            else:
                layouts = Layout(at.area), Layout(count, True)
            gemm = at.gemm(at.outputs, at.taps, count, *layouts, at.taps, True)
            gemm.write(at.result(y, n, g, first), columns.address, at.kernel(w, g))

        _blocks(em, form, product)

    nest(em, [em.size(form.batch)], lambda i: item(i[0]))


def blocked_input(em: Emitter, form: Form, y: Strided, w: Strided, x: Strided) -> None:
    """`conv_input`: the products of y and the kernel, added to where the windows lie."""
    at = Places(em, form)

    def item(landing: Landing, columns: Columns, n: Operand) -> None:
        images = landing.images(n)

        def product(g: Operand, first: Operand, rows: Operand, count: Operand) -> None:
            result, kernel = at.result(y, n, g, first), at.kernel(w, g)
            if form.channels_last:
                gemm = at.gemm(count, at.taps, at.outputs, Layout(at.all_outputs), Layout(at.taps), at.taps)
                gemm.write(result, kernel, columns.address)
            else:
                gemm = at.gemm(at.taps, count, at.outputs, Layout(at.taps, True), Layout(at.area), count)
                gemm.write(kernel, result, columns.address)
            columns.add_to(images, at.part(g, first, rows))

        _blocks(em, form, product)
        landing.finish(n)

    each_image(em, form, lambda: partial(item, Landing(em, x, form), _columns(em, form)))
