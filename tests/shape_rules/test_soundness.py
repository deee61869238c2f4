"""Less knowledge never makes a good call bad: accepted calls with sizes or arguments made symbolic or unknown."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tangra.shape_rules import UNKNOWN, BaseContext, Tensor, Unknown
from tangra.shapes import EMPTY, Dim, Facts, SizeTooComplex, evaluate, symbol, symbols_of
from tests.shape_rules.cases import CASES
from tests.shape_rules.comparing import ask, plain_layout
from tests.shape_rules.draws import Call, Case, draw
from tests.shape_rules.texts import DIGEST, REJECTED, SKIPPED

ANSWERS = {
    name: answers
    for path in sorted((Path(__file__).parent / "answers").glob("*.json"))
    for name, answers in json.loads(path.read_text()).items()
}
DRAWS = 8


def accepted(one: Case) -> list[Call]:
    """The first calls that the library accepts."""
    answers, found, place, number = ANSWERS[one.name], [], 0, -1
    while place < len(answers) and len(found) < DRAWS:
        number += 1
        short = answers[place] in (REJECTED, SKIPPED)
        place += 1 if short else DIGEST
        if not short:
            call = draw(one, number)
            call.args = [plain_layout(arg) for arg in call.args]
            found.append(call)
    return found


def mapped(value: Any, change: Any) -> Any:
    if isinstance(value, (list, tuple)) and not (isinstance(value, tuple) and type(value) is not tuple):
        return type(value)(mapped(part, change) for part in value)
    return change(value)


def weakened(r: random.Random, value: Any) -> Any:
    """A value with less known about it."""
    if isinstance(value, Tensor) and value.shape is not None:
        kind = r.randrange(6)
        if kind == 0:
            return UNKNOWN
        if kind == 1:
            return value.with_(shape=None, layout=None, elements=None)
        if kind == 2:
            return value.with_(dtype=None)
        if kind < 5:
            shape = tuple(symbol(f"s{r.randrange(9)}") if r.random() < 0.5 else size for size in value.shape)
            return value.with_(shape=shape, layout=None, elements=None)
    if type(value) is int and r.random() < 0.4:
        return r.choice([UNKNOWN, Unknown("int"), symbol("k")])
    return value


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_unknown_is_no_error(name: str) -> None:
    for call in accepted(CASES[name]):
        r = random.Random(f"{name}{call.args}")
        for group in (call.args, call.inputs):
            first = call.kind in ("method", "mutation", "attribute", "operator", "getitem", "setitem")
            group[:] = [
                value if first and place == 0 else mapped(value, lambda part: weakened(r, part))
                for place, value in enumerate(group)
            ]
        for group in (call.kwargs, call.options):
            group.update({word: mapped(value, lambda part: weakened(r, part)) for word, value in group.items()})
        ask(call)


def symbolic(call: Call) -> tuple[dict[str, int], Facts]:
    """Replace every size from 2 on in the call's arrays by a symbol of its own."""
    values: dict[str, int] = {}
    facts = EMPTY

    def change(value: Any) -> Any:
        nonlocal facts
        if not isinstance(value, Tensor) or value.shape is None:
            return value
        sizes = []
        for size in value.shape:
            if size < 2:
                sizes.append(size)
                continue
            word = f"n{len(values)}"
            values[word] = size
            facts = facts.with_bounds(word, lo=2)
            sizes.append(symbol(word))
        return value.with_(shape=tuple(sizes), elements=None)

    call.args, call.inputs = mapped(call.args, change), mapped(call.inputs, change)
    call.kwargs = {word: mapped(value, change) for word, value in call.kwargs.items()}
    call.options = {word: mapped(value, change) for word, value in call.options.items()}
    return values, facts


def agree(left: Any, right: Any, values: dict[str, int]) -> bool:
    """Whether a symbolic result is the concrete one for these values, as far as it is expressed in them."""
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        if left.shape is None or right.shape is None:
            return True
        return len(left.shape) == len(right.shape) and all(agree(a, b, values) for a, b in zip(left.shape, right.shape))
    if isinstance(left, Dim):
        return not symbols_of(left) <= set(values) or not isinstance(right, int) or evaluate(left, values) == right
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(agree(a, b, values) for a, b in zip(left, right))
    if isinstance(left, int) and isinstance(right, int) and not isinstance(left, bool):
        return left == right
    return True


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_symbolic_result_has_the_concrete_value(name: str) -> None:
    for call, again in zip(accepted(CASES[name]), accepted(CASES[name])):
        concrete = ask(call)
        values, facts = symbolic(again)
        try:
            result = ask(again, BaseContext(facts))
        except SizeTooComplex:
            continue
        assert agree(result, concrete, values), (call.args, call.kwargs, str(result), str(concrete))
