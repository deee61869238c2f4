"""Room for deep programs: the stack, and the memory of Python's frames."""

from __future__ import annotations

import resource
import sys

import pytest

from tangra.checker.room import RECURSION, with_room


def _down(depth: int) -> int:
    return 0 if depth == 0 else 1 + _down(depth - 1)


def test_twenty_thousand_functions_inside_each_other() -> None:
    found: list[int] = []
    with_room(lambda: found.append(_down(20_000)))
    assert found == [20_000]
    assert sys.getrecursionlimit() < RECURSION


def test_going_up_and_down_asks_for_no_memory() -> None:
    faults: list[int] = []

    def run() -> None:
        for _ in range(50):  # what is used for the first time counts
            _down(2_000)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(200):
            _down(2_000)
        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

    with_room(run)
    assert faults[0] < 1_000


def test_what_fails_inside_fails_outside() -> None:
    def run() -> None:
        raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        with_room(run)
