"""Every rule is compared with its library on random draws, but those of `undrawn.txt`, which says why not.

Names of one rule count once, under the first of them.
"""

from collections.abc import Iterator
from pathlib import Path

from tangra.shape_rules import ModuleRule, Rule, registry
from tangra.shape_rules.operators import BINARY, CLASSES
from tests.shape_rules.cases import CASES

LIST = Path(__file__).parent / "undrawn.txt"


def names() -> Iterator[tuple[tuple[str, object], str]]:
    """Every name that a rule stands for, with what the names of one rule share."""
    for library in registry.LIBRARIES:
        for name, entry in registry.entries(library).items():
            if isinstance(entry, Rule | ModuleRule):
                yield (library, entry.cls if isinstance(entry, ModuleRule) else entry.function), name
        cls = CLASSES.get(library)
        for name, rule in registry.methods(cls).items() if cls else ():
            yield (library, rule.function), f"{cls}.{name}"


def is_drawn(library: str, name: str) -> bool:
    """Whether there are draws of the name, or of the operator that it is the method of."""
    short = name.rpartition(".")[2].strip("_")
    symbols = [symbol for symbol, word in BINARY.items() if short in (word, "r" + word)]
    operators = [f"{library}.op.{symbol}" for symbol in symbols] if name.endswith("__") else []
    if name.endswith(("__getitem__", "__setitem__")):
        operators = [f"{library}.{short}"]
    return any(each in CASES for each in (name, *operators))


def undrawn() -> list[str]:
    """The first name of each rule without draws."""
    rules: dict[tuple[str, object], list[str]] = {}
    drawn = set()
    for key, name in names():
        rules.setdefault(key, []).append(name)
        if is_drawn(key[0], name):
            drawn.add(key)
    return sorted(listed[0] for key, listed in rules.items() if key not in drawn)


def test_rules_without_draws_are_listed_with_the_reason() -> None:
    listed = [line.partition(": ") for line in LIST.read_text(encoding="utf-8").splitlines()]
    assert undrawn() == [name for name, _, _ in listed]
    assert all(reason for _, _, reason in listed)
