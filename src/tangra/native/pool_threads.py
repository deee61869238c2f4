"""The threads of the pool: how they are made, sleep, watch, help with jobs, and end; and what a fork does to them."""

from __future__ import annotations

import platform

from tangra.native.memory import MOST
from tangra.native.pool_help import FLOATS, MOST_SLOTS, SLOTS, word

CLOSED = 1 << 30
SPINS = 2000
"""Looks at a word (some 20 µs) before going to sleep over it."""
STACK_BYTES = 1 << 26
MACHINES = {
    "x86_64": (202, "call void @llvm.x86.sse2.pause()", "declare void @llvm.x86.sse2.pause()"),
    "aarch64": (98, "call void @llvm.aarch64.hint(i32 1)", "declare void @llvm.aarch64.hint(i32)"),
}
"""By machine: the number of the futex system call, and the instruction of a waiting loop."""


def futex(number: int) -> str:
    """Sleep while a word is `value` (for at most some nanoseconds, if that is not 0), and wake sleepers."""
    return f"""define internal void @tg.sleep(ptr %word, i32 %value, i64 %ns) nounwind {{
  %time = alloca [2 x i64]
  store i64 0, ptr %time
{word("%time", 1, "ns.p")}
  store i64 %ns, ptr %ns.p
  %always = icmp eq i64 %ns, 0
  %until = select i1 %always, ptr null, ptr %time
  %ignored = call i64 (i64, ...) @syscall(i64 {number}, ptr %word, i64 128, i32 %value, ptr %until, ptr null, i64 0)
  ret void
}}

define internal void @tg.wake(ptr %word, i32 %count) nounwind {{
  %ignored = call i64 (i64, ...) @syscall(i64 {number}, ptr %word, i64 129, i32 %count, ptr null, ptr null, i64 0)
  ret void
}}"""


def watch(pause: str) -> str:
    """Look at a word for a while; what it is when it is no longer `value`, or at the end."""
    return f"""define internal i32 @tg.watch(ptr %word, i32 %value) nounwind {{
  br label %look
look:
  %k = phi i32 [ 0, %0 ], [ %up, %again ]
  %now = load atomic i32, ptr %word acquire, align 4
  %other = icmp ne i32 %now, %value
  %tired = icmp eq i32 %k, {SPINS}
  %end = or i1 %other, %tired
  br i1 %end, label %out, label %again
again:
  {pause}
  %up = add i32 %k, 1
  br label %look
out:
  ret i32 %now
}}"""


THREAD = f"""define internal ptr @tg.thread(ptr %arg) nounwind {{
  %first = ptrtoint ptr %arg to i64
  %start = trunc i64 %first to i32
  br label %idle
idle:
  %seen = phi i32 [ %start, %0 ], [ %seen, %asleep ], [ %now, %after ]
  %now = call i32 @tg.watch(ptr @tg.jobs, i32 %seen)
  %end = load atomic i32, ptr @tg.ended acquire, align 4
  %ending = icmp ne i32 %end, 0
  br i1 %ending, label %out, label %check
check:
  %none = icmp eq i32 %now, %seen
  br i1 %none, label %asleep, label %enter
asleep:
  call void @tg.sleep(ptr @tg.jobs, i32 %seen, i64 0)
  br label %idle
enter:
  %inside = load atomic i32, ptr @tg.inside acquire, align 4
  %bit = and i32 %inside, {CLOSED}
  %closed = icmp ne i32 %bit, 0
  br i1 %closed, label %after, label %try
try:
  %one.more = add i32 %inside, 1
  %pair = cmpxchg ptr @tg.inside, i32 %inside, i32 %one.more acq_rel monotonic
  %in = extractvalue {{ i32, i1 }} %pair, 1
  br i1 %in, label %help, label %enter
help:
  call void @tg.help()
  %before = atomicrmw sub ptr @tg.inside, i32 1 acq_rel
  %last = icmp eq i32 %before, {CLOSED + 1}
  br i1 %last, label %tell, label %after
tell:
  call void @tg.wake(ptr @tg.inside, i32 1)
  br label %after
after:
  br label %idle
out:
  ret ptr null
}}

define internal void @tg.help() nounwind {{
  %job = load ptr, ptr @tg.job
{word("%job", SLOTS, "slots.p")}
{word("%job", MOST_SLOTS, "most.p")}
  %slot = atomicrmw add ptr %slots.p, i64 1 acq_rel
  %most = load i64, ptr %most.p
  %one = icmp ult i64 %slot, %most
  br i1 %one, label %prepare, label %out
prepare:
  %ctx = call ptr @tg.helper(ptr %job, i64 %slot)
  %none = icmp eq ptr %ctx, null
  br i1 %none, label %out, label %go
go:
{word("%job", FLOATS, "floats")}
  call void @tg.floats.set(ptr %floats)
  call void @tg.chunks(ptr %job, ptr %ctx)
  br label %out
out:
  ret void
}}"""

MORE = f"""define internal i64 @tg.more(i64 %wanted) nounwind {{
  %attributes = alloca [8 x i64], align 16
  %all = alloca [16 x i64], align 16
  %before = alloca [16 x i64], align 16
  %made = load i32, ptr @tg.made
  %have = zext i32 %made to i64
  %enough = icmp uge i64 %have, %wanted
  br i1 %enough, label %quick, label %start
quick:
  ret i64 %wanted
start:
  call void @llvm.memset.p0.i64(ptr %all, i8 -1, i64 128, i1 false)
  %a = call i32 @pthread_sigmask(i32 0, ptr %all, ptr %before)
  %b = call i32 @pthread_attr_init(ptr %attributes)
  %c = call i32 @pthread_attr_setstacksize(ptr %attributes, i64 {STACK_BYTES})
  %jobs = load atomic i32, ptr @tg.jobs monotonic, align 4
  %jobs.n = zext i32 %jobs to i64
  %arg = inttoptr i64 %jobs.n to ptr
  br label %next
next:
  %k = phi i64 [ %have, %start ], [ %up, %good ]
  %more = icmp ult i64 %k, %wanted
  br i1 %more, label %make, label %done
make:
  %place = getelementptr inbounds [{MOST} x i64], ptr @tg.threads, i64 0, i64 %k
  %status = call i32 @pthread_create(ptr %place, ptr %attributes, ptr @tg.thread, ptr %arg)
  %fine = icmp eq i32 %status, 0
  br i1 %fine, label %good, label %done
good:
  %up = add i64 %k, 1
  br label %next
done:
  %count = trunc i64 %k to i32
  store i32 %count, ptr @tg.made
  %d = call i32 @pthread_attr_destroy(ptr %attributes)
  %e = call i32 @pthread_sigmask(i32 2, ptr %before, ptr null)
  ret i64 %k
}}

declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)"""


def floats() -> list[str]:
    """Helpers round and treat denormal numbers as their caller does."""
    if platform.machine() != "x86_64":
        return [
            "define internal void @tg.floats.get(ptr %at) {\n  ret void\n}",
            "define internal void @tg.floats.set(ptr %at) {\n  ret void\n}",
        ]
    return [
        "declare void @llvm.x86.sse.stmxcsr(ptr)\ndeclare void @llvm.x86.sse.ldmxcsr(ptr)",
        "define internal void @tg.floats.get(ptr %at) {\n  call void @llvm.x86.sse.stmxcsr(ptr %at)\n  ret void\n}",
        "define internal void @tg.floats.set(ptr %at) {\n  call void @llvm.x86.sse.ldmxcsr(ptr %at)\n  ret void\n}",
    ]


END = f"""define void @tg.end() nounwind {{
  %pair = cmpxchg ptr @tg.taken, i32 0, i32 1 acq_rel monotonic
  %mine = extractvalue {{ i32, i1 }} %pair, 1
  br i1 %mine, label %stop, label %done
stop:
  store atomic i32 1, ptr @tg.ended release, align 4
  %jobs = atomicrmw add ptr @tg.jobs, i32 1 acq_rel
  call void @tg.wake(ptr @tg.jobs, i32 {MOST})
  %made = load i32, ptr @tg.made
  %count = zext i32 %made to i64
  br label %next
next:
  %k = phi i64 [ 0, %stop ], [ %up, %join ]
  %more = icmp ult i64 %k, %count
  br i1 %more, label %join, label %out
join:
  %place = getelementptr inbounds [{MOST} x i64], ptr @tg.threads, i64 0, i64 %k
  %thread = load i64, ptr %place
  %ignored = call i32 @pthread_join(i64 %thread, ptr null)
  %up = add i64 %k, 1
  br label %next
out:
  store i32 0, ptr @tg.made
  br label %done
done:
  ret void
}}"""
"""`tg.end`: the threads end, if no job runs; the pool stays taken, so that later jobs run in one thread."""

FORKED_CHILD = f"""define void @tg.forked() nounwind {{
  store i32 0, ptr @tg.made
  store atomic i32 {CLOSED}, ptr @tg.inside release, align 4
  store atomic i32 0, ptr @tg.taken release, align 4
  %forks = load i32, ptr @tg.forks
  %up = add i32 %forks, 1
  store i32 %up, ptr @tg.forks
  store atomic i32 0, ptr @tg.blas.lock release, align 4
  %users = load i32, ptr @tg.blas.users
  store i32 0, ptr @tg.blas.users
  %set = load ptr, ptr @tg.blas.set
  %some = icmp ne i32 %users, 0
  br i1 %some, label %restore, label %out
restore:
  %before = load i32, ptr @tg.blas.before
  call void %set(i32 %before)
  br label %out
out:
  ret void
}}"""
