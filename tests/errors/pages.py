"""Pages of errors: Markdown with a section for each code, in it programs, each followed by its error's text."""

from __future__ import annotations

import json
import linecache
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tangra.errors import TangraError

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "errors"
CASES = Path(__file__).parent / "cases"
FILE = "example.py"

HEADING = re.compile(r"^## (TG\d{3}): (.+)$", re.MULTILINE)
PAIR = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```\n", re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A program of a page and the text that stands below it."""

    page: Path
    code: str
    title: str
    program: str
    text: str

    @property
    def name(self) -> str:
        """For the names of tests."""
        return f"{self.page.stem}-{self.code}-{self.program.count(chr(10))}"


@dataclass(frozen=True)
class Section:
    """What a page says of one code."""

    code: str
    title: str
    body: str
    examples: tuple[Example, ...]


def sections(page: Path) -> list[Section]:
    """The sections of a page, in order."""
    text = page.read_text()
    headings = list(HEADING.finditer(text))
    ends = [h.start() for h in headings[1:]] + [len(text)] * bool(headings)
    found = []
    for heading, end in zip(headings, ends, strict=True):
        code, title = heading.groups()
        body = text[heading.end() : end]
        examples = tuple(Example(page, code, title, *pair.groups()) for pair in PAIR.finditer(body))
        assert body.count("```python") == len(examples), f"{page.name} {code}: a program without a text"
        found.append(Section(code, title, body, examples))
    return found


def examples(folder: Path) -> list[Example]:
    """The examples of all pages of a folder."""
    return [e for page in sorted(folder.glob("*.md")) for section in sections(page) for e in section.examples]


def error_of(program: str) -> TangraError:
    """The error that a program ends with, run as the file `example.py`."""
    linecache.cache[FILE] = (len(program), None, program.splitlines(True), FILE)
    namespace: dict[str, Any] = {"__name__": "example"}
    try:
        exec(compile(program, FILE, "exec"), namespace)
    except TangraError as error:
        str(error)
        return error
    raise AssertionError(f"no error:\n{program}")


LIST_CODES = """
import importlib, json, pkgutil
import tangra
from tangra.errors import REGISTRY
for room in ("shapes", "ir", "ops", "api", "frontend", "transforms", "native", "core", "primitives"):
    package = importlib.import_module(f"tangra.{room}")
    for module in pkgutil.walk_packages(package.__path__, f"tangra.{room}."):
        importlib.import_module(module.name)
print(json.dumps(REGISTRY))
"""


def declared() -> dict[str, str]:
    """The codes that the compiler declares, with their titles (the checker's have their own pages)."""
    done = subprocess.run([sys.executable, "-c", LIST_CODES], capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, str] = json.loads(done.stdout)
    return found
