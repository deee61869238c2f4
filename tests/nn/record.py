"""Write PyTorch's answers for `cases` into `answers.json`: run with a Python that has it, from the root of the
repository (`python -m tests.nn.record`)."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from tests.nn.cases import CALLS, arguments, cotangent

ANSWERS = Path(__file__).parent / "answers.json"


def answer(call):
    """The result and the derivatives of its product with `cotangent` by each array: shapes and numbers."""
    name, _, options = call
    given = [torch.tensor(a, requires_grad=True) for a in arguments(call)]
    result = getattr(torch.nn.functional, name)(*given, **options)
    result.backward(torch.tensor(cotangent(tuple(result.shape))))
    return [plain(t) for t in (result, *(g.grad for g in given))]


def plain(tensor):
    return [list(tensor.shape), [round(float(v) * 2520) for v in tensor.detach().flatten()]]


if __name__ == "__main__":
    rows = ",\n".join(json.dumps(answer(call), separators=(",", ":")) for call in CALLS)
    ANSWERS.write_text(f"[\n{rows}\n]\n")
