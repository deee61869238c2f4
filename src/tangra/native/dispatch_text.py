"""The methods through which Python's calls reach wrappers, as LLVM text; see `dispatch`."""

from __future__ import annotations

from tangra.native import pyapi
from tangra.native.engine import Source
from tangra.native.module import Module
from tangra.native.options import NativeOptions
from tangra.native.pyhelpers import MISS as MISSED
from tangra.native.text import UNLIKELY

_SIGNATURE = "(ptr %self, ptr %args, i64 %nargs, ptr %kwnames)"


def write(offset: int) -> Source:
    """The two methods, for instances that hold their table at `offset`."""
    module = Module(NativeOptions())
    hold, release = module.external("Py_IncRef", "void (ptr)"), module.external("Py_DecRef", "void (ptr)")
    attribute = module.external("PyObject_GetAttr", "ptr (ptr, ptr)")
    call = module.external("PyObject_Vectorcall", "ptr (ptr, ptr, i64, ptr)")
    module.define("@tg.objects", "@tg.objects = global [2 x ptr] zeroinitializer")
    find = f"call ptr @tg.find{_SIGNATURE}"
    module.functions.append(_finding(offset, hold, release))
    module.functions.append(_dispatching(find, attribute, call, release))
    module.functions.append(_attempting(find, hold))
    return Source(module.text(), tuple(module.symbols), ("tg.dispatch", "tg.attempt", "tg.objects"))


def _finding(offset: int, hold: str, release: str) -> str:
    """`tg.find`: what the first wrapper that serves the call returns, else the mark of a miss."""
    return f"""define internal ptr @tg.find{_SIGNATURE} alwaysinline nounwind {{
  %slot = getelementptr inbounds i8, ptr %self, i64 {offset}
  %table = load ptr, ptr %slot
  %none = icmp eq ptr %table, null
  br i1 %none, label %missed, label %start{UNLIKELY}
start:
  call void {hold}(ptr %table)
  %words = getelementptr inbounds i8, ptr %table, i64 {pyapi.BYTES}
  %count = load i64, ptr %words, align 1
  %last.k = mul i64 %count, 3
  br label %next
next:
  %k = phi i64 [ 0, %start ], [ %up, %following ]
  %ended = icmp eq i64 %k, %last.k
  br i1 %ended, label %end, label %look
look:
  %n.k = add i64 %k, 1
  %n.place = getelementptr inbounds i64, ptr %words, i64 %n.k
  %n = load i64, ptr %n.place, align 1
  %fits = icmp eq i64 %n, %nargs
  br i1 %fits, label %try, label %following
try:
  %f.place = getelementptr inbounds i64, ptr %n.place, i64 1
  %f = load ptr, ptr %f.place, align 1
  %s.place = getelementptr inbounds i64, ptr %n.place, i64 2
  %s = load ptr, ptr %s.place, align 1
  %found = call ptr %f(ptr %s, ptr %args, i64 %nargs, ptr %kwnames)
  %miss = icmp eq ptr %found, {MISSED}
  br i1 %miss, label %following, label %served
following:
  %up = add i64 %k, 3
  br label %next
served:
  call void {release}(ptr %table)
  ret ptr %found
end:
  call void {release}(ptr %table)
  br label %missed
missed:
  ret ptr {MISSED}
}}"""


def _dispatching(find: str, attribute: str, call: str, release: str) -> str:
    """`__call__`: what a wrapper returns, else what the careful way does."""
    return f"""define ptr @tg.dispatch{_SIGNATURE} nounwind {{
  %found = {find}
  %miss = icmp eq ptr %found, {MISSED}
  br i1 %miss, label %carefully, label %done
done:
  ret ptr %found
carefully:
  %name = load ptr, ptr @tg.objects
  %method = call ptr {attribute}(ptr %self, ptr %name)
  %none = icmp eq ptr %method, null
  br i1 %none, label %error, label %go
go:
  %result = call ptr {call}(ptr %method, ptr %args, i64 %nargs, ptr %kwnames)
  call void {release}(ptr %method)
  ret ptr %result
error:
  ret ptr null
}}"""


def _attempting(find: str, hold: str) -> str:
    """`_attempt`: what a wrapper returns, else `MISS`."""
    return f"""define ptr @tg.attempt{_SIGNATURE} nounwind {{
  %found = {find}
  %miss = icmp eq ptr %found, {MISSED}
  br i1 %miss, label %none, label %done
done:
  ret ptr %found
none:
  %place = getelementptr inbounds ptr, ptr @tg.objects, i64 1
  %object = load ptr, ptr %place
  call void {hold}(ptr %object)
  ret ptr %object
}}"""
