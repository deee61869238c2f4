"""Compiled functions as C functions: numbers by value, arrays by address, for callers that know nothing of Python.

`tg.raw` takes the parameters in order, then places for the results. A function whose only result is a float returns it,
and NaN where it fails; any other returns an int, 0 where all went well. What the function captured is read from
variables of the module, which hold it as it was when the function was prepared. A function that needs a workspace takes
the global lock for a moment before and after.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tangra.ir import ArrayType, Func
from tangra.native import arena, engine, workspaces, wrapper_memory
from tangra.native.compiling import emit_module
from tangra.native.llvm_types import double_bits, memory_type, register_type
from tangra.native.memory import limits_of
from tangra.native.module import Module
from tangra.native.options import NativeOptions
from tangra.native.signature import Signature

C_NAMES = {
    "bool": "bool", "i8": "int8_t", "i16": "int16_t", "i32": "int32_t", "i64": "int64_t", "u8": "uint8_t",
    "u16": "uint16_t", "u32": "uint32_t", "u64": "uint64_t", "f32": "float", "f64": "double",
}  # fmt: skip
NAN = double_bits(float("nan"))


@dataclass(frozen=True, eq=False)
class Raw:
    """A C function: its address, its declaration in C, its ctypes type, and what it needs alive."""

    address: int
    declaration: str
    prototype: Any
    keep: Any


def compile_raw(func: Func, options: NativeOptions, captured: Mapping[int, Any], name: str) -> Raw:
    """Compile `func` as a C function. `captured` gives the values of the parameters that callers don't pass: numbers,
    and contiguous arrays. Sizes must be known before the call, and no array may have rank 0."""
    module, sig = emit_module(func, options)
    writer = _Writer(module, sig, tuple(captured))
    module.functions.append(writer.text())
    exports = ["tg.raw", "tg.captured", "tg.space"]
    loaded = engine.load([engine.compile_object(module.text(), options)], module.symbols, exports)
    kept = _fill(loaded.addresses["tg.captured"], [(captured[k], sig.params[k]) for k in captured])
    ready = workspaces.Preparing(limits_of(options), writer.uses_arena, module.tapes)
    space = (ctypes.c_void_p * 2).from_address(loaded.addresses["tg.space"])
    space[0], space[1] = workspaces.head_of(limits_of(options)), id(ready)
    made = writer.declaration(name), writer.prototype()
    return Raw(loaded.addresses["tg.raw"], *made, (loaded, kept, ready))


def _fill(place: int, values: Sequence[tuple[Any, ArrayType]]) -> list[Any]:
    """Write captured values into the variables of the module; what must live as long."""
    words = (ctypes.c_int64 * max(len(values), 1)).from_address(place)
    kept = []
    for k, (value, type) in enumerate(values):
        if type.shape:
            words[k] = value.ctypes.data
            kept.append(value)
        else:
            raw = np.zeros(1, np.int64)
            raw.view(type.dtype.numpy)[0] = value
            words[k] = int(raw[0])
    return kept


class _Writer:
    """Writes `tg.raw`."""

    def __init__(self, module: Module, sig: Signature, captured: tuple[int, ...]) -> None:
        self.module = module
        self.sig = sig
        self.captured = captured
        self.uses_arena = module.uses_arena
        self.passed = [k for k in range(len(sig.params)) if k not in captured]
        self.results = [k for k, owner in enumerate(sig.written) if owner is None]
        only = [sig.results[k] for k in self.results]
        self.direct = only[0] if len(only) == 1 and not only[0].shape and only[0].dtype.kind == "f" else None

    # ---- how it is called --------------------------------------------------------------------------------------------
    def declaration(self, name: str) -> str:
        """The prototype in C."""
        given = [_spelled(self.sig.params[k], f"p{k}") for k in self.passed]
        if self.direct is None:
            given += [_spelled(self.sig.results[k], f"r{k}", place=True) for k in self.results]
        returned = C_NAMES[self.direct.dtype.name] if self.direct else "int"
        return f"{returned} {name}({', '.join(given) or 'void'})"

    def prototype(self) -> Any:
        """The function's type for ctypes; calls release the global lock."""
        given = [ctypes.c_void_p if self.sig.params[k].shape else _ctype(self.sig.params[k]) for k in self.passed]
        if self.direct is not None:
            return ctypes.CFUNCTYPE(_ctype(self.direct), *given)
        return ctypes.CFUNCTYPE(ctypes.c_int, *given, *[ctypes.c_void_p for _ in self.results])

    # ---- its text ----------------------------------------------------------------------------------------------------
    def text(self) -> str:
        words = max(len(self.captured), 1)
        self.module.define("@tg.captured", f"@tg.captured = global [{words} x i64] zeroinitializer, align 8")
        self.module.define("@tg.space", "@tg.space = global [2 x ptr] zeroinitializer, align 8")
        self.lines: list[str] = []
        given, operands = self._parameters()
        given += [f"ptr %r{k}" for k in self.results if self.direct is None]
        operands += [f"ptr %r{k}" for k in self.results]
        returned = register_type(self.direct.dtype) if self.direct else "i32"
        if self.direct is not None:
            self.lines.append(f"  %r{self.results[0]} = alloca {returned}")
        space = self.uses_arena or self.module.tapes > 0
        failed = f"{returned} {NAN}" if self.direct else "i32 1"
        if space:
            self._take(failed)
        else:
            self.lines += [
                f"  %ctx = alloca [{arena.ARENA_TOP} x i64], align 16",
                "  store i64 0, ptr %ctx",
                f"  %helps = getelementptr inbounds i64, ptr %ctx, i64 {arena.JOB}",
                "  store i64 0, ptr %helps",
            ]
        self.lines.append(f"  %status = call i32 {self.sig.name}({', '.join(['ptr %ctx', *operands])})")
        if space:
            self._bring()
        self.lines.append("  %bad = icmp ne i32 %status, 0")
        if self.direct is not None:
            self.lines += [
                f"  %value = load {returned}, ptr %r{self.results[0]}",
                f"  %out = select i1 %bad, {failed}, {returned} %value",
                f"  ret {returned} %out",
            ]
        else:
            self.lines += ["  %out = zext i1 %bad to i32", "  ret i32 %out"]
        return f"define {returned} @tg.raw({', '.join(given)}) #0 {{\n" + "\n".join(self.lines) + "\n}"

    def _parameters(self) -> tuple[list[str], list[str]]:
        """The parameters that are passed, and the operands for all."""
        given, operands = [], []
        for k, type in enumerate(self.sig.params):
            kind = "ptr" if type.shape else register_type(type.dtype)
            operands.append(f"{kind} %p{k}")
            if k in self.captured:
                self._captured(k, type)
            elif type.shape or type.dtype.kind in "bf":
                given.append(f"{kind} {'zeroext ' if kind == 'i1' else ''}%p{k}")
            else:
                extend = "zeroext" if type.dtype.kind == "u" else "signext"
                given.append(f"{kind} {extend if type.dtype.bits < 64 else ''} %p{k}")
        return given, operands

    def _captured(self, k: int, type: ArrayType) -> None:
        kind = "ptr" if type.shape else memory_type(type.dtype)
        place = f"getelementptr (i64, ptr @tg.captured, i64 {self.captured.index(k)})"
        if type.dtype.kind == "b" and not type.shape:
            self.lines += [f"  %b{k} = load i8, ptr {place}", f"  %p{k} = trunc i8 %b{k} to i1"]
        else:
            self.lines.append(f"  %p{k} = load {kind}, ptr {place}")

    def _take(self, failed: str) -> None:
        ensure = self.module.external("PyGILState_Ensure", "i32 ()")
        release = self.module.external("PyGILState_Release", "void (i32)")
        clear = self.module.external("PyErr_Clear", "void ()")
        take = wrapper_memory.define_take(self.module)
        needs = f"i1 {str(self.uses_arena).lower()}, i64 {self.module.tapes}"
        self.lines += [
            f"  %lock = call i32 {ensure}()",
            "  %ready = load ptr, ptr getelementptr (ptr, ptr @tg.space, i64 1)",
            "  %head = load ptr, ptr @tg.space",
            f"  %ctx = call ptr {take}(ptr %head, ptr %ready, {needs})",
            "  %none = icmp eq ptr %ctx, null",
            "  br i1 %none, label %full, label %go",
            "full:",
            f"  call void {clear}()",
            f"  call void {release}(i32 %lock)",
            f"  ret {failed}",
            "go:",
            f"  call void {release}(i32 %lock)",
            f"  %top.place = getelementptr inbounds i64, ptr %ctx, i64 {arena.ARENA_TOP}",
            "  %top = load i64, ptr %top.place",
        ]

    def _bring(self) -> None:
        ensure = self.module.external("PyGILState_Ensure", "i32 ()")
        release = self.module.external("PyGILState_Release", "void (i32)")
        self.lines += [
            "  store i64 0, ptr %ctx",
            "  store i64 %top, ptr %top.place",
            f"  %again = call i32 {ensure}()",
            "  %first = load ptr, ptr %head",
            f"  %link = getelementptr inbounds i64, ptr %ctx, i64 {arena.NEXT}",
            "  store ptr %first, ptr %link",
            "  store ptr %ctx, ptr %head",
            f"  call void {release}(i32 %again)",
        ]


def _spelled(type: ArrayType, name: str, place: bool = False) -> str:
    star = "*" if type.shape or place else ""
    return f"{C_NAMES[type.dtype.name]} {star}{name}"


def _ctype(type: ArrayType) -> Any:
    return np.ctypeslib.as_ctypes_type(np.dtype(type.dtype.numpy))
