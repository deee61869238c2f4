"""`verify`: whether IR is well formed. Run after every pass in tests.

Checked: every value is defined before it is used and in scope; declared result types are those the type rule infers;
blocks end with the right terminator; symbols in types and attributes are bound where they are used; no value leaves the
scope of a symbol in its type, except to a function's caller; tapes are only pushed, popped, passed and returned; calls
agree with their callees.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tangra.ir.graph import Block, Func, Op, Value, arguments_of
from tangra.ir.opdef import IRTypeError
from tangra.ir.printer import print_op
from tangra.ir.types import ArrayType, TapeType, Type
from tangra.shapes import Dim, Symbol, substitute, symbols_of


class IRError(Exception):
    """The IR is malformed. The message names the function and shows the operation."""


TAPE_OPS = frozenset({"tape_new", "tape_push", "tape_pop", "call", "if", "loop", "yield", "return", "undef"})


def verify(func: Func, _done: set[int] | None = None) -> None:
    """Raise `IRError` unless `func`, and every function it calls, is well formed."""
    done = _done if _done is not None else set()
    if id(func) in done:
        return
    done.add(id(func))
    symbols = frozenset(s for p in func.params for s in bound_by(p.type))
    check = _Verifier(func)
    handed_over = symbols | frozenset(bound_by_numbers(func))
    for p in func.params:
        check.symbols(p.type, handed_over, None, "parameter {!r}", p)
    check.block(func.body, set(), symbols, "return")
    for op in func.body.walk():
        for attr in op.attrs.values():
            if isinstance(attr, Func):
                verify(attr, done)


def bound_by_numbers(func: Func) -> Iterator[str]:
    """The symbols that parameters which are numbers bind, by a `bind_dim` in the function's body itself."""
    params = {id(p) for p in func.params}
    for op in func.body.ops:
        if op.name == "bind_dim" and id(op.operands[0]) in params:
            yield op.attrs["symbol"]


def bound_by(type: Type) -> Iterator[str]:
    """The symbols that a parameter of `type` binds: its dims that are nothing but a symbol."""
    for dim in type.shape if isinstance(type, ArrayType) else ():
        if isinstance(dim, Dim) and isinstance(dim.single_atom, Symbol):
            yield dim.single_atom.name


_NONE: frozenset[str] = frozenset()


def symbols_in(attr: Any) -> frozenset[str]:
    """The symbols that a type, size or attribute mentions."""
    if isinstance(attr, ArrayType):
        attr = attr.shape
        if not any(type(size) is not int for size in attr):  # as most are
            return _NONE
    if isinstance(attr, Dim):
        return symbols_of(attr)
    if isinstance(attr, TapeType):
        return symbols_in(attr.record)
    if isinstance(attr, (tuple, list)):
        return _NONE.union(*map(symbols_in, attr))
    return _NONE


class _Verifier:
    def __init__(self, func: Func) -> None:
        self.func = func
        self.defined: set[int] = set()

    def fail(self, message: str, op: Op | None) -> IRError:
        shown = f"\n{print_op(op)}" if op is not None else ""
        return IRError(f"in {self.func.name}: {message}{shown}")

    def symbols(self, mentions: Any, bound: frozenset[str], op: Op | None, what: str, who: Any) -> None:
        free = symbols_in(mentions)
        if free and not free <= bound:
            free, what = free - bound, what.format(who)
            raise self.fail(f"{what} mentions {', '.join(sorted(free))}, which nothing binds here", op)

    def define(self, v: Value, owner: Op | Block, visible: set[int], op: Op | None) -> None:
        if v.owner is not owner:
            raise self.fail(f"{v!r} does not point to what defines it", op)
        if id(v) in self.defined:
            raise self.fail(f"{v!r} is defined twice", op)
        self.defined.add(id(v))
        visible.add(id(v))

    def block(self, block: Block, outer: set[int], symbols: frozenset[str], terminator: str) -> None:
        visible = set(outer)
        for arg in block.args:
            self.define(arg, block, visible, None)
        bound = symbols
        for position, op in enumerate(block.ops):
            for v in op.operands:
                if id(v) not in visible:
                    raise self.fail(f"{v!r} is not defined here", op)
            if op.defn.terminator != (position == len(block.ops) - 1):
                raise self.fail("a terminator is the last operation of its block, and only that", op)
            bound = self.op(op, visible, bound)
        if not block.ops or block.terminator.name != terminator:
            raise self.fail(f"a block does not end with {terminator}", block.ops[-1] if block.ops else None)
        lasting = bound if terminator == "return" else symbols
        for v in block.terminator.operands:
            self.symbols(v.type, lasting, block.terminator, "{!r} leaves its block, its type", v)

    def op(self, op: Op, visible: set[int], bound: frozenset[str]) -> frozenset[str]:
        """Check one operation; the symbols bound behind it."""
        for region in op.regions:
            for arg in region.args:
                self.symbols(arg.type, bound, op, "{!r}", arg)
            self.block(region, visible, bound, "yield")
        self.types(op)
        self.tapes(op)
        if op.name != "tape_new":  # the sizes of a record are those where it is pushed and popped
            for name, attr in op.attrs.items():
                self.symbols(attr, bound, op, "attribute {}", name)
            for r in op.results:
                self.symbols(r.type, bound, op, "the type of {!r}", r)
        for r in op.results:
            self.define(r, op, visible, op)
        if op.name != "bind_dim":
            return bound
        symbol = op.attrs["symbol"]
        if symbol in bound:
            raise self.fail(f"{symbol} is bound already", op)
        return bound | {symbol}

    def types(self, op: Op) -> None:
        try:
            inferred = op.defn.infer(op.operands, op.attrs, op.regions)
        except (IRTypeError, ValueError, KeyError, AssertionError, IndexError, TypeError) as error:
            raise self.fail(f"{type(error).__name__}: {error}", op) from error
        declared = [r.type for r in op.results]
        if op.name in ("call", "custom_derivative"):
            self.call(op)
            inferred = declared
        if inferred != declared:
            shown = [", ".join(str(t) for t in types) for types in (inferred, declared)]
            raise self.fail(f"the results are of {shown[0]}, declared are {shown[1]}", op)

    def call(self, op: Op) -> None:
        """The callee's parameter types, with its symbols replaced by our sizes, are our operands' types."""
        callee: Func = op.attrs["callee" if op.name == "call" else "primal"]
        sizes: dict[str, Any] = {}
        for v, p in zip(arguments_of(op), callee.params, strict=True):
            bind_sizes(p.type, v.type, sizes)
        pairs = [(p.type, v.type) for p, v in zip(callee.params, arguments_of(op), strict=True)]
        if len(callee.result_types) != len(op.results):
            raise self.fail(f"{callee.name} returns {len(callee.result_types)} values", op)
        pairs += zip(callee.result_types, (r.type for r in op.results), strict=True)
        for theirs, ours in pairs:
            made_inside = symbols_in(theirs) - sizes.keys()
            if not made_inside and with_sizes(theirs, sizes) != ours:
                raise self.fail(f"{callee.name} has {theirs} where the call has {ours}", op)

    def tapes(self, op: Op) -> None:
        names = [id(v) for v in op.operands if type(v.type) is TapeType]
        if not names:
            return
        if op.name not in TAPE_OPS:
            raise self.fail(f"{op.name} does not work on tapes", op)
        if op.name in ("loop", "yield", "return") and len(set(names)) != len(names):
            raise self.fail("a tape is passed twice", op)


def bind_sizes(param: Type, argument: Type, sizes: dict[str, Any]) -> None:
    """Give the symbols that are whole dims of `param` the sizes of `argument`."""
    if isinstance(param, ArrayType) and isinstance(argument, ArrayType) and param.rank == argument.rank:
        for dim, size in zip(param.shape, argument.shape, strict=True):
            if isinstance(dim, Dim) and isinstance(dim.single_atom, Symbol):
                sizes.setdefault(dim.single_atom.name, size)


def with_sizes(type: Type, sizes: dict[str, Any]) -> Type:
    """`type` with its symbols replaced."""
    if isinstance(type, TapeType):
        return TapeType(tuple(ArrayType(t.dtype, tuple(substitute(d, sizes) for d in t.shape)) for t in type.record))
    return ArrayType(type.dtype, tuple(substitute(d, sizes) for d in type.shape))
