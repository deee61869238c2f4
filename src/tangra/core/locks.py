"""The lock under which everything is compiled: the frontend and LLVM do one function at a time.

A fork waits for it, so that the child finds neither of them half way through something.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

COMPILING = threading.RLock()
os.register_at_fork(before=COMPILING.acquire, after_in_parent=COMPILING.release, after_in_child=COMPILING.release)

FEW = (50_000, 20, 100)
"""Thresholds of Python's cyclic garbage collector while something is compiled."""


@contextmanager
def compiling() -> Iterator[None]:
    """Hold `COMPILING`. Meanwhile the collector looks at all objects of the process more rarely: a compilation makes
    many objects that live until its end, and one look takes as long as compiling a small function."""
    with COMPILING:
        before = gc.get_threshold()
        if before[0]:
            gc.set_threshold(*(max(few, now) for few, now in zip(FEW, before, strict=True)))
        try:
            yield
        finally:
            gc.set_threshold(*before)
