"""The tool's side of the protocol, with a module of our own in place of the compiled programs."""

import io
import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gradbench import tool
from benchmarks.gradbench.protocol import Function, Functions, flat_numbers, number
from tests.gradbench.inputs import INPUTS, Json, reference

calls: list[float] = []


def cube(x: float) -> float:
    calls.append(x)
    return x**3


TOY: Functions = {"cube": Function(lambda data: partial(cube, data["x"]), number)}


@pytest.fixture(autouse=True)
def toy_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module named toy, beside those of the suite."""
    real = tool.functions_of
    monkeypatch.setattr(tool, "functions_of", lambda module: TOY if module == "toy" else real(module))
    calls.clear()


def served(*messages: Json) -> list[Json]:
    """What the tool answers to messages with ids from 0."""
    out = io.StringIO()
    tool.serve([json.dumps({"id": i} | message) + "\n" for i, message in enumerate(messages)], out)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [answer.pop("id") for answer in answers] == list(range(len(messages)))
    return answers


def evaluation(**data: float) -> Json:
    return {"kind": "evaluate", "module": "toy", "function": "cube", "input": data}


def test_start_and_analysis_are_acknowledged() -> None:
    assert served({"kind": "start", "eval": "toy"}, {"kind": "analysis", "of": 7, "valid": True}) == [
        {"tool": "tangra"},
        {},
    ]


def test_define() -> None:
    toy, unknown, path = served(
        {"kind": "define", "module": "toy"},
        {"kind": "define", "module": "nosuch"},
        {"kind": "define", "module": "../tool"},
    )
    assert toy == {"success": True}
    for refused in (unknown, path):
        assert refused["success"] is False
        assert "Error" in refused["error"]


def test_evaluate_once_where_no_runs_are_asked_for() -> None:
    (answer,) = served(evaluation(x=2.0))
    assert (answer["success"], answer["output"]) == (True, 8.0)
    assert [entry["name"] for entry in answer["timings"]] == ["prepare", "evaluate"]
    assert all(isinstance(entry["nanoseconds"], int) and entry["nanoseconds"] >= 0 for entry in answer["timings"])
    assert calls == [2.0]


def test_evaluate_at_least_so_often() -> None:
    (answer,) = served(evaluation(x=2.0, min_runs=5, min_seconds=0.0))
    assert len(answer["timings"]) == 1 + 5 == 1 + len(calls)


def test_evaluate_for_at_least_so_long() -> None:
    (answer,) = served(evaluation(x=2.0, min_runs=1, min_seconds=0.01))
    nanoseconds = [entry["nanoseconds"] for entry in answer["timings"] if entry["name"] == "evaluate"]
    assert sum(nanoseconds) >= 0.01e9 > sum(nanoseconds[:-1])


def test_what_goes_wrong_is_reported_and_the_tool_goes_on() -> None:
    unknown, missing, fine = served(
        {"kind": "evaluate", "module": "toy", "function": "square", "input": 1.0}, evaluation(y=1.0), evaluation(x=1.0)
    )
    assert unknown["success"] is False
    assert "has no function 'square'" in unknown["error"]
    assert missing["success"] is False
    assert "KeyError: 'x'" in missing["error"]
    assert fine["output"] == 1.0


def test_flat_numbers() -> None:
    import numpy as np

    assert flat_numbers([np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0])]) == [1.0, 2.0, 3.0, 4.0, 5.0]


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_program_has_the_functions_of_its_eval(name: str) -> None:
    assert tool.functions_of(name).keys() == reference(name).REFERENCES.keys()


def test_the_script_serves_standard_input() -> None:
    script = Path(tool.__file__)
    messages: list[dict[str, Any]] = [
        {"id": 3, "kind": "start"},
        {"id": 4, "kind": "define", "module": "hello"},
        {"id": 5, "kind": "evaluate", "module": "hello", "function": "square", "input": 8.0},
        {"id": 6, "kind": "evaluate", "module": "hello", "function": "double", "input": 8.0},
    ]
    lines = "".join(json.dumps(message) + "\n" for message in messages)
    done = subprocess.run(
        [sys.executable, script], input=lines, capture_output=True, text=True, timeout=120, check=True
    )
    start, define, square, double = map(json.loads, done.stdout.splitlines())
    assert start == {"id": 3, "tool": "tangra"}
    assert define == {"id": 4, "success": True}
    assert (square["id"], square["output"]) == (5, 64.0)
    assert (double["id"], double["output"]) == (6, 16.0)
