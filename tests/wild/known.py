"""In how many array expressions of the libraries' models is the shape known? Counted over whole files in which models
of the programs stand, whether the programs reach an expression or not; known is one whose shape was known in some call.

`python -m tests.wild.known --python /path/to/python [--library NAME]` (make check-shapes) prints the share for the
those files, first as a project that nobody calls (what `tangra check` prints), then with
likely calls (`tangra shapes`), then with the programs' calls too. Sizes that an input decides are known; `?` is not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tangra.checker.checking import no_progress
from tangra.checker.entries import check_entries
from tangra.checker.evaluator import Evaluator
from tangra.checker.modules import import_module
from tangra.checker.project import open_project, python_files, site_packages
from tangra.checker.room import with_room
from tangra.checker.samples import sample
from tests.wild.evaluation import FOLLOWED
from tests.wild.programs import programs
from tests.wild.run import share

FOLDERS = {
    "torchvision": ["torchvision/models"],
    "timm": ["timm/models", "timm/layers"],
    "transformers": [
        f"transformers/models/{name}/modeling_{name}.py" for name in "bert gpt2 llama t5 vit whisper".split()
    ],
}


def files_of(library: str, python: Path) -> list[Path]:
    """The files of a library's models and layers with array expressions that the programs reach."""
    packages = site_packages(python)[0]
    found = [packages / part for part in FOLDERS[library]]
    files = [file for path in found for file in ([path] if path.is_file() else python_files([path], ()))]
    ev, _ = evaluated(library, python, [], calls=True, likely=False)
    reached = {key[0] for key in ev.statistics.arrays}
    return [path for path in files if id(ev.project.files.get(path)) in reached]


def evaluated(library: str, python: Path, files: list[Path], calls: bool, likely: bool) -> tuple[Evaluator, float]:
    """A run over the files, with the seconds of processor time that it took."""
    made: list[Evaluator] = []
    packages = site_packages(python)[0]

    def run(folder: Path) -> None:
        project = open_project(folder, python)
        project.config = replace(project.config, follow=FOLLOWED)
        ev = Evaluator(project)
        ev.checked = frozenset(files)
        for program in [each for each in programs() if calls and each.library == library]:
            path = (folder / f"{program.module}.py").resolve()
            path.write_text(program.text, encoding="utf-8")
            import_module(ev, program.module, path)
        for path in files:
            name = ".".join(path.relative_to(packages).with_suffix("").parts).removesuffix(".__init__")
            import_module(ev, name, path)
        check_entries(ev, no_progress)
        if likely:
            sample(ev)
        made.append(ev)

    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").write_text("", encoding="utf-8")
        with_room(lambda: run(Path(folder)))
    return made[0], time.process_time() - start


def main(arguments: list[str]) -> int:
    """Count; the exit status says whether seven of ten are known."""
    parser = argparse.ArgumentParser(prog="python -m tests.wild.known")
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--library", choices=FOLDERS)
    options = parser.parse_args(arguments)
    options.python = options.python.absolute()
    good = True
    for library in FOLDERS if options.library is None else (options.library,):
        files = files_of(library, options.python)
        for label, calls, likely in (
            ("nobody's", False, False),
            ("likely", False, True),
            ("the programs'", True, True),
        ):
            ev, seconds = evaluated(library, options.python, files, calls, likely)
            counted = {id(ev.project.files[path]) for path in files}
            arrays = {key for key in ev.statistics.arrays if key[0] in counted}
            known = len(ev.statistics.known & arrays)
            print(
                f"{library}, {label} calls: {share(known, len(arrays))} of {len(arrays)} array expressions of "
                f"{len(files)} files, {seconds:.0f} s of processor time",
                flush=True,
            )
            good &= bool(arrays) and (not calls or known >= 0.7 * len(arrays))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
