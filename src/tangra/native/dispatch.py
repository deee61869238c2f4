"""How a call from Python reaches wrappers: a method `__call__` in machine code, put into a class of callables.

Instances of the class hold a `Table` of wrappers in a slot. The method goes through the wrappers for this number of
positional arguments until one serves the call; if none does, it calls `self._call_carefully`. A second method,
`_attempt`, returns `MISS` instead. Python finds them as it finds any method of a class, so that everything else about
the class and its instances is as usual. Where the interpreter is not one we know (see `pyapi`), nothing is put in.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tangra.native import engine, pyapi
from tangra.native.module import UNLIKELY, Module
from tangra.native.options import NativeOptions
from tangra.native.pyhelpers import MISS as MISSED

MISS: Any = object()
"""What `_attempt` returns for a call that no wrapper serves."""
SLOT = "_table"
CAREFUL = "_call_carefully"
_FASTCALL, _KEYWORDS = 0x80, 0x02
_SIGNATURE = "(ptr %self, ptr %args, i64 %nargs, ptr %kwnames)"
_installed: set[type] = set()
_kept: list[Any] = []


@dataclass(frozen=True, eq=False)
class Entry:
    """A wrapper: its address, that of its constants, the number of its positional arguments, what it needs alive."""

    address: int
    state: int
    positional: int
    keep: Any


class Table(bytes):
    """Wrappers in the order in which they are tried, as the words that compiled code reads."""

    entries: tuple[Entry, ...]


def table(entries: Sequence[Entry]) -> Table:
    """The table of these wrappers."""
    words = [len(entries)]
    for entry in entries:
        words += [entry.positional, entry.address, entry.state]
    made = Table(b"".join(word.to_bytes(8, "little") for word in words))
    made.entries = tuple(entries)
    return made


class _MethodDef(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


def install(cls: type) -> None:
    """Give `cls` the methods, if it has not got them yet and the interpreter is one we know. One thread at a time."""
    if cls in _installed or not pyapi.understood():
        return
    _installed.add(cls)
    offset = pyapi.slot_offset(cls, SLOT)
    if offset is None:
        return
    module = Module(NativeOptions())
    _write(module, offset)
    code = engine.compile_object(module.text(), module.options)
    loaded = engine.load([code], module.symbols, ("tg.dispatch", "tg.attempt", "tg.objects"))
    objects = (ctypes.c_void_p * 2).from_address(loaded.addresses["tg.objects"])
    objects[0], objects[1] = id(CAREFUL), id(MISS)
    _kept.extend((loaded, CAREFUL, MISS))
    for name, place in (("__call__", "tg.dispatch"), ("_attempt", "tg.attempt")):
        doc = f"{name}($self, /, *args, **kwargs)\n--\n\nCall the compiled function."
        made = _MethodDef(name.encode(), loaded.addresses[place], _FASTCALL | _KEYWORDS, doc.encode())
        _kept.append(made)
        setattr(cls, name, _descriptor(cls, made))


def _descriptor(cls: type, definition: _MethodDef) -> Any:
    new: Any = ctypes.pythonapi.PyDescr_NewMethod
    new.restype, new.argtypes = ctypes.py_object, [ctypes.py_object, ctypes.c_void_p]
    return new(cls, ctypes.addressof(definition))


def _write(module: Module, offset: int) -> None:
    """The two methods, for instances that hold their table at `offset`."""
    hold, release = module.external("Py_IncRef", "void (ptr)"), module.external("Py_DecRef", "void (ptr)")
    attribute = module.external("PyObject_GetAttr", "ptr (ptr, ptr)")
    call = module.external("PyObject_Vectorcall", "ptr (ptr, ptr, i64, ptr)")
    module.define("@tg.objects", "@tg.objects = global [2 x ptr] zeroinitializer")
    find = f"call ptr @tg.find{_SIGNATURE}"
    module.functions.append(_finding(offset, hold, release))
    module.functions.append(_dispatching(find, attribute, call, release))
    module.functions.append(_attempting(find, hold))


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
