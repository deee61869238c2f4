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

from tangra.api.elementwise import as_joined
from tangra.api.kinds import PYINT, Kind
from tangra.api.numpy_layout import strides_of
from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    BoundMethod,
    Const,
    FunctionValue,
    Scalar,
    TupleValue,
)
from tangra.frontend.heap import (
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
    ViewState,
)
from tangra.frontend.sameness import same, same_state, slots_of, state_of
from tangra.ir import BOOL, I64, ArrayType, DType, Value, scalar
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


class _Bottom:
    """The value of a name on a path that does not come here."""

    def __repr__(self) -> str:
        return "BOTTOM"


BOTTOM = _Bottom()


def unneeded(name: str, needed: frozenset[str] | None) -> bool:
    """Whether nobody reads a local name on a path after which only `needed` are read (None: all of them)."""
    return needed is not None and name not in needed and not name.startswith("$")


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
class OptionalT:
    """A value that may be None: a flag, then the value."""

    inner: Template


@dataclass(frozen=True)
class ConflictT:
    """Different types: nothing is passed, reading it is an error."""

    conflict: Conflict = field(compare=False)


Template = Same | NumberT | PartsT | ObjectT | MaybeT | OptionalT | ConflictT


@dataclass(frozen=True)
class ArrayT:
    """The contents of an array; `tracked`: and which array from before the call it is, if it is one."""

    type: ArrayType
    tracked: bool = False


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
    was: ListState | None = field(default=None, compare=False)


@dataclass(frozen=True, eq=False)
class ToStackT:
    """Lists of different lengths, or one of them grown in a loop: made stacks with `room`. `top` bounds the count.

    `shared` are objects from before that the items may be, in Python; `stale` says that one was written since, and
    `read_only` that one may be a read-only array. `was` is the list that it is on both sides.
    """

    form: Any
    room: Size
    top: int | None
    length: int | None = None
    fixed: bool = False
    shared: frozenset[int] = frozenset()
    stale: bool = False
    read_only: bool = False
    was: ListState | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ToStackT) and self.was is other.was and self._facts() == other._facts()

    __hash__ = None  # type: ignore[assignment]

    def _facts(self) -> tuple[Any, ...]:
        return self.form, self.room, self.top, self.length, self.fixed, self.shared, self.stale, self.read_only


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
    read_only: bool | None = False
    """Whether it is an array that can't be written to; None: that depends on the path."""
    stale: int | None = field(default=None, compare=False)
    """What makes it poisoned: one of `refs`, or an array of which that is a view."""


@dataclass(frozen=True)
class Node:
    """What a plan makes and others may share memory with: an object, by its number `made`, or the items `inside` a list
    that becomes a stack, which is one of these objects or the one at `ref`."""

    made: int | None = None
    ref: int = 0
    inside: bool = False


@dataclass
class Plan:
    """How two states are joined."""

    entries: dict[str, Template] = field(default_factory=dict)
    heap: dict[int, StateTemplate] = field(default_factory=dict)
    objects: list[ObjectInfo] = field(default_factory=list)
    partners: dict[int, frozenset[int]] = field(default_factory=dict, compare=False)
    pairs: frozenset[tuple[int, int]] = frozenset()
    poisoned: dict[int, Any] = field(default_factory=dict)
    read_only: dict[int, bool | None] = field(default_factory=dict)
    items: frozenset[tuple[Node, Node]] = field(default=frozenset(), compare=False)
    """Nodes that may share memory, one of them the items of a list."""
    forgotten: dict[int, int] = field(default_factory=dict)
    """Objects of `heap` that nobody can reach on one side, and which that is."""
    homes: frozenset[int] = frozenset()
    """Instances that lie in lists which are made anew."""

    def covers(self, other: Plan) -> bool:
        """Whether `other` found nothing that this plan does not already say."""
        if self != other:
            return False
        return all(new.partners <= old.partners for new, old in zip(other.objects, self.objects, strict=True))


@dataclass(frozen=True)
class _Maker:
    """Puts a value together from its parts; two of one form are interchangeable."""

    form: type
    make: Any = field(compare=False)


@dataclass(frozen=True)
class _Shape:
    """What remains of a reference when the object is made anew. `strides` are those of an array."""

    form: type
    extra: Any
    strides: Any = None

    @staticmethod
    def of(value: Any) -> _Shape:
        if isinstance(value, ArrayValue):
            return _Shape(ArrayValue, value.type, value.strides)
        return _Shape(type(value), getattr(value, "cls", None))

    @staticmethod
    def joined(values: list[Any], old: _Shape | None) -> _Shape:
        """Of an object that is one of `values`: of arrays with different memory layouts the layout isn't known."""
        shape = _Shape.of(values[0])
        if shape.form is not ArrayValue:
            return shape
        layouts = [strides_of(v) for v in values]
        if old is not None:
            layouts.append(strides_of(old.make(-1)))
        if all(known == layouts[0] for known in layouts):
            return shape
        return _Shape(ArrayValue, shape.extra, (None,) * shape.extra.rank)

    def make(self, ref: int) -> Any:
        if self.form is ArrayValue:
            return ArrayValue(ref, self.extra, self.strides)
        return self.form(ref) if self.extra is None else self.form(ref, self.extra)


def types(template: Template | StateTemplate) -> list[ArrayType]:
    """The types of the IR values that a template passes."""
    if isinstance(template, NumberT):
        return [scalar(template.dtype)] + ([scalar(I64)] if len(template.kinds) > 1 else [])
    if isinstance(template, (PartsT, SlotsT)):
        return [t for part in template.parts for t in types(part)]
    if isinstance(template, (MaybeT, OptionalT)):
        return [scalar(BOOL), *types(template.inner)]
    if isinstance(template, ArrayT):
        return [template.type, scalar(I64)] if template.tracked else [template.type]
    if isinstance(template, ToStackT):
        from tangra.frontend import stack_items

        leaves = stack_items.leaf_types(template.form)
        return [scalar(I64), *(ArrayType(t.dtype, (template.room, *t.shape)) for t in leaves)]
    return types(template.count) if isinstance(template, StackT) else []


def coerce(ev: Evaluator, template: Template, value: Any, there: Value | None = None) -> list[Value]:
    """The IR values that `value` gives for a template, emitted where the builder stands; only where it is `there` they
    mean anything."""
    if not types(template):
        return []
    if isinstance(template, MaybeT):
        if value is None or value is BOTTOM:
            return [ev.b.bool(False), *_undefined(ev, template.inner)]
        if isinstance(value, MaybeUnbound):
            return [value.bound, *coerce(ev, template.inner, value.value, _both(ev, there, value.bound))]
        return [ev.b.bool(True), *coerce(ev, template.inner, value, there)]
    if value is BOTTOM or value is None or isinstance(value, Conflict):
        return _undefined(ev, template)
    if isinstance(template, OptionalT):
        if isinstance(value, Const) and value.value is None:
            return [ev.b.bool(False), *_undefined(ev, template.inner)]
        if isinstance(value, MaybeNone):
            return [value.there, *coerce(ev, template.inner, value.value, _both(ev, there, value.there))]
        return [ev.b.bool(True), *coerce(ev, template.inner, value, there)]
    if isinstance(template, NumberT):
        payload, tag = as_joined(ev, value, template.kinds, template.dtype, there)
        return [payload, tag] if len(template.kinds) > 1 else [payload]
    assert isinstance(template, PartsT)
    pairs = zip(template.parts, parts_of(value), strict=True)
    return [v for part, item in pairs for v in coerce(ev, part, item, there)]


def _both(ev: Evaluator, one: Value | None, other: Value) -> Value:
    return other if one is None else ev.b("and", one, other)


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
        value = ev.peek(ref)
        value = value if value.shape == template.type.shape else ev.b("reshape", value, shape=template.type.shape)
        return [value, _origin(ev, ref)] if template.tracked else [value]
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


def _origin(ev: Evaluator, ref: int) -> Value:
    """The `origin` of an array."""
    state = ev.glance(ref)
    if isinstance(state, (ArrayState, ViewState)) and state.origin is not None:
        return state.origin
    return ev.b.int(ref if ref in ev.live.paths else 0)


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
    if isinstance(template, OptionalT):
        there = next(leaves)
        return MaybeNone(make(template.inner, leaves, refs, plan), there)
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
        for ref in arrays:
            ev.pair(ref, sorted(template.shared))
            if template.stale:
                ev.state.poisoned[ref] = ev.span
            if template.read_only:
                ev.state.read_only[ref] = None
        return StackState(template.form, tuple(arrays), count, template.was)
    if isinstance(template, KeepT):
        return template.state
    if isinstance(template, ArrayT):
        return ArrayState(next(leaves), next(leaves) if template.tracked else None)
    if isinstance(template, StackT):
        return StackState(template.shape, template.leaves, make(template.count, leaves, refs, plan), template.was)
    parts = [make(part, leaves, refs, plan) for part in template.parts]
    return state_of(template.form, template.names, parts)
