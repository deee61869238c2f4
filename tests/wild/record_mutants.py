"""Draw mutants of the libraries' models and record what torch says of each.

`/path/to/python -m tests.wild.record_mutants --library NAME [--count 50] [--seed 1]` writes
`answers/mutants/NAME-SEED.json` (make record-mutants). A mutant is a program of `programs` and one token changed
(`mutation`) in a function of its library that the program runs. Recorded are mutants that fail, each with the last line
of the traceback in the libraries, and some that run. Each runs in a process of its own, forked from one that has
imported torch; nothing of Tangra is imported.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.machinery
import importlib.util
import json
import os
import random
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from tests.wild.mutation import changes
from tests.wild.programs import Program, programs
from tests.wild.record import ANSWERS, on_a_device

NEEDED = {
    "torchvision": ("PIL.Image", "numpy"),
    "timm": ("torchvision", "huggingface_hub", "safetensors.torch"),
    "transformers": ("torchvision", "transformers.modeling_utils", "transformers.generation"),
}
"""What the process of a library imports before it forks: what the library's models need, not the models."""
SECONDS = 120
"""A mutant that takes longer is left out."""
WARM_UP = Program(
    "torch",
    "warm-up",
    """
import torch
from torch import nn

net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 5))
nn.init.trunc_normal_(net[0].weight)
out = net.eval()(torch.zeros(2, 3, 8, 8)).softmax(-1).chunk(2, 1)[0] @ torch.zeros(3, 2)
""",
)
"""Makes torch import what it needs for the meta device before processes are forked."""
Lines = dict[int, frozenset[str]]


def forked(work: Callable[[], Any]) -> Any:
    """What `work` returns in a process of its own, by way of JSON; None if that ends in another way."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reader)
            signal.alarm(SECONDS)
            sink = os.open(os.devnull, os.O_WRONLY)
            os.dup2(sink, 1)
            os.dup2(sink, 2)
            with os.fdopen(writer, "w") as out:
                json.dump(work(), out)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as source:
        text = source.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


def sources(library: str) -> Path:
    """The folder of the library."""
    found = importlib.util.find_spec(library)
    assert found is not None and found.origin is not None
    return Path(found.origin).parent


def ran(program: Program, folder: Path) -> dict[str, dict[int, list[str]]]:
    """The lines within functions that running the program reaches, by file of the library, and for each the names that
    held ints when it was first reached. Files that were imported before are left out: no one reads them again."""
    early = {getattr(module, "__file__", None) for module in sys.modules.values()}
    importlib.import_module(program.library)
    found: dict[str, dict[int, list[str]]] = {}

    def enter(frame: FrameType, event: str, value: Any) -> Any:
        path = frame.f_code.co_filename
        if frame.f_code.co_name.startswith("<") or path in early or not path.startswith(str(folder)):
            return None
        lines = found.setdefault(str(Path(path).relative_to(folder)), {})

        def step(frame: FrameType, event: str, value: Any) -> Any:
            if frame.f_lineno not in lines:
                lines[frame.f_lineno] = [name for name, held in frame.f_locals.items() if type(held) is int]
            return step

        return step

    sys.settrace(enter)
    try:
        on_a_device(program)
    finally:
        sys.settrace(None)
    return found


def fails(program: Program, path: Path, text: str, folders: dict[str, Path], device: str) -> list[Any]:
    """`[file, line, error]` of a mutant, the file by library and path; an empty list if it runs."""
    loaded = importlib.machinery.SourceFileLoader.get_code

    def get_code(loader: Any, name: str) -> Any:
        return compile(text, str(path), "exec") if loader.path == str(path) else loaded(loader, name)

    importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]
    try:
        on_a_device(program, devices=(device, "cpu"))
    except Exception as error:
        last: list[Any] = ["", 0]
        for frame in traceback.extract_tb(error.__traceback__):
            for library, folder in folders.items():
                if frame.filename.startswith(f"{folder}/"):
                    last = [f"{library}/{Path(frame.filename).relative_to(folder)}", frame.lineno]
        return [*last, f"{type(error).__name__}: {str(error)[:200]}"]
    return []


def record(library: str, count: int, chance: random.Random) -> tuple[list[Any], list[Any]]:
    """So many mutants of one library that fail, and a quarter as many that run."""
    folders = {name: sources(name) for name in NEEDED}
    for name in NEEDED[library]:
        importlib.import_module(name)
    on_a_device(WARM_UP)
    listed = [program for program in programs() if program.library == library and not program.depends_on_data]
    known: dict[str, dict[str, dict[str, list[str]]]] = {}
    failing: list[Any] = []
    running: list[Any] = []
    seen = set()
    while len(failing) < count:
        program = chance.choice(listed)
        if program.name not in known:
            known[program.name] = forked(lambda program=program: ran(program, folders[library])) or {}  # type: ignore[misc]
        places = []
        for file, lines in sorted(known[program.name].items()):
            held: Lines = {int(number): frozenset(names) for number, names in lines.items()}
            text = (folders[library] / file).read_text(encoding="utf-8")
            places += [(file, change) for change in changes(text, held, chance)]
        if not places:
            continue
        file, change = chance.choice(places)
        if (file, change) in seen:
            continue
        seen.add((file, change))
        path = folders[library] / file
        mutated = change.applied(path.read_text(encoding="utf-8"))
        device = "cpu" if change.new == "0" else "meta"  # whose convolutions take strides and dilations of 0
        answer = forked(lambda: fails(program, path, mutated, folders, device))
        mutant = {"library": library, "program": program.name, "file": file, **vars(change)}
        if answer and answer[1]:
            failing.append({**mutant, "fails": answer[:2], "error": answer[2]})
            print(
                f"{library} {len(failing)} of {len(seen)}: {program.name}, {file}:{change.line}: {answer}", flush=True
            )
        elif answer == [] and len(running) < count // 4:
            running.append(mutant)
    return failing, running


def main(arguments: list[str]) -> int:
    """Record a number of mutants of one library."""
    parser = argparse.ArgumentParser(prog="python -m tests.wild.record_mutants")
    parser.add_argument("--library", choices=NEEDED, required=True)
    parser.add_argument("--count", type=int, default=50, help="mutants that fail")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    failing, running = record(options.library, options.count, random.Random(f"{options.library} {options.seed}"))
    folder = ANSWERS / "mutants"
    folder.mkdir(exist_ok=True)
    text = json.dumps({"seed": options.seed, "failing": failing, "running": running}, indent=1)
    (folder / f"{options.library}-{options.seed}.json").write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
