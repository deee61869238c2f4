"""The exported functions of a module: `tg.entry` for addresses, `tg.objects` for NumPy arrays as Python objects.

Both take the context and one block of 8-byte words: the parameters, the sizes, the places of the results. Where
`tg.entry` finds the address of an array's elements, `tg.objects` finds the array object and reads the address out of
it. `tg.objects` also looks whether its arrays are fit for compiled code (contiguous, aligned; those written are
writeable and overlap no other), and gives up with the status `MISS` before anything has happened if they are not.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache

import numpy as np

from tangra.ir import ArrayType
from tangra.native.emit_function import Signature
from tangra.native.llvm_types import memory_type, register_type
from tangra.native.module import Module

MAX_ARGUMENTS = 256
"""Functions with more parameters and results have no way for objects."""
MISS = -2
"""The status of `tg.objects` for arrays that need the careful way."""

HEAD = object.__basicsize__
DATA, DIMENSIONS, FLAGS = HEAD, HEAD + 16, HEAD + 48
"""Byte offsets in NumPy's array object, which its C API promises; see `objects_readable`."""
CONTIGUOUS, ALIGNED, WRITEABLE = 0x0001, 0x0100, 0x0400


@cache
def objects_readable() -> bool:
    """Whether array objects of this Python and NumPy look as `tg.objects` expects."""
    probe = np.zeros((3, 5, 7))[1:]
    flags = ctypes.c_int.from_address(id(probe) + FLAGS).value
    dimensions = ctypes.c_void_p.from_address(id(probe) + DIMENSIONS).value or 0
    return (
        sys.implementation.name == "cpython"
        and ctypes.c_void_p.from_address(id(probe) + DATA).value == probe.ctypes.data
        and [ctypes.c_int64.from_address(dimensions + 8 * k).value for k in range(3)] == [2, 5, 7]
        and flags & (CONTIGUOUS | ALIGNED | WRITEABLE) == CONTIGUOUS | ALIGNED | WRITEABLE
        and probe.flags.num == flags
    )


def changed_parameters(module: Module, sig: Signature) -> set[int]:
    """The parameters that the function of `sig` writes, where it ends well or fails."""
    return {owner for owner in sig.written if owner is not None} | module.states[sig.name]


def has_short_way(sig: Signature) -> bool:
    """Whether `tg.objects` does anything."""
    return len(sig.params) + len(sig.results) <= MAX_ARGUMENTS and objects_readable()


def write_entries(module: Module, sig: Signature) -> None:
    """Write both exported functions for the function of `sig`."""
    for name in ("@tg.entry", "@tg.objects"):
        objects = name == "@tg.objects"
        if objects and not has_short_way(sig):
            module.functions.append(f"define i32 {name}(ptr %ctx, ptr %args) {{\n  ret i32 {MISS}\n}}")
        else:
            module.functions.append(_Writer(sig, changed_parameters(module, sig), objects).text(name))


class _Writer:
    """Writes one of them."""

    def __init__(self, sig: Signature, changed: set[int], objects: bool) -> None:
        self.sig = sig
        self.changed = changed
        self.objects = objects
        self.lines: list[str] = []
        self.checks: list[str] = []
        self.word = 0

    def text(self, name: str) -> str:
        args = ["ptr %ctx", *self._parameters(), *self._results()]
        call = f"  %status = call i32 {self.sig.name}({', '.join(args)})\n  ret i32 %status\n"
        head = f"define i32 {name}(ptr %ctx, ptr %args) #0 {{\n"
        if not self.checks:
            return head + "\n".join(self.lines) + "\n" + call + "}"
        good = self.checks[0]
        for k, check in enumerate(self.checks[1:]):
            self.lines.append(f"  %good{k} = and i1 {good}, {check}")
            good = f"%good{k}"
        self.lines.append(f"  br i1 {good}, label %go, label %miss")
        return head + "\n".join(self.lines) + f"\ngo:\n{call}miss:\n  ret i32 {MISS}\n}}"

    def _ins(self, name: str, text: str) -> str:
        self.lines.append(f"  %{name} = {text}")
        return f"%{name}"

    def _place(self, word: int) -> str:
        return self._ins(f"w{word}", f"getelementptr inbounds i64, ptr %args, i64 {word}")

    def _load(self, kind: str) -> str:
        word, self.word = self.word, self.word + 1
        place = self._place(word)
        return self._ins(f"x{word}", f"load {kind}, ptr {place}")

    def _elements(self, object_: str) -> str:
        """The address of an array's elements, from its object."""
        name = object_[1:]
        place = self._ins(f"{name}.dp", f"getelementptr inbounds i8, ptr {object_}, i64 {DATA}")
        return self._ins(f"{name}.d", f"load ptr, ptr {place}")

    def _parameters(self) -> list[str]:
        args: list[str] = []
        objects: dict[int, tuple[str, str]] = {}
        for k, type in enumerate(self.sig.params):
            if type.shape:
                found = self._load("ptr")
                if self.objects:
                    objects[k] = found, self._elements(found)
                    found = objects[k][1]
                args.append(f"ptr {found}")
                continue
            value = self._load(memory_type(type.dtype))
            if type.dtype.kind == "b":
                value = self._ins(f"{value[1:]}.b", f"trunc i8 {value} to i1")
            args.append(f"{register_type(type.dtype)} {value}")
        args += [f"i64 {self._load('i64')}" for _ in self.sig.symbols]
        self._check(objects)
        return args

    def _results(self) -> list[str]:
        args: list[str] = []
        for k, owner in enumerate(self.sig.written):
            if owner is not None:
                continue
            type = self.sig.results[k]
            if type.shape and not self.sig.dynamic(k):
                found = self._load("ptr")
                args.append(f"ptr {self._elements(found) if self.objects else found}")
            else:
                args.append(f"ptr {self._place(self.word)}")
                self.word += 1 + len(type.shape)
        return args

    def _check(self, objects: dict[int, tuple[str, str]]) -> None:
        written = [k for k in objects if k in self.changed]
        for k, (object_, _) in objects.items():
            need = CONTIGUOUS | ALIGNED | (WRITEABLE if k in self.changed else 0)
            place = self._ins(f"f{k}.p", f"getelementptr inbounds i8, ptr {object_}, i64 {FLAGS}")
            flags = self._ins(f"f{k}", f"load i32, ptr {place}")
            masked = self._ins(f"f{k}.m", f"and i32 {flags}, {need}")
            self.checks.append(self._ins(f"f{k}.ok", f"icmp eq i32 {masked}, {need}"))
        if not written or len(objects) < 2:
            return
        ranges = {k: self._range(k, *objects[k]) for k in objects}
        for w in written:
            for k in objects:
                if k != w and not (k in written and k < w):
                    self._apart(f"s{w}.{k}", ranges[w], ranges[k])

    def _range(self, k: int, object_: str, elements: str) -> tuple[str, str]:
        """First byte and end of an array's memory, as integers."""
        type: ArrayType = self.sig.params[k]
        start = self._ins(f"r{k}", f"ptrtoint ptr {elements} to i64")
        place = self._ins(f"n{k}.p", f"getelementptr inbounds i8, ptr {object_}, i64 {DIMENSIONS}")
        dims = self._ins(f"n{k}", f"load ptr, ptr {place}")
        size = str(type.dtype.itemsize)
        for axis in range(len(type.shape)):
            at = self._ins(f"n{k}.{axis}.p", f"getelementptr inbounds i64, ptr {dims}, i64 {axis}")
            n = self._ins(f"n{k}.{axis}", f"load i64, ptr {at}")
            size = self._ins(f"b{k}.{axis}", f"mul i64 {size}, {n}")
        return start, self._ins(f"e{k}", f"add i64 {start}, {size}")

    def _apart(self, name: str, a: tuple[str, str], b: tuple[str, str]) -> None:
        before = self._ins(f"{name}.b", f"icmp ule i64 {a[1]}, {b[0]}")
        after = self._ins(f"{name}.a", f"icmp ule i64 {b[1]}, {a[0]}")
        self.checks.append(self._ins(f"{name}.ok", f"or i1 {before}, {after}"))
