"""`simplify`: the clean-up passes in an order that works, and verification after each when asked for."""

from __future__ import annotations

import os
from collections.abc import Callable

from tangra.ir import Func
from tangra.ir.graph import clone_func
from tangra.ir.verifier import verify
from tangra.transforms.cse import eliminate_common_subexpressions
from tangra.transforms.dce import eliminate_dead_code
from tangra.transforms.dimensions import resolve_sizes
from tangra.transforms.folding import fold
from tangra.transforms.inlining import inline_calls
from tangra.transforms.licm import hoist_invariants
from tangra.transforms.ranges import remove_proved_checks

Pass = Callable[[Func], bool]
CLEAN: tuple[Pass, ...] = (fold, resolve_sizes, eliminate_common_subexpressions, eliminate_dead_code)
MAX_ROUNDS = 4


def simplify(func: Func) -> Func:
    """An equivalent function (a new one) without what is dead, computed twice, known, invariant or proved.

    Callees are left alone but for small ones, which are inlined. With TANGRA_VERIFY=1 the IR is verified after every
    pass.
    """
    func = clone_func(func)
    checked = os.environ.get("TANGRA_VERIFY") == "1"
    inline_calls(func)
    _run(func, CLEAN, checked)
    for _ in range(MAX_ROUNDS):
        if not _run(func, (remove_proved_checks, hoist_invariants), checked):
            break
        if not _run(func, CLEAN, checked):
            break
    return func


def _run(func: Func, passes: tuple[Pass, ...], checked: bool) -> bool:
    """Run `passes` once each; whether any changed something."""
    changed = False
    for each in passes:
        changed |= each(func)
        if checked:
            verify(func)
    return changed
