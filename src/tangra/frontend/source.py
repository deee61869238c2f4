"""Loading the source of a live function: its AST node with true line and column numbers."""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import re
import types
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tangra.errors import EntryError, UnsupportedError
from tangra.frontend import unchanged
from tangra.frontend.diagnostics import NO_SOURCE, UNSUPPORTED
from tangra.frontend.mangling import mangle
from tangra.frontend.scope import ScopeInfo, analyse
from tangra.ir import Span

FunctionNode = ast.FunctionDef | ast.Lambda


@dataclass(eq=False)
class Definition:
    """A function of the user: its AST, where it is from, and the namespace its global names resolve in."""

    node: FunctionNode
    name: str
    file: str
    globals: dict[str, Any]
    owner: type | None = None
    """The class whose body defines it, for `super()`."""
    live: types.FunctionType | None = None
    path: tuple[str, ...] = ()

    @cached_property
    def scope(self) -> ScopeInfo:
        """Which names are local, captured and free."""
        return analyse(self.node)

    @property
    def body(self) -> list[ast.stmt]:
        """The statements; a lambda's is one `return`."""
        if isinstance(self.node, ast.Lambda):
            if not hasattr(self.node, "_return"):
                statement = ast.Return(self.node.body)
                ast.copy_location(statement, self.node.body)
                self.node._return = statement  # type: ignore[attr-defined]
            return [self.node._return]  # type: ignore[attr-defined]
        return self.node.body

    def span(self, node: ast.AST, caller: Span | None = None) -> Span:
        """The place of `node`, in characters."""
        last: tuple[Span | None, Definition, Span] | None = getattr(node, "_span", None)
        if last is not None and last[0] is caller and last[1] is self:
            return last[2]
        place: tuple[int, int, int, int] | None = getattr(node, "_place", None)
        if place is None:
            line = getattr(node, "lineno", 1)
            end_line = getattr(node, "end_lineno", None) or line
            start = _column(self.file, line, getattr(node, "col_offset", 0))
            end = _column(self.file, end_line, getattr(node, "end_col_offset", None) or 0)
            place = node._place = line, start, end_line, end  # type: ignore[attr-defined]
        span = Span(self.file, *place, self.name, caller)
        node._span = caller, self, span  # type: ignore[attr-defined]
        return span

    @property
    def builtins(self) -> dict[str, Any]:
        """The names below the globals."""
        found = self.globals.get("__builtins__", builtins)
        return found if isinstance(found, dict) else vars(found)


def _column(file: str, line: int, offset: int) -> int:
    """The 1-based character column of a byte offset, which is how `ast` counts."""
    text = linecache.getline(file, line)
    return offset + 1 if text.isascii() else len(text.encode()[:offset].decode(errors="replace")) + 1


_DEFINITIONS: dict[int, tuple[types.FunctionType, types.CodeType, Definition]] = {}
_PRIVATE = re.compile(r"\b__(?!\w*__\b)\w+")
_TREES: dict[tuple[str, int], ast.Module] = {}


def load(function: types.FunctionType, owner: type | None = None) -> Definition:
    """The definition of a live Python function; EntryError where there is no source to read."""
    known = _DEFINITIONS.get(id(function))
    if known is not None and known[0] is function and known[1] is function.__code__:
        return known[2]
    code = function.__code__
    tree = _tree(function)
    node = _lambda_node(tree, code) if code.co_name == "<lambda>" else _def_node(tree, code)
    if node is None:
        raise _no_source(function, "the file no longer has it where it was compiled from")
    if not unchanged.is_compiled_from(function, tree):
        raise EntryError(
            f"{function.__qualname__} is not what its source says: {code.co_filename} was edited since it was imported",
            code=NO_SOURCE,
            fix="import it again, in a new process or by importlib.reload",
        )
    definition = Definition(
        node,
        function.__name__,
        code.co_filename,
        function.__globals__,
        owner or _owner(function),
        function,
    )
    _DEFINITIONS[id(function)] = function, code, definition
    return definition


def _no_source(function: types.FunctionType, why: str) -> EntryError:
    return EntryError(
        f"{function.__qualname__} can't be compiled: its source can't be read ({why})",
        code=NO_SOURCE,
        fix="define the function in a file or a notebook cell, not with exec() or at a plain Python prompt",
    )


def _tree(function: types.FunctionType) -> ast.Module:
    file = function.__code__.co_filename
    lines = linecache.getlines(file, function.__globals__)
    if not lines:
        try:
            lines = inspect.findsource(function)[0]
        except (OSError, TypeError):
            raise _no_source(function, f"it was compiled from {file}") from None
    text = "".join(lines)
    key = file, hash(text)
    if key not in _TREES:
        try:
            tree = ast.parse(text)
        except SyntaxError as e:
            raise _no_source(function, f"{file} does not parse: {e.msg}") from None
        _TREES[key] = mangle(tree) if _PRIVATE.search(text) else tree
    return _TREES[key]


def _def_node(tree: ast.Module, code: types.CodeType) -> FunctionNode | None:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == code.co_name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first == code.co_firstlineno:
                if isinstance(node, ast.AsyncFunctionDef):
                    raise UnsupportedError(
                        f"{node.name} is a coroutine: compiled code is synchronous", code=UNSUPPORTED, fix="use def"
                    )
                return node
    return None


def _lambda_node(tree: ast.Module, code: types.CodeType) -> ast.Lambda | None:
    """The lambda that `code` was compiled from: by line, then by the columns its instructions come from."""
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    found = [
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.Lambda)
        and n.lineno == code.co_firstlineno
        and tuple(a.arg for a in (*n.args.posonlyargs, *n.args.args, *n.args.kwonlyargs)) == names
    ]
    if len(found) > 1:
        places = [p for p in code.co_positions() if p[2] is not None and p[3] is not None and p[0] is not None]
        inside = [n for n in found if all(_contains(n.body, p) for p in places if p[2] != p[3] and p[3] != 0)]
        # Of nested lambdas that all contain the instructions, the innermost is the one.
        found = sorted(inside, key=lambda n: (n.lineno, n.col_offset))[-1:]
    return found[0] if len(found) == 1 else None


def _contains(node: ast.expr, place: tuple[int | None, int | None, int | None, int | None]) -> bool:
    line, end_line, column, end_column = place
    assert line is not None
    assert column is not None
    assert end_column is not None
    start = (node.lineno, node.col_offset) <= (line, column)
    return start and (end_line or line, end_column) <= (node.end_lineno or line, node.end_col_offset or 0)


def _owner(function: types.FunctionType) -> type | None:
    """The class that `super()` without arguments means, from the cell the compiler makes for it."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if name == "__class__":
            content = cell.cell_contents
            return content if isinstance(content, type) else None
    return None
