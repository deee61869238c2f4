"""`NativeOptions`: what a caller may choose about native code."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace


def default_memory_limit() -> int:
    """Three quarters of the machine's memory, in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4 * 3


PARALLEL_WORK = 1 << 16
FULL = 2


def default_level() -> int:
    """How much LLVM is to optimise: what TANGRA_OPTIMISE says, or all it can."""
    text = os.environ.get("TANGRA_OPTIMISE", str(FULL))
    if text not in ("0", "1", "2"):
        raise ValueError(f"the environment variable TANGRA_OPTIMISE is {text!r}, and has to be 0, 1 or 2")
    return int(text)


@dataclass(frozen=True)
class NativeOptions:
    """Choices of code generation and limits of one compiled function.

    optimise: level of LLVM's pass pipeline (0 to 3); codegen: level of its code generator (0 to 2). TANGRA_OPTIMISE=0
    in the environment sets both to 0: code that is made in half the time and runs several times as long.
    tape_limit, memory_limit: bytes that one tape and all temporaries of a call may take before a MemoryError.
    fastmath: let LLVM reorder and approximate floating point arithmetic everywhere.
    vector_bits: preferred width of vectors, 256 or 512, in functions with short loops; those whose loops are all long
    take the widest that the CPU has.
    interruptible: loops stop at Ctrl-C.
    parallel_work: units of work (simple operations) from which a loop runs in threads; see `parallel`.
    poison: fill all memory with marks (NaN in floats) before it is written, so that a read of it shows; TANGRA_POISON=1
    in the environment sets it.
    onednn: let oneDNN compute convolutions, where it is installed and faster; TANGRA_ONEDNN=0 in the environment does
    not.
    marked: say while running which source line is at work, and count tape records; see `marks`.
    """

    optimise: int = field(default_factory=default_level)
    codegen: int = field(default_factory=default_level)
    tape_limit: int = field(default_factory=default_memory_limit)
    memory_limit: int = field(default_factory=default_memory_limit)
    fastmath: bool = False
    vector_bits: int = 256
    interruptible: bool = True
    parallel_work: int = field(default_factory=lambda: int(os.environ.get("TANGRA_PARALLEL_WORK", PARALLEL_WORK)))
    poison: bool = field(default_factory=lambda: os.environ.get("TANGRA_POISON") == "1")
    onednn: bool = field(default_factory=lambda: os.environ.get("TANGRA_ONEDNN", "1") != "0")
    marked: bool = False


def unoptimised(options: NativeOptions) -> NativeOptions:
    """The same, but compiled in the least time."""
    return replace(options, optimise=0, codegen=0)
