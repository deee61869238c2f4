"""State dicts: layers have the entries that torch's have, and nothing is reported of states that nobody knows."""

import json
from pathlib import Path

import pytest

from tests.checker.programs import reports
from tests.checker.states import FILE

STATES = json.loads(FILE.read_text(encoding="utf-8"))
FOLLOWED = [
    text for text in STATES if "Loss" not in text and "proj_size" not in text and "torch.nn.Transformer(" not in text
    and not text.startswith(("torch.nn.TransformerEncoder(", "torch.nn.TransformerDecoder("))
]  # fmt: skip


def _dict(state: dict[str, list[int]]) -> str:
    return f"{{{', '.join(f'{name!r}: torch.zeros({tuple(shape)})' for name, shape in state.items())}}}"


def _program(texts: list[str], change: str) -> str:
    lines = ["import torch", ""]
    for text in texts:
        lines.append(f"{text}.load_state_dict({change.format(_dict(STATES[text]))})")
    return "\n".join(lines) + "\n"


def test_a_layer_takes_the_state_that_torch_gives_it(tmp_path: Path) -> None:
    assert [(each.place.line, each.message) for each in reports(tmp_path, _program(list(STATES), "{}"))] == []


def test_an_entry_too_much_is_found_in_every_layer(tmp_path: Path) -> None:
    found = reports(tmp_path, _program(FOLLOWED, "{} | {{'other': torch.zeros(2)}}"))
    assert [(each.place.line, each.code) for each in found] == [
        (number, "TG534") for number in range(3, len(FOLLOWED) + 3)
    ]


HEAD = """
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self, width, extra=False):
        super().__init__()
        self.fc = nn.Linear(4, width)
        self.kept = [torch.zeros(3)]
        self.plain = torch.zeros(2)
        self.register_buffer("count", torch.zeros(()))


def made(width):
    return Net(width).state_dict()


model = Net(5)
"""

SILENT = {
    "a file": "model.load_state_dict(torch.load('x.pt'))",
    "a part of a file": "model.load_state_dict(torch.load('x.pt')['model'], strict=True)",
    "a prefix of a wrapper": "model = nn.DataParallel(model)\n"
    "model.load_state_dict({f'module.{k}': v for k, v in made(5).items()})",
    "compiled": "model = torch.compile(model)\n"
    "model.load_state_dict({f'_orig_mod.{k}': v for k, v in made(5).items()})",
    "weights in two parts": "model.fc = nn.utils.weight_norm(model.fc)\n"
    "model.load_state_dict({'fc.bias': torch.zeros(5), 'fc.weight_g': torch.zeros(5, 1), 'fc.weight_v': "
    "torch.zeros(5, 4), 'count': torch.zeros(())})",
    "a hook": "model._register_load_state_dict_pre_hook(print)\nmodel.load_state_dict({'a': torch.zeros(1)})",
    "not strict": "model.load_state_dict({'fc.bias': torch.zeros(5), 'other': torch.zeros(7)}, strict=False)",
    "strict by a value nobody knows": "import sys\nmodel.load_state_dict({}, strict=len(sys.argv) > 1)",
    "an entry nobody knows": "s = made(5)\ns[input()] = torch.zeros(3)\nmodel.load_state_dict(s)",
    "a vector for a number": "s = made(5)\ns['count'] = torch.zeros(1)\nmodel.load_state_dict(s)",
    "caught": "try:\n    model.load_state_dict(made(6))\nexcept RuntimeError:\n    pass",
    "a parameter that may be missing": "import sys\nif len(sys.argv) > 1:\n    model.extra = nn.Parameter("
    "torch.zeros(2))\nmodel.load_state_dict(made(5) | {'extra': torch.zeros(2)})",
    "entries of a list": "model.rest = nn.ParameterList([nn.Parameter(torch.zeros(2))])\n"
    "model.load_state_dict(made(5) | {'rest.0': torch.zeros(2)})",
}

FOUND = {
    "another width": "model.load_state_dict(made(6))",
    "a buffer missing": "s = made(5)\ndel s['count']\nmodel.load_state_dict(s)",
    "a plain attribute": "model.load_state_dict(made(5) | {'plain': torch.zeros(2)})",
    "another width of what is renamed": "model = nn.DataParallel(model)\nmodel.load_state_dict(made(6))",
}


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_what_may_fit_is_not_reported(tmp_path: Path, text: str) -> None:
    assert [each.message for each in reports(tmp_path, f"{HEAD}{text}\n")] == []


@pytest.mark.parametrize("text", FOUND.values(), ids=FOUND)
def test_what_does_not_fit_is_reported(tmp_path: Path, text: str) -> None:
    found = [(each.place.line, each.code) for each in reports(tmp_path, f"{HEAD}{text}\n")]
    assert found == [(len(f"{HEAD}{text}".splitlines()), "TG534")]


def test_the_names_that_do_not_fit_are_returned(tmp_path: Path) -> None:
    text = f"""{HEAD}
missing, unexpected = model.load_state_dict({{"fc.bias": torch.zeros(5), "x": torch.zeros(1)}}, strict=False)
torch.zeros(len(missing), 3) @ torch.zeros(4, 2)
"""
    message = reports(tmp_path, text)[0].message
    assert "(2, 3)" in message
