"""`Evaluator`: walks the AST of functions over abstract values and emits IR. It is the `Context` of API entries.

What it does lives in modules of functions that take it as their first argument; here are its state, the heap, and the
`Context` methods, most of which only name the module that has them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from tangra.api.kinds import Kind, np_kind
from tangra.api.values import AbstractValue, ArrayValue, Scalar
from tangra.errors import AliasError, InternalError, Note, ShapeMismatchError, TangraError, UnsupportedError
from tangra.frontend import called, conversion, diagnostics, memory, operators, slice_ends, symbols, whereabouts
from tangra.frontend.dispatch import EXPRESSIONS, STATEMENTS
from tangra.frontend.emission import CheckingBuilder
from tangra.frontend.heap import ArrayState, ConflictState, HeapState, ItemsRead, ListState, State, ViewState
from tangra.frontend.live import LiveObjects
from tangra.frontend.outlines import Outlines
from tangra.frontend.place import Place
from tangra.frontend.policy import Policy
from tangra.frontend.source import Definition
from tangra.ir import ArrayType, Builder, DType, Func, Span, Value
from tangra.shapes import Size
from tangra.shapes.facts import Facts
from tangra.shapes.matching import NO_BINDINGS, Bindings


@dataclass(eq=False)
class Frame:
    """One call being evaluated."""

    definition: Definition
    caller: Frame | None = None
    call_span: Span | None = None
    depth: int = 0
    self_value: AbstractValue | None = None
    renamed: dict[str, str] = field(default_factory=dict)
    path: tuple[int, ...] = ()
    bindings: Bindings = NO_BINDINGS
    nested: int = 0
    """Comprehensions being evaluated in it that Python makes functions of their own."""
    first_ref: int = 1
    """The first object that it may have made."""
    sizes: tuple[Size, ...] = ()
    """The sizes of the arrays that it was called with."""
    suspended: dict[str, Any] = field(default_factory=dict)
    """Its names while a function it calls is evaluated, and after its end."""


@dataclass
class Counters:
    """How much work an evaluation was, for tests of its complexity."""

    loop_bodies: int = 0
    calls: int = 0
    specialisations: int = 0


class Evaluator:
    """Abstract evaluation of user code into `func`."""

    def __init__(self, func: Func, policy: Policy | None = None) -> None:
        self.func = func
        self.b: Builder = CheckingBuilder(self, func.body)
        self.policy = policy or Policy()
        self.state = State()
        self.frame: Frame | None = None
        self.node_span: Span | None = None
        self.place = 0
        self.all_sizes = False
        self.entry_calls = 0
        self.entry_call = 0
        self.initial: dict[int, HeapState] = {}
        self.live = LiveObjects(self)
        self.symbols = symbols.SymbolTable()
        self.next_ref = 1
        self.memo: dict[Any, Any] = {}
        self.counters = Counters()
        self.exceptions: dict[str, Any] = {}
        self.changes_objects = False
        self.appended: dict[int, list[Any]] = {}
        self.roomy: frozenset[int] = frozenset()
        self.shrunk: set[int] = set()
        self.without_room: frozenset[int] = frozenset()
        self.bound_later: frozenset[Any] = frozenset()
        """Names, by frame, and cells that the loops being evaluated bind, perhaps in an earlier trip."""
        self.put_off: list[TangraError] | None = None
        self.counted: dict[int, int] = {}
        self.unread: set[int] = set()
        self.keys: dict[Any, Any] = {}
        self.outlines = Outlines()
        self.emitted = 0
        self.copies = 1
        self.seen: set[int] | None = None
        self.named: set[int] | None = None
        self.untouched: dict[int, Value | None] = {}
        self.given = 0
        self.looked: set[int] | None = None
        self.writers: dict[int, tuple[Span | None, str | None]] = {}

    # ---- walking -------------------------------------------------------------------------------------------
    def eval(self, node: ast.expr) -> AbstractValue:
        """The value of an expression."""
        handler = EXPRESSIONS.get(type(node))
        with self.at(node):
            if handler is None:
                self.policy.unsupported(self, node)
            return handler(self, node)

    def exec(self, node: ast.stmt) -> None:
        """Execute one statement."""
        handler = STATEMENTS.get(type(node))
        with self.at(node):
            if handler is None:
                self.policy.unsupported(self, node)
            handler(self, node)

    def at(self, node: ast.AST) -> Place:
        """Give the place of `node` to what is emitted and reported inside."""
        return Place(self, node)

    def span_of(self, node: ast.AST) -> Span:
        """The place of `node` in the function being evaluated."""
        assert self.frame is not None, "no function is being evaluated"
        return self.frame.definition.span(node, self.frame.call_span)

    def loop_key(self, place: Any) -> Any:
        """An object that stands for a loop written by the evaluator itself at a place."""
        return self.keys.setdefault(place, object())

    # ---- heap ----------------------------------------------------------------------------------------------
    def new_ref(self) -> int:
        """A reference that no object has."""
        self.next_ref += 1
        return self.next_ref - 1

    def glance(self, ref: int) -> HeapState:
        """What an object holds, stale or not."""
        if ref < 0 and self.seen is not None:
            self.seen.add(ref)
        if self.looked is not None:
            self.looked.add(ref)
        found = self.state.heap.get(ref)
        return self.initial[ref] if found is None else found

    def look(self, ref: int) -> HeapState:
        """What an object holds."""
        found = self.glance(ref)
        if isinstance(found, ConflictState):
            self.policy.conflict(self, "this object", found.conflict)
        if ref in self.state.poisoned and not isinstance(found, (ArrayState, ViewState)):
            self.stale(ref)
        return found

    def peek(self, ref: int) -> Value:
        """The value of an array, stale or not."""
        if ref in self.unread:
            raise ItemsRead
        state = self.look(ref)
        if isinstance(state, ViewState):
            base = self.peek(state.base)
            return state.first[1] if state.first and state.first[0] is base else state.read(base)
        assert isinstance(state, ArrayState), state
        return state.value

    def put(self, ref: int, state: HeapState) -> None:
        """Change what an object holds."""
        if ref in self.state.partners and not isinstance(state, (ArrayState, ViewState)):
            for partner in self.state.partners[ref]:
                self.poison(partner, ref)
        self.changes_objects |= ref < 0 and not isinstance(state, (ArrayState, ViewState))
        old = self.state.heap.get(ref) or self.initial.get(ref)
        if isinstance(state, ListState) and isinstance(old, ListState) and len(state.items) < len(old.items):
            self.shrunk.add(ref)
        self.state.heap[ref] = state

    def allocate(self, state: HeapState) -> int:
        """A new object."""
        ref = self.new_ref()
        self.state.heap[ref] = state
        return ref

    def root(self, ref: int) -> int:
        """The array that owns the memory of `ref`."""
        state = self.look(ref)
        while isinstance(state, ViewState):
            ref = state.base
            state = self.look(ref)
        return ref

    def read(self, ref: int) -> Value:
        """The current value of an array."""
        if ref in self.state.poisoned:
            self.stale(ref)
        state = self.look(ref)
        if isinstance(state, ViewState):
            base = self.read(state.base)
            return state.first[1] if state.first and state.first[0] is base else state.read(base)
        return self.peek(ref)

    def stale(self, ref: int, name: str | None = None) -> NoReturn:
        """Refuse to use an object that a write through another name may have changed."""
        at, other = self.writers.get(ref, (self.state.poisoned[ref], None))
        name = name or called.name_of(self, ref)
        other = f"{name} as it was then" if other is not None and other == name else other
        self.error(
            AliasError,
            f"{name or 'this object'} may have been changed through {other or 'another name'}, depending on the path "
            "taken before",
            code=diagnostics.ALIAS,
            notes=[Note(f"{other or 'the other name'} is written here", at)],
            fix="write into a copy (x = x.copy()), or give the two names different arrays on every path",
        )

    def poison(self, partner: int, ref: int) -> None:
        """Record that `partner` may have been changed by a write to `ref` here."""
        self.state.poisoned[partner] = self.span
        self.writers[partner] = self.span, called.name_of(self, ref)

    def require_writeable(self, target: ArrayValue, what: str = "assignment destination") -> None:
        """Fail if an array is read-only; the error says `what` it is."""
        memory.require_writeable(self, target, what)

    def write(self, target: ArrayValue, value: Value, what: str = "assignment destination") -> None:
        """Replace the contents of an array, which errors call `what`: every alias sees it."""
        memory.require_writeable(self, target, what)
        self._write(target.ref, value)
        parts = memory.chain(self, self.state, target.ref)
        for ref in parts:
            for partner in self.state.partners.get(ref, ()):
                other = partner == ref or partner not in parts
                if other and not memory.lies_in_views(self, partner):
                    self.poison(partner, target.ref)

    def _write(self, ref: int, value: Value) -> None:
        state = self.look(ref)
        if ref in self.state.poisoned:
            self.stale(ref)
        if isinstance(state, ViewState):
            self._write(state.base, state.write(self.read(state.base), value))
            return
        self.put(ref, ArrayState(value))

    def pair(self, ref: int, others: Sequence[int]) -> None:
        """Record that `ref` may be the same memory as any of `others`."""
        partners = self.state.partners
        for other in others:
            if other != ref:
                partners[ref] = partners.get(ref, frozenset()) | {other}
                partners[other] = partners.get(other, frozenset()) | {ref}

    def pair_with_itself(self, ref: int) -> None:
        """Record that two parts of `ref` may be the same memory."""
        self.state.partners[ref] = self.state.partners.get(ref, frozenset()) | {ref}

    # ---- Context: facts and places -------------------------------------------------------------------------
    @property
    def facts(self) -> Facts:
        """What is known of symbols here."""
        return self.state.facts

    @property
    def span(self) -> Span | None:
        """The place being evaluated."""
        return self.node_span

    # ---- Context: reading ----------------------------------------------------------------------------------
    def number(self, v: AbstractValue, what: str = "argument") -> Scalar:
        """A number as a run-time Scalar."""
        return conversion.number(self, v, what)

    def array(self, v: AbstractValue, dtype: DType | None = None) -> Value:
        """The IR value of an array-like."""
        value = v.value if isinstance(v, Scalar) and dtype is not None else conversion.array(self, v)
        return value if dtype is None or value.dtype == dtype else self.b("cast", value, dtype=dtype)

    def kind(self, v: AbstractValue) -> Kind:
        """The kind for NEP 50."""
        return conversion.kind(self, v)

    def type_of(self, v: AbstractValue) -> ArrayType:
        """dtype and shape of an array-like."""
        return conversion.type_of(self, v)

    def is_array(self, v: AbstractValue) -> bool:
        """True for an ndarray."""
        return isinstance(v, ArrayValue)

    def static(self, v: AbstractValue, what: str) -> Any:
        """The Python value of something known at compile time."""
        return conversion.static(self, v, what)

    def may_be_constant(self, v: AbstractValue) -> bool:
        """Whether compiling again for the values of this call makes `v` a constant."""
        return conversion.may_be_constant(self, v)

    def size(self, v: AbstractValue, what: str = "size") -> Size:
        """An int as a dim."""
        return symbols.size(self, v, what)

    def size_value(self, size: Size) -> AbstractValue:
        """The pyint of a dim."""
        return symbols.size_value(self, size)

    def symbol_for(self, v: AbstractValue) -> Size:
        """An int of any sign as a size expression."""
        return symbols.symbol_for(self, v)

    def extent(self, v: AbstractValue, what: str) -> Size:
        """An int of any sign that decides how large a new array is."""
        return symbols.extent(self, v, what)

    def slice_end(self, v: AbstractValue, axis: Size | None) -> Size:
        """An end of a slice as a size."""
        return slice_ends.slice_end(self, v, axis)

    def iterate(self, v: AbstractValue, what: str = "argument") -> Sequence[AbstractValue] | None:
        """The items of a container of static length."""
        return conversion.items(self, v)

    # ---- Context: making -----------------------------------------------------------------------------------
    def new_array(self, value: Value) -> ArrayValue:
        """A fresh array object."""
        return ArrayValue(self.allocate(ArrayState(value)), value.array)

    def result(self, value: Value) -> AbstractValue:
        """A NumPy scalar for rank 0, else a fresh array."""
        return self.new_array(value) if value.shape else self.scalar(value)

    def scalar(self, value: Value, kind: Kind | None = None) -> Scalar:
        """A run-time number."""
        return Scalar(value, (kind or np_kind(value.dtype),), span=self.span)

    def view(
        self, base: ArrayValue, read: Callable[[Value], Value], write: Callable[[Value, Value], Value]
    ) -> ArrayValue:
        """An array that shares memory with `base`."""
        whole = self.read(base.ref)
        part = read(whole)
        state = ViewState(base.ref, part.array, read, write, getattr(read, "__self__", None), (whole, part))
        return ArrayValue(self.allocate(state), state.array)

    def getitem(self, target: AbstractValue, index: AbstractValue) -> AbstractValue:
        """`target[index]`."""
        return operators.getitem(self, target, index)

    def setitem(self, target: AbstractValue, index: AbstractValue, value: AbstractValue) -> None:
        """`target[index] = value`."""
        operators.setitem(self, target, index, value)

    def call(
        self, function: AbstractValue, args: Sequence[AbstractValue], kwargs: dict[str, AbstractValue]
    ) -> AbstractValue:
        """Call any abstract function."""
        from tangra.frontend import calls

        return conversion.slot(self, calls.call(self, function, list(args), dict(kwargs)), calls.RESULT_TEXT)

    def binary(self, operator: str, left: AbstractValue, right: AbstractValue) -> AbstractValue:
        """`left <operator> right`."""
        return operators.binary(self, operator, left, right)

    def truth(self, v: AbstractValue) -> AbstractValue:
        """`bool(v)`."""
        return operators.truth(self, v)

    def choose(self, cond: AbstractValue, then: AbstractValue, other: AbstractValue) -> AbstractValue:
        """`then if cond else other`."""
        from tangra.frontend import branches

        return branches.choose(self, cond, lambda: then, lambda: other)

    # ---- Context: failures ---------------------------------------------------------------------------------
    def fail_if(self, cond: Value, kind: str, message: str, payload: Sequence[Value] = ()) -> None:
        """Raise at run time if `cond`; the arrays passed as arguments keep what they hold here."""
        op = cond.defining_op
        if op is not None and op.name == "constant" and not op.attrs["value"]:
            return
        indices, values = self.written_so_far()
        attrs = {"kind": kind, "message": message, "state": tuple(indices), "n_state": len(indices)}
        self.b.emit("fail_if", [cond, *values, *payload], attrs)

    def written_so_far(self) -> tuple[list[int], list[Value]]:
        """Parameter indices of changed argument arrays, and their current values."""
        changed = [
            (index, state.value)
            for ref, index in self.live.array_params.items()
            if isinstance(state := self.state.heap.get(ref), ArrayState)
            and self.is_changed(ref)
            and ref not in self.state.poisoned
        ]
        return [index for index, _ in changed], [value for _, value in changed]

    def is_changed(self, ref: int) -> bool:
        """Whether an array that is a parameter of the function holds something else than at the start (of the
        specialisation being evaluated, if the array was unchanged there)."""
        state = self.state.heap.get(ref)
        if not isinstance(state, ArrayState):
            return False
        start = self.func.params[self.live.array_params[ref]]
        return state.value is not self.untouched.get(ref, start)

    def require_equal(self, a: Size, b: Size, what: str) -> Size:
        """Two sizes that must be equal."""
        return symbols.require_equal(self, a, b, what)

    def error(
        self,
        cls: type[TangraError],
        message: str,
        *,
        code: str | None = None,
        notes: Sequence[Note] = (),
        fix: str | None = None,
    ) -> NoReturn:
        """Raise a diagnostic at the expression being evaluated; errors of shapes say where the shapes are from."""
        origins = whereabouts.shape_notes(self) if issubclass(cls, ShapeMismatchError) else []
        raise cls(message, code=code, span=self.span, notes=[*notes, *origins], fix=fix)

    def unsupported(self, message: str, fix: str | None = None, code: str = diagnostics.UNSUPPORTED) -> NoReturn:
        """Refuse a construct."""
        if code == diagnostics.UNSUPPORTED:
            message = f"{message}: not supported in compiled code"
        self.error(UnsupportedError, message, code=code, fix=fix)

    def python_error(self, name: str, message: str) -> NoReturn:
        """Report an exception that Python is certain to raise here."""
        self.policy.raises(self, name, message)

    def internal(self, message: str) -> NoReturn:
        """Report a bug of ours."""
        self.error(InternalError, message)
