"""Pure operations may run ahead of the check of their precondition: none of them may fail by itself.

Found by random programs: the least element of an argument does not change in a loop, so it is computed in front of the
loop, and of the check in its body.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg
from tangra.ir import F64, ArrayType
from tangra.ir.interpreter import interpret
from tests.native.common import build

Array = np.ndarray[Any, Any]


def least(y: Array) -> Any:
    total = 0.0
    for _ in range(2):
        total += np.min(y)
    return total


def test_the_check_in_the_loop_raises() -> None:
    compiled = tg.jit(least)
    assert compiled(np.array([2.0, 1.0])) == 2.0
    with pytest.raises(ValueError, match="zero-size array to reduction operation minimum"):
        compiled(np.zeros((0, 2)))


@pytest.mark.parametrize("name", ["reduce_max", "reduce_min", "argmax", "argmin"])
def test_the_interpreter_goes_on(name: str) -> None:
    attrs: dict[str, Any] = {"axis": 0} if name.startswith("arg") else {"axes": (0,)}
    func = build([ArrayType(F64, (0, 2))], lambda b, x: [b(name, x, **attrs)])
    (result,) = interpret(func, [np.zeros((0, 2))])
    assert result.shape == (2,)
