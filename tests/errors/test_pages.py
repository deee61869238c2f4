"""The errors of the compiler are those of the pages: every code, every program, every text."""

from __future__ import annotations

import re

import pytest

from tests.errors.pages import CASES, DOCS, Example, declared, error_of, examples, sections

UNREACHABLE = {"TG900"}
"""Bugs of ours: there is no program that is known to give one."""


@pytest.mark.parametrize("example", [*examples(DOCS), *examples(CASES)], ids=lambda e: e.name)
def test_the_program_gives_the_whole_text(example: Example) -> None:
    error = error_of(example.program)
    assert f"{error}\n" == example.text
    assert error.code == example.code


@pytest.fixture(scope="module")
def registry() -> dict[str, str]:
    return declared()


def test_pages_and_registry_agree(registry: dict[str, str]) -> None:
    written = {s.code: s.title for page in sorted(DOCS.glob("*.md")) for s in sections(page)}
    assert {c: t for c, t in written.items() if c in registry} == registry


def test_every_code_has_an_error_that_is_compared_whole(registry: dict[str, str]) -> None:
    shown = {e.code for e in examples(DOCS)}
    assert set(registry) - shown == UNREACHABLE


def test_every_error_offers_a_way_round() -> None:
    for example in [*examples(DOCS), *examples(CASES)]:
        assert "\n  help: " in example.text, example.name


def test_every_section_says_what_it_means_and_the_way_round() -> None:
    for page in sorted(DOCS.glob("*.md")):
        for section in sections(page):
            prose = re.sub(r"```.*?```", "", section.body, flags=re.DOTALL)
            assert len(prose.split()) >= 12, section.code
            assert section.code in UNREACHABLE or "**Way round:**" in section.body, section.code


def test_the_index_lists_every_code(registry: dict[str, str]) -> None:
    index = (DOCS / "README.md").read_text()
    for code, title in registry.items():
        assert re.search(
            rf"^\| \[{code}\]\([a-z-]+\.md#{code.lower()}[-a-z0-9_]*\) \| {re.escape(title)} \|$", index, re.M
        ), code


def test_errors_inside_a_page_are_about_the_users_program() -> None:
    """No machine path, no class name of ours, no IR."""
    for example in [*examples(DOCS), *examples(CASES)]:
        assert not re.search(r"src/|site-packages|ArrayValue|ConstValue|<tangra|object at 0x", example.text), (
            example.name
        )
