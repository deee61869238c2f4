"""Where compiled code finds things in Python's and NumPy's objects, and whether this interpreter is one it knows.

The offsets are those of the public structs `PyFloatObject`, `PyArrayObject_fields` and of NumPy's scalars
(`arrayscalars.h`), which are the same in all CPython builds with a global lock; `understood` compares them with live
objects before anything relies on them.
"""

from __future__ import annotations

import ctypes
import sys
import sysconfig
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

HEAD = object.__basicsize__
TYPE = HEAD - 8
"""The class of an object."""
NUMBER = HEAD
"""The value of a float and of NumPy's scalars."""
DATA, RANK, DIMENSIONS, DTYPE, FLAGS = HEAD, HEAD + 8, HEAD + 16, HEAD + 40, HEAD + 48
"""An array's elements, number of axes, sizes, dtype object and flags."""
HANDLER = HEAD + 72
"""What frees an array's elements: a capsule."""
CONTIGUOUS, OWNED, ALIGNED, WRITEABLE = 0x0001, 0x0004, 0x0100, 0x0400
BYTES = bytes.__basicsize__ - 1
"""The content of a bytes object."""

ARRAY_API = {"PyArray_Type": 2, "PyArray_New": 93}
"""Places in the table of NumPy's C API."""

MEMBER = "_PyType_Lookup"
"""What a class or its bases define under a name, as it is stored: a borrowed reference, or null."""
_TP_ALLOC = 47
SCALARS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")


@cache
def understood() -> bool:
    """Whether compiled code may look into the objects of this interpreter: CPython with a global lock, in the main
    interpreter, on a machine with 64-bit pointers, where all offsets are as expected."""
    return (
        sys.implementation.name == "cpython"
        and not sysconfig.get_config_var("Py_GIL_DISABLED")
        and sys.byteorder == "little"
        and ctypes.sizeof(ctypes.c_void_p) == 8
        and hasattr(ctypes.pythonapi, MEMBER)
        and _in_main_interpreter()
        and _objects_as_expected()
        and _array_as_expected()
    )


def _in_main_interpreter() -> bool:
    get, main = (getattr(ctypes.pythonapi, f"PyInterpreterState_{name}") for name in ("Get", "Main"))
    get.restype = main.restype = ctypes.c_void_p
    return bool(get() == main())


def _read(kind: Any, obj: Any, offset: int) -> Any:
    return kind.from_address(id(obj) + offset).value


def _objects_as_expected() -> bool:
    for name in SCALARS:
        made = np.dtype(name).type(93)
        raw = (ctypes.c_char * made.nbytes).from_address(id(made) + NUMBER).raw
        if raw != made.tobytes() or _read(ctypes.c_void_p, made, TYPE) != id(type(made)):
            return False
    content = b"content"
    raw = (ctypes.c_char * len(content)).from_address(id(content) + BYTES).raw
    return bool(raw == content and _read(ctypes.c_double, 93.25, NUMBER) == 93.25)


def _array_as_expected() -> bool:
    probe = np.zeros((3, 5, 7))[1:]
    flags = _read(ctypes.c_int, probe, FLAGS)
    dimensions = _read(ctypes.c_void_p, probe, DIMENSIONS) or 0
    return bool(
        _read(ctypes.c_void_p, probe, DATA) == probe.ctypes.data
        and _read(ctypes.c_int, probe, RANK) == 3
        and [ctypes.c_int64.from_address(dimensions + 8 * k).value for k in range(3)] == [2, 5, 7]
        and _read(ctypes.c_void_p, probe, DTYPE) == id(probe.dtype)
        and flags & (CONTIGUOUS | ALIGNED | WRITEABLE) == CONTIGUOUS | ALIGNED | WRITEABLE
        and probe.flags.num == flags
        and array_function("PyArray_Type") == id(np.ndarray)
    )


@cache
def _array_table() -> int:
    from numpy._core import _multiarray_umath  # type: ignore[attr-defined]

    get: Callable[..., int] = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]  # type: ignore[attr-defined]
    return int(get(_multiarray_umath._ARRAY_API, None))


def array_function(name: str) -> int:
    """The address of a member of NumPy's C API."""
    return int(ctypes.c_void_p.from_address(_array_table() + 8 * ARRAY_API[name]).value or 0)


@cache
def memory_handler() -> Any:
    """The capsule that frees with C's `free`, NumPy's own allocator; None if this NumPy's arrays don't have that where
    it is expected. (NumPy keeps freed blocks of less than 1024 bytes: what it is given must be larger than that.)"""
    from numpy._core.multiarray import get_handler_name

    probe = np.zeros(1 << 12, np.uint8)
    if np.ndarray.__basicsize__ < HANDLER + 8 or get_handler_name(probe) != "default_allocator":
        return None
    found = _read(ctypes.c_void_p, probe, HANDLER)
    valid: Any = ctypes.pythonapi.PyCapsule_IsValid
    valid.restype, valid.argtypes = ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p]
    if not found or not _read(ctypes.c_int, probe, FLAGS) & OWNED or not valid(found, b"mem_handler"):
        return None
    return ctypes.cast(found, ctypes.py_object).value


def allocator(cls: type) -> int:
    """The address of the function that makes an empty instance of `cls`."""
    get: Any = ctypes.pythonapi.PyType_GetSlot
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_int]
    return int(get(cls, _TP_ALLOC))


def slot_offset(cls: type, name: str) -> int | None:
    """Where instances of `cls` hold the reference in their slot `name`; None if that can't be told."""
    obj: Any = object.__new__(cls)
    mark = object()
    setattr(obj, name, mark)
    return _place_of(mark, obj)


@cache
def code_offset() -> int | None:
    """Where functions hold their code; None if that can't be told."""

    def probe() -> None:
        pass

    return _place_of(probe.__code__, probe)


def _place_of(part: object, obj: object) -> int | None:
    words = (ctypes.c_int64 * (type(obj).__basicsize__ // 8)).from_address(id(obj))
    found = [8 * k for k, word in enumerate(words) if word == id(part)]
    return found[0] if len(found) == 1 else None
