"""Functions that wrappers share, as LLVM text: what takes a loop or is rarely run."""

from __future__ import annotations

from tangra.native import pyapi
from tangra.native.module import Module

MISS = "inttoptr (i64 1 to ptr)"
"""What a wrapper returns for a call that it does not serve; nothing has happened then."""
EQUAL = 2
"""How Python's C API names `==`."""


def define_unreadable(module: Module) -> str:
    """`ptr (exceptions)`: what a wrapper returns after a failed read. A miss if nothing was raised, or one of the
    exceptions given, which is cleared; else null."""
    occurred = module.external("PyErr_Occurred", "ptr ()")
    matches = module.external("PyErr_ExceptionMatches", "i32 (ptr)")
    clear = module.external("PyErr_Clear", "void ()")
    return module.define(
        "@tg.unreadable",
        f"""define internal ptr @tg.unreadable(ptr %kinds) cold noinline nounwind {{
  %set = call ptr {occurred}()
  %none = icmp eq ptr %set, null
  br i1 %none, label %miss, label %look
look:
  %known = call i32 {matches}(ptr %kinds)
  %other = icmp eq i32 %known, 0
  br i1 %other, label %raise, label %clear
clear:
  call void {clear}()
  br label %miss
miss:
  ret ptr {MISS}
raise:
  ret ptr null
}}""",
    )


def define_keys(module: Module) -> str:
    """`i32 (dict, keys, n)`: whether the keys of a dict are these, of the same classes (1 is not True) and in this
    order; -1 if a comparison raised."""
    size = module.external("PyDict_Size", "i64 (ptr)")
    following = module.external("PyDict_Next", "i32 (ptr, ptr, ptr, ptr)")
    get = module.external("PyTuple_GetItem", "ptr (ptr, i64)")
    compare = module.external("PyObject_RichCompareBool", "i32 (ptr, ptr, i32)")
    hold, release = module.external("Py_IncRef", "void (ptr)"), module.external("Py_DecRef", "void (ptr)")
    return module.define(
        "@tg.keys",
        f"""define internal i32 @tg.keys(ptr %dict, ptr %keys, i64 %n) noinline nounwind {{
  %pos = alloca i64
  %place = alloca ptr
  store i64 0, ptr %pos
  %size = call i64 {size}(ptr %dict)
  %fits = icmp eq i64 %size, %n
  br i1 %fits, label %next, label %no
next:
  %k = phi i64 [ 0, %0 ], [ %up, %same ]
  %done = icmp eq i64 %k, %n
  br i1 %done, label %yes, label %step
step:
  %any = call i32 {following}(ptr %dict, ptr %pos, ptr %place, ptr null)
  %ended = icmp eq i32 %any, 0
  br i1 %ended, label %no, label %look
look:
  %key = load ptr, ptr %place
  %expected = call ptr {get}(ptr %keys, i64 %k)
  %is = icmp eq ptr %key, %expected
  br i1 %is, label %same, label %classes
classes:
  %class.place = getelementptr inbounds i8, ptr %key, i64 {pyapi.TYPE}
  %class = load ptr, ptr %class.place
  %class.expected.place = getelementptr inbounds i8, ptr %expected, i64 {pyapi.TYPE}
  %class.expected = load ptr, ptr %class.expected.place
  %alike = icmp eq ptr %class, %class.expected
  br i1 %alike, label %equal, label %no
equal:
  call void {hold}(ptr %key)
  %equals = call i32 {compare}(ptr %key, ptr %expected, i32 {EQUAL})
  call void {release}(ptr %key)
  %good = icmp eq i32 %equals, 1
  br i1 %good, label %same, label %differs
differs:
  ret i32 %equals
same:
  %up = add i64 %k, 1
  br label %next
yes:
  ret i32 1
no:
  ret i32 0
}}""",
    )


def define_distinct(module: Module) -> str:
    """`i1 (pointers, n)`: whether no two are the same."""
    return module.define(
        "@tg.distinct",
        """define internal i1 @tg.distinct(ptr %all, i64 %n) noinline nounwind {
  br label %outer
outer:
  %i = phi i64 [ 1, %0 ], [ %iup, %outer.next ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %take, label %yes
take:
  %ip = getelementptr inbounds ptr, ptr %all, i64 %i
  %a = load ptr, ptr %ip
  br label %inner
inner:
  %j = phi i64 [ 0, %take ], [ %jup, %inner ]
  %found = phi i1 [ false, %take ], [ %either, %inner ]
  %jp = getelementptr inbounds ptr, ptr %all, i64 %j
  %b = load ptr, ptr %jp
  %is = icmp eq ptr %a, %b
  %either = or i1 %found, %is
  %jup = add i64 %j, 1
  %again = icmp slt i64 %jup, %i
  br i1 %again, label %inner, label %outer.next
outer.next:
  %iup = add i64 %i, 1
  br i1 %either, label %no, label %outer
yes:
  ret i1 true
no:
  ret i1 false
}""",
    )


def define_apart(module: Module) -> str:
    """`i1 (ranges, m, n)`: whether none of the first m of n ranges, each a start and an end, overlaps another one."""
    return module.define(
        "@tg.apart",
        """define internal i1 @tg.apart(ptr %all, i64 %m, i64 %n) noinline nounwind {
  br label %outer
outer:
  %i = phi i64 [ 0, %0 ], [ %next, %outer.next ]
  %more = icmp slt i64 %i, %m
  br i1 %more, label %take, label %yes
take:
  %next = add i64 %i, 1
  %at = getelementptr inbounds [2 x i64], ptr %all, i64 %i
  %start = load i64, ptr %at
  %at.end = getelementptr inbounds i64, ptr %at, i64 1
  %end = load i64, ptr %at.end
  br label %inner
inner:
  %j = phi i64 [ %next, %take ], [ %jup, %look ]
  %rest = icmp slt i64 %j, %n
  br i1 %rest, label %look, label %outer.next
look:
  %jup = add i64 %j, 1
  %other = getelementptr inbounds [2 x i64], ptr %all, i64 %j
  %other.start = load i64, ptr %other
  %other.at = getelementptr inbounds i64, ptr %other, i64 1
  %other.end = load i64, ptr %other.at
  %before = icmp ule i64 %end, %other.start
  %after = icmp ule i64 %other.end, %start
  %good = or i1 %before, %after
  br i1 %good, label %inner, label %no
outer.next:
  br label %outer
yes:
  ret i1 true
no:
  ret i1 false
}""",
    )
