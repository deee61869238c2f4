"""Functions of libraries that a program replaces before anything is compiled mean what it put there."""

import os
import subprocess
import sys
from pathlib import Path

REPLACING = """
import builtins, math, numpy as np
import tangra as tg

def twice(x): return x * 2
builtins.abs = twice
np.linalg.norm = lambda x: 7.0
math.sin = twice
np.sin = np.cos

def f(x):
    return abs(x), np.linalg.norm(x * np.ones(2)), math.sin(x), np.sin(x), np.cos(x), math.cos(x)

np.testing.assert_allclose(tg.jit(f)(-1.5), f(-1.5), rtol=1e-12)
"""


def test_functions_replaced_before_the_first_compilation(tmp_path: Path) -> None:
    (tmp_path / "replacing.py").write_text(REPLACING)
    environment = {**os.environ, "TANGRA_CACHE": "0"}
    command = [sys.executable, str(tmp_path / "replacing.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
