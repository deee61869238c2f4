"""Reverse mode of calls and of functions with derivatives given by the user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.ir import ArrayType, Func, Op, Value
from tangra.shapes import Size
from tangra.transforms.activity import is_float
from tangra.transforms.errors import TransformError
from tangra.transforms.frame import Frame
from tangra.transforms.reverse_split import Split, split
from tangra.transforms.rules import check_captured, emit_call, float_positions, float_results
from tangra.transforms.symbols import match_sizes, retyped

if TYPE_CHECKING:
    from tangra.transforms.reverse import Reverse


def reverse_call(sweep: Reverse, op: Op, frame: Frame) -> None:
    """Calls the backward half of the callee's derivative; the call in the forward part becomes one of the forward
    half."""
    cotangents = [frame.take(r) for r in op.results]
    flags = [sweep.activity.is_active(v) for v in op.operands]
    if all(ct is None for ct in cotangents) or not any(flags):
        return
    halves = split(op.attrs["callee"], flags, sweep.memo)
    if halves is None:
        _recomputing(sweep, op, frame, cotangents, flags)
        return
    if not halves.found:
        return
    residuals = _keep(sweep, op, frame, halves)
    start = len(sweep.b.block.ops)
    given = _dense(sweep, op, cotangents, float_results(halves.source))
    sums = _sums(sweep, op, frame, halves)
    arguments = [op.operands[k] for k in halves.arguments]
    types = [op.operands[k].type for k in halves.found]
    results = emit_call(sweep.b, halves.backward, [*arguments, *residuals, *given, *sums], types).results
    found: list[Value | None] = [None] * len(op.operands)
    for k, ct in zip(halves.found, results, strict=True):
        found[k] = ct
    frame.contribute(op.operands, found, start)


def _keep(sweep: Reverse, op: Op, frame: Frame, halves: Split) -> list[Value]:
    """Make the call in the forward part return residuals too."""
    if halves.forward is None:
        return []
    sizes: dict[str, Size] = {}
    for p, v in zip(halves.source.params, op.operands, strict=True):
        match_sizes(p.type, v.type, sizes)
    kept = halves.forward.result_types[len(op.results) :]
    added = [Value(retyped(t, sizes), op) for t in kept if isinstance(t, ArrayType)]
    op.results += added
    types = tuple(r.type for r in op.results)
    op.attrs = {**op.attrs, "callee": halves.forward, "result_types": types}
    for v in added:
        sweep.versions.define(v, frame.region)
    return added


def _sums(sweep: Reverse, op: Op, frame: Frame, halves: Split) -> list[Value]:
    """The cotangents so far to which the callee adds; they are its own from here on."""
    found = []
    for k in halves.sums:
        v = op.operands[k]
        found.append(frame.present(v))
        frame.ct.pop(id(v), None)
    return found


def _recomputing(
    sweep: Reverse, op: Op, frame: Frame, cotangents: Sequence[Value | None], flags: Sequence[bool]
) -> None:
    """Calls the whole derivative of the callee, which computes its forward part again from the arguments."""
    from tangra.transforms.reverse import vjp

    callee: Func = op.attrs["callee"]
    derived = vjp(callee, flags, sweep.memo)
    start = len(sweep.b.block.ops)
    given = _dense(sweep, op, cotangents, float_results(callee))
    types = [r.type for r in op.results] + [v.type for v, flag in zip(op.operands, flags, strict=True) if flag]
    results = emit_call(sweep.b, derived, [*op.operands, *given], types).results[len(op.results) :]
    zero = derived.attrs["structural_zero"]
    found = _spread(flags, [None if z else r for r, z in zip(results, zero, strict=True)])
    frame.contribute(op.operands, found, start)


def reverse_custom(sweep: Reverse, op: Op, frame: Frame) -> None:
    """Calls the user's rule on the arguments (and results, if it takes them) that the forward part had.

    A function with a jvp rule only is transposed: the rule is linear in the tangents, so its reverse derivative by
    them, at any tangent, is the reverse rule.
    """
    cotangents = [frame.take(r) for r in op.results]
    wanted = [sweep.activity.is_active(v) for v in op.operands]
    if all(ct is None for ct in cotangents) or not any(wanted):
        return
    check_captured(op, wanted)
    start = len(sweep.b.block.ops)
    rule: Func | None = op.attrs.get("vjp")
    given = _dense(sweep, op, cotangents, float_positions(op.results))
    results = _transposed(sweep, op, given) if rule is None else _called(sweep, op, rule, given)
    positions = float_positions(op.operands)
    if len(results) == len(op.operands):
        positions = list(range(len(op.operands)))
    found: list[Value | None] = [None] * len(op.operands)
    for k, ct in zip(positions, results, strict=True):
        found[k] = ct if wanted[k] else None
    frame.contribute(op.operands, found, start)


def _called(sweep: Reverse, op: Op, rule: Func, given: Sequence[Value]) -> list[Value]:
    arguments = [*op.operands]
    if len(rule.params) == len(op.operands) + len(op.results) + len(given):
        arguments += op.results
    if len(rule.params) != len(arguments) + len(given):
        name = op.attrs["primal"].name
        raise TransformError(f"the reverse rule of `{name}` takes {len(rule.params)} values", op.span)
    found = op.operands if len(rule.returned) == len(op.operands) else [v for v in op.operands if is_float(v)]
    return emit_call(sweep.b, rule, [*arguments, *given], [v.type for v in found]).results


def _transposed(sweep: Reverse, op: Op, given: Sequence[Value]) -> list[Value]:
    from tangra.transforms.reverse import vjp

    rule: Func | None = op.attrs.get("jvp")
    if rule is None:
        raise TransformError(f"`{op.attrs['primal'].name}` has no derivative rule", op.span)
    tangents = [op.operands[k] for k in float_positions(op.operands)]
    flags = [k >= len(op.operands) for k in range(len(rule.params))]
    derived = vjp(rule, flags, sweep.memo)
    zeros = [sweep.b.zeros(v.array) for v in tangents]
    primal_zeros = [sweep.b.zeros(op.results[k].array) for k in float_positions(op.results)]
    results = [*op.results, *(op.results[k] for k in float_positions(op.results))]
    types = [v.type for v in (*results, *tangents)]
    call = emit_call(sweep.b, derived, [*op.operands, *zeros, *primal_zeros, *given], types)
    return call.results[len(rule.returned) :]


def _dense(sweep: Reverse, op: Op, cotangents: Sequence[Value | None], positions: Sequence[int]) -> list[Value]:
    """Cotangents of the results at `positions`, zeros where there is none."""
    dense = []
    for k in positions:
        ct = cotangents[k]
        dense.append(ct if ct is not None else sweep.b.zeros(op.results[k].array))
    return dense


def _spread(flags: Sequence[bool], values: Sequence[Value | None]) -> list[Value | None]:
    """`values`, one per set flag, with None for the others."""
    rest = iter(values)
    return [next(rest) if flag else None for flag in flags]
