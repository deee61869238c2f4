"""The comparison's arithmetic, on made-up times: pairing by round, the best tool, estimates from another machine."""

import pytest

from benchmarks.gradbench.compare import Line, anchors_of, estimate, report
from benchmarks.gradbench.session import Evaluation

ANCHORS = """
# A page
## ba.jacobian (min_ns)

| workload | enzyme | manual | tapenade |
| --- | --- | --- | --- |
| small | 2 ms | 4 ms | 3 us |
| large | 800 ns | | 1.5 s |
"""


@pytest.fixture
def line():
    return Line(
        Evaluation("ba", "jacobian", "small", {}), {"tangra": [4.0, 8.0], "manual": [2.0, 8.0], "jax": [8.0, 4.0]}
    )


def test_ratios_are_paired_by_round(line):
    assert line.ratio("manual") == 1.5
    assert line.ratio("jax") == 1.25
    assert line.ratio(None) is None
    assert line.ratio("tapenade") is None


def test_the_hand_written_derivative_is_no_tool(line):
    assert line.best() == "jax"


def test_a_slow_tool_has_one_round(line):
    line.rounds["pytorch"] = [2.0]
    assert line.ratio("pytorch") == 3.0


def test_anchors_are_read_with_their_units(tmp_path):
    page = tmp_path / "anchors.md"
    page.write_text(ANCHORS)
    assert anchors_of(page) == {
        ("ba.jacobian", "small"): {"enzyme": 2e6, "manual": 4e6, "tapenade": 3e3},
        ("ba.jacobian", "large"): {"enzyme": 800.0, "tapenade": 1.5e9},
    }


def test_an_estimate_is_scaled_by_the_manual_tool(line, capsys):
    estimate([line], {("ba.jacobian", "small"): {"manual": 4.0, "enzyme": 6.0, "jax": 1.0}})
    assert line.estimates == {"enzyme": 3.0}
    assert line.best() == "enzyme"
    assert line.ratio("enzyme") == pytest.approx(4 / 3)
    report([line], ["manual"])
    assert "| ba.jacobian small | 0e+00 | 4 ns | ~enzyme 3 ns | 1.33 | 1.50 | 2 ns |" in capsys.readouterr().out
