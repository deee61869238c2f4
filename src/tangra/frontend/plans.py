"""Using a plan: the IR values it passes, the state it makes, and whether one found elsewhere may be tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.api.elementwise import is_number
from tangra.api.values import (
    Const,
    Scalar,
)
from tangra.frontend import stack_instances
from tangra.frontend.heap import (
    RESULT,
    RETURNED,
    ArrayState,
    HeapState,
    InstanceState,
    MaybeNone,
    StackState,
    State,
)
from tangra.frontend.sameness import slots_of
from tangra.frontend.templates import (
    BOTTOM,
    ArrayT,
    MaybeT,
    Node,
    NumberT,
    ObjectT,
    OptionalT,
    PartsT,
    Plan,
    SlotsT,
    StackT,
    StateTemplate,
    Template,
    _Shape,
    coerce,
    coerce_state,
    make,
    make_state,
    parts_of,
    types,
    unneeded,
)
from tangra.ir import ArrayType, Value

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def plan_types(plan: Plan) -> list[ArrayType]:
    """The types of all IR values that a plan passes."""
    found = [t for template in plan.entries.values() for t in types(template)]
    found += [t for state in plan.heap.values() for t in types(state)]
    return found + [t for info in plan.objects for t in types(info.state)]


def plan_values(ev: Evaluator, plan: Plan, side: int, needed: frozenset[str] | None = None) -> list[Value]:
    """The IR values that the evaluator's current state gives for a plan, of which it is side 0 or 1; `needed` as in
    `unneeded`."""
    env = ev.state.env
    found: list[Value] = []
    returned = env.get(RETURNED)
    for name, template in plan.entries.items():
        there = returned.value if name == RESULT and isinstance(returned, Scalar) else None
        found += coerce(ev, template, BOTTOM if unneeded(name, needed) else env.get(name), there)
    for ref, state in plan.heap.items():
        found += coerce_state(ev, state, None if plan.forgotten.get(ref) == side else ref)
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
    for ref in plan.homes:
        stack_instances.follow(ev, ref)
    for ref, info in zip(refs, plan.objects, strict=True):
        state.heap[ref] = make_state(ev, info.state, leaves, refs, plan)
    for k, (ref, info) in enumerate(zip(refs, plan.objects, strict=True)):
        ev.pair(ref, [*sorted(info.partners), *(refs[j] for j in plan.partners.get(k, ()))])
        if info.read_only is not False:
            state.read_only[ref] = info.read_only
        if info.stale is not None:
            state.poisoned[ref] = ev.span
            if info.stale in ev.writers:
                ev.writers[ref] = ev.writers[info.stale]
    for one, other in plan.items:
        for ref in _objects(state, refs, one):
            ev.pair(ref, _objects(state, refs, other))
    for a, b in plan.pairs:
        if a == b:
            ev.pair_with_itself(a)
        ev.pair(a, [b])
    for ref in plan.poisoned:
        state.poisoned.setdefault(ref, ev.span)
    state.read_only.update(plan.read_only)
    ev.state = outer
    return state


def _objects(state: State, refs: list[int], node: Node) -> tuple[int, ...]:
    """The objects that a node of `Plan.items` stands for."""
    if node.made is not None and not node.inside:
        return (refs[node.made],)
    held = state.heap[node.ref if node.made is None else refs[node.made]]
    assert isinstance(held, StackState)
    return held.leaves


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
    if isinstance(template, OptionalT):
        none = isinstance(entry, Const) and entry.value is None
        return none or _entry_fits(plan, template.inner, entry.value if isinstance(entry, MaybeNone) else entry)
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
        return isinstance(state, template.form) and (
            template.form is InstanceState or slots_of(state)[0] == template.names
        )
    if isinstance(template, StackT):
        return isinstance(state, StackState) and state.leaves == template.leaves
    return False
