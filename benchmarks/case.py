"""What a benchmark case is, and the list of them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "cases"
Program = Callable[..., Any]
Variant = Callable[..., Callable[[Any], Any]]


@dataclass(frozen=True)
class Case:
    """A program that returns a float, differentiated by its first argument, a float64 array.

    program: as a NumPy user would write it; `helpers`: functions of its module that it calls (for numba).
    inputs: makes the arguments from a size; `bench` and `quick` are sizes.
    jax, torch: take the arguments after the first and return a function of the first, written for that library.
    """

    title: str
    program: Program
    inputs: Callable[..., tuple[Any, ...]]
    bench: tuple[int, ...]
    quick: tuple[int, ...]
    helpers: tuple[Program, ...] = ()
    jax: Variant | None = None
    torch: Variant | None = None

    @property
    def name(self) -> str:
        """The module's name."""
        return self.program.__module__.rpartition(".")[2]

    @property
    def source(self) -> Path:
        """The same algorithm in C."""
        return FOLDER / f"{self.name}.c"

    @cached_property
    def has_adjoint(self) -> bool:
        """Whether the C source has a hand-written adjoint."""
        return "double value_and_grad(" in self.source.read_text()

    def arguments(self, quick: bool) -> tuple[Any, ...]:
        """Fresh arguments of the size asked for."""
        return self.inputs(*(self.quick if quick else self.bench))

    def directions(self, args: tuple[Any, ...], most: int = 24) -> list[np.ndarray]:
        """Directions to check a gradient along: every axis if there are few, random ones otherwise."""
        shape = args[0].shape
        if args[0].size <= most:
            return [axis.reshape(shape) for axis in np.eye(args[0].size)]
        return list(np.random.default_rng(1).normal(size=(most // 2, *shape)))


def names() -> list[str]:
    """The names of all cases."""
    return sorted(info.name for info in pkgutil.iter_modules([str(FOLDER)]))


def load(name: str) -> Case:
    """The case of that name."""
    case = importlib.import_module(f"benchmarks.cases.{name}").CASE
    assert isinstance(case, Case)
    return case
