"""Where the sizes of an array come from: the annotation that names a size, the expression in which it first turns up,
the layer that was built with it. Followed through calls into the callers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tangra.checker.observations import Observer, Seen, place_of
from tangra.checker.reports import Place, cleaned
from tangra.checker.source import SourceFile
from tangra.shape_rules.values import Item, size_text

MAX_DEPTH = 8
"""Calls that are followed outwards."""


@dataclass(frozen=True)
class Birth:
    """A size, as text, and where it comes from."""

    size: str
    place: Place


def births(observer: Observer, path: Path, line: int, column: int) -> list[Birth]:
    """Where the sizes of the array at a position come from, one for each axis, the innermost expression counting."""
    source = observer.sources.get(path)
    if source is None:
        return []
    around: list[tuple[tuple[int, int], Seen]] = []
    for seen in observer.seen.get(path, {}).values():
        place = place_of(source, seen.node)
        if place and (place.line, place.column) <= (line, column) <= (place.end_line, place.end_column):
            around.append(((place.end_line - place.line, place.end_column - place.column), seen))
    if not around:
        return []
    target = min(around, key=lambda pair: pair[0])[1]
    context = next((each for each in target.arrays), ())
    found = []
    for item in target.arrays[context][0].shape or ():
        place = _born(observer, source, target, context, item, MAX_DEPTH)
        if place is not None:
            found.append(Birth(cleaned(size_text(item)), place))
    return list(dict.fromkeys(found))


def _born(
    observer: Observer, source: SourceFile, target: Seen, context: tuple[Place, ...], item: Item, depth: int
) -> Place | None:
    named = _declared(source, target.node, size_text(item))
    if named is not None:
        return named
    first = _first(observer, source, target, context, item)
    if first.kind == "parameter" and context and depth:
        outer = _argument(observer, context, item)
        if outer is not None:
            file = observer.sources[context[0].file]
            return _born(observer, file, outer, context[1:], item, depth - 1)
    if first.made is not None and _mentions(first.made.node, item):
        return place_of(first.made.file, first.made.node)
    return place_of(source, first.node)


def _first(observer: Observer, source: SourceFile, target: Seen, context: tuple[Place, ...], item: Item) -> Seen:
    """The first expression of the same run of the function that had this size; names only pass it on."""
    for seen in observer.seen[source.path].values():
        arrays = seen.arrays.get(context, ())
        passed_on = isinstance(seen.node, ast.Name | ast.Attribute)
        if any(item in (array.shape or ()) for array in arrays) and (not passed_on or seen.kind == "parameter"):
            return seen
        if seen is target:
            break
    return target


def _argument(observer: Observer, context: tuple[Place, ...], item: Item) -> Seen | None:
    """The argument of the call that leads here which had this size."""
    call, outer = context[0], context[1:]
    source = observer.sources.get(call.file)
    for seen in observer.seen.get(call.file, {}).values() if source else ():
        place = place_of(source, seen.node) if source else None
        inside = place and (call.line, call.column) <= (place.line, place.column) < (call.end_line, call.end_column)
        whole = place and (place.line, place.column, place.end_column) == (call.line, call.column, call.end_column)
        if inside and not whole and any(item in (array.shape or ()) for array in seen.arrays.get(outer, ())):
            return seen
    return None


def _mentions(made: ast.AST, item: Item) -> bool:
    """Whether the call that built a layer could have said the size: it has it as a number, or has no numbers at all."""
    given = [*made.args, *(keyword.value for keyword in made.keywords)] if isinstance(made, ast.Call) else []
    return any(not isinstance(arg, ast.Constant) or arg.value == item for arg in given)


def _declared(source: SourceFile, node: ast.AST, name: str) -> Place | None:
    """The annotation of an enclosing function or class, or the comment, that names a size."""
    if source.tree is None or not re.fullmatch(r"[A-Za-z_]\w*", name):
        return None
    line = getattr(node, "lineno", 0)
    for scope in _enclosing(source.tree, line):
        for part in _annotations(scope):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                place = _word(source, part, name)
                if place is not None:
                    return place
    for number, stated in source.stated.items():
        match = re.search(rf"\b{name}\b", source.lines[number - 1]) if name in " ".join(stated.sizes) else None
        if match is not None:
            return Place(source.path, number, match.start() + 1, number, match.end() + 1)
    return None


def _enclosing(tree: ast.AST, line: int) -> Iterator[ast.AST]:
    """The functions and classes around a line, the innermost first, and then the file."""
    for child in ast.iter_child_nodes(tree):
        first, last = getattr(child, "lineno", 0), getattr(child, "end_lineno", 0) or 0
        if first <= line <= last:
            yield from _enclosing(child, line)
    if isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
        yield tree


def _annotations(scope: ast.AST) -> Iterator[ast.AST]:
    """The parts of a scope's annotations, of parameters and of what its body declares."""
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        for parameter in ast.walk(scope.args):
            if isinstance(parameter, ast.arg) and parameter.annotation is not None:
                yield from ast.walk(parameter.annotation)
    for statement in getattr(scope, "body", ()):
        if isinstance(statement, ast.AnnAssign):
            yield from ast.walk(statement.annotation)


def _word(source: SourceFile, node: ast.Constant, name: str) -> Place | None:
    """The word `name` in a text of the program."""
    place = place_of(source, node)
    if place is None or place.line != place.end_line:
        return None
    text = source.lines[place.line - 1][place.column - 1 : place.end_column - 1]
    match = re.search(rf"(?<!\w){name}(?!\w)", text)
    if match is None:
        return None
    start = place.column + match.start()
    return Place(source.path, place.line, start, place.line, start + len(name))
