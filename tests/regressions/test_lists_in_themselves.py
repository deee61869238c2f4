"""Lists that hold themselves, directly or through another, are passed, read and added to."""

from __future__ import annotations

from typing import Any

import tangra as tg


def crossed(a: Any, b: Any) -> Any:
    a.append(b)
    b.append(a)
    return a[0]


def test_they_grow_from_call_to_call() -> None:
    compiled, a, b, c = tg.jit(crossed), [1.0], [2.0], [3.0]
    for n in 1, 2, 3:
        assert compiled(a, b) == 1.0
        assert len(a) == len(b) == n + 1
        assert compiled(c, c) == 3.0
    assert all(x is b for x in a[1:])
    assert all(x is c for x in c[1:])
