"""What forward and reverse mode share: products with partial derivatives, and small queries about functions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tangra.ir import ArrayType, Block, Builder, Func, Op, Type, Value
from tangra.ir.graph import arguments_of, clone_op
from tangra.shapes import Size
from tangra.transforms.activity import is_float
from tangra.transforms.errors import TransformError
from tangra.transforms.symbols import match_sizes, retyped


def constant_scalar(v: Value) -> np.generic | None:
    """The number that every element of `v` is, where a constant (maybe broadcast) says so."""
    op = v.defining_op
    while op is not None and op.name == "broadcast" and not op.operands[0].shape:
        op = op.operands[0].defining_op
    if op is None or op.name != "constant":
        return None
    value = op.attrs["value"]
    return value if isinstance(value, np.generic) else None


def times(b: Builder, t: Value, partial: Value, strong_zero: bool) -> Value:
    """A tangent or cotangent `t` times a partial derivative.

    With `strong_zero` a zero in `t` gives zero also where the partial is infinite or NaN. It is the partial that is
    replaced there, not the product: where the partial is finite the product stays linear in `t`, so that derivatives of
    this derivative are right at t = 0.
    """
    known = constant_scalar(partial)
    if known is not None and known == 1:
        return t
    if known is not None and known == -1:
        return b("neg", t)
    if strong_zero and not (known is not None and np.isfinite(known)):
        zero = b.zeros(t.array)
        void = b("and", b("eq", t, zero), b("not", b("isfinite", partial)))
        partial = b("select", void, zero, partial)
    return b("mul", t, partial)


def refuse(op: Op, mode: str) -> TransformError:
    """The error for an operation without a derivative."""
    why = op.defn.absent.get(mode) or op.defn.absent.get("partials") or ""
    return TransformError(f"`{op.name}` has no derivative" + (f": {why}" if why else ""), op.span)


def check_captured(op: Op, flags: Sequence[bool]) -> None:
    """A custom rule knows derivatives by the function's own arguments (the first `own` operands); refuse others."""
    own = op.attrs.get("own", len(flags))
    if any(flags[own:]):
        name = op.attrs["primal"].name
        raise TransformError(
            f"`{name}` has a custom derivative and reads a value from outside that the derivative depends on",
            op.span,
            fix="pass the value as an argument, so that the rule can say what its derivative is",
        )


def strip_state(op: Op) -> None:
    """Make a copied `fail_if` or `call` write nothing back: transformed functions work on copies of their arguments."""
    if "callee" in op.attrs or "primal" in op.attrs:
        op.operands = arguments_of(op)
        op.attrs = {name: value for name, value in op.attrs.items() if name not in ("state", "kept")}
    if op.name == "fail_if" and op.attrs.get("n_state"):
        count = op.attrs["n_state"]
        op.operands = [op.operands[0], *op.operands[1 + count :]]
        op.attrs = {**op.attrs, "state": (), "n_state": 0}


def copy_op(b: Builder, op: Op, mapping: dict[int, Value]) -> Op:
    """Append a copy of `op` (regions included) to the builder's block."""
    new = clone_op(op, mapping)
    for inner in (new, *(o for r in new.regions for o in r.walk())):
        strip_state(inner)
    b.block.ops.append(new)
    return new


def emit_call(b: Builder, callee: Func, operands: Sequence[Value], result_types: Sequence[Type] | None = None) -> Op:
    """Call `callee`; its result types are written in the sizes of `operands` unless they are given."""
    if result_types is None:
        sizes: dict[str, Size] = {}
        for p, v in zip(callee.params, operands, strict=True):
            match_sizes(p.type, v.type, sizes)
        result_types = [retyped(t, sizes) for t in callee.result_types if isinstance(t, ArrayType)]
    return b.emit("call", operands, {"callee": callee, "result_types": tuple(result_types)})


def float_positions(values: Sequence[Value]) -> list[int]:
    """The positions of the values that can carry a derivative."""
    return [k for k, v in enumerate(values) if is_float(v)]


def float_results(func: Func) -> list[int]:
    """The positions of the results that can carry a derivative."""
    return float_positions(func.returned)


def op_count(block: Block) -> int:
    """Operations in `block` and the blocks nested in it."""
    return sum(1 for _ in block.walk())


def inherited(func: Func) -> dict[str, object]:
    """The attributes that a derivative has from the function it is the derivative of."""
    attrs: dict[str, object] = {"source": func.attrs.get("source", func.name)}
    if func.attrs.get("recursive"):
        attrs["recursive"] = True
    return attrs


def of_lanes(func: Func) -> dict[str, object]:
    """The attributes that a function over lanes has from the function of one."""
    attrs: dict[str, object] = {"source": func.attrs.get("source", func.name)}
    return {**attrs, "derivative": True} if _is_derivative(func) else attrs


def _is_derivative(func: Func) -> bool:
    """Whether a function is what `vjp` or `jvp` made, or that over lanes."""
    return "structural_zero" in func.attrs or "derivative" in func.attrs


def calls_derivative(func: Func) -> bool:
    """Whether a function calls a derivative, directly or through others."""
    return any(_is_derivative(f) for f in func.callees())
