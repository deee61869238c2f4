"""Makes the source of a finding small: deletes statements, opens blocks, puts a part or a constant in place of an
expression.

Works on the syntax tree, so it serves any program, whatever drew it. A candidate is kept if the finding stays the
same.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from functools import partial

Fails = Callable[[str], bool]
Edit = Callable[[], bool]
"""Changes the tree it was made for, in place; False if it had nothing to do."""


def shrink(source: str, fails: Fails, rounds: int = 6) -> str:
    """The smallest source found that still fails."""
    for _ in range(rounds):
        before = source
        for edits in (_whole_statements, _opened_blocks, _smaller_expressions):
            source = _try_all(source, edits, fails)
        if source == before:
            break
    return source


def _try_all(source: str, edits: Callable[[ast.Module], Iterator[Edit]], fails: Fails) -> str:
    """Try every edit of a sort on the current tree; restart the sort's list, at the same position, after a success."""
    position = 0
    while True:
        tree = ast.parse(source)
        todo = list(edits(tree))
        if position >= len(todo):
            return source
        twin = copy.deepcopy(tree)
        candidate = _text(list(edits(twin))[position], twin)
        if candidate is not None and candidate != source and len(candidate) <= len(source) and fails(candidate):
            source = candidate
        else:
            position += 1


def _text(edit: Edit, tree: ast.Module) -> str | None:
    if not edit():
        return None
    try:
        text = ast.unparse(ast.fix_missing_locations(tree))
        compile(text, "<candidate>", "exec")
    except (SyntaxError, ValueError, TypeError):
        return None
    return text + "\n"


def _blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                yield block
        if isinstance(node, ast.Match):
            for case in node.cases:
                yield case.body


def _whole_statements(tree: ast.Module) -> Iterator[Edit]:
    """Delete one statement; the last of a block becomes `pass`."""
    for block in _blocks(tree):
        for k in reversed(range(len(block))):
            yield partial(_delete, block, k)


def _delete(block: list[ast.stmt], k: int) -> bool:
    if isinstance(block[k], ast.Pass) or k >= len(block):
        return False
    if len(block) == 1:
        block[0] = ast.Pass()
    else:
        del block[k]
    return True


def _opened_blocks(tree: ast.Module) -> Iterator[Edit]:
    """The body, or the `else`, of a branch or loop in its place."""
    for block in _blocks(tree):
        for k, node in enumerate(block):
            if isinstance(node, (ast.If, ast.For, ast.While)):
                yield partial(_replace, block, k, node.body)
                if node.orelse:
                    yield partial(_replace, block, k, node.orelse)
                    yield partial(_without_else, node)


def _replace(block: list[ast.stmt], k: int, body: list[ast.stmt]) -> bool:
    block[k : k + 1] = body
    return True


def _without_else(node: ast.If | ast.For | ast.While) -> bool:
    node.orelse = []
    return True


def _smaller_expressions(tree: ast.Module) -> Iterator[Edit]:
    """Put one of its own parts, or a small constant, in place of an expression."""
    for parent in ast.walk(tree):
        for name, child in ast.iter_fields(parent):
            if isinstance(child, ast.expr) and not isinstance(child, (ast.Constant, ast.Name)):
                for part in _replacements(child):
                    yield partial(_set, parent, name, part)
            elif isinstance(child, list):
                for k, item in enumerate(child):
                    if isinstance(item, ast.expr) and not isinstance(item, (ast.Constant, ast.Name)):
                        for part in _replacements(item):
                            yield partial(_set_item, child, k, part)


def _replacements(node: ast.expr) -> list[ast.expr]:
    parts = [c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr) and not isinstance(c, ast.Slice)]
    simple: list[ast.expr] = [ast.Constant(1), ast.Constant(0.5)] if not isinstance(node, ast.Slice) else []
    return [p for p in [*simple, *parts] if not _is_function_name(p)]


def _is_function_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("np", "math")


def _set(parent: ast.AST, name: str, part: ast.expr) -> bool:
    setattr(parent, name, part)
    return True


def _set_item(items: list[ast.expr], k: int, part: ast.expr) -> bool:
    items[k] = part
    return True
