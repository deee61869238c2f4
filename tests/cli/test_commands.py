"""The command line as its users meet it: exit status, formats, choices of codes, and what it never does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tangra.cli import main

BUG = "import torch\n\na = torch.zeros(3, 4)\nb = torch.zeros(5, 6)\nc = a @ b\n"
FINE = "import torch\n\na = torch.zeros(3, 4)\nc = a @ a.t()\n"


@pytest.fixture
def bug(tmp_path: Path) -> Path:
    path = tmp_path / "bug.py"
    path.write_text(BUG)
    return path


def test_a_finding_is_told_with_place_carets_and_origin(bug: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(bug)]) == 1
    assert capsys.readouterr().out == (
        f"{bug}:5:5: error: shapes (3, 4) and (5, 6) don't fit @: the left one has 4 columns, the right one 5 rows "
        "[TG511]\n"
        "    5 | c = a @ b\n"
        "      |     ^^^^^\n"
        "  note: `a` is (3, 4) since line 3\n"
        "  note: `b` is (5, 6) since line 4\n"
        "  note: when run, this is a RuntimeError\n"
        "\n"
        "1 error in 1 file\n"
        "shapes known in 100 % of 4 array expressions, budget hit in 0 functions\n"
    )


def test_nothing_found_is_status_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fine.py").write_text(FINE)
    assert main(["check", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "nothing found in 1 file"


def test_json_has_every_field(bug: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "json", str(bug)]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found["file"] == str(bug)
    assert (found["line"], found["column"], found["end_line"], found["end_column"]) == (5, 5, 5, 10)
    assert (found["severity"], found["code"], found["related"], found["fix"]) == ("error", "TG511", [], None)
    assert found["message"].startswith("shapes (3, 4) and (5, 6)")
    assert "`a` is (3, 4) since line 3" in found["notes"]


def test_related_places_are_the_calls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "calls.py"
    path.write_text("import torch\ndef f(a, b):\n    return a @ b\nf(torch.zeros(2, 3), torch.zeros(4, 5))\n")
    assert main(["check", "--format", "json", str(path)]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found["line"] == 3
    assert [(each["line"], each["message"]) for each in found["related"]] == [(4, "called from")]


def test_columns_count_code_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "unicode.py"
    path.write_text('import torch\nx = "äöü", torch.zeros(2) + torch.zeros(3)\n', encoding="utf-8")
    assert main(["check", "--format", "json", str(path)]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["column"], found["end_column"]) == (12, 43)


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["--ignore", "TG511"], 0),
        (["--select", "TG52"], 0),
        (["--select", "TG5"], 1),
        (["--ignore", "TG5", "--select", "TG511"], 1),
    ],
)
def test_codes_are_chosen_by_their_beginnings(bug: Path, options: list[str], status: int) -> None:
    assert main(["check", *options, str(bug)]) == status


def test_strict_makes_warnings_count(tmp_path: Path) -> None:
    path = tmp_path / "silent.py"
    path.write_text("import torch\nloss = ((torch.zeros(8, 1) - torch.zeros(8)) ** 2).mean()\n")
    assert main(["check", str(path)]) == 0
    assert main(["check", "--strict", str(path)]) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["check", "--format", "yaml"],
        ["check", "no/such/file.py"],
        ["check", "--select", "E501"],
        ["check", "--select", "TG5111"],
        ["check", "--ignore", "TG511,TG777"],
        ["check", "--python", "no/such/venv"],
        ["check", "--python-version", "two"],
        ["check", "--python-version", "3.11.2"],
        ["check", "--python-version", "٣.١١"],
        ["explain", "TG999"],
        ["shapes", "no/such/file.py"],
        ["nonsense"],
    ],
)
def test_misuse_is_status_2_and_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.strip()


def test_settings_of_the_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "bug.py").write_text(BUG)
    settings = tmp_path / "pyproject.toml"
    settings.write_text("[tool.tangra]\nignore = ['TG511']\n")
    assert main(["check", str(tmp_path / "pkg")]) == 0
    settings.write_text("[tool.tangra]\nexclude = ['bug.py']\n")
    assert main(["check", str(tmp_path / "pkg")]) == 0
    settings.write_text("[tool.tangra]\nignore = ['TG5111']\n")
    assert main(["check", str(tmp_path / "pkg")]) == 2
    assert "tool.tangra.ignore: no code begins with TG5111" in capsys.readouterr().err
    settings.write_text("[tool.tangra]\nignored = ['TG511']\n")
    assert main(["check", str(tmp_path / "pkg")]) == 2
    assert "tool.tangra.ignored is not a setting" in capsys.readouterr().err


def test_an_ignore_comment_silences_its_line(tmp_path: Path) -> None:
    path = tmp_path / "ignored.py"
    path.write_text(BUG.replace("a @ b", "a @ b  # tangra: ignore[TG511]"))
    assert main(["check", str(path)]) == 0
    path.write_text(BUG.replace("a @ b", "a @ b  # tangra: ignore[TG512]"))
    assert main(["check", str(path)]) == 1
    path.write_text(BUG.replace("a @ b", "a @ b  # tangra: ignore"))
    assert main(["check", str(path)]) == 0


def test_shapes_prints_the_file_with_shapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "fine.py"
    path.write_text(FINE)
    assert main(["shapes", str(path)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[2].startswith("a = torch.zeros(3, 4) ")
    assert printed[2].endswith("# a: (3, 4)")
    assert printed[3].endswith("# c: (3, 3)")


def test_every_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    from tangra.checker import codes
    from tangra.shape_rules import failures

    known = {value for module in (codes, failures) for value in vars(module).values() if str(value).startswith("TG")}
    assert len(known) > 20
    for code in sorted(known):
        assert main(["explain", code]) == 0
        title, _, text = capsys.readouterr().out.partition("\n\n")
        assert title.startswith(f"{code}: ")
        assert len(text.split()) > 8, code


def test_statistics_tell_how_much_was_understood(bug: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bug.write_text(BUG + "torch.no_such_function(a)\n")
    assert main(["check", "--statistics", str(bug)]) == 1
    printed = capsys.readouterr().out
    assert "shapes known in 100 % of 5 array expressions" in printed
    assert "without a rule: torch.no_such_function (1)" in printed


@pytest.mark.parametrize("paths", [[], ["-"]])
def test_a_program_from_standard_input(bug: Path, paths: list[str]) -> None:
    command = [sys.executable, "-m", "tangra.cli", "check", "--stdin-filename", str(bug), *paths]
    done = subprocess.run(command, input=FINE, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "nothing found in 1 file")


def test_standard_input_needs_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-"]) == 2
    assert "needs --stdin-filename" in capsys.readouterr().err


def test_calls_are_told_with_the_path_that_findings_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "__init__.py").touch()
    (tmp_path / "inner" / "one.py").write_text("def f(a, b):\n    return a @ b\n")
    (tmp_path / "inner" / "two.py").write_text(
        "import torch\nfrom inner.one import f\nf(torch.zeros(2, 3), torch.zeros(4, 5))\n"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["check", "."]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("inner/one.py:2:12: ")
    assert "\n  called from inner/two.py:3:1\n" in printed


def test_starting_loads_neither_numpy_nor_the_compiler(bug: Path) -> None:
    code = (
        "import sys, tangra.cli; status = tangra.cli.main(['check', sys.argv[1]]);"
        "heavy = {'numpy', 'llvmlite', 'jax', 'scipy', 'torch', 'tangra.core', 'tangra.ir', 'tangra.frontend'};"
        "print(sorted(heavy & set(sys.modules)), status)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(bug)], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "[] 1"


def test_nothing_of_the_program_is_run(tmp_path: Path) -> None:
    victim = tmp_path / "precious.txt"
    victim.write_text("here")
    line = f"import os\nos.remove({str(victim)!r})\nopen({str(victim)!r}, 'w').close()\n"
    (tmp_path / "helper.py").write_text(line)
    (tmp_path / "conftest.py").write_text(line)
    (tmp_path / "torch.py").write_text(line)
    (tmp_path / "setup.py").write_text(line)
    (tmp_path / "main.py").write_text(f"import helper\n{line}{BUG}")
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "tangra.cli", "check", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, cwd=tmp_path.parent)
    assert done.returncode == 1, done.stderr
    assert victim.read_text() == "here"


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("tangra ")


def test_an_internal_error_is_status_3_and_keeps_the_other_findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tangra.checker import statements

    def broken(ev: object, node: object) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.delenv("TANGRA_TRACEBACK", raising=False)
    monkeypatch.setitem(statements.STATEMENTS, statements.ast.Pass, broken)
    path = tmp_path / "bug.py"
    path.write_text(f"pass\n{BUG}")
    assert main(["check", str(path)]) == 3
    printed = capsys.readouterr()
    assert "TG511" in printed.out
    assert "internal error in bug.py:1: ZeroDivisionError: of ours" in printed.err


def test_the_version_of_python_that_a_program_is_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "versions.py"
    path.write_text(
        f"import sys\nif sys.version_info < (3, 9):\n    {BUG.strip()}\n".replace("\n\n", "\n")
        .replace("\na", "\n    a")
        .replace("\nb", "\n    b")
        .replace("\nc", "\n    c")
    )
    assert main(["check", str(path)]) == 0
    assert main(["check", str(path), "--python-version", "3.8"]) == 1
    (tmp_path / "pyproject.toml").write_text("[tool.tangra]\npython-version = '3.8'\n")
    assert main(["check", str(path)]) == 1
    assert main(["check", str(path), "--python-version", "3.12"]) == 0
    (tmp_path / "pyproject.toml").write_text("[tool.tangra]\npython-version = 3.8\n")
    assert main(["check", str(path)]) == 2
    capsys.readouterr()


def test_newer_syntax_than_the_version_has_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "match.py"
    path.write_text("match 3:\n    case 3:\n        pass\n")
    assert main(["check", str(path)]) == 0
    assert main(["check", str(path), "--python-version", "3.9"]) == 1
    assert "TG501" in capsys.readouterr().out


def test_the_hook_runs_a_command_that_exists() -> None:
    text = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text()
    (entry,) = [line.partition(":")[2].split() for line in text.splitlines() if line.strip().startswith("entry:")]
    assert entry[0] == "tangra"
    from tangra.cli.main import parser

    assert parser().parse_args([*entry[1:], "a.py", "b.py"]).paths == [Path("a.py"), Path("b.py")]


def test_an_answer_kept_on_disk_is_the_same(bug: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = []
    for more in ([], [], ["--no-cache"]):
        for form in ("text", "json", "sarif", "github"):
            assert main(["check", "--format", form, "--statistics", *more, str(bug)]) == 1
        printed.append(capsys.readouterr())
    assert printed[0] == printed[1] == printed[2]


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_names_and_lines_that_no_terminal_can_show(form: str, tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff b\xc3\xa4d.py")
    (tmp_path / name).write_text("import torch\nx = 'äöü', torch.zeros(2) + torch.zeros(3)\n", encoding="utf-8")
    baseline = ["--baseline", str(tmp_path / "known.json")]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for more, status in (([], 1), ([], 1), ([*baseline, "--write-baseline"], 0), (baseline, 0)):
        command = [sys.executable, "-m", "tangra.cli", "check", "--format", form, *more, "."]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, cwd=tmp_path)
        assert (done.returncode, "internal" in done.stderr) == (status, False), done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--baseline", "."],
        ["--format", "sarif", "\0"],
        ["--select", ""],
        ["--python-version", ""],
        ["--python", "x" * 5000],
        ["y" * 5000],
        ["--baseline", "z" * 5000],
        ["--baseline", "z" * 5000, "--write-baseline"],
    ],
)
def test_odd_arguments_never_end_in_an_internal_error(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", *arguments]) in (0, 2)
    assert "internal" not in capsys.readouterr().err


CELLS = [
    "%matplotlib inline\n!pip install torch\nimport torch",
    "%%time\nx = torch.zeros(2, 3)\nfiles = !ls\n%time y = x @ torch.zeros(3, 4)",
    "%%bash\nls x",
    "x?\nhere, there = %system pwd\n\ny @ torch.zeros(5, 6)\n",
]


def test_notebooks_are_told_by_their_cells_and_magics_that_hold_python_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "book.ipynb"
    cells = [{"cell_type": "code", "source": text.splitlines(True)} for text in CELLS]
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": ["# Title"]}, *cells]}))
    assert main(["check", str(path)]) == 1
    shown = capsys.readouterr().out
    assert "book.ipynb:13:1: error: shapes (2, 4) and (5, 6) don't fit @" in shown
    assert "  in line 4 of code cell 4\n" in shown
    assert shown.count("error:") == 1


def test_sizes_made_of_several_that_nobody_knows_are_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "program.py"
    path.write_text(
        "import torch\nx, y = torch.zeros(20), torch.zeros(20)\na, b = x[x > 0], y[y > 0]\n"
        "both = torch.cat([a, b])\nmore = torch.cat([a, torch.zeros(3)])\n"
    )
    assert main(["shapes", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "# both: (?,)" in shown
    assert "# more: (? + 3,)" in shown
