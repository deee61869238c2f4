"""Workspaces as wrappers take them: from a list that only compiled code changes, while it holds the global lock.

So a call from another thread, or from a signal handler within a call, has a workspace of its own. The list is linked
through the context blocks; a word that lives as long as the process holds its first one.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache

from tangra.native.memory import Limits, Workspace

_made: dict[int, Workspace] = {}
"""All of them by address: they are kept."""


class Pool:
    """The workspaces for calls under the same limits; `head` holds the address of the first free one, or 0."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.head = ctypes.c_int64(0)

    @property
    def address(self) -> int:
        return ctypes.addressof(self.head)

    def ready(self, address: int, uses_arena: bool, tapes: int) -> int:
        """The address of a workspace made ready for a function that uses the arena and so many tapes: of the one at
        `address`, which may move, or of a new one for 0."""
        space = _made.pop(address) if address else Workspace(self.limits)
        try:
            space.prepare(uses_arena, tapes)
        finally:
            _made[space.address] = space
        return space.address


@cache
def pool(limits: Limits) -> Pool:
    """The one pool for these limits."""
    return Pool(limits)


def head_of(limits: Limits) -> int:
    """The address of the word that holds the first free workspace."""
    return pool(limits).address


@dataclass(frozen=True)
class Preparing:
    """`Pool.ready` for one function."""

    limits: Limits
    uses_arena: bool
    tapes: int

    def __call__(self, address: int) -> int:
        return pool(self.limits).ready(address, self.uses_arena, self.tapes)


def again(address: int, uses_arena: bool, tapes: int) -> None:
    """Make a workspace ready again after a call that failed."""
    _made[address].prepare(uses_arena, tapes)


def shrink(address: int) -> None:
    """Give the pages of a workspace back to the system."""
    _made[address].shrink()
