"""`torch.distributions` in the checker and in torch: shapes of batches and events, of samples, densities and means.

`/path/to/python -m tests.checker.distributions` writes `distributions.json` under a Python that has torch.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ANSWERS = Path(__file__).with_name("distributions.json")

EXPRESSIONS = """
Normal(torch.zeros(4, 3), torch.ones(3))
Normal(0.0, 1.0)
Normal(torch.zeros(2, 1), torch.ones(5))
Laplace(torch.zeros(4), 1.0)
Cauchy(torch.zeros(2, 3), torch.ones(2, 3))
Gumbel(torch.zeros(3), torch.ones(1))
LogNormal(torch.zeros(3), torch.ones(3))
Uniform(torch.zeros(4, 2), 3.0)
Beta(torch.ones(4), torch.ones(2, 4))
Gamma(torch.ones(3, 1), torch.ones(2))
StudentT(torch.ones(3), torch.zeros(2, 3))
Exponential(torch.ones(5))
Poisson(torch.ones(2, 2))
HalfNormal(torch.ones(3))
Chi2(torch.ones(3))
Weibull(torch.ones(3), torch.ones(2, 3))
Pareto(torch.ones(3), torch.ones(3))
Bernoulli(torch.full((4, 2), 0.5))
Bernoulli(logits=torch.zeros(3))
Geometric(torch.full((3,), 0.5))
Binomial(10, torch.full((4,), 0.5))
NegativeBinomial(torch.tensor(3.0), torch.full((4,), 0.5))
Categorical(torch.full((4, 5), 0.2))
Categorical(logits=torch.zeros(6))
OneHotCategorical(torch.full((4, 5), 0.2))
RelaxedOneHotCategorical(torch.tensor(0.5), torch.full((4, 5), 0.2))
RelaxedBernoulli(torch.tensor(0.5), torch.full((4,), 0.2))
Dirichlet(torch.ones(4, 3))
MultivariateNormal(torch.zeros(3), torch.eye(3))
MultivariateNormal(torch.zeros(5, 3), torch.eye(3))
MultivariateNormal(torch.zeros(3), scale_tril=torch.eye(3).expand(2, 3, 3))
LowRankMultivariateNormal(torch.zeros(4, 3), torch.ones(4, 3, 2), torch.ones(4, 3))
Independent(Normal(torch.zeros(4, 3), torch.ones(3)), 1)
Independent(Bernoulli(torch.full((4, 2, 2), 0.5)), 2)
MixtureSameFamily(Categorical(torch.ones(5)), Normal(torch.zeros(5), torch.ones(5)))
MixtureSameFamily(Categorical(torch.ones(2, 5)), Independent(Normal(torch.zeros(2, 5, 3), torch.ones(3)), 1))
""".strip().splitlines()

PARTS = {
    "batch": "torch.zeros(d.batch_shape)",
    "event": "torch.zeros(d.event_shape)",
    "sample": "d.sample()",
    "samples": "d.sample((7, 2))",
    "density": "d.log_prob(d.sample())",
    "densities": "d.log_prob(d.sample((7, 2)))",
    "expanded": "torch.zeros(d.expand((6, *d.batch_shape)).batch_shape)",
}


def program(expression: str) -> str:
    """The distribution and what is asked of it, as a program."""
    names = ", ".join(sorted(set(re.findall(r"\b([A-Z]\w+)\(", expression))))
    lines = ["import torch", f"from torch.distributions import {names}", f"d = {expression}"]
    return "\n".join([*lines, *(f"{name} = {text}" for name, text in PARTS.items())]) + "\n"


def main() -> int:
    """Record."""
    found = {}
    for expression in EXPRESSIONS:
        scope: dict[str, object] = {}
        exec(program(expression), scope)
        found[expression] = {name: list(scope[name].shape) for name in PARTS}  # type: ignore[attr-defined]
    lines = (f"{json.dumps(name)}: {json.dumps(shapes)}" for name, shapes in found.items())
    ANSWERS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
