"""LLVM's vectoriser of straight-line code may leave a module in which a value is used before it is computed.

Found by random programs: the code generator aborted the process.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest

import tangra as tg
from tangra.native import engine
from tangra.native.options import NativeOptions

VALID = """
define i32 @f(i32 %x) {
  %y = add i32 %x, 1
  ret i32 %y
}
"""


def reversals(x: Any, y: Any, s: Any, n: Any) -> Any:
    x[0:10] += 0.5 * np.sin(x[0:10])
    x[-1:0:-1] = np.tanh(x[-1:0:-1])
    for again in (x, x):
        x[:] = x[::-1]
        parts = [again * 0.5, (x + again) * 1.0]
        parts.append(again)
        parts[-1][:1] = np.sin(np.mean(again))
    y = y**2
    y += x[-1]
    return np.tanh((0.0 if 0 <= 1 < n else s) + 0.1 * np.sum(x) + 0.1 * np.sum(y) + 0.1 * np.sum(x * x) * s)


def test_second_derivatives_of_reversals() -> None:
    rng = np.random.default_rng(89)
    args = (rng.normal(size=18), rng.normal(size=(2, 18)), 0.7, 1)
    direction = tuple(rng.normal(size=np.shape(a)) if np.ndim(a) else 0.3 for a in args[:3])

    def slope(*values: Any) -> Any:
        gx, gy, gs = tg.grad(reversals, argnums=(0, 1, 2))(*values[:4])
        dx, dy, ds = values[4:]
        return np.sum(gx * dx) + np.sum(gy * dy) + gs * ds

    reverse = tg.grad(slope, argnums=(0, 1, 2))(*args, *direction)
    forward = tg.hvp(reversals, args, (*direction, None))
    for found, wanted in zip(reverse, forward, strict=False):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


def test_an_invalid_module_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once without the pass; a module that is invalid then, too, never becomes code."""
    made: list[bool] = []

    class Broken:
        def verify(self) -> None:
            raise RuntimeError("Instruction does not dominate all uses!")

    def passes(text: str, options: NativeOptions, straight_line: bool) -> Any:
        made.append(straight_line)
        return Broken() if straight_line else llvm.parse_assembly(text, llvm.create_context())

    monkeypatch.setattr(engine, "_run_passes", passes)
    assert "add i32" in str(engine.optimise(VALID, NativeOptions()))
    assert made == [True, False]
    monkeypatch.setattr(engine, "_run_passes", lambda *_, **__: Broken())
    with pytest.raises(RuntimeError, match="dominate"):
        engine.optimise(VALID, NativeOptions())
