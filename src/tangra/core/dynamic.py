"""`tg.jit(dynamic=…)`: which sizes are symbolic from the first call on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tangra.errors import EntryError, declare

SMALL_DIM = 16
"""Sizes up to this specialise unless their axis is named: small loops and arrays unroll into registers."""
LEAST = 2
"""Sizes below this always specialise: of what has one element, and of what has none, other things are true."""
BAD_DYNAMIC = declare("TG835", "dynamic= names an argument or an axis that is not there")

Axes = tuple[int, ...] | None
"""Axes of the arrays in an argument, negative ones counted from the end; None: all of them."""
Dynamic = bool | int | str | Sequence[int | str] | Mapping[int | str, int | Sequence[int] | None]


@dataclass(frozen=True)
class DynamicSizes:
    """`everything`: all sizes above `SMALL_DIM` are symbolic at once; `named`: these axes of these arguments (by
    position or name), from `LEAST` on."""

    everything: bool = False
    named: tuple[tuple[int | str, Axes], ...] = ()

    def __bool__(self) -> bool:
        return self.everything or bool(self.named)

    @property
    def least(self) -> int:
        """A size below every symbolic one."""
        return LEAST - 1 if self.named else SMALL_DIM

    def of(self, positions: Mapping[str, int], kwargs: Mapping[str, Any]) -> dict[int | str, Axes]:
        """The axes by the key of an argument in a call: its name if it is given by keyword, else its position."""
        return {positions.get(key, key) if isinstance(key, str) and key not in kwargs else key: axes
                for key, axes in self.named}  # fmt: skip


def parse(dynamic: Dynamic, function: str) -> DynamicSizes:
    """What a user gave as `dynamic=`; EntryError where that is nothing we know."""
    if isinstance(dynamic, bool):
        return DynamicSizes(dynamic)
    given: list[tuple[Any, Any]] = []
    if isinstance(dynamic, (int, str)):
        given = [(dynamic, None)]
    elif isinstance(dynamic, Mapping):
        given = list(dynamic.items())
    elif isinstance(dynamic, Sequence):
        given = [(key, None) for key in dynamic]
    else:
        raise _bad(function, f"is {dynamic!r}")
    for key, _ in given:
        if isinstance(key, bool) or not isinstance(key, (int, str)) or (isinstance(key, int) and key < 0):
            raise _bad(function, f"names {key!r}, which is no position and no name")
    return DynamicSizes(False, tuple((key, _axes(axes, key, function)) for key, axes in given))


def _axes(given: Any, key: int | str, function: str) -> Axes:
    if given is None:
        return None
    axes = (given,) if isinstance(given, int) else given
    if isinstance(given, bool) or not isinstance(axes, Sequence) or not all(type(axis) is int for axis in axes):
        raise _bad(function, f"gives {given!r} as the axes of argument {key!r}")
    return tuple(axes)


def _bad(function: str, what: str) -> EntryError:
    return EntryError(
        f"dynamic= of {function} {what}",
        code=BAD_DYNAMIC,
        fix="pass True, arguments by name or position, or a dict from those to axes",
    )


def is_named(axes: Axes, axis: int, rank: int) -> bool:
    """Whether an axis of an array is among `axes`."""
    return axes is None or axis in axes or axis - rank in axes


def check_rank(axes: Axes, key: int | str, shape: tuple[int, ...]) -> None:
    """EntryError if the array of an argument has not all the axes that were named."""
    rank = len(shape)
    missing = [axis for axis in axes or () if not -rank <= axis < rank]
    if missing:
        number = key + 1 if isinstance(key, int) else key
        raise EntryError(
            f"dynamic= names axis {missing[0]} of argument {number}, which has {rank} ax{'is' if rank == 1 else 'es'}",
            code=BAD_DYNAMIC,
            fix="name axes that the array has; negative ones count from the last",
        )
