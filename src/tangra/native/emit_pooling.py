"""Writers of pools: loops over the places of each image."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tangra.ir import I64, Op
from tangra.native import nests, scalars
from tangra.native.conv_columns import Landing, Staged
from tangra.native.conv_form import Form, channels_first
from tangra.native.conv_loops import Loops, each_image
from tangra.native.emitter import Emitter, op_writer
from tangra.native.llvm_types import literal, register_type
from tangra.native.text import Operand
from tangra.native.values import Index
from tangra.shapes import prod

WRITTEN_TERMS = 64
"""Elements of a window that are written out; those of a larger one are visited by loops."""
Step = Callable[[Index, list[str]], list[str]]
"""step(term, carried values) of one element of a window."""


def _over_window(em: Emitter, form: Form, start: list[tuple[str, str]], step: Step) -> list[str]:
    """The values after all elements of a window."""
    count = prod(form.window)
    if isinstance(count, int) and count <= WRITTEN_TERMS:
        values = [value for _, value in start]
        for term in Loops.terms_of(form):
            values = step(term, values)
        return values
    return nests.visit_carrying(em, form.window, start, lambda index, now, _: step((0, *index), now), 1000)


@op_writer("pool_max", "pool_sum")
def _pool(em: Emitter, op: Op) -> None:
    (x,) = op.operands
    largest = op.name == "pool_max"
    form = Form.pool(x.dtype, x.shape, op.result.shape, op.attrs)
    target = em.allocate(x.dtype, op.result.shape, op.result)
    first, type = float("-inf") if largest else 0.0, register_type(x.dtype)
    source, result = em.array(x), channels_first(target, form.channels_last)

    def combine(a: Operand, b: Operand) -> str:
        if largest:
            return str(scalars.intrinsic(em, "maximum", x.dtype, [a, b]))
        return em.code.ins(f"fadd {em.fast_sum}{type} {a}, {b}")

    def item(staged: Staged, n: Operand) -> None:
        loops = Loops(em, form, staged.image(n), n)

        def one(index: Index) -> None:
            def step(term: Index, now: list[str]) -> list[str]:
                return [combine(now[0], em.load(loops.image, loops.source(index, term)))]

            (value,) = _over_window(em, form, [(type, str(literal(first, x.dtype)))], step)
            em.store(result, loops.result(result, index), value)

        loops.visit(one)

    each_image(em, form, lambda: partial(item, Staged(em, source, form, first)))
    em.define(op.result, target)


@op_writer("pool_argmax")
def _pool_argmax(em: Emitter, op: Op) -> None:
    (x,) = op.operands
    form = Form.pool(x.dtype, x.shape, op.result.shape, op.attrs)
    target = em.allocate(I64, op.result.shape, op.result)
    source, result = em.array(x), channels_first(target, form.channels_last)
    type, count = register_type(x.dtype), str(em.size(prod(form.sizes)))

    def item(staged: Staged, n: Operand) -> None:
        loops = Loops(em, form, staged.image(n), n)

        def one(index: Index) -> None:
            def step(term: Index, now: list[str]) -> list[str]:
                return _better(em, loops, index, term, now, count)

            start = [(type, str(literal(float("-inf"), x.dtype))), ("i64", count)]
            em.store(result, loops.result(result, index), _over_window(em, form, start, step)[1])

        loops.visit(one)

    each_image(em, form, lambda: partial(item, Staged(em, source, form, float("-inf"))))
    em.define(op.result, target)


def _better(em: Emitter, loops: Loops, index: Index, term: Index, now: list[str], count: str) -> list[str]:
    """The larger of the best element so far and the one at `term`, and its place: the first of equals and of NaNs. An
    element of the border is never taken; the first other one always is."""
    code, form, type = em.code, loops.form, register_type(loops.form.dtype)
    value, (best, place) = em.load(loops.image, loops.source(index, term)), now
    beats = code.ins(f"fcmp ugt {type} {value}, {best}")
    settled = code.ins(f"fcmp uno {type} {best}, {best}")
    better = code.ins(f"and i1 {beats}, {code.ins(f'xor i1 {settled}, true')}")
    better = code.ins(f"or i1 {better}, {code.ins(f'icmp eq i64 {place}, {count}')}")
    at: Operand = 0
    for axis, n in enumerate(form.sizes):
        position = code.add(
            code.mul(index[axis + 2], form.strides[axis]), code.mul(term[axis + 1], form.dilation[axis])
        )
        position = code.sub(position, em.size(form.low[axis]))
        if form.low[axis] != 0 or form.high[axis] != 0:
            better = code.ins(f"and i1 {better}, {code.ins(f'icmp ult i64 {position}, {em.size(n)}')}")
        at = code.add(code.mul(at, em.size(n)), position)
    return [
        code.ins(f"select i1 {better}, {type} {value}, {type} {best}"),
        code.ins(f"select i1 {better}, i64 {at}, i64 {place}"),
    ]


@op_writer("pool_spread")
def _pool_spread(em: Emitter, op: Op) -> None:
    (y,) = op.operands
    form = Form.pool(y.dtype, op.result.shape, y.shape, op.attrs)
    values = em.strided(y)
    target = em.allocate(y.dtype, op.result.shape, op.result)
    source, type = channels_first(values, form.channels_last), register_type(y.dtype)

    def item(landing: Landing, n: Operand) -> None:
        loops = Loops(em, form, landing.image(n), n)

        def one(index: Index) -> None:
            value = em.load(source, loops.result(source, index))

            def step(term: Index, now: list[str]) -> list[str]:
                place = loops.source(index, term)
                total = em.code.ins(f"fadd {em.fast}{type} {em.load(loops.image, place)}, {value}")
                em.store(loops.image, place, total)
                return []

            _over_window(em, form, [], step)

        loops.visit(one)
        landing.finish(n)

    each_image(em, form, lambda: partial(item, Landing(em, target, form)))
    em.define(op.result, target)
