"""Ctrl-C in compiled loops: they now and then let Python look for signals. And the arena's mark in loops.

Loops that hold other loops or array work, and loops without bounds, count down and ask when the count is up; innermost
counted loops are cut into strips and ask between them, unless the size of an array or a small number bounds them.
Python's handlers run while we ask; what they raise is kept for the caller to raise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.ir import ArrayType, Block, Op
from tangra.native.arena import ARENA_TOP, CHUNK, HELPS, JOB, PAYLOAD
from tangra.native.failures import ABANDONED, INTERRUPTED
from tangra.native.module import Module
from tangra.native.pool_help import FAILED, STOP, word
from tangra.native.text import UNLIKELY

if TYPE_CHECKING:
    from tangra.native.emitter import Emitter

PERIOD = 1 << 14
"""Trips of an innermost loop between two questions; an outer loop's trip counts `OUTER_STEP`."""
OUTER_STEP = 1 << 4
STRIP = 1 << 18
PLAIN = ("index", "update", "accumulate", "if", "yield", "broadcast", "fail_if", "check_index", "tape_push", "tape_pop")


def needs_strips(em: Emitter, op: Op) -> bool:
    """Whether the counted innermost loop `op` may run for long."""
    return em.module.options.interruptible and is_leaf(op.regions[0]) and not _is_short(op)


def _is_short(op: Op) -> bool:
    """Whether the trips of a counted loop are as few as a known small number, or bounded by sizes of arrays."""
    numbers = []
    for bound in op.operands[:2]:
        made = bound.defining_op
        if made is None or made.name not in ("constant", "dim"):
            return False
        if made.name == "constant":
            numbers.append(int(made.attrs["value"]))
    return all(abs(n) <= STRIP for n in numbers)


def poll(em: Emitter, op: Op) -> None:
    """At the end of a trip of the loop `op`: count, and ask when the count is up."""
    leaf = is_leaf(op.regions[0])
    if not em.module.options.interruptible or (leaf and op.attrs["counted"]):
        return
    em.uses_poll = True
    code = em.code
    left = code.ins(f"sub i64 {code.ins('load i64, ptr %polls')}, {1 if leaf else OUTER_STEP}")
    code.do(f"store i64 {left}, ptr %polls")
    up, go = code.name("up"), code.name("go")
    code.branch(code.ins(f"icmp sle i64 {left}, 0"), up, go, UNLIKELY)
    code.start(up)
    code.do(f"store i64 {PERIOD}, ptr %polls")
    ask(em)
    code.fall_into(go)


def ask(em: Emitter) -> None:
    """Let Python look for signals; leave the function if a handler raised."""
    code = em.code
    em.uses_failure = True
    go, stop = code.name("go"), code.name("stop")
    raised = code.ins(f"call i32 {define_poll(em.module)}(ptr {em.context})")
    code.branch(code.ins(f"icmp ne i32 {raised}, 0"), stop, go, UNLIKELY)
    code.start(stop)
    code.goto("failed")
    code.start(go)


def is_leaf(body: Block) -> bool:
    """Whether a loop's body holds neither loops nor work on whole arrays nor calls."""
    for op in body.walk():
        if op.name in ("loop", "call", "custom_derivative"):
            return False
        if op.name not in PLAIN and any(isinstance(v.type, ArrayType) and v.type.shape for v in op.results):
            return False
    return True


def define_poll(module: Module) -> str:
    """`i32 (ctx)`: look for signals; whether to leave. In a job also leave where that is to stop, or an earlier chunk
    has failed; threads that help only look at that."""
    for name, signature in (
        ("PyGILState_Ensure", "i32 ()"),
        ("PyGILState_Release", "void (i32)"),
        ("PyErr_CheckSignals", "i32 ()"),
        ("PyErr_Fetch", "void (ptr, ptr, ptr)"),
    ):
        module.external(name, signature)
    places = "\n".join(f"  %p{k} = getelementptr inbounds i64, ptr %ctx, i64 {PAYLOAD + k}" for k in range(3))
    return module.define(
        "@tg.poll",
        f"""define internal i32 @tg.poll(ptr %ctx) noinline nounwind {{
{word("%ctx", JOB, "job.p")}
  %n = load i64, ptr %job.p
  %alone = icmp eq i64 %n, 0
  br i1 %alone, label %signals, label %shared
shared:
  %job = inttoptr i64 %n to ptr
{word("%job", STOP, "stop.p")}
{word("%job", FAILED, "failed.p")}
{word("%ctx", CHUNK, "chunk.p")}
{word("%ctx", HELPS, "helps.p")}
  %stop = load atomic i64, ptr %stop.p acquire, align 8
  %failed = load atomic i64, ptr %failed.p acquire, align 8
  %chunk = load i64, ptr %chunk.p
  %stopped = icmp ne i64 %stop, 0
  %vain = icmp ult i64 %failed, %chunk
  %end = or i1 %stopped, %vain
  br i1 %end, label %leave, label %stay
leave:
  store i64 {ABANDONED}, ptr %ctx
  ret i32 1
stay:
  %helps = load i64, ptr %helps.p
  %asks = icmp eq i64 %helps, 0
  br i1 %asks, label %signals, label %on
on:
  ret i32 0
signals:
  %state = call i32 @PyGILState_Ensure()
  %raised = call i32 @PyErr_CheckSignals()
  %any = icmp ne i32 %raised, 0
  br i1 %any, label %keep, label %out
keep:
{places}
  call void @PyErr_Fetch(ptr %p0, ptr %p1, ptr %p2)
  store i64 {INTERRUPTED}, ptr %ctx
  br label %out
out:
  call void @PyGILState_Release(i32 %state)
  ret i32 %raised
}}""",
    )


def save_arena(em: Emitter) -> str:
    """The arena's next free byte, at the start of a trip that may claim memory of its own."""
    place = em.code.ins(f"getelementptr inbounds i64, ptr {em.context}, i64 {ARENA_TOP}")
    return em.code.ins(f"load i64, ptr {place}")


def restore_arena(em: Emitter, mark: str) -> None:
    """Give back what was claimed since `mark`."""
    place = em.code.ins(f"getelementptr inbounds i64, ptr {em.context}, i64 {ARENA_TOP}")
    em.code.do(f"store i64 {mark}, ptr {place}")
