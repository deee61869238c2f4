"""What a program tells the tool: how to turn an eval's JSON into a call, and the call's result back into JSON."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Json = Any
"""A value that `json` reads or writes; evals define its structure, so it is opened at this boundary only."""


@dataclass(frozen=True)
class Function:
    """One function of an eval's module.

    `prepare` reads the eval's input and returns the call to be timed, with every array built; `present` turns what the
    call returned into what the eval expects.
    """

    prepare: Callable[[Json], Callable[[], Any]]
    present: Callable[[Any], Json]


Functions = Mapping[str, Function]
"""The functions of a module, by the names that the eval calls them."""


def number(result: Any) -> float:
    """A scalar result (a Python number, a NumPy scalar or a 0-d array) as a float."""
    return float(result)


def numbers(result: Any) -> Json:
    """An array result as nested lists."""
    return result.tolist()


def flat_numbers(results: Iterable[Any]) -> list[float]:
    """Several arrays one after the other, each in row-major order, as one list."""
    return [float(value) for array in results for value in array.ravel()]
