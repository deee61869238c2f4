"""`Join`: makes the plan that joins two states."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tangra.api.elementwise import is_number, join_dtype, join_kinds, kinds_of
from tangra.api.kinds import Kind
from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    BoundMethod,
    Const,
    DictValue,
    DictView,
    FunctionValue,
    InstanceValue,
    IterValue,
    ListValue,
    PartialValue,
    RangeValue,
    SliceValue,
    TupleValue,
)
from tangra.frontend import forgetting, memory, symbols
from tangra.frontend import joining_relations as relations
from tangra.frontend.heap import (
    RESULT,
    ArrayState,
    Conflict,
    ConflictState,
    Deleted,
    HeapState,
    InstanceState,
    ListState,
    MaybeNone,
    MaybeUnbound,
    StackState,
    State,
    ViewState,
)
from tangra.frontend.joining_lists import conflicting, to_stack
from tangra.frontend.sameness import describe_slot, differ_in_sizes, of_one_kind, same, same_state, slots_of
from tangra.frontend.templates import (
    BOTTOM,
    ArrayT,
    ConflictT,
    KeepT,
    MaybeT,
    NumberT,
    ObjectInfo,
    ObjectT,
    OptionalT,
    PartsT,
    Plan,
    Same,
    SlotsT,
    StackT,
    StateTemplate,
    Template,
    _Bottom,
    _Maker,
    _Shape,
    unneeded,
)
from tangra.ir import ArrayType
from tangra.shapes.prover import known_eq

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def _is_none(value: Any) -> bool:
    return isinstance(value, Const) and value.value is None


NOT_NEEDED = ConflictT(Conflict("is read although it was not needed here (a bug of the compiler)"))
"""What a name is whose value nobody reads."""


class Join:
    """Makes the plan that joins states `a` and `b`, both of which began as `base`; None is a path that ends."""

    def __init__(
        self,
        ev: Evaluator,
        base: State,
        sides: tuple[State | None, State | None],
        live: frozenset[str] | None,
        previous: Plan | None = None,
        needed: tuple[frozenset[str] | None, frozenset[str] | None] = (None, None),
        optional: bool = True,
    ) -> None:
        self.ev = ev
        self.base = base
        self.sides = sides
        self.live = live
        self.previous = previous
        self.needed = needed
        self.optional = optional
        self.plan = Plan()
        self.numbers: dict[Any, int] = {}
        self.reasons: dict[Any, Conflict] = {}
        self.infos: list[ObjectInfo | None] = []

    # ---- the plan ------------------------------------------------------------------------------------------
    def make_plan(self) -> Plan:
        """The plan, complete."""
        old = self.previous
        for name in self._names():
            a, b = self._entry(0, name), self._entry(1, name)
            template = self._name(name, a, b, old.entries.get(name) if old else None)
            if template is not None:
                self.plan.entries[name] = template
        for ref in self._changed_refs():
            self.plan.heap[ref] = self._object_state(ref, old.heap.get(ref) if old else None)
        self.plan.objects = [info for info in self.infos if info is not None]
        assert len(self.plan.objects) == len(self.infos)
        relations.find(self)
        return self.plan

    def _object_state(self, ref: int, old: StateTemplate | None) -> StateTemplate:
        """What an object holds: where that differs, and nobody can reach it on one side, what it does on the other."""
        a, b = (self.state_of(side, ref) for side in (0, 1))
        found = self._join_states(ref, a, b, old)
        differs = isinstance(found, KeepT) and isinstance(found.state, ConflictState)
        gone = [differs and forgetting.is_forgotten(self.ev, state, ref) for state in self.sides]
        if gone[0] == gone[1]:
            return found
        self.plan.forgotten[ref] = gone.index(True)
        return self._join_states(ref, BOTTOM if gone[0] else a, BOTTOM if gone[1] else b, None)

    def _names(self) -> list[str]:
        names: dict[str, None] = dict.fromkeys(self.previous.entries if self.previous else ())
        for side in self.sides:
            names.update(dict.fromkeys(side.env if side is not None else ()))
        return list(names)

    def _entry(self, side: int, name: str) -> Any:
        state = self.sides[side]
        if state is None or unneeded(name, self.needed[side]):
            return BOTTOM
        return state.env.get(name)

    def _name(self, name: str, a: Any, b: Any, old: Template | None) -> Template | None:
        """The template of a name; None where it is the same as before and need not be mentioned."""
        before = self.base.env.get(name)
        if old is None:
            for x, y in ((a, b), (b, a)):
                if x is BOTTOM and (y is BOTTOM or (y is not None and before is not None and same(y, before))):
                    return None
            if (
                a is not BOTTOM
                and b is not BOTTOM
                and same(a, b)
                and (a is None or (before is not None and same(a, before)))
            ):
                return None
        if self.live is not None and name not in self.live and not name.startswith("$"):
            return NOT_NEEDED
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
                if self.exists(ref) and not same_state(self._base_state(ref), state):
                    found[ref] = None
        return list(found)

    def exists(self, ref: int) -> bool:
        """Whether an object was there before the two sides parted."""
        return ref in self.base.heap or ref in self.ev.initial

    def _base_state(self, ref: int) -> HeapState:
        found = self.base.heap.get(ref)
        return found if found is not None else self.ev.initial[ref]

    def state_of(self, side: int, ref: int | None) -> HeapState | _Bottom:
        """What an object holds on a side."""
        state = self.sides[side]
        if state is None or ref is None:
            return BOTTOM
        found = state.heap.get(ref)
        if found is None:
            found = self.ev.initial.get(ref)
        return BOTTOM if found is None else found

    # ---- values --------------------------------------------------------------------------------------------
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
        fresh = old is None or isinstance(old, Same)
        if fresh and a is not BOTTOM and b is not BOTTOM and same(a, b):
            return Same(a)
        if isinstance(old, OptionalT) or self._is_optional(a, b):
            return self._optional(a, b, old)
        return self._different(a, b, old)

    def _is_optional(self, a: Any, b: Any) -> bool:
        """Whether one form for None and a value is wanted. What a loop carries gets one where it has one before the
        loop, or if all else failed: a peeled first trip may tell which it is."""
        if isinstance(a, MaybeNone):
            return True
        if isinstance(b, MaybeNone):
            return self.optional or a is BOTTOM
        return self.optional and a is not BOTTOM and b is not BOTTOM and _is_none(a) != _is_none(b)

    def _optional(self, a: Any, b: Any, old: Template | None) -> Template:
        parts = [x.value if isinstance(x, MaybeNone) else BOTTOM if _is_none(x) else x for x in (a, b)]
        if isinstance(old, OptionalT):
            old = old.inner
            if all(x is BOTTOM for x in parts):
                return OptionalT(old)
        inner = self.lub(parts[0], parts[1], old)
        return inner if isinstance(inner, ConflictT) else OptionalT(inner)

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
            return self._parts(lambda items: TupleValue(tuple(items), one.cls), a, b, old, lambda x: x.items, one)
        if isinstance(one, (SliceValue, RangeValue)):
            return self._parts(lambda p: type(one)(*p), a, b, old, lambda x: (x.start, x.stop, x.step), one)
        if isinstance(one, DictView) and all(x.form == one.form for x in both):
            return self._parts(lambda p: replace(one, of=p[0]), a, b, old, lambda x: (x.of,), one)
        if isinstance(one, BoundMethod) and all(same(x.function, one.function) for x in both):
            return self._parts(lambda p: replace(one, self=p[0]), a, b, old, lambda x: (x.self,), one)
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
            return FunctionValue(
                one.definition, one.scope, tuple(parts[:count]), tuple(zip(names, parts[count:], strict=True))
            )

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
        found_before = old is None or (isinstance(old, Same) and same(old.value, one))
        if found_before and None in refs and self.exists(one.ref):
            return Same(one)
        if isinstance(one, ArrayValue):
            for x in (a, b):
                if x is not BOTTOM and not self._one_type(x.type, one.type):
                    return self._conflict(a, b)
            if not all(symbols.in_scope_of(self.ev, self.base, d) for d in one.type.shape):
                return self._conflict(a, b)
        if isinstance(one, InstanceValue) and any(x is not BOTTOM and x.cls is not one.cls for x in (a, b)):
            return self._conflict(a, b)
        key = (refs, old.index if isinstance(old, ObjectT) else None)
        if key not in self.numbers:
            index = self.numbers[key] = len(self.infos)
            self.infos.append(None)
            first, second = (self.state_of(side, ref) for side, ref in enumerate(refs))
            known = self.previous.objects[old.index] if self.previous and isinstance(old, ObjectT) else None
            template = self._join_states(None, first, second, known.state if known else None)
            if isinstance(template, KeepT) and isinstance(template.state, ConflictState):
                self.numbers[key] = -1
                self.reasons[key] = template.state.conflict
            if isinstance(template, ArrayT) and any(
                relations.is_traced(self, side, ref) for side, ref in enumerate(refs)
            ):
                template = replace(template, tracked=True)
            stale = relations.stale(self, refs)
            self.infos[index] = ObjectInfo(
                _Shape.joined([x for x in (a, b) if x is not BOTTOM], known.value if known else None),
                template,
                (refs[0], refs[1]),
                self.before((refs[0], refs[1])),
                stale is not None,
                relations.read_only(self, refs, known) if isinstance(one, ArrayValue) else False,
                stale,
            )
        if self.numbers[key] >= 0:
            return ObjectT(self.numbers[key])
        return ConflictT(self.reasons[key]) if isinstance(one, ListValue) else self._conflict(a, b)

    def before(self, refs: tuple[int | None, ...]) -> frozenset[int]:
        """Arrays from before the join that the object made of `refs` may be, or share memory with."""
        found: set[int] = set()
        for side, ref in enumerate(refs):
            state = self.sides[side]
            if ref is None or state is None:
                continue
            chain = set(memory.chain(self.ev, state, ref))
            for r in set(chain):
                chain |= state.partners.get(r, frozenset())
            found |= {r for r in chain if self.exists(r)}
        return frozenset(found)

    def _conflict(self, *values: Any) -> ConflictT:
        shown = list(dict.fromkeys(describe_slot(self.ev, x) for x in values if x is not BOTTOM))
        spans = tuple(getattr(x, "span", None) for x in values)
        if len(set(shown)) < 2:
            return ConflictT(of_one_kind(shown[0], values[0], spans))
        text = f"is {' on one path and '.join(shown)} on another"
        return ConflictT(Conflict(text, spans, of_sizes=differ_in_sizes(values)))

    # ---- states of objects ---------------------------------------------------------------------------------
    def _join_states(self, ref: int | None, a: Any, b: Any, old: StateTemplate | None) -> StateTemplate:
        if a is not BOTTOM and b is not BOTTOM and old is None and same_state(a, b):
            return KeepT(a)
        one = b if a is BOTTOM else a
        both = [x for x in (a, b) if x is not BOTTOM]
        if isinstance(one, (ArrayState, ViewState)):
            return self._array_state(ref, a, b)
        if all(isinstance(x, (ListState, StackState)) for x in both):
            stack = self._lists(ref, a, b, old)
            if stack is not None:
                return stack
        if any(type(x) is not type(one) for x in both):
            return conflicting(a, b)
        if isinstance(one, ConflictState):
            return KeepT(one)
        if isinstance(one, InstanceState):
            return self._instance(ref, a, b, old)
        names, _ = slots_of(one)
        if any(slots_of(x)[0] != names for x in both):
            return conflicting(a, b)
        return self._slots(type(one), names, a, b, old)

    def _array_state(self, ref: int | None, a: Any, b: Any) -> StateTemplate:
        types = [state.array for state in (a, b) if state is not BOTTOM]
        if not all(self._one_type(t, types[0]) for t in types):
            return conflicting(a, b)
        return ArrayT(types[0])

    def _one_type(self, a: ArrayType, b: ArrayType) -> bool:
        """Whether two types are the same but for how equal sizes are written."""
        if a.dtype != b.dtype or a.rank != b.rank:
            return False
        return all(known_eq(x, y, self.base.facts) for x, y in zip(a.shape, b.shape, strict=True))

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

    def _lists(self, ref: int | None, a: Any, b: Any, old: StateTemplate | None) -> StateTemplate | None:
        """Two lists of which one is a stack, or whose lengths differ; None where items are joined one by one."""
        both = [x for x in (a, b) if x is not BOTTOM]
        one = both[0]
        if all(isinstance(x, StackState) for x in both):
            kept = len(both) == 2 or all(map(self.exists, one.leaves))
            if kept and all(x.leaves == one.leaves and x.shape == one.shape for x in both):
                counts = [BOTTOM if x is BOTTOM else x.count for x in (a, b)]
                count = self.lub(counts[0], counts[1], old.count if isinstance(old, StackT) else None)
                return StackT(one.shape, one.leaves, count, one.was if all(x.was is one.was for x in both) else None)
        elif all(isinstance(x, ListState) and len(x.items) == len(one.items) for x in both):
            return None
        if len(both) < 2 and not isinstance(one, StackState):
            return None
        found = to_stack(self, ref, a, b, old)
        if self.previous is not None and not (found is not None and found.fixed):
            return conflicting(a, b)  # it would be longer at every trip
        return found or conflicting(a, b)
