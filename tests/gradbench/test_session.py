"""The session between an eval and a tool, both small scripts here."""

import os
import sys
from pathlib import Path

import pytest

from benchmarks.gradbench.session import Evaluation, Process, Session, SessionError

EVAL = """
import json, sys
def ask(**message):
    print(json.dumps(message), flush=True)
    return json.loads(sys.stdin.readline())
ask(id=0, kind="start", eval="toy")
ask(id=1, kind="define", module="toy")
for i, x in enumerate((2.0, 3.0)):
    at = 2 + 2 * i
    answer = ask(id=at, kind="evaluate", module="toy", function="double", input={"x": x}, description=f"x={x}")
    ask(id=at + 1, kind="analysis", of=at, valid=answer["output"] == 2 * x, error=None if i == 0 else "3 is odd")
"""

TOOL = """
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    r = {"id": m["id"]}
    if m["kind"] == "define":
        r["success"] = True
    if m["kind"] == "evaluate":
        timings = [{"name": "prepare", "nanoseconds": 9}, {"name": "evaluate", "nanoseconds": 7}]
        r |= {"success": True, "output": 4.0, "timings": timings}
    print(json.dumps(r), flush=True)
"""


def run(eval_script: str, tool_script: str, seconds: float = 20.0) -> list[Evaluation]:
    """A session between two scripts."""
    here, env = Path.cwd(), os.environ
    with (
        Process("eval", [sys.executable, "-S", "-c", eval_script], here, env) as eval_process,
        Process("tool", [sys.executable, "-S", "-c", tool_script], here, env) as tool_process,
    ):
        return Session(eval_process, tool_process, seconds).run()


def test_evaluations_carry_outputs_times_and_verdicts() -> None:
    first, second = run(EVAL, TOOL)
    assert first == Evaluation("toy", "double", "x=2.0", {"x": 2.0}, 4.0, [7], True, True, "")
    assert second == Evaluation("toy", "double", "x=3.0", {"x": 3.0}, 4.0, [7], True, False, "3 is odd")


def test_a_workload_without_description_is_named_by_its_input() -> None:
    first, _ = run(EVAL.replace(', description=f"x={x}"', ""), TOOL)
    assert first.workload == '{"x": 2.0}'


def test_a_failed_evaluation_keeps_the_error() -> None:
    broken = TOOL.replace('"success": True, "output": 4.0', '"success": False, "error": "no", "output": 4.0')
    first, _ = run(EVAL, broken)
    assert (first.success, first.valid, first.error) == (False, True, "no")


@pytest.mark.parametrize(
    ("eval_script", "tool_script", "message"),
    [
        (EVAL, TOOL.replace("True", "False", 1), "the tool does not define toy"),
        (EVAL, TOOL.replace('m["id"]', "99"), "the tool answered 99 to 0"),
        (EVAL, "print('hello', flush=True); input()", "the tool said 'hello"),
        (EVAL, "print('[1]', flush=True); input()", r"the tool said '\[1\]"),
        (EVAL, "input()", "the tool ended after 0 s without an answer"),
        (EVAL + "sys.exit(3)", TOOL, "the eval ended with status 3"),
        ("print('{}')", TOOL, "the eval said '{}"),
    ],
)
def test_a_broken_session_says_why(eval_script: str, tool_script: str, message: str) -> None:
    with pytest.raises(SessionError, match=message):
        run(eval_script, tool_script)


def test_a_silent_tool_is_given_up() -> None:
    with pytest.raises(SessionError, match="the tool was silent for 1 s"):
        run(EVAL, "import time; time.sleep(60)", seconds=1.0)


def test_an_eval_that_closed_its_input_is_reported() -> None:
    deaf = """
import json, os, time
os.close(0)
print(json.dumps({"id": 0, "kind": "start"}), flush=True)
time.sleep(60)
"""
    with pytest.raises(SessionError, match="the eval ended early"):
        run(deaf, TOOL)
