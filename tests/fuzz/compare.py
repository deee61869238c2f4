"""Outcomes of a call, and how two of them differ: kinds, dtypes, shapes, structure, identity, values, exceptions."""

from __future__ import annotations

import re
import types
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

SIZES_DIFFER = re.compile(r": \d+ and \d+ differ$")
"""Ends what compiled code says of sizes that only a run knows; NumPy has other words (documented)."""
Leaf = tuple[str, str, Any]
"""Path, what it is (type, dtype, shape, or the form of a container), and its value, None for containers."""


NAMED = (type, types.FunctionType, types.MethodType, types.ModuleType, np.ufunc)
"""Classes of objects that are looked at as a whole."""
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


@dataclass
class Outcome:
    """What a call did: its result or its exception, and what the arguments hold afterwards."""

    result: Any
    error: BaseException | None
    args: tuple[Any, ...]


def leaves(value: Any, path: str) -> list[Leaf]:
    """A value taken apart."""
    if isinstance(value, (np.ndarray, np.generic)):
        return [(path, f"{type(value).__name__} {value.dtype}{list(value.shape)}", value)]
    if isinstance(value, (bool, int, float, str)) or value is None:
        return [(path, type(value).__name__, value)]
    if isinstance(value, (tuple, list)):
        parts: list[tuple[Any, Any]] = [*enumerate(value)]
    elif isinstance(value, dict):
        parts = [*value.items()]
    elif isinstance(value, NAMED) or not hasattr(value, "__dict__"):
        return [(path, ADDRESS.sub("", repr(value)), None)]
    else:
        parts = [*vars(value).items()]
    found: list[Leaf] = [(path, f"{type(value).__name__} of {[key for key, _ in parts]}", None)]
    for key, item in parts:
        found += leaves(item, f"{path}[{key!r}]")
    return found


def outcome_leaves(outcome: Outcome) -> list[Leaf]:
    """Result (or exception) and arguments taken apart."""
    error = outcome.error
    if error is not None:
        first: list[Leaf] = [("the call", f"raises {type(error).__name__}: {error}", None)]
    else:
        first = leaves(outcome.result, "the result")
    return [*first, *(leaf for k, a in enumerate(outcome.args) for leaf in leaves(a, f"argument {k} afterwards"))]


def identity(outcome: Outcome) -> list[int]:
    """Which arrays and containers of the arguments are one object: for each the position of its first sight.
    Results are left out: one that is an argument on some paths only is a copy (documented)."""
    seen: dict[int, int] = {}
    order: list[int] = []

    def visit(value: Any) -> None:
        if isinstance(value, (bool, int, float, str, np.generic)) or value is None:
            return
        if not isinstance(value, tuple):
            order.append(seen.setdefault(id(value), len(order)))
        if isinstance(value, (tuple, list)):
            parts = list(value)
        else:
            parts = list(value.values()) if isinstance(value, dict) else list(getattr(value, "__dict__", {}).values())
        for part in parts:
            visit(part)

    for a in outcome.args:
        visit(a)
    return order


def arrays_of(value: Any, path: str) -> list[tuple[str, Any]]:
    """The arrays in a value, with their paths."""
    return [(where, part) for where, _, part in leaves(value, path) if isinstance(part, np.ndarray) and part.size]


def shared(outcome: Outcome) -> set[tuple[str, str]]:
    """Which arrays of the result share memory with one another, or with arrays of the arguments."""
    mine = arrays_of(outcome.result, "the result")
    theirs = [pair for k, a in enumerate(outcome.args) for pair in arrays_of(a, f"argument {k}")]
    pairs = [(one, other) for k, one in enumerate(mine) for other in [*mine[:k], *theirs]]
    return {(one[0], other[0]) for one, other in pairs if np.shares_memory(one[1], other[1])}


def locked(outcome: Outcome) -> set[str]:
    """Arrays of the result that can't be written to."""
    return {path for path, a in arrays_of(outcome.result, "the result") if not a.flags.writeable}


def sharing(found: Outcome, wanted: Outcome) -> str | None:
    """What shares memory though it should not, or is read-only. That less is shared is documented for some paths."""
    if found.error is not None or wanted.error is not None:
        return None
    more = shared(found) - shared(wanted)
    if more:
        one, other = min(more)
        return f"{one} shares memory with {other}"
    if locked(found) - locked(wanted):
        return f"{min(locked(found) - locked(wanted))} is read-only"
    return None


def off(found: Any, wanted: Any) -> float:
    """How far two numbers or arrays of floats are apart, relative to their size where that is above 1; inf where one is
    finite and the other is not."""
    a, b = np.asarray(found, float), np.asarray(wanted, float)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(all="ignore"):
        gap = np.abs(a - b) / np.maximum(1.0, np.abs(b))
    gap = np.where(same, 0.0, np.where(np.isfinite(gap), gap, np.inf))
    return float(gap.max(initial=0.0))


def difference(
    found: Outcome, wanted: Outcome, rtol: float, atol_by_path: dict[str, float] | None = None
) -> str | None:
    """The first difference; floats may be off by `rtol`, and by what `atol_by_path` adds for their path."""
    if type(found.error) is type(wanted.error) is ValueError and SIZES_DIFFER.search(str(found.error)):
        wanted = replace(wanted, error=found.error)
    mine, theirs = outcome_leaves(found), outcome_leaves(wanted)
    for (path, kind, value), (their_path, their_kind, their_value) in zip(mine, theirs, strict=False):
        if (path, kind) != (their_path, their_kind):
            return f"{path}: {kind}, expected {their_path}: {their_kind}{shown(their_value)}"
        if value is None:
            continue
        if isinstance(value, float) or getattr(getattr(value, "dtype", None), "kind", "") == "f":
            allowed = rtol + (atol_by_path or {}).get(path, 0.0)
            if off(value, their_value) > allowed:
                gap = f"{kind}; off by {off(value, their_value):.1e}"
                return f"{path}:{shown(value)}, expected{shown(their_value)} ({gap})"
        elif not np.array_equal(value, their_value):
            return f"{path}:{shown(value)}, expected{shown(their_value)} ({kind})"
    if len(mine) != len(theirs):
        return f"{len(mine)} parts, expected {len(theirs)}"
    if identity(found) != identity(wanted):
        return f"identity of objects {identity(found)}, expected {identity(wanted)}"
    return None


def shown(value: Any) -> str:
    """The start of a value's repr, on one line."""
    return "" if value is None else " " + " ".join(repr(value).split())[:90]


def spreads(outcomes: list[Outcome], wanted: Outcome) -> dict[str, float] | None:
    """How far the floats of perturbed runs go from the unperturbed ones, by path; None if anything else changes."""
    found: dict[str, float] = {}
    theirs = outcome_leaves(wanted)
    for outcome in outcomes:
        mine = outcome_leaves(outcome)
        if [leaf[:2] for leaf in mine] != [leaf[:2] for leaf in theirs]:
            return None
        for (path, _, value), (_, _, their_value) in zip(mine, theirs, strict=True):
            if isinstance(value, float) or getattr(getattr(value, "dtype", None), "kind", "") == "f":
                found[path] = max(found.get(path, 0.0), off(value, their_value))
            elif value is not None and not np.array_equal(value, their_value):
                return None
    return found
