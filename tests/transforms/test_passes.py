"""Every pass: its IR before and after as text, and both run on the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

import tangra as tg
from tangra.core import derivatives
from tangra.ir import Func
from tangra.ir.interpreter import interpret
from tangra.ir.printer import print_func
from tangra.ir.verifier import IRError
from tangra.transforms import pipeline
from tests.transforms.pass_cases import Case, every_case, passes, run

DERIVED = ("jvp", "vjp", "vmap")
"""Transformations, whose results have other parameters (`test_programs.py` compares those with differences)."""


@pytest.mark.parametrize("case", every_case(), ids=lambda case: case.id)
def test_the_text_after_the_pass(case: Case) -> None:
    before, after = run(case.name, case.before)
    assert print_func(before).strip() == case.before, "the text before the pass, as it is printed again"
    assert print_func(after).strip() == case.after


def arguments(func: Func) -> list[object]:
    """Numbers for the parameters: floats of both signs, small ints."""
    rng = np.random.default_rng(len(func.params))
    found: list[object] = []
    for p in func.params:
        shape = tuple(n if isinstance(n, int) else 5 for n in p.array.shape)
        if p.dtype.is_float:
            made = rng.normal(size=shape)
        else:
            made = rng.integers(0, 2 if p.dtype.kind == "b" else 5, size=shape)
        found.append(np.asarray(made, p.dtype.numpy)[()])
    return found


@pytest.mark.parametrize("case", [c for c in every_case() if c.name not in DERIVED], ids=lambda case: case.id)
def test_the_meaning_stays(case: Case) -> None:
    before, after = run(case.name, case.before)
    given = arguments(before)
    for a, b in zip(interpret(before, given), interpret(after, given), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-12)


def test_every_pass_has_a_case_that_it_changes() -> None:
    changed = {case.name for case in every_case() if case.before != case.after}
    assert changed == set(passes())


def test_what_breaks_the_ir_is_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests run with verification on (tests/conftest.py): after a pass, a transformation, and at the end."""

    def break_it(func: Func) -> bool:
        func.body.ops.reverse()
        return True

    monkeypatch.setattr(pipeline, "CLEAN", (break_it,))
    with pytest.raises(IRError):
        tg.jit(lambda x: x * 2 + 1)(3.0)
    monkeypatch.undo()
    monkeypatch.setattr(derivatives, "reverse", lambda func, active: break_it(func) and func)
    with pytest.raises(IRError):
        tg.grad(lambda x: x * x)(3.0)
