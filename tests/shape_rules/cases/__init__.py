"""Generators of random calls, a file per family of rules."""

from importlib import import_module
from pathlib import Path

from tests.shape_rules.draws import CASES

for _path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
    import_module(f"{__name__}.{_path.stem}")

__all__ = ["CASES"]
