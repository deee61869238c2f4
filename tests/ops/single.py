"""Programs of one operation: its value, and its derivative rules applied to it alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from tangra.ir import ArrayType, Block, Builder, Func, Op, Value
from tangra.ir.interpreter import interpret
from tangra.ir.verifier import verify
from tests.ops.samples import type_of


def value_func(name: str, operands: list[Any], attrs: dict[str, Any]) -> Func:
    """A function of the operands whose results are those of op `name`, not folded."""
    body = Block([type_of(x) for x in operands])
    b = Builder(body)
    b.return_(*b.emit(name, body.args, attrs).results)
    return checked(Func(name, body))


def checked(func: Func) -> Func:
    verify(func)
    return func


def run(func: Func, args: list[Any]) -> list[Any]:
    """The interpreter's results."""
    with np.errstate(all="raise"):
        return interpret(func, args)


def apply_jvp(b: Builder, op: Op, tangents: list[Value | None]) -> list[Value | None]:
    """Result tangents by the op's rule, as the transforms apply it."""
    if op.defn.jvp is not None:
        return op.defn.jvp(b, op, tangents)
    if op.defn.partials is None:
        return [None] * len(op.results)
    total: Value | None = None
    for p, t in zip(op.defn.partials(b, op), tangents, strict=True):
        if p is not None and t is not None:
            term = product(b, op, p, t)
            total = term if total is None else b("add", total, term)
    return [total]


def apply_vjp(b: Builder, op: Op, cotangents: list[Value | None], wanted: list[bool]) -> list[Value | None]:
    """Operand cotangents by the op's rule, as the transforms apply it."""
    if op.defn.vjp is not None:
        decided = [] if op.defn.decisions is None else [op.defn.decisions(b, op)]
        return op.defn.vjp(b, op, cotangents, wanted, *decided)
    ct = cotangents[0]
    if op.defn.partials is None or ct is None:
        return [None] * len(op.operands)
    partials = op.defn.partials(b, op)
    return [product(b, op, p, ct) if p is not None and w else None for p, w in zip(partials, wanted, strict=True)]


def product(b: Builder, op: Op, p: Value, t: Value) -> Value:
    """p t, and 0 where t is 0 if the op says that p may not be finite there."""
    result = b("mul", p, t)
    if not op.defn.strong_zero:
        return result
    zero = b.zeros(t.array)
    return b("select", b("eq", t, zero), zero, result)


def float_places(values: list[Any]) -> list[int]:
    """The positions of float values, which have tangents."""
    return [k for k, x in enumerate(values) if x.dtype.kind == "f"]


def results_of(name: str, operands: list[Any], attrs: dict[str, Any]) -> list[Any]:
    return run(value_func(name, operands, attrs), operands)


def jvp_of(name: str, operands: list[Any], attrs: dict[str, Any], tangents: dict[int, Any]) -> list[Any]:
    """Tangents of the float results (zeros for symbolic zeros) for tangents of some operands, by position."""
    body = Block([type_of(x) for x in operands])
    b = Builder(body)
    given: list[Value | None] = [None] * len(operands)
    for k, t in tangents.items():
        given[k] = body.add_arg(type_of(t))
    op = b.emit(name, body.args[: len(operands)], attrs)
    out = apply_jvp(b, op, given)
    assert len(out) == len(op.results), f"{name}: jvp gives {len(out)} tangents"
    returned = [b.zeros(r.array) if t is None else t for r, t in zip(op.results, out, strict=True) if r.dtype.is_float]
    for r, t in zip(op.results, out, strict=True):
        assert t is None or t.type == r.type, f"{name}: tangent {t} of {r}"
    b.return_(*returned)
    return run(checked(Func(name, body)), [*operands, *tangents.values()])


def vjp_of(
    name: str, operands: list[Any], attrs: dict[str, Any], cotangents: dict[int, Any], places: list[int]
) -> list[Any]:
    """Cotangents of the operands at `places` (zeros for none) for cotangents of some results, by position."""
    body = Block([type_of(x) for x in operands])
    b = Builder(body)
    extra = {k: body.add_arg(type_of(c)) for k, c in cotangents.items()}
    op = b.emit(name, body.args[: len(operands)], attrs)
    out = apply_vjp(b, op, [extra.get(k) for k in range(len(op.results))], [k in places for k in range(len(operands))])
    assert len(out) == len(operands), f"{name}: vjp gives {len(out)} cotangents"
    for k, ct in enumerate(out):
        assert ct is None or (k in places and ct.type == op.operands[k].type), f"{name}: cotangent {k} is {ct}"
    b.return_(*(out[k] or b.zeros(ArrayType(op.operands[k].dtype, op.operands[k].shape)) for k in places))
    return run(checked(Func(name, body)), [*operands, *cotangents.values()])
