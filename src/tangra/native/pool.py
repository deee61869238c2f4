"""The pool of threads of this process: made when the first job runs in it, anew in a child after a fork.

`pool_text` is its code. Here it is compiled and linked, once, and told how many threads to use. Compiled functions
reach it as the outside function `tangra.run`.
"""

from __future__ import annotations

import atexit
import ctypes
import importlib
import os
import threading
from functools import cache
from typing import Any

from tangra.native import engine, pool_text, symbols
from tangra.native.memory import MOST
from tangra.native.module import Module
from tangra.native.options import NativeOptions

VARIABLE = "TANGRA_THREADS"
RUN = "tangra.run"
_EXPORTS = ("tg.run", "tg.end", "tg.forked", "tg.wanted", "tg.blas.get", "tg.blas.set")
_BLAS = ("scipy_openblas_get_num_threads", "scipy_openblas_set_num_threads")
_lock = threading.Lock()
_chosen: list[int] = []
"""How many threads to use, once that is decided."""


def threads() -> int:
    """How many threads jobs may use: as set, or as the environment says, or the cores this process may run on.

    Raises ValueError where the environment says nothing that makes sense.
    """
    if not _chosen:
        text = os.environ.get(VARIABLE, "").strip()
        if text and not (text.isdecimal() and 1 <= int(text) <= MOST):
            raise ValueError(f"the environment variable {VARIABLE} is {text!r}, not a number from 1 to {MOST}")
        _chosen.append(int(text) if text else min(_cores(), MOST))
    return _chosen[0]


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def use(count: int) -> None:
    """Use so many threads from the next job on."""
    with _lock:
        _chosen[:] = [count]
        if _pool.cache_info().currsize:
            _wanted(_pool()).value = count


def address() -> int:
    """Where `tg.run` is."""
    with _lock:
        return _pool().addresses["tg.run"]


@cache
def _pool() -> engine.Loaded:
    module = Module(NativeOptions())
    pool_text.write(module)
    code = engine.compile_object(module.text(), module.options)
    loaded = engine.load([code], module.symbols, _EXPORTS)
    _wanted(loaded).value = threads()
    for name, function in zip(("tg.blas.get", "tg.blas.set"), _vendor_functions(), strict=False):
        ctypes.c_void_p.from_address(loaded.addresses[name]).value = function
    action = ctypes.CFUNCTYPE(None)
    forked, end = action(loaded.addresses["tg.forked"]), action(loaded.addresses["tg.end"])
    os.register_at_fork(after_in_child=forked)
    atexit.register(end)
    return loaded


def _wanted(loaded: engine.Loaded) -> Any:
    return ctypes.c_int32.from_address(loaded.addresses["tg.wanted"])


def _vendor_functions() -> list[int]:
    """The addresses of the functions by which SciPy's BLAS tells and is told its number of threads; none where it is
    another library than OpenBLAS, or SciPy is not there."""
    try:
        library = ctypes.CDLL(importlib.import_module("scipy.linalg.cython_blas").__file__)
        return [int(ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0) for name in _BLAS]
    except (ImportError, OSError, AttributeError):
        return []


symbols.PROVIDED[RUN] = address
