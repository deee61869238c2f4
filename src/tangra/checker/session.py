"""A checker that stays: editors and `--watch` ask it again and again, and it keeps what did not change in between.

`set_overlay` gives it unsaved text, `check` answers for the files as they are now. One question is answered at a time;
`cancelled` is asked every millisecond or so, and ends the answer by `Cancelled`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tangra.checker.checking import Outcome, Progress, check, no_progress
from tangra.checker.config import Config
from tangra.checker.files import resolved
from tangra.checker.source import SourceCache

if TYPE_CHECKING:
    from tangra.checker.observations import Observer


def _unchanged(config: Config) -> Config:
    return config


def _never() -> bool:
    return False


class Session:
    """Checks of one environment's projects. `configure` changes the settings that each project gives itself."""

    def __init__(self, *, python: Path | None = None, configure: Callable[[Config], Config] = _unchanged) -> None:
        self.python = python
        self.configure = configure
        self.sources = SourceCache()

    def set_overlay(self, path: Path, text: str | None) -> None:
        """The file's unsaved text, which is checked in place of what is on the disk; None: the disk's again."""
        self.sources.set_overlay(resolved(path), None if text is None else text.encode("utf-8", "surrogatepass"))

    def check(
        self,
        paths: Sequence[Path],
        cancelled: Callable[[], bool] = _never,
        observer: Observer | None = None,
        progress: Progress = no_progress,
        kept: bool = False,
    ) -> Outcome:
        """Findings, shapes and statistics of files and folders, as `tangra.checker.check` gives them; `observer` sees
        what arrays expressions hold.

        Raises `Cancelled` once `cancelled()` is true, and `ConfigError` for settings that can't be read.
        """
        return check(
            paths,
            python=self.python,
            sources=self.sources,
            configure=self.configure,
            cancelled=cancelled,
            observer=observer,
            progress=progress,
            kept=kept,
        )
