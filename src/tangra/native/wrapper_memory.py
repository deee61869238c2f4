"""How wrappers take and bring workspaces, as LLVM text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.native import arena, workspaces
from tangra.native.memory import limits_of
from tangra.native.module import Module
from tangra.native.text import UNLIKELY

if TYPE_CHECKING:
    from tangra.native.wrapper import Wrapper


def take(w: Wrapper, uses_arena: bool, tapes: int) -> str:
    """A workspace for the call; leaves the wrapper with an exception where none can be had."""
    limits = limits_of(w.module.options)
    head = w.address(workspaces.head_of, limits)
    ready = w.constant(workspaces.Preparing(limits, uses_arena, tapes))
    arguments = f"ptr {head}, ptr {ready}, i1 {str(uses_arena).lower()}, i64 {tapes}"
    space = w.code.ins(f"call ptr {define_take(w.module)}({arguments})")
    w.require(w.code.ins(f"icmp ne ptr {space}, null"))
    return space


def bring(w: Wrapper, space: str) -> None:
    """Return what `take` gave."""
    head = w.address(workspaces.head_of, limits_of(w.module.options))
    following = w.code.ins(f"load ptr, ptr {head}")
    place = w.code.ins(f"getelementptr inbounds i64, ptr {space}, i64 {arena.NEXT}")
    w.code.do(f"store ptr {following}, ptr {place}")
    w.code.do(f"store ptr {space}, ptr {head}")


def clock(w: Wrapper) -> str:
    """Now, in nanoseconds."""
    get = w.module.external("clock_gettime", "i32 (i32, ptr)")
    w.module.define(
        "@tg.clock",
        f"""define internal i64 @tg.clock() nounwind {{
  %time = alloca [2 x i64]
  %status = call i32 {get}(i32 1, ptr %time)
  %s = load i64, ptr %time
  %place = getelementptr inbounds i64, ptr %time, i64 1
  %ns = load i64, ptr %place
  %whole = mul i64 %s, 1000000000
  %now = add i64 %whole, %ns
  ret i64 %now
}}""",
    )
    return w.code.ins("call i64 @tg.clock()")


def shrink_if_slow(w: Wrapper, space: str, start: str, seconds: float) -> None:
    """A call that ran for long may have filled much memory: give it back."""
    code, long, go = w.code, w.code.name("long"), w.code.name("go")
    elapsed = code.ins(f"sub i64 {clock(w)}, {start}")
    code.branch(code.ins(f"icmp sgt i64 {elapsed}, {int(seconds * 1e9)}"), long, go, UNLIKELY)
    code.start(long)
    before = w.owned
    number = w.require_object(w.api("PyLong_FromVoidPtr", "ptr (ptr)", f"ptr {space}"))
    w.called(workspaces.shrink, [number])
    for obj in (n for n in w.owned if n not in before):
        w.api("Py_DecRef", "void (ptr)", f"ptr {obj}")
    w.owned = before
    code.fall_into(go)


def define_take(module: Module) -> str:
    number = module.external("PyLong_FromVoidPtr", "ptr (ptr)")
    back = module.external("PyLong_AsVoidPtr", "ptr (ptr)")
    call = module.external("PyObject_CallOneArg", "ptr (ptr, ptr)")
    release = module.external("Py_DecRef", "void (ptr)")
    return module.define(
        "@tg.take",
        f"""define internal ptr @tg.take(ptr %head, ptr %ready, i1 %arena, i64 %tapes) nounwind {{
  %first = load ptr, ptr %head
  %empty = icmp eq ptr %first, null
  br i1 %empty, label %slow, label %look{UNLIKELY}
look:
  %next.place = getelementptr inbounds i64, ptr %first, i64 {arena.NEXT}
  %next = load ptr, ptr %next.place
  store ptr %next, ptr %head
  %end.place = getelementptr inbounds i64, ptr %first, i64 {arena.ARENA_END}
  %end = load i64, ptr %end.place
  %has = icmp ne i64 %end, 0
  %unused = xor i1 %arena, true
  %enough = or i1 %has, %unused
  %count.place = getelementptr inbounds i64, ptr %first, i64 {arena.TAPE_COUNT}
  %count = load i64, ptr %count.place
  %all = icmp sge i64 %count, %tapes
  %good = and i1 %enough, %all
  br i1 %good, label %have, label %slow
have:
  ret ptr %first
slow:
  %given = phi ptr [ null, %0 ], [ %first, %look ]
  %number = call ptr {number}(ptr %given)
  %none = icmp eq ptr %number, null
  br i1 %none, label %error, label %ask
ask:
  %made = call ptr {call}(ptr %ready, ptr %number)
  call void {release}(ptr %number)
  %failed = icmp eq ptr %made, null
  br i1 %failed, label %error, label %made.good
made.good:
  %space = call ptr {back}(ptr %made)
  call void {release}(ptr %made)
  ret ptr %space
error:
  ret ptr null
}}""",
    )
