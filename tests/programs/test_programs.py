"""The whole corpus through the compiler."""

from __future__ import annotations

import pytest

from tests.programs import checks, registry

CORPUS = registry.load()


def _identity(entry: checks.Entry) -> str:
    return f"{entry.topic}-{entry.name}"


def _assert_right(finding: checks.Finding | None) -> None:
    assert finding is None, f"{finding.kind}: {finding.message}"


@pytest.mark.parametrize("program", CORPUS.programs, ids=_identity)
def test_value(program: registry.Program) -> None:
    """Compiled, a program gives CPython's result, type and all, and leaves its arguments as CPython does."""
    import tangra

    _assert_right(checks.check_value(program, tangra))


@pytest.mark.parametrize("program", [p for p in CORPUS.programs if p.grad], ids=_identity)
def test_gradient(program: registry.Program) -> None:
    """The gradient is within 2e-5 of central differences, in the structure of the argument."""
    import tangra

    _assert_right(checks.check_gradient(program, tangra))


@pytest.mark.parametrize("entry", CORPUS.rejected, ids=_identity)
def test_rejected(entry: registry.Rejected) -> None:
    """A program outside the language is refused by the right class of error."""
    import tangra

    _assert_right(checks.check_rejected(entry, tangra))


@pytest.mark.parametrize("entry", CORPUS.raises, ids=_identity)
def test_raises(entry: registry.Raises) -> None:
    """A program that fails at run time fails as in Python, with the writes before the failure kept."""
    import tangra

    _assert_right(checks.check_raises(entry, tangra))


@pytest.mark.parametrize("entry", CORPUS.transformed, ids=_identity)
def test_transformed(entry: registry.Transformed) -> None:
    """A program over the transformations gives its closed form."""
    import tangra

    _assert_right(checks.check_transformed(entry, tangra))
