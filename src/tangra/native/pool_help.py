"""The parts of the pool's code that deal with memory and with others: contexts of helpers, and vendor kernels."""

from __future__ import annotations

from tangra.native import arena

STOP, FN, FRAME, CALLER, TRIPS, LENGTH, CHUNKS, NEXT, FAILED, LOCK, SLOTS, MOST_SLOTS, FLOATS, ERROR = range(14)
"""Words of a job: whether to stop (helpers look at that where callers look for signals), the function, its captured
values, the caller's context, trips in all and in a chunk, the number of chunks, the next one, the lowest that failed, a
lock for what follows a failure, helpers so far and at most, the state of floating point, and the error of the lowest
failed chunk."""
WORDS = ERROR + arena.JOB


def word(pointer: str, number: int, name: str) -> str:
    """A line: `%name` is the address of a word."""
    return f"  %{name} = getelementptr inbounds i64, ptr {pointer}, i64 {number}"


def helpers() -> list[str]:
    """`tg.helper`: the context of helper number `slot` of a call, ready to run chunks; null where memory is short."""
    return [_RESERVE, "\n".join([_FOUND, _READY, _ARENA, _TAPES, "done:\n  ret ptr %ctx\nnone:\n  ret ptr null\n}"])]


_RESERVE = f"""define internal ptr @tg.reserve(i64 %bytes) nounwind {{
  %whole = add i64 %bytes, 65536
  %p = call ptr @mmap(ptr null, i64 %whole, i32 3, i32 {0x4022}, i32 -1, i64 0)
  %n = ptrtoint ptr %p to i64
  %none = icmp eq i64 %n, -1
  %found = select i1 %none, ptr null, ptr %p
  ret ptr %found
}}"""
"""Address space, or null."""

_COPIED = "\n".join(
    f"{word('%caller', n, f'c{n}')}\n  %w{n} = load i64, ptr %c{n}\n{word('%ctx', n, f'd{n}')}"
    for n in (arena.ARENA_TOP, arena.ARENA_END, arena.ARENA_START, arena.TAPE_LIMIT, arena.TAPE_COUNT)
)
"""Words of the caller's context, `%w…`, and where they are in the helper's, `%d…`."""

_FOUND = f"""define internal ptr @tg.helper(ptr %job, i64 %slot) nounwind {{
{word("%job", CALLER, "caller.p")}
  %caller = load ptr, ptr %caller.p
{word("%caller", arena.HELPERS, "table.p")}
  %table = load ptr, ptr %table.p
  %place = getelementptr inbounds ptr, ptr %table, i64 %slot
  %old = load ptr, ptr %place
{word("%caller", arena.TAPE_COUNT, "wanted.p")}
  %wanted = load i64, ptr %wanted.p
  %new = icmp eq ptr %old, null
  br i1 %new, label %make, label %look
make:
  %size0 = add i64 %wanted, {arena.TAPES}
  %made = call ptr @calloc(i64 %size0, i64 8)
  br label %got
look:
{word("%old", arena.TAPE_COUNT, "have.p")}
  %have = load i64, ptr %have.p
  %enough = icmp uge i64 %have, %wanted
  br i1 %enough, label %got, label %grow
grow:
  %words = add i64 %wanted, {arena.TAPES}
  %bytes = shl i64 %words, 3
  %grown = call ptr @realloc(ptr %old, i64 %bytes)
  br label %got
got:
  %ctx = phi ptr [ %made, %make ], [ %old, %look ], [ %grown, %grow ]
  %nothing = icmp eq ptr %ctx, null
  br i1 %nothing, label %none, label %ready"""
"""The helper's block, from the table of the caller or new, with room for as many tapes."""

_READY = f"""ready:
  store ptr %ctx, ptr %place
{_COPIED}
{word("%ctx", arena.JOB, "job.p")}
  %job.n = ptrtoint ptr %job to i64
  store i64 %job.n, ptr %job.p
{word("%ctx", arena.HELPS, "helps.p")}
  store i64 1, ptr %helps.p
  store i64 0, ptr %ctx
  %uses = icmp ne i64 %w{arena.ARENA_END}, 0
  br i1 %uses, label %room, label %tapes"""
"""It works for the job, and has not failed."""

_ARENA = f"""room:
  %end = load i64, ptr %d{arena.ARENA_END}
  %first = icmp eq i64 %end, 0
  %length = sub i64 %w{arena.ARENA_END}, %w{arena.ARENA_START}
  br i1 %first, label %claim, label %top
claim:
  %arena = call ptr @tg.reserve(i64 %length)
  %refused = icmp eq ptr %arena, null
  br i1 %refused, label %none, label %claimed
claimed:
  %start = ptrtoint ptr %arena to i64
  %limit = add i64 %start, %length
  store i64 %start, ptr %d{arena.ARENA_START}
  store i64 %limit, ptr %d{arena.ARENA_END}
  br label %top
top:
  %left = sub i64 %w{arena.ARENA_END}, %w{arena.ARENA_TOP}
  %now = load i64, ptr %d{arena.ARENA_END}
  %from = sub i64 %now, %left
  store i64 %from, ptr %d{arena.ARENA_TOP}
  br label %tapes"""
"""An arena of its own with as much room as is left in the caller's."""

_TAPES = f"""tapes:
  store i64 %w{arena.TAPE_LIMIT}, ptr %d{arena.TAPE_LIMIT}
  br label %tape
tape:
  %n = load i64, ptr %d{arena.TAPE_COUNT}
  %all = icmp uge i64 %n, %w{arena.TAPE_COUNT}
  br i1 %all, label %done, label %another
another:
  %memory = call ptr @tg.reserve(i64 %w{arena.TAPE_LIMIT})
  %missing = icmp eq ptr %memory, null
  br i1 %missing, label %none, label %add
add:
  %at = add i64 %n, {arena.TAPES}
  %tape.p = getelementptr inbounds i64, ptr %ctx, i64 %at
  store ptr %memory, ptr %tape.p
  %up = add i64 %n, 1
  store i64 %up, ptr %d{arena.TAPE_COUNT}
  br label %tape"""
"""As many tapes as the caller has."""


def vendor_kernels() -> list[str]:
    """While a job that calls vendor kernels runs they use one thread, in whatever thread they are called."""
    return [_ENTER, _LEAVE]


_ENTER = """define internal void @tg.blas.enter() nounwind {
  %set = load ptr, ptr @tg.blas.set
  %none = icmp eq ptr %set, null
  br i1 %none, label %out, label %go
go:
  call void @tg.acquire(ptr @tg.blas.lock)
  %users = load i32, ptr @tg.blas.users
  %up = add i32 %users, 1
  store i32 %up, ptr @tg.blas.users
  %first = icmp eq i32 %users, 0
  br i1 %first, label %change, label %done
change:
  %get = load ptr, ptr @tg.blas.get
  %before = call i32 %get()
  store i32 %before, ptr @tg.blas.before
  call void %set(i32 1)
  br label %done
done:
  call void @tg.release(ptr @tg.blas.lock)
  br label %out
out:
  ret void
}"""

_LEAVE = """define internal void @tg.blas.leave() nounwind {
  %set = load ptr, ptr @tg.blas.set
  %none = icmp eq ptr %set, null
  br i1 %none, label %out, label %go
go:
  call void @tg.acquire(ptr @tg.blas.lock)
  %users = load i32, ptr @tg.blas.users
  %down = sub i32 %users, 1
  %kept = call i32 @llvm.smax.i32(i32 %down, i32 0)
  store i32 %kept, ptr @tg.blas.users
  %last = icmp eq i32 %down, 0
  br i1 %last, label %change, label %done
change:
  %before = load i32, ptr @tg.blas.before
  call void %set(i32 %before)
  br label %done
done:
  call void @tg.release(ptr @tg.blas.lock)
  br label %out
out:
  ret void
}"""
