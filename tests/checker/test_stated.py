"""What users state: shapes in comments, entry points in the settings; and comments that say nothing to the checker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tangra.checker import ConfigError, Report, check

NET = """
import torch
from torch import nn

class Base(nn.Module):
    def __init__(self, width, mode="narrow"):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.fc = nn.Linear(width * 16 * 16, 10)
        if mode == "wide":
            self.fc = nn.Linear(width * 32 * 32, 10)

    def forward(self, x):
        return self.fc(self.conv(x).flatten(1))

try:
    import missing
except ImportError:
    def step(images, labels, *rest):
        return images @ labels
"""


def found(folder: Path, text: str, inputs: str = "") -> list[tuple[int, str, str]]:
    """The line, code and message of every finding."""
    package = folder / "shop"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").touch()
    (package / "net.py").write_text(text)
    (folder / "pyproject.toml").write_text(f"[tool.tangra.inputs]\n{inputs}\n")
    reports: list[Report] = check([folder]).reports
    return [(r.place.line, r.code, r.message) for r in reports]


@pytest.mark.parametrize(
    ("size", "width", "mode", "wrong"),
    [
        ("16, 16", 64, "narrow", None),
        ("32, 32", 64, "wide", None),
        ("32, 32", 64, "narrow", (14, "(B, 65536)", "16384")),
        ("16, 18", 8, "narrow", (14, "(B, 2304)", "2048")),
        ("16, 16", 8, "wide", (14, "(B, 2048)", "8192")),
    ],
)
def test_an_entry_point_is_checked_as_stated(
    tmp_path: Path, size: str, width: int, mode: str, wrong: tuple[int, str, str] | None
) -> None:
    told = found(
        tmp_path,
        NET,
        f'"shop.net.Base.__init__" = {{ width = {width}, mode = "\'{mode}\'" }}\n'
        f'"shop.net.Base.forward" = {{ x = "float32 (B, 3, {size})" }}',
    )
    assert [(line, code) for line, code, _ in told] == ([] if wrong is None else [(wrong[0], "TG516")])
    for _, _, message in told:
        assert wrong is not None and wrong[1] in message and f" {wrong[2]} " in message


def test_without_them_nothing_is_known(tmp_path: Path) -> None:
    assert found(tmp_path, NET) == []


def test_an_entry_point_is_checked_though_it_is_called_with_something_else(tmp_path: Path) -> None:
    text = "import torch\ndef f(x):\n    return x @ torch.ones(5, 3)\n\nf(torch.ones(2, 5))\n"
    assert found(tmp_path, text) == []
    (told,) = found(tmp_path, text, '"shop.net.f" = { x = "(B, 4)" }')
    assert told[:2] == (3, "TG511") and "(B, 4)" in told[2]
    (told,) = found(tmp_path, text.replace("(x):", "(x):  # tangra: x = (B, 4)"))
    assert told[:2] == (3, "TG511") and "(B, 4)" in told[2]


def test_a_comment_comes_before_the_settings(tmp_path: Path) -> None:
    text = "import torch\n# tangra: x = (B, 5)\ndef f(x):\n    return x @ torch.ones(5, 3)\n"
    assert found(tmp_path, text, '"shop.net.f" = { x = "(B, 4)" }') == []


def test_branches_define_functions_too(tmp_path: Path) -> None:
    (told,) = found(tmp_path, NET, '"shop.net.step" = { images = "(B, 5)", labels = "(4,)" }')
    assert told[:2] == (20, "TG511")


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ('"shop.net.Base.fwd" = { x = "(B, 3)" }', r'"shop.net.Base.fwd": net.py does not define fwd there; it defines '
         "__init__, forward"),
        ('"shop.net.Base" = { x = "(B, 3)" }', "this is a class; name its __init__, its forward or another method"),
        ('"shop.nets.Base.forward" = { x = "(B, 3)" }', "__init__.py does not define nets there; it defines nothing"),
        ('"shops.net.forward" = { x = "(B, 3)" }', "no module of the project is called so"),
        ('"..forward" = { x = "(B, 3)" }', "no module of the project is called so"),
        ('"shop.net.step" = { rest = "(B, 3)" }', "there is no parameter rest; there are images, labels"),
        ('"shop.net.step" = { images = "B, 3" }', "images = 'B, 3' is not a shape such as"),
        ('"shop.net.step" = { images = "(B, 1 2)" }', r"images = '\(B, 1 2\)': the size '1 2' can't be read"),
        ('"shop.net.step" = { images = "(B, -2)" }', "the size -2 is negative"),
        ('"shop.net.step" = { images = "(..., 2, ...)" }', "a shape has one `...` at most"),
        ('"shop.net.step" = { images = "float31 (2,)" }', "float31 is not a dtype; there are bfloat16, bool"),
        ('"shop.net.step" = { images = [2] }', "images has to be a string or a number"),
        ('"shop.net.step" = "(2,)"', "has to be a table such as"),
    ],
)  # fmt: skip
def test_wrong_settings_are_told(tmp_path: Path, inputs: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        found(tmp_path, NET, inputs)
    assert "pyproject.toml" in str(caught.value)


def test_a_file_that_does_not_parse_is_told_as_such(tmp_path: Path) -> None:
    (told,) = found(tmp_path, "def f(x:\n", '"shop.net.f" = { x = "(B, 4)" }')
    assert told[1] == "TG501"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("# tangra: y = (B, 4)", "nothing here is called y"),
        ("# tangra: x = (B, 4", "`# tangra:` is followed by"),
        ("# tangra: ignored", "`# tangra:` is followed by"),
        ("# tangra: ignore[TG511", "`# tangra:` is followed by"),
        ("# noqa # tangra: x = (B, 4-)", "the size '4-' can't be read"),
        ("# tangra: x = float31 (B,)", "float31 is not a dtype"),
        ("# tangra: ignore[TG511, TG999]", "there is no code 'TG999' to ignore"),
        ("# tangra: ignore[]", "there is no code '' to ignore"),
    ],
)
def test_comments_that_say_nothing_are_told(tmp_path: Path, line: str, message: str) -> None:
    ((where, code, text),) = found(tmp_path, f"def f(x):\n    {line}\n    return x\n")
    assert (where, code) == (2, "TG504") and message in text


def test_comments_that_speak_are_heard(tmp_path: Path) -> None:
    text = '''
import torch

def f(x, y):
    """Some words
    on more lines."""
    # tangra: x = (B, 4)
    # tangra: y = int64 (B, _, ...)
    z: object = torch.load("z")  # tangra: z = (5, 6)
    x @ z
    a, (b, *c) = torch.load("z")  # noqa  # tangra: b = (7, 8)
    b @ z
    x @ z  # tangra: ignore[TG511]
    return x @ z  # tangra: ignore

# what tangra: x = nonsense
'''
    assert [(line, code) for line, code, _ in found(tmp_path, text)] == [(10, "TG511"), (12, "TG511")]


def test_a_comment_speaks_of_what_its_line_binds(tmp_path: Path) -> None:
    text = "import torch\nx = torch.ones(2, 3)\ny = x.T  # tangra: x = (5, 5)\nx @ torch.ones(5, 5)\n"
    assert [(line, code) for line, code, _ in found(tmp_path, text)] == [(3, "TG504"), (4, "TG511")]
