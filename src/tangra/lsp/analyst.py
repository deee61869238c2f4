"""The server's side of a worker process: it is started, fed with texts, interrupted, and started again if it dies."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tangra.lsp.messages import HEAD, INTERRUPTED, Answer, Ask, Cancel, Open, SetText, pack
from tangra.lsp.session import Options, Results, Text

MAX_DEATHS = 3
"""Times that the worker may die over the same texts before they are left alone."""


class Superseded(Exception):
    """The answer was no longer wanted."""


class WorkerFailed(Exception):
    """The analysis failed by a fault of ours; the text says how."""


class Analyst:
    """One project's worker."""

    def __init__(self, root: Path, options: Options, log: Callable[[str], None]) -> None:
        self.root, self.options, self.log = root, options, log
        self.texts: dict[Path, Text] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._deaths = 0
        self._starting = asyncio.Lock()

    def set_text(self, path: Path, text: Text | None) -> None:
        """A text changed in the editor; None: it was closed."""
        if text is None:
            self.texts.pop(path, None)
        else:
            self.texts[path] = text
        self._deaths = 0
        self._send(SetText(path, text))

    def set_options(self, options: Options) -> None:
        """The user chose other settings."""
        self.options = options
        self._send(Open(options))

    async def analyse(self) -> Results:
        """Check the open files; cancelling this stops the worker's work on it. Raises `WorkerFailed`."""
        if self._deaths >= MAX_DEATHS:
            raise WorkerFailed(f"checking {self.root} ended the process {self._deaths} times: it waits for a change")
        try:
            found: Results = await self.ask("analyse", can_stop=True)
            return found
        except ConnectionError:
            self._deaths += 1
            raise WorkerFailed(f"the process that checks {self.root} ended; the next analysis starts it anew") from None

    async def ask(self, method: str, *arguments: Any, can_stop: bool = False) -> Any:
        """Call a method of the session in the worker."""
        await self._ensure_running()
        number = next(self._numbers)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._send(Ask(number, method, arguments, can_stop))
        try:
            answer: Answer = await future
        except asyncio.CancelledError:
            self._send(Cancel(number))
            raise
        finally:
            self._waiting.pop(number, None)
        if answer.failure == INTERRUPTED:
            raise Superseded
        if answer.failure is not None:
            raise WorkerFailed(answer.failure)
        return answer.value

    async def _ensure_running(self) -> None:
        async with self._starting:
            if self._process is not None:
                return
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tangra.lsp.worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            self._reader = asyncio.create_task(self._read(self._process))
            self._send(Open(self.options))
            for path, text in self.texts.items():
                self._send(SetText(path, text))

    def _send(self, message: object) -> None:
        """Write to the worker if it runs; what it missed it gets when it is started again."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(ConnectionError, RuntimeError):
                self._process.stdin.write(pack(message))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            while True:
                (length,) = HEAD.unpack(await process.stdout.readexactly(HEAD.size))
                answer: Answer = pickle.loads(await process.stdout.readexactly(length))
                future = self._waiting.get(answer.number)
                if future is not None and not future.done():
                    future.set_result(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            status = await process.wait()
            if self._process is process:
                self._process = None
                self.log(f"the analysis process of {self.root} ended with status {status}")
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(ConnectionError())

    async def close(self) -> None:
        """End the worker."""
        process, self._process, reader = self._process, None, self._reader
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 2)
        except TimeoutError:
            process.kill()
            await process.wait()
        if reader is not None:
            await reader
