"""What the op families share: checks of type rules, elementwise declarations, small emitters for derivative rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Op, Value
from tangra.ir.opdef import FoldRule, IRTypeError, OpDef, PartialsRule, register
from tangra.ir.types import BOOL, F64, I64, ArrayType, DType, Type, scalar
from tangra.shapes import Size

Evaluate = Callable[..., Any]
Kinds = str
"""Letters of `DType.kind` an op accepts: b(ool), i(nt), u(nsigned), f(loat)."""

INT = scalar(I64)

FLOAT, NUMBER, INTEGER, ANY, BITS, BOOLEAN = "f", "iuf", "iu", "biuf", "biu", "b"


def require(ok: bool, message: str) -> None:
    """Raise `IRTypeError` with `message` unless `ok`."""
    if not ok:
        raise IRTypeError(message)


def quiet(function: Evaluate) -> Evaluate:
    """`function`, which is its `loud`, with NumPy's floating-point warnings off: the IR has none."""

    def evaluate(*operands: Any, **attrs: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*operands, **attrs)

    evaluate.loud = function  # type: ignore[attr-defined]
    return evaluate


def reference(ufunc: Evaluate) -> Evaluate:
    """The reference meaning of an elementwise op as a NumPy-like function of its operands only."""
    return quiet(lambda *operands, **attrs: ufunc(*operands))


def same_types(name: str, operands: Sequence[Value]) -> ArrayType:
    """The one type all of `operands` have."""
    first = operands[0].array
    for v in operands:
        if v.type is not first and v.type != first:
            raise _unlike(name, operands)
    return first


def same_shapes(name: str, operands: Sequence[Value]) -> tuple[Size, ...]:
    """The one shape all of `operands` have."""
    shape = operands[0].shape
    for v in operands[1:]:
        if v.shape != shape:
            raise _unlike(name, operands)
    return shape


def _unlike(name: str, operands: Sequence[Value]) -> IRTypeError:
    return IRTypeError(f"{name}: operands are {', '.join(str(v.type) for v in operands)}")


def elementwise(
    name: str,
    family: str,
    arity: int,
    kinds: Kinds,
    ufunc: Evaluate,
    *,
    result: DType | None = None,
    partials: PartialsRule | None = None,
    fold: FoldRule | None = None,
    doc: str,
    source: str = "NumPy ufunc",
    absent: dict[str, str] | None = None,
    **facts: Any,
) -> OpDef:
    """Declare an elementwise op of `arity` operands of one type whose kind is in `kinds`.

    The result has the operands' shape, and their dtype unless `result` fixes it.
    """

    def infer(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
        if len(operands) != arity:
            raise IRTypeError(f"{name} takes {arity} operands, not {len(operands)}")
        type = same_types(name, operands)
        if type.dtype.kind not in kinds:
            raise IRTypeError(f"{name} is not defined for {type.dtype}")
        if result is None:
            return [type]
        return [ArrayType(result, type.shape) if type.shape else scalar(result)]

    if partials is None and not facts.get("jvp"):
        facts.setdefault("zero_derivative", True)
    return register(
        OpDef(
            name,
            family,
            infer,
            reference(ufunc),
            partials=partials,
            fold=fold,
            native=name,
            elementwise=True,
            doc=doc,
            source=source,
            absent=absent or {},
            **facts,
        )
    )


def axis_list(axes: Sequence[int], rank: int, name: str) -> tuple[int, ...]:
    """`axes`, known to be distinct, non-negative and below `rank`."""
    axes = tuple(axes)
    require(len(set(axes)) == len(axes) and all(0 <= a < rank for a in axes), f"{name}: axes {axes} of rank {rank}")
    return axes


def int_scalars(name: str, operands: Sequence[Value]) -> None:
    """Require every operand to be an i64 scalar."""
    for v in operands:
        if v.type != INT:
            raise IRTypeError(f"{name}: starts are i64 scalars, not {v.type}")


def constant_of(v: Value) -> Any:
    """The constant `v` is, scalar or array (looking through a broadcast scalar); None if it is not one."""
    op = v.defining_op
    while op is not None and op.name == "broadcast" and not op.operands[0].shape:
        op = op.operands[0].defining_op
    return op.attrs["value"] if op is not None and op.name == "constant" else None


def scalar_constant(v: Value) -> Any:
    """The NumPy scalar that every element of `v` is; None if that is not known."""
    value = constant_of(v)
    return value if isinstance(value, np.generic) else None


def like(b: Builder, value: float | int | bool, v: Value) -> Value:
    """The constant `value` in the type of `v`."""
    return b.filled(value, v.array)


def zeros_like(b: Builder, v: Value) -> Value:
    """Zeros in the type of `v`."""
    return b.zeros(v.array)


def or_zeros(b: Builder, tangent: Value | None, v: Value) -> Value:
    """`tangent`, or zeros in the type of `v` where it is a symbolic zero."""
    return zeros_like(b, v) if tangent is None else tangent


def scale(b: Builder, x: Value, factor: float) -> Value:
    """`x` times a constant."""
    return b("mul", x, like(b, factor, x))


def add_maybe(b: Builder, x: Value | None, y: Value | None) -> Value | None:
    """The sum of two tangents or cotangents, either of which may be a symbolic zero."""
    if x is None or y is None:
        return x if y is None else y
    return b("add", x, y)


def linear_map(b: Builder, op: Op, operands: Sequence[Value], count: int) -> Value:
    """`op` again, with the first `count` operands replaced by `operands`: the jvp of an op linear in those."""
    return b(op.name, *operands, *op.operands[count:], **op.attrs)


__all__ = [
    "ANY",
    "BITS",
    "BOOL",
    "BOOLEAN",
    "F64",
    "FLOAT",
    "I64",
    "INTEGER",
    "NUMBER",
    "add_maybe",
    "axis_list",
    "constant_of",
    "elementwise",
    "int_scalars",
    "like",
    "linear_map",
    "or_zeros",
    "quiet",
    "reference",
    "require",
    "same_shapes",
    "same_types",
    "scalar_constant",
    "scale",
    "zeros_like",
]
