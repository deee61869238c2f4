"""Structured control flow, calls, functions' ends, failures, tapes, and the sizes of arrays.

These have no single NumPy reference: the interpreter and each transformation know them by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tangra.ir.builder import Builder
from tangra.ir.graph import Block, Func, Value
from tangra.ir.opdef import IRTypeError, OpDef, register
from tangra.ir.types import BOOL, I64, ArrayType, TapeType, Type, scalar

STRUCTURAL = {
    "evaluate": "the interpreter executes it",
    "jvp": "the transformations know it by name",
    "vjp": "the transformations know it by name",
}


def _require(ok: bool, message: str) -> None:
    if not ok:
        raise IRTypeError(message)


def _no_results(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Block]) -> list[Type]:
    return []


def yielded(block: Block) -> list[Value]:
    """What `block` yields."""
    _require(bool(block.ops) and block.terminator.name == "yield", "a region must end with yield")
    return block.terminator.operands


def _infer_if(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Block]) -> list[Type]:
    _require(len(operands) == 1 and operands[0].type == scalar(BOOL), "if takes one bool scalar")
    _require(len(regions) == 2 and not any(r.args for r in regions), "if has two blocks without arguments")
    then, other = ([v.type for v in yielded(r)] for r in regions)
    _require(then == other, f"the arms of if yield different types: {then} and {other}")
    return then


def _infer_loop(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Block]) -> list[Type]:
    counted, exits = attrs["counted"], attrs["exits"]
    _require(counted or exits, "a loop needs bounds or an exit")
    _require(len(regions) == 1, "loop has one block")
    body = regions[0]
    header = 3 if counted else 0
    _require(all(v.type == scalar(I64) for v in operands[:header]), "loop bounds are i64 scalars")
    carried = [v.type for v in operands[header:]]
    args = [a.type for a in body.args]
    _require(args == ([scalar(I64)] if counted else []) + carried, f"loop body takes {args}, carried are {carried}")
    out = [v.type for v in yielded(body)]
    if exits:
        _require(bool(out) and out[0] == scalar(BOOL), "a loop with exits yields a bool first")
        out = out[1:]
    _require(out == carried, f"loop yields {out}, carried are {carried}")
    return list(carried)


def _check_arguments(operands: Sequence[Value], attrs: dict[str, Any], callee: Func) -> None:
    given = len(operands) - len(attrs.get("kept", ()))
    _require(given == len(callee.params), f"{callee.name} takes {len(callee.params)} arguments")


def _infer_call(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Block]) -> list[Type]:
    callee: Func = attrs["callee"]
    _check_arguments(operands, attrs, callee)
    return list(attrs.get("result_types") or callee.result_types)


def _infer_custom(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Block]) -> list[Type]:
    primal: Func = attrs["primal"]
    _check_arguments(operands, attrs, primal)
    return list(primal.result_types)


def _infer_fail(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Block]) -> list[Type]:
    _require(operands[0].type == scalar(BOOL), "fail_if takes a bool scalar first")
    _require(len(attrs.get("state", ())) == attrs.get("n_state", 0), "fail_if: one state operand per parameter index")
    return []


def _infer_check_index(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Block]) -> list[Type]:
    i, n = operands
    _require(i.dtype == I64 and n.type == scalar(I64), "check_index takes i64 indices and an i64 size")
    return [i.type]


def _infer_dim(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Block]) -> list[Type]:
    return [scalar(I64)]


def _fold_dim(b: Builder, operands: Sequence[Value], attrs: dict[str, Any]) -> Value | None:
    return b.int(attrs["size"]) if isinstance(attrs["size"], int) else None


def _infer_bind_dim(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Block]) -> list[Type]:
    _require(operands[0].type == scalar(I64) and isinstance(attrs["symbol"], str), "bind_dim takes an i64 scalar")
    return []


def _infer_tape_new(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Block]) -> list[Type]:
    return [TapeType(tuple(attrs["record"]))]


def _tape(v: Value) -> TapeType:
    _require(isinstance(v.type, TapeType), "the first operand is a tape")
    assert isinstance(v.type, TapeType)
    return v.type


def _infer_push(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Block]) -> list[Type]:
    record = tuple(v.type for v in operands[1:])
    _require(_tape(operands[0]).record == record, f"pushed {record} on a {operands[0].type}")
    return []


def _infer_pop(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Block]) -> list[Type]:
    return list(_tape(operands[0]).record)


def _infer_undef(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Block]) -> list[Type]:
    _require(isinstance(attrs["type"], ArrayType), "undef is of an array type")
    return [attrs["type"]]


def _control(name: str, infer: Any, doc: str, **facts: Any) -> OpDef:
    return register(OpDef(name, "control", infer, absent=STRUCTURAL, native=name, doc=doc, **facts))


_control("yield", _no_results, "ends a region with its values", terminator=True)
_control("return", _no_results, "ends a function with its results", terminator=True)
_control("if", _infer_if, "runs one of two blocks")
_control("loop", _infer_loop, "repeats its block", attrs=("counted", "exits", "parallel"))
_control("call", _infer_call, "calls a function of the module", attrs=("callee",))
_control(
    "custom_derivative", _infer_custom, "calls `primal`; derivatives are the user's", attrs=("primal", "jvp", "vjp")
)
_control(
    "fail_if",
    _infer_fail,
    "leaves with an error if the condition holds",
    effect=True,
    zero_derivative=True,
    attrs=("kind", "message", "state", "n_state"),
)
_control(
    "check_index",
    _infer_check_index,
    "wraps a negative index, fails out of range",
    effect=True,
    zero_derivative=True,
    attrs=("axis",),
)
_control("dim", _infer_dim, "a size as a scalar", zero_derivative=True, attrs=("size",), fold=_fold_dim)
_control(
    "bind_dim",
    _infer_bind_dim,
    "gives a run-time int a name that types can use",
    effect=True,
    zero_derivative=True,
    attrs=("symbol",),
)
_control("tape_new", _infer_tape_new, "an empty tape", effect=True, attrs=("record",))
_control("tape_push", _infer_push, "appends a record", effect=True)
_control("tape_pop", _infer_pop, "removes the last record and returns it", effect=True)
_control("undef", _infer_undef, "a value nobody reads", zero_derivative=True, attrs=("type",))
