"""The context block that every compiled function gets, and the functions that hand out its memory.

It is an array of i64: the number of the error record, the payload of the error, the job that its thread works at with
the number of the chunk and whether it helps another thread, the arena's next free byte and its end, the limit of a tape
in bytes, the number of tapes, a link, the contexts of helping threads, the arena's start, in how many slices tapes were
used, and the base address of each tape. Each kind of memory comes from a function that LLVM takes for an allocator
(`noalias`), so that it knows buffers apart without further notes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tangra.native.module import Module

ERROR = 0
PAYLOAD = 1
MAX_PAYLOAD = 30
JOB = PAYLOAD + MAX_PAYLOAD
"""The job (see `pool`) whose chunk number `CHUNK` is being run in this context, or 0."""
CHUNK = JOB + 1
HELPS = JOB + 2
"""In a thread that helps: 1."""
ARENA_TOP = JOB + 3
ARENA_END = ARENA_TOP + 1
TAPE_LIMIT = ARENA_TOP + 2
TAPE_COUNT = ARENA_TOP + 3
NEXT = ARENA_TOP + 4
"""The next block in the list of those that no call uses; see `workspaces`."""
HELPERS = ARENA_TOP + 5
"""The address of the table of contexts for threads that help the call, or 0; see `pool`."""
ARENA_START = ARENA_TOP + 6
TAPE_SLICES = ARENA_TOP + 7
"""Into how many slices a loop cut its tapes last (see `slices`), or 0."""
TAPES = ARENA_TOP + 8

ALIGNMENT = 64


MEASURE = f"""
  %start.place = getelementptr inbounds i64, ptr %ctx, i64 {ARENA_START}
  %start = load i64, ptr %start.place
  %used = sub i64 %next, %start
  %most = load i64, ptr @tg.arena.most
  %larger = icmp sgt i64 %used, %most
  %now = select i1 %larger, i64 %used, i64 %most
  store i64 %now, ptr @tg.arena.most"""
"""In marked code: how much of the arena a call uses at most."""


def context_words(tapes: int) -> int:
    """Size of the context of a module with so many tapes, in i64."""
    return TAPES + tapes


def define_allocate(module: Module) -> str:
    """`ptr (ctx, bytes)`: the next free bytes of the arena, or null where too few are left."""
    measure = MEASURE if module.marks is not None else ""
    return module.define(
        "@tg.allocate",
        f"""define internal noalias ptr @tg.allocate(ptr captures(none) %ctx, i64 %bytes) noinline nounwind {{
  %tp = getelementptr inbounds i64, ptr %ctx, i64 {ARENA_TOP}
  %ep = getelementptr inbounds i64, ptr %ctx, i64 {ARENA_END}
  %top = load i64, ptr %tp
  %end = load i64, ptr %ep
  %more = add i64 %bytes, {ALIGNMENT - 1}
  %whole = and i64 %more, {-ALIGNMENT}
  %room = sub i64 %end, %top
  %bad = icmp slt i64 %bytes, 0
  %large = icmp ugt i64 %whole, %room
  %no = or i1 %bad, %large
  br i1 %no, label %none, label %some
none:
  ret ptr null
some:
  %next = add i64 %top, %whole
  store i64 %next, ptr %tp{measure}
  %p = inttoptr i64 %top to ptr
  ret ptr %p
}}""",
    )


def define_tape_base(module: Module) -> str:
    """`ptr (ctx, number)`: the memory of a tape."""
    return module.define(
        "@tg.tape",
        f"""define internal noalias ptr @tg.tape(ptr captures(none) %ctx, i64 %number) noinline nounwind {{
  %k = add i64 %number, {TAPES}
  %tp = getelementptr inbounds i64, ptr %ctx, i64 %k
  %p = load ptr, ptr %tp
  ret ptr %p
}}""",
    )
