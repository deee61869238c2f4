"""Derivatives of programs with loops, mutation, exits and branches."""

from __future__ import annotations

import pytest

from tests.transforms.checks import check, check_second, check_third
from tests.transforms.programs import PROGRAMS

NAMES = list(PROGRAMS)


@pytest.mark.parametrize("name", NAMES)
def test_first_order(name):
    check(*PROGRAMS[name])


@pytest.mark.parametrize("name", NAMES)
def test_second_order(name):
    check_second(*PROGRAMS[name])


@pytest.mark.parametrize("name", ["thomas", "rotate", "read_after_write", "search", "newton"])
def test_third_order(name):
    check_third(*PROGRAMS[name])
