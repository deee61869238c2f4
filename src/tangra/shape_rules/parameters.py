"""Calls bound as the library binds them: the parameters of its functions, in their order, and what rules call them.

`parameters.json` holds the parameters of those functions, methods and layers whose signatures Python can read
(`tests/shape_rules/signatures.py` writes it): `name/` may be given by place only, `*name` by keyword only. A rule
declares what it needs of them, in an order and under names of its own if it likes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from inspect import Parameter
from pathlib import Path

from tangra.shape_rules.failures import CALL, Failure, RuleError
from tangra.shape_rules.values import Value

PARAMETERS = Path(__file__).with_name("parameters.json")


@cache
def known_parameters() -> dict[str, list[str]]:
    """The table."""
    found: dict[str, list[str]] = json.loads(PARAMETERS.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True)
class Translation:
    """What the rule calls the parameters of the function it describes: those that may be given by place, and by
    keyword; None for one that the rule does not know of. The first `agreeing` places are the rule's own."""

    function: str
    places: tuple[tuple[str, str | None], ...]
    words: Mapping[str, str | None]
    agreeing: int

    def applied(self, values: tuple[Value, ...], kwargs: dict[str, Value]) -> tuple[dict[str, Value], list[str]]:
        """The arguments by the rule's names, and the names of those that it does not know of. Raises RuleError for
        arguments that the function does not take."""
        if len(values) > len(self.places):
            raise self._wrong(f"too many positional arguments: {len(values)} where {len(self.places)} are the most")
        found: dict[str, Value] = {}
        unknown = []
        for (word, name), value in zip(self.places, values, strict=False):
            if name is not None:
                found[name] = value
            elif value is not None:
                unknown.append(word)
        for word, value in kwargs.items():
            name = self.words.get(word, word)
            if name is None:
                if value is not None:
                    unknown.append(word)
            elif name in found:
                raise self._wrong(f"multiple values for argument {word!r}")
            else:
                found[name] = value
        return found, unknown

    def _wrong(self, what: str) -> RuleError:
        return RuleError(Failure(CALL, f"{self.function}(): {what}", "TypeError"))


def translation(name: str, own: list[Parameter], synonym: Callable[[str], str | None]) -> Translation | None:
    """How calls of the function `name` are bound to a rule with the parameters `own`; None if nothing is known of the
    function, or the rule takes any number of arguments. `synonym` is the rule's word for one of the function's."""
    real = known_parameters().get(name)
    if real is None or any(each.kind is Parameter.VAR_POSITIONAL for each in own):
        return None
    names = [each.name for each in own if each.kind is not Parameter.VAR_KEYWORD]
    places = [each.name for each in own if each.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
    any_word = len(names) < len(own)
    spoken = {word.strip("*/") for word in real}

    def ours(place: int, word: str) -> str | None:
        if word in names:
            return word
        other = synonym(word)
        if other in names:
            return other
        if place < len(places) and places[place] not in spoken:
            return places[place]
        return word if any_word else None

    moved = [(word.strip("*/"), ours(place, word.strip("*/")), word) for place, word in enumerate(real)]
    by_place = tuple((word, name) for word, name, text in moved if not text.startswith("*"))
    by_word = {word: name for word, name, text in moved if not text.endswith("/")}
    agreeing = 0
    while agreeing < min(len(by_place), len(places)) and by_place[agreeing][1] == places[agreeing]:
        agreeing += 1
    return Translation(name.rpartition(".")[2], by_place, by_word, agreeing)
