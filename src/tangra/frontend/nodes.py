"""Results as a structure: how the Python value is put together from the results of the compiled function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tangra.api.kinds import Kind
from tangra.frontend.paths import Path


@dataclass(frozen=True)
class ConstNode:
    """A constant."""

    value: Any


@dataclass(frozen=True)
class NumberNode:
    """Result `index` as a number of `kinds[tag]` (result `tag`; None: there is one kind)."""

    index: int
    kinds: tuple[Kind, ...]
    tag: int | None = None


@dataclass(frozen=True)
class ArrayNode:
    """Result `index` as a fresh array; nodes with one `key` are one object. `dtype` is NumPy's name: a 0-d array comes
    back from native code as a Python number."""

    index: int
    key: int
    dtype: str


@dataclass(frozen=True)
class ExistingNode:
    """The very object at `path`: an argument or captured object (after the writes to it)."""

    path: Path


@dataclass(frozen=True)
class ViewNode:
    """A view of the array `base` that shares its memory, by the operation of a `ViewStep`; nodes with one `key` are one
    object.

    `fixed` has the steps of 'index', the permutation of 'transpose', the axes of 'broadcast' or the number of the
    diagonal that 'gather' reads, or the axis of 'strided'; `sizes` the shape (of 'index': of the slices, None for an
    axis that is dropped; of 'strided': along the axis), `starts` the first indices of 'index', or the first place of
    'strided' and the step.
    """

    base: Node
    op: str
    fixed: tuple[int, ...]
    sizes: tuple[Node | None, ...]
    starts: tuple[Node, ...]
    key: int


@dataclass(frozen=True)
class OriginNode:
    """The object at the path in `origins` that result `index` names, or `fresh` where it names none."""

    index: int
    origins: tuple[tuple[int, Path], ...]
    fresh: Node


@dataclass(frozen=True)
class OptionalNode:
    """None where result `index` is false."""

    index: int
    node: Node


@dataclass(frozen=True)
class PresentNode:
    """An attribute of an instance that is there where result `index` is true."""

    index: int
    node: Node


@dataclass(frozen=True)
class TupleNode:
    """A tuple or NamedTuple."""

    items: tuple[Node, ...]
    cls: Any = None


@dataclass(frozen=True)
class ListNode:
    """A fresh list."""

    items: tuple[Node, ...]
    key: int


@dataclass(frozen=True)
class DictNode:
    """A fresh dict."""

    keys: tuple[Any, ...]
    items: tuple[Node, ...]
    key: int


@dataclass(frozen=True)
class InstanceNode:
    """A fresh instance: made without calling `__init__`, its attributes set."""

    cls: Any
    names: tuple[str, ...]
    items: tuple[Node, ...]
    key: int


@dataclass(frozen=True)
class StackNode:
    """A fresh list whose item k is `item` with every array result replaced by its k-th row; `count` items."""

    item: Node
    count: Node
    key: int


@dataclass(frozen=True)
class PartsNode:
    """`slice` or `range` of its parts."""

    make: Any
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class BackReference:
    """A container that is being built already (a cycle) or was built before."""

    key: int


Node = (
    ConstNode
    | NumberNode
    | ArrayNode
    | ExistingNode
    | ViewNode
    | OriginNode
    | OptionalNode
    | PresentNode
    | TupleNode
    | ListNode
    | DictNode
    | InstanceNode
    | StackNode
    | PartsNode
    | BackReference
)
