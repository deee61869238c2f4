"""Workspaces as wrappers take them: from a list that only compiled code changes, while it holds the global lock.

So a call from another thread, or from a signal handler within a call, has a workspace of its own. The list is linked
through the context blocks; a word that lives as long as the process holds its first one.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from tangra.native import arena
from tangra.native.memory import Limits, Workspace
from tangra.native.module import UNLIKELY, Module
from tangra.native.options import NativeOptions

if TYPE_CHECKING:
    from tangra.native.wrapper import Wrapper

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


def pool_for(options: NativeOptions) -> Pool:
    return pool((options.tape_limit, options.memory_limit))


def preparing(options: NativeOptions, uses_arena: bool, tapes: int) -> Callable[[int], int]:
    """`Pool.ready` for one function."""
    own = pool_for(options)
    return lambda address: own.ready(address, uses_arena, tapes)


def again(address: int, uses_arena: bool, tapes: int) -> None:
    """Make a workspace ready again after a call that failed."""
    _made[address].prepare(uses_arena, tapes)


def shrink(address: int) -> None:
    """Give the pages of a workspace back to the system."""
    _made[address].shrink()


# ---- in wrappers --------------------------------------------------------------------------------------------------


def take(w: Wrapper, uses_arena: bool, tapes: int) -> str:
    """A workspace for the call; leaves the wrapper with an exception where none can be had."""
    options = w.module.options
    head = w.address(pool_for(options).address)
    ready = w.constant(preparing(options, uses_arena, tapes))
    arguments = f"ptr {head}, ptr {ready}, i1 {str(uses_arena).lower()}, i64 {tapes}"
    space = w.code.ins(f"call ptr {define_take(w.module)}({arguments})")
    w.require(w.code.ins(f"icmp ne ptr {space}, null"))
    return space


def bring(w: Wrapper, space: str) -> None:
    """Return what `take` gave."""
    head = w.address(pool_for(w.module.options).address)
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
    w.called(shrink, [number])
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
