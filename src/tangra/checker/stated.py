"""What users say of values where no annotation does: shapes in comments, and arguments in `[tool.tangra.inputs]`."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tangra.checker.annotations import EXACT
from tangra.checker.codes import COMMENT
from tangra.checker.heap import FunctionCell, Value
from tangra.checker.names import store_name
from tangra.checker.reports import Place, Report
from tangra.checker.source import Given, SourceFile, Stated
from tangra.checker.structure import parameters
from tangra.shape_rules.values import UNKNOWN, Item, Tensor, Variadic
from tangra.shapes import SizeSyntaxError, SizeTooComplex, parse_size

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

ANY_SHAPE, ANY_SIZE = ("...", "*"), ("_", "?")
DTYPES = frozenset(EXACT.values()) | {"float8_e4m3fn", "float8_e5m2"}
FORMS = "`ignore`, `ignore[TG516]`, or the shape of a name, as in `x = (B, 3, 224, 224)` or `x = int64 (B,)`"
_ADDRESSED = re.compile(r"#\s*tangra:")


def problem(stated: Stated) -> str | None:
    """Why a stated shape can't be read."""
    if stated.dtype is not None and stated.dtype not in DTYPES:
        return f"{stated.dtype} is not a dtype; there are {', '.join(sorted(DTYPES))}"
    if sum(word in ANY_SHAPE for word in stated.sizes) > 1:
        return "a shape has one `...` at most"
    for word in stated.sizes:
        if word not in ANY_SHAPE + ANY_SIZE:
            try:
                size = parse_size(word)
            except (SizeSyntaxError, ZeroDivisionError, SizeTooComplex) as error:
                return f"the size {word!r} can't be read: {error}"
            if isinstance(size, int) and size < 0:
                return f"the size {word} is negative"
    return None


def stated_array(ev: Evaluator, stated: Stated, old: Value) -> Value:
    """The array that is described, or `old` if the description can't be read; `old` says of which library it is."""
    if problem(stated) is not None:
        return old
    library = old.library if isinstance(old, Tensor) else _library(ev.frame.file)
    shape: list[Item] = []
    for word in stated.sizes:
        if word in ANY_SHAPE:
            shape.append(Variadic())
        else:
            shape.append(ev.ctx.flexible("d") if word in ANY_SIZE else parse_size(word))
    return Tensor(library, tuple(shape), stated.dtype or (old.dtype if isinstance(old, Tensor) else None))


def _library(file: SourceFile | None) -> str:
    """The library whose arrays a file works with."""
    text = "" if file is None else file.text
    imported = (name for name in ("torch", "jax", "numpy") if f"import {name}" in text or f"from {name}" in text)
    return next(imported, "torch")


def bind_stated(ev: Evaluator, node: ast.stmt) -> None:
    """`x = load()  # tangra: x = (B, 3)`: the comment says what the value's shape is."""
    file = ev.frames[-1].file
    if file is None or not file.stated:
        return
    stated = file.stated.get(node.end_lineno or node.lineno)
    if stated is not None and stated.name in _bound(node):
        old = ev.frame.scope.fields.get(stated.name, UNKNOWN)
        store_name(ev, stated.name, stated_array(ev, stated, old), node)


def stated_inputs(ev: Evaluator, function: FunctionCell) -> dict[str, Given]:
    """What is said of a function's arguments: by the settings, and before them by comments in its head, or on the line
    above it."""
    found = dict(ev.inputs.get(function.node, {}))
    file, node = function.module.file, function.node
    if file is not None and file.stated and not isinstance(node, ast.Lambda):
        names = {parameter.arg for parameter in parameters(node)}
        heard = (file.stated[line] for line in _head(node) if line in file.stated)
        found |= {stated.name: stated for stated in heard if stated.name in names}
    return found


def given_value(ev: Evaluator, given: Given) -> Value:
    """The argument that is meant."""
    return stated_array(ev, given, UNKNOWN) if isinstance(given, Stated) else given


def _head(node: ast.FunctionDef | ast.AsyncFunctionDef) -> range:
    """The lines in which comments speak of a function's arguments: from that above it to its first statement (but the
    text that documents it)."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    if not body:
        return range(first - 1, (node.end_lineno or node.lineno) + 1)
    end = body[0].lineno
    return range(first - 1, end if end > node.lineno else end + 1)


def tell_unheard(ev: Evaluator, source: SourceFile) -> None:
    """Warn of comments that address the checker and say nothing to it."""
    if source.tree is None:
        return
    spoken = None
    for line, text in source.comments.items():
        address = _ADDRESSED.search(text)
        if address is None:
            continue
        stated = source.stated.get(line)
        message = None
        if line in source.ignored:
            message = _unknown_codes(source.ignored[line])
        elif stated is None:
            message = f"`# tangra:` is followed by {FORMS}"
        elif (wrong := problem(stated)) is not None:
            message = f"in this comment {wrong}"
        else:
            spoken = _places(source.tree) if spoken is None else spoken
            if (line, stated.name) not in spoken:
                message = (
                    f"nothing here is called {stated.name}: such a comment stands at the end of an assignment, "
                    f"or in the head of a function with that parameter"
                )
        if message is not None:
            column = source.lines[line - 1].find(text) + address.start() + 1
            place = Place(source.path, line, column, line, column + len(text) - address.start())
            ev.reports.add(Report(place, "warning", COMMENT, message))


def _unknown_codes(codes: frozenset[str] | None) -> str | None:
    """What is wrong with the codes of an `ignore`."""
    from tangra.checker.explanations import EXPLANATIONS

    wrong = sorted(code for code in codes or () if code not in EXPLANATIONS)
    return f"there is no code {wrong[0]!r} to ignore; `tangra explain TG516` tells of one" if wrong else None


def _places(tree: ast.Module) -> set[tuple[int, str]]:
    """The lines on which a comment may state a shape, each with the names that it may speak of."""
    found: set[tuple[int, str]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            found |= {(node.end_lineno or node.lineno, name) for name in _bound(node)}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found |= {(line, parameter.arg) for line in _head(node) for parameter in parameters(node)}
    return found


def _bound(node: ast.stmt) -> set[str]:
    """The names that an assignment binds."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    parts = (part for target in targets for part in ast.walk(target))
    return {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
