"""The corpus from the cache: a second compiled function finds each program's form, and does what CPython does."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import tangra as tg
from tangra.core.remembering import Remembered
from tests.programs import registry
from tests.programs.oracle import difference, fresh

CORPUS = registry.load()
AT_LEAST = 0.98
"""So large a part of the corpus is kept; the others depend on what no other process can know."""


def calls_from_the_cache(program: registry.Program) -> bool:
    """Run a program's calls in two compiled functions; whether the second found all of its forms."""
    for jitted in (tg.jit(program.function), tg.jit(program.function)):
        for call in program.calls:
            given, wanted = fresh(call), fresh(call)
            with np.errstate(all="ignore"):
                assert difference(jitted(*given), program.function(*wanted), rtol=1e-9) is None
            assert difference(given, wanted, rtol=1e-9) is None
    return all(isinstance(jitted.lower(*fresh(call)), Remembered) for call in program.calls)


def test_programs_from_the_cache_do_what_they_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGRA_CACHE", "1")
    monkeypatch.setenv("TANGRA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TANGRA_VERIFY", "0")
    chosen = CORPUS.programs[::5]
    kept = Counter(calls_from_the_cache(program) for program in chosen)
    assert kept[True] >= AT_LEAST * len(chosen)


def test_gradients_from_the_cache_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGRA_CACHE", "1")
    monkeypatch.setenv("TANGRA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TANGRA_VERIFY", "0")
    found = []
    for program in [p for p in CORPUS.programs if p.grad][::9]:
        call = program.calls[0]
        made, again = (tg.value_and_grad(program.function, argnums=program.argnums) for _ in range(2))
        assert difference(made(*fresh(call)), again(*fresh(call)), rtol=0.0) is None
        found.append(isinstance(again.compiled._last, Remembered))
    assert sum(found) >= AT_LEAST * len(found)
