"""A line on the terminal that says how far a long run is; nothing where no person looks at it."""

from __future__ import annotations

import shutil
import sys
import time

PATIENCE = 1.0
"""Seconds before the first sign: short runs show none."""
INTERVAL = 0.1


class Progress:
    """Call it with how many of how many parts are done, and what comes next."""

    def __init__(self) -> None:
        self.begun = self.shown = time.monotonic()
        self.visible = False
        self.enabled = sys.stderr.isatty()

    def __call__(self, done: int, total: int, name: str) -> None:
        """Show where the run is, at most ten times a second."""
        now = time.monotonic()
        if not self.enabled or now - self.begun < PATIENCE or now - self.shown < INTERVAL:
            return
        self.shown, self.visible = now, True
        width = shutil.get_terminal_size().columns - 1
        text = f"checking {done}/{total} {name}".encode("ascii", "replace").decode()
        sys.stderr.write("\r\x1b[K" + text[:width])
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self.visible:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self.visible = False
