"""`tg.checkpoint` of functions with loops inside compiled code."""

from __future__ import annotations

from tangra.api.values import AbstractValue
from tangra.core import custom, subtrace
from tangra.core.application import Application
from tangra.core.checkpoint_options import plan_of
from tangra.core.effects import Effects
from tangra.transforms.checkpoint_marks import mark_loops


def checkpoint(call: Application) -> AbstractValue:
    """Call `tg.checkpoint(f, …)`: by the policy, nothing of `f` is kept, or its loops are marked. With nothing
    around it, no derivative is taken of the call, and it is one of `f`."""
    if call.ev.frame is None and call.ev.looked is None:
        return call.plainly()
    plan = plan_of(*(call.options.get(name) for name in ("policy", "memory", "snapshots")))
    if plan[0] == "recompute":
        return custom.recomputed(call)
    if plan[0] == "everything":
        return call.plainly()
    a = call.arguments(call.every())
    effects = Effects(a)
    sub = call.traced(a, "checkpoint", effects)
    results = subtrace.call(call.ev, mark_loops(sub.func, plan), [*a.values(), *sub.captured])
    return effects.arrive(sub, results)
