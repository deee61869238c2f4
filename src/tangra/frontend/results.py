"""Results as a structure: how the Python value is put together from the results of the compiled function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tangra.api.kinds import Kind
from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    BoundMethod,
    Const,
    DictValue,
    FunctionValue,
    InstanceValue,
    IterValue,
    ListValue,
    RangeValue,
    Scalar,
    SliceValue,
    TupleValue,
)
from tangra.frontend import classes, containers, conversion
from tangra.frontend.heap import Conflict, StackState
from tangra.frontend.paths import Path
from tangra.ir import Value

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


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
    | TupleNode
    | ListNode
    | DictNode
    | InstanceNode
    | StackNode
    | PartsNode
    | BackReference
)


class ResultBuilder:
    """Turns abstract values into nodes, collecting the IR values to return."""

    def __init__(self, ev: Evaluator) -> None:
        self.ev = ev
        self.values: list[Value] = []
        self.seen: set[int] = set()
        self.arrays: dict[int, int] = {}

    def add(self, value: Value) -> int:
        """The result number of an IR value."""
        self.values.append(value)
        return len(self.values) - 1

    def node(self, v: Any) -> Node:
        """The node of an abstract value."""
        ev = self.ev
        if isinstance(v, Conflict):
            v = conversion.slot(ev, v, "a part of the result")
        if isinstance(v, Const):
            return ConstNode(v.value)
        if isinstance(v, Scalar):
            return self._number(v)
        if isinstance(v, TupleValue):
            return TupleNode(tuple(self.node(x) for x in v.items), v.cls)
        if isinstance(v, (SliceValue, RangeValue)):
            make = slice if isinstance(v, SliceValue) else range
            return PartsNode(make, tuple(self.node(p) for p in (v.start, v.stop, v.step)))
        if isinstance(v, (ArrayValue, ListValue, DictValue, InstanceValue)):
            return self._object(v)
        if isinstance(v, BoundMethod) and isinstance(v.function, Const):
            ev.unsupported("returning a method from compiled code", "return the object")
        what = "a function" if isinstance(v, FunctionValue) else conversion.describe(ev, v)
        if isinstance(v, IterValue):
            what = f"a {v.form} iterator"
        ev.unsupported(f"returning {what} from compiled code", "return arrays, numbers and containers of them")

    def _number(self, v: Scalar) -> Node:
        if isinstance(v.size, int) and v.kind is not None and v.kind.python:
            return ConstNode(v.size)
        index = self.add(v.value)
        return NumberNode(index, v.kinds, None if v.tag is None or len(v.kinds) == 1 else self.add(v.tag))

    def _object(self, v: Any) -> Node:
        ev = self.ev
        path = ev.live.paths.get(v.ref)
        if path is not None:
            return ExistingNode(path)
        if isinstance(v, ArrayValue):
            if v.ref not in self.arrays:
                self.arrays[v.ref] = self.add(ev.read(v.ref))
            return ArrayNode(self.arrays[v.ref], v.ref, v.type.dtype.numpy)
        if v.ref in self.seen:
            return BackReference(v.ref)
        self.seen.add(v.ref)
        return self.contents(v)

    def contents(self, v: AbstractValue) -> Node:
        """The node of a container's current contents, whether it existed before or not."""
        ev = self.ev
        if isinstance(v, ListValue):
            state = ev.look(v.ref)
            if isinstance(state, StackState):
                from tangra.frontend import stack_arrays

                return stack_arrays.result_node(self, v, state)
            return ListNode(tuple(self.node(x) for x in containers.list_state(ev, v).items), v.ref)
        if isinstance(v, DictValue):
            content = containers.dict_state(ev, v)
            return DictNode(content.keys, tuple(self.node(x) for x in content.values), v.ref)
        assert isinstance(v, InstanceValue), v
        names = tuple(classes.attribute_names(ev, v))
        return InstanceNode(v.cls, names, tuple(self.node(classes.slot(ev, v, n)) for n in names), v.ref)
