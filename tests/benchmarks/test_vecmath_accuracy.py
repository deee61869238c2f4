"""The record of measured errors: where it stopped it goes on, what changed is measured anew, wrong values show."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import vecmath_accuracy as accuracy
from benchmarks.vecmath_accuracy import Found, Job, Record, pieces
from tangra.ir import F32, F64

JOB = Job("exp", F64, 400_000, 0, "variant")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accuracy, "PIECE", 100_000)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["vecmath_accuracy", *arguments])
    with np.errstate(all="ignore"):
        accuracy.main()


def finished(found: Found) -> Found:
    with np.errstate(all="ignore"):
        for found in pieces(JOB, found):
            pass
    return found


def test_goes_on_where_it_stopped(tmp_path: Path) -> None:
    whole, record = finished(Found(JOB.code)), Record(tmp_path / "record.json")
    with np.errstate(all="ignore"):
        for count, found in enumerate(pieces(JOB, record.of(JOB))):
            record.keep(JOB, found)
            if count == 1:
                break
    again = Record(tmp_path / "record.json").of(JOB)
    assert again.numbers == 200_000
    rest = finished(again)
    assert (rest.numbers, rest.largest, tuple(rest.where)) == (400_000, whole.largest, whole.where)
    assert 0.5 < whole.largest < 1.2


def test_code_that_changed_is_measured_anew(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(json.dumps({JOB.key: {"code": "other", "numbers": 400_000, "chunks": 4}}))
    record = Record(tmp_path / "record.json")
    assert record.of(JOB).numbers == record.most(JOB).numbers == 0
    assert len({Job(op, d, 1, 0, "variant").code for op in ("exp", "pow") for d in (F32, F64)}) == 4


def test_functions_and_types_in_any_order(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("--types", "f64", "exp", "log"), ("exp", "--types", "f64", "log")):
        run(monkeypatch, *arguments, "--points", "100000")
        printed = capsys.readouterr().out
        assert "exp f64 variant points" in printed
        assert "log f64 variant points" in printed
        assert "f32" not in printed
    for wrong in (["expp"], ["exp", "--types", "f16"], ["exp", "--every", "4"]):
        with pytest.raises(SystemExit):
            run(monkeypatch, *wrong)


def test_walks_and_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record = str(tmp_path / "record.json")
    run(monkeypatch, "exp", "hypot", "--types", "f32", "--every", "4095", "--points", "100000", "--record", record)
    capsys.readouterr()
    run(monkeypatch, "exp", "hypot", "--types", "f32", "--record", record, "--table")
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].startswith("| exp | ")
    assert "10⁶ | " in lines[2]
    assert "10⁵ | " in lines[3]


def test_a_walk_meets_all_last_bits_and_ends_at_the_end() -> None:
    for op, top in (("exp", 2**32), ("lgamma", 2**31)):
        job = Job(op, F32, 0, 99_991, "variant")
        numbers = np.concatenate([job.arguments(chunk)[0].view(np.uint32) for chunk in range(job.chunks)])
        assert np.array_equal(numbers, np.arange(0, top, 99_991))
        assert len(np.unique(numbers & 15)) == 16


def test_an_error_above_the_bound_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(found: Any, right: Any) -> tuple[float, int]:
        return 3.0, 7

    monkeypatch.setattr(accuracy, "check", lambda op, dtype: None)
    monkeypatch.setattr(accuracy, "measured", wrong)
    with pytest.raises(SystemExit, match="above the bound: exp f64"):
        run(monkeypatch, "exp", "--types", "f64", "--points", "100000")
