"""What people change when a shape does not fit: candidates for a failing expression, most likely first.

Each is an expression in place of another one in it: `w.T` for `w`. Nothing here knows whether it helps; `fixes` tries.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tangra.checker.codes import ANNOTATION
from tangra.checker.source import SourceFile
from tangra.shape_rules import failures
from tangra.shape_rules.values import Tensor

REDUCTIONS = frozenset(
    ["sum", "mean", "max", "min", "amax", "amin", "std", "var", "prod", "median", "norm", "logsumexp", "all", "any"]
)
KINDS = {
    failures.BROADCAST: ("more", "less", "order"),
    failures.MISMATCH: ("less", "more", "order"),
    failures.SILENT: ("less", "more"),
    failures.TARGET: ("less", "more", "long", "float"),
    failures.MATMUL: ("order",),
    failures.WIDTH: ("order", "more", "less", "flat"),
    failures.RANK: ("more", "less", "flat"),
    failures.JOIN: ("order", "more"),
    failures.STRIDE: (),
    failures.DTYPE: ("long", "float", "bool"),
    failures.INDEX: ("more",),
    ANNOTATION: ("order", "more", "less"),
}
"""The kinds of change that help against a code, most likely first: other orders of axes, an axis more or less, all but
the first axis as one, another dtype."""
ORDERS = {
    2: ((1, 0),),
    3: ((0, 2, 1), (1, 0, 2), (2, 0, 1), (1, 2, 0)),
    4: ((0, 3, 1, 2), (0, 2, 3, 1), (0, 1, 3, 2), (0, 2, 1, 3), (1, 0, 2, 3)),
    5: ((0, 4, 1, 2, 3), (0, 2, 3, 4, 1), (0, 2, 1, 3, 4)),
}
"""Orders of axes that people mean: channels first or last, two axes exchanged."""


@dataclass(frozen=True)
class Rewrite:
    """`new` in place of `old`; in the text `edited` becomes `text`. Of a kind one is enough for each operand."""

    kind: str
    old: ast.expr
    new: ast.expr
    edited: ast.AST
    text: str


def rewrites(file: SourceFile, code: str, operand: ast.expr, value: Tensor) -> Iterator[Rewrite]:
    """What can be put in an operand's place: other orders of its axes, one axis more or less, another dtype."""
    text = segment(file, operand)
    if text is None:
        return
    for kind, suffix in _suffixes(code, value):
        inner = undone(operand, suffix)
        if inner is not None:
            yield Rewrite(kind, operand, inner, operand, segment(file, inner) or ast.unparse(inner))
            continue
        new = ast.parse(f"_{suffix}", mode="eval").body
        yield Rewrite(kind, operand, _put(new, operand), operand, f"{_primary(text, operand)}{suffix}")


def undone(operand: ast.expr, suffix: str) -> ast.expr | None:
    """What the operand was made of, if the suffix takes back how: `w` of `w.t()` for `.T`."""
    if isinstance(operand, ast.Attribute):
        return operand.value if suffix == ".T" == f".{operand.attr}" else None
    if not isinstance(operand, ast.Call) or not isinstance(operand.func, ast.Attribute):
        return None
    if suffix == ".T":
        return operand.func.value if operand.func.attr in ("t", "transpose") and not operand.args else None
    added = re.fullmatch(r"\.(un)?squeeze\((\d+)\)", suffix)
    if added is None or operand.func.attr != ("squeeze" if added[1] else "unsqueeze") or len(operand.args) != 1:
        return None
    return operand.func.value if _number(operand.args[0]) == int(added[2]) else None


def _suffixes(code: str, value: Tensor) -> Iterator[tuple[str, str]]:
    """Kinds of changes, and what is written behind the operand for them."""
    if value.dims is None:
        return
    torch = value.library == "torch"
    axes = range(len(value.dims) + 1)
    ones = [axis for axis, size in enumerate(value.dims) if size == 1]
    for kind in KINDS.get(code, ()):
        if kind == "order":
            suffixes = _orders(value)
        elif kind == "less":
            suffixes = (f".squeeze({axis})" for axis in reversed(ones))
        elif kind == "more" and torch:
            suffixes = (f".unsqueeze({axis})" for axis in (reversed(axes) if code == failures.INDEX else axes))
        elif kind == "more":
            suffixes = (f"[{':, ' * axis}None]" for axis in axes)
        elif kind == "flat":
            suffixes = (suffix for suffix in (".flatten(1)",) if torch and len(axes) > 3)
        else:
            suffixes = (f".{kind}()" for _ in range(torch))
        yield from ((kind, suffix) for suffix in suffixes)


def _orders(value: Tensor) -> Iterator[str]:
    rank = value.rank or 0
    for order in ORDERS.get(rank, ()):
        if rank == 2:
            yield ".T"
        elif order[:-2] == tuple(range(rank - 2)) and order[-1] == rank - 2:
            yield ".transpose(-2, -1)" if value.library == "torch" else ".swapaxes(-2, -1)"
        else:
            word = "permute" if value.library == "torch" else "transpose"
            yield f".{word}({', '.join(map(str, order))})"


def kept_axis(file: SourceFile, call: ast.expr, operand: ast.expr) -> Iterator[Rewrite]:
    """`operand`, which is the reduction `call` or a name for it, with the reduced axis kept."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr not in REDUCTIONS:
        return
    text = segment(file, call)
    if text is None or any(keyword.arg in ("keepdim", "keepdims", None) for keyword in call.keywords):
        return
    inside = text[:-1].rstrip()
    for word in ("keepdim", "keepdims"):
        new = copy.copy(call)
        new.keywords = [*call.keywords, ast.keyword(word, ast.Constant(True))]
        ast.copy_location(new, call)
        between = "" if inside.endswith("(") else " " if inside.endswith(",") else ", "
        yield Rewrite("keep", operand, _located(new, operand), call, f"{inside}{between}{word}=True)")


def numbers(code: str, call: ast.Call) -> Iterator[Rewrite]:
    """Other numbers in the call: an axis that exists, a size that is left to be computed."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    inner = [item for arg in given for item in (arg.elts if isinstance(arg, ast.Tuple | ast.List) else [arg])]
    found = [part for part in inner if _number(part) is not None]
    if code == failures.RESHAPE and not any(_number(part) == -1 for part in found):
        yield from (_number_for(part, -1) for part in reversed(found))
    if code == failures.AXIS:
        yield from (_number_for(part, -1) for part in found if _number(part) != -1)


def _number_for(part: ast.expr, value: int) -> Rewrite:
    return Rewrite("number", part, _located(number_node(value), part), part, str(value))


def methods(code: str, call: ast.Call) -> Iterator[Rewrite]:
    """Another method: `reshape` for `view`."""
    if code == failures.STRIDE and isinstance(call.func, ast.Attribute) and call.func.attr == "view":
        new = copy.copy(call.func)
        new.attr = "reshape"
        name = ast.Name("reshape", ast.Load())
        name.lineno, name.end_lineno = call.func.end_lineno or 0, call.func.end_lineno
        name.col_offset = (call.func.end_col_offset or 0) - len("view")
        name.end_col_offset = call.func.end_col_offset
        yield Rewrite("method", call.func, new, name, "reshape")


def squeezes(call: ast.Call, value: Tensor) -> Iterator[Rewrite]:
    """`x.squeeze(1)` for `x.squeeze()`."""
    for axis, size in enumerate(value.dims or ()):
        if size == 1:
            new = copy.copy(call)
            new.args = [number_node(axis)]
            yield Rewrite("less", call, _located(new, call), call, f"{ast.unparse(call.func)}({axis})")


def literals(call: ast.Call) -> Iterator[tuple[int | str, ast.expr, int]]:
    """The arguments of a call that are numbers, with their place: its number or its keyword."""
    places: list[tuple[int | str, ast.expr]] = [*enumerate(call.args)]
    places += [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg]
    for place, node in places:
        value = _number(node)
        if value is not None and not any(isinstance(arg, ast.Starred) for arg in call.args):
            yield place, node, value


def _number(node: ast.expr) -> int | None:
    """The value of a number, or of arithmetic of numbers."""
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult):
        left, right = _number(node.left), _number(node.right)
        if left is not None and right is not None:
            return {ast.Add: left + right, ast.Sub: left - right, ast.Mult: left * right}[type(node.op)]
    return None


def number_node(value: int) -> ast.expr:
    """A number as an expression."""
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def replaced(node: Any, old: ast.AST, new: ast.AST) -> Any:
    """`node` with `new` for `old`; what does not lead there is shared with it."""
    if node is old:
        return new
    changed = {}
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            made = replaced(value, old, new)
            if made is not value:
                changed[name] = made
        elif isinstance(value, list):
            items = [replaced(item, old, new) if isinstance(item, ast.AST) else item for item in value]
            if any(mine is not yours for mine, yours in zip(items, value, strict=True)):
                changed[name] = items
    if not changed:
        return node
    made = copy.copy(node)
    for name, value in changed.items():
        setattr(made, name, value)
    return made


def segment(file: SourceFile, node: ast.AST) -> str | None:
    """The source text of an expression."""
    text = ast.get_source_segment(file.text, node)
    return text if text and len(text) <= 200 else None


def _primary(text: str, node: ast.expr) -> str:
    simple = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.List | ast.Tuple)
    return text if simple else f"({text})"


def _put(tree: ast.expr, operand: ast.expr) -> ast.expr:
    """`tree` with the operand for its placeholder `_`, at the operand's place."""
    hole = next(part for part in ast.walk(tree) if isinstance(part, ast.Name) and part.id == "_")
    made: ast.expr = _located(replaced(tree, hole, operand), operand, operand)
    return made


def _located(tree: Any, at: ast.AST, kept: ast.AST | None = None) -> Any:
    """Give new nodes the place of an old one."""
    for part in ast.walk(tree):
        if part is not kept and not hasattr(part, "lineno"):
            ast.copy_location(part, at)
    return tree
