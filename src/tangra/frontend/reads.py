"""What an evaluation looked at beside what its guards say, for those who keep what came of it between processes."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

SAME_TEXT = (type(None), bool, int, float, complex, str, bytes, type, np.dtype)
"""Classes whose instances read the same in every process."""


class Reads:
    """`functions` whose source was evaluated, `modules` that were imported, names that were read of objects
    (`attributes`), and whether anything depends on what is of this process: addresses, hashes of strings, counters."""

    def __init__(self) -> None:
        self.functions: dict[int, types.FunctionType] = {}
        self.modules: dict[int, types.ModuleType] = {}
        self.attributes: dict[tuple[int, str], Any] = {}
        self.of_this_process = False

    def function(self, function: types.FunctionType) -> None:
        self.functions[id(function)] = function

    def module(self, module: types.ModuleType) -> None:
        self.modules[id(module)] = module

    def attribute(self, holder: Any, name: str) -> None:
        self.attributes[id(holder), name] = holder

    def this_process(self) -> None:
        """Something was made use of that no other process has."""
        self.of_this_process = True

    def as_text(self, value: Any) -> None:
        """The text, or the contents, of a constant were made use of."""
        if not _reads_the_same(value):
            self.this_process()

    def hashed(self, values: list[Any]) -> None:
        """Objects of which the hash was taken."""
        if not all(type(value) in (bool, int, float) for value in values):
            self.this_process()


def _reads_the_same(value: Any) -> bool:
    if type(value) is tuple:
        return all(map(_reads_the_same, value))
    return type(value) in SAME_TEXT or isinstance(value, (type, np.generic, np.dtype))
