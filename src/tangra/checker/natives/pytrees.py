"""What JAX and equinox do to structures of arrays: their leaves, and parts replaced (`equinox.tree_at`)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.dispatch import call as call_value
from tangra.checker.heap import DictCell, FunctionCell, Instance, ListCell, Value
from tangra.checker.natives.table import native
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator


def leaves_of(value: Value) -> list[Value] | None:
    """The leaves of a structure of lists, tuples and dicts, in JAX's order; None if it isn't known in full."""
    if isinstance(value, Tensor) or type(value) in (int, float, bool):
        return [value]
    if value is None:
        return []
    if isinstance(value, tuple):
        parts: list[Value] = list(value)
    elif isinstance(value, ListCell) and value.items is not None and value.kind == "list":
        parts = list(value.items)
    elif isinstance(value, DictCell) and value.entries is not None and set(map(type, value.entries)) <= {str}:
        parts = [value.entries[key] for key in sorted(value.entries)]
    else:
        return None
    found: list[Value] = []
    for part in parts:
        leaves = leaves_of(part)
        if leaves is None:
            return None
        found += leaves
    return found


@native("jax.tree.leaves", "jax.tree_util.tree_leaves", "jax.tree_leaves")
def leaves(ev: Evaluator, call: Call) -> Value:
    """The leaves as a list."""
    found = leaves_of(call.args[0]) if len(call.args) == 1 and not call.kwargs else None
    return UNKNOWN if found is None else ListCell(found)


@native("jax.tree.reduce", "jax.tree_util.tree_reduce")
def reduce(ev: Evaluator, call: Call) -> Value:
    """A function of two over the leaves."""
    found = leaves_of(call.args[1]) if len(call.args) > 1 and not call.kwargs else None
    if found is None or len(call.args) > 3:
        return UNKNOWN
    found = [*call.args[2:], *found]
    if not found:
        return UNKNOWN
    total = found[0]
    for leaf in found[1:]:
        total = call_value(ev, call.args[0], [total, leaf], {}, call.node)
    return total


@native("equinox.tree_at")
def tree_at(ev: Evaluator, call: Call) -> Value:
    """The structure with the parts that `where` names replaced; known where they are attributes of modules."""
    where, tree = call.get(0, "where", UNKNOWN), call.get(1, "pytree", UNKNOWN)
    replace = call.get(2, "replace", None)
    if not isinstance(where, FunctionCell) or not isinstance(where.node, ast.Lambda) or len(where.node.args.args) != 1:
        return UNKNOWN
    targets, body = [where.node.body], where.node.body
    values: list[Value] = [replace]
    if isinstance(body, ast.Tuple | ast.List):
        targets = list(body.elts)
        given = replace.items if isinstance(replace, ListCell) else replace
        values = list(given) if isinstance(given, list | tuple) else []
    word = where.node.args.args[0].arg
    if len(values) != len(targets):
        return UNKNOWN
    for target, value in zip(targets, values, strict=True):
        way = _way(target, word)
        changed = None if way is None or isinstance(value, Unknown) or value is None else _with(tree, way, value)
        if changed is None:
            return UNKNOWN
        tree = changed
    return tree


def _way(target: ast.expr, word: str) -> list[str | int] | None:
    """The attributes and places that lead from the tree to a part of it."""
    way: list[str | int] = []
    while not isinstance(target, ast.Name):
        if isinstance(target, ast.Attribute):
            way.append(target.attr)
        elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            if type(target.slice.value) is not int or target.slice.value < 0:
                return None
            way.append(target.slice.value)
        else:
            return None
        target = target.value
    return way[::-1] if way and target.id == word else None


def _alike(old: Value, new: Value) -> bool:
    """Whether a layer of a library, which knows its widths by other attributes too, stays as it was."""
    return isinstance(old, Tensor) and isinstance(new, Tensor) and old.dims is not None and old.dims == new.dims


def _with(tree: Value, way: list[str | int], value: Value) -> Value | None:
    """A copy of the tree, its part at the end of the way replaced; None if there is no such part."""
    if not way:
        return value
    first = way[0]
    if isinstance(tree, Instance) and isinstance(first, str) and first in tree.fields:
        part = _with(tree.fields[first], way[1:], value)
        if part is None or (tree.cls.rule is not None and not _alike(tree.fields[first], part)):
            return None
        made = Instance(tree.cls)
        made.fields = {**tree.fields, first: part}
        return made
    items = tree.items if isinstance(tree, ListCell) else tree
    if isinstance(items, list | tuple) and isinstance(first, int) and first < len(items):
        part = _with(items[first], way[1:], value)
        if part is None:
            return None
        parts = [*items[:first], part, *items[first + 1 :]]
        return tuple(parts) if isinstance(tree, tuple) else ListCell(parts)
    return None
