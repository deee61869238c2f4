"""Every rule against the recorded answers of the library it describes (see `record`)."""

import json
from pathlib import Path

import pytest

from tests.shape_rules.cases import CASES
from tests.shape_rules.comparing import WANTED, replay

ANSWERS = {
    name: answers
    for path in sorted((Path(__file__).parent / "answers").glob("*.json"))
    for name, answers in json.loads(path.read_text()).items()
}


def test_every_case_is_recorded() -> None:
    assert set(ANSWERS) == set(CASES)


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_rule_answers_as_the_library_does(name: str) -> None:
    tally = replay(CASES[name], ANSWERS[name])
    assert not tally.wrong, tally.wrong[:5]
    assert tally.accepted >= WANTED
    assert tally.rejected >= WANTED or CASES[name].total
    assert tally.unknown <= 0.05 * (tally.accepted + tally.rejected)
