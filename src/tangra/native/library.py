"""The few functions of llvmlite's C library that link object files, called without its Python package.

Importing `llvmlite.binding` takes four times as long as everything else that a call from the cache does. The functions
have the signatures that the package itself gives them, in the versions named here; with any other version it is
imported as usual (`engine`). The library is the same one, and loaded once.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from ctypes import POINTER, byref, c_bool, c_char_p, c_int, c_size_t, c_uint8, c_uint64, c_void_p
from functools import cache
from typing import Any

VERSIONS = ("0.50.",)
"""What the versions of llvmlite begin with whose functions these are."""
FILE = "libllvmlite.so"
LOCK = threading.RLock()
_OBJECT = 2
"""The kind of an element of a library that is an object file."""
_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "InitializeNativeTarget": (None, ()),
    "InitializeNativeAsmPrinter": (None, ()),
    "GetVersionInfo": (c_int, ()),
    "DisposeString": (None, (c_char_p,)),
    "GetDefaultTargetTriple": (None, (POINTER(c_char_p),)),
    "GetHostCPUFeatures": (c_int, (POINTER(c_char_p),)),
    "GetTargetFromTriple": (c_void_p, (c_char_p, POINTER(c_char_p))),
    "CreateTargetMachine": (
        c_void_p, (c_void_p, c_char_p, c_char_p, c_char_p, c_int, c_char_p, c_char_p, c_int, c_int, c_char_p),
    ),
    "DisposeTargetMachine": (None, (c_void_p,)),
    "CreateLLJITCompiler": (c_void_p, (c_void_p, c_bool, c_bool, POINTER(c_char_p))),
    "LLJITDispose": (None, (c_void_p,)),
    "LLJIT_Link": (
        c_void_p,
        (c_void_p, c_char_p, c_void_p, c_size_t, c_void_p, c_size_t, c_void_p, c_size_t, POINTER(c_char_p)),
    ),
    "LLJIT_Dylib_Tracker_Dispose": (c_bool, (c_void_p, POINTER(c_char_p))),
}  # fmt: skip


class _Element(ctypes.Structure):
    _fields_ = (("kind", c_uint8), ("value", c_char_p), ("length", c_size_t))


class _Address(ctypes.Structure):
    _fields_ = (("name", c_char_p), ("address", c_uint64))


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One thread at a time is at work in LLVM: of ours, and of those that use llvmlite's package."""
    package = sys.modules.get("llvmlite.binding.ffi")
    theirs = getattr(getattr(package, "lib", None), "_lock", None) or contextlib.nullcontext()
    with LOCK, theirs:
        yield


class Library:
    """The C library."""

    def __init__(self, path: str, version: str) -> None:
        self.version = version
        loaded = ctypes.CDLL(path)
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(loaded, f"LLVMPY_{name}")
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)
        self.InitializeNativeTarget()
        self.InitializeNativeAsmPrinter()

    def __getattr__(self, name: str) -> Any:
        """All of `_FUNCTIONS` are attributes; there are no others."""
        raise AttributeError(name)

    def text(self, name: str) -> str:
        """What a function gives as a string."""
        out = c_char_p()
        getattr(self, name)(byref(out))
        return self._taken(out)

    def _taken(self, out: c_char_p) -> str:
        text = (out.value or b"").decode()
        if out.value is not None:
            self.DisposeString(out)
        return text

    def llvm_version(self) -> tuple[int, ...]:
        packed = self.GetVersionInfo()
        return tuple(packed >> shift & 0xFF for shift in (16, 8, 0))

    def features(self) -> str:
        """The processor's features in the order of their names."""
        found = [feature for feature in self.text("GetHostCPUFeatures").split(",") if feature]
        return ",".join(sorted(found, key=lambda feature: feature[1:]))

    def linker(self, features: str) -> Linker:
        """JITLink, for code of this process."""
        error, triple = c_char_p(), self.text("GetDefaultTargetTriple").encode()
        target = self.GetTargetFromTriple(triple, byref(error))
        if not target:
            raise RuntimeError(self._taken(error))
        machine = self.CreateTargetMachine(target, triple, b"", features.encode(), 2, b"pic", b"default", 0, 0, b"")
        made = self.CreateLLJITCompiler(machine, False, True, byref(error))
        self.DisposeTargetMachine(machine)  # it is copied
        if not made:
            raise RuntimeError(self._taken(error))
        return Linker(self, made)

    def link(
        self, linker: Linker, name: str, objects: Sequence[bytes], imports: Mapping[str, int], exports: Sequence[str]
    ) -> tuple[dict[str, int], Linked]:
        """Link object files that may call each other; the addresses of what they export, and what keeps them."""
        elements = (_Element * len(objects))(*[_Element(_OBJECT, code, len(code)) for code in objects])
        given = (_Address * len(imports))(*[_Address(key.encode(), address) for key, address in imports.items()])
        wanted = (_Address * len(exports))(*[_Address(key.encode(), 0) for key in exports])
        error = c_char_p()
        with alone():
            tracker = self.LLJIT_Link(
                linker.handle,
                name.encode(),
                elements,
                len(objects),
                given,
                len(given),
                wanted,
                len(wanted),
                byref(error),
            )
        if not tracker:
            raise RuntimeError(self._taken(error))
        return {key: int(found.address) for key, found in zip(exports, wanted, strict=True)}, Linked(self, tracker)

    def unload(self, tracker: int) -> None:
        error = c_char_p()
        with alone():
            if self.LLJIT_Dylib_Tracker_Dispose(tracker, byref(error)):
                self._taken(error)


class Linker:
    """What links, and holds what it linked: that keeps it in memory when nothing refers to this any more."""

    def __init__(self, library: Library, handle: int) -> None:
        self._library, self.handle = library, handle

    def __del__(self, finalizing: Any = sys.is_finalizing) -> None:
        if not finalizing():
            with alone():
                self._library.LLJITDispose(self.handle)


class Linked:
    """Code in memory, unloaded when nothing refers to this any more. At exit the process takes it along."""

    def __init__(self, library: Library, tracker: int) -> None:
        self._library, self._tracker = library, tracker

    def __del__(self, finalizing: Any = sys.is_finalizing) -> None:
        if not finalizing():
            self._library.unload(self._tracker)


@cache
def library() -> Library | None:
    """The library; None where it is not of a version that is known here."""
    import llvmlite

    version = str(llvmlite.__version__)
    found = importlib.util.find_spec("llvmlite")
    places = found.submodule_search_locations if found is not None else None
    if not version.startswith(VERSIONS) or sys.platform != "linux" or not places:
        return None
    with contextlib.suppress(OSError, AttributeError):
        return Library(os.path.join(places[0], "binding", FILE), version)
    return None
