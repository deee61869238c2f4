"""Writers of the effects that leave a function with an error: `fail_if` and `check_index`."""

from __future__ import annotations

from tangra.ir import I64, Op
from tangra.ir.messages import index_message
from tangra.native import nests
from tangra.native.emitter import Emitter, op_writer
from tangra.native.failures import ErrorRecord
from tangra.native.text import UNLIKELY, Operand
from tangra.native.values import Array, Elementwise, Scalar, Strided


@op_writer("fail_if")
def _fail_if(em: Emitter, op: Op) -> None:
    code, cond = em.code, em.operand(op.operands[0])
    if cond == "false":
        return
    n_state = op.attrs.get("n_state", 0)
    state, payload = op.operands[1 : 1 + n_state], op.operands[1 + n_state :]
    values = [(v.dtype, em.operand(v)) for v in payload]
    record = ErrorRecord(op.attrs["kind"], op.attrs.get("message"), tuple(d for d, _ in values), op.span)
    failing, after = code.name("fail"), code.name("ok")
    code.branch(str(cond), failing, after, UNLIKELY)
    outer, code.lines = code.lines, []
    em.cold.append(code.lines)
    code.start(failing)
    pairs: list[tuple[Strided, Array]] = []
    for index, value in zip(op.attrs.get("state", ()), state, strict=True):
        target = em.parameters.get(index)
        if target is not None:
            em.state_params.add(index)
            pairs.append((target, em.array(value)))
    nests.assign_all(em, pairs)
    em.fail(record, values)
    code.lines = outer
    code.start(after)


@op_writer("check_index")
def _check_index(em: Emitter, op: Op) -> None:
    index, size = op.operands
    n = em.operand(size)
    if id(op) in em.proven:
        em.define(op.result, Scalar(I64, em.operand(index)))
        return
    if not index.shape:
        em.define(op.result, Scalar(I64, _check_scalar(em, op, em.operand(index), n)))
        return
    source = em.strided(index)
    _check_array(em, op, source, n)
    em.keep(op, Elementwise(I64, index.shape, lambda em, xs: _wrap(em, xs[0], n), [source]))


def _wrap(em: Emitter, i: Operand, n: Operand) -> Operand:
    """A negative index counts from the end."""
    code = em.code
    if isinstance(i, int):
        return i if i >= 0 else code.add(n, i)
    negative = code.ins(f"icmp slt i64 {i}, 0")
    return code.ins(f"select i1 {negative}, i64 {code.ins(f'add i64 {i}, {n}')}, i64 {i}")


def _record(op: Op) -> ErrorRecord:
    details = tuple(sorted((k, v) for k, v in op.attrs.items()))
    message = op.attrs.get("message") or index_message(op.attrs.get("axis", 0))
    return ErrorRecord("IndexError", message, (I64, I64), op.span, details)


def _check_scalar(em: Emitter, op: Op, i: Operand, n: Operand) -> Operand:
    if isinstance(i, int) and isinstance(n, int) and -n <= i < n:
        return i % n
    code = em.code
    wrapped = _wrap(em, i, n)
    failing, after = code.name("fail"), code.name("ok")
    code.branch(code.ins(f"icmp uge i64 {wrapped}, {n}"), failing, after, UNLIKELY)
    _fail_cold(em, op, failing, i, n)
    code.start(after)
    return wrapped


def _fail_cold(em: Emitter, op: Op, label: str, i: Operand, n: Operand) -> None:
    outer, em.code.lines = em.code.lines, []
    em.cold.append(em.code.lines)
    em.code.start(label)
    em.fail(_record(op), [(I64, i), (I64, n)])
    em.code.lines = outer


def _check_array(em: Emitter, op: Op, source: Strided, n: Operand) -> None:
    """All indices are tested without a branch, which vectorises; only if one is bad are they searched for the first."""
    code = em.code

    def bad(i: Operand) -> str:
        return code.ins(f"icmp uge i64 {_wrap(em, i, n)}, {n}")

    found = nests.visit_carrying(
        em,
        source.shape,
        [("i1", "false")],
        lambda index, now, memo: [code.ins(f"or i1 {now[0]}, {bad(source.element(em, index, memo))}")],
        weight=3,
    )
    failing, after = code.name("fail"), code.name("ok")
    code.branch(found[0], failing, after, UNLIKELY)
    outer, code.lines = code.lines, []
    em.cold.append(code.lines)
    code.start(failing)

    def search(place: list[Operand], depth: int) -> list[str]:
        if depth < len(source.shape):
            return code.counted(em.size(source.shape[depth]), [], lambda i, _: search([*place, i], depth + 1))
        i = source.element(em, place, {})
        here, on = code.name("fail"), code.name("ok")
        code.branch(bad(i), here, on)
        code.start(here)
        em.fail(_record(op), [(I64, i), (I64, n)])
        code.start(on)
        return []

    search([], 0)
    code.do("unreachable")
    code.lines = outer
    code.start(after)
