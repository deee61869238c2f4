"""Projects: which files there are, which module a dotted name is, and the configuration of the folder they are in.

A name is resolved by looking at files, never by importing. What belongs to no file of the project and to no package
that the user asked to follow is a library's, of which only the shape rules know anything.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tangra.checker.config import ROOT_MARKERS, Config, load_config
from tangra.checker.dependencies import Dependencies
from tangra.checker.files import Folder, read_regular, resolved
from tangra.checker.source import SourceCache, SourceFile

SKIPPED_FOLDERS = frozenset(
    [
        "__pycache__",
        "node_modules",
        "build",
        "dist",
        "site-packages",
        ".git",
        ".hg",
        ".svn",
        ".venv",
        "venv",
        "env",
        ".tox",
        ".nox",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".eggs",
        ".ipynb_checkpoints",
    ]
)
INSTALLED = ("site-packages", "dist-packages")
SUFFIXES = frozenset({".py", ".ipynb"})


@dataclass
class Project:
    """The files under one root."""

    root: Path
    config: Config
    site_packages: tuple[Path, ...] = ()
    sources: SourceCache = field(default_factory=SourceCache)
    files: dict[Path, SourceFile] = field(default_factory=dict)
    dependencies: Dependencies = field(default_factory=Dependencies)
    _found: dict[tuple[str, str | None, str | None], Path | None] = field(default_factory=dict)
    _folders: dict[str, Folder] = field(default_factory=dict)
    _near: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    @property
    def is_marked(self) -> bool:
        """Whether something says that the root is a project's, rather than just the folder above a file."""
        return any((self.root / marker).exists() for marker in ROOT_MARKERS)

    def read(self, path: Path) -> SourceFile:
        """The parsed file; each is read once."""
        file = self.files.get(path)
        if file is None:
            file = self.files[path] = self.sources.read(path, self.config.python_version)
            self.dependencies.files.setdefault(path, file.digest)
        return file

    def read_text(self, path: Path) -> str:
        """The text of a file that need not be parsed, in which what can't be decoded is left out."""
        content = self.sources.overlays.get(path)
        try:
            content = read_regular(path) if content is None else content
        except OSError:
            content = None
        self.dependencies.read(path, content)
        return "" if content is None else content.decode("utf-8", "replace")

    def has_file(self, path: Path) -> bool:
        """Whether there is a file at `path`, on which the answer then depends."""
        return self._listed(str(path.parent)).has_file(path.name)

    def _listed(self, folder: str) -> Folder:
        """What a folder holds, on which the answer then depends."""
        known = self._folders.get(folder)
        if known is None:
            self.dependencies.folders.add(Path(folder))
            known = self._folders[folder] = Folder(folder)
        return known

    def module_name(self, path: Path) -> str:
        """The dotted name by which the file is imported: from the topmost folder with an `__init__.py` on."""
        parts = [] if path.stem == "__init__" else [path.stem]
        folder = path.parent
        while self.has_file(folder / "__init__.py") and folder != folder.parent:
            parts.append(folder.name)
            folder = folder.parent
        if folder != self.root and len(parts) <= 1:
            parts += self._namespace(folder)
        return ".".join(reversed(parts)) or path.parent.name

    def _namespace(self, folder: Path) -> list[str]:
        """The folders between a source root and a file that no `__init__.py` makes a package of."""
        for base in (self.root / "src", self.root):
            if folder.is_relative_to(base):
                return list(reversed(folder.relative_to(base).parts))
        return []

    def find_module(self, dotted: str, importer: Path | None) -> Path | None:
        """The file that `import dotted` reads in the file `importer`; a folder without `__init__.py` is itself."""
        near, beside = self._nearest(importer) if importer else (None, None)
        if beside is not None and dotted.partition(".")[0] in sys.stdlib_module_names:
            beside = None
        key = (dotted, near, beside)
        if key not in self._found:
            self._found[key] = self._search(dotted, (near, beside), importer)
        return self._found[key]

    def _nearest(self, importer: Path) -> tuple[str, str | None]:
        """The folder that the topmost package of a file lies in, and its own folder where it may be a script, for which
        imports are looked for there first; a module of a package has to call its neighbours by their full names."""
        name = str(importer)
        known = self._near.get(name)
        if known is None:
            own = os.path.dirname(name)
            near = own
            while self._listed(near).has_file("__init__.py") and near != os.path.dirname(near):
                near = os.path.dirname(near)
            packaged = near == own or near in map(str, self.site_packages)
            known = self._near[name] = (near, None if packaged else own)
        return known

    def _search(self, dotted: str, nearest: tuple[str | None, ...], importer: Path | None) -> Path | None:
        parts = dotted.split(".")
        installed = {str(folder) for folder in self.site_packages}
        installed |= {base for base in nearest if base and os.path.basename(base) in INSTALLED}
        bases = [base for base in (*nearest, str(self.root), str(self.root / "src")) if base]
        bases += [str(self.root / extra) for extra in self.config.source_roots]
        if parts[0] in self.config.follow:
            bases += map(str, self.site_packages)
        else:  # an installed package does not bring its neighbours along
            own = [base for base in installed if importer and importer.is_relative_to(os.path.join(base, parts[0]))]
            bases = [base for base in bases if base not in installed or base in own]
        for base in dict.fromkeys(bases):
            found = self._module_at(os.path.join(base, *parts[:-1]), parts[-1])
            itself = found == importer and len(parts) == 1 and found is not None and found.name != "__init__.py"
            if found is not None and not itself:  # a script called like a library means the library
                return found
        return None

    def _module_at(self, folder: str, name: str) -> Path | None:
        here, inner = self._listed(folder), os.path.join(folder, name)
        is_folder = here.has_folder(name)
        if is_folder and self._listed(inner).has_file("__init__.py"):
            return Path(inner, "__init__.py")
        if here.has_file(f"{name}.py"):
            return Path(f"{inner}.py")
        return Path(inner) if is_folder and self._listed(inner).holds_modules else None


def find_root(path: Path) -> Path:
    """The project a file or folder belongs to: the nearest folder above with a marker such as pyproject.toml, else
    the folder above its topmost package."""
    folder = path if path.is_dir() else path.parent
    for candidate in (folder, *folder.parents):
        if any((candidate / marker).exists() for marker in ROOT_MARKERS):
            return candidate
    while (folder / "__init__.py").is_file() and folder != folder.parent:
        folder = folder.parent
    return folder


def open_project(path: Path, python: Path | None = None, sources: SourceCache | None = None) -> Project:
    """The project around `path`."""
    root = find_root(resolved(path))
    config = load_config(root)
    return Project(root, config, site_packages(python) if python else (), sources or SourceCache())


def site_packages(python: Path) -> tuple[Path, ...]:
    """The folders of installed packages of a virtual environment, or of the one that an interpreter lies in."""
    base = python.parent.parent if python.is_file() or python.name.startswith("python") else python
    found = [*sorted(base.glob("lib/python3*/site-packages")), base / "Lib" / "site-packages"]
    return tuple(folder for folder in found if folder.is_dir()) or ((base,) if base.is_dir() else ())


def python_files(paths: Iterable[Path], excluded: Iterable[str] = ()) -> Iterator[Path]:
    """The programs among `paths` and in the folders among them, in order of their names; links are not followed."""
    patterns = tuple(excluded)
    for path in paths:
        if path.is_file():
            yield resolved(path)
            continue
        for folder, inner, names in os.walk(path):
            here = resolved(Path(folder))
            inner[:] = sorted(name for name in inner if name not in SKIPPED_FOLDERS and not name.endswith(".egg-info"))
            for name in sorted(names):
                file = here / name
                if file.suffix in SUFFIXES and not any(Path(folder, name).match(pattern) for pattern in patterns):
                    yield resolved(file) if file.is_symlink() else file
