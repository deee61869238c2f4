"""Write the texts that the programs of the pages give now, and the index, into the pages."""

from __future__ import annotations

import re
from pathlib import Path

from tests.errors.pages import CASES, DOCS, HEADING, PAIR, declared, error_of


def updated(text: str) -> str:
    """A page with its texts as they are now."""
    return PAIR.sub(lambda m: f"```python\n{m[1]}```\n\n```text\n{error_of(m[1])}\n```\n", text)


def anchor(heading: str) -> str:
    """The anchor that Markdown viewers give a heading."""
    return re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")


def index_rows(pages: list[Path], titles: dict[str, str]) -> str:
    """The table of all codes."""
    rows = ["| code | what it is about |", "|---|---|"]
    for page in pages:
        for heading in HEADING.finditer(page.read_text()):
            if heading[1] in titles:
                rows.append(f"| [{heading[1]}]({page.name}#{anchor(heading[0][3:])}) | {titles[heading[1]]} |")
    head, *rest = rows[:2], *sorted(rows[2:])
    return "\n".join([*head, *rest])


def main() -> None:
    """Rewrite all pages."""
    for page in [*DOCS.glob("*.md"), *CASES.glob("*.md")]:
        page.write_text(updated(page.read_text()))
    readme = DOCS / "README.md"
    before = readme.read_text().split("| code |")[0]
    pages = [p for p in DOCS.glob("*.md") if p != readme]
    readme.write_text(f"{before}{index_rows(pages, declared())}\n")


if __name__ == "__main__":
    main()
