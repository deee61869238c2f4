"""Set-up from a bare clone: what make does, the interpreter it chooses, CI's script, and what the wheel holds."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A clone without a virtual environment, as far as make is concerned."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    return tmp_path


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in ("PYTHON", "MAKEFLAGS", "MAKELEVEL")}
    return subprocess.run(command, cwd=cwd, env=inherited | environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("target", "last"), [("demo", "-m tangra.demo"), ("test", "-m pytest"), ("lint", "lint-imports")]
)
def test_a_target_sets_itself_up_first(bare: Path, target: str, last: str) -> None:
    lines = run("make", "-n", target, cwd=bare).stdout.splitlines()
    made, installed = (next(i for i, line in enumerate(lines) if part in line) for part in (".ci/venv", "pip install"))
    assert made < installed < len(lines) - 1
    assert last in lines[-1]


@pytest.mark.parametrize("target", ["demo", "test", "lint", "fuzz", "bench", "format"])
def test_a_second_run_installs_nothing(bare: Path, target: str) -> None:
    venv = bare / ".venv"
    venv.mkdir()
    for name in ("pyvenv.cfg", ".ready-demo", ".ready-dev"):
        (venv / name).touch()
    planned = run("make", "-n", target, cwd=bare)
    assert planned.returncode == 0
    assert "pip install" not in planned.stdout


def test_the_demo_installs_no_tools_for_developers(bare: Path) -> None:
    planned = run("make", "-n", "demo", cwd=bare).stdout
    assert "'.[demo]'" in planned
    assert "dev" not in planned


def test_an_unusable_interpreter_is_named(bare: Path) -> None:
    done = run(".ci/venv", "new", cwd=bare, PYTHON="false")
    assert done.returncode == 1
    assert done.stderr == "PYTHON=false is not a Python 3.11 or later with the venv module.\n"
    assert not (bare / "new").exists()


def test_without_python_one_is_asked_for(bare: Path) -> None:
    shims = bare / "bin"
    shims.mkdir()
    for name in ("bash", "env"):
        (shims / name).symlink_to(str(shutil.which(name)))
    (shims / "python3").write_text("#!/bin/sh\nexit 127\n")
    (shims / "python3").chmod(0o755)
    done = run(".ci/venv", "new", cwd=bare, PATH=str(shims))
    assert done.returncode == 1
    assert done.stderr.startswith(
        "Tangra needs Python 3.11 or later with the venv module, and none was found on PATH.\n"
    )


def test_the_first_usable_interpreter_is_taken(bare: Path) -> None:
    shims = bare / "bin"
    shims.mkdir()
    (shims / "python3.13").write_text("#!/bin/sh\nexit 127\n")
    (shims / "python3.12").write_text('#!/bin/sh\n[ "$1" = -c ] || echo "$@" >made\n')
    for name in ("python3.13", "python3.12"):
        (shims / name).chmod(0o755)
    done = run(".ci/venv", "new", cwd=bare, PATH=f"{shims}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    assert (bare / "made").read_text() == "-m venv new\n"


def test_ci_runs_lint_and_tests_and_stops_at_the_first_failure(bare: Path) -> None:
    tools = bare / "bin"
    tools.mkdir()
    (tools / "make").write_text('#!/bin/sh\necho "$@" >asked\nexit 3\n')
    (tools / "make").chmod(0o755)
    (tools / "nvim").write_text("#!/bin/sh\n")  # is there, so nothing is installed
    (tools / "nvim").chmod(0o755)
    done = run(".ci/run", cwd=bare, PATH=f"{tools}:{os.environ['PATH']}")
    assert done.returncode == 3
    assert (bare / "asked").read_text().split()[:3] == ["lint", "test", "test-editors"]


def test_the_wheel_ships_the_data_and_the_type_marker(tmp_path: Path) -> None:
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path), cwd=ROOT)
    assert built.returncode == 0, built.stderr
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    assert {"tangra/__init__.py", "tangra/py.typed", "tangra/demo/data/hudson_lynx_hare.csv"} <= names
    assert not [name for name in names if name.startswith("tests")]
