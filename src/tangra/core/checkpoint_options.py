"""The options of `tg.checkpoint`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.errors import EntryError, declare

if TYPE_CHECKING:
    from tangra.transforms.checkpoint_plan import Plan

BAD_PLAN = declare("TG830", "options of tg.checkpoint that don't fit together")
POLICIES = ("recompute", "everything", "sqrt", "binomial")
UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
FIX = 'for example tg.checkpoint(f, policy="sqrt") or tg.checkpoint(f, memory="64MB")'


def plan_of(policy: Any, memory: Any, snapshots: Any) -> Plan:
    """The options of `tg.checkpoint`, checked. Its policies besides those of loops are 'everything' and 'recompute'."""
    chosen = ("recompute" if memory is None and snapshots is None else "binomial") if policy is None else policy
    if chosen not in POLICIES:
        names = ", ".join(map(repr, POLICIES))
        raise EntryError(
            f"tg.checkpoint: there is no policy {policy!r}", code=BAD_PLAN, fix=f"the policies are {names}"
        )
    if chosen in ("recompute", "everything") and (memory is not None or snapshots is not None):
        given = "memory" if memory is not None else "snapshots"
        raise EntryError(f"tg.checkpoint: policy {policy!r} takes no {given}=", code=BAD_PLAN, fix=FIX)
    if snapshots is not None and chosen != "binomial":
        raise EntryError(f"tg.checkpoint: policy {policy!r} takes no snapshots=", code=BAD_PLAN, fix=FIX)
    return chosen, 0 if memory is None else parse_bytes(memory), _positive("snapshots", snapshots)


def parse_bytes(memory: Any) -> int:
    """Bytes from a whole number, or from a text such as '64MB', '1.5 GB' or '512 KiB' (KB, MB, GB are powers of
    1000, KiB, MiB, GiB of 1024)."""
    if isinstance(memory, str):
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMG]?I?B)\s*", memory.upper())
        if found is not None and found[2] in UNITS and float(found[1]) > 0:
            return int(float(found[1]) * UNITS[found[2]])
        raise EntryError(
            f"tg.checkpoint: memory={memory!r} is no amount of memory",
            code=BAD_PLAN,
            fix="give bytes, or a text such as '64MB' or '1.5GiB'",
        )
    return _positive("memory", memory)


def _positive(name: str, given: Any) -> int:
    if given is None:
        return 0
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or given <= 0:
        raise EntryError(f"tg.checkpoint: {name}={given!r} is no positive whole number", code=BAD_PLAN, fix=FIX)
    return int(given)
