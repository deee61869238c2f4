"""Half-typed programs: a syntax tree of everything but the block that does not parse, which keeps its last good tree.

The text is taken apart at its indentation. A block that does not parse is looked into: of a class the other methods
stay; a function has the tree it had when it last parsed, moved to where it is now; elsewhere the statement at fault is
what it was before, or is left out if it is new.
"""

from __future__ import annotations

import ast
import copy
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tangra.checker.source import SourceFile, parse
from tangra.lsp.linemap import LineMap

MAX_HEAD = 30
"""Lines that the head of a definition may go over."""
MAX_JOINED = 6
"""Pieces that are joined again where a string or bracket over several lines was taken for several blocks."""

_CLAUSE = re.compile(r"(?:else|elif|except|finally|case)\b")
_DEFINITION = re.compile(r"(?:async\s+)?def\s+(\w+)|class\s+(\w+)")
_COMPOUND = re.compile(r"(?:async\s+)?(?:def|for|with)\b|(?:class|if|while|try|match|elif|else|except|finally|case)\b")

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Repair:
    """The lines of a text that does not parse, made to parse. `old`: functions by name and `statements` by the line
    where they would be now, as they last were. `stubs`: those of them that are to be put in, by line. `broken`: the
    lines (from 1, the end exclusive) that were at fault."""

    lines: list[str]
    old: dict[tuple[str, ...], Definition]
    statements: dict[int, ast.stmt] = field(default_factory=dict)
    stubs: dict[int, ast.stmt] = field(default_factory=dict)
    broken: list[tuple[int, int]] = field(default_factory=list)

    def block(self, first: int, end: int, path: tuple[str, ...]) -> None:
        """Repair the block in lines [first, end), counted from 0."""
        if parses(self.lines[first:end]):
            return
        head = first
        while head < end and self.lines[head].lstrip().startswith("@"):
            head += 1
        text = self.lines[head].lstrip() if head < end else ""
        named = _DEFINITION.match(text)
        inner = (*path, named[1] or named[2]) if named else path
        if named and named[1] and inner in self.old:
            self.broken.append((first + 1, end + 1))
            self.stubs[head + 1] = self.old[inner]
            self.lines[first:head] = [""] * (head - first)
            self._blank(head, end, f"{_indent(self.lines[head])}def {named[1]}(): pass")
            return
        if not _COMPOUND.match(text) or not self._clauses(head, end, inner):
            self.broken.append((first + 1, end + 1))
            if first + 1 in self.statements:
                self.stubs[first + 1] = self.statements[first + 1]
            self._blank(first, end, _indent(self.lines[first]) + "pass")

    def _clauses(self, head: int, end: int, path: tuple[str, ...]) -> bool:
        """Repair the bodies of a compound statement; whether that was enough."""
        indent = len(_indent(self.lines[head]))
        heads = [head] + [
            number
            for number in range(head + 1, end)
            if len(_indent(self.lines[number])) == indent and _CLAUSE.match(self.lines[number].lstrip())
        ]
        kept, broken, stubs = self.lines[head:end], len(self.broken), dict(self.stubs)
        for start, stop in zip(heads, [*heads[1:], end], strict=True):
            for first, last in blocks(self.lines, self._body(start, stop), stop):
                self.block(first, last, path)
        if parses(self.lines[head:end]):
            return True
        self.lines[head:end] = kept
        del self.broken[broken:]
        self.stubs = stubs
        return False

    def _body(self, head: int, end: int) -> int:
        """The line behind the head of a compound statement, which may go over several lines."""
        inner = _indent(self.lines[head]) + "    pass"
        clause = bool(_CLAUSE.match(self.lines[head].lstrip()))
        for number in range(head + 1, min(head + MAX_HEAD, end)):
            if not clause and parses([*self.lines[head:number], inner]):
                return number
        return head + 1

    def _blank(self, first: int, end: int, filling: str) -> None:
        """Take lines out; the first becomes `filling`."""
        self.lines[first:end] = [filling] + [""] * (end - first - 1)


def blocks(lines: Sequence[str], first: int, end: int) -> Iterator[tuple[int, int]]:
    """The statements between two lines, told apart by the indentation of the first of them."""
    start = next((number for number in range(first, end) if _is_code(lines[number])), None)
    if start is None:
        return
    width = len(_indent(lines[start]))
    pieces = [start]
    for number in range(start + 1, end):
        text = lines[number].lstrip()
        if _is_code(lines[number]) and len(_indent(lines[number])) == width and text[0] not in ")]}":
            previous = lines[pieces[-1]].lstrip()
            if not _CLAUSE.match(text) and not (previous.startswith("@") and _decorates(lines, pieces[-1], number)):
                pieces.append(number)
    pieces.append(end)
    place = 0
    while place < len(pieces) - 1:
        reach = place + 1
        if not parses(lines[pieces[place] : pieces[reach]]):
            for further in range(place + 2, min(place + MAX_JOINED, len(pieces))):
                if parses(lines[pieces[place] : pieces[further]]):
                    reach = further
                    break
        yield pieces[place], pieces[reach]
        place = reach


def parses(lines: Sequence[str]) -> bool:
    """Whether the lines are statements, wherever they stand."""
    wrapped = f"async def f():\n for _ in _:\n{_shift(lines)}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(wrapped)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _shift(lines: Sequence[str]) -> str:
    """The lines, indented so that they can stand in a loop of a function; without code, `pass`."""
    if not any(_is_code(line) for line in lines):
        return "  pass"
    return "\n".join("  " + line for line in lines)


def _decorates(lines: Sequence[str], start: int, number: int) -> bool:
    """Whether only decorators stand from `start` up to the line."""
    return all(not line.strip() or line.lstrip()[0] in "@#)" for line in lines[start:number])


def _is_code(line: str) -> bool:
    text = line.strip()
    return bool(text) and not text.startswith("#")


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def functions(tree: ast.AST, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Definition]]:
    """The functions of a tree by the names that lead to them."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            here = (*path, node.name)
            if not isinstance(node, ast.ClassDef):
                yield here, node
            yield from functions(node, here)
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from functions(node, path)


def statements(tree: ast.AST, lines: LineMap) -> dict[int, ast.stmt]:
    """The statements that hold no others, by the line where they begin now."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            line = lines.line(node.lineno)
            if line is not None:
                found[line] = node
    return found


def moved(node: ast.stmt, lines: LineMap, first: int) -> ast.stmt:
    """A copy of an old statement where its lines are now; its head is in line `first`."""
    made = copy.deepcopy(node)
    for part in ast.walk(made):
        if isinstance(part, ast.stmt | ast.expr | ast.arg | ast.keyword | ast.excepthandler | ast.alias):
            part.lineno = lines.nearest(part.lineno)
            part.end_lineno = max(part.lineno, lines.nearest(part.end_lineno or part.lineno))
            if part.end_lineno == part.lineno and (part.end_col_offset or 0) < part.col_offset:
                part.end_col_offset = part.col_offset
    made.lineno = first
    return made


class _Graft(ast.NodeTransformer):
    def __init__(self, stubs: dict[int, ast.stmt], lines: LineMap) -> None:
        self.stubs, self.lines = stubs, lines

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._put(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.end_lineno = max(node.end_lineno or 0, node.body[-1].end_lineno or 0)
        return node

    def visit_Pass(self, node: ast.Pass) -> ast.AST:
        return self._put(node)

    def _put(self, node: ast.stmt) -> ast.AST:
        old = self.stubs.get(node.lineno)
        return self.generic_visit(node) if old is None else moved(old, self.lines, node.lineno)


def parse_tolerantly(file: SourceFile, last: SourceFile | None) -> list[tuple[int, int]]:
    """Give a file that does not parse a tree of what does; `last` is its last good state. The lines at fault."""
    if file.tree is not None or file.problem is None:
        return []
    repair = Repair(list(file.lines), {})
    lines = LineMap([] if last is None else last.lines, file.lines)
    if last is not None and last.tree is not None:
        repair.old, repair.statements = dict(functions(last.tree)), statements(last.tree, lines)
    for first, end in list(blocks(repair.lines, 0, len(repair.lines))):
        repair.block(first, end, ())
    made = parse(file.path, "\n".join(repair.lines) + "\n")
    if made.tree is None:
        file.tree = None if last is None else last.tree
        return [(1, len(file.lines) + 1)]
    if repair.stubs:
        made.tree = _Graft(repair.stubs, lines).visit(made.tree)
    file.tree = made.tree
    return repair.broken
