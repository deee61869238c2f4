"""What JAX and equinox do to structures of arrays: their leaves, and parts replaced (`equinox.tree_at`)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tangra.checker.dispatch import call as call_value
from tangra.checker.heap import ClassCell, DictCell, FunctionCell, Instance, ListCell, Native, Value
from tangra.checker.iteration import elements
from tangra.checker.natives.table import native
from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown
from tangra.shapes import Size, prod

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator


def leaves_of(value: Value) -> list[Value] | None:
    """The leaves of a structure of lists, tuples and dicts, in JAX's order; None if it isn't known in full."""
    if isinstance(value, Tensor) or type(value) in (int, float, bool):
        return [value]
    if value is None:
        return []
    parts = _parts(value)
    if parts is None:
        return None
    found: list[Value] = []
    for part in parts:
        leaves = leaves_of(part)
        if leaves is None:
            return None
        found += leaves
    return found


def _parts(value: Value) -> list[Value] | None:
    """What a list, tuple or dict holds, in JAX's order; None for anything else."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, ListCell) and value.items is not None and value.kind == "list":
        return list(value.items)
    if isinstance(value, DictCell) and value.entries is not None and set(map(type, value.entries)) <= {str}:
        return [value.entries[key] for key in sorted(value.entries)]
    if isinstance(value, Instance):
        names = value.cls.fields.get("_fields")
        return [value.fields.get(name, UNKNOWN) for name in names] if isinstance(names, tuple) else None
    return None


def rebuilt(tree: Value, leaves: Iterator[Value]) -> Value:
    """A structure like `tree` with other leaves."""
    parts = _parts(tree)
    if parts is None:
        return None if tree is None else next(leaves)
    made = [rebuilt(part, leaves) for part in parts]
    if isinstance(tree, DictCell):
        assert tree.entries is not None
        found = dict(zip(sorted(tree.entries), made, strict=True))
        return DictCell({key: found[key] for key in tree.entries}, tree.kind)
    if isinstance(tree, Instance):
        other = Instance(tree.cls)
        other.fields = {**tree.fields, **dict(zip(tree.cls.fields["_fields"], made, strict=True))}
        return other
    return tuple(made) if isinstance(tree, tuple) else ListCell(made)


STRUCTURE = ClassCell("PyTreeDef", ())
"""What `jax.tree.flatten` says of a structure: it holds the structure itself."""


def _structure(tree: Value) -> Instance:
    made = Instance(STRUCTURE)
    made.fields["tree"] = tree
    return made


@native("jax.tree.structure", "jax.tree_util.tree_structure", "jax.tree_structure")
def structure(ev: Evaluator, call: Call) -> Value:
    """What a tree looks like, without its leaves."""
    tree = call.get(0, "tree", UNKNOWN)
    return UNKNOWN if leaves_of(tree) is None or len(call.args) + len(call.kwargs) != 1 else _structure(tree)


@native("jax.tree.flatten", "jax.tree_util.tree_flatten", "jax.tree_flatten")
def flatten(ev: Evaluator, call: Call) -> Value:
    """The leaves, and what is left without them."""
    tree = call.get(0, "tree", UNKNOWN)
    found = leaves_of(tree) if len(call.args) + len(call.kwargs) == 1 else None
    return UNKNOWN if found is None else (ListCell(found), _structure(tree))


@native("jax.tree.unflatten", "jax.tree_util.tree_unflatten", "jax.tree_unflatten")
def unflatten(ev: Evaluator, call: Call) -> Value:
    """A structure with other leaves."""
    form, given = call.get(0, "treedef", UNKNOWN), elements(ev, call.get(1, "leaves", UNKNOWN), call.node)
    if not isinstance(form, Instance) or form.cls is not STRUCTURE or given is None:
        return UNKNOWN
    wanted = leaves_of(form.fields["tree"])
    if wanted is None or len(wanted) != len(given):
        return UNKNOWN
    return rebuilt(form.fields["tree"], iter(given))


@native("jax.flatten_util.ravel_pytree")
def ravel(ev: Evaluator, call: Call) -> Value:
    """All numbers of a structure in one vector, and what makes the structure of it again."""
    tree = call.get(0, "pytree", UNKNOWN)
    found = leaves_of(tree)
    arrays = [to_tensor(leaf, "jax") for leaf in found or ()]
    if not arrays or any(array.dims is None for array in arrays):
        return UNKNOWN
    total: Size = 0
    for array in arrays:
        total = total + prod(array.dims or ())
    kinds = {array.dtype for array in arrays}
    flat = Tensor("jax", (total,), kinds.pop() if len(kinds) == 1 else None)
    return flat, Native("unravel", lambda ev, call: rebuilt(tree, iter(arrays)))


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
