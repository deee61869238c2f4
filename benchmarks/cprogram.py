"""A case's C source, compiled by gcc at first use into a cache folder, called through ctypes."""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import FOLDER, Case

C_COMMAND = ("gcc", "-O3", "-march=native", "-std=gnu11", "-shared", "-fPIC")
DUAL_COMMAND = ("g++", "-O2", "-x", "c++", "-std=c++17", "-shared", "-fPIC", "-Wno-return-type-c-linkage")


class DualNumber(ctypes.Structure):
    """dual.hpp's number."""

    _fields_ = [("v", ctypes.c_double), ("d", ctypes.c_double)]


def cache_folder() -> Path:
    """Where compiled C lies: TANGRA_BENCH_CACHE, or a folder of ours in the user's cache."""
    chosen = os.environ.get("TANGRA_BENCH_CACHE")
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tangra-bench"
    base.mkdir(parents=True, exist_ok=True)
    return base


def build(command: Sequence[str], source: Path) -> ctypes.CDLL:
    """The shared library of `source`, compiled anew when it, a header or the command has changed."""
    texts = [path.read_bytes() for path in (source, FOLDER / "bench.h", FOLDER / "dual.hpp")]
    digest = hashlib.sha256(b"\0".join([" ".join(command).encode(), *texts])).hexdigest()[:20]
    library = cache_folder() / f"{source.stem}-{digest}.so"
    if not library.exists():
        handle, partial = tempfile.mkstemp(dir=library.parent, suffix=".so")
        os.close(handle)
        if command is DUAL_COMMAND:
            arguments = [*command, str(source), "-o", partial, "-lm"]
        else:
            arguments = [*command, "-o", partial, str(source), "-lm"]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)}\n{done.stderr}")
        os.replace(partial, library)
    return ctypes.CDLL(str(library))


def pack(args: Sequence[Any], keep: list[Any]) -> list[Any]:
    """C arguments: an array is its address and its dims, an int an int64, a float a double."""
    packed: list[Any] = []
    for value in args:
        if isinstance(value, np.ndarray):
            block = np.ascontiguousarray(value)
            keep.append(block)
            packed.append(ctypes.c_void_p(block.ctypes.data))
            packed += [ctypes.c_int64(n) for n in value.shape]
        elif isinstance(value, int):
            packed.append(ctypes.c_int64(value))
        else:
            packed.append(ctypes.c_double(value))
    return packed


class CProgram:
    """`value` and, where the source has it, `value_and_grad` of a case, with its arguments bound."""

    def __init__(self, case: Case, args: Sequence[Any]) -> None:
        library = build(C_COMMAND, case.source)
        self._keep: list[Any] = []
        self._packed = pack(args, self._keep)
        self._value = library.value
        self._value.restype = ctypes.c_double
        self._shape = args[0].shape
        if case.has_adjoint:
            self._both = library.value_and_grad
            self._both.restype = ctypes.c_double

    def value(self) -> float:
        """The program's result."""
        return float(self._value(*self._packed))

    def value_and_grad(self) -> tuple[float, np.ndarray]:
        """The result and the gradient of the hand-written adjoint."""
        gradient = np.empty(self._shape)
        return float(self._both(*self._packed, ctypes.c_void_p(gradient.ctypes.data))), gradient


def directional(case: Case, args: Sequence[Any], direction: np.ndarray) -> float:
    """The derivative along `direction`, by dual numbers over the same C source: exact to rounding."""
    value = build(DUAL_COMMAND, case.source).value
    value.restype = DualNumber
    keep: list[Any] = []
    pairs = np.stack((args[0], direction), axis=-1)
    first = pack([pairs], keep)
    return float(value(*first[:-1], *pack(args[1:], keep)).d)
