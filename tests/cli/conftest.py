"""Answers that a command keeps go to a folder of each test's own."""

import pytest


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGRA_CACHE", "1")
    monkeypatch.setenv("TANGRA_CACHE_DIR", str(tmp_path_factory.mktemp("kept") / "cache"))
