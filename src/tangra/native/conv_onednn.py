"""Convolutions by oneDNN (`onednn`), where it is installed and faster than our own: the rule, and the calls.

A batch is convolved in equal parts, which run in threads; how many there are depends on the sizes only.
"""

from __future__ import annotations

from dataclasses import replace

from tangra.native import conv_tiles, engine, nests, onednn, onednn_calls
from tangra.native.conv_form import Form
from tangra.native.emitter import Emitter
from tangra.native.onednn_tasks import Convolution
from tangra.native.text import Operand
from tangra.native.values import Array, Done, Strided
from tangra.shapes import Size, prod

LEAST_WORK = 1 << 21
"""Convolutions of fewer products of terms are ours."""
FEWEST_INPUTS = 8
"""So many channels of x make up a block that "input" writes; oneDNN is slow for fewer."""
FEWEST_PLACES = 100
"""With fewer places of y, of channels that lie together, ours is the slower one of what `_is_older` tells apart."""
PART_WORK = 1 << 22
"""Products of terms in a part of a batch, at least."""
PART_PLACES = 128
"""And places, for which the kernel is read once."""
OUTPUTS = 64
"""A part of the outputs is a multiple of so many."""


def chosen(em: Emitter, form: Form, what: str, numbers: str) -> bool:
    """Whether oneDNN computes this convolution of such numbers (see `onednn_tasks`). Sizes decide, nothing measured, so
    that results don't change."""
    if not conv_tiles.known(form) or form.rank > 3:
        return False
    if any(not isinstance(p, int) or p < 0 for p in (*form.low, *form.high)):
        return False
    return _faster(form, what, numbers) and onednn_calls.possible(em, _task(form, what, numbers))


def _task(form: Form, what: str, numbers: str) -> Convolution:
    """The convolution of a part of the batch."""
    if what != "kernel":
        return _of_images(form, what, _together(form), numbers)
    parts, outputs = _output_parts(form), _known(form.outputs)
    if parts == 1:
        return _of_images(form, what, form.batch, numbers)
    return replace(_of_images(replace(form, outputs=outputs // parts), what, form.batch, numbers), outputs=outputs)


def _faster(form: Form, what: str, numbers: str) -> bool:
    if _work(form) < LEAST_WORK or form.depthwise:
        return False
    if engine.widest_vectors() < 512 and _is_older(form, what):
        return False
    if form.groups != 1:  # Others of groups, and those of channels each by itself, are ours.
        return form.channels_last and what != "kernel" and numbers in ("f32", "bf16")
    if form.plain and numbers == "f32":
        return form.channels_last and what == "kernel"
    return what != "input" or _known(form.inputs) >= FEWEST_INPUTS


def _is_older(form: Form, what: str) -> bool:
    """Whether oneDNN's kernel for a CPU without AVX-512 is an older one, slower than ours: of groups, and of most
    windows "kernel"."""
    few = form.channels_last and _known(prod(form.places)) < FEWEST_PLACES
    return form.groups != 1 or (what == "kernel" and not form.plain and not few)


def _work(form: Form) -> int:
    """Products of terms."""
    return _known(prod((form.batch, form.groups, form.outputs, form.taps, *form.places)))


def _known(size: Size) -> int:
    assert isinstance(size, int)
    return size


def _of_images(form: Form, what: str, images: Size, numbers: str) -> Convolution:
    """The convolution of so many images at a time."""
    shapes = []
    for channels, sizes in ((form.inputs, form.sizes), (form.outputs, form.places)):
        shapes.append((images, channels * form.groups, *sizes))
    groups = () if form.groups == 1 else (form.groups,)
    kernel = (*groups, form.outputs, form.inputs, *form.window)
    lists = shapes[0], kernel, shapes[1], form.low, _reached(form)
    x, w, y, low, high = (tuple(_known(n) for n in sizes) for sizes in lists)
    return Convolution(
        what, x, w, y, numbers, form.strides, low, high, form.dilation, form.channels_last, not form.channels_last
    )


def _reached(form: Form) -> tuple[Size, ...]:
    """The far border as far as windows reach it, which may be less than there is, even less than nothing."""
    reach = []
    for places, stride, window, dilation, size, low in zip(
        form.places, form.strides, form.window, form.dilation, form.sizes, form.low, strict=True
    ):
        reach.append((places - 1) * stride + (window - 1) * dilation + 1 - size - low)
    return tuple(reach)


def conv(
    em: Emitter,
    form: Form,
    what: str,
    image: Array,
    w: Strided,
    target: Strided,
    done: Done | None,
    numbers: str,
) -> None:
    """Write "forward" of x, or "input" of y; all arrays row-major. Each part of the batch is `done` at once."""
    images, task = _together(form), _task(form, what, numbers)
    parts = _known(form.batch) // images
    found = onednn.plans(task)
    assert found is not None
    source = image if isinstance(image, Strided) and image.contiguous else em.copy(image)
    kernel = onednn_calls.prepared(em, task, w)

    def part(index: Operand) -> None:
        given = {"x": source, "y": target} if what == "forward" else {"x": target, "y": source}
        places = {
            k: em.code.add(v.offset, em.code.mul(index, em.code.mul(images, v.strides[0]))) for k, v in given.items()
        }
        onednn_calls.run(em, found[1], {**given, "w": kernel}, places)
        if done is not None:
            first = em.code.mul(index, images)
            done(first, em.code.add(first, images))

    nests.visit(em, (parts,), lambda index, _: part(index[0]), 1000, (0,), _work(form) // parts)


def conv_kernel(em: Emitter, form: Form, x: Array, y: Strided, w: Strided, numbers: str) -> None:
    """Write "kernel"; all arrays row-major."""
    task, parts = _task(form, "kernel", numbers), _output_parts(form)
    found = onednn.plans(task)
    assert found is not None
    source = onednn_calls.prepared(em, task, x if isinstance(x, Strided) and x.contiguous else em.copy(x))
    outputs = task.w[0]

    def part(index: Operand) -> None:
        first = em.code.mul(index, outputs)
        places = {"y": em.code.add(y.offset, em.code.mul(first, y.strides[1]))}
        places["w"] = em.code.add(w.offset, em.code.mul(first, w.strides[0]))
        onednn_calls.run(em, found[1], {"x": source, "y": y, "w": w}, places)

    nests.visit(em, (parts,), lambda index, _: part(index[0]), 1000, (0,), _work(form) // parts)


def _output_parts(form: Form) -> int:
    """Parts of the outputs for which a kernel's derivative is computed; with the channels last all lie together."""
    outputs = _known(form.outputs)

    def good(parts: int) -> bool:
        return outputs % (parts * OUTPUTS) == 0 and _work(form) >= parts * LEAST_WORK

    return 1 if form.channels_last else next((parts for parts in (4, 3, 2) if good(parts)), 1)


def _together(form: Form) -> int:
    """Images of a part: the least divisor of the batch for which a part is large enough, or all of it."""
    batch = _known(form.batch)
    least = max(-(-PART_WORK * batch // _work(form)), -(-PART_PLACES // _known(prod(form.places))))
    return next((n for n in range(min(least, batch), batch) if batch % n == 0), batch)
