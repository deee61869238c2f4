"""Code that follows plans of `onednn`."""

from __future__ import annotations

from tangra.ir import I32, I64, U8
from tangra.native import onednn, onednn_text
from tangra.native.emitter import Emitter
from tangra.native.failures import ErrorRecord
from tangra.native.onednn import Plan
from tangra.native.onednn_tasks import Task
from tangra.native.text import UNLIKELY, Operand
from tangra.native.values import Strided

FAILED = "oneDNN could not compute a convolution or product (its status {})"


def possible(em: Emitter, task: Task) -> bool:
    """Whether oneDNN may be used, is there and has a kernel for the task."""
    if not em.module.options.onednn:
        return False
    em.module.beside = onednn.identity()
    return onednn.library() is not None and onednn.plans(task) is not None


def prepared(em: Emitter, task: Task, array: Strided) -> Strided:
    """The array that parts share, as the plan for them wants it."""
    found = onednn.plans(task)
    assert found is not None
    if not found[0].steps:
        return array
    memory = em.allocate(U8, (onednn.prepared_bytes(task),))
    run(em, found[0], {"x": array, "y": memory})
    return memory


def run(em: Emitter, plan: Plan, arrays: dict[str, Strided], places: dict[str, Operand] | None = None) -> None:
    """Follow a plan, with the arrays at these places (else where they start)."""
    module, code = em.module, em.code
    table = module.external_data(f"onednn.{onednn.PLAN}.{plan.name}")
    room = em.allocate(U8, (max(plan.room, 1),))
    pointers = []
    for base in onednn.BASES:
        array = room if base == "room" else arrays.get(base)
        pointers.append(
            "ptr null" if array is None else f"ptr {em.address(array, (places or {}).get(base, array.offset))}"
        )
    status = code.ins(f"call i32 {_follow(em)}(ptr {table}, {', '.join(pointers)})")
    bad, good = code.name("bad"), code.name("good")
    code.branch(code.ins(f"icmp ne i32 {status}, 0"), bad, good, UNLIKELY)
    code.start(bad)
    em.fail(ErrorRecord("RuntimeError", FAILED, (I64,), None), [(I32, status)])
    code.start(good)


def _follow(em: Emitter) -> str:
    """The function that follows plans, part of the module from now on: its statuses, or-ed."""
    for function, signature in onednn_text.CALLED.items():
        em.module.external(f"onednn.{onednn.FUNCTION}.{function}", signature)
    return em.module.define(onednn_text.NAME, onednn_text.FOLLOW)
