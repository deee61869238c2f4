"""The lock under which everything is compiled: the frontend and LLVM do one function at a time.

A fork waits for it, so that the child finds neither of them half way through something.
"""

from __future__ import annotations

import os
import threading

COMPILING = threading.RLock()
os.register_at_fork(before=COMPILING.acquire, after_in_parent=COMPILING.release, after_in_child=COMPILING.release)
