"""What input that nobody means costs: `python -m tests.checker.hostile [WORD]` prints processor time and peak memory of
`tangra check` for each, those that take longest first."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.checker.test_effort import PROGRAM as GROWING_SIZES
from tests.checker.test_hostile import PROGRAMS, _statements

FILES = 5_000


def ring(folder: Path, direction: int) -> None:
    """Files that import everything from the next one, or from the last."""
    (folder / "pyproject.toml").write_text("")
    for number in range(FILES):
        text = f"from m{(number + direction) % FILES} import *\ndef f{number}(x): return x\nx{number} = {number}\n"
        (folder / f"m{number}.py").write_text(text)


def write(folder: Path, name: str) -> None:
    """Write one input into a folder of its own."""
    if name.startswith("ring"):
        ring(folder, 1 if name == "ring" else -1)
        return
    more = {
        "sizes that grow": GROWING_SIZES,
        "2,000,000 items": "x = [" + "1," * 2_000_000 + "]",
        "100,000 products": _statements(100_000),
        "30,000 products": _statements(30_000),
    }
    content = more[name] if name in more else PROGRAMS[name]
    (folder / "hostile.py").write_bytes(content if isinstance(content, bytes) else content.encode())


NAMES = [*PROGRAMS, "sizes that grow", "2,000,000 items", "100,000 products", "30,000 products", "ring", "ring back"]


def main(word: str) -> None:
    """Measure and print."""
    rows = []
    for name in NAMES:
        if word in name:
            with tempfile.TemporaryDirectory() as folder:
                write(Path(folder), name)
                command = [sys.executable, "-m", "tangra.cli", "check", "--no-cache", folder]
                process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                _, status, usage = os.wait4(process.pid, 0)
                seconds = usage.ru_utime + usage.ru_stime
                rows.append((seconds, usage.ru_maxrss // 1024, name, os.waitstatus_to_exitcode(status)))
    for seconds, megabytes, name, status in sorted(rows, reverse=True):
        print(f"{name:20} {seconds:6.2f} s {megabytes:5} MB  exit status {status}")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
