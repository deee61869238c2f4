"""`python -m benchmarks.editor [edits] [--file PATH]`: of a program made for it, or of a file of a real project."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from tangra.checker import check
from tangra.lsp.session import EditorSession, Options, Text

BLOCKS = 55
SIZES = (32, 48, 64)

BLOCK = '''
class Block{n}(nn.Module):
    """Two convolutions, and channels weighed by what they hold."""

    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width)
        self.mix = nn.Linear(width, width)

    def forward(self, x):
        y = torch.relu(self.norm(self.conv(x)))
        weights = torch.sigmoid(self.mix(y.mean((2, 3))))
        y = y * weights[:, :, None, None]
        return x + y

'''

NET = """
class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.Sequential({blocks})
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        x = self.blocks(self.stem(x))
        return self.head(x.mean((2, 3)))


"""
EDITED = "        y = y * weights[:, :, None, None]\n"


def program() -> str:
    """The program."""
    blocks = "".join(BLOCK.format(n=n) for n in range(BLOCKS))
    net = NET.format(blocks=", ".join(f"Block{n}(width)" for n in range(BLOCKS)))
    calls = "".join(f"scores{size} = Net(16)(torch.zeros(2, 3, {size}, {size}))\n" for size in SIZES)
    return f"import torch\nfrom torch import nn\n\n{blocks}{net}{calls}"


def of_file(path: Path, edits: int) -> None:
    """Time checks of a file with the files of its project that import something of it, a line more at its end each."""
    text = path.read_text(encoding="utf-8")
    session = EditorSession(Options())
    times = []
    for number in range(edits + 1):
        session.set_text(path, Text(number, (text + "# a line\n" * number,)))
        start = time.process_time()
        session.analyse()
        times.append(time.process_time() - start)
    known = session.session.check([path]).statistics
    share = f"shapes known in {len(known.known)} of {len(known.arrays)} array expressions"
    print(f"{path.name}: {len(text.splitlines())} lines, {share}; first check {times[0]:.1f} s of CPU time")
    print_times(f"whole program, {edits} edits", times[1:])


def of_program(edits: int) -> None:
    """Edit the program made for it, time, print."""
    text = program()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.py"
        path.write_text(text, encoding="utf-8")
        (Path(folder) / "pyproject.toml").write_text("", encoding="utf-8")
        known = check([path]).statistics
        session = EditorSession(Options())
        session.set_text(path, Text(0, (text,)))
        session.analyse()
        function, whole = [], []
        pieces = text.split(EDITED)
        for number in range(edits):
            at = number % BLOCKS
            edit = EDITED.replace("None, None]", f"None, None] * {number}") if number % 3 else EDITED.replace(":, ", "")
            changed = EDITED.join(pieces[: at + 1]) + edit + EDITED.join(pieces[at + 1 :])
            session.set_text(path, Text(number + 1, (changed,)))
            start = time.process_time()
            shown = session.preview(path)
            function.append(time.process_time() - start)
            assert shown is not None
            assert len(shown.findings) == (not number % 3)
            start = time.process_time()
            session.analyse()
            whole.append(time.process_time() - start)
            session.set_text(path, Text(-1 - number, (text,)))
            session.analyse()
        lines, calls = len(text.splitlines()), len(SIZES)
        share = f"shapes known in {len(known.known)} of {len(known.arrays)} array expressions"
        print(f"{lines} lines, {calls} calls of each function, {share}; CPU time")
        print_times(f"edited function alone, {len(function)} edits", function)
        print_times(f"whole program, {len(whole)} edits", whole)


def print_times(what: str, times: list[float]) -> None:
    """The median and the 99th percentile."""
    ordered = sorted(times)
    worst = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    print(f"{what}: median {1000 * statistics.median(times):.0f} ms, 99th percentile {1000 * worst:.0f} ms")


def main() -> None:
    """What the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.editor")
    parser.add_argument("edits", type=int, nargs="?", default=60)
    parser.add_argument("--file", type=Path, help="a file of a project, in place of a program made for it")
    options = parser.parse_args()
    if options.file is None:
        of_program(options.edits)
    else:
        of_file(options.file.resolve(), options.edits)


if __name__ == "__main__":
    main()
