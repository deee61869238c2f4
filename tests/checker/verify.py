"""Run every situation under the real libraries: the bug has to fail on its marked line, the twin has to run.

`TANGRA_PEERS=/path/to/python python -m tests.checker.verify [names]` uses an interpreter with torch, JAX and NumPy.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.checker.cases import load

RUNNER = r"""
import json, os, sys, traceback, types, warnings, importlib.machinery
warnings.simplefilter("ignore")
try:
    import jaxtyping
except ImportError:  # annotations alone need it
    class Any_:
        def __getitem__(self, key): return object
    made = types.ModuleType("jaxtyping")
    for word in "Float Int Bool Shaped Float32 Int64 Array".split():
        setattr(made, word, Any_())
    made.__spec__ = importlib.machinery.ModuleSpec("jaxtyping", None)
    sys.modules["jaxtyping"] = made
results, kept = [], [sys.modules["__main__"]]
for name, text in json.load(sys.stdin):
    scope = {"__name__": "__main__"}
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    kept.append(module)
    module.__dict__.update(scope)
    try:
        exec(compile(text, "<case>", "exec"), module.__dict__)
        results.append((name, None, None))
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<case>"]
        results.append((name, lines[-1] if lines else 0, f"{type(error).__name__}: {str(error)[:120]}"))
sys.stdout = sys.stderr
print("RESULTS" + json.dumps(results), file=sys.__stdout__, flush=True)
os._exit(0)  # tearing down with the programs' modules still in place is not safe
"""


def run(programs: list[tuple[str, str]], python: str) -> dict[str, tuple[int | None, str | None]]:
    """By name, the line of the program at which it failed and the message; (None, None) where it ran."""
    done = subprocess.run(
        [python, "-c", RUNNER], input=json.dumps(programs), capture_output=True, text=True, check=True, timeout=1800
    )
    listed = json.loads(done.stdout.split("RESULTS")[1])
    return {name: (line, message) for name, line, message in listed}


def main(names: list[str]) -> int:
    """Verify all cases, or those named; the exit status says whether all hold."""
    python = os.environ.get("TANGRA_PEERS", sys.executable)
    cases = [case for case in load() if not names or case.name in names]
    programs = [(f"{case.name}/{which}", case.runnable(which)) for case in cases for which in ("bug", "twin")]
    results = run(programs, python)
    wrong = 0
    for case in cases:
        line, message = results[f"{case.name}/bug"]
        if (line is not None) if case.silent else (line != case.line):
            wrong += 1
            print(
                f"{case.name}: expected a failure on line {None if case.silent else case.line}, got {line}: {message}"
            )
        line, message = results[f"{case.name}/twin"]
        if line is not None:
            wrong += 1
            print(f"{case.name}: the twin fails on line {line}: {message}")
    print(f"{len(cases)} cases, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
