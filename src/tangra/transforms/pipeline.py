"""`simplify`: the clean-up passes in an order that works, and verification after each when asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from tangra.ir import Func
from tangra.ir.graph import clone_func
from tangra.ir.verifier import verify
from tangra.transforms.cse import eliminate_common_subexpressions
from tangra.transforms.dce import eliminate_dead_code
from tangra.transforms.dimensions import resolve_sizes
from tangra.transforms.folding import fold
from tangra.transforms.inlining import inline_calls, inline_small_calls
from tangra.transforms.licm import hoist_invariants
from tangra.transforms.ranges import remove_proved_checks
from tangra.transforms.small_arrays import split_small_arrays, split_small_extrema

Pass = Callable[[Func], bool]
Watch = Callable[[str, Func, bool], None]
"""Told of a pass before (False) and after (True) it ran: its name, the function as it is then."""
CLEAN: tuple[Pass, ...] = (fold, resolve_sizes, eliminate_common_subexpressions, eliminate_dead_code)
PROVING: tuple[Pass, ...] = (split_small_arrays, remove_proved_checks, hoist_invariants)
LAST: tuple[Pass, ...] = (split_small_arrays, split_small_extrema, remove_proved_checks, hoist_invariants)
"""In place of `PROVING` where nothing is differentiated any more."""
MAX_ROUNDS = 4


def pass_names() -> list[str]:
    """The names of the passes in the order in which they first run."""
    return [each.__name__ for each in (inline_calls, *CLEAN, *LAST)]


def simplify(func: Func, watch: Watch | None = None, last: bool = False) -> Func:
    """An equivalent function (a new one) without what is dead, computed twice, known, invariant or proved. `last`: no
    derivative of it is taken.

    Callees that are small or called once are inlined, the others replaced by their simplified forms, which are made
    once. With TANGRA_VERIFY=1 the IR is verified in the end, and after every pass that says it changed it. `watch` is
    told of every pass.
    """
    func = clone_func(func)
    checked = os.environ.get("TANGRA_VERIFY") == "1"
    _run(func, (inline_calls,), checked, watch)
    callees = func.callees()
    if callees:
        for callee in callees:
            if callee.simple is None:
                callee.simple = _simple(callee, checked)
                callee.simple.simple = callee.simple
        _call_simple_ones(func)
        _run(func, (inline_calls,), checked, watch)
    return _cleaned(func, LAST if last else PROVING, checked, watch)


def _simple(callee: Func, checked: bool) -> Func:
    """The simplified form of a function whose callees have theirs."""
    func = clone_func(callee)
    _call_simple_ones(func)
    _run(func, (inline_small_calls,), checked, None)
    return _cleaned(func, PROVING, checked, None)


def _call_simple_ones(func: Func) -> None:
    for op in func.body.walk():
        callee = op.attrs.get("callee")
        if isinstance(callee, Func):
            op.attrs = {**op.attrs, "callee": callee.simple}


def _cleaned(func: Func, proving: Sequence[Pass], checked: bool, watch: Watch | None) -> Func:
    _run(func, CLEAN, checked, watch)
    for _ in range(MAX_ROUNDS):
        if not _run(func, proving, checked, watch):
            break
        if not _run(func, CLEAN, checked, watch):
            break
    if checked:
        verify(func)
    return func


def _run(func: Func, passes: Sequence[Callable[[Func], object]], checked: bool, watch: Watch | None) -> bool:
    """Run `passes` once each; whether any changed something."""
    changed = False
    for each in passes:
        if watch is not None:
            watch(each.__name__, func, False)
        did = bool(each(func))
        changed |= did
        if watch is not None:
            watch(each.__name__, func, True)
        if checked and did:
            verify(func)
    return changed
