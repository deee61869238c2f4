"""The pool of threads of this process: made when the first job runs in it, anew in a child after a fork.

`pool_text` is its code. Here it is compiled and linked, once, and told how many threads to use. Compiled functions
reach it as the outside function `tangra.run`.
"""

from __future__ import annotations

import atexit
import ctypes
import importlib
import os
from functools import cache

from tangra.errors import EntryError, declare
from tangra.native import engine
from tangra.native.memory import MOST
from tangra.native.options import NativeOptions

VARIABLE = "TANGRA_THREADS"
RUN = "tangra.run"
NO_THREADS = declare("TG829", "a number of threads that can't be")
_EXPORTS = ("tg.run", "tg.end", "tg.forked", "tg.wanted", "tg.blas.get", "tg.blas.set")
_BLAS = ("scipy_openblas_get_num_threads", "scipy_openblas_set_num_threads")
_wanted = ctypes.c_int32(0)
"""How many threads to use, once that is decided; the pool's code reads it at each job."""


def threads() -> int:
    """How many threads jobs may use: as set, or as the environment says, or the cores this process may run on.

    Raises EntryError where the environment says nothing that makes sense.
    """
    if not _wanted.value:
        text = os.environ.get(VARIABLE, "").strip()
        if text and not (text.isdecimal() and 1 <= int(text) <= MOST):
            raise EntryError(
                f"the environment variable {VARIABLE} is {text!r}, not a number from 1 to {MOST}",
                code=NO_THREADS,
                fix="set it to a number, or unset it",
            )
        _wanted.value = int(text) if text else min(_cores(), MOST)
    return _wanted.value


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def use(count: int) -> None:
    """Use so many threads from the next job on."""
    _wanted.value = count


def address() -> int:
    """Where `tg.run` is. One thread at a time, as the engine links."""
    return _pool().addresses["tg.run"]


@cache
def _pool() -> engine.Loaded:
    threads()
    loaded = engine.load_own("pool", "", _source)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(_wanted))  # daemon threads may run jobs to the very end
    ctypes.c_void_p.from_address(loaded.addresses["tg.wanted"]).value = ctypes.addressof(_wanted)
    for name, function in zip(("tg.blas.get", "tg.blas.set"), _vendor_functions(), strict=False):
        ctypes.c_void_p.from_address(loaded.addresses[name]).value = function
    action = ctypes.CFUNCTYPE(None)
    forked, end = action(loaded.addresses["tg.forked"]), action(loaded.addresses["tg.end"])
    os.register_at_fork(after_in_child=forked)
    atexit.register(end)
    return loaded


def _source() -> engine.Source:
    from tangra.native import pool_text
    from tangra.native.module import Module

    module = Module(NativeOptions())
    pool_text.write(module)
    return engine.Source(module.text(), tuple(module.symbols), _EXPORTS)


def _vendor_functions() -> list[int]:
    """The addresses of the functions by which SciPy's BLAS tells and is told its number of threads; none where it is
    another library than OpenBLAS, or SciPy is not there."""
    try:
        library = ctypes.CDLL(importlib.import_module("scipy.linalg.cython_blas").__file__)
        return [int(ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0) for name in _BLAS]
    except (ImportError, OSError, AttributeError):
        return []
