"""The pool's code, as LLVM text: a module of its own that all compiled functions share.

A caller publishes a *job*: a function that runs one chunk of the trips, and how many chunks there are. It takes chunks
itself until none is left, then waits for the threads that are still at one. Threads sleep on a futex (`tg.jobs`, the
number of jobs so far). `tg.inside` counts the threads that may touch the job; while it is `CLOSED` none can come in,
and only then does a caller return. One job runs at a time: who finds the pool taken runs all chunks itself.

Chunks are handed out in order. So when one fails, all before it have been taken by somebody, who finishes them: the
failure of the lowest chunk is the one that is reported.
"""

from __future__ import annotations

import platform

from tangra.native import arena
from tangra.native.failures import ABANDONED, FORKED, INTERRUPTED
from tangra.native.memory import MOST
from tangra.native.module import INTERRUPTIBLE, VENDOR, Module
from tangra.native.polling import define_poll
from tangra.native.pool_help import (
    CALLER,
    CHUNKS,
    ERROR,
    FAILED,
    FLOATS,
    FN,
    FRAME,
    LENGTH,
    LOCK,
    MOST_SLOTS,
    NEXT,
    SLOTS,
    STOP,
    TRIPS,
    WORDS,
    helpers,
    vendor_kernels,
    word,
)
from tangra.native.pool_threads import CLOSED, END, FORKED_CHILD, MACHINES, MORE, THREAD, floats, futex, watch


def supported() -> bool:
    """Whether there are threads on this kind of machine; jobs run in one thread elsewhere."""
    return platform.system() == "Linux" and platform.machine() in MACHINES


def write(module: Module) -> None:
    """Write `tg.run` and what belongs to it into the module."""
    define_poll(module)
    for name, signature in (
        ("calloc", "ptr (i64, i64)"),
        ("realloc", "ptr (ptr, i64)"),
        ("sched_yield", "i32 ()"),
        ("mmap", "ptr (ptr, i64, i32, i32, i32, i64)"),
    ):
        module.external(name, signature)
    module.declare("declare i64 @llvm.umin.i64(i64, i64)")
    module.declare("declare i32 @llvm.smax.i32(i32, i32)")
    module.define("@tg.words", GLOBALS)
    module.functions += [_PLAIN_LOCK, _CHUNK, _CHUNKS, *helpers(), *vendor_kernels(), _SERIALLY]
    if supported():
        number, pause, declaration = MACHINES[platform.machine()]
        for name, signature in (
            ("pthread_create", "i32 (ptr, ptr, ptr, ptr)"),
            ("pthread_join", "i32 (i64, ptr)"),
            ("pthread_attr_init", "i32 (ptr)"),
            ("pthread_attr_destroy", "i32 (ptr)"),
            ("pthread_attr_setstacksize", "i32 (ptr, i64)"),
            ("pthread_sigmask", "i32 (i32, ptr, ptr)"),
            ("syscall", "i64 (i64, ...)"),
        ):
            module.external(name, signature)
        module.declare(declaration)
        module.functions += [futex(number), watch(pause), THREAD, MORE, *floats(), _run(), END]
    else:
        module.functions += [_RUN_SERIALLY, "define void @tg.end() {\n  ret void\n}"]
    module.functions.append(FORKED_CHILD)


GLOBALS = f"""@tg.taken = internal global i32 0, align 64
@tg.jobs = internal global i32 0, align 64
@tg.inside = internal global i32 {CLOSED}, align 64
@tg.job = internal global ptr null, align 64
@tg.wanted = global ptr null, align 8
@tg.ended = internal global i32 0, align 4
@tg.forks = internal global i32 0, align 4
@tg.made = internal global i32 0, align 4
@tg.threads = internal global [{MOST} x i64] zeroinitializer
@tg.blas.lock = internal global i32 0, align 64
@tg.blas.users = internal global i32 0, align 4
@tg.blas.before = internal global i32 0, align 4
@tg.blas.get = global ptr null
@tg.blas.set = global ptr null"""

_PLAIN_LOCK = """define internal void @tg.acquire(ptr %lock) nounwind {
  br label %try
try:
  %pair = cmpxchg ptr %lock, i32 0, i32 1 acquire monotonic
  %mine = extractvalue { i32, i1 } %pair, 1
  br i1 %mine, label %have, label %wait
wait:
  %ignored = call i32 @sched_yield()
  br label %try
have:
  ret void
}

define internal void @tg.release(ptr %lock) nounwind {
  store atomic i32 0, ptr %lock release, align 4
  ret void
}"""

_CHUNK = f"""define internal i32 @tg.chunk(ptr %job, ptr %ctx, i64 %k) nounwind {{
{word("%job", FN, "fn.p")}
{word("%job", FRAME, "frame.p")}
{word("%job", TRIPS, "trips.p")}
{word("%job", LENGTH, "length.p")}
  %fn = load ptr, ptr %fn.p
  %frame = load ptr, ptr %frame.p
  %trips = load i64, ptr %trips.p
  %length = load i64, ptr %length.p
  %low = mul i64 %k, %length
  %end = add i64 %low, %length
  %high = call i64 @llvm.umin.i64(i64 %end, i64 %trips)
  %status = call i32 %fn(ptr %ctx, ptr %frame, i64 %k, i64 %low, i64 %high)
  ret i32 %status
}}"""

_CHUNKS = f"""define internal void @tg.chunks(ptr %job, ptr %ctx) nounwind {{
{word("%job", NEXT, "next.p")}
{word("%job", CHUNKS, "chunks.p")}
{word("%job", STOP, "stop.p")}
{word("%job", FAILED, "failed.p")}
{word("%job", LOCK, "lock")}
{word("%job", ERROR, "error")}
{word("%ctx", arena.CHUNK, "chunk.p")}
  %chunks = load i64, ptr %chunks.p
  br label %take
take:
  %stop = load atomic i64, ptr %stop.p acquire, align 8
  %stopped = icmp ne i64 %stop, 0
  br i1 %stopped, label %out, label %next
next:
  %k = atomicrmw add ptr %next.p, i64 1 acq_rel
  %failed = load atomic i64, ptr %failed.p acquire, align 8
  %last = call i64 @llvm.umin.i64(i64 %chunks, i64 %failed)
  %more = icmp ult i64 %k, %last
  br i1 %more, label %run, label %out
run:
  store i64 %k, ptr %chunk.p
  %status = call i32 @tg.chunk(ptr %job, ptr %ctx, i64 %k)
  %fine = icmp eq i32 %status, 0
  br i1 %fine, label %take, label %bad
bad:
  %number = load i64, ptr %ctx
  %interrupted = icmp eq i64 %number, {INTERRUPTED}
  br i1 %interrupted, label %halt, label %look
halt:
  store atomic i64 1, ptr %stop.p release, align 8
  br label %out
look:
  %abandoned = icmp eq i64 %number, {ABANDONED}
  br i1 %abandoned, label %forget, label %report
forget:
  store i64 0, ptr %ctx
  br label %out
report:
  call void @tg.acquire(ptr %lock)
  %before = load atomic i64, ptr %failed.p acquire, align 8
  %lower = icmp ult i64 %k, %before
  br i1 %lower, label %keep, label %kept
keep:
  store atomic i64 %k, ptr %failed.p release, align 8
  call void @llvm.memcpy.p0.p0.i64(ptr %error, ptr %ctx, i64 {8 * arena.JOB}, i1 false)
  br label %kept
kept:
  call void @tg.release(ptr %lock)
  store i64 0, ptr %ctx
  br label %out
out:
  ret void
}}

declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)"""

_SERIALLY = """define internal i32 @tg.serially(ptr %job, ptr %ctx, i64 %chunks) nounwind {
  br label %next
next:
  %k = phi i64 [ 0, %0 ], [ %up, %fine ]
  %status = call i32 @tg.chunk(ptr %job, ptr %ctx, i64 %k)
  %good = icmp eq i32 %status, 0
  br i1 %good, label %fine, label %out
fine:
  %up = add i64 %k, 1
  %more = icmp ult i64 %up, %chunks
  br i1 %more, label %next, label %out
out:
  ret i32 %status
}"""


RUN = "(ptr %ctx, ptr %fn, ptr %frame, i64 %trips, i64 %length, i32 %flags)"


def _job() -> str:
    """The start of `tg.run`: the job."""
    values = {
        FN: "ptr %fn", FRAME: "ptr %frame", CALLER: "ptr %ctx", TRIPS: "i64 %trips", LENGTH: "i64 %length",
        CHUNKS: "i64 %chunks", NEXT: "i64 0", FAILED: "i64 -1", STOP: "i64 0", LOCK: "i64 0", SLOTS: "i64 0",
    }  # fmt: skip
    lines = [
        f"  %job = alloca [{WORDS} x i64], align 64",
        "  %whole = add i64 %trips, %length",
        "  %last = sub i64 %whole, 1",
        "  %chunks = udiv i64 %last, %length",
        *(f"{word('%job', n, f'j{n}')}\n  store {value}, ptr %j{n}" for n, value in values.items()),
        f"  %blas = and i32 %flags, {VENDOR}",
        "  %vendor = icmp ne i32 %blas, 0",
        "  br i1 %vendor, label %enter, label %choose",
        "enter:",
        "  call void @tg.blas.enter()",
        "  br label %choose",
        "choose:",
    ]
    return "\n".join(lines)


_LEAVE = """serial:
  %alone = call i32 @tg.serially(ptr %job, ptr %ctx, i64 %chunks)
  br label %leave"""

_OUT = """  br i1 %vendor, label %restore, label %out
restore:
  call void @tg.blas.leave()
  br label %out
out:
  ret i32 %status"""

_RUN_SERIALLY = f"""define i32 @tg.run{RUN} nounwind {{
{_job()}
  br label %serial
{_LEAVE}
leave:
  %status = phi i32 [ %alone, %serial ]
{_OUT}
}}"""


def _run() -> str:
    """`tg.run(ctx, fn, frame, trips, length, flags)`: the status of running all chunks of so many trips, in threads."""
    return "\n".join([_START, _CLAIM, _PUBLISH, _WAIT, _GIVE_BACK, _FINISH])


_START = f"""define i32 @tg.run{RUN} nounwind {{
{_job()}
  %wanted.p = load ptr, ptr @tg.wanted
  %wanted.i = load atomic i32, ptr %wanted.p monotonic, align 4
  %wanted = zext i32 %wanted.i to i64
  %threads = call i64 @llvm.umin.i64(i64 %wanted, i64 %chunks)
  %few = icmp ult i64 %threads, 2
  br i1 %few, label %serial, label %ask"""
"""Whether there is more than one thread, and more than one chunk."""

_CLAIM = f"""ask:
  %pair = cmpxchg ptr @tg.taken, i32 0, i32 1 acq_rel monotonic
  %mine = extractvalue {{ i32, i1 }} %pair, 1
  br i1 %mine, label %have, label %serial
have:
  %forks = load i32, ptr @tg.forks
  %others = sub i64 %threads, 1
  %helpers = call i64 @tg.more(i64 %others)
  %nobody = icmp eq i64 %helpers, 0
  br i1 %nobody, label %back, label %table
table:
{word("%job", MOST_SLOTS, "most.p")}
  store i64 %helpers, ptr %most.p
{word("%job", FLOATS, "floats")}
  call void @tg.floats.get(ptr %floats)
{word("%ctx", arena.HELPERS, "table.p")}
  %old = load ptr, ptr %table.p
  %first = icmp eq ptr %old, null
  br i1 %first, label %make, label %go
make:
  %new = call ptr @calloc(i64 {MOST}, i64 8)
  store ptr %new, ptr %table.p
  %missing = icmp eq ptr %new, null
  br i1 %missing, label %back, label %go
back:
  store atomic i32 0, ptr @tg.taken release, align 4
  br label %serial"""
"""Take the pool, and make a table of helpers; serially where it is taken or has no threads."""

_PUBLISH = f"""go:
  store ptr %job, ptr @tg.job
{word("%ctx", arena.JOB, "at.p")}
  %job.n = ptrtoint ptr %job to i64
  store i64 %job.n, ptr %at.p
  store atomic i32 0, ptr @tg.inside release, align 4
  %number = atomicrmw add ptr @tg.jobs, i32 1 acq_rel
  %count = trunc i64 %helpers to i32
  call void @tg.wake(ptr @tg.jobs, i32 %count)
  call void @tg.chunks(ptr %job, ptr %ctx)
  store i64 0, ptr %at.p
  %here = atomicrmw or ptr @tg.inside, i32 {CLOSED} acq_rel
  br label %wait"""
"""Let helpers in and wake them, run chunks here, let nobody in any more."""

_WAIT = f"""wait:
  %inside = load atomic i32, ptr @tg.inside acquire, align 4
  %empty = icmp eq i32 %inside, {CLOSED}
  br i1 %empty, label %all, label %watch
watch:
  %now = call i32 @tg.watch(ptr @tg.inside, i32 %inside)
  %changed = icmp ne i32 %now, %inside
  br i1 %changed, label %wait, label %rest
rest:
  call void @tg.sleep(ptr @tg.inside, i32 %inside, i64 20000000)
  %askable = and i32 %flags, {INTERRUPTIBLE}
  %asks = icmp ne i32 %askable, 0
  %stop = load atomic i64, ptr %j{STOP} acquire, align 8
  %goes.on = icmp eq i64 %stop, 0
  %look = and i1 %asks, %goes.on
  br i1 %look, label %poll, label %wait
poll:
  %raised = call i32 @tg.poll(ptr %ctx)
  %halt = icmp ne i32 %raised, 0
  br i1 %halt, label %halted, label %wait
halted:
  store atomic i64 1, ptr %j{STOP} release, align 8
  br label %wait"""
"""Until the last helper has left; look for signals meanwhile."""

_GIVE_BACK = f"""all:
  %forks.now = load i32, ptr @tg.forks
  %same = icmp eq i32 %forks, %forks.now
  br i1 %same, label %give, label %forked
forked:
  store i64 {FORKED}, ptr %ctx
  ret i32 1
give:
  store atomic i32 0, ptr @tg.taken release, align 4
  %stopped = load atomic i64, ptr %j{STOP} acquire, align 8
  %halting = icmp ne i64 %stopped, 0
  br i1 %halting, label %leave, label %see
see:
  %bad = load atomic i64, ptr %j{FAILED} acquire, align 8
  %none = icmp eq i64 %bad, -1
  br i1 %none, label %leave, label %fail
fail:
{word("%job", ERROR, "error")}
  call void @llvm.memcpy.p0.p0.i64(ptr %ctx, ptr %error, i64 {8 * arena.JOB}, i1 false)
  br label %leave"""
"""Leave the pool to others; the failure of the lowest chunk, if one failed."""

_FINISH = f"""{_LEAVE}
leave:
  %status = phi i32 [ %alone, %serial ], [ 0, %see ], [ 1, %fail ], [ 1, %give ]
{_OUT}
}}"""
