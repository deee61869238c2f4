"""`tangra annotate`: writes jaxtyping signatures into a file, as far as calls show what they are.

The new text is checked before it is written: a signature with which something else would be found is left out.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tangra.checker import Outcome, Session
from tangra.checker.files import write_whole
from tangra.checker.observations import Observer
from tangra.checker.source import SourceFile
from tangra.cli.main import CLEAN, Misuse
from tangra.cli.signatures import ANY_NUMBER, WORDS, Signature, signatures

if TYPE_CHECKING:
    import libcst

ARRAYS = {"torch": ("torch", "Tensor"), "numpy": ("numpy", "ndarray"), "jax": ("jax", "Array")}
"""The class of each library's arrays, by module and name."""


def run_annotate(options: argparse.Namespace) -> int:
    """Write the file, or show what would be written."""
    path: Path = options.file.resolve()
    if not path.is_file():
        raise Misuse(f"{options.file}: no such file")
    if path.suffix != ".py":
        raise Misuse(f"{options.file}: only Python files can be annotated")
    session = Session(python=options.python)
    observer = Observer()
    before = session.check([path], observer=observer)
    source = before.source(path)
    if not isinstance(source, SourceFile):
        raise Misuse(f"{options.file} is excluded by the project's settings")
    if source.problem is not None:
        raise Misuse(f"{options.file}:{source.problem[0]}: {source.problem[2]}")
    old = _text(path)
    names = bound_names(source)
    prefix = "jaxtyping." if any(word in names for word in (*WORDS.values(), ANY_NUMBER)) else ""
    found = list(
        signatures(source, path, observer, {library: array_name(library, names) for library in ARRAYS}, prefix)
    )
    new, kept = _accepted(session, path, old, found, before, names, prefix)
    if options.diff:
        name = str(options.file)
        sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), name, name))
        return CLEAN
    if new != old:
        write_whole(path, new.encode("utf-8"))
    print(
        f"annotated {len(kept)} of {len(observer.functions.get(path, {}))} functions that were seen in {options.file}"
    )
    return CLEAN


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Misuse(f"{path}: only files in UTF-8 can be annotated") from None


def _accepted(
    session: Session,
    path: Path,
    old: str,
    found: Sequence[Signature],
    before: Outcome,
    names: dict[str, tuple[str, str]],
    prefix: str,
) -> tuple[str, list[Signature]]:
    """The text with as many of the signatures as change nothing about what is found."""
    known = Counter((report.code, report.message) for report in before.reports)

    def agrees(chosen: Sequence[Signature]) -> bool:
        session.set_overlay(path, annotated(old, chosen, names, prefix))
        return Counter((report.code, report.message) for report in session.check([path]).reports) == known

    kept = list(found)
    if kept and not agrees(kept):
        kept = [each for each in kept if agrees([each])]
        if not agrees(kept):
            kept = []
    return (annotated(old, kept, names, prefix) if kept else old), kept


def bound_names(source: SourceFile) -> dict[str, tuple[str, str]]:
    """What the file's top level binds: for imports the module and the name in it, else nothing."""
    found: dict[str, tuple[str, str]] = {}
    for node in source.tree.body if source.tree is not None else ():
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0],
                    "",
                )
        elif isinstance(node, ast.ImportFrom):
            found.update({alias.asname or alias.name: (node.module or "", alias.name) for alias in node.names})
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            found[node.name] = ("", "")
        elif isinstance(node, ast.Assign):
            found.update(
                {
                    part.id: ("", "")
                    for target in node.targets
                    for part in ast.walk(target)
                    if isinstance(part, ast.Name)
                }
            )
    return {name: where for name, where in found.items() if where[0] != "jaxtyping" or name != where[1]}


def array_name(library: str, names: dict[str, tuple[str, str]]) -> str:
    """How the file names the library's arrays; where it imports nothing that has them, by the library's own name."""
    module, array = ARRAYS[library]
    for name, where in names.items():
        if where == (module, array):
            return name
    for name, where in names.items():
        if where == (module, ""):
            return f"{name}.{array}"
        if library == "jax" and where in (("jax.numpy", ""), ("jax", "numpy")):
            return f"{name}.ndarray"
    return f"{module}.{array}"


def annotated(text: str, found: Sequence[Signature], names: dict[str, tuple[str, str]], prefix: str) -> str:
    """The text with the signatures and the imports they need."""
    try:
        import libcst
        from libcst.codemod import CodemodContext
        from libcst.codemod.visitors import AddImportsVisitor
    except ImportError:
        raise Misuse("tangra annotate needs libcst: pip install 'tangra[annotate]'") from None
    from tangra.cli.rewriting import Annotator

    wrapper = libcst.MetadataWrapper(libcst.parse_module(text))
    tree: libcst.Module = wrapper.visit(Annotator(found))
    context = CodemodContext()
    for word in sorted(set().union(*(each.words for each in found))):
        AddImportsVisitor.add_needed_import(context, "jaxtyping", None if prefix else word)
    for library in sorted(set().union(*(each.libraries for each in found))):
        name = array_name(library, names)
        if name == ".".join(ARRAYS[library]) and library not in names:
            AddImportsVisitor.add_needed_import(context, library)
    return AddImportsVisitor(context).transform_module(tree).code
