"""When something is reported and when not: kinds of size, guards, caught failures, loops, modes, one finding each."""

from pathlib import Path

import pytest

from tests.checker.programs import lines, reports, run

HEAD = """
import os
import numpy as np
import pytest
import torch
import torch.nn as nn
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
"""

REPORTED = {
    "a constant failure under an unknown guard": """
        def f():
            if os.environ.get("A"):
                return torch.zeros(2) + torch.zeros(3)  #!
            return None
        """,
    "rigid names are different sizes": """
        def f(x: Float[Tensor, "a b"], y: Float[Tensor, "b c"]):
            return torch.cat([x, y], 1)  #!
        """,
    "a rigid size against a number": """
        def f(x: Float[Tensor, "batch 3"]):
            return x.reshape(4, 3)  #!
        """,
    "T against T - 1": """
        def f(x: Float[Tensor, "t"]):
            return torch.stack([x, x[1:]])  #!
        """,
    "a flexible size that no value solves": """
        class Net(nn.Module):
            def __init__(self, width: int = 8):
                super().__init__()
                self.a = nn.Linear(4, 2 * width)
                self.b = nn.Linear(2 * width + 1, 4)
            def forward(self, x):
                return self.b(self.a(x))  #!
        """,
    "a caught failure of another class": """
        def f():
            try:
                return torch.zeros(2) + torch.zeros(3)  #!
            except KeyError:
                return None
        """,
    "the second trip of an unknown loop": """
        def f(n: int):
            x = torch.zeros(2, 2)
            for _ in range(n):
                x = torch.cat([x, torch.zeros(x.shape[0], 2)], 0).reshape(4, 2)  #!
        """,
    "in training only": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.aux = nn.Linear(4, 8), nn.Linear(4, 2)
            def forward(self, x):
                x = self.a(x)
                if self.training:
                    return x, self.aux(torch.zeros(3, 8))  #!
                return x
        """,
    "a method of a class that nobody makes": """
        class Net(nn.Module):
            def __init__(self, hidden):
                super().__init__()
                self.net = nn.Sequential(nn.Linear(10, 20), nn.Linear(30, hidden))
            def forward(self, x):
                return self.net(x)  #!
        """,
    "behind a generator": """
        def f():
            return torch.stack(list(torch.zeros(n) for n in (2, 3)))  #!
        """,
    "inside a lambda and map": """
        x = list(map(lambda n: torch.zeros(n) + torch.zeros(4), [4, 5]))  #!
        """,
}

SILENT = {
    "a flexible size against a number": """
        def f(n: int):
            return torch.zeros(n) + torch.zeros(4)
        """,
    "an argument nobody annotated": """
        def f(x):
            y = x.view(4, 100)
            return y @ torch.zeros(7, 8)[: x.shape[0]].t()
        """,
    "opaque sizes": """
        x = torch.zeros(10, 3)
        y = x[x[:, 0] > 0]
        z = y + torch.zeros(7, 3)
        n = int(x.sum().item())
        w = torch.zeros(n) + torch.zeros(5)
        """,
    "joined sizes": """
        n = 3 if os.environ.get("A") else 4
        x = torch.zeros(n) + torch.zeros(3)
        """,
    "unknown guard and unknown operand": """
        def f(x):
            if os.environ.get("A"):
                return x.reshape(5, 7) + torch.zeros(5, 8)[:, : x.shape[1]]
        """,
    "a guard that is the condition": """
        def f(x: Float[Tensor, "a"], y: Float[Tensor, "b"]):
            if x.shape == y.shape:
                return x + y
            if x.shape[0] != y.shape[0]:
                raise ValueError("sizes differ")
            return x * y
        """,
    "an assertion that is the condition": """
        def f(x: Float[Tensor, "b d"], heads: int):
            assert x.shape[1] % 8 == 0
            return x.reshape(x.shape[0], 8, x.shape[1] // 8)
        """,
    "a failure that is caught": """
        try:
            x = torch.zeros(2) + torch.zeros(3)
        except RuntimeError:
            x = torch.zeros(2)
        y = x + torch.zeros(2)
        """,
    "a failure that a test expects": """
        def test_it():
            with pytest.raises(RuntimeError):
                torch.zeros(2) + torch.zeros(3)
        """,
    "after a failing way is left": """
        def f(mode: str):
            if mode == "a":
                x = torch.zeros(2)
            elif mode == "b":
                x = torch.zeros(3)
            else:
                raise ValueError(mode)
            return x + torch.zeros(3)
        """,
    "code that is never reached": """
        def f():
            return 1
            torch.zeros(2) + torch.zeros(3)
        if False:
            torch.zeros(2) + torch.zeros(3)
        """,
    "a default is only a possibility": """
        class Net(nn.Module):
            def __init__(self, width=8):
                super().__init__()
                self.a = nn.Linear(16, width)
                self.b = nn.Linear(16, 4)
            def forward(self, x):
                return self.b(self.a(x))
        """,
    "after eval only one way": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.a = nn.Linear(4, 8)
            def forward(self, x):
                x = self.a(x)
                if not self.training:
                    return x
                return x, x
        net = Net().eval()
        y = net(torch.zeros(2, 4)) + torch.zeros(2, 8)
        """,
    "two calls of one function, each with its own sizes": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(3, 8, 3, padding=1)
            def forward(self, x):
                y = self.conv(x)
                return y + F.interpolate(self.conv(x[:, :, ::2, ::2]), size=x.shape[2:])
        net = Net()
        a, b = net(torch.zeros(1, 3, 32, 32)), net(torch.zeros(2, 3, 17, 40))
        c = a[0] + torch.zeros(8, 32, 32)
        d = b + torch.zeros(17, 40)
        """,
    "a possibly unbound name": """
        for batch in os.listdir():
            out = torch.zeros(3)
        print(out + torch.zeros(3))
        """,
    "an object that something unknown got": """
        import somewhere
        class Box: pass
        box = Box()
        box.x = torch.zeros(3)
        somewhere.change(box)
        y = box.x + torch.zeros(4)
        """,
    "a name that a library provides": """
        import somewhere
        model = somewhere.load("x")
        y = model(torch.zeros(3)) + torch.zeros(2)
        z = somewhere.LAYERS["a"](1, 2).shape[5] + 3
        """,
    "a broadcast that was asked for": """
        a, b = torch.zeros(5), torch.zeros(7)
        table = (a[:, None] - b[None, :]).abs().mean()
        other = (a.unsqueeze(1) * b).sum()
        """,
    "a lazily set attribute": """
        class Cache:
            def __init__(self):
                self.value = None
            def get(self, n):
                if self.value is None:
                    self.value = torch.zeros(n)
                return self.value
        c = Cache()
        x = c.get(3) + torch.zeros(3)
        """,
}


def _program(text: str) -> str:
    import textwrap

    return HEAD + textwrap.dedent(text)


@pytest.mark.parametrize("name", REPORTED)
def test_reported(name: str, tmp_path: Path) -> None:
    text = _program(REPORTED[name])
    marked = [number for number, line in enumerate(text.splitlines(), 1) if line.endswith("#!")]
    assert [line for line, _ in lines(tmp_path, text)] == marked


@pytest.mark.parametrize("name", SILENT)
def test_silent(name: str, tmp_path: Path) -> None:
    assert [(report.place.line, report.message) for report in reports(tmp_path, _program(SILENT[name]))] == []


def test_what_depends_on_a_value_is_a_note_with_a_witness(tmp_path: Path) -> None:
    text = _program(
        """
        def f(x: Float[Tensor, "b c h w"]):
            y = x[:, :, ::2]
            return torch.cat([x, torch.cat([y, y], 2)], 1)
        """
    )
    (note,) = run(tmp_path, text).reports
    assert note.severity == "note"
    assert "this fails for" in note.message


def test_one_finding_for_a_line_with_up_to_three_calls(tmp_path: Path) -> None:
    text = "import torch\ndef f(x):\n    return x + torch.zeros(3)\n" + "".join(
        f"f(torch.zeros({size}))\n" for size in (4, 5, 3, 6, 7, 8)
    )
    (found,) = reports(tmp_path, text)
    assert found.place.line == 3
    assert [place.line for place, _ in found.related] == [4, 5, 7]


def test_the_innermost_line_of_the_program_is_at_fault_not_one_of_a_container(tmp_path: Path) -> None:
    text = """
        import torch
        import torch.nn as nn
        class Wrapper(nn.Module):
            def __init__(self, inner):
                super().__init__()
                self.inner = inner
            def forward(self, x):
                return self.inner(x)
        w = Wrapper(nn.Sequential(nn.Sequential(nn.Linear(3, 4)), nn.Linear(5, 6)))
        w(torch.zeros(2, 3))
        """
    (found,) = reports(tmp_path, text)
    assert found.place.line == 9
    assert [place.line for place, _ in found.related] == [11]


def test_imports_across_files(tmp_path: Path) -> None:
    package = tmp_path / "pkg" / "nets"
    package.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "pkg" / "__init__.py").write_text("from .nets.mlp import MLP\nfrom . import settings\n")
    (tmp_path / "pkg" / "settings.py").write_text("WIDTH = 16\n")
    (package / "__init__.py").write_text("")
    (package / "mlp.py").write_text(
        "import torch.nn as nn\nfrom .. import settings\nclass MLP(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.fc = nn.Linear(settings.WIDTH, 4)\n"
        "    def forward(self, x):\n        return self.fc(x)\n"
    )
    (tmp_path / "train.py").write_text("import torch\nfrom pkg import MLP\nMLP()(torch.zeros(2, 8))\n")
    from tangra.checker import check

    (found,) = check([tmp_path]).reports
    assert (found.place.file.name, found.place.line) == ("mlp.py", 8)
    assert [(place.file.name, place.line) for place, _ in found.related] == [("train.py", 3)]
    assert check([tmp_path / "train.py"]).reports == []


def test_rules_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.tangra]\nrules = ['shapes.py']\nexclude = ['shapes.py']\n")
    (tmp_path / "shapes.py").write_text(
        "from tangra.shape_rules import Failure, Tensor, rule\n"
        "@rule('mylib.pairwise')\n"
        "def pairwise(ctx, a, b):\n"
        "    ctx.require_equal(a.dims[1], b.dims[1], Failure('TG529', 'pairwise: the last axes differ'))\n"
        "    return a.like((a.dims[0], b.dims[0]))\n"
    )
    (tmp_path / "main.py").write_text(
        "import torch, mylib\na = torch.zeros(2, 3)\nb = mylib.pairwise(a, a)\nc = b @ torch.zeros(2, 5)\n"
        "d = mylib.pairwise(a, c)\n"
    )
    from tangra.checker import check

    outcome = check([tmp_path])
    assert [(report.place.line, report.message) for report in outcome.reports] == [
        (5, "pairwise: the last axes differ")
    ]


def test_a_squeeze_that_may_drop_the_batch_is_a_hint(tmp_path: Path) -> None:
    text = _program(
        """
        def f(x: Float[Tensor, "batch 1 d"]):
            return x.squeeze()
        """
    )
    assert [(report.severity, report.code) for report in run(tmp_path, text).reports] == [("note", "TG531")]


EINSUM = [
    ("a", [("note", "TG533")]),
    ("a[:, :1]", [("note", "TG533")]),
    ("a.sum(1, keepdims=True)", []),
    ("a[:, 0][:, None]", []),
    ("np.ones((3, 5))", []),
]


@pytest.mark.parametrize(("operand", "found"), EINSUM)
def test_a_label_of_einsum_that_stands_for_more_elements_than_there_are_is_a_hint(
    tmp_path: Path, operand: str, found: list[tuple[str, str]]
) -> None:
    text = f"import numpy as np\n\na = np.ones((3, 1))\nc = np.einsum('ij,jk->ik', {operand}, np.ones((5, 4)))\n"
    assert [(report.severity, report.code) for report in run(tmp_path, text).reports] == found


AGAINST = """
import torch

x, w = torch.randn(40, 16), torch.rand(40)
rows = torch.nonzero(x[:, 0] > 0).squeeze(1)
"""


def test_a_size_of_data_against_a_number_though_the_other_operand_has_it_elsewhere(tmp_path: Path) -> None:
    found = reports(tmp_path, f"{AGAINST}y = x[rows] * w[rows]\n")
    assert [(one.severity, one.code) for one in found] == [("warning", "TG510")]
    assert found[0].message == "shapes (n, 16) and (n,), where data decides n, broadcast only if n is 16 or 1"
    assert found[0].advice == "write `w[rows].unsqueeze(1)` for `w[rows]`"
    assert reports(tmp_path, f"{AGAINST}y = x[rows] * w[rows][None, :]\n") != []
    for text in ("x[rows] * w[rows, None]", "x[rows].T * w[rows]", "x[rows] * torch.rand(16)", "x * w[rows][:16]"):
        assert reports(tmp_path, f"{AGAINST}y = {text}\n") == [], text
