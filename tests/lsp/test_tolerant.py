"""Half-typed programs and texts that move: what stays of a tree, and where lines are afterwards."""

import ast
import contextlib
import random
from pathlib import Path

import pytest
from lsprotocol import types

from tangra.checker.source import parse
from tangra.lsp.linemap import LineMap
from tangra.lsp.positions import code_points, units
from tangra.lsp.texts import Codec, PlainText
from tangra.lsp.tolerant import parse_tolerantly

PATH = Path("p.py")
GOOD = '''import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 4)

    @torch.no_grad()
    def forward(
        self,
        x,
    ):
        y = self.a(x)
        return y

    def other(self):
        return """
text at the margin
"""


try:
    import foo
except ImportError:
    foo = None
else:
    foo = 1

for i in range(3):
    z = i
    print(z)

net = Net()
net(torch.zeros(2, 5))
'''


def tolerant(old: str, new: str) -> tuple[list[str], list[tuple[int, int]]]:
    """The tree of GOOD with `old` replaced by the half-typed `new`, as lines, and what was at fault."""
    assert GOOD.count(old) == 1
    file = parse(PATH, GOOD.replace(old, new))
    assert file.tree is None
    broken = parse_tolerantly(file, parse(PATH, GOOD))
    assert file.tree is not None
    for node in ast.walk(file.tree):
        assert 0 < getattr(node, "lineno", 1) <= len(file.lines)
    compile(file.tree, "p.py", "exec")
    return ast.unparse(file.tree).splitlines(), broken


WHOLE = ast.unparse(ast.parse(GOOD)).splitlines()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("y = self.a(x)", "y = self.a("),
        ("y = self.a(x)", "q = 1\n        y = self.a(x).\n        print(q"),
        ("        x,\n    ):", "        x, z"),
        ("@torch.no_grad()", "@torch.no_grad("),
        ("return y\n", "return y +\n"),
        ("self.a = nn", "self. = nn"),
        ("foo = None", "foo = "),
        ("net = Net()", "net = Net("),
        ("print(z)", "print(z"),
        ("import foo", "import"),
    ],
)
def test_what_does_not_parse_is_as_it_was(old: str, new: str) -> None:
    lines, broken = tolerant(old, new)
    assert [line for line in lines if line != "pass"] == WHOLE
    assert broken


def test_a_function_that_is_new_keeps_its_other_statements() -> None:
    lines, broken = tolerant("net = Net()\n", "def new(x):\n    a = x + 1\n    b = a.\n    return a\n\n\nnet = Net()\n")
    start = lines.index("def new(x):")
    assert [line.strip() for line in lines[start : start + 4]] == ["def new(x):", "a = x + 1", "pass", "return a"]
    line = 1 + GOOD[: GOOD.index("net = Net()")].count("\n") + 2
    assert broken == [(line, line + 1)]


def test_old_trees_are_moved_to_where_their_lines_are() -> None:
    file = parse(PATH, "\n\n" + GOOD.replace("y = self.a(x)", "y = self.a("))
    parse_tolerantly(file, parse(PATH, GOOD))
    returned = next(
        node for node in ast.walk(file.tree) if isinstance(node, ast.Return) and ast.unparse(node) == "return y"
    )
    assert file.lines[returned.lineno - 1].strip() == "return y"


def test_a_file_that_never_parsed_gives_what_parses() -> None:
    file = parse(PATH, GOOD.replace("net = Net()", "net = Net("))
    parse_tolerantly(file, None)
    assert "class Net(nn.Module):" in ast.unparse(file.tree)


def test_random_damage_never_fails() -> None:
    chance = random.Random(5)
    last = parse(PATH, GOOD)
    for _ in range(150):
        text = GOOD
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text))
            typed = chance.choice(["(", ")", '"""', ":", "\n", " ", "'", "\\", "def ", "["])
            text = text[:at] + typed + text[at + chance.randint(0, 8) :]
        file = parse(PATH, text)
        if file.tree is None:
            parse_tolerantly(file, last)
        assert file.tree is not None
        with contextlib.suppress(SyntaxError):  # such as a return outside of functions, which parses
            compile(file.tree, "p.py", "exec")


def test_lines_are_found_again_after_edits_in_several_places() -> None:
    old = [f"line {n}" for n in range(1, 30)]
    new = [*old[:4], "more", "and more", *old[4:10], *old[12:20], "changed", *old[21:]]
    lines = LineMap(old, new)
    found = [lines.line(n) for n in range(1, 30)]
    expected = [*range(1, 5), *range(7, 13), None, None, *range(13, 21), 21, *range(22, 30)]
    assert found == expected
    assert all(new[now - 1] == old[n] for n, now in enumerate(found) if now is not None and n != 20)
    assert LineMap(old, old).is_identity
    assert not lines.is_identity


def test_the_beginning_of_a_line_that_is_typed_on_is_kept() -> None:
    lines = LineMap(["a = 1", "b = f(x)"], ["a = 1", "b = f(x).su"])
    assert lines.line(2) == 2
    assert lines.holds(2, 8)
    assert not LineMap(["b = f(x)"], ["b = g(x)"]).holds(1, 8)


def test_columns_in_units() -> None:
    text = "aü😀b"
    for encoding, ends in (("utf-8", [1, 3, 7, 8]), ("utf-16", [1, 2, 4, 5]), ("utf-32", [1, 2, 3, 4])):
        assert [units(text[: n + 1], encoding) for n in range(4)] == ends
        assert [code_points(text, end, encoding) for end in ends] == [1, 2, 3, 4]
        assert code_points(text, 99, encoding) == 4


def test_texts_change_as_the_protocol_says() -> None:
    """Random edits, against the definition: the text before, the new one, the text behind."""
    chance = random.Random(3)
    for encoding in ("utf-8", "utf-16", "utf-32"):
        text = "one\x0ctwo\r\nthrée\u2028😀\r\n\nfour"
        held = PlainText("file:///p.py", text, 1, position_codec=Codec(encoding))
        for _ in range(60):
            lines = held.lines
            chosen = chance.choices(range(len(lines)), k=2)
            ends = sorted((line, chance.randint(0, len(lines[line].rstrip("\r\n")))) for line in chosen)
            at = [types.Position(line, units(lines[line][:column], encoding)) for line, column in ends]
            start, end = (sum(map(len, lines[:line])) + column for line, column in ends)
            new = chance.choice(["", "x", "ü😀", "a\nb", "\r\n"])
            before = held.source
            held.apply_change(types.TextDocumentContentChangePartial(types.Range(*at), new))
            assert held.source == before[:start] + new + before[end:]
        far = types.Range(types.Position(0, 0), types.Position(0, 10_000))
        held.apply_change(types.TextDocumentContentChangePartial(far, "first"))
        assert held.lines[0].rstrip("\r\n") == "first"
