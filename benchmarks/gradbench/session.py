"""Sessions of GradBench's protocol: an eval process and a tool process, and this process passing messages between them.

Both processes speak JSON, one object a line. The eval sends messages, each with an id; the tool answers each with the
same id; a later `analysis` message says whether the output of an `evaluate` message was valid.
"""

import contextlib
import json
import queue
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from benchmarks.gradbench.protocol import Json


class SessionError(Exception):
    """A process ended early, did not answer in time, or said what is not part of the protocol."""


class Process:
    """A child process that reads and writes lines of JSON; leaving the context ends it."""

    def __init__(self, name: str, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self.name = name
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=cwd, env=dict(env), text=True
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, args=(self._child.stdout,), daemon=True)
        self._reader.start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.put(line)
        self._lines.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(0.0 if kind is not None else 10.0)
        assert self._child.stdout is not None
        self._reader.join()
        self._child.stdout.close()

    def end(self, seconds: float) -> int:
        """Close the process's input, wait so long for it to end, then kill it; its exit status."""
        assert self._child.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.close()
        try:
            return self._child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait()

    def send(self, message: Json) -> None:
        """Write one object; SessionError if the process is gone."""
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(json.dumps(message) + "\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            raise SessionError(f"the {self.name} ended early") from None

    def receive(self, seconds: float) -> Json | None:
        """The next object, None at the end of output; SessionError after so many seconds, or for what is no message."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise SessionError(f"the {self.name} was silent for {seconds:.0f} s") from None
        if line is None:
            return None
        try:
            message = json.loads(line)
        except ValueError:
            raise SessionError(f"the {self.name} said {line[:80]!r}") from None
        if not isinstance(message, dict) or "id" not in message:
            raise SessionError(f"the {self.name} said {line[:80]!r}")
        return message


@dataclass
class Evaluation:
    """One evaluate message and what became of it; `valid` is the eval's verdict, None before it gave one."""

    module: str
    function: str
    workload: str
    data: Json
    output: Json = None
    nanoseconds: list[int] = field(default_factory=list)
    success: bool = False
    valid: bool | None = None
    error: str = ""


def opened(message: Json) -> Evaluation:
    """The record of an evaluate message that has just come."""
    workload = message.get("description")
    if workload is None:
        workload = json.dumps(message["input"])[:24]
    return Evaluation(message["module"], message["function"], workload, message["input"])


def close(evaluation: Evaluation, response: Json) -> None:
    """Note the tool's answer in the record."""
    evaluation.success = bool(response.get("success"))
    evaluation.output = response.get("output")
    evaluation.error = response.get("error") or ""
    timings = response.get("timings") or []
    evaluation.nanoseconds = [entry["nanoseconds"] for entry in timings if entry["name"] == "evaluate"]


class Session:
    """What an eval and a tool said to each other."""

    def __init__(self, eval_process: Process, tool: Process, seconds: float) -> None:
        self._eval, self._tool, self._seconds = eval_process, tool, seconds
        self._by_id: dict[int, Evaluation] = {}

    @property
    def evaluations(self) -> list[Evaluation]:
        """The evaluate messages so far, in order."""
        return list(self._by_id.values())

    def run(self) -> list[Evaluation]:
        """Pass messages on until the eval ends; SessionError if either process fails or the tool lacks the module."""
        while (message := self._eval.receive(self._seconds)) is not None:
            started = time.monotonic()
            if message.get("kind") == "evaluate":
                self._by_id[message["id"]] = opened(message)
            self._tool.send(message)
            response = self._tool.receive(self._seconds)
            if response is None:
                raise SessionError(f"the tool ended after {time.monotonic() - started:.0f} s without an answer")
            if response["id"] != message["id"]:
                raise SessionError(f"the tool answered {response['id']} to {message['id']}")
            self._note(message, response)
            self._eval.send(response)
        if status := self._eval.end(10.0):
            raise SessionError(f"the eval ended with status {status}")
        return self.evaluations

    def _note(self, message: Json, response: Json) -> None:
        """Keep what a message and its answer say about an evaluation."""
        kind = message.get("kind")
        if kind == "define" and not response.get("success"):
            raise SessionError(f"the tool does not define {message['module']}:\n{response.get('error', '')}")
        if kind == "evaluate":
            close(self._by_id[message["id"]], response)
        if kind == "analysis":
            evaluation = self._by_id[message["of"]]
            evaluation.valid = bool(message["valid"])
            evaluation.error = message.get("error") or evaluation.error
