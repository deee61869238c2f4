"""Arrays of a call that overlap in memory: which they are, and where their elements lie."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tangra.frontend.paths import Path
from tangra.ir.types import DType


@dataclass(frozen=True)
class Member:
    """An array of a block: where it is found, and the place of its elements in the block, counted in elements."""

    path: Path
    array: np.ndarray[Any, Any]
    offset: int
    strides: tuple[int, ...]

    @property
    def key(self) -> Any:
        """What a form compiled for it rests on."""
        return self.path.key, self.offset, self.strides, self.array.shape, self.array.flags.writeable


@dataclass(frozen=True, eq=False)
class WholePath(Path):
    """The path of a block: the memory from the first to the last byte of its arrays, as one flat array."""

    members: tuple[Path, ...] = ()
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(float))
    length: int = 0

    @property
    def key(self) -> Any:
        return "whole", tuple(p.key for p in self.members)

    def read(self, arguments: dict[int | str, Any]) -> Any:
        """A flat array over the memory; the arrays of the call keep it alive."""
        low = min(np.lib.array_utils.byte_bounds(p.read(arguments))[0] for p in self.members)
        memory: Any = (ctypes.c_char * (self.length * self.dtype.itemsize)).from_address(low)
        return np.frombuffer(memory, self.dtype)


@dataclass(frozen=True)
class Overlap:
    """Arrays that overlap, all of one dtype."""

    dtype: DType
    length: int
    members: tuple[Member, ...]

    @property
    def key(self) -> Any:
        """What a form compiled for it rests on."""
        return self.dtype, self.length, tuple(m.key for m in self.members)

    @property
    def path(self) -> WholePath:
        paths = tuple(m.path for m in self.members)
        text = " and ".join(map(str, paths))
        return WholePath(None, (), text, paths, np.dtype(self.dtype.numpy), self.length)
