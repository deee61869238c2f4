"""Calls whose arrays overlap in memory while one of them is written: which ones, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.api.kinds import dtype_of
from tangra.errors import AliasError, declare
from tangra.frontend.overlaps import Member, Overlap
from tangra.frontend.paths import Path

OVERLAP = declare("TG811", "written memory that its arrays share in a way that can't be followed")
WORK = 10_000
"""Steps that NumPy may take to decide whether two arrays share an element; beyond it they count as sharing one."""

Array = np.ndarray[Any, Any]


def blocks(arrays: Sequence[tuple[Path, Array]], written: Sequence[Path]) -> list[Overlap]:
    """The groups of arrays that share memory of which some is written; AliasError for what can't be followed."""
    changed = {path.key for path in written}
    groups: list[list[int]] = []
    for k, (path, array) in enumerate(arrays):
        if path.key not in changed:
            continue
        if overlaps_itself(array):
            raise AliasError(
                f"{path} has elements that share memory, and it is written", code=OVERLAP, fix="pass a copy of it"
            )
        near = {j for j, (_, other) in enumerate(arrays) if j != k and share(array, other)}
        if near:
            joined = [g for g in groups if near.union((k,)).intersection(g)]
            groups = [g for g in groups if g not in joined]
            groups.append(sorted(near.union((k,), *joined)))
    return [_block([arrays[k] for k in group]) for group in groups]


def share(a: Array, b: Array) -> bool:
    """Whether two arrays have an element's memory in common."""
    if not np.may_share_memory(a, b):
        return False
    try:
        return np.shares_memory(a, b, max_work=WORK)  # type: ignore[arg-type]  # the stub knows only 0 and -1
    except np.exceptions.TooHardError:
        return True


def _block(arrays: Sequence[tuple[Path, Array]]) -> Overlap:
    bounds = [np.lib.array_utils.byte_bounds(a) for _, a in arrays]
    low, high = min(b[0] for b in bounds), max(b[1] for b in bounds)
    first, size = arrays[0][1].dtype, arrays[0][1].itemsize
    members = []
    for path, a in arrays:
        start = a.__array_interface__["data"][0] - low
        if a.dtype != first or any(n % size for n in (start, *a.strides)):
            names = " and ".join(str(p) for p, _ in arrays)
            what = "as different dtypes" if a.dtype != first else "by parts of elements"
            raise AliasError(
                f"{names} overlap in memory {what}, and one of them is written",
                code=OVERLAP,
                fix=f"pass a copy of one of them: {arrays[-1][0]}.copy()",
            )
        members.append(Member(path, a, start // size, _strides(a)))
    dtype = dtype_of(first)
    assert dtype is not None
    return Overlap(dtype, (high - low) // size, tuple(members))


def _strides(a: Array) -> tuple[int, ...]:
    """Strides in elements; those of axes of size 1, which NumPy leaves open, as in C order."""
    found, step = [], 1
    for size, stride in zip(reversed(a.shape), reversed(a.strides), strict=True):
        found.append(step if size == 1 else stride // a.itemsize)
        step = abs(found[-1]) * size
    return tuple(reversed(found))


def overlaps_itself(a: Array) -> bool:
    """Whether elements of `a` may share memory (as in `np.broadcast_to` or a sliding window)."""
    reach = a.itemsize
    for stride, n in sorted((abs(s), n) for s, n in zip(a.strides, a.shape, strict=True)):
        if n > 1:
            if stride < reach:
                return a.size > 0
            reach += stride * (n - 1)
    return False
