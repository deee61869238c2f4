"""Machine code is linked wherever the system has room: a long process has holes of a page or two, far apart."""

import subprocess
import sys
from pathlib import Path

SCATTERED = """
import mmap, ctypes
import numpy as np
import tangra as tg

def f(x):
    return np.sum(np.exp(x) * 3.7) + 0.1234

tg.jit(f)(np.ones(3))
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
NORESERVE, GIB, PAGE = 0x4000, 1 << 30, mmap.PAGESIZE

def reserve(size):
    return libc.mmap(None, size, 0, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NORESERVE, -1, 0)

block = reserve(40 * GIB)
while reserve(PAGE) > block:
    pass  # no hole is left above the block
for i in range(1, 13):
    assert libc.munmap(block + 3 * i * GIB, PAGE) == 0
print(tg.jit(f)(np.zeros(4)), tg.grad(f)(np.zeros(2)))
"""


def test_code_whose_sections_would_lie_far_apart(tmp_path: Path):
    """Sections that were placed one by one in such holes could not reach each other: the linker aborted the process."""
    script = tmp_path / "scattered.py"
    script.write_text(SCATTERED)
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stdout.split() == ["14.9234", "[3.7", "3.7]"]
