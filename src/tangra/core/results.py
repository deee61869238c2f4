"""Putting Python results together from what compiled code returns, and applying what it changed outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from tangra.api.kinds import Kind
from tangra.errors import InternalError
from tangra.frontend.nodes import (
    ArrayNode,
    BackReference,
    ConstNode,
    DictNode,
    ExistingNode,
    InstanceNode,
    ListNode,
    Node,
    NumberNode,
    OptionalNode,
    OriginNode,
    PartsNode,
    PresentNode,
    StackNode,
    TupleNode,
    ViewNode,
)
from tangra.frontend.objects import attribute_names, is_empty, new
from tangra.frontend.traced import Mutation

Arguments = dict[int | str, Any]


def call_arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    """The arguments of a call by position and name, as paths look them up."""
    arguments: Arguments = dict(enumerate(args))
    arguments.update(kwargs)
    return arguments


def as_python(value: Any, kind: Kind) -> Any:
    """A number that native code returned, as a number of `kind`."""
    return kind.type(value)


class Row(Protocol):
    """Results by number."""

    def __getitem__(self, index: int, /) -> Any: ...


class Builder:
    """Builds the objects of one call. `whole` are its results where `values` are those of one item of a list."""

    def __init__(self, values: Row, arguments: Arguments, whole: Row | None = None) -> None:
        self.values = values
        self.whole = values if whole is None else whole
        self.arguments = arguments
        self.made: dict[int, Any] = {}

    def build(self, node: Node) -> Any:
        """The object of `node`."""
        if isinstance(node, NumberNode):
            kind = node.kinds[0] if node.tag is None else node.kinds[int(self.values[node.tag])]
            return as_python(self.values[node.index], kind)
        if isinstance(node, ArrayNode):
            return self._array(node)
        if isinstance(node, ViewNode):
            return self._view(node)
        if isinstance(node, ConstNode):
            return node.value
        if isinstance(node, TupleNode):
            items = [self.build(item) for item in node.items]
            return tuple(items) if node.cls is None else tuple.__new__(node.cls, items)
        if isinstance(node, ExistingNode):
            return node.path.read(self.arguments)
        if isinstance(node, OriginNode):
            path = dict(node.origins).get(int(self.values[node.index]))
            return self.build(node.fresh) if path is None else path.read(self.arguments)
        if isinstance(node, OptionalNode):
            return self.build(node.node) if self.values[node.index] else None
        if isinstance(node, BackReference):
            return self.made[node.key]
        if isinstance(node, PartsNode):
            return node.make(*(self.build(p) for p in node.parts))
        return self._container(node)

    def _array(self, node: ArrayNode) -> Any:
        if node.key not in self.made:
            value = self.values[node.index]
            self.made[node.key] = value if isinstance(value, np.ndarray) else np.array(value, dtype=node.dtype)
        return self.made[node.key]

    def _view(self, node: ViewNode) -> Any:
        if node.key in self.made:
            return self.made[node.key]
        base = self.build(node.base)
        sizes = [None if n is None else int(self.build(n)) for n in node.sizes]
        if node.op == "index":
            starts = [int(self.build(start)) for start in node.starts]
            view = base[(*map(_part, starts, sizes, node.fixed), ...)]
        elif node.op == "strided":
            first, step = (int(self.build(start)) for start in node.starts)
            view = base[(*[slice(None)] * node.fixed[0], _part(first, sizes[0], step))]
        elif node.op == "transpose":
            view = base.transpose(node.fixed)
        elif node.op == "reshape":
            view = base.reshape(sizes)
        elif node.op == "diagonal":
            view = np.einsum("ii...->i...", base)
        elif node.op == "windows":
            view = np.lib.stride_tricks.sliding_window_view(base, node.fixed[1], node.fixed[0])
        elif node.op == "gather":
            diagonal = base.diagonal(node.fixed[0])
            view = np.moveaxis(diagonal, -1, 0)
        else:
            aligned = [base.shape[node.fixed.index(k)] if k in node.fixed else 1 for k in range(len(sizes))]
            view = np.broadcast_to(base.reshape(aligned), [n for n in sizes if n is not None])
        self.made[node.key] = view
        return view

    def _container(self, node: Node) -> Any:
        if isinstance(node, ListNode):
            items = self.made[node.key] = []
            items += [self.build(item) for item in node.items]
            return items
        if isinstance(node, DictNode):
            table = self.made[node.key] = dict[Any, Any]()
            table.update({k: self.build(item) for k, item in zip(node.keys, node.items, strict=True)})
            return table
        if isinstance(node, InstanceNode):
            obj = self.made[node.key] = new(node.cls)
            for name, item in zip(node.names, node.items, strict=True):
                if isinstance(item, PresentNode):
                    if not self.values[item.index]:
                        continue
                    item = item.node
                object.__setattr__(obj, name, self.build(item))
            return obj
        if isinstance(node, StackNode):
            count = int(Builder(self.whole, self.arguments).build(node.count))  # lists in a list are equally long
            rows = [Builder(_Rows(self.values, k), self.arguments, self.whole).build(node.item) for k in range(count)]
            self.made[node.key] = rows
            return rows
        raise InternalError(f"a result of an unknown form: {type(node).__name__}")


def _part(start: int, size: int | None, step: int) -> int | slice:
    """`size` elements from `start` in steps of `step`, as an index; one element where `size` is None."""
    if size is None:
        return start
    stop = start + size * step
    return slice(start, stop if stop >= 0 else None, step) if size else slice(0, 0, step)


class _Rows:
    """The results of a call seen from item `k` of a stacked list: row k of each."""

    def __init__(self, values: Row, k: int) -> None:
        self.values = values
        self.k = k

    def __getitem__(self, index: int) -> Any:
        row = self.values[index][self.k]
        return row.copy() if isinstance(row, np.ndarray) else row


@dataclass(frozen=True)
class Change:
    """One change to an object of the caller, `target`; see `Mutation`. Without a `value` a name is deleted."""

    form: str
    target: Any
    name: str | None
    value: Any
    deletes: bool

    def make(self) -> None:
        """Make it."""
        target, name = self.target, self.name
        if self.deletes:
            self._delete()
        elif self.form == "list":
            target[:] = self.value
        elif self.form == "dict":
            target.clear()
            target.update(self.value)
        elif self.form == "global":
            target[name] = self.value
        elif self.form == "cell":
            target.cell_contents = self.value
        else:
            assert name is not None
            object.__setattr__(target, name, self.value)

    def _delete(self) -> None:
        """Delete a name, if it is there: the call may have bound it first."""
        if self.form == "global":
            self.target.pop(self.name, None)
        elif self.form == "cell":
            if not is_empty(self.target):
                del self.target.cell_contents
        elif self.name in attribute_names(self.target):
            assert self.name is not None
            delattr(self.target, self.name)


def change_of(mutation: Mutation, builder: Builder) -> Change:
    """A change that a call makes, with all its parts found and built."""
    deletes = mutation.node is None
    value = None if mutation.node is None else builder.build(mutation.node)
    return Change(mutation.form, mutation.path.read(builder.arguments), mutation.name, value, deletes)
