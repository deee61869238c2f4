"""Change one number in the source of a model, ask torch whether it still runs, and compare the line with the checker's.

`python -m tests.wild.mutants --python /path/to/python [--count 200] [--seed 0]` prints what is missed and the counts.
Only mutants count that torch refuses in the file that was changed; a report on one that runs is false.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tangra.checker import checking
from tangra.checker.evaluator import Evaluator
from tangra.checker.modules import import_module
from tangra.checker.project import open_project
from tangra.checker.source import SourceCache

NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
MODELS = {
    "alexnet": "alexnet", "vgg": "vgg11", "resnet": "resnet50", "densenet": "densenet121", "googlenet": "googlenet",
    "inception": "inception_v3", "squeezenet": "squeezenet1_0", "mobilenetv2": "mobilenet_v2",
    "mobilenetv3": "mobilenet_v3_large", "shufflenetv2": "shufflenet_v2_x1_0", "mnasnet": "mnasnet1_0",
    "efficientnet": "efficientnet_b0", "convnext": "convnext_tiny", "vision_transformer": "vit_b_16",
    "swin_transformer": "swin_t",
}  # fmt: skip
"""Files of torchvision.models, and the model of each that is called."""

CACHE = SourceCache()
"""The files as they are, read once."""

RUNNER = r"""
import importlib, json, os, sys, traceback, types, warnings
warnings.simplefilter("ignore")
import torch
from torchvision import models
from torchvision.models import _api
answers = []
for file, name, text, size in json.load(sys.stdin):
    _api.BUILTIN_MODELS.clear()
    path = os.path.join(os.path.dirname(models.__file__), file + ".py")
    module = types.ModuleType("torchvision.models." + file)
    module.__package__, module.__file__ = "torchvision.models", path
    kept, sys.modules[module.__name__] = sys.modules[module.__name__], module
    try:
        with torch.no_grad(), torch.device("meta"):
            exec(compile(text, path, "exec"), module.__dict__)
            module.__dict__[name](weights=None).eval()(torch.zeros(2, 3, size, size))
        answers.append(None)
    except Exception as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
        answers.append([frames[-1].lineno if frames else 0, f"{type(error).__name__}: {str(error)[:100]}"])
    sys.modules[module.__name__] = kept
print("ANSWERS" + json.dumps(answers))
"""


def mutants(count: int, seed: int, folder: Path) -> list[tuple[str, str, str, int]]:
    """Files, models and texts with one number changed, and the line of it."""
    chance = random.Random(seed)
    texts = {file: (folder / f"{file}.py").read_text(encoding="utf-8").split("\n") for file in MODELS}
    places = []
    for file, lines in texts.items():
        places += [(file, n, m) for n, line in enumerate(lines) if not _is_text(line) for m in NUMBER.finditer(line)]
    made = []
    for file, number, match in chance.sample(places, min(count, len(places))):
        lines, old = texts[file], int(match.group())
        line = lines[number]
        changed = f"{line[: match.start()]}{old + chance.choice([1, 2, -1]) if old else 1}{line[match.end() :]}"
        text = "\n".join([*lines[:number], changed, *lines[number + 1 :]])
        made.append((file, MODELS[file], text, number + 1))
    return made


def size_of(file: str) -> int:
    """The height and width of the images that the file's model takes."""
    return 299 if file == "inception" else 224


def _is_text(line: str) -> bool:
    return line.lstrip().startswith(("#", '"', "'", ">>>")) or "acc@" in line or "http" in line or "_meta" in line


def reported(file: str, name: str, text: str, folder: Path, python: Path) -> list[int]:
    """The lines of the file with an error."""
    found: list[int] = []
    path = (folder / f"{file}.py").resolve()

    def run(work: Path) -> None:
        driver = work / "driver.py"
        driver.write_text(
            f"import torch\nfrom torchvision.models.{file} import {name}\n"
            f"{name}(weights=None).eval()(torch.zeros(2, 3, {size_of(file)}, {size_of(file)}))\n",
            encoding="utf-8",
        )
        project = open_project(driver, python, CACHE)
        project.config = replace(project.config, follow=("torchvision",))
        ev = Evaluator(project)
        ev.checked = frozenset([driver.resolve()])
        import_module(ev, "driver", driver.resolve())
        for report in ev.reports.found.values():
            if report.severity == "error":  # a helper of another file may be where it fails: then its calls count
                places = [report.place, *(place for place, _ in report.related)]
                found.extend(place.line for place in places if place.file == path)

    CACHE.set_overlay(path, text.encode())
    try:
        with tempfile.TemporaryDirectory() as work:
            checking._with_room(lambda: run(Path(work)))
    finally:
        CACHE.set_overlay(path, None)
    return found


def main(arguments: list[str]) -> int:
    """Compare; the exit status says whether four of five are found and nothing else is."""
    parser = argparse.ArgumentParser(prog="python -m tests.wild.mutants")
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200, help="mutants that torch refuses")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    folder = next(options.python.parent.parent.glob("lib/python3*/site-packages/torchvision/models"))
    tried = mutants(options.count * 5, options.seed, folder)
    given = json.dumps([(file, name, text, size_of(file)) for file, name, text, _ in tried])
    done = subprocess.run([options.python, "-c", RUNNER], input=given, capture_output=True, text=True, check=True)
    answers = json.loads(done.stdout.split("ANSWERS")[1])
    failing = [(each, answer) for each, answer in zip(tried, answers, strict=True) if answer and answer[0]]
    running = [each for each, answer in zip(tried, answers, strict=True) if answer is None]
    hit = 0
    for (file, name, text, changed), (line, message) in failing[: options.count]:
        lines = reported(file, name, text, folder, options.python)
        hit += line in lines
        if line not in lines:
            print(f"missed: {file}.py, line {changed} changed: fails on line {line}, found {lines}: {message}")
    false = [each for each in running[: options.count // 4] if reported(*each[:3], folder, options.python)]
    for file, _, _, changed in false:
        print(f"false: {file}.py, line {changed} changed")
    total = len(failing[: options.count])
    print(f"{len(tried)} mutants, {len(failing)} fail; of {total}, {hit} found on the line; {len(false)} false")
    return 0 if hit >= 0.8 * total and not false else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
