"""Addresses of the outside functions that compiled code calls, by name."""

from __future__ import annotations

import ctypes
import importlib
import itertools
from collections.abc import Callable
from functools import cache
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from tangra.native import pyapi

SCIPY_MODULES = {"blas": "scipy.linalg.cython_blas", "lapack": "scipy.linalg.cython_lapack"}
"""A name such as `blas.dgemm` is the C function `dgemm` that SciPy's module exports; `numpy.…` is of NumPy's C API."""


DATA, OWN = "tg.data.", "tg_"
_numbers = itertools.count()
_published: WeakValueDictionary[str, np.ndarray[Any, Any]] = WeakValueDictionary()


WIDE_DIVISIONS = frozenset({"__udivti3", "__umodti3", "__divti3", "__modti3"})
"""Functions of the compiler's own library that the code generator calls where LLVM's passes made a division of 128-bit
integers: of the closed forms that it finds for sums over the indices of loops, for one."""


@cache
def _libraries() -> tuple[ctypes.CDLL, ...]:
    return ctypes.CDLL("libm.so.6"), ctypes.pythonapi


@cache
def _compiler_library() -> ctypes.CDLL:
    return ctypes.CDLL("libgcc_s.so.1")


PROVIDERS = {"tangra.run": "tangra.native.pool"}
"""Functions of ours that other code is linked with, and the modules whose `address` gives where they are."""
FAMILIES: dict[str, Callable[[str], int]] = {}
"""By what stands before the first point of a name: what finds the address for the rest of it."""


def publish(data: np.ndarray[Any, Any]) -> str:
    """Give the elements of `data` a name that code can be linked against for as long as the array lives."""
    name = f"{DATA}{next(_numbers)}"
    _published[name] = data
    return name


def address(name: str) -> int:
    """Where `name` is: published data, a shared function of ours, or one of the C library, Python's C API, or SciPy.

    Raises KeyError if it is nowhere.
    """
    return int(_published[name].ctypes.data) if name.startswith(DATA) else _function_address(name)


@cache
def _function_address(name: str) -> int:
    if name in PROVIDERS:
        return int(importlib.import_module(PROVIDERS[name]).address())
    if name.startswith(OWN):
        from tangra.native import shared  # which compiles it, and is linked with what this module finds

        return shared.address(name)
    if "." in name:
        kind, function = name.split(".", 1)
        if kind in FAMILIES:
            return FAMILIES[kind](function)
        if kind == "numpy":
            return pyapi.array_function(function)
        return _capsule_address(importlib.import_module(SCIPY_MODULES[kind]).__pyx_capi__[function])
    for library in (_compiler_library(),) if name in WIDE_DIVISIONS else _libraries():
        try:
            found = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
        except AttributeError:
            continue
        if found:
            return found
    raise KeyError(f"no outside function is called {name}")


def _capsule_address(capsule: object) -> int:
    api = ctypes.pythonapi
    api.PyCapsule_GetName.restype, api.PyCapsule_GetName.argtypes = ctypes.c_char_p, [ctypes.py_object]
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return int(api.PyCapsule_GetPointer(capsule, api.PyCapsule_GetName(capsule)))
