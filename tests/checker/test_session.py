"""Sessions: unsaved text, files that change, the project around a file, and answers nobody waits for any more."""

from pathlib import Path

import pytest

from tangra.checker import Cancelled, Session, check

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
