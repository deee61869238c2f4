"""Which files of a project may call what stands in a given one: those that import it, by way of others too.

Names count: a file leads to another if it imports one of its names, or one of a file that leads there, which is
mentioned there where what leads there is. So a package whose `__init__` imports all its files does not make each of
them an importer of every other. A file that enters what it defines in a registry of another one (`@MODELS.register()`)
is led to by what mentions that registry. All this is found in the text, so nothing has to be parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tangra.checker.project import Project, python_files

MAX_FILES = 5_000
"""Files of one project that are searched; in larger ones only the package of the file is."""
EVERYTHING = "*"

_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<dots>\.*)(?P<base>[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|(?:\\\r?\n|[^\n#;])*)"
    r"|import[ \t]+(?P<modules>(?:\\\r?\n|[^\n#;])*))",
    re.MULTILINE,
)
_NAME = re.compile(r"(\w+(?:\.\w+)*|\*)(?:\s+as\s+(\w+))?")
_DEFINED = re.compile(r"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^[ \t]*(\w+)\b[^=\n(]*=", re.MULTILINE)
_DEFINITION = re.compile(r"(?:@[^\n]*\n|[ \t#)][^\n]*\n|\n)*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)")
_STATEMENT = re.compile(r"^(?=[^\s#)\]}])", re.MULTILINE)
_WORD = re.compile(r"[^\W\d]\w*")
_ATTRIBUTE = re.compile(r"\.\s*([^\W\d]\w*)")
_ENTERED = re.compile(r"^(?:@(\w+)|(\w+)\[[^\]\n]*\][ \t]*=|(\w+)\.register\w*\(|(register\w*)\()", re.MULTILINE)
_COMPUTED = re.compile(r"\b(?:getattr|vars)\(\s*([\w.]+)|([\w.]+)\.__dict__")


@dataclass(frozen=True)
class Statement:
    """`from ..base import names` (`level` dots), or `import base as alias` (no `names`). Each name comes with the one
    that it is bound to."""

    level: int
    base: str
    names: tuple[tuple[str, str], ...]
    alias: str = ""


@dataclass(frozen=True)
class Import:
    """A file binds `bound` to what another calls `name` (`EVERYTHING`: to all of it); no name: to its module."""

    importer: Path
    name: str | None
    bound: str


@dataclass(frozen=True)
class Part:
    """A statement at the top of a file: the names that it defines (in its branches too), and all that it mentions.
    A plain one is no function or class."""

    defined: frozenset[str]
    words: frozenset[str]
    is_plain: bool = True


def with_importers(project: Project, files: Iterable[Path]) -> dict[Path, frozenset[str] | None]:
    """`files`, and then the files of their project that import something of one of them, each with the names that lead
    there (None: all)."""
    wanted = list(files)
    imports: dict[Path, list[Import]] = {}
    for candidate in _candidates(project, wanted):
        for module, each in imports_of(project, candidate):
            imports.setdefault(module, []).append(each)
    names = {file: {name for part in _parts(project, file) for name in part.defined} for file in wanted}
    _follow(project, imports, names, set(wanted))
    registries = frozenset(registry for file in wanted for registry in _registries(project, file))
    filled = {
        module: _leading(project, module, {name} | _filled_by(project, module, name)) for module, name in registries
    }
    _follow(project, imports, filled, set(), registries)
    for file, gained in filled.items():
        names[file] = names.get(file, set()) | gained
    found: dict[Path, frozenset[str] | None] = dict.fromkeys(wanted)
    found.update((path, frozenset(names[path])) for path in sorted(set(names) - set(wanted)))
    return found


def _follow(
    project: Project,
    imports: dict[Path, list[Import]],
    names: dict[Path, set[str]],
    whole: set[Path],
    registries: frozenset[tuple[Path, str]] = frozenset(),
) -> None:
    """Add the files that import something of those in `names` (all of the files in `whole`), with the names that lead
    there; but none that enter something in `registries` like many others."""
    queue = list(names)
    while queue:
        target = queue.pop()
        for each in _asking(project, imports, target, names[target], target in whole):
            if registries and not registries.isdisjoint(_registries(project, each.importer)):
                continue
            gained = names[target] if each.name == EVERYTHING else {each.bound}
            known = names.get(each.importer)
            if known is None or not gained <= known:
                names[each.importer] = _leading(project, each.importer, gained | (known or set()))
                queue.append(each.importer)


def _registries(project: Project, path: Path) -> Iterator[tuple[Path, str]]:
    """Names of other files in which a file enters what it defines."""
    entered = project.sources.found_in(path, entered_in)
    if entered:
        for module, each in imports_of(project, path):
            if each.name is not None and each.bound in entered:
                yield module, each.name


def entered_in(text: str) -> set[str]:
    """Names that decorate definitions of a text, or that its statements put something in."""
    return {name for match in _ENTERED.findall(text) for name in match if name}


def _filled_by(project: Project, path: Path, name: str) -> set[str]:
    """Variables of a file that what it calls `name` mentions: a decorator fills them."""
    parts = _parts(project, path)
    variables = {word for part in parts if part.is_plain for word in part.defined}
    return {word for part in parts if name in part.defined and not part.is_plain for word in part.words & variables}


def _asking(
    project: Project, imports: dict[Path, list[Import]], target: Path, names: set[str], is_wanted: bool
) -> Iterator[Import]:
    """The imports by which one of `names` of the file `target` is got; all of it, if `is_wanted`."""
    for each in imports.get(target, ()):
        if is_wanted or (
            each.name in names or each.name == EVERYTHING if each.name else _reads(project, each, target, names)
        ):
            yield each
    inner = {target.stem}
    for folder in target.parents:  # of a package's module everything in it is an attribute
        for each in (*imports.get(folder, ()), *imports.get(folder / "__init__.py", ())):
            if each.name is None and _reads(project, each, folder, inner):
                yield each
        inner = {folder.name}
        if folder == project.root:
            break


def _reads(project: Project, found: Import, module: Path, names: set[str]) -> bool:
    """Whether the file that imports a module reads an attribute with one of these names, or by a computed one."""
    read = project.sources.found_in(found.importer, attributes_read)
    own = module.parent.name if module.stem == "__init__" else module.stem
    return not names.isdisjoint(read) or not read.isdisjoint((f"{found.bound}[]", f".{own}[]"))


def _leading(project: Project, path: Path, names: set[str]) -> set[str]:
    """`names`, and those that a file defines where it mentions them or another such."""
    found, before = set(names), 0
    while len(found) > before:
        before = len(found)
        for part in _parts(project, path):
            if not found.isdisjoint(part.words):
                found |= part.defined
    return found


def _parts(project: Project, path: Path) -> list[Part]:
    return project.sources.found_in(path, parts_of)


def parts_of(text: str) -> list[Part]:
    """A text's statements."""
    found: list[Part] = []
    decorators = ""
    for piece in _STATEMENT.split(text):
        if piece.startswith("@"):
            decorators += piece
            continue
        piece, decorators = decorators + piece, ""
        definition = _DEFINITION.match(piece)
        inner = ((definition[1],),) if definition else _DEFINED.findall(piece)
        defined = {name for names in inner for name in names if name and not name.startswith("__")}
        if defined:
            found.append(Part(frozenset(defined), frozenset(_WORD.findall(piece)), not definition))
    return found


def attributes_read(text: str) -> set[str]:
    """The names behind a dot; and with brackets behind them, names whose attributes are read by computed names."""
    computed = [name for pair in _COMPUTED.findall(text) for name in pair if name]
    ends = [f".{name.rpartition('.')[2]}[]" for name in computed if "." in name]
    return {*_ATTRIBUTE.findall(text), *(f"{name}[]" for name in computed), *ends}


def _candidates(project: Project, files: list[Path]) -> list[Path]:
    """The files that may import one of `files`: the whole project's where something marks its root, else those of the
    package or folder that each lies in."""
    excluded = project.config.exclude
    if project.is_marked:
        found = []
        for file in python_files([project.root], excluded):
            found.append(file)
            if len(found) > MAX_FILES:
                break
        else:
            return found
    near: dict[Path, None] = {}
    for file in files:
        top = file.parent
        if not (top / "__init__.py").is_file():
            near.update(dict.fromkeys(each for each in sorted(top.glob("*.py")) if each.is_file()))
            continue
        while (top.parent / "__init__.py").is_file():
            top = top.parent
        near.update(dict.fromkeys(python_files([top], excluded)))
    return list(near)[:MAX_FILES]


def imports_of(project: Project, path: Path) -> Iterator[tuple[Path, Import]]:
    """The files that import statements in the file `path` name, and what is imported from them."""
    for statement in project.sources.found_in(path, import_statements):
        dotted = _absolute(project, path, statement.level, statement.base)
        if dotted is None:
            continue
        if not statement.names:
            parts = dotted.split(".")
            for end in range(len(parts) if statement.alias else 1, len(parts) + 1):
                found = project.find_module(".".join(parts[:end]), path)
                if found is not None:
                    yield found, Import(path, None, statement.alias or parts[0])
            continue
        base = project.find_module(dotted, path)
        for name, bound in statement.names:
            if base is not None:
                yield base, Import(path, name, bound)
            inner = None if name == EVERYTHING else project.find_module(f"{dotted}.{name}", path)
            if inner is not None:
                yield inner, Import(path, None, bound)


def import_statements(text: str) -> list[Statement]:
    """The import statements of a text."""
    found: list[Statement] = []
    if "import" not in text:
        return found
    for match in _IMPORT.finditer(text):
        if match["modules"] is not None:
            found += [Statement(0, name, (), alias) for name, alias in _NAME.findall(match["modules"])]
        else:
            names = tuple((name, bound or name) for name, bound in _NAME.findall(match["names"]))
            found.append(Statement(len(match["dots"]), match["base"], names))
    return found


def _absolute(project: Project, path: Path, level: int, base: str) -> str | None:
    if not level:
        return base or None
    parts = project.module_name(path).split(".")
    kept = parts[: len(parts) - level + (path.name == "__init__.py")]
    return ".".join([*kept, *([base] if base else [])]) or None
