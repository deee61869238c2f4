"""Loops over the places and channels of one image, innermost over neighbours in memory: over the last spatial axis, or
over the groups where the channels are last."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

from tangra.native import nests
from tangra.native.conv_columns import nest
from tangra.native.conv_form import Form, work
from tangra.native.emitter import Emitter
from tangra.native.llvm_types import register_type
from tangra.native.text import Operand
from tangra.native.values import Index, Strided

Term = tuple[int, ...]
TOGETHER = 4
"""Places computed together where the channels are last."""


@dataclass(frozen=True)
class Loops:
    """Loops over all places of one image. `index` is (group, output of the group, *place)."""

    em: Emitter
    form: Form
    image: Strided
    n: Operand

    @property
    def order(self) -> list[int]:
        """The parts of the index from the outermost loop to the innermost."""
        places = list(range(2, self.form.rank + 2))
        return [*places, 1, 0] if self.form.channels_last else [0, 1, *places]

    def visit(self, body: Callable[[Index], None]) -> None:
        """`body(index)` for every place and channel."""
        sizes, order = [self.form.groups, self.form.outputs, *self.form.places], self.order

        def one(loops: list[Operand]) -> None:
            body([i for _, i in sorted(zip(order, loops, strict=True), key=lambda pair: pair[0])])

        nest(self.em, [self.em.size(sizes[axis]) for axis in order], one)

    def visit_several(self, body: Callable[[Several], None]) -> None:
        """`body` for some neighbouring places of the last axis at a time where the channels are last, else for each."""
        form, code = self.form, self.em.code
        last = form.places[-1]
        if not form.channels_last or not isinstance(last, int):
            self.visit(lambda index: body(Several(self, index, 1)))
            return
        whole, rest = divmod(last, TOGETHER)
        for start, count, times in ((0, TOGETHER, whole), (whole * TOGETHER, rest, 1)):
            if count and times:

                def some(index: Index, start: int = start, count: int = count) -> None:
                    place = code.add(code.mul(index[-1], count), start)
                    body(Several(self, [*index[:-1], place], count))

                replaced = replace(form, places=(*form.places[:-1], times))
                Loops(self.em, replaced, self.image, self.n).visit(some)

    def terms(self) -> list[Term]:
        """(input of the group, *offset in the window) of each term of a sum."""
        return self.terms_of(self.form)

    @staticmethod
    def terms_of(form: Form) -> list[Term]:
        """`terms` of any image."""
        sizes = [form.inputs, *form.window]
        return list(itertools.product(*(range(k) for k in sizes if isinstance(k, int))))

    def channel(self, index: Index) -> Operand:
        """The output channel."""
        return self.em.code.add(self.em.code.mul(index[0], self.em.size(self.form.outputs)), index[1])

    def source(self, index: Index, term: Index, shift: int = 0) -> Operand:
        """The place of a term's element in the image, or of the one `shift` elements further on the last axis."""
        code, form = self.em.code, self.form
        at: list[Operand] = [code.add(code.mul(index[0], self.em.size(form.inputs)), term[0])]
        for p, s, k, d in zip(index[2:], form.strides, term[1:], form.dilation, strict=True):
            at.append(code.add(code.mul(p, s), code.mul(k, d)))
        at[-1] = code.add(at[-1], shift)
        return self.image.place(self.em, at)

    def factor(self, w: Strided, index: Index, term: Term) -> Operand:
        """The place of a term's element in the kernel."""
        return w.place(self.em, [self.channel(index), *term])

    def result(self, y: Strided, index: Index) -> Operand:
        """The place in y (channels first)."""
        return y.place(self.em, [self.n, self.channel(index), *index[2:]])

    def multiply_add(self, total: Operand | None, x: Operand, y: Operand) -> str:
        """total + x y."""
        em, type = self.em, register_type(self.form.dtype)
        product = em.code.ins(f"fmul {em.fast}{type} {x}, {y}")
        return product if total is None else em.code.ins(f"fadd {em.fast_sum}{type} {total}, {product}")


class Several:
    """`count` neighbouring places from `index` on; what several of them read is loaded once."""

    def __init__(self, loops: Loops, index: Index, count: int) -> None:
        self.loops, self.index, self.count = loops, index, count
        self._elements: dict[tuple[object, ...], Operand] = {}

    def element(self, term: Term, place: int) -> Operand:
        """The element of the image for a term of one of the places."""
        loops, (*first, offset) = self.loops, term
        shift = place * loops.form.strides[-1] + offset * loops.form.dilation[-1]
        key = (*first, shift)
        if key not in self._elements:
            at = loops.source(self.index, (*first, 0), shift)
            self._elements[key] = loops.em.load(loops.image, at)
        return self._elements[key]

    def result(self, y: Strided, place: int) -> Operand:
        """Where in y one of the places is."""
        return self.loops.result(y, [*self.index[:-1], self.loops.em.code.add(self.index[-1], place)])


def each_image(em: Emitter, form: Form, prepare: Callable[[], Callable[[Operand], None]]) -> None:
    """Each image of the batch, in threads if that is worth it; see `nests.share_out`."""
    nests.share_out(em, em.size(form.batch), work(em, form), prepare)
