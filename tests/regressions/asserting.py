"""A function with assertions that pytest does not rewrite."""

from __future__ import annotations


def tested(x: float) -> float:
    assert x > 0, (1, "a")
    assert x > 1
    return x
