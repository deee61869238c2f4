"""The rules of the house that a reader relies on: each room introduces itself, stays small, and has one way in."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "tangra"
MODULES = sorted(PACKAGE.rglob("*.py"))
FOLDERS = sorted({path.parent for path in MODULES})
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LONGEST_FILE = 450


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_a_folder_opens_with_the_paragraph_a_newcomer_needs(folder: Path) -> None:
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    assert text is not None, "no docstring"
    assert len(text.split()) >= 15, f"too short for a newcomer: {text!r}"


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_a_file_is_short_and_finished(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    generated = "change that, not this" in (ast.get_docstring(ast.parse(text)) or "")
    assert generated or text.count("\n") <= LONGEST_FILE
    assert not re.findall(r"\b(?:TODO|FIXME|XXX|HACK)\b", text)


@pytest.mark.parametrize("module", TESTS, ids=named)
def test_no_test_is_skipped(module: Path) -> None:
    nodes = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
    called = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
    forbidden = {f"pytest.{name}" for name in ("skip", "xfail", "importorskip")}
    forbidden |= {f"pytest.mark.{name}" for name in ("skip", "skipif", "xfail")}
    forbidden |= {f"unittest.{name}" for name in ("skip", "skipIf", "skipUnless", "expectedFailure", "SkipTest")}
    assert not called & forbidden


def test_no_file_names_a_machine_path_or_a_registry() -> None:
    names = "|".join(["/" + "work/", "/" + "root/", "/" + "home/", "py" + "pi", "python" + "hosted"])
    found = [named(path) for path in committed_text() if re.search(names, path.read_text(encoding="utf-8"))]
    assert not found


def committed_text() -> list[Path]:
    folders = ("src", "tests", "examples", "benchmarks", "docs", ".ci")
    inside = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    outside = [ROOT / name for name in ("Makefile", "pyproject.toml", "README.md", "CONTRIBUTING.md")]
    return outside + [path for path in inside if path.suffix in (".py", ".md", ".toml", ".txt", "")]


def test_every_room_stands_on_a_floor_of_the_import_contract() -> None:
    contract = next(c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["id"] == "floors")
    placed = {name for floor in contract["layers"] for name in re.findall(r"\w+", floor)}
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    rooms |= {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert rooms <= placed


def test_the_floors_are_those_of_the_design() -> None:
    contract = next(c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["id"] == "floors")
    floor = {name: i for i, layer in enumerate(contract["layers"]) for name in re.findall(r"\w+", layer)}
    below = ["demo", "core", "frontend", "api", "ops", "ir", "shapes"]
    assert [floor[name] for name in below] == sorted({floor[name] for name in below})
    assert floor["frontend"] == floor["transforms"] == floor["native"]


def test_the_core_needs_only_what_the_design_allows() -> None:
    names = {re.match(r"[\w-]+", line)[0] for line in PROJECT["project"]["dependencies"]}
    assert names == {"numpy", "llvmlite", "scipy", "jaxtyping", "rich"}
    assert PROJECT["project"]["requires-python"] == ">=3.11"
