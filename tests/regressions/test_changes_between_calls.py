"""Whatever a program replaces between two calls, the second one sees it, as in CPython."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

import tangra as tg
from tests.regressions import changing

NAMES = sorted(name for name in vars(changing) if name.startswith("t_"))


def fresh() -> ModuleType:
    """The program as it is before its first change."""
    spec = importlib.util.spec_from_file_location("changing_program", Path(str(changing.__file__)))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_compiled_code_sees_the_change(name: str) -> None:
    module = fresh()
    function = getattr(module, name)
    compiled, gradient = tg.jit(function), tg.grad(function)
    before = function(2.0)
    assert compiled(2.0) == before
    gradient(2.0)
    module.change()
    after = function(2.0)
    assert compiled(2.0) == after
    assert gradient(2.0) == pytest.approx(function(2.5) - function(1.5), rel=1e-12)
    if name not in ("t_isin", "t_type", "t_name", "t_dtype", "t_kd", "t_part"):
        assert after != before, "the change must show"
