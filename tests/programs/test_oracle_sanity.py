"""The corpus checked by CPython alone: programs run, repeat themselves, and their differences agree."""

from __future__ import annotations

import contextlib
import warnings
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from tests.programs import registry
from tests.programs.oracle import central_differences, difference, float_leaves, fresh

CORPUS = registry.load()
Entry = registry.Program | registry.Rejected | registry.Raises | registry.Transformed
ENTRIES: list[Entry] = [*CORPUS.programs, *CORPUS.rejected, *CORPUS.raises, *CORPUS.transformed]


def _identity(entry: Entry) -> str:
    return f"{entry.topic}-{entry.name}"


@contextlib.contextmanager
def _warnings_are_errors(allowed: bool) -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if allowed else "error")
        yield


def test_size_of_the_corpus() -> None:
    """At least 180 accepted and 60 rejected programs, and no two of one name."""
    assert len(CORPUS.programs) >= 180
    assert len(CORPUS.rejected) >= 60
    names = Counter(entry.name for entry in ENTRIES)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("program", CORPUS.programs, ids=_identity)
def test_runs_and_repeats(program: registry.Program) -> None:
    """Two runs on copies give the same result; arguments change exactly where `writes` says so; nothing warns."""
    wrote = False
    with _warnings_are_errors(program.warns):
        for call in program.calls:
            first, second = fresh(call), fresh(call)
            results = program.function(*first), program.function(*second)
            assert difference(results[0], results[1], rtol=0.0) is None
            assert difference(first, second, rtol=0.0) is None
            wrote = wrote or difference(first, call, rtol=0.0) is not None
    assert wrote == program.writes


@pytest.mark.parametrize("program", [p for p in CORPUS.programs if p.grad], ids=_identity)
def test_gradient_is_well_defined(program: registry.Program) -> None:
    """The result is a float scalar and central differences of two step sizes agree, so the point is smooth."""
    for call in program.calls:
        with _warnings_are_errors(program.warns):
            value = program.function(*fresh(call))
            fine, coarse = (central_differences(program.function, call, program.argnums, h) for h in (1e-6, 1e-5))
        assert isinstance(value, (float, np.floating)) or (isinstance(value, np.ndarray) and value.shape == ())
        assert float_leaves(call[program.argnums])
        scale = max([1.0, *(float(np.abs(g).max(initial=0.0)) for g in fine)])
        for a, b in zip(fine, coarse, strict=True):
            assert np.isfinite(a).all()
            assert np.abs(a - b).max(initial=0.0) <= 2e-6 * scale


@pytest.mark.parametrize("program", CORPUS.rejected, ids=_identity)
def test_rejected_under_cpython(program: registry.Rejected) -> None:
    """A rejected program does under CPython what its entry says: runs, or raises that exception."""
    with _warnings_are_errors(allowed=True):
        if program.cpython is None:
            program.function(*fresh(program.args))
        else:
            with pytest.raises(program.cpython):
                program.function(*fresh(program.args))


@pytest.mark.parametrize("program", CORPUS.raises, ids=_identity)
def test_raises_under_cpython(program: registry.Raises) -> None:
    """A failing program fails with exactly the class it names and leaves the arguments the same both times."""
    left = []
    for _ in range(2):
        args = fresh(program.args)
        with pytest.raises(program.error) as caught:
            program.function(*args)
        assert caught.type is program.error
        assert program.match is None or program.match in str(caught.value)
        left.append(args)
    assert difference(left[0], left[1], rtol=0.0) is None


@pytest.mark.parametrize("program", CORPUS.transformed, ids=_identity)
def test_closed_forms_are_finite(program: registry.Transformed) -> None:
    """The closed form beside a program over transformations gives the same finite value twice."""
    first, second = program.expected(*fresh(program.args)), program.expected(*fresh(program.args))
    assert difference(first, second, rtol=0.0) is None
    assert all(np.isfinite(leaf).all() for _, leaf in float_leaves(first))
