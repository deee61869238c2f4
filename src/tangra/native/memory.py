"""Memory that compiled code works in: for each running call an arena for temporaries, and tapes, kept between calls.

Address ranges are reserved, not filled: pages come when they are touched and go back to the system after large calls.
"""

from __future__ import annotations

import ctypes
import mmap
import weakref
from collections.abc import Iterator
from functools import cache

from tangra.native.arena import (
    ALIGNMENT,
    ARENA_END,
    ARENA_START,
    ARENA_TOP,
    HELPERS,
    TAPE_COUNT,
    TAPE_LIMIT,
    TAPE_SLICES,
    TAPES,
)
from tangra.native.options import NativeOptions

KEPT_BYTES = 1 << 28
"""What an arena or tape may keep of its pages after a call."""
MAP_NORESERVE = 0x4000
MADV_DONTNEED = 4
GUARD_BYTES = 1 << 16
MOST = 256
"""Threads that a call may have."""


@cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long,
    ]  # fmt: skip
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return libc


class Region:
    """A reserved range of addresses of `size` bytes, or of half of that and so on where the system refuses."""

    def __init__(self, size: int) -> None:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE
        failed = ctypes.c_void_p(-1).value
        while True:
            base = _libc().mmap(None, size + GUARD_BYTES, mmap.PROT_READ | mmap.PROT_WRITE, flags, -1, 0)
            if base not in (failed, None):
                break
            size //= 2
            if size < 1 << 20:
                raise MemoryError("no address space for the memory of compiled code")
        self.base = int(base)
        self.size = size
        weakref.finalize(self, _libc().munmap, self.base, size + GUARD_BYTES).atexit = False


def give_back(base: int, size: int, slices: int = 1) -> None:
    """Give all pages but the first ones of a range back to the system: of each of so many equal slices of it."""
    length, kept = size // slices & -ALIGNMENT, KEPT_BYTES // slices
    for start in range(base, base + slices * length, length) if length > kept else ():
        low, high = -(-(start + kept) // mmap.PAGESIZE) * mmap.PAGESIZE, start + length & -mmap.PAGESIZE
        if high > low:
            _libc().madvise(low, high - low, MADV_DONTNEED)


class Workspace:
    """The context block of one running call, with its arena and tapes, for calls under the same limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.words = (ctypes.c_int64 * TAPES)()
        self.address = ctypes.addressof(self.words)
        self.arena: Region | None = None
        self.tapes: list[Region] = []

    def prepare(self, arena: bool, tapes: int) -> None:
        """Make room for a function that uses the arena and so many tapes, and forget an earlier failure."""
        self.words[0] = 0
        tape_limit, memory_limit = self.limits
        if arena:
            if self.arena is None:
                self.arena = Region(memory_limit)
            self.words[ARENA_TOP] = self.words[ARENA_START] = self.arena.base
            self.words[ARENA_END] = self.arena.base + min(self.arena.size, memory_limit)
        while len(self.tapes) < tapes:
            self.tapes.append(Region(tape_limit))
        if tapes and len(self.words) < TAPES + len(self.tapes):
            words = (ctypes.c_int64 * (TAPES + len(self.tapes)))()
            ctypes.memmove(words, self.words, ctypes.sizeof(self.words))
            self.words, self.address = words, ctypes.addressof(words)
            self.words[TAPE_LIMIT] = min(tape_limit, *(tape.size for tape in self.tapes), 1 << 62)
            self.words[TAPE_COUNT] = len(self.tapes)
            for k, tape in enumerate(self.tapes):
                self.words[TAPES + k] = tape.base

    def ready(self, arena: bool, tapes: int) -> bool:
        """Whether a function that uses the arena and so many tapes can be called."""
        return len(self.tapes) >= tapes and (self.arena is not None or not arena)

    def shrink(self) -> None:
        """After a call: give pages back."""
        if self.arena is not None:
            give_back(self.arena.base, self.arena.size)
        slices, self.words[TAPE_SLICES] = max(self.words[TAPE_SLICES], 1), 0
        for tape in self.tapes:
            give_back(tape.base, self.words[TAPE_LIMIT], slices)
        for words in self._helpers():
            if words[ARENA_END]:
                give_back(words[ARENA_START], words[ARENA_END] - words[ARENA_START])
            for k in range(words[TAPE_COUNT]):
                give_back(words[TAPES + k], words[TAPE_LIMIT])

    def _helpers(self) -> Iterator[ctypes.Array[ctypes.c_int64]]:
        """The contexts of threads that have helped calls with this workspace."""
        table = self.words[HELPERS]
        for address in (ctypes.c_int64 * MOST).from_address(table) if table else ():
            if address:
                count = (ctypes.c_int64 * TAPES).from_address(address)[TAPE_COUNT]
                yield (ctypes.c_int64 * (TAPES + count)).from_address(address)


Limits = tuple[int, int]
"""Bytes that one tape and all temporaries of a call may take."""


def limits_of(options: NativeOptions) -> Limits:
    """The limits that `options` set."""
    return options.tape_limit, options.memory_limit


_free: dict[Limits, list[Workspace]] = {}


def free_workspaces(options: NativeOptions) -> list[Workspace]:
    """The workspaces that no call under these limits uses now. Each call takes one and brings it back (taking and
    bringing are atomic), so calls from several threads, or from a signal handler within a call, have their own."""
    return _free.setdefault(limits_of(options), [])


def take(options: NativeOptions, arena: bool, tapes: int) -> Workspace:
    """A workspace made ready for a call."""
    try:
        space = free_workspaces(options).pop()
    except IndexError:
        space = Workspace(limits_of(options))
    space.prepare(arena, tapes)
    return space


def bring(options: NativeOptions, space: Workspace) -> None:
    """Return what `take` gave."""
    free_workspaces(options).append(space)
