"""Random IR programs: native code and the interpreter must agree."""

from __future__ import annotations

import os

import pytest

from tests.native.common import check, native
from tests.native.random_ir import Program, arguments

PROGRAMS = int(os.environ.get("TANGRA_NATIVE_PROGRAMS", "60"))
START = int(os.environ.get("TANGRA_NATIVE_START", "0"))


@pytest.mark.parametrize("seed", range(START, START + PROGRAMS))
def test_random_program(seed: int) -> None:
    func = Program(seed, 4 + seed % 14).make()
    compiled = native(func, optimise=1, codegen=1)
    for k in range(2):
        check(func, *arguments(func, seed + k), rtol=1e-9, compiled=compiled)
