"""`OpDef`: all the house knows about one operation, and the table of them.

The table is filled by `tangra.ops`; the IR itself only looks definitions up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tangra.ir.builder import Builder
    from tangra.ir.graph import Op, Value
    from tangra.ir.types import Type

InferRule = Callable[[Sequence["Value"], dict[str, Any], Sequence[Any]], "list[Type]"]
EvaluateRule = Callable[..., Any]
PartialsRule = Callable[["Builder", "Op"], "list[Value | None]"]
JvpRule = Callable[["Builder", "Op", "list[Value | None]"], "list[Value | None]"]
VjpRule = Callable[..., "list[Value | None]"]
DecisionRule = Callable[["Builder", "Op"], "Value"]
FoldRule = Callable[["Builder", "Sequence[Value]", "dict[str, Any]"], "Value | None"]


@dataclass(frozen=True, eq=False)
class OpDef:
    """The definition of one operation.

    infer(operands, attrs, regions) -> result types; raises `IRTypeError` on bad input.
    evaluate(*numpy_operands, **attrs) -> numpy result or tuple: the reference meaning (pure ops without regions).
    partials(b, op) -> per operand d(result)/d(operand) as an array of the result's shape, or None where it is zero
        (elementwise ops with one result only); serves both modes.
    jvp(b, op, tangents) -> tangents of the results (None is a zero).
    vjp(b, op, cotangents, wanted) -> cotangent contributions to the operands (None: none). `op` gives access to the
        primal operands and results by `op.operands`, `op.results`: the reverse transform maps them to what it kept.
    decisions(b, op) -> what comparing the operation's floats decides for `vjp`, which takes it as one more argument. It
        is computed beside the operation and kept: floats computed again may be rounded otherwise.
    fold(b, operands, attrs) -> an existing or new simpler value, or None.
    native: how code is generated; for elementwise ops a key of the native table or an LLVM template
        (see `tangra.native`), else the name of its emitter there.
    """

    name: str
    family: str
    infer: InferRule
    evaluate: EvaluateRule | None = None
    partials: PartialsRule | None = None
    jvp: JvpRule | None = None
    vjp: VjpRule | None = None
    decisions: DecisionRule | None = None
    fold: FoldRule | None = None
    native: Any = None
    elementwise: bool = False
    reduction: bool = False
    view: bool = False
    linear: bool = False
    effect: bool = False
    terminator: bool = False
    differentiable: bool = True
    zero_derivative: bool = False
    strong_zero: bool = False
    commutative: bool = False
    cost: int = 1
    attrs: tuple[str, ...] = ()
    source: str = ""
    absent: dict[str, str] = field(default_factory=dict)
    doc: str = ""


class IRTypeError(Exception):
    """An operation was built from operands it is not defined for. Always a bug of ours, never of the user."""


_TABLE: dict[str, OpDef] = {}


def register(defn: OpDef) -> OpDef:
    """Add `defn` to the table. Names are unique."""
    if defn.name in _TABLE:
        raise ValueError(f"operation {defn.name!r} is declared twice")
    _TABLE[defn.name] = defn
    return defn


def lookup(name: str) -> OpDef:
    """The definition of the operation called `name`."""
    try:
        return _TABLE[name]
    except KeyError:
        raise KeyError(f"no operation is called {name!r}; is tangra.ops imported?") from None


def all_ops() -> list[OpDef]:
    """Every definition, by family and name."""
    return sorted(_TABLE.values(), key=lambda d: (d.family, d.name))
