"""Sessions: unsaved text, files that change, the project around a file, and answers nobody waits for any more."""

import json
from pathlib import Path

import pytest

from tangra.checker import Cancelled, Session, check
from tangra.checker.evaluator import Evaluator, Frame
from tangra.checker.importers import with_importers
from tangra.checker.observations import Observer
from tangra.checker.project import open_project

MODEL = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, 8)

    def forward(self, x):
        y = self.first(x)
        return y
"""
TRAIN = "import torch\nfrom model import Net\n\nnet = Net(16)\nnet(torch.zeros(4, 17))\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "train.py").write_text(TRAIN)
    (tmp_path / "other.py").write_text("import torch\ntorch.zeros(2) + torch.zeros(3)\n")
    return tmp_path


def places(outcome: object) -> list[tuple[str, int, str]]:
    return [(each.place.file.name, each.place.line, each.code) for each in outcome.reports]  # type: ignore[attr-defined]


def test_a_file_is_checked_as_its_project_calls_it(project: Path) -> None:
    outcome = Session().check([project / "model.py"])
    assert places(outcome) == [("model.py", 11, "TG516")]
    ((where, message),) = outcome.reports[0].related
    assert (where.file.name, where.line, message) == ("train.py", 5, "called from")
    assert outcome.files == [project / "model.py"]


def test_importers_are_found_through_packages_aliases_and_further_files(project: Path) -> None:
    package = project / "src" / "pkg"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from .net import make\n")
    (package / "net.py").write_text("def make(x, y):\n    return x + y\n")
    (project / "use.py").write_text("import torch\nimport pkg as p\np.make(torch.zeros(2), torch.zeros(3))\n")
    outcome = check([package / "net.py"])
    assert places(outcome) == [("net.py", 2, "TG510")]


def test_without_a_project_the_folder_of_the_file_counts(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "train.py").write_text(TRAIN)
    assert places(check([tmp_path / "model.py"])) == [("model.py", 11, "TG516")]


def test_unsaved_text_is_checked_until_it_is_taken_back(project: Path) -> None:
    session = Session()
    session.set_overlay(project / "train.py", TRAIN.replace("17", "16"))
    outcome = session.check([project / "model.py", project / "train.py"])
    assert places(outcome) == []
    assert outcome.shapes[project / "model.py"][11]["y"].shape == (4, 8)
    session.set_overlay(project / "model.py", MODEL.replace("8)", "8); torch.zeros(2) + torch.zeros(3)"))
    assert places(session.check([project / "model.py"])) == [("model.py", 8, "TG510")]
    session.set_overlay(project / "model.py", None)
    session.set_overlay(project / "train.py", None)
    assert places(session.check([project / "model.py"])) == [("model.py", 11, "TG516")]


def test_saved_changes_new_and_deleted_files_are_seen(project: Path) -> None:
    session = Session()
    assert places(session.check([project / "model.py"])) == [("model.py", 11, "TG516")]
    (project / "train.py").write_text(TRAIN.replace("17", "16"))
    assert places(session.check([project / "model.py"])) == []
    (project / "more.py").write_text(TRAIN.replace("17", "18"))
    assert places(session.check([project / "model.py"])) == [("model.py", 11, "TG516")]
    (project / "more.py").unlink()
    assert places(session.check([project / "model.py"])) == []


def test_an_overlay_may_be_half_typed(project: Path) -> None:
    session = Session()
    session.set_overlay(project / "model.py", MODEL + "\nclass Half(")
    assert places(session.check([project / "model.py"])) == [("model.py", 14, "TG501")]


def test_answers_do_not_depend_on_earlier_questions(project: Path) -> None:
    session = Session()
    first = session.check([project])
    again = session.check([project])
    assert [report.as_json() for report in first.reports] == [report.as_json() for report in again.reports]
    assert str(first.shapes) == str(again.shapes)


def test_a_question_can_be_taken_back(project: Path) -> None:
    session = Session()
    (project / "long.py").write_text("".join(f"x{n} = {n} + {n} * {n}\n" for n in range(2000)))
    with pytest.raises(Cancelled):
        session.check([project / "long.py"], cancelled=lambda: True)
    assert places(session.check([project / "model.py"])) == [("model.py", 11, "TG516")]


PACKAGE = {
    "pkg/__init__.py": "from .one import *\nfrom .two import Two\nfrom . import three\n",
    "pkg/one.py": "def one(x):\n    return x\n",
    "pkg/two.py": "from .one import helper\n\nclass Two: pass\n",
    "pkg/three.py": (
        "from pkg import one as first\n\n@decorated\ndef third(x):\n    return second(x)\n\n"
        "def other():\n    return 1\n\nif True:\n    second = [\n        first,\n]\n"
    ),
    "other_of_three.py": "from pkg.three import other\n",
    "by_name.py": "from pkg import one as first\n",
    "other_name.py": "from pkg import Two\n",
    "by_module.py": "import pkg.one as m\nm.one(1)\n",
    "by_package.py": "import pkg\npkg.one(1)\n",
    "by_path.py": "import pkg.two\npkg.three.third(1)\n",
    "alias.py": "import pkg.one as m\n\ndef run():\n    return m.one(1)\n",
    "of_alias.py": "from alias import run\n",
    "continued.py": "import os, \\\n    pkg.one as m\nfrom os import path, \\\n    sep\nm.one(1)\n",
    "note.ipynb": json.dumps(
        {"cells": [{"cell_type": "code", "source": ["%matplotlib inline\n", "from pkg.one import one\n", "one(1)"]}]}
    ),
    "table.py": "import pkg.three\nf = pkg.three.__dict__[NAME]\n",
    "computed.py": "import pkg\nf = getattr(pkg, NAME)\n",
    "unrelated.py": "import pkg\npkg.Two()\n",
    "further.py": "from by_name import first\n",
    "caller.py": "from pkg.three import third as t\n",
    "caller_of_caller.py": "from caller import t\n",
}


@pytest.mark.parametrize(
    ("file", "found"),
    [
        (
            "pkg/one.py",
            "alias by_module by_name by_package by_path caller caller_of_caller computed continued further note "
            "of_alias table pkg/__init__ pkg/three pkg/two",
        ),
        ("pkg/two.py", "computed other_name pkg/__init__ unrelated by_path"),
        ("pkg/three.py", "by_path caller caller_of_caller computed other_of_three pkg/__init__ table"),
        ("other_name.py", ""),
    ],
)
def test_importers_are_those_that_ask_for_something_of_the_file(tmp_path: Path, file: str, found: str) -> None:
    for name, text in {"pyproject.toml": "", **PACKAGE}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    first, *others = with_importers(open_project(tmp_path), [tmp_path / file])
    assert first == tmp_path / file
    names = [str(other.relative_to(tmp_path).with_suffix("")) for other in others]
    assert sorted(names) == sorted(found.split())


def test_of_importers_only_what_leads_to_the_file_is_evaluated(project: Path) -> None:
    (project / "more.py").write_text(
        "import torch\nfrom model import Net\n\n"
        "def make(x: torch.Tensor):\n    return helper(Net(16), x)\n\n"
        "def helper(net, x):\n    return net(torch.zeros(3, 18))\n\n"
        "def aside(x: torch.Tensor):\n    return x + 1\n\n"
        "class Trainer:\n    def run(self):\n        return make(torch.zeros(2))\n"
    )
    ran: list[str] = []

    class Watch(Observer):
        def entered(self, ev: Evaluator, frame: Frame) -> None:
            ran.append(frame.function.name if frame.function else "")

    outcome = Session().check([project / "model.py"], observer=Watch())
    assert [(place.file.name, place.line) for place, _ in outcome.reports[0].related] == [
        ("train.py", 5), ("more.py", 8), ("more.py", 5)
    ]  # fmt: skip
    assert {"make", "helper", "run", "forward"} <= set(ran)
    assert "aside" not in ran
    check([project], observer=Watch())
    assert "aside" in ran


def test_modules_are_found_in_folders_too_large_to_list(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tangra.checker.files.MAX_NAMES", 2)
    (project / "pkg").mkdir()
    (project / "pkg" / "__init__.py").write_text("from .net import make\n")
    for name in "abcd":
        (project / "pkg" / f"{name}.py").write_text("")
    (project / "pkg" / "net.py").write_text("def make(x, y):\n    return x + y\n")
    (project / "use.py").write_text("import torch\nimport pkg as p\np.make(torch.zeros(2), torch.zeros(3))\n")
    assert places(check([project / "pkg" / "net.py"])) == [("net.py", 2, "TG510")]


def test_an_installed_file_does_not_bring_its_neighbours_along(tmp_path: Path) -> None:
    packages = tmp_path / "env" / "lib" / "python3.11" / "site-packages"
    for name, text in {
        "torch/__init__.py": "zeros = ones = lambda *sizes: sizes\n",
        "models/__init__.py": "",
        "models/parts.py": "def add(x, y):\n    return x + y\n",
        "models/net.py": (
            "import torch\nfrom .parts import add\nfrom models.parts import add as plus\n"
            "add(torch.zeros(2), torch.ones(3))\nplus(torch.zeros(2), torch.ones(4))\n"
        ),
    }.items():
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_text(text)
    for python in (None, tmp_path / "env"):
        outcome = check([packages / "models"], python=python)
        assert places(outcome) == [("parts.py", 2, "TG510")]
        assert len(outcome.reports[0].related) == 2


REGISTRY = {
    "registry.py": "class Registry:\n    def register(self, name=None): ...\n\n"
    "MODELS = Registry()\nOTHERS = Registry()\n",
    "entered.py": "ENTRIES = {}\nNAMES = []\n\ndef enter(f):\n    ENTRIES[f.__name__] = f\n    return f\n\n"
    "def build(name):\n    return ENTRIES[name]()\n",
    "net.py": "from registry import MODELS\n\n@MODELS.register()\ndef net():\n    return 1\n",
    "rest.py": "from registry import MODELS\nfrom entered import enter\n\n@MODELS.register('r')\n@enter\ndef rest():\n"
    "    return 2\n",
    "table.py": "from registry import MODELS\n\ndef sized():\n    return 3\n\nMODELS['sized'] = sized\n",
    "other.py": "from registry import OTHERS\n\n@OTHERS.register()\ndef other():\n    return 4\n",
    "factory.py": "from registry import MODELS\nimport net, rest, table\n\n"
    "def create(name):\n    return MODELS.build(name)\n",
    "second.py": "from entered import build\n\ndef made():\n    return build('rest')\n",
    "train.py": "from factory import create\ncreate('net')\n",
}


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("net.py", "factory registry train"),
        ("table.py", "factory registry train"),
        ("rest.py", "entered factory registry second train"),
        ("other.py", "registry"),
    ],
)
def test_what_asks_a_registry_leads_to_the_files_that_fill_it(tmp_path: Path, file: str, found: str) -> None:
    for name, text in {"pyproject.toml": "", **REGISTRY}.items():
        (tmp_path / name).write_text(text)
    _, *others = with_importers(open_project(tmp_path), [tmp_path / file])
    assert sorted(other.stem for other in others) == found.split()


def test_a_file_whose_models_are_built_by_name_is_checked_as_they_are_called(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "",
        "registry.py": "MODELS = {}\n\ndef register(f):\n    MODELS[f.__name__] = f\n    return f\n",
        "net.py": (
            "from torch import nn\nfrom registry import register\n\nclass Net(nn.Module):\n"
            "    def __init__(self, width):\n        super().__init__()\n        self.layer = nn.Linear(width, 4)\n\n"
            "    def forward(self, x):\n        return self.layer(x)\n\n"
            "@register\ndef net(width):\n    return Net(width)\n"
        ),
        "train.py": "import torch\nimport net\nfrom registry import MODELS\n\nMODELS['net'](8)(torch.zeros(2, 9))\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert places(check([tmp_path / "net.py"])) == [("net.py", 10, "TG516")]
