"""Notes say what the sizes are products of that a reshape made of several axes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tangra.checker import check

PROGRAM = "import numpy as np\nimport torch\nx = {}\nx @ x\n"
NO_PRODUCT = "`x` is {}"


@pytest.mark.parametrize(
    ("x", "note"),
    [
        ("torch.flatten(torch.zeros(4, 16, 5, 5), 1)", "(4, 400) since line 3; 400 = 16·5·5"),
        ("torch.zeros(4, 16, 1, 5).view(4, -1)", "(4, 80) since line 3; 80 = 16·5"),
        ("torch.zeros(2, 16, 5, 5).reshape(2, 4, -1)", "(2, 4, 100) since line 3; 100 = 4·5·5"),
        ("np.zeros((6, 4)).reshape(2, 12)", "(2, 12) since line 3; 12 = 3·4"),
        ("np.zeros((2, 3, 4, 5)).reshape(6, 20)", "(6, 20) since line 3; 6 = 2·3; 20 = 4·5"),
        ("np.zeros((6, 4)).reshape(3, 8)", "(3, 8) since line 3; 8 = 2·4"),
        ("np.zeros((4, 6)).reshape(3, 8)", "(3, 8) since line 3"),
        ("np.zeros((4, 6)).reshape(2, 2, 6)", "(2, 2, 6) since line 3"),
        ("np.zeros((0, 6)).reshape(3, 0)", "(3, 0) since line 3"),
        ("np.zeros((5, 1, 7)).reshape(5, 7)", "(5, 7) since line 3"),
    ],
)
def test_products(tmp_path: Path, x: str, note: str) -> None:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM.format(x))
    (found,) = check([path]).reports
    assert found.notes[0] == f"`x` is {note}"


def test_sizes_that_have_names_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(
        "import torch\nfrom jaxtyping import Float\nfrom torch import Tensor\n"
        'def f(x: Float[Tensor, "n 3 4"]):\n    y = x.reshape(x.shape[0], 12)\n    return y @ torch.zeros(5)\n'
    )
    (found,) = check([path]).reports
    assert found.notes[0] == "`y` is (n, 12) since line 5; 12 = 3·4"
