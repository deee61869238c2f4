"""Fixes: what is offered helps, by the checker's own judgement and by the library's."""

import sys
from pathlib import Path

import pytest

from tangra.checker import check
from tests.checker.cases import Case, load
from tests.checker.fixing import applied, finding
from tests.checker.programs import reports
from tests.checker.verify import run

CASES = {case.name: case for case in load()}
FIRST = {
    "transposed_weight": "write `w.T` for `w`",
    "mlp_params": "write `w` for `w.T`",
    "bmm_inner": "write `attn.permute(0, 2, 1).transpose(-2, -1)` for `attn.permute(0, 2, 1)`",
    "channels_last_images": "write `batch.permute(0, 3, 1, 2)` for `batch`",
    "sequence_last_conv1d": "write `x.transpose(-2, -1)` for `x`",
    "grey_without_channel": "write `masks.unsqueeze(1)` for `masks`",
    "weights_rank_bmm": "write `weights.unsqueeze(1)` for `weights`",
    "extra_unsqueeze": "write `spec.squeeze(2)` for `spec`",
    "conv_pool_linear": "change 1050 to 1568 in `nn.Linear(1050, 10)` of line 12",
    "lstm_input_size": "change 128 to 100 in `nn.LSTM(128, 64)` of line 5",
    "tutorial_view": "write `-1` for `16 * 5 * 5`",
    "view_transposed": "write `reshape` for `view`",
    "mean_axis": "write `data.mean(axis=1, keepdims=True)` for `data.mean(axis=1)`",
    "standardised_rows": "write `X.std(axis=1, keepdims=True)` for `X.std(axis=1)` in line 6",
    "numpy_axis": "write `-1` for `2`",
    "float_indices": "write `ids.long()` for `ids`",
    "gather_rank": "write `actions.unsqueeze(1)` for `actions`",
    "mse_column": "write `model(x).squeeze(1)` for `model(x)`",
    "handwritten_mse": "write `pred.squeeze(1)` for `pred`",
    "cross_entropy_column_labels": "write `labels.squeeze(1)` for `labels`",
    "update_rule": "write `X.T` for `X`",
}
NOTHING_HELPS = ("query_key_width", "groups_divide", "stack_boxes", "fori_loop_carry", "unet_decoder_channels")


@pytest.mark.parametrize("name", FIRST)
def test_the_first_fix_is_what_people_do(name: str, tmp_path: Path) -> None:
    report = finding(tmp_path, CASES[name])
    assert report.fixes[0].title == FIRST[name]
    assert report.as_json()["fix"] == (report.fix or FIRST[name])


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.name)
def test_with_a_fix_the_finding_is_gone(case: Case, tmp_path: Path) -> None:
    for fix in finding(tmp_path, case).fixes:
        fixed = applied(case.bug, fix)
        assert fixed != case.bug
        assert (case.line, case.code) not in [(each.place.line, each.code) for each in reports(tmp_path, fixed)]


@pytest.mark.parametrize("name", NOTHING_HELPS)
def test_nothing_is_offered_where_nothing_simple_helps(name: str, tmp_path: Path) -> None:
    assert finding(tmp_path, CASES[name]).fixes == []


def test_numpy_and_jax_run_past_the_line_that_failed(tmp_path: Path) -> None:
    absent = ("torch", "einops", "flax", "equinox", "optax")
    mine = [case for case in CASES.values() if case.calls is None and not any(word in case.bug for word in absent)]
    programs = [(f"{case.name}: bug", case.runnable("bug")) for case in mine]
    for case in mine:
        programs += [
            (f"{case.name}: {fix.title}", applied(case.runnable("bug"), fix)) for fix in finding(tmp_path, case).fixes
        ]
    results = run(programs, sys.executable)
    fixes = 0
    for case in mine:
        assert case.silent or results[f"{case.name}: bug"][0] == case.line
        for name, (line, message) in results.items():
            if name.startswith(f"{case.name}: ") and not name.endswith(": bug"):
                fixes += 1
                assert line != case.line, (name, message)
    assert fixes >= 8


def test_a_line_that_works_for_another_call_is_left_alone(tmp_path: Path) -> None:
    text = """
    import torch

    def product(a, b):
        return a @ b

    product(torch.zeros(2, 3), torch.zeros(5, 3))
    """
    path = tmp_path / "program.py"
    (report,) = reports(tmp_path, text)
    assert [fix.title for fix in report.fixes] == ["write `b.T` for `b`"]
    (report,) = reports(tmp_path, text + "    product(torch.zeros(2, 3), torch.zeros(3, 4))\n")
    assert report.fixes == []
    assert path.exists()


def test_looking_for_fixes_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(
        "import torch\nseen = []\ndef note(x):\n    seen.append(x)\n    return x\n"
        "y = note(torch.zeros(2, 3)) @ torch.zeros(5, 3)\nz = torch.zeros(len(seen), 4)\n"
    )
    outcome = check([path])
    assert [fix.title for fix in outcome.reports[0].fixes] == ["write `torch.zeros(5, 3).T` for `torch.zeros(5, 3)`"]
    assert outcome.shapes[path][7]["z"].shape == (1, 4)
    assert outcome.statistics.failures == []


def test_edits_are_given_as_json(tmp_path: Path) -> None:
    (report,) = reports(tmp_path, "import torch\nï = torch.zeros(2, 3) @ torch.zeros(5, 3)\n")
    (fix,) = report.as_json()["fixes"]
    assert fix == {
        "title": "write `torch.zeros(5, 3).T` for `torch.zeros(5, 3)`",
        "edits": [
            {
                "file": str(tmp_path / "program.py"),
                "line": 2,
                "column": 25,
                "end_line": 2,
                "end_column": 42,
                "text": "torch.zeros(5, 3).T",
            }
        ],
    }
