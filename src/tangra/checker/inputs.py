"""The functions that `[tool.tangra.inputs]` names: where they are defined, and what their arguments are said to be."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NoReturn

from tangra.checker.config import ConfigError, Constant
from tangra.checker.project import Project
from tangra.checker.source import Given, SourceFile, parse_stated
from tangra.checker.stated import problem
from tangra.checker.structure import parameters

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
FORM = "a shape such as 'float32 (B, 3, 224, 224)', a number, true or false, or a text in quotes of its own"


def load_inputs(project: Project) -> dict[ast.AST, dict[str, Given]]:
    """The definitions of the functions named, with what is said of their arguments; raises `ConfigError` for names that
    the project does not have, and for what says nothing. Files that don't parse are told elsewhere."""
    found: dict[ast.AST, dict[str, Given]] = {}
    for name, arguments in project.config.inputs:
        file, inner = _module(project, name)
        if file.tree is not None:
            node = _function(project, file, name, inner)
            found[node] = {argument: _given(project, node, name, argument, given) for argument, given in arguments}
    return found


def _wrong(project: Project, name: str, text: str) -> NoReturn:
    raise ConfigError(f'{project.root / "pyproject.toml"}: tool.tangra.inputs."{name}": {text}')


def _module(project: Project, name: str) -> tuple[SourceFile, list[str]]:
    """The file that the beginning of a dotted name means, and the rest of it."""
    parts = name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        path = project.find_module(".".join(parts[:count]), None) if all(parts) else None
        if path is not None and path.suffix == ".py":
            return project.read(path), parts[count:]
    _wrong(project, name, "no module of the project is called so; the name is like package.module.Class.method")


def _function(
    project: Project, file: SourceFile, name: str, inner: list[str]
) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """The definition that a name in a file means: the last one that it has."""
    assert file.tree is not None
    here: list[Definition] = list(_definitions(file.tree.body))
    node: Definition | None = None
    for part in inner:
        node = next((each for each in reversed(here) if each.name == part), None)
        if node is None:
            names = ", ".join(dict.fromkeys(each.name for each in here)) or "nothing"
            _wrong(project, name, f"{file.path.name} does not define {part} there; it defines {names}")
        here = list(_definitions(node.body)) if isinstance(node, ast.ClassDef) else []
    if node is None or isinstance(node, ast.ClassDef):
        _wrong(project, name, "this is a class; name its __init__, its forward or another method")
    return node


def _definitions(body: Iterable[ast.stmt]) -> Iterator[Definition]:
    """The functions and classes that statements define, also in their branches."""
    for statement in body:
        if isinstance(statement, Definition):
            yield statement
        else:
            for _, value in ast.iter_fields(statement):
                rows = value if isinstance(value, list) else ()
                yield from _definitions(part for part in rows if isinstance(part, ast.stmt))
                for handler in (part for part in rows if isinstance(part, ast.ExceptHandler | ast.match_case)):
                    yield from _definitions(handler.body)


def _given(
    project: Project, node: ast.FunctionDef | ast.AsyncFunctionDef, name: str, argument: str, given: Constant
) -> Given:
    """What is said of an argument."""
    extra = (node.args.vararg, node.args.kwarg)
    names = [parameter.arg for parameter in parameters(node) if parameter not in extra]
    if argument not in names:
        _wrong(project, name, f"there is no parameter {argument}; there are {', '.join(names) or 'none'}")
    if not isinstance(given, str):
        return given
    if len(given) > 1 and given[0] == given[-1] and given[0] in "'\"":
        return given[1:-1]
    stated = parse_stated(argument, given)
    if stated is None:
        _wrong(project, name, f"{argument} = {given!r} is not {FORM}")
    text = problem(stated)
    if text is not None:
        _wrong(project, name, f"{argument} = {given!r}: {text}")
    return stated
