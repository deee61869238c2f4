"""First guesses of what a loop carries: seeds, and the plan last found at the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.api.elementwise import is_number, join_dtype, kinds_of
from tangra.api.values import Const, InstanceValue, Scalar
from tangra.frontend import plans
from tangra.frontend.heap import (
    ConflictState,
    State,
)
from tangra.frontend.loop_parts import (
    Loop,
)
from tangra.frontend.templates import ConflictT, KeepT, NumberT, OptionalT, PartsT, Plan, SlotsT, Template

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def seeds(ev: Evaluator, loop: Loop, base: State) -> Plan:
    """A first guess: numbers that the body assigns are carried."""
    plan = Plan()
    for name in sorted(loop.assigned):
        entry = base.env.get(name)
        if loop.live_header is not None and name not in loop.live_header:
            continue
        if isinstance(entry, (Const, Scalar)) and is_number(entry):
            kinds = kinds_of(entry)
            dtype = join_dtype(kinds)
            if dtype is not None:
                plan.entries[name] = NumberT(kinds, dtype)
    plan.poisoned = dict.fromkeys(base.poisoned, True)
    return plan


def memo_key(ev: Evaluator, loop: Loop) -> Any:
    path = ev.frame.path if ev.frame is not None else ()
    return "plan", path, id(loop.key), loop.peeled, loop.lenient, loop.room is not None, loop.peak is not None


def remembered(ev: Evaluator, loop: Loop, base: State) -> Plan | None:
    known = ev.memo.get(memo_key(ev, loop))
    if known is None or known[1] != signature(ev, base) or known[2] != ev.next_ref:
        return None
    plan: Plan = known[0]
    return plan if plans.fits(ev, plan, base) else None


def signature(ev: Evaluator, base: State) -> tuple[Any, ...]:
    """What kind of thing every name is bound to, numbers being of one kind."""
    found = []
    for name, entry in sorted(base.env.items()):
        if name.startswith("$"):
            continue
        kind: Any = type(entry)
        if isinstance(entry, (Const, Scalar)) and is_number(entry):
            kind = "number"
        elif isinstance(entry, InstanceValue):
            kind = entry.cls
        found.append((name, kind, getattr(entry, "type", None), getattr(entry, "ref", None)))
    return tuple(found)


def conflicts(ev: Evaluator, loop: Loop, plan: Plan, base: State) -> bool:
    """Whether something that is read again has no single type in `plan`."""
    for name, template in plan.entries.items():
        if loop.live is not None and name not in loop.live and not name.startswith("$"):
            continue
        if base.env.get(name) is not None and _has_conflict(template):
            return True
    states = [*plan.heap.values(), *(info.state for info in plan.objects)]
    return any(
        (isinstance(s, KeepT) and isinstance(s.state, ConflictState)) or (isinstance(s, SlotsT) and _has_conflict(s))
        for s in states
    )


def _has_conflict(template: Template | SlotsT) -> bool:
    if isinstance(template, (PartsT, SlotsT)):
        return any(_has_conflict(part) for part in template.parts)
    return _has_conflict(template.inner) if isinstance(template, OptionalT) else isinstance(template, ConflictT)
