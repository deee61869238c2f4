"""What a process keeps of code that it compiled and unloaded."""

import ctypes
import gc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tangra.native import engine, library
from tangra.native.options import NativeOptions

TEXT = """
declare double @sin(double)
define i32 @{name}(ptr noalias %x, ptr noalias %y) {{
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %next, %loop ]
  %p = getelementptr inbounds double, ptr %x, i64 %i
  %v = load double, ptr %p
  %w = call double @sin(double %v)
  %q = getelementptr inbounds double, ptr %y, i64 %i
  store double %w, ptr %q
  %next = add nsw i64 %i, 1
  %more = icmp slt i64 %next, 1000
  br i1 %more, label %loop, label %end
end:
  ret i32 0
}}
"""
KB = 1024


def resident() -> int:
    """Bytes that this process has in memory, but what the C library holds for itself."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4 * KB


def kept(action: Callable[[], object], times: int) -> float:
    """Bytes that each of so many calls leaves behind, after as many calls before."""
    for _ in range(times):
        action()
    before = resident()
    for _ in range(times):
        action()
    return (resident() - before) / times


def test_compiling_leaves_next_to_nothing_behind() -> None:
    """The pass manager of llvmlite 0.50, which does not dispose of itself, was 31 KB, and 55 when it had run."""
    assert kept(partial(engine._emitted, TEXT.format(name="f"), NativeOptions()), 60) < 8 * KB


@pytest.mark.parametrize("lean", [True, False])
def test_linking_leaves_next_to_nothing_behind(lean: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A linker keeps 8 KB of names for every module that it linked: it has to go with the code."""
    if not lean:
        monkeypatch.setattr(engine, "library", lambda: None)
    engine._linker.cache_clear()
    code = engine._emitted(TEXT.format(name="f"), NativeOptions())
    assert kept(lambda: engine.load([code], {"sin"}, ["f"]), 4 * engine.LINKED_BY_ONE) < 3 * KB
    engine._linker.cache_clear()


def test_code_outlives_its_linker() -> None:
    """Code that is in use stays where it is while others take over linking."""
    code = engine._emitted("define i32 @f(i32 %x) { %y = add i32 %x, 7\n ret i32 %y }", NativeOptions())
    held = engine.load([code], set(), ["f"])
    for _ in range(2 * engine.LINKED_BY_ONE):
        engine.load([code], set(), ["f"])
    gc.collect()
    assert ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(held.addresses["f"])(35) == 42
    assert library.library() is None or isinstance(held.keep, library.Linked)
