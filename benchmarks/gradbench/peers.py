"""The tools that `compare.py` measures: each answers an evaluation with its CPU times and its output.

Native tools are built from a copy of the checkout with gcc -O3 -march=native, and `cpu_clock.hpp` in front, so that
they too count CPU time. A tool that can't be built or started, or doesn't know an eval, simply has no times.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.gradbench.protocol import Json
from benchmarks.gradbench.session import Evaluation, Process, SessionError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
INCLUDE = f"-include {HERE / 'cpu_clock.hpp'} -I/usr/include/nlohmann"


@dataclass
class Answer:
    """Nanoseconds of every run, and the output of the last; no times if the tool has no answer."""

    nanoseconds: list[int] = field(default_factory=list)
    output: Json = None


class Tool:
    """A tool by name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def evaluate(self, evaluation: Evaluation, repeats: Mapping[str, float]) -> Answer:
        """Run an evaluation's function on its input, as often as `repeats` (min_runs, min_seconds) says."""
        raise NotImplementedError

    def end(self) -> None:
        """Let go of what the tool holds."""


def answer_of(response: Json) -> Answer:
    """What a response of the protocol says."""
    if not response.get("success"):
        return Answer()
    timings = [entry["nanoseconds"] for entry in response["timings"] if entry["name"] == "evaluate"]
    return Answer(timings, response["output"])


class Served(Tool):
    """A tool that is one process for all its messages."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], seconds: float) -> None:
        super().__init__(name)
        self._command, self._env, self._seconds = command, env, seconds
        self._process = Process(name, command, ROOT, env)

    def evaluate(self, evaluation: Evaluation, repeats: Mapping[str, float]) -> Answer:
        """See the base; a process that dies or takes too long is started anew for the next evaluation."""
        message = {
            "id": 0,
            "kind": "evaluate",
            "module": evaluation.module,
            "function": evaluation.function,
            "input": evaluation.data | repeats,
        }
        try:
            self._process.send(message)
            response = self._process.receive(self._seconds)
        except SessionError:
            response = None
        if response is None:
            self._process.end(0.0)
            self._process = Process(self.name, self._command, ROOT, self._env)
            return Answer()
        return answer_of(response)

    def end(self) -> None:
        """See the base."""
        self._process.end(5.0)


class Native(Tool):
    """A tool of the suite that is a C++ program for each eval."""

    def __init__(self, name: str, tree: Path, variables: Sequence[str], seconds: float) -> None:
        super().__init__(name)
        self._folder, self._variables, self._seconds = tree / "tools" / name, variables, seconds
        self._built: dict[str, Path | None] = {}

    def _program(self, module: str) -> Path | None:
        """The program for an eval; None if it can't be built."""
        if module not in self._built:
            compilers = [f"CXX=g++ -march=native {INCLUDE}", "CC=gcc -march=native", *self._variables]
            command = ["make", "-s", "-C", str(self._folder), f"bin/{module}", *compilers]
            made = subprocess.run(command, capture_output=True, text=True, check=False)
            self._built[module] = self._folder / "bin" / module if made.returncode == 0 else None
        return self._built[module]

    def evaluate(self, evaluation: Evaluation, repeats: Mapping[str, float]) -> Answer:
        """See the base."""
        program = self._program(evaluation.module)
        if program is None:
            return Answer()
        data = self._folder / "input.json"
        data.write_text(json.dumps(evaluation.data | repeats))
        command = ["taskset", "-c", "0", str(program), str(data), evaluation.function]
        try:
            run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=self._seconds)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return Answer()
        output, *timings = map(json.loads, run.stdout.splitlines())
        return answer_of({"success": True, "output": output, "timings": timings})


def tangra(env: Mapping[str, str], seconds: float) -> Tool:
    """Our own tool."""
    return Served("tangra", [sys.executable, str(HERE / "tool.py"), "--cpu-time"], env, seconds)


def python_tool(name: str, python: str, checkout: Path, env: Mapping[str, str], seconds: float) -> Tool:
    """A Python tool of the suite, run by a Python that has its package."""
    return Served(name, [python, str(HERE / "peer_tool.py"), str(checkout), name], env, seconds)


def copy_of(checkout: Path, tools: Sequence[str], to: Path) -> Path:
    """What the native tools are built from, copied, so that the checkout stays as it is."""
    for part in ("cpp", *(f"tools/{name}" for name in tools)):
        if (checkout / part).is_dir():
            ignore = shutil.ignore_patterns("bin", "*.o")
            shutil.copytree(checkout / part, to / part, ignore=ignore, dirs_exist_ok=True)
    return to
