"""The runner: its table, its command line, and one whole run of an eval of our own in a checkout of our own."""

import json
from pathlib import Path

import pytest

from benchmarks.gradbench import run
from benchmarks.gradbench.session import Evaluation

EVAL = """
import json, sys
def ask(**message):
    print(json.dumps(message), flush=True)
    return json.loads(sys.stdin.readline())
ask(id=0, kind="start", eval="hello")
ask(id=1, kind="define", module="hello")
for at, function, x in ((2, "square", 3.0), (4, "double", 9.0)):
    ask(id=at, kind="evaluate", module="hello", function=function, input=x)
    ask(id=at + 1, kind="analysis", of=at, valid=True)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A directory laid out like the suite, with a hello eval of our own."""
    script = tmp_path / "python" / "gradbench" / "gradbench" / "evals" / "hello" / "run.py"
    script.parent.mkdir(parents=True)
    script.write_text(EVAL)
    return tmp_path


def evaluation(output: float, valid: bool | None = True, success: bool = True) -> Evaluation:
    return Evaluation("hello", "square", "3.0", 3.0, output, [500, 200, 300], success, valid, "")


def test_row_of_a_right_answer() -> None:
    row = run.row_of(evaluation(9.0))
    assert row == run.Row("hello", "square", "3.0", "valid", 0.0, 500, 200, 300)
    assert run.right(row)


def test_an_answer_valid_for_the_suite_but_not_exact_is_not_right() -> None:
    row = run.row_of(evaluation(9.00001))
    assert row.verdict == "valid"
    assert not run.right(row)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (evaluation(9.0, valid=False), "INVALID"),
        (evaluation(9.0, valid=None), "unjudged"),
        (evaluation(9.0, success=False), "failed"),
    ],
)
def test_other_rows_are_not_right(answer: Evaluation, verdict: str) -> None:
    row = run.row_of(answer)
    assert row.verdict == verdict
    assert not run.right(row)


def test_human_times() -> None:
    assert [run.human(t) for t in (None, 217.0, 1_030.0, 27_300_000.0, 5.93e9)] == [
        "-",
        "217 ns",
        "1.03 us",
        "27.3 ms",
        "5.93 s",
    ]


def test_parse_wants_a_checkout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], checkout: Path
) -> None:
    monkeypatch.delenv("GRADBENCH_CHECKOUT", raising=False)
    for arguments, message in [
        ([], "set GRADBENCH_CHECKOUT"),
        (["--checkout", str(checkout / "python")], "is no checkout"),
        (["--checkout", str(checkout), "nosuch"], "no such eval: nosuch"),
    ]:
        with pytest.raises(SystemExit):
            run.parse(arguments)
        assert message in capsys.readouterr().err
    monkeypatch.setenv("GRADBENCH_CHECKOUT", str(checkout))
    assert run.parse([]).checkout == checkout


def test_whole_run(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = checkout / "table.json"
    assert run.main(["--checkout", str(checkout), "--json", str(table), "hello"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[:4] for line in printed[:3]] == [
        ["eval", "function", "workload", "verdict"],
        ["hello", "square", "3.0", "valid"],
        ["hello", "double", "9.0", "valid"],
    ]
    assert printed[3] == "2 of 2 evaluations valid and within 1e-08 of the reference"
    assert [row["function"] for row in json.loads(table.read_text())] == ["square", "double"]


def test_a_missing_eval_fails(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--checkout", str(checkout), "lse"]) == 1
    assert "failed" in capsys.readouterr().out
