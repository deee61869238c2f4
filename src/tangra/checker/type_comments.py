"""Signatures in comments, as PEP 484 has them: `# type: (List[Tensor], int) -> Tensor` under a function's head.

Their types become the annotations of parameters that have none. Names of `typing` need not be imported for a comment,
so its containers are Python's own here.
"""

from __future__ import annotations

import ast
import re

COMMENT = re.compile(r"#\s*type:\s*(\(.*\)\s*->.*?)\s*$")
MARK = re.compile(r"#\s*type:\s*\(")
CONTAINERS = {"List": "list", "Dict": "dict", "Tuple": "tuple", "Set": "set", "FrozenSet": "frozenset"}


def add_annotations(tree: ast.Module, text: str) -> None:
    """Annotate the functions of the file that have such a comment."""
    if MARK.search(text) is None:
        return
    lines = text.splitlines()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            _annotate(node, lines)


def _annotate(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> None:
    places = [*node.args.posonlyargs, *node.args.args]
    if any(place.annotation is not None for place in places):
        return
    types = _types(node, lines)
    if types is None or len(places) - len(types) not in (0, 1):
        return
    for place, wanted in zip(places[len(places) - len(types) :], types, strict=True):
        annotation = _Plain().visit(wanted)
        for part in ast.walk(annotation):
            ast.copy_location(part, place)
        place.annotation = annotation


def _types(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> list[ast.expr] | None:
    """The types of the comment between a function's head and its body."""
    for line in lines[node.lineno - 1 : node.body[0].lineno]:
        found = COMMENT.search(line)
        if found is not None:
            try:
                return ast.parse(found[1], mode="func_type").argtypes
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return None
    return None


class _Plain(ast.NodeTransformer):
    """`List[int]` as `list[int]`, and `Optional[int]` as `int | None`."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        node.id = CONTAINERS.get(node.id, node.id)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == "Optional":
            return ast.BinOp(node.slice, ast.BitOr(), ast.Constant(None))
        return node
