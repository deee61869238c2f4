"""What annotations with Python's own containers, and signatures in comments, say of arguments."""

from pathlib import Path

import pytest

from tests.checker.programs import lines, shapes

HEAD = """
import torch
import numpy as np
from torch import nn, Tensor
from jaxtyping import Float

"""

FOUND = {
    "a list": 'def f(x: list[Float[Tensor, "b 3"]]):\n    return x[0] @ torch.zeros(4, 2)',
    "a tuple": 'def f(x: tuple[Float[Tensor, "b 3"], int]):\n    return x[0] @ torch.zeros(4, 2)',
    "a dict": 'def f(x: dict[str, Float[Tensor, "b 3"]]):\n    return x["a"] @ torch.zeros(4, 2)',
    "a comment": 'def f(x):\n    # type: (Float[Tensor, "b 3"]) -> Tensor\n    return x @ torch.zeros(4, 2)',
    "a method's comment": (
        "class A:\n    def f(self, x, n=1):  # type: (List[Float[Tensor, 'b 3']], int) -> Tensor\n"
        "        return x[0] @ torch.zeros(4, 2)"
    ),
}
SILENT = {
    "another number of types": 'def f(x, y, z):\n    # type: (Float[Tensor, "b 3"]) -> Tensor\n'
    "    return x @ torch.zeros(4, 2)",
    "no type": "def f(x):\n    # type: (what is this -> no\n    return x @ torch.zeros(4, 2)",
    "a list of anything": "def f(x: list[int], y: tuple[int, ...], z: dict[str, int]):\n"
    "    return torch.zeros(x[0], y[0]) @ torch.zeros(z['a'], 2)",
    "names that come in use only": "kind = dict[str, list[int]]\nmade = list[int]()\nmade.append(3)\n"
    "x = torch.zeros(len(made))",
}


@pytest.mark.parametrize("text", FOUND.values(), ids=FOUND)
def test_what_a_signature_says_is_held_against_the_body(tmp_path: Path, text: str) -> None:
    program = f"{HEAD}{text}\n"
    assert lines(tmp_path, program) == [(len(program.splitlines()), "TG511")]


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_what_says_nothing_is_silent(tmp_path: Path, text: str) -> None:
    assert lines(tmp_path, f"{HEAD}{text}\n") == []


def test_a_subscripted_class_is_still_called(tmp_path: Path) -> None:
    assert shapes(tmp_path, "import torch\nsizes = list[int]((2, 3))\nx = torch.zeros(*sizes)\n")["x"] == "(2, 3)"
