"""Diagnostic codes are unique over the whole house, also over parts that no program imports together."""

import subprocess
import sys

EVERYTHING = """
import importlib, pkgutil, tangra
for found in pkgutil.walk_packages(tangra.__path__, "tangra."):
    if not found.name.endswith("__main__") and "prelude." not in found.name:
        importlib.import_module(found.name)
from tangra.errors import REGISTRY
print(len(REGISTRY))
"""


def test_all_modules_import_together() -> None:
    run = subprocess.run([sys.executable, "-c", EVERYTHING], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr[-2000:]
    assert int(run.stdout) > 90
