"""What iterating a `DataLoader` gives: items of the data set put together, the last batch shorter unless dropped."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.attributes import call_method
from tangra.checker.conditions import truth
from tangra.checker.dispatch import call as call_value
from tangra.checker.heap import DictCell, Instance, ListCell, Value
from tangra.checker.iteration import elements, one_element
from tangra.checker.joining import join_all
from tangra.checker.natives.table import LIBRARY, native
from tangra.checker.natives.torch_modules import PRIMITIVES as MODULE_PRIMITIVES
from tangra.shape_rules.values import UNKNOWN, Record, Tensor, Unknown
from tangra.shapes import Dim, Size

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator


MOST_ITEMS = 64
"""Items of a list that are put together batch by batch."""


@native("$batches")
def batches(ev: Evaluator, call: Call) -> Value:
    """For the prelude: the batches of a loader. Of many equal ones only two are given, then the short one."""
    loader = call.args[0]
    if not isinstance(loader, Instance):
        return UNKNOWN
    fields = loader.fields
    data, size = fields.get("dataset", UNKNOWN), fields.get("batch_size", UNKNOWN)
    drop = truth(ev, fields.get("drop_last", UNKNOWN))
    if fields.get("batch_sampler") is not None:
        size = ev.ctx.fresh("b", 1)
    if isinstance(data, Unknown) or not _is_size(size):
        return ListCell(None, "iterator")
    count = call_method(ev, data, "__len__") if isinstance(data, Instance) and data.cls.find("__len__") else UNKNOWN
    item = _item(ev, data, count)
    if fields.get("batch_sampler") is not None:
        return ListCell(None, "iterator", _batch(ev, loader, item, size, call.node))
    if fields.get("sampler") is not None:
        count = UNKNOWN
    exact = _in_order(ev, loader, data, size, drop)
    if exact is not None:
        return ListCell([_collated(ev, loader, batch, call.node) for batch in exact], "iterator")
    sizes = _sizes(count, size, drop)
    if sizes is not None:
        return ListCell([_batch(ev, loader, item, each, call.node) for each in sizes], "iterator")
    each = size if drop else ev.ctx.fresh("b")
    return ListCell(None, "iterator", _batch(ev, loader, item, each, call.node))


@native("torch.utils.data.random_split", "torch.utils.data.dataset.random_split")
def random_split(ev: Evaluator, call: Call) -> Value:
    """Subsets of given lengths, or fractions of the data set."""
    from tangra.checker.prelude_classes import prelude_class

    subset, data = prelude_class(ev, "torch.utils.data.Subset"), call.get(0, "dataset", UNKNOWN)
    lengths = elements(ev, call.get(1, "lengths", UNKNOWN), call.node)
    if subset is None or lengths is None:
        return UNKNOWN
    if lengths and all(isinstance(length, float) for length in lengths):
        count = call_method(ev, data, "__len__") if isinstance(data, Instance) and data.cls.find("__len__") else UNKNOWN
        lengths = _shares(count, lengths) if isinstance(count, int) else [UNKNOWN] * len(lengths)
    made = []
    for length in lengths:
        part = Instance(subset)
        part.fields["dataset"] = data
        part.fields["indices"] = range(length) if type(length) is int else ListCell(None)
        made.append(part)
    return ListCell(made)


def _shares(count: int, fractions: list[Value]) -> list[Value]:
    """Fractions of a count, rounded down; what is left goes to the first ones."""
    sizes = [int(count * fraction) for fraction in fractions]
    for place in range(count - sum(sizes)):
        sizes[place % len(sizes)] += 1
    return list(sizes)


def _is_size(value: Value) -> bool:
    return isinstance(value, int | Dim) and not isinstance(value, bool)


def _item(ev: Evaluator, data: Value, count: Value) -> Value:
    """Any item of the data set: its index is below the count."""
    if isinstance(data, Instance) and data.cls.find("__getitem__"):
        index = ev.ctx.fresh("i")
        if _is_size(count):
            ev.ctx.learn(ev.ctx.facts.with_lt(index, count))
        return call_method(ev, data, "__getitem__", index)
    return one_element(ev, data)


def _sizes(count: Value, size: Value, drop: bool | None) -> list[int] | None:
    """The sizes of the batches, where they are known."""
    if not isinstance(count, int) or not isinstance(size, int) or size < 1 or drop is None:
        return None
    full, rest = divmod(count, size)
    return [size] * min(full, 2) + ([rest] if rest and not drop else [])


def _in_order(ev: Evaluator, loader: Instance, data: Value, size: Size, drop: bool | None) -> list[list[Value]] | None:
    """The items of each batch, where a list holds few known ones and their order is kept, or one batch has them all."""
    items = elements(ev, data) if isinstance(data, ListCell | tuple) and not isinstance(data, Record) else None
    if items is None or type(size) is not int or size < 1 or drop is None or len(items) > MOST_ITEMS:
        return None
    if loader.fields.get("sampler") is not None or loader.fields.get("collate_fn") is None:
        return None
    if len(items) > size and truth(ev, loader.fields.get("shuffle", UNKNOWN)) is not False:
        return None
    batches = [items[start : start + size] for start in range(0, len(items), size)]
    return batches[:-1] if drop and batches and len(batches[-1]) < size else batches


def _batch(ev: Evaluator, loader: Instance, item: Value, size: Size, node: ast.AST | None) -> Value:
    collate = loader.fields.get("collate_fn")
    if collate is None:
        return stacked(item, size)
    if isinstance(size, int) and size <= 256:
        return _collated(ev, loader, [item] * size, node)
    return call_value(ev, collate, [ListCell(None, "list", item)], {}, node)


def _collated(ev: Evaluator, loader: Instance, items: list[Value], node: ast.AST | None) -> Value:
    """What the loader's own function makes of a batch's items."""
    return call_value(ev, loader.fields["collate_fn"], [ListCell(items)], {}, node)


def stacked(item: Value, size: Size) -> Value:
    """What torch's default collation makes of `size` items."""
    if isinstance(item, Tensor):
        return Tensor("torch", None if item.shape is None else (size, *item.shape), item.dtype)
    if isinstance(item, bool):
        return Tensor("torch", (size,), "bool")
    if isinstance(item, int | Dim):
        return Tensor("torch", (size,), "int64")
    if isinstance(item, float):
        return Tensor("torch", (size,), "float64")
    if isinstance(item, Unknown) and item.kind in ("int", "float"):
        return Tensor("torch", (size,), f"{item.kind}64")
    if isinstance(item, Record):
        return UNKNOWN
    if isinstance(item, tuple):
        return ListCell([stacked(each, size) for each in item])
    if isinstance(item, ListCell) and item.items is not None:
        return ListCell([stacked(each, size) for each in item.items])
    if isinstance(item, DictCell) and item.entries is not None:
        return DictCell({key: stacked(each, size) for key, each in item.entries.items()})
    return UNKNOWN


@native(
    "torch.utils.data.default_collate",
    "torch.utils.data.dataloader.default_collate",
    "torch.utils.data._utils.collate.default_collate",
)
def default_collate(ev: Evaluator, call: Call) -> Value:
    """A list of items put together, as loaders do unless told otherwise."""
    batch = call.get(0, "batch", UNKNOWN)
    items = elements(ev, batch, call.node)
    if items is not None:
        return stacked(join_all(items, ev.joined_size), len(items)) if items else UNKNOWN
    return stacked(one_element(ev, batch, call.node), ev.ctx.fresh("b"))


PRIMITIVES = {**MODULE_PRIMITIVES, "_batches": LIBRARY["$batches"]}
