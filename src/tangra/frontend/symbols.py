"""Symbolic sizes in the evaluator: naming run-time ints, reading ints as sizes and sizes as ints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tangra.api.kinds import PYINT, kind_of
from tangra.api.values import AbstractValue, ArrayValue, Const, Scalar
from tangra.errors import DataDependentShapeError, ShapeMismatchError, TypeMismatchError
from tangra.frontend import conversion, diagnostics
from tangra.ir import BOOL, I64, Block, Func, Op, Value, scalar
from tangra.ir.mentions import symbols_made_in
from tangra.shapes import Dim, Size, symbol, symbols_of
from tangra.shapes.deciding import plainer
from tangra.shapes.facts import bounds
from tangra.shapes.prover import known_eq, known_le

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator
    from tangra.frontend.heap import State

MAX_DIM = 2**48
"""No array has more elements along one axis: addresses have that many bits."""


OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def known_size(v: AbstractValue) -> Size | None:
    """An int's symbolic value, if it has one."""
    if isinstance(v, Scalar):
        return v.size
    if isinstance(v, Const) and isinstance(v.value, int):
        return int(v.value)
    return None


def assume(ev: Evaluator, cond: Value, holds: bool) -> None:
    """Enter into the facts what the truth of a condition says about sizes."""
    if cond in ev.symbols.flags:
        from tangra.frontend import narrowing

        narrowing.narrow(ev.state, cond, holds)
        return
    known = ev.symbols.comparisons.get(cond)
    if known is None:
        _assume_parts(ev, cond, holds)
        return
    op, a, b = known
    if not holds:
        op = OPPOSITE[op]
    facts = ev.state.facts
    if op in (">", ">="):
        op, a, b = ("<" if op == ">" else "<="), b, a
    if op == "<":
        ev.state.facts = facts.with_lt(a, b)
    elif op == "<=":
        ev.state.facts = facts.with_le(a, b)
    elif op == "==":
        ev.state.facts = facts.with_equal(a, b)


def _assume_parts(ev: Evaluator, cond: Value, holds: bool) -> None:
    """A conjunction that holds, or a disjunction that doesn't, says something of each part."""
    op = cond.defining_op
    if op is None:
        return
    if op.name == "not":
        assume(ev, op.operands[0], not holds)
    elif op.name == "if":
        _assume_arm(ev, op, op.results.index(cond), holds)
    elif op.name == ("and" if holds else "or") and op.operands[0].type == scalar(BOOL):
        for part in op.operands:
            assume(ev, part, holds)


def _assume_arm(ev: Evaluator, op: Op, k: int, holds: bool) -> None:
    """A choice between truth values was not made where it gives the other value: `a and b` is false if `a` is."""
    test = op.operands[0]
    then, otherwise = (region.terminator.operands[k] for region in op.regions)
    for taken, mine, other in ((True, then, otherwise), (False, otherwise, then)):
        if _known_truth(mine, test, taken) is (not holds):
            assume(ev, test, not taken)
            assume(ev, other, holds)


def _known_truth(value: Value, test: Value, taken: bool) -> bool | None:
    """What a truth value is in the arm of a choice by `test`, if it says so."""
    if value is test:
        return taken
    op = value.defining_op
    return bool(op.attrs["value"]) if op is not None and op.name == "constant" else None


@dataclass
class SymbolTable:
    """Names given to run-time ints. `sources` maps a symbol to the IR value it names, where there is one;
    `always` are the symbols bound at the start of the function, `prologue` the operations that do it."""

    sources: dict[str, Value | str] = field(default_factory=dict)
    always: set[str] = field(default_factory=set)
    names: dict[Value, str] = field(default_factory=dict)
    inductions: set[Value] = field(default_factory=set)
    ends: dict[tuple[Value, Size], str] = field(default_factory=dict)
    """Symbols of the places along axes of a size that run-time ints are as ends of slices."""
    rooms: set[str] = field(default_factory=set)
    """Symbols of the rooms of lists."""
    short_loops: set[Value | str] = field(default_factory=set)
    """Induction variables of loops that are short enough to unroll."""
    prologue: list[Op] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    comparisons: dict[Value, tuple[str, Size, Size]] = field(default_factory=dict)
    """What a run-time truth value says about sizes: (operator, left, right)."""
    flags: set[Value] = field(default_factory=set)
    """Truth values that say of something that it is not None."""
    counter: int = 0

    def note_comparison(self, result: AbstractValue, op: str, left: AbstractValue, right: AbstractValue) -> None:
        """Remember what the truth of a comparison of ints says."""
        if isinstance(result, Scalar):
            a, b = known_size(left), known_size(right)
            if a is not None and b is not None:
                self.comparisons[result.value] = op, a, b

    def note_negation(self, result: Scalar, of: Scalar) -> None:
        """`result` is `not of`."""
        if of.value in self.comparisons:
            op, a, b = self.comparisons[of.value]
            self.comparisons[result.value] = OPPOSITE[op], a, b

    def note_same(self, result: AbstractValue, of: AbstractValue) -> None:
        """`result` is the truth of `of`."""
        if isinstance(result, Scalar) and isinstance(of, Scalar) and of.value in self.comparisons:
            self.comparisons[result.value] = self.comparisons[of.value]

    def fresh(self, stem: str) -> str:
        """A symbol name that is not in use."""
        self.counter += 1
        return f"{stem}${self.counter}"


def in_scope_of(ev: Evaluator, state: State, size: Size) -> bool:
    """Whether a type may mention `size` where `state` holds."""
    if isinstance(size, int):
        return True
    return all(name in state.scope or name in ev.symbols.always for name in symbols_of(size))


def bind(ev: Evaluator, value: Value, name: str, lo: Size | None = None, hi: Size | None = None) -> Dim:
    """Name a run-time i64 from here to the end of the block."""
    ev.b.emit("bind_dim", [value], {"symbol": name})
    return declare(ev, value, name, lo, hi)


def declare(ev: Evaluator, value: Value, name: str, lo: Size | None = None, hi: Size | None = None) -> Dim:
    """Enter a symbol that is bound elsewhere."""
    ev.symbols.sources[name] = value
    ev.symbols.names[value] = name
    ev.state.scope |= {name}
    ev.state.facts = ev.state.facts.with_bounds(name, lo, hi)
    return symbol(name)


def size_value(ev: Evaluator, size: Size) -> AbstractValue:
    """The pyint of a dim."""
    if isinstance(size, int):
        return Const(size)
    lo, hi = bounds(size, ev.facts)
    return Scalar(
        ev.b.dim(size),
        (PYINT,),
        None,
        size,
        max(lo, 0) if lo is not None else 0,
        MAX_DIM if hi is None else min(hi, MAX_DIM),
        ev.span,
    )


def symbol_for(ev: Evaluator, v: AbstractValue) -> Size:
    """An int of any sign as a size expression; a fresh symbol where none is known."""
    if isinstance(v, Const):
        kind = kind_of(v.value)
        if kind is not None and kind.dtype.is_integer:
            return int(v.value)
    if isinstance(v, ArrayValue) and not v.type.shape:
        v = ev.scalar(ev.read(v.ref))
    if not isinstance(v, Scalar) or any(not k.dtype.is_integer for k in v.kinds):
        ev.error(
            TypeMismatchError,
            f"{conversion.describe(ev, v)} can't be interpreted as an integer",
            code=diagnostics.NOT_A_NUMBER,
            fix="pass an int: int(x), or a constant",
        )
    if v.size is not None:
        return v.size
    value = v.value if v.value.dtype == I64 else ev.b("cast", v.value, dtype=I64)
    known = ev.symbols.names.get(v.value)
    if known is not None and known in ev.state.scope:
        return symbol(known)
    name = ev.symbols.fresh("n")
    return bind(ev, value, name, v.lo, v.hi)


def depends_on_elements(ev: Evaluator, value: Value) -> bool:
    """Whether an int is computed from the contents of arrays, or a path was chosen by them."""
    stack, seen = [value], set()
    while stack:
        v = stack.pop()
        op = v.defining_op
        if op is None or id(v) in seen:
            continue
        seen.add(id(v))
        if op.regions:
            k = op.results.index(v)
            first = 1 if op.name == "loop" and op.attrs["exits"] else 0
            for region in op.regions:
                out = region.terminator.operands
                stack += [out[k + first], *out[:first]]
            header = 3 if op.name == "loop" and op.attrs["counted"] else 0
            stack += op.operands if op.name == "if" else [op.operands[header + k], *op.operands[:header]]
        elif op.name != "dim":
            if any(_is_array(ev, o) for o in op.operands):
                return True
            stack += op.operands
    return False


def _is_array(ev: Evaluator, value: Value) -> bool:
    """Whether a value is an array; what holds the numbers of a list is none."""
    shape: tuple[Size, ...] = getattr(value.type, "shape", ())
    return bool(shape) and not (len(shape) == 1 and str(shape[0]) in ev.symbols.rooms)


def extent(ev: Evaluator, v: AbstractValue, what: str) -> Size:
    """An int of any sign that decides how large a new array is; what depends on array elements is refused."""
    if isinstance(v, Scalar) and v.size is None and depends_on_elements(ev, v.value):
        ev.error(
            DataDependentShapeError,
            f"a shape must not depend on the contents of arrays, but this {what} does",
            code=diagnostics.DATA_SHAPE,
            fix="allocate the largest size it can have, and keep the number of elements in use beside it",
        )
    return symbol_for(ev, v)


def size(ev: Evaluator, v: AbstractValue, what: str) -> Size:
    """An int as a dim. Negative ones fail as NumPy does; what depends on array elements is refused."""
    found = extent(ev, v, what)
    message = "negative dimensions are not allowed"
    if isinstance(found, int):
        if 0 <= found < 2**63:
            return found
        fits = -(2**63) <= found < 2**63
        ev.fail_if(ev.b.bool(True), "ValueError", message if fits else "Maximum allowed dimension exceeded")
        return 0
    if not known_le(0, found, ev.facts):
        value = ev.number(v).value
        ev.fail_if(ev.b("lt", value, ev.b.const(0, value.dtype)), "ValueError", message)
        ev.state.facts = ev.state.facts.with_bounds(found, lo=0)
    return found


def require_equal(ev: Evaluator, a: Size, b: Size, what: str) -> Size:
    """`a` and `b` must be equal: known, or checked at run time."""
    known = known_eq(a, b, ev.facts)
    if known is False:
        ev.error(ShapeMismatchError, f"{what}: {a} and {b} differ", code=diagnostics.SIZES_DIFFER)
    if known is None and ev.all_sizes:
        ev.error(
            ShapeMismatchError,
            f"{what}: {a} and {b} may differ, although they are equal in this call",
            code=diagnostics.SIZES_DIFFER,
            fix="give the two dims one name in the annotations if they must be equal",
        )
    if known is None:
        x, y = ev.b.dim(a), ev.b.dim(b)
        text = what.replace("{", "{{").replace("}", "}}")
        ev.fail_if(ev.b("ne", x, y), "ValueError", f"{text}: {{}} and {{}} differ", [x, y])
        ev.state.facts = ev.state.facts.with_equal(a, b)
    return plainer(a, b)


def remove_unused_bindings(func: Func) -> None:
    """Drop `bind_dim`s of symbols that no type and no attribute mentions."""
    _drop(func.body, symbols_made_in(func.body))


def _drop(block: Block, used: set[str]) -> None:
    block.ops = [op for op in block.ops if op.name != "bind_dim" or op.attrs["symbol"] in used]
    for op in block.ops:
        for region in op.regions:
            _drop(region, used)
