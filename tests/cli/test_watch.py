"""`--watch`: checks again after each change, ends with Ctrl-C; and the progress line, which only terminals get."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tangra.cli import main, progress

BUG = "import torch\nx = torch.zeros(2) + torch.zeros(3)\n"


START = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the tests run in the background, without Ctrl-C
from tangra.cli import main
sys.exit(main())
"""


class Terminal:
    """A program on a terminal of its own, and what it wrote."""

    def __init__(self, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        command = [sys.executable, "-c", START, *arguments]
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        self.text = ""

    def wait_for(self, wanted: str, start: int = 0, seconds: float = 60) -> str:
        """What was written up to `wanted`."""
        deadline = time.monotonic() + seconds
        while wanted not in self.text[start:]:
            assert time.monotonic() < deadline, self.text
            if select.select([self.master], [], [], 0.2)[0]:
                self.text += os.read(self.master, 65536).decode()
        return self.text[start:]

    def end(self) -> int:
        """Ctrl-C, and the exit status."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(60)
        os.close(self.master)
        return status


def replaced(path: Path, text: str) -> None:
    """Write at once, so that no one sees half of it."""
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").rename(path)


def test_a_change_is_checked_and_the_screen_cleared(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(BUG)
    terminal = Terminal("check", "--watch", str(tmp_path))
    try:
        first = terminal.wait_for("Ctrl-C ends it")
        assert "TG510" in first
        seen = len(terminal.text)
        replaced(path, BUG.replace("3", "2"))
        second = terminal.wait_for("Ctrl-C ends it", seen)
        assert "\x1b[2J" in second
        assert "nothing found in 1 file" in second
        seen = len(terminal.text)
        replaced(tmp_path / "pyproject.toml", "[tool.tangra]\nwhat = 1\n")
        assert "tool.tangra.what is not a setting" in terminal.wait_for("Ctrl-C ends it", seen)
        seen = len(terminal.text)
        (tmp_path / "pyproject.toml").unlink()
        assert "nothing found in 1 file" in terminal.wait_for("Ctrl-C ends it", seen)
        seen = len(terminal.text)
        replaced(tmp_path / "new.py", BUG)
        assert "1 error in 2 files" in terminal.wait_for("Ctrl-C ends it", seen)
    finally:
        status = terminal.end()
    assert status == 0


@pytest.mark.parametrize("more", [["--format", "json"], ["--baseline", "b", "--write-baseline"]])
def test_watching_is_for_people(tmp_path: Path, more: list[str]) -> None:
    assert main(["check", "--watch", str(tmp_path), *more]) == 2


def test_progress_is_shown_on_terminals_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    for number in range(3):
        (tmp_path / f"file{number}.py").write_text("def function():\n    return 1\n")
    assert main(["check", str(tmp_path)]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["check", "--no-cache", str(tmp_path)]) == 0
    printed = capsys.readouterr().err
    assert [match for match in re.findall(r"checking (\d/3 \S+)", printed)][:3] == [
        f"{number}/3 file{number}.py" for number in range(3)
    ]
    assert printed.endswith("\r\x1b[K")
