"""Convolutions by oneDNN (`onednn`), where it is installed and faster than our own: the rule, and the calls.

A batch is convolved in equal parts, which run in threads; how many there are depends on the sizes only.
"""

from __future__ import annotations

from dataclasses import replace

from tangra.ir import F32, I32, I64, U8
from tangra.native import conv_tiles, nests, onednn, onednn_text
from tangra.native.conv_form import Form
from tangra.native.emitter import Emitter
from tangra.native.failures import ErrorRecord
from tangra.native.onednn import Plan, Task
from tangra.native.text import UNLIKELY, Operand
from tangra.native.values import Array, Done, Strided
from tangra.shapes import Size, prod

LEAST_WORK = 1 << 21
"""Convolutions of fewer products of terms are ours."""
FEWEST_INPUTS = 8
"""So many channels of x make up a block that "input" writes; oneDNN is slow for fewer."""
PART_WORK = 1 << 22
"""Products of terms in a part of a batch, at least."""
PART_PLACES = 128
"""And places, for which the kernel is read once."""
OUTPUTS = 64
"""A part of the outputs is a multiple of so many."""
FAILED = "oneDNN could not compute a convolution (its status {})"


def chosen(em: Emitter, form: Form, what: str) -> bool:
    """Whether oneDNN computes this convolution. Sizes decide, nothing measured, so that results don't change."""
    if not em.module.options.onednn or form.dtype != F32 or not conv_tiles.known(form):
        return False
    em.module.portable = False
    if onednn.library() is None:
        return False
    if any(not isinstance(p, int) or p < 0 for p in (*form.low, *form.high)) or form.rank > 3:
        return False
    return _faster(form, what) and onednn.plans(_task(form, what)) is not None


def _task(form: Form, what: str) -> Task:
    """The convolution of a part of the batch."""
    if what != "kernel":
        return _of_images(form, what, _together(form))
    parts, outputs = _output_parts(form), _known(form.outputs)
    if parts == 1:
        return _of_images(form, what, form.batch)
    return replace(_of_images(replace(form, outputs=outputs // parts), what, form.batch), outputs=outputs)


def _faster(form: Form, what: str) -> bool:
    if _work(form) < LEAST_WORK or form.groups != 1:
        return False
    if form.plain:
        return form.channels_last and what == "kernel"
    return what != "input" or _known(form.inputs) >= FEWEST_INPUTS


def _work(form: Form) -> int:
    """Products of terms."""
    return _known(prod((form.batch, form.groups, form.outputs, form.taps, *form.places)))


def _known(size: Size) -> int:
    assert isinstance(size, int)
    return size


def _of_images(form: Form, what: str, images: Size) -> Task:
    """The convolution of so many images at a time."""
    shapes = []
    for channels, sizes in ((form.inputs, form.sizes), (form.outputs, form.places)):
        shapes.append((images, channels * form.groups, *sizes))
    kernel = (form.outputs, form.inputs, *form.window)
    lists = shapes[0], kernel, shapes[1], form.low, _reached(form)
    x, w, y, low, high = (tuple(_known(n) for n in sizes) for sizes in lists)
    return Task(what, x, w, y, form.strides, low, high, form.dilation, form.channels_last, not form.channels_last)


def _reached(form: Form) -> tuple[Size, ...]:
    """The far border as far as windows reach it, which may be less than there is, even less than nothing."""
    reach = []
    for places, stride, window, dilation, size, low in zip(
        form.places, form.strides, form.window, form.dilation, form.sizes, form.low, strict=True
    ):
        reach.append((places - 1) * stride + (window - 1) * dilation + 1 - size - low)
    return tuple(reach)


def conv(
    em: Emitter, form: Form, what: str, image: Array, w: Strided, target: Strided, done: Done | None = None
) -> None:
    """Write "forward" of x, or "input" of y; all arrays row-major. Each part of the batch is `done` at once."""
    images, task = _together(form), _task(form, what)
    parts = _known(form.batch) // images
    found = onednn.plans(task)
    assert found is not None
    source = image if isinstance(image, Strided) and image.contiguous else em.copy(image)
    kernel = _prepared(em, task, w)

    def part(index: Operand) -> None:
        given = {"x": source, "y": target} if what == "forward" else {"x": target, "y": source}
        places = {
            k: em.code.add(v.offset, em.code.mul(index, em.code.mul(images, v.strides[0]))) for k, v in given.items()
        }
        run(em, found[1], {**given, "w": kernel}, places)
        if done is not None:
            first = em.code.mul(index, images)
            done(first, em.code.add(first, images))

    nests.visit(em, (parts,), lambda index, _: part(index[0]), 1000, (0,), _work(form) // parts)


def conv_kernel(em: Emitter, form: Form, x: Array, y: Strided, w: Strided) -> None:
    """Write "kernel"; all arrays row-major."""
    task, parts = _task(form, "kernel"), _output_parts(form)
    found = onednn.plans(task)
    assert found is not None
    source = _prepared(em, task, x if isinstance(x, Strided) and x.contiguous else em.copy(x))
    outputs = task.w[0]

    def part(index: Operand) -> None:
        first = em.code.mul(index, outputs)
        places = {"y": em.code.add(y.offset, em.code.mul(first, y.strides[1]))}
        places["w"] = em.code.add(w.offset, em.code.mul(first, w.strides[0]))
        run(em, found[1], {"x": source, "y": y, "w": w}, places)

    nests.visit(em, (parts,), lambda index, _: part(index[0]), 1000, (0,), _work(form) // parts)


def _prepared(em: Emitter, task: Task, array: Strided) -> Strided:
    """The array that parts share, as the plan for them wants it."""
    found = onednn.plans(task)
    assert found is not None
    if not found[0].steps:
        return array
    memory = em.allocate(U8, (onednn.prepared_bytes(task),))
    run(em, found[0], {"x": array, "y": memory})
    return memory


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


def run(em: Emitter, plan: Plan, arrays: dict[str, Strided], places: dict[str, Operand] | None = None) -> None:
    """Follow a plan, with the arrays at these places (else where they start)."""
    module, code = em.module, em.code
    table = module.external_data(f"onednn.{onednn.PLAN}.{plan.name}")
    room = em.allocate(U8, (max(plan.room, 1),))
    pointers = []
    for base in onednn.BASES:
        array = room if base == "room" else arrays.get(base)
        pointers.append(
            "ptr null" if array is None else f"ptr {em.address(array, (places or {}).get(base, array.offset))}"
        )
    status = code.ins(f"call i32 {_follow(em)}(ptr {table}, {', '.join(pointers)})")
    bad, good = code.name("bad"), code.name("good")
    code.branch(code.ins(f"icmp ne i32 {status}, 0"), bad, good, UNLIKELY)
    code.start(bad)
    em.fail(ErrorRecord("RuntimeError", FAILED, (I64,), None), [(I32, status)])
    code.start(good)


def _follow(em: Emitter) -> str:
    """The function that follows plans, part of the module from now on: its statuses, or-ed."""
    for function, signature in onednn_text.CALLED.items():
        em.module.external(f"onednn.{onednn.FUNCTION}.{function}", signature)
    return em.module.define(onednn_text.NAME, onednn_text.FOLLOW)
