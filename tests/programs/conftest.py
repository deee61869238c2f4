"""One program in four runs in poisoned memory, where what is read before it is written shows."""

from __future__ import annotations

import zlib

import pytest


@pytest.fixture(autouse=True)
def _poisoned(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGRA_POISON", str(int(zlib.crc32(request.node.name.encode()) % 4 == 0)))
