"""Small unions: what branches leave is one of the arms' values, and an error needs all of them to fail."""

from pathlib import Path

import pytest

from tests.checker.programs import lines, shapes

FINE = {
    "an array or None": """
        def f(flag, x):
            bias = None
            if flag():
                bias = torch.zeros(3)
            if bias is not None:
                x = x + bias
            return x
        x = f(unknown, torch.zeros(2, 3))
        y = x @ torch.zeros(3, 4)
        """,
    "one of two functions fits": """
        layer = nn.Linear(3, 4) if unknown() else nn.Linear(5, 4)
        y = layer(torch.zeros(2, 3))
        """,
    "either arm with its own sizes": """
        if unknown():
            x, w = torch.zeros(2, 3), torch.zeros(3, 4)
        else:
            x, w = torch.zeros(2, 5), torch.zeros(5, 4)
        y = x @ w
        """,
    "an attribute of one alternative": """
        thing = torch.zeros(2, 3) if unknown() else [1, 2]
        n = thing.shape[0]
        y = torch.zeros(n, 4)
        """,
    "isinstance decides": """
        def f(x):
            if isinstance(x, tuple):
                x = x[0]
            return x.reshape(6)
        x = (torch.zeros(2, 3), 1) if unknown() else torch.zeros(3, 2)
        y = f(x)
        """,
    "arguments from one of two dicts": """
        options = {"dim": 1} if unknown() else {}
        parts = torch.zeros(2, 3).unbind(**options)
        y = torch.stack([parts[0], parts[1]], 1).flatten()[:2].view(2, 1) @ torch.zeros(1, 4)
        """,
    "nine alternatives": """
        x = torch.zeros(1, 3)
        for _ in range(9):
            if unknown():
                x = torch.cat([x, torch.zeros(1, 3)])
        y = x @ torch.zeros(3, 4)
        """,
}
"""Programs that run for some alternatives, and the shape of `y` where all agree."""

Y = ["(2, 4)", "(2, 4)", "(2, 4)", "(2, 4)", "(6)", "(2, 4)", "(?, 4)"]


@pytest.mark.parametrize(("name", "shape"), list(zip(FINE, Y, strict=True)))
def test_a_program_that_may_run_is_silent(name: str, shape: str, tmp_path: Path) -> None:
    program = _program(FINE[name])
    assert shapes(tmp_path, program)["y"].replace(",)", ")") == shape


FAILING = {
    "every array": """
        x = torch.zeros(2, 3) if unknown() else torch.zeros(2, 5)
        y = x @ torch.zeros(4, 4)  # here
        """,
    "every layer": """
        layer = nn.Linear(3, 4) if unknown() else nn.Linear(5, 4)
        y = layer(torch.zeros(2, 6))  # here
        """,
    "both sides": """
        x = torch.zeros(2, 3) if unknown() else torch.zeros(2, 5)
        w = torch.zeros(4, 2) if unknown() else torch.zeros(6, 2)
        y = x @ w  # here
        """,
    "one value read twice": """
        n = 2 if unknown() else 3
        y = torch.zeros(n, 4) + torch.zeros(n + 2, 4)  # here
        """,
    "an axis that no alternative has": """
        x = torch.zeros(2, 3) if unknown() else torch.zeros(6)
        y = x.sum(3)  # here
        """,
    "inside a function": """
        def f(x):
            return x.view(7)  # here
        y = f(torch.zeros(2, 3) if unknown() else torch.zeros(5))
        """,
    "in a list": """
        parts = [torch.zeros(2, 3), torch.zeros(2, 4) if unknown() else torch.zeros(2, 5)]
        y = torch.cat(parts)  # here
        """,
}


@pytest.mark.parametrize("name", FAILING)
def test_a_program_that_fails_for_every_alternative_is_reported_once(name: str, tmp_path: Path) -> None:
    program = _program(FAILING[name])
    line = next(number for number, text in enumerate(program.split("\n"), 1) if "# here" in text)
    assert [found for found, _ in lines(tmp_path, program)] == [line]


def test_under_a_condition_nobody_knows_alternatives_are_not_reported(tmp_path: Path) -> None:
    program = """
        x = torch.zeros(2, 3) if unknown() else torch.zeros(2, 5)
        if unknown():
            y = x @ torch.zeros(4, 4)
        """
    assert lines(tmp_path, _program(program)) == []


def test_writes_to_one_of_two_objects_reach_both_and_neither_for_certain(tmp_path: Path) -> None:
    program = """
        class Box:
            def __init__(self, n):
                self.n = n
        a, b = Box(2), Box(3)
        c = a if unknown() else b
        c.n = 4
        y = torch.zeros(a.n, 1) + torch.zeros(b.n, 1)   # 2 or 4 and 3 or 4
        z = torch.zeros(c.n, 1) @ torch.zeros(1, 2)
        """
    assert lines(tmp_path, _program(program)) == []


def test_a_handler_may_run_where_one_alternative_raises(tmp_path: Path) -> None:
    program = """
        x = torch.zeros(2, 3) if unknown() else None
        try:
            n = x.shape[0]
        except AttributeError:
            n = 7
        y = torch.zeros(n, 4) @ torch.zeros(4, n) + torch.zeros(7, 7)
        """
    assert lines(tmp_path, _program(program)) == []


def _program(body: str) -> str:
    return "import torch\nfrom torch import nn\nfrom somewhere import unknown\n" + "\n".join(
        line.removeprefix("        ") for line in body.split("\n")
    )


OPTIONS = """
        def scaled(x, factor=1, extra=None):
            y = x if extra is None else torch.cat([x, extra], 1)
            return y.repeat(factor, 1)
        options = {}
        if unknown():
            options["extra"] = torch.zeros(2, 3)
        options["factor"] = 3
"""


def test_a_key_that_may_be_there_is_spread_and_found(tmp_path: Path) -> None:
    program = _program(
        OPTIONS
        + """
        y = scaled(torch.zeros(2, 3), **options)
        z = torch.zeros(options["factor"], options.get("factor", 7))
        w = y.sum(1) + torch.zeros(6)
        e = options["extra"]
        """
    )
    found = shapes(tmp_path, program)
    assert (found["z"], found["w"], found["e"]) == ("(3, 3)", "(6,)", "(2, 3)")


@pytest.mark.parametrize(
    "change",
    [
        'options["factor"] = 5',
        "options.update(factor=5)",
        'options.pop("factor"); options["factor"] = 5',
        'del options["factor"]; options["factor"] = 5',
        "options.clear(); options.update(factor=5)",
        "options = dict(options, factor=5)",
        'other = options; other["factor"] = 5',
        "options = {**options, **{'factor': 5}}",
    ],
)
def test_what_is_written_to_such_a_dict_counts(tmp_path: Path, change: str) -> None:
    program = f"{OPTIONS}        {change}\n        y = scaled(torch.zeros(2, 3), **options) + torch.zeros(10, 1)\n"
    assert lines(tmp_path, _program(program)) == []
    wrong = program.replace("zeros(10, 1)", "zeros(14, 1)")
    known = "dict(" not in change and "{**" not in change and "pop" not in change and "del" not in change
    assert bool(lines(tmp_path, _program(wrong))) == known
