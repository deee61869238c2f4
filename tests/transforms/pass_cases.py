"""Cases of passes as text: `passes/<pass>.ir` has functions before and after, below a line that says what they show.

`python -m tests.transforms.pass_cases` writes what the passes make now, to be read before it is committed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tangra.ops
from tangra.ir import Func
from tangra.ir.parser import parse
from tangra.ir.printer import print_func
from tangra.ir.verifier import verify
from tangra.transforms import finishing, jvp, pipeline, vjp, vmap

FOLDER = Path(__file__).parent / "passes"
TITLE, ARROW = "== ", "--->"
assert tangra.ops.__name__, "the operations have to be known before text is parsed"


def _derived(transform: Callable[[Func, list[bool]], Func]) -> Callable[[Func], Func]:
    return lambda func: transform(
        func, [getattr(p.type, "dtype", None) is not None and p.dtype.is_float for p in func.params]
    )


def passes() -> dict[str, Callable[[Func], object]]:
    """Every pass by name: those of the simplifier and of its end, which change a function in place, and the
    transformations, which give a new one."""
    found: dict[str, Callable[[Func], object]] = {}
    for each in (pipeline.inline_calls, pipeline.inline_small_calls, *pipeline.CLEAN, *pipeline.LAST):
        found[each.__name__] = each
    for name, value in vars(finishing).items():
        if callable(value) and getattr(value, "__module__", "").startswith("tangra.transforms") and name != "finish":
            found[name] = value
    return {
        **found,
        "jvp": _derived(jvp),
        "vjp": _derived(vjp),
        "vmap": lambda func: vmap(func, [0] * len(func.params), 4),
    }


@dataclass(frozen=True)
class Case:
    """A function before and after a pass."""

    name: str
    title: str
    before: str
    after: str

    @property
    def id(self) -> str:
        return f"{self.name}-{self.title.replace(' ', '_')}"


def cases(path: Path) -> list[Case]:
    """The cases of a file."""
    found = []
    for part in path.read_text().split(f"\n{TITLE}"):
        title, _, text = part.removeprefix(TITLE).partition("\n")
        before, _, after = text.partition(f"{ARROW}\n")
        found.append(Case(path.stem, title, before.strip(), after.strip()))
    return found


def every_case() -> list[Case]:
    """The cases of all files."""
    return [case for path in sorted(FOLDER.glob("*.ir")) for case in cases(path)]


def run(name: str, text: str) -> tuple[Func, Func]:
    """A function from text, and what the pass makes of it."""
    func, changed = parse(text), parse(text)
    verify(func)
    made = passes()[name](changed)
    result = made if isinstance(made, Func) else changed
    verify(result)
    return func, result


def main() -> None:
    """Write all files anew."""
    for path in FOLDER.glob("*.ir"):
        parts = []
        for case in cases(path):
            before, after = run(case.name, case.before)
            parts.append(f"{TITLE}{case.title}\n{print_func(before).strip()}\n{ARROW}\n{print_func(after).strip()}\n")
        path.write_text("\n".join(parts))


if __name__ == "__main__":
    main()
