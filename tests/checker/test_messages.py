"""What findings say: in the user's words, once for a cause, with where things came from and a fix that is meant."""

from pathlib import Path

import pytest

from tangra.checker.reports import Report
from tests.checker.programs import lines, reports


def only(folder: Path, text: str) -> Report:
    found = reports(folder, text)
    assert len(found) == 1, found
    return found[0]


def test_operators_are_called_as_they_are_written(tmp_path: Path) -> None:
    found = only(tmp_path, "import numpy as np\nx = np.zeros((3, 4)) - np.zeros(3)\n")
    assert found.message == "-: shapes (3, 4) and (3,) don't broadcast: axis 1 is 4 in one and 3 in the other"


def test_attributes_are_told_with_the_line_that_set_them(tmp_path: Path) -> None:
    text = """
        import numpy as np


        class Buffer:
            def __init__(self, size):
                self.obs = np.zeros((size, 4))

            def store(self, place, obs):
                self.obs[place] = obs


        Buffer(10).store(0, np.zeros(3))
        """
    assert "`self.obs` is (10, 4) since line 7" in only(tmp_path, text).notes


def test_errors_have_their_article(tmp_path: Path) -> None:
    assert "when run, this is an IndexError" in only(tmp_path, "import numpy as np\nx = np.zeros(3)[:, 1]\n").notes


def test_named_tuples_are_told_by_their_fields(tmp_path: Path) -> None:
    found = only(tmp_path, "import torch\nx = torch.zeros(3, 4)\ny = x[:, 0] - x.min(1)\n")
    assert "a named tuple (values, indices)" in found.message


FIXES = {
    "nn.functional.cross_entropy(torch.zeros(6, 3), y.unsqueeze(1))": "write `y` for `y.unsqueeze(1)`",
    "torch.zeros(6, 10) @ w.t()": "write `w` for `w.t()`",
    "nn.BCEWithLogitsLoss()(torch.zeros(6), y)": "write `y.float()` for `y`",
    "nn.GRU(3, 5, batch_first=True)(torch.zeros(6, 4, 3), torch.zeros(1, 4, 5))": "take the batch from axis 0 of the "
    "input, which is 6",
    "nn.GRU(3, 5, batch_first=True)(torch.zeros(6, 4, 3), torch.zeros(6, 1, 5))": "batch_first changes the input, not "
    "the state: its axes are layers, batch, features",
    "nn.GRU(3, 5, batch_first=True)(torch.zeros(6, 4, 3), torch.zeros(1, 32, 5))": "make the state for the batch that "
    "the input has, 6",
}


@pytest.mark.parametrize(("text", "fix"), FIXES.items(), ids=FIXES)
def test_fixes_are_meant(tmp_path: Path, text: str, fix: str) -> None:
    head = "import torch\nfrom torch import nn\n\ny, w = torch.zeros(6, dtype=torch.long), torch.zeros(10, 3)\n"
    assert only(tmp_path, f"{head}z = {text}\n").advice == fix


def test_layers_of_one_example_get_no_further_axes(tmp_path: Path) -> None:
    text = """
        import equinox as eqx
        import jax
        import jax.numpy as jnp

        layer = eqx.nn.Linear(6, 12, key=jax.random.key(0))
        y = layer(jnp.ones((10, 6)))
        """
    found = only(tmp_path, text)
    assert (found.fixes, "jax.vmap" in found.message) == ([], True)


def test_what_an_operation_in_place_failed_on_is_unknown(tmp_path: Path) -> None:
    text = """
        import torch

        total = torch.zeros(30, 8)
        total.index_add_(0, torch.zeros(9, dtype=torch.long), torch.zeros(9, 16))
        y = torch.nn.Linear(16, 4)(total)
        """
    assert lines(tmp_path, text) == [(5, "TG529")]


def test_a_later_trip_over_a_failed_call_adds_nothing(tmp_path: Path) -> None:
    text = """
        import torch

        tokens, word = torch.zeros(3, 1), torch.zeros(3)
        for step in range(4):
            tokens = torch.cat([tokens, word], dim=1)
        """
    assert lines(tmp_path, text) == [(6, "TG515")]
