"""Writers of convolutions; how each is computed depends on its form."""

from __future__ import annotations

from tangra.ir import F32, I32, Op, Value
from tangra.native import conv_direct, conv_onednn, conv_products, conv_tiled, conv_tiles, narrow
from tangra.native.conv_form import Form, block, channels_first
from tangra.native.emitter import Emitter, op_writer
from tangra.native.llvm_types import literal
from tangra.native.loop_order import permuted_view
from tangra.native.values import Array, Done, Produced, Splat, Strided
from tangra.shapes import Size


@op_writer("conv")
def _conv(em: Emitter, op: Op) -> None:
    x, w = op.operands
    form = Form.of(x.dtype, x.shape, w.shape, op.result.shape, op.attrs)
    numbers = _numbers(em, op, form, "forward", form.taps)
    image, kernel = _image(em, x, numbers), _kernel(em, w, numbers)
    if numbers in narrow.LARGEST:
        sums = em.allocate(I32, op.result.shape)
        conv_onednn.conv(em, form, "forward", image, kernel, sums, None, numbers)
        narrow.keep_sums(em, op, sums)
        return

    def write(em: Emitter, target: Strided, done: Done | None) -> bool:
        done = done if form.batch != 1 else None
        if numbers:
            conv_onednn.conv(em, form, "forward", image, kernel, target, done, numbers)
        else:
            _write_conv(em, form, image, kernel, target, done)
        return done is not None

    em.keep(op, Produced(x.dtype, op.result.shape, write, [image, kernel]))


@op_writer("conv_input")
def _conv_input(em: Emitter, op: Op) -> None:
    y, w = op.operands
    form = Form.of(y.dtype, op.result.shape, w.shape, y.shape, op.attrs)
    numbers = _numbers(em, op, form, "input")
    image, kernel = _image(em, y, numbers), _kernel(em, w, numbers)

    def write(em: Emitter, target: Strided, done: Done | None) -> bool:
        done = done if form.batch != 1 else None
        if numbers:
            conv_onednn.conv(em, form, "input", image, kernel, target, done, numbers)
        elif form.can_mirror() and not form.plain:
            _write_conv(em, form.mirrored(), image, _mirrored(em, form, kernel), target, done)
        else:
            _write_input(em, form, _in_memory(em, image), kernel, target)
            return False
        return done is not None

    em.keep(op, Produced(y.dtype, op.result.shape, write, [image, kernel]))


def _numbers(em: Emitter, op: Op, form: Form, what: str, terms: Size = 0) -> str:
    """Which numbers oneDNN is to multiply (see `onednn_tasks`), "" where it is not to. Integers only forward, where the
    result is sums of so many `terms`."""
    found = narrow.numbers(em, op, terms)
    if found and (what == "forward" or found == "bf16") and conv_onednn.chosen(em, form, what, found):
        return found
    return "f32" if form.dtype == F32 and conv_onednn.chosen(em, form, what, "f32") else ""


def _image(em: Emitter, value: Value, numbers: str) -> Array:
    return em.array(value) if numbers in ("", "f32") else narrow.source(em, value)


def _kernel(em: Emitter, value: Value, numbers: str) -> Strided:
    return em.contiguous(value) if numbers in ("", "f32") else narrow.contiguous(em, narrow.source(em, value))


def _write_input(em: Emitter, form: Form, y: Strided, w: Strided, x: Strided) -> None:
    if form.plain:
        conv_products.plain_input(em, form, y, w, x)
    elif conv_direct.fits(form):
        conv_direct.direct_input(em, form, y, w, x)
    elif conv_tiles.known(form):
        conv_tiled.conv_input(em, form, y, w, x)
    else:
        conv_products.blocked_input(em, form, y, _turned(em, form, w), x)


@op_writer("conv_kernel")
def _conv_kernel(em: Emitter, op: Op) -> None:
    x, y = op.operands
    form = Form.of(x.dtype, x.shape, op.result.shape, y.shape, op.attrs)
    numbers = _numbers(em, op, form, "kernel")
    places = _kernel(em, y, numbers)
    target = em.allocate(x.dtype, op.result.shape, op.result)
    if numbers:
        conv_onednn.conv_kernel(em, form, _image(em, x, numbers), places, target, numbers)
    elif conv_direct.fits(form):
        conv_direct.direct_kernel(em, form, em.array(x), places, target)
    elif form.plain:
        em.assign(target, Splat(x.dtype, target.shape, literal(0, x.dtype)))
        conv_products.plain_kernel(em, form, _in_memory(em, em.array(x)), places, target)
    elif conv_tiles.known(form):
        conv_tiled.conv_kernel(em, form, em.array(x), places, target)
    else:
        outputs = form.outputs * form.groups
        shape = (outputs, *form.window, form.inputs) if form.channels_last else target.shape
        total = block(em, x.dtype, shape) if form.channels_last else target
        em.assign(total, Splat(x.dtype, shape, literal(0, x.dtype)))
        conv_products.blocked_kernel(em, form, em.array(x), places, total)
        em.assign(target, channels_first(total, form.channels_last))
    em.define(op.result, target)


def _write_conv(em: Emitter, form: Form, x: Array, w: Strided, y: Strided, done: Done | None) -> None:
    if conv_direct.fits(form):
        conv_direct.direct_conv(em, form, x, w, y, done)
    elif form.plain:
        conv_products.plain_conv(em, form, _in_memory(em, x), w, y, done)
    elif conv_tiles.known(form):
        conv_tiled.conv(em, form, x, w, y, done)
    else:
        conv_products.blocked_conv(em, form, x, _turned(em, form, w), y, done)


def _in_memory(em: Emitter, x: Array) -> Strided:
    return x if isinstance(x, Strided) and x.contiguous else em.copy(x)


def _turned(em: Emitter, form: Form, w: Strided) -> Strided:
    """The kernel with its channels last if those of x are."""
    return em.copy(permuted_view(w, (0, *range(2, form.rank + 2), 1))) if form.channels_last else w


def _mirrored(em: Emitter, form: Form, w: Strided) -> Strided:
    """The kernel of `form.mirrored()`."""
    split = em.window(w.buffer, w.dtype, (form.groups, form.outputs, form.inputs, *form.window))
    offset, strides = w.offset, [split.strides[0], split.strides[2], split.strides[1]]
    for k, stride in zip(form.window, split.strides[3:], strict=True):
        offset = em.code.add(offset, em.code.mul(em.size(k - 1), stride))
        strides.append(em.code.mul(stride, -1))
    shape = (form.groups, form.inputs, form.outputs, *form.window)
    copy = em.copy(Strided(w.buffer, w.dtype, shape, tuple(strides), offset))
    merged = (form.groups * form.inputs, form.outputs, *form.window)
    return Strided(copy.buffer, w.dtype, merged, copy.strides[1:], copy.offset, copy.contiguous)
