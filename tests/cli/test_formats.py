"""The formats that machines read: SARIF by its schema's rules, GitHub's workflow commands."""

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tangra.cli import main

CALLS = "import torch\ndef f(a, b):\n    return a @ b\nf(torch.zeros(2, 3), torch.zeros(4, 5))\n"

TEXT = {"text": (str, True)}
URI = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
REGION = {name: (int, False) for name in ("startLine", "startColumn", "endLine", "endColumn")}
OBJECTS: dict[str, dict[str, tuple[object, bool]]] = {
    "log": {"$schema": ("uri", False), "version": (["2.1.0"], True), "runs": (["*run"], True)},
    "run": {
        "tool": ("tool", True),
        "results": (["*result"], False),
        "columnKind": (["utf16CodeUnits", "unicodeCodePoints"], False),
        "originalUriBaseIds": ({"artifact": True}, False),
        "invocations": (["*invocation"], False),
    },
    "tool": {"driver": ("driver", True)},
    "driver": {"name": (str, True), "version": (str, False), "rules": (["*rule"], False)},
    "rule": {"id": (str, True), "shortDescription": ("message", False)},
    "message": {"text": (str, True)},
    "invocation": {"executionSuccessful": (bool, True), "toolExecutionNotifications": (["*notification"], False)},
    "notification": {"level": (["none", "note", "warning", "error"], False), "message": ("message", True)},
    "result": {
        "ruleId": (str, False),
        "ruleIndex": (int, False),
        "level": (["none", "note", "warning", "error"], False),
        "message": ("message", True),
        "locations": (["*location"], False),
        "relatedLocations": (["*location"], False),
        "partialFingerprints": ({"str": True}, False),
        "fixes": (["*fix"], False),
    },
    "fix": {"description": ("message", False), "artifactChanges": (["*change"], True)},
    "change": {"artifactLocation": ("artifact", True), "replacements": (["*replacement"], True)},
    "replacement": {"deletedRegion": ("region", True), "insertedContent": ("content", False)},
    "content": {"text": (str, False)},
    "location": {"id": (int, False), "message": ("message", False), "physicalLocation": ("physical", False)},
    "physical": {"artifactLocation": ("artifact", False), "region": ("region", False)},
    "artifact": {"uri": ("uri", False), "uriBaseId": (str, False)},
    "region": REGION,
}
"""The objects of SARIF 2.1.0 that we write: for each property its kind, and whether the schema requires it. The schema
allows no further ones."""


def validate(value: object, kind: object, where: str) -> None:
    if isinstance(kind, type):
        assert type(value) is kind, where
        assert kind is not int or value >= (0 if where.endswith(("id", "ruleIndex")) else 1), where
    elif kind == "uri":
        assert URI.fullmatch(str(value)), where
    elif isinstance(kind, list) and str(kind[0]).startswith("*"):
        assert isinstance(value, list), where
        for number, item in enumerate(value):
            validate(item, kind[0][1:], f"{where}[{number}]")
    elif isinstance(kind, list):
        assert value in kind, where
    elif isinstance(kind, dict):
        assert isinstance(value, dict), where
        for name, item in value.items():
            validate(item, str if "str" in kind else next(iter(kind)), f"{where}.{name}")
    else:
        properties = OBJECTS[str(kind)]
        assert isinstance(value, dict), where
        assert set(value) <= set(properties), where
        assert {name for name, (_, required) in properties.items() if required} <= set(value), where
        for name, item in value.items():
            validate(item, properties[name][0], f"{where}.{name}")


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    main(["check", "--format", "sarif", *arguments])
    log = json.loads(capsys.readouterr().out)
    validate(log, "log", "log")
    return log


def test_sarif_follows_its_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    (folder / "näme.py").write_text(CALLS)
    monkeypatch.chdir(tmp_path)
    (run,) = checked(capsys, "a folder")["runs"]
    (result,) = run["results"]
    (location,) = result["locations"]
    physical = location["physicalLocation"]
    assert (result["ruleId"], result["level"]) == ("TG511", "error")
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "TG511"
    assert physical["region"] == {"startLine": 3, "startColumn": 12, "endLine": 3, "endColumn": 17}
    assert unquote(physical["artifactLocation"]["uri"]) == "a folder/näme.py"
    base = run["originalUriBaseIds"][physical["artifactLocation"]["uriBaseId"]]["uri"]
    assert unquote(urlsplit(base).path) == f"{tmp_path}/"
    (related,) = result["relatedLocations"]
    assert (related["message"]["text"], related["physicalLocation"]["region"]["startLine"]) == ("called from", 4)


def test_sarif_has_the_fixes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.py").write_text(CALLS.replace("4, 5", "5, 3"))
    (result,) = checked(capsys, str(tmp_path / "p.py"))["runs"][0]["results"]
    fixes = [(fix["description"]["text"], fix["artifactChanges"][0]["replacements"][0]) for fix in result["fixes"]]
    region = {"startLine": 3, "startColumn": 16, "endLine": 3, "endColumn": 17}
    assert fixes[0] == ("write `b.T` for `b`", {"deletedRegion": region, "insertedContent": {"text": "b.T"}})


def test_sarif_of_nothing_and_of_files_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bug.py"
    path.write_text("x = 1\n")
    (run,) = checked(capsys, str(path))["runs"]
    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is True
    path.write_text(CALLS)
    (run,) = checked(capsys, str(path))["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": path.as_uri()}


def test_a_fingerprint_stays_when_the_line_moves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bug.py"
    marks = []
    for text in (CALLS, "\n\n# moved\n" + CALLS, CALLS.replace("a @ b", "a @ b + 1")):
        path.write_text(text)
        marks.append(checked(capsys, str(path))["runs"][0]["results"][0]["partialFingerprints"]["tangra/v1"])
    assert marks[0] == marks[1] != marks[2]


def test_github_commands_escape_what_would_end_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a,b:c%.py").write_text(CALLS)
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--format", "github"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    fields, _, text = line.removeprefix("::error ").partition("::")
    assert fields == "file=a%2Cb%3Ac%25.py,line=3,endLine=3,col=12,endColumn=16,title=TG511"
    assert text.startswith("shapes (2, 3) and (4, 5) don't fit @")
    assert text.endswith("%0Acalled from a,b:c%25.py:4")


def test_github_prints_nothing_where_nothing_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fine.py").write_text("x = 1\n")
    assert main(["check", "--format", "github", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""


def test_json_says_what_to_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "view.py"
    path.write_text("import torch\nx = torch.zeros(3, 4).t().view(12)\n")
    assert main(["check", "--format", "json", str(path)]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found["fix"] == "use reshape(), or contiguous() before view()"


def test_an_answer_from_the_disk_has_titles_too(tmp_path: Path) -> None:
    path = tmp_path / "bug.py"
    path.write_text(CALLS)
    command = [sys.executable, "-m", "tangra.cli", "check", "--format", "sarif", str(path)]
    logs = [json.loads(subprocess.run(command, capture_output=True, text=True, timeout=120).stdout) for _ in range(2)]
    assert logs[0] == logs[1]
    (rule,) = logs[1]["runs"][0]["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "inner sizes of a matrix product that differ"


def test_an_answer_from_the_disk_loads_no_evaluator(tmp_path: Path) -> None:
    path = tmp_path / "bug.py"
    path.write_text(CALLS)
    code = (
        "import sys, tangra.cli; tangra.cli.main(['check', sys.argv[1]]);"
        "print(sorted({'tangra.checker.evaluator', 'tangra.shape_rules', 'tangra.shapes'} & set(sys.modules)))"
    )
    for loaded in ("['tangra.checker.evaluator', 'tangra.shape_rules', 'tangra.shapes']", "[]"):
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=120)
        assert done.stdout.splitlines()[-1] == loaded
