"""Convolutions as plain loops: where each channel is a group of its own, and where there are few terms.

The innermost loop runs over neighbours in memory, so that it becomes vector code: over the last spatial axis, or over
the groups where the channels are last. Terms of a sum are written out.
"""

from __future__ import annotations

from functools import partial

from tangra.native import nests
from tangra.native.conv_columns import Landing, Staged, nest
from tangra.native.conv_form import Form, block, channels_first
from tangra.native.conv_loops import Loops, Several, each_image
from tangra.native.emitter import Emitter
from tangra.native.llvm_types import literal, register_type
from tangra.native.loop_order import permuted_view
from tangra.native.text import Operand
from tangra.native.values import Array, Done, Index, Memo, Splat, Strided
from tangra.ops.structural import inverse_permutation
from tangra.shapes import prod

Term = tuple[int, ...]

WRITTEN_TERMS = 64
"""Sums of more terms are products of matrices."""
SMALL_WORK = 1 << 12
"""Convolutions with at most so many products of terms are loops whatever their form."""


def fits(form: Form) -> bool:
    """Whether `form` is written as loops."""
    terms = form.taps
    if not isinstance(terms, int) or terms > WRITTEN_TERMS:
        return False
    work = terms * form.outputs * form.groups * form.batch * prod(form.places)
    return form.depthwise or (isinstance(work, int) and work <= SMALL_WORK)


def _kernel_order(form: Form) -> tuple[int, ...]:
    """The kernel's axes as the innermost loop wants them."""
    axes = tuple(range(form.rank + 2))
    return (*axes[1:], 0) if form.channels_last else axes


def _kernel_view(form: Form, memory: Strided) -> Strided:
    """A kernel that lies in `_kernel_order` as (outputs, inputs, *window)."""
    return permuted_view(memory, inverse_permutation(_kernel_order(form)))


def direct_conv(em: Emitter, form: Form, x: Array, w: Strided, y: Strided, done: Done | None = None) -> None:
    """`conv`, for a form that `fits`; each image is `done` at once."""
    target = channels_first(y, form.channels_last)
    kernel = _kernel_view(form, em.copy(permuted_view(w, _kernel_order(form)))) if form.channels_last else w

    def item(staged: Staged, n: Operand) -> None:
        loops = Loops(em, form, staged.image(n), n)

        def some(places: Several) -> None:
            totals: list[Operand | None] = [None] * places.count
            for term in loops.terms():
                factor = em.load(kernel, loops.factor(kernel, places.index, term))
                totals = [loops.multiply_add(t, places.element(term, k), factor) for k, t in enumerate(totals)]
            for k, total in enumerate(totals):
                em.store(target, places.result(target, k), literal(0, form.dtype) if total is None else total)

        loops.visit_several(some)
        if done is not None:
            done(n, em.code.add(n, 1))

    each_image(em, form, lambda: partial(item, Staged(em, x, form)))


def direct_input(em: Emitter, form: Form, y: Strided, w: Strided, x: Strided) -> None:
    """`conv_input`, for a form that `fits`."""
    source = channels_first(y, form.channels_last)
    kernel = _kernel_view(form, em.copy(permuted_view(w, _kernel_order(form)))) if form.channels_last else w

    def item(landing: Landing, n: Operand) -> None:
        loops = Loops(em, form, landing.image(n), n)

        def one(index: Index) -> None:
            value = em.load(source, loops.result(source, index))
            for term in loops.terms():
                place = loops.source(index, term)
                factor = em.load(kernel, loops.factor(kernel, index, term))
                em.store(loops.image, place, loops.multiply_add(em.load(loops.image, place), value, factor))

        loops.visit(one)
        landing.finish(n)

    each_image(em, form, lambda: partial(item, Landing(em, x, form)))


def direct_kernel(em: Emitter, form: Form, x: Array, y: Strided, w: Strided) -> None:
    """`conv_kernel`, for a form that `fits`."""
    staged, source = Staged(em, x, form), channels_first(y, form.channels_last)
    shape = tuple(form.w_shape[axis] for axis in _kernel_order(form))
    memory = block(em, form.dtype, shape)
    em.assign(memory, Splat(form.dtype, shape, literal(0, form.dtype)))
    total = _kernel_view(form, memory)

    def item(n: Operand) -> None:
        loops = Loops(em, form, staged.image(n), n)
        if form.channels_last:
            loops.visit_several(lambda places: _add_terms(em, loops, source, total, places))
        else:
            nest(
                em,
                [em.size(form.groups), em.size(form.outputs)],
                lambda index: _sum_terms(em, loops, source, total, index),
            )

    nest(em, [em.size(form.batch)], lambda index: item(index[0]))
    em.assign(w, total)


def _add_terms(em: Emitter, loops: Loops, y: Strided, w: Strided, places: Several) -> None:
    """Add the terms of some places to the kernel's elements in memory."""
    values = [em.load(y, places.result(y, k)) for k in range(places.count)]
    for term in loops.terms():
        place = loops.factor(w, places.index, term)
        total: Operand = em.load(w, place)
        for k, value in enumerate(values):
            total = loops.multiply_add(total, value, places.element(term, k))
        em.store(w, place, total)


def _sum_terms(em: Emitter, loops: Loops, y: Strided, w: Strided, channel: Index) -> None:
    """Sum the terms of an output channel over all places in registers, then add them to the kernel's elements."""
    type, terms = register_type(loops.form.dtype), loops.terms()

    def step(place: Index, now: list[str], memo: Memo) -> list[str]:
        index = [*channel, *place]
        value = em.load(y, loops.result(y, index))
        elements = [em.load(loops.image, loops.source(index, term)) for term in terms]
        return [loops.multiply_add(total, value, element) for total, element in zip(now, elements, strict=True)]

    start = [(type, str(literal(0, loops.form.dtype)))] * len(terms)
    totals = nests.visit_carrying(em, loops.form.places, start, step, 1000)
    for term, total in zip(terms, totals, strict=True):
        place = loops.factor(w, channel, term)
        em.store(w, place, em.code.ins(f"fadd {em.fast}{type} {em.load(w, place)}, {total}"))
