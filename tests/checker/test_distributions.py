"""Distributions of torch have the shapes that torch recorded, and what does not fit them is found."""

import json
from pathlib import Path

import pytest

from tests.checker.distributions import ANSWERS, EXPRESSIONS, program
from tests.checker.programs import lines, shapes

RECORDED = json.loads(ANSWERS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_shapes_are_those_that_torch_has(expression: str, tmp_path: Path) -> None:
    expected = {
        name: f"({', '.join(map(str, sizes))}{',' if len(sizes) == 1 else ''})"
        for name, sizes in RECORDED[expression].items()
    }
    assert shapes(tmp_path, program(expression)) == expected


def test_a_value_that_does_not_broadcast_with_the_batch_is_found(tmp_path: Path) -> None:
    text = """
        import torch
        from torch.distributions import Categorical, Normal, kl_divergence

        policy = Categorical(logits=torch.zeros(32, 5))
        fine = policy.log_prob(policy.sample())
        bad = policy.log_prob(torch.zeros(31))
        other = kl_divergence(Normal(torch.zeros(4, 3), 1.0), Normal(torch.zeros(2), 1.0))
    """
    assert lines(tmp_path, text) == [(7, "TG510"), (8, "TG510")]


def test_parameters_that_do_not_fit_each_other_are_found(tmp_path: Path) -> None:
    text = """
        import torch
        from torch.distributions import MultivariateNormal, Normal

        first = Normal(torch.zeros(3), torch.ones(4))
        second = MultivariateNormal(torch.zeros(3), torch.eye(4))
    """
    assert [line for line, _ in lines(tmp_path, text)] == [5, 6]
