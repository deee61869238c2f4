"""An engine in a process of its own, on one thread, that answers JSON lines; and whose turn it is among engines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.engines import SINGLE_THREAD, interpreter

ROOT = Path(__file__).resolve().parents[1]


class EngineProcess:
    """`python -m module arguments…` with the Python that has the engine's library."""

    def __init__(self, engine: str, module: str, *arguments: str) -> None:
        path = os.pathsep.join([str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            [interpreter(engine) or sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, **SINGLE_THREAD, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, **message: Any) -> dict[str, Any]:
        """Send a message and wait for its answer; {"error": …} if the process has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        return json.loads(line) if line else {"error": f"the worker died with {self._process.wait()}"}

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def turns(engines: Sequence[str], rounds: int) -> Iterator[str]:
    """Each engine once a round; another one comes first each time."""
    for number in range(rounds):
        first = number % max(len(engines), 1)
        yield from (*engines[first:], *engines[:first])
