"""`tg.checkpoint` of functions with loops inside compiled code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tangra.api.values import AbstractValue
from tangra.core import custom
from tangra.core.arguments import Arguments
from tangra.core.checkpoint_options import plan_of
from tangra.core.derivatives import rebuild
from tangra.core.subtrace import raise_in, trace
from tangra.frontend.evaluator import Evaluator
from tangra.transforms.checkpoint_marks import mark_loops


def checkpoint(
    ev: Evaluator,
    function: AbstractValue,
    args: Sequence[AbstractValue],
    kwargs: dict[str, AbstractValue],
    options: dict[str, Any],
) -> AbstractValue:
    """Call `tg.checkpoint(f, …)`: by the policy, nothing of `f` is kept, or its outermost loops are marked."""
    plan = plan_of(*(options.get(name) for name in ("policy", "memory", "snapshots")))
    if plan[0] == "recompute":
        return custom.recomputed(ev, function, args, kwargs)
    if plan[0] == "everything":
        return ev.call(function, list(args), kwargs)
    keys = [*range(len(args)), *kwargs]
    a = Arguments(ev, list(args), kwargs, keys)
    sub = trace(ev, function, a.enter, "checkpoint", a.repeated)
    raise_in(ev, sub, a.values())
    results = ev.b.call(mark_loops(sub.func, plan), [*a.values(), *sub.captured]).results
    return rebuild(ev, sub, results)
