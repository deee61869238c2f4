"""Joining two states: what must be passed through a block's end, and the abstract state made of it afterwards.

A `Plan` says for every name and object that differs between two states how its two values are brought to one form
(`Template`): the types of the IR values to pass (`types`), how to get them from either side (`coerce`) and the state
they make (`make`). An `if` joins its two arms by a plan; a loop joins the state before it and the one at the end of its
body, and the plan also gives the block arguments at its head.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api.elementwise import as_joined, is_number, join_dtype, join_kinds, kinds_of
from tangra.api.kinds import PYINT, Kind, kind_of
from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    BoundMethod,
    Const,
    DictValue,
    FunctionValue,
    InstanceValue,
    IterValue,
    ListValue,
    PartialValue,
    RangeValue,
    Scalar,
    SliceValue,
    TupleValue,
)
from tangra.frontend import conversion, symbols
from tangra.frontend.heap import (
    ArrayState,
    CellRef,
    CellState,
    Conflict,
    ConflictState,
    Deleted,
    DictState,
    HeapState,
    InstanceState,
    ListState,
    MaybeUnbound,
    RESULT,
    StackState,
    State,
    ViewState,
)
from tangra.ir import BOOL, I64, ArrayType, DType, Value, scalar
from tangra.shapes import Size, dmax

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


class _Bottom:
    """The value of a name on a path that does not come here."""

    def __repr__(self) -> str:
        return "BOTTOM"


BOTTOM = _Bottom()


@dataclass(frozen=True, eq=False)
class Same:
    """The same on both sides."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and same(self.value, other.value)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class NumberT:
    """A number: its payload and, with several kinds, the index of its kind."""

    kinds: tuple[Kind, ...]
    dtype: DType


@dataclass(frozen=True)
class PartsT:
    """A value made of parts: a tuple, slice, range, bound method."""

    make: Any
    parts: tuple[Template, ...]


@dataclass(frozen=True)
class ObjectT:
    """An object made by the join, number `index` of the plan."""

    index: int


@dataclass(frozen=True)
class MaybeT:
    """A name that may be unbound: a flag, then the value."""

    inner: Template


@dataclass(frozen=True)
class ConflictT:
    """Different types: nothing is passed, reading it is an error."""

    conflict: Conflict = field(compare=False)


Template = Same | NumberT | PartsT | ObjectT | MaybeT | ConflictT


@dataclass(frozen=True)
class ArrayT:
    """The contents of an array."""

    type: ArrayType


@dataclass(frozen=True)
class SlotsT:
    """The contents of a list, dict, instance or cell: `make(values)` is its state."""

    form: type
    names: tuple[Any, ...]
    parts: tuple[Template, ...]


@dataclass(frozen=True)
class StackT:
    """A grown list: its element arrays are objects of their own; only the count is passed."""

    shape: Any
    leaves: tuple[int, ...]
    count: Template


@dataclass(frozen=True)
class ToStackT:
    """Lists of different lengths, or one of them grown in a loop: made stacks with `room`. `top` bounds the count."""

    form: Any
    room: Size
    top: int | None
    length: int | None = None
    fixed: bool = False


@dataclass(frozen=True, eq=False)
class KeepT:
    """A state that is the same on both sides, or one that can't be joined."""

    state: HeapState

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, KeepT):
            return False
        conflicts = isinstance(self.state, ConflictState) and isinstance(other.state, ConflictState)
        return conflicts or same_state(self.state, other.state)

    __hash__ = None  # type: ignore[assignment]


StateTemplate = ArrayT | SlotsT | StackT | ToStackT | KeepT


@dataclass(frozen=True)
class ObjectInfo:
    """An object that a join makes from the objects `refs` of the two sides (None: not on this side)."""

    value: Any
    state: StateTemplate
    refs: tuple[int | None, int | None] = field(compare=False)
    partners: frozenset[int] = field(compare=False)
    poisoned: bool = False


@dataclass
class Plan:
    """How two states are joined."""

    entries: dict[str, Template] = field(default_factory=dict)
    heap: dict[int, StateTemplate] = field(default_factory=dict)
    objects: list[ObjectInfo] = field(default_factory=list)
    partners: dict[int, frozenset[int]] = field(default_factory=dict, compare=False)
    pairs: frozenset[tuple[int, int]] = frozenset()
    poisoned: dict[int, Any] = field(default_factory=dict)

    def covers(self, other: Plan) -> bool:
        """Whether `other` found nothing that this plan does not already say."""
        if self != other:
            return False
        return all(new.partners <= old.partners for new, old in zip(other.objects, self.objects, strict=True))


class Join:
    """Makes the plan that joins states `a` and `b`, both of which began as `base`; None is a path that ends."""

    def __init__(
        self, ev: Evaluator, base: State, sides: tuple[State | None, State | None], live: frozenset[str] | None,
        previous: Plan | None = None, dead_names: tuple[bool, bool] = (False, False),
    ) -> None:
        self.ev = ev
        self.base = base
        self.sides = sides
        self.live = live
        self.previous = previous
        self.dead_names = dead_names
        self.plan = Plan()
        self.numbers: dict[Any, int] = {}
        self.infos: list[ObjectInfo | None] = []

    # ---- the plan ---------------------------------------------------------------------------------------------------
    def make_plan(self) -> Plan:
        """The plan, complete."""
        old = self.previous
        for name in self._names():
            a, b = self._entry(0, name), self._entry(1, name)
            template = self._name(name, a, b, old.entries.get(name) if old else None)
            if template is not None:
                self.plan.entries[name] = template
        for ref in self._changed_refs():
            a_state, b_state = (self._state(side, ref) for side in (0, 1))
            self.plan.heap[ref] = self._join_states(ref, a_state, b_state, old.heap.get(ref) if old else None)
        self.plan.objects = [info for info in self.infos if info is not None]
        assert len(self.plan.objects) == len(self.infos)
        self._relations()
        return self.plan

    def _names(self) -> list[str]:
        names: dict[str, None] = dict.fromkeys(self.previous.entries if self.previous else ())
        for side in self.sides:
            names.update(dict.fromkeys(side.env if side is not None else ()))
        return list(names)

    def _entry(self, side: int, name: str) -> Any:
        state = self.sides[side]
        if state is None or (self.dead_names[side] and not name.startswith("$")):
            return BOTTOM
        return state.env.get(name)

    def _name(self, name: str, a: Any, b: Any, old: Template | None) -> Template | None:
        """The template of a name; None where it is the same as before and need not be mentioned."""
        before = self.base.env.get(name)
        if old is None:
            for x, y in ((a, b), (b, a)):
                if x is BOTTOM and (y is BOTTOM or (y is not None and before is not None and same(y, before))):
                    return None
            if a is not BOTTOM and b is not BOTTOM and same(a, b) and (a is None or before is not None and same(a, before)):
                return None
        if self.live is not None and name not in self.live and not name.startswith("$"):
            return ConflictT(Conflict("is read although it was not needed here (a bug of the compiler)"))
        if name == RESULT:
            a, b = (BOTTOM if x is None else x for x in (a, b))
            if a is BOTTOM and b is BOTTOM:
                return None
        return self.lub(a, b, old)

    def _changed_refs(self) -> list[int]:
        found: dict[int, None] = dict.fromkeys(self.previous.heap if self.previous else ())
        for side in self.sides:
            if side is None:
                continue
            for ref, state in side.heap.items():
                if self._exists(ref) and not same_state(self._base_state(ref), state):
                    found[ref] = None
        return list(found)

    def _exists(self, ref: int) -> bool:
        return ref in self.base.heap or ref in self.ev.initial

    def _base_state(self, ref: int) -> HeapState:
        found = self.base.heap.get(ref)
        return found if found is not None else self.ev.initial[ref]

    def _state(self, side: int, ref: int | None) -> HeapState | _Bottom:
        state = self.sides[side]
        if state is None or ref is None:
            return BOTTOM
        found = state.heap.get(ref)
        if found is None:
            found = self.ev.initial.get(ref)
        return BOTTOM if found is None else found

    # ---- values --------------------------------------------------------------------------------------------------------
    def lub(self, a: Any, b: Any, old: Template | None = None) -> Template:
        """The form that covers both values."""
        if a is None or b is None:
            inner_old = old.inner if isinstance(old, MaybeT) else old
            inner = self.lub(BOTTOM if a is None else a, BOTTOM if b is None else b, inner_old)
            return inner if isinstance(inner, MaybeT) else MaybeT(inner)
        if isinstance(a, MaybeUnbound) or isinstance(b, MaybeUnbound) or isinstance(old, MaybeT):
            parts = [x.value if isinstance(x, MaybeUnbound) else x for x in (a, b)]
            return MaybeT(self.lub(parts[0], parts[1], old.inner if isinstance(old, MaybeT) else old))
        for x in (a, b):
            if isinstance(x, Conflict):
                return ConflictT(x)
        if isinstance(old, ConflictT):
            return old
        if a is BOTTOM and b is BOTTOM:
            return Same(Const(None))
        if old is None or isinstance(old, Same):
            if a is not BOTTOM and b is not BOTTOM and same(a, b):
                return Same(a)
        return self._different(a, b, old)

    def _different(self, a: Any, b: Any, old: Template | None) -> Template:
        one = b if a is BOTTOM else a
        both = [x for x in (a, b) if x is not BOTTOM]
        if all(is_number(x) for x in both):
            return self._number(both, old)
        if any(type(x) is not type(one) for x in both):
            return self._conflict(a, b)
        if isinstance(one, (ArrayValue, ListValue, DictValue, InstanceValue)):
            return self._object(a, b, old)
        if isinstance(one, TupleValue):
            if any(x.cls is not one.cls or len(x.items) != len(one.items) for x in both):
                return self._conflict(a, b)
            cls = one.cls
            return self._parts(lambda items: TupleValue(tuple(items), cls), a, b, old, lambda x: x.items, one)
        if isinstance(one, (SliceValue, RangeValue)):
            form = type(one)
            return self._parts(lambda p: form(*p), a, b, old, lambda x: (x.start, x.stop, x.step), one)
        if isinstance(one, BoundMethod) and all(same(x.function, one.function) for x in both):
            function = one.function
            return self._parts(lambda p: BoundMethod(p[0], function), a, b, old, lambda x: (x.self,), one)
        if isinstance(one, FunctionValue) and all(x.definition is one.definition for x in both):
            return self._function(a, b, old, one)
        if len(both) == 1 and isinstance(one, (Const, FunctionValue, PartialValue, IterValue)):
            return Same(one)
        return self._conflict(a, b)

    def _function(self, a: Any, b: Any, old: Template | None, one: FunctionValue) -> Template:
        """Closures of one definition: joined when they captured the same cells and differ in defaults only."""
        if any(x is not BOTTOM and x.scope != one.scope for x in (a, b)):
            return self._conflict(a, b)
        names = tuple(k for k, _ in one.kw_defaults)
        count = len(one.defaults)

        def make(parts: list[AbstractValue]) -> FunctionValue:
            return FunctionValue(one.definition, one.scope, tuple(parts[:count]),
                                 tuple(zip(names, parts[count:], strict=True)))

        return self._parts(make, a, b, old, lambda x: (*x.defaults, *(v for _, v in x.kw_defaults)), one)

    def _parts(self, make: Any, a: Any, b: Any, old: Template | None, parts_of: Any, one: Any) -> Template:
        pa, pb = (BOTTOM if x is BOTTOM else parts_of(x) for x in (a, b))
        count = len(parts_of(one))
        olds = old.parts if isinstance(old, PartsT) and len(old.parts) == count else (None,) * count
        parts = tuple(
            self.lub(BOTTOM if pa is BOTTOM else pa[k], BOTTOM if pb is BOTTOM else pb[k], olds[k])
            for k in range(count)
        )
        if old is None and all(isinstance(p, Same) for p in parts):
            return Same(one)
        return PartsT(_Maker(type(one), make), parts)

    def _number(self, both: list[Any], old: Template | None) -> Template:
        kinds: tuple[Kind, ...] = old.kinds if isinstance(old, NumberT) else ()
        for x in both:
            kinds = join_kinds(kinds, kinds_of(x))
        dtype = join_dtype(kinds)
        if dtype is None:
            return self._conflict(*both[:2], *both[:1])
        return NumberT(kinds, dtype)

    def _object(self, a: Any, b: Any, old: Template | None) -> Template:
        """Two objects, or one on one side: an object that existed before the join stays itself."""
        one = b if a is BOTTOM else a
        refs = tuple(None if x is BOTTOM else x.ref for x in (a, b))
        if old is None and None in refs and self._exists(one.ref):
            return Same(one)
        if isinstance(one, ArrayValue):
            for x in (a, b):
                if x is not BOTTOM and x.type != one.type:
                    return self._conflict(a, b)
            if not all(symbols.in_scope_of(self.ev, self.base, d) for d in one.type.shape):
                return self._conflict(a, b)
        if isinstance(one, InstanceValue) and any(x is not BOTTOM and x.cls is not one.cls for x in (a, b)):
            return self._conflict(a, b)
        key = (refs, old.index if isinstance(old, ObjectT) else None)
        if key not in self.numbers:
            index = self.numbers[key] = len(self.infos)
            self.infos.append(None)
            states = [self._state(side, ref) for side, ref in enumerate(refs)]
            known = self.previous.objects[old.index] if self.previous and isinstance(old, ObjectT) else None
            template = self._join_states(None, *states, known.state if known else None)
            if isinstance(template, KeepT) and isinstance(template.state, ConflictState):
                self.numbers[key] = -1
            poisoned = any(s is not None and r in s.poisoned for s, r in zip(self.sides, refs, strict=True))
            self.infos[index] = ObjectInfo(
                _Shape.of(one), template, (refs[0], refs[1]), self._pre_existing(refs), poisoned
            )
        return ObjectT(self.numbers[key]) if self.numbers[key] >= 0 else self._conflict(a, b)

    def _pre_existing(self, refs: tuple[int | None, ...]) -> frozenset[int]:
        """Arrays from before the join that the object made of `refs` may be, or share memory with."""
        found: set[int] = set()
        for side, ref in enumerate(refs):
            state = self.sides[side]
            if ref is None or state is None:
                continue
            chain = {ref}
            current = self._state(side, ref)
            while isinstance(current, ViewState):
                chain.add(current.base)
                current = self._state(side, current.base)
            for r in set(chain):
                chain |= state.partners.get(r, frozenset())
            found |= {r for r in chain if self._exists(r)}
        return frozenset(found)

    def _conflict(self, *values: Any) -> ConflictT:
        shown = [describe_slot(self.ev, x) for x in values if x is not BOTTOM]
        spans = tuple(getattr(x, "span", None) for x in values)
        if len(set(shown)) < 2:
            return ConflictT(Conflict(f"depends on the path taken: it is a {shown[0]} of different structure", spans))
        return ConflictT(Conflict(f"is {' on one path and '.join(shown)} on another", spans))

    # ---- states of objects ------------------------------------------------------------------------------------------------
    def _join_states(self, ref: int | None, a: Any, b: Any, old: StateTemplate | None) -> StateTemplate:
        if a is not BOTTOM and b is not BOTTOM and old is None and same_state(a, b):
            return KeepT(a)
        one = b if a is BOTTOM else a
        both = [x for x in (a, b) if x is not BOTTOM]
        if isinstance(one, (ArrayState, ViewState)):
            return self._array_state(ref, a, b)
        if all(isinstance(x, (ListState, StackState)) for x in both):
            stack = self._lists(a, b, old)
            if stack is not None:
                return stack
        if any(type(x) is not type(one) for x in both):
            return self._conflicting(a, b)
        if isinstance(one, ConflictState):
            return KeepT(one)
        if isinstance(one, InstanceState):
            return self._instance(ref, a, b, old)
        names, parts = slots_of(one)
        if any(slots_of(x)[0] != names for x in both):
            return self._conflicting(a, b)
        return self._slots(type(one), names, a, b, old)

    def _array_state(self, ref: int | None, a: Any, b: Any) -> StateTemplate:
        types = []
        for side, state in enumerate((a, b)):
            if state is BOTTOM:
                continue
            if isinstance(state, ArrayState):
                types.append(state.value.array)
            else:
                types.append(state.first[1].array)
        if any(t != types[0] for t in types):
            return self._conflicting(a, b)
        return ArrayT(types[0])

    def _slots(self, form: type, names: tuple[Any, ...], a: Any, b: Any, old: StateTemplate | None) -> StateTemplate:
        pa, pb = (BOTTOM if x is BOTTOM else slots_of(x)[1] for x in (a, b))
        olds = old.parts if isinstance(old, SlotsT) and old.names == names else (None,) * len(names)
        parts = tuple(
            self.lub(BOTTOM if pa is BOTTOM else pa[k], BOTTOM if pb is BOTTOM else pb[k], olds[k])
            for k in range(len(names))
        )
        return SlotsT(form, names, parts)

    def _instance(self, ref: int | None, a: Any, b: Any, old: StateTemplate | None) -> StateTemplate:
        """Attributes by name. One that a live object has from before the call counts as set."""
        names: dict[str, None] = dict.fromkeys(old.names if isinstance(old, SlotsT) else ())
        for x in (a, b):
            if x is not BOTTOM:
                names.update(dict.fromkeys(k for k, _ in x.attrs))
        filled = []
        for x in (a, b):
            if x is BOTTOM:
                filled.append(BOTTOM)
                continue
            attrs = []
            for name in names:
                value = x.get(name)
                if value is None and ref is not None:
                    value = self.ev.live.attribute(ref, name) or self.ev.live.global_value(ref, name)
                attrs.append((name, None if isinstance(value, Deleted) else value))
            filled.append(InstanceState(tuple(attrs)))  # type: ignore[arg-type]
        return self._slots(InstanceState, tuple(names), filled[0], filled[1], old)

    def _lists(self, a: Any, b: Any, old: StateTemplate | None) -> StateTemplate | None:
        """Two lists of which one is a stack, or whose lengths differ; None where items are joined one by one."""
        both = [x for x in (a, b) if x is not BOTTOM]
        one = both[0]
        if all(isinstance(x, StackState) for x in both):
            if all(x.leaves == one.leaves and x.shape == one.shape for x in both):
                counts = [BOTTOM if x is BOTTOM else x.count for x in (a, b)]
                count = self.lub(counts[0], counts[1], old.count if isinstance(old, StackT) else None)
                return StackT(one.shape, one.leaves, count)
        elif all(isinstance(x, ListState) and len(x.items) == len(one.items) for x in both):
            return None
        if len(both) < 2:
            return self._conflicting(a, b) if isinstance(one, StackState) else None
        found = self._to_stack(a, b)
        if self.previous is not None and not (found is not None and found.fixed):
            return self._conflicting(a, b)  # it would be longer at every trip
        return found or self._conflicting(a, b)

    def _to_stack(self, a: Any, b: Any) -> ToStackT | None:
        from tangra.frontend import stacks

        forms, rooms, tops, empty = [], [], [], []
        for side, x in enumerate((a, b)):
            outer, self.ev.state = self.ev.state, self.sides[side] or self.base
            forms.append(stacks.common_form(self.ev, x))
            if isinstance(x, ListState):
                rooms.append(len(x.items))
                tops.append(len(x.items))
            else:
                rooms.append(self.ev.peek(x.leaves[0]).shape[0] if x.leaves else 0)
                tops.append(x.count.value if isinstance(x.count, Const) else x.count.hi)
            empty.append(isinstance(x, ListState) and not x.items)
            self.ev.state = outer
        form = stacks.join_forms(forms[0], forms[1], (empty[0], empty[1]))
        stacked = [f for f, x in zip(forms, (a, b), strict=True) if isinstance(x, StackState)]
        if form is None or any(f != form for f in stacked):
            return None
        top = None if None in tops else max(t for t in tops if t is not None)
        lengths = {len(x.items) if isinstance(x, ListState) else getattr(x.count, "value", None) for x in (a, b)}
        length = lengths.pop() if len(lengths) == 1 else None
        fixed = rooms[0] == rooms[1] and all(isinstance(r, int) for r in rooms)
        return ToStackT(form, dmax(*rooms), top, length if isinstance(length, int) else None, fixed)

    def _conflicting(self, a: Any, b: Any) -> StateTemplate:
        shown = [state_text(x) for x in (a, b) if x is not BOTTOM]
        return KeepT(ConflictState(Conflict(f"is {' on one path and '.join(shown)} on another")))

    def _relations(self) -> None:
        """Which objects of the plan may be one, and what was poisoned on either side."""
        infos = self.plan.objects
        related: dict[int, set[int]] = {}
        for i, x in enumerate(infos):
            for j, y in enumerate(infos):
                if i != j and any(self._may_be_one(side, x.refs[side], y.refs[side]) for side in (0, 1)):
                    related.setdefault(i, set()).add(j)
        self.plan.partners = {i: frozenset(js) for i, js in related.items()}
        pairs: set[tuple[int, int]] = set(self.previous.pairs if self.previous else ())
        for side in self.sides:
            for ref, others in (side.partners if side is not None else {}).items():
                known = self.base.partners.get(ref, frozenset())
                pairs |= {(ref, p) for p in others - known if ref < p and self._exists(ref) and self._exists(p)}
        self.plan.pairs = frozenset(pairs)
        for side in self.sides:
            if side is not None:
                self.plan.poisoned.update({r: True for r in side.poisoned if self._exists(r)})

    def _may_be_one(self, side: int, a: int | None, b: int | None) -> bool:
        state = self.sides[side]
        if a is None or b is None or state is None:
            return False
        return a == b or b in state.partners.get(a, ())


@dataclass(frozen=True)
class _Maker:
    """Puts a value together from its parts; two of one form are interchangeable."""

    form: type
    make: Any = field(compare=False)


@dataclass(frozen=True)
class _Shape:
    """What remains of a reference when the object is made anew."""

    form: type
    extra: Any

    @staticmethod
    def of(value: Any) -> _Shape:
        extra = value.type if isinstance(value, ArrayValue) else getattr(value, "cls", None)
        return _Shape(type(value), extra)

    def make(self, ref: int) -> Any:
        return self.form(ref) if self.extra is None else self.form(ref, self.extra)


# ---- comparison ----------------------------------------------------------------------------------------------------------


def same(a: Any, b: Any) -> bool:
    """Whether two entries are the same abstract value."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, Const):
        return same_object(a.value, b.value)
    if isinstance(a, Scalar):
        return a.value is b.value and a.kinds == b.kinds and a.tag is b.tag
    if isinstance(a, TupleValue):
        return a.cls is b.cls and len(a.items) == len(b.items) and all(map(same, a.items, b.items))
    if isinstance(a, (SliceValue, RangeValue)):
        return all(map(same, (a.start, a.stop, a.step), (b.start, b.stop, b.step)))
    if isinstance(a, BoundMethod):
        return same(a.self, b.self) and (a.function is b.function or same(a.function, b.function))
    if isinstance(a, PartialValue):
        return (
            same(a.function, b.function) and len(a.args) == len(b.args) and all(map(same, a.args, b.args))
            and [k for k, _ in a.kwargs] == [k for k, _ in b.kwargs]
            and all(same(x[1], y[1]) for x, y in zip(a.kwargs, b.kwargs, strict=True))
        )
    if isinstance(a, FunctionValue):
        return (
            a.definition is b.definition and a.scope == b.scope and len(a.defaults) == len(b.defaults)
            and all(map(same, a.defaults, b.defaults))
            and all(x[0] == y[0] and same(x[1], y[1]) for x, y in zip(a.kw_defaults, b.kw_defaults, strict=True))
        )
    if isinstance(a, MaybeUnbound):
        return a.bound is b.bound and same(a.value, b.value)
    return bool(a == b)


def same_object(a: Any, b: Any) -> bool:
    """Whether two constants can't be told apart: 1, 1.0 and True can, and so can 0.0 and -0.0."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, (float, np.floating)):
        return repr(a) == repr(b)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same_object, a, b))
    if kind_of(a) is not None or isinstance(a, (str, bytes, slice, range, np.dtype)):
        return bool(a == b)
    return False


def same_state(a: HeapState, b: HeapState) -> bool:
    """Whether two heap states are the same."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, ArrayState) and isinstance(b, ArrayState):
        return a.value is b.value
    if isinstance(a, (ViewState, ConflictState)):
        return False
    if isinstance(a, StackState) and isinstance(b, StackState):
        return a.leaves == b.leaves and a.shape == b.shape and same(a.count, b.count)
    (names, parts), (other_names, other_parts) = slots_of(a), slots_of(b)
    return names == other_names and all(map(same, parts, other_parts))


def slots_of(state: HeapState) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The names and contents of an object's slots."""
    if isinstance(state, ListState):
        return tuple(range(len(state.items))), state.items
    if isinstance(state, DictState):
        return state.keys, state.values
    if isinstance(state, InstanceState):
        return tuple(k for k, _ in state.attrs), tuple(v for _, v in state.attrs)
    assert isinstance(state, CellState), state
    return ("cell",), (state.value,)


def state_of(form: type, names: tuple[Any, ...], parts: list[Any]) -> HeapState:
    """The inverse of `slots_of`."""
    if form is ListState:
        return ListState(tuple(parts))
    if form is DictState:
        return DictState(names, tuple(parts))
    if form is InstanceState:
        return InstanceState(tuple((n, Deleted() if p is None else p) for n, p in zip(names, parts, strict=True)))
    return CellState(parts[0])


def describe_slot(ev: Evaluator, v: Any) -> str:
    """A value in the user's words, with its value where it is a constant."""
    if v is None:
        return "unbound"
    if isinstance(v, Const) and (v.value is None or isinstance(v.value, (str, bool))):
        return repr(v.value)
    return conversion.describe(ev, v)


def state_text(state: HeapState) -> str:
    """An object's state in the user's words."""
    if isinstance(state, ListState):
        return f"a list of {len(state.items)} items"
    if isinstance(state, StackState):
        return "a list that grew in a loop"
    if isinstance(state, DictState):
        return f"a dict with keys {list(state.keys)}"
    return "an object with different contents"


# ---- IR values of a template ---------------------------------------------------------------------------------------------


def types(template: Template | StateTemplate) -> list[ArrayType]:
    """The types of the IR values that a template passes."""
    if isinstance(template, NumberT):
        return [scalar(template.dtype)] + ([scalar(I64)] if len(template.kinds) > 1 else [])
    if isinstance(template, (PartsT, SlotsT)):
        return [t for part in template.parts for t in types(part)]
    if isinstance(template, MaybeT):
        return [scalar(BOOL), *types(template.inner)]
    if isinstance(template, ArrayT):
        return [template.type]
    if isinstance(template, ToStackT):
        from tangra.frontend import stacks

        leaves = stacks.leaf_types(template.form)
        return [scalar(I64), *(ArrayType(t.dtype, (template.room, *t.shape)) for t in leaves)]
    return types(template.count) if isinstance(template, StackT) else []


def coerce(ev: Evaluator, template: Template, value: Any) -> list[Value]:
    """The IR values that `value` gives for a template, emitted where the builder stands."""
    if not types(template):
        return []
    if isinstance(template, MaybeT):
        if value is None or value is BOTTOM:
            return [ev.b.bool(False), *_undefined(ev, template.inner)]
        bound = value.bound if isinstance(value, MaybeUnbound) else ev.b.bool(True)
        return [bound, *coerce(ev, template.inner, value.value if isinstance(value, MaybeUnbound) else value)]
    if value is BOTTOM or value is None or isinstance(value, Conflict):
        return _undefined(ev, template)
    if isinstance(template, NumberT):
        payload, tag = as_joined(ev, value, template.kinds, template.dtype)
        return [payload, tag] if len(template.kinds) > 1 else [payload]
    assert isinstance(template, PartsT)
    return [v for part, item in zip(template.parts, parts_of(value), strict=True) for v in coerce(ev, part, item)]


def parts_of(value: Any) -> tuple[Any, ...]:
    """The parts of a value in the order of its `PartsT`."""
    if isinstance(value, TupleValue):
        return value.items
    if isinstance(value, BoundMethod):
        return (value.self,)
    if isinstance(value, FunctionValue):
        return (*value.defaults, *(v for _, v in value.kw_defaults))
    return value.start, value.stop, value.step


def _undefined(ev: Evaluator, template: Template | StateTemplate) -> list[Value]:
    return [ev.b("undef", type=t) for t in types(template)]


def coerce_state(ev: Evaluator, template: StateTemplate, ref: int | None) -> list[Value]:
    """The IR values of an object's contents, in the evaluator's current state."""
    if isinstance(template, KeepT):
        return []
    if ref is None:
        return _undefined(ev, template)
    if isinstance(template, ArrayT):
        return [ev.peek(ref)]
    state = ev.glance(ref)
    if isinstance(template, ToStackT):
        from tangra.frontend import stacks

        assert isinstance(state, (ListState, StackState))
        return stacks.stacked_values(ev, template.form, template.room, state)
    if isinstance(template, StackT):
        assert isinstance(state, StackState)
        return coerce(ev, template.count, state.count)
    if isinstance(state, InstanceState):
        parts: tuple[Any, ...] = tuple(_attribute(ev, ref, state, name) for name in template.names)
    else:
        parts = slots_of(state)[1]
    return [v for part, item in zip(template.parts, parts, strict=True) for v in coerce(ev, part, item)]


def _attribute(ev: Evaluator, ref: int, state: InstanceState, name: str) -> Any:
    value = state.get(name)
    if value is None:
        value = ev.live.attribute(ref, name) or ev.live.global_value(ref, name)
    return None if isinstance(value, Deleted) else value


def make(template: Template, leaves: Iterator[Value], refs: list[int], plan: Plan) -> Any:
    """The abstract value of a template from its IR values and the references of the plan's objects."""
    if isinstance(template, Same):
        return template.value
    if isinstance(template, ConflictT):
        return template.conflict
    if isinstance(template, ObjectT):
        return plan.objects[template.index].value.make(refs[template.index])
    if isinstance(template, MaybeT):
        bound = next(leaves)
        return MaybeUnbound(make(template.inner, leaves, refs, plan), bound)
    if isinstance(template, NumberT):
        value = next(leaves)
        return Scalar(value, template.kinds, next(leaves) if len(template.kinds) > 1 else None)
    return template.make.make([make(part, leaves, refs, plan) for part in template.parts])


def make_state(
    ev: Evaluator, template: StateTemplate, leaves: Iterator[Value], refs: list[int], plan: Plan
) -> HeapState:
    """An object's contents from IR values."""
    if isinstance(template, ToStackT):
        value = next(leaves)
        count: AbstractValue = Scalar(value, (PYINT,), None, None, 0, template.top)
        if template.length is not None:
            count = Const(template.length)
        arrays = [ev.allocate(ArrayState(next(leaves))) for _ in types(template)[1:]]
        return StackState(template.form, tuple(arrays), count)
    if isinstance(template, KeepT):
        return template.state
    if isinstance(template, ArrayT):
        return ArrayState(next(leaves))
    if isinstance(template, StackT):
        return StackState(template.shape, template.leaves, make(template.count, leaves, refs, plan))
    parts = [make(part, leaves, refs, plan) for part in template.parts]
    return state_of(template.form, template.names, parts)


def plan_types(plan: Plan) -> list[ArrayType]:
    """The types of all IR values that a plan passes."""
    found = [t for template in plan.entries.values() for t in types(template)]
    found += [t for state in plan.heap.values() for t in types(state)]
    return found + [t for info in plan.objects for t in types(info.state)]


def plan_values(ev: Evaluator, plan: Plan, side: int, dead_names: bool = False) -> list[Value]:
    """The IR values that the evaluator's current state gives for a plan, of which it is side 0 or 1."""
    env = ev.state.env
    found: list[Value] = []
    for name, template in plan.entries.items():
        dead = dead_names and not name.startswith("$")
        found += coerce(ev, template, BOTTOM if dead else env.get(name))
    for ref, state in plan.heap.items():
        found += coerce_state(ev, state, ref)
    for info in plan.objects:
        found += coerce_state(ev, info.state, info.refs[side])
    return found


def plan_state(ev: Evaluator, plan: Plan, base: State, values: list[Value]) -> State:
    """The state after a join: `base` with everything in the plan replaced."""
    state = base.copy()
    outer, ev.state = ev.state, state
    leaves = iter(values)
    refs = [ev.new_ref() for _ in plan.objects]
    for name, template in plan.entries.items():
        state.env[name] = make(template, leaves, refs, plan)
    for ref, st in plan.heap.items():
        state.heap[ref] = make_state(ev, st, leaves, refs, plan)
    for ref, info in zip(refs, plan.objects, strict=True):
        state.heap[ref] = make_state(ev, info.state, leaves, refs, plan)
    for k, (ref, info) in enumerate(zip(refs, plan.objects, strict=True)):
        ev.pair(ref, [*sorted(info.partners), *(refs[j] for j in plan.partners.get(k, ()))])
        if info.poisoned:
            state.poisoned[ref] = ev.span
            ev.writers.update({ref: ev.writers[r] for r in info.refs if r in ev.writers})
    for a, b in plan.pairs:
        ev.pair(a, [b])
    for ref in plan.poisoned:
        state.poisoned.setdefault(ref, ev.span)
    ev.state = outer
    return state


def fits(ev: Evaluator, plan: Plan, base: State) -> bool:
    """Whether a plan found elsewhere can be tried on a state: everything in it is there and of the right sort."""
    for name, template in plan.entries.items():
        if not _entry_fits(plan, template, base.env.get(name)):
            return False
    for ref, state in plan.heap.items():
        known = base.heap.get(ref)
        if known is None:
            known = ev.initial.get(ref)
        if known is None or not _state_fits(state, known):
            return False
    return True


def _entry_fits(plan: Plan, template: Template, entry: Any) -> bool:
    if isinstance(template, MaybeT):
        return entry is None or _entry_fits(plan, template.inner, getattr(entry, "value", entry))
    if entry is BOTTOM:
        return True
    if isinstance(template, NumberT):
        return isinstance(entry, (Const, Scalar)) and is_number(entry)
    if isinstance(template, ObjectT):
        shape = plan.objects[template.index].value
        return isinstance(entry, shape.form) and _Shape.of(entry) == shape
    if isinstance(template, PartsT):
        return isinstance(entry, template.make.form) and len(parts_of(entry)) == len(template.parts)
    return True


def _state_fits(template: StateTemplate, state: HeapState) -> bool:
    if isinstance(template, ArrayT):
        return isinstance(state, ArrayState) and state.value.type == template.type
    if isinstance(template, SlotsT):
        return isinstance(state, template.form) and (template.form is InstanceState or slots_of(state)[0] == template.names)
    if isinstance(template, StackT):
        return isinstance(state, StackState) and state.leaves == template.leaves
    return False
