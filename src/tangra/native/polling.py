"""Ctrl-C in compiled loops: a counter that now and then asks Python for pending signals. And the arena's mark in loops.

Loops that hold other loops or array work poll every 2^10 trips, innermost ones without bounds (or without arrays, which
would bound them) every 2^14. Python's handlers run in the poll; what they raise is kept for the caller to raise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.ir import Block, Op
from tangra.native.arena import ARENA_TOP, PAYLOAD
from tangra.native.module import Module

if TYPE_CHECKING:
    from tangra.native.emitter import Emitter

PERIOD = 1 << 14
OUTER_STEP = 1 << 4
INTERRUPTED = -1
"""The error number that stands for an exception raised by a signal handler; its parts are in the payload."""


def poll(em: Emitter, op: Op) -> None:
    """At the end of a trip of the loop `op`: count, and ask for signals when the count is up."""
    body = op.regions[0]
    leaf = _is_leaf(body)
    if not em.module.options.interruptible or (leaf and op.attrs["counted"] and _touches_arrays(body)):
        return
    em.uses_poll = True
    code = em.code
    step = 1 if leaf else OUTER_STEP
    left = code.ins(f"sub i64 {code.ins('load i64, ptr %polls')}, {step}")
    code.do(f"store i64 {left}, ptr %polls")
    ask, go, stop = code.name("ask"), code.name("go"), code.name("stop")
    code.branch(code.ins(f"icmp sle i64 {left}, 0"), ask, go, ", !prof !0")
    code.start(ask)
    code.do(f"store i64 {PERIOD}, ptr %polls")
    raised = code.ins(f"call i32 {_define_poll(em.module)}(ptr {em.context})")
    code.branch(code.ins(f"icmp ne i32 {raised}, 0"), stop, go, ", !prof !0")
    code.start(stop)
    em.uses_failure = True
    code.goto("failed")
    code.start(go)


def _is_leaf(body: Block) -> bool:
    return not any(op.name == "loop" or any(v.type.shape for v in op.results if hasattr(v.type, "shape")) for op in body.walk()
                   if op.name not in ("index", "update", "accumulate", "if", "yield"))


def _touches_arrays(body: Block) -> bool:
    return any(op.name in ("index", "update", "accumulate") for op in body.walk())


def _define_poll(module: Module) -> str:
    for name, signature in (
        ("PyGILState_Ensure", "i32 ()"),
        ("PyGILState_Release", "void (i32)"),
        ("PyErr_CheckSignals", "i32 ()"),
        ("PyErr_Fetch", "void (ptr, ptr, ptr)"),
    ):
        module.external(name, signature)
    places = "\n".join(
        f"  %p{k} = getelementptr inbounds i64, ptr %ctx, i64 {PAYLOAD + k}" for k in range(3)
    )
    return module.define(
        "@tg.poll",
        f"""define internal i32 @tg.poll(ptr %ctx) noinline nounwind {{
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
