"""Trees of abstract values: a structure (containers, constants) apart from its leaves (numbers and arrays).

Transformations take arguments apart, work on the leaves' IR values, and put results together in the same structure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from tangra.api.elementwise import is_number
from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    BoundMethod,
    Const,
    DictValue,
    InstanceValue,
    ListValue,
    PartialValue,
    Scalar,
    TupleValue,
)
from tangra.errors import UnsupportedError, declare
from tangra.frontend import classes, memory
from tangra.frontend.evaluator import Evaluator
from tangra.frontend.heap import (
    ArrayState,
    DictState,
    HeapState,
    InstanceState,
    ListState,
    MaybeNone,
    MaybeUnbound,
    Result,
)
from tangra.ir import Value
from tangra.transforms.folding import scalar_constant

OPAQUE_LEAF = declare("TG814", "a value that a transformation can't take apart")


@dataclass(frozen=True)
class Leaf:
    """The position of a leaf."""

    number: int


@dataclass(frozen=True)
class Node:
    """A container: `form` is 'tuple', 'list', 'dict' or 'instance', or 'method' or 'partial' for what these hold;
    `names` are keys, attributes or keywords, `cls` the class or the method's function, `ref` the object it is, where
    that may be met again."""

    form: str
    children: tuple[Tree, ...]
    names: tuple[Any, ...] = ()
    cls: Any = None
    ref: int | None = field(default=None, compare=False)


Tree = Leaf | Node | Const
"""Const: a part without numbers (None, strings, functions …) that stays as it is."""


class Flattener:
    """Takes abstract values apart.

    An array reached in two places is two leaves; `first` has for each leaf the number of the first one that is the same
    array. `containers` are the lists, dicts and instances met; `repeated`: one of them was reached in two places, or
    two may be one.
    """

    def __init__(self, ev: Evaluator) -> None:
        self.ev = ev
        self.leaves: list[AbstractValue] = []
        self.paths: list[str] = []
        self.first: list[int] = []
        self.seen: dict[int, int] = {}
        self.around: list[int] = []
        self.containers: set[int] = set()
        self.repeated = False

    def add(self, v: Result, path: str = "") -> Tree:
        """The tree of `v`; its leaves are appended."""
        if isinstance(v, MaybeNone):
            self._refuse(path, "is None on some paths", "give it a value on all of them")
        if is_number(v) and not _is_flag(v):
            return self._leaf(v, path)
        if isinstance(v, (ArrayValue, ListValue, DictValue, InstanceValue)):
            self.seen.setdefault(v.ref, len(self.leaves))
        if isinstance(v, ArrayValue):
            return self._leaf(v, path, self.seen[v.ref])
        if isinstance(v, (ListValue, DictValue, InstanceValue)):
            return self._container(v, path)
        if isinstance(v, TupleValue):
            names = getattr(v.cls, "_fields", ()) if v.cls else ()
            children = [
                self.add(item, f"{path}.{names[k]}" if names else f"{path}[{k}]") for k, item in enumerate(v.items)
            ]
            return Node("tuple", tuple(children), (), v.cls)
        if isinstance(v, BoundMethod) and isinstance(v.function, Const):
            return Node("method", (self.add(v.self, path),), (), v.function.value)
        if isinstance(v, PartialValue):
            held = (v.function, *v.args, *(x for _, x in v.kwargs))
            return Node("partial", tuple(self.add(x, path) for x in held), tuple(k for k, _ in v.kwargs))
        if isinstance(v, Const):
            return v
        kind = type(v).__name__.removesuffix("Value").lower()
        self._refuse(path, f"is a {kind}", "pass and return arrays, numbers and containers of them")

    def _container(self, v: ListValue | DictValue | InstanceValue, path: str) -> Node:
        if v.ref in self.around:
            self._refuse(path, "is an object that is a part of itself", "pass what is needed of it")
        self.repeated |= v.ref in self.containers
        near = self.containers.intersection(self.ev.state.partners.get(v.ref, ()))
        self.repeated |= not all(apart(self.ev, v.ref, other) for other in near)
        self.containers.add(v.ref)
        self.around.append(v.ref)
        if isinstance(v, ListValue):
            node = self._list(v, path)
        else:
            node = self._dict(v, path) if isinstance(v, DictValue) else self._instance(v, path)
        self.around.pop()
        return replace(node, ref=v.ref)

    def _list(self, v: ListValue, path: str) -> Node:
        items = self.ev.iterate(v)
        if items is None:
            self._refuse(path, "is a list of a length that only the run knows", "make an array of it: np.array(items)")
        return Node("list", tuple(self.add(item, f"{path}[{k}]") for k, item in enumerate(items)))

    def _refuse(self, path: str, what: str, fix: str) -> NoReturn:
        text = f"{path or 'this'} {what}, which a transformation can't pass in or out"
        self.ev.error(UnsupportedError, text, code=OPAQUE_LEAF, fix=fix)

    def _leaf(self, v: AbstractValue, path: str, first: int | None = None) -> Leaf:
        self.first.append(len(self.leaves) if first is None else first)
        self.leaves.append(v)
        self.paths.append(path)
        return Leaf(len(self.leaves) - 1)

    def _dict(self, v: DictValue, path: str) -> Node:
        state = self.ev.look(v.ref)
        assert isinstance(state, DictState)
        children = [
            self.add(self._slot(item, path), f"{path}[{k!r}]") for k, item in zip(state.keys, state.values, strict=True)
        ]
        return Node("dict", tuple(children), state.keys)

    def _instance(self, v: InstanceValue, path: str) -> Node:
        state = self.ev.look(v.ref)
        assert isinstance(state, InstanceState)
        names = classes.attribute_names(self.ev, v)
        children = []
        for name in names:
            own = state.get(name)
            value = self.ev.live.attribute(v.ref, name) if own is None else own
            assert value is not None
            children.append(self.add(self._slot(value, f"{path}.{name}"), f"{path}.{name}"))
        return Node("instance", tuple(children), tuple(names), v.cls)

    def _slot(self, found: Any, path: str) -> AbstractValue:
        from tangra.frontend import conversion

        if isinstance(found, MaybeUnbound):
            self._refuse(path, "is not set on some paths", "set it on all of them")
        return conversion.slot(self.ev, found, path)


def apart(ev: Evaluator, a: int, b: int) -> bool:
    """Whether two items of lists are known to be two: one is a row and the other lies in rows, or they are in one list,
    at places that are known to differ, where no item is at two places."""
    one, other = ev.state.homes.get(a), ev.state.homes.get(b)
    if one is None or other is None or not (memory.lies_in(ev, a, one) and memory.lies_in(ev, b, other)):
        return False
    links, others = (memory.chain(ev, ev.state, home.leaf) for home in (one, other))
    if links[-1] == others[-1] and len(links) != len(others):
        return True
    if links != others or one.owner != other.owner or any(ref in ev.state.partners.get(ref, ()) for ref in links):
        return False
    places = [scalar_constant(home.at) for home in (one, other)]
    return None not in places and places[0] != places[1]


def _is_flag(v: AbstractValue) -> bool:
    """A constant bool stays part of the structure."""
    return isinstance(v, Const) and isinstance(v.value, bool)


def build(
    ev: Evaluator, tree: Tree, leaves: Sequence[AbstractValue], made: dict[int, AbstractValue] | None = None
) -> AbstractValue:
    """The value of `tree` with these leaves; containers are new objects, one for each place they are in. With `made`,
    what was one object in several places is one: what is there already, by the `ref` of its node, or a new one."""
    if isinstance(tree, Leaf):
        return leaves[tree.number]
    if isinstance(tree, Const):
        return tree
    if made is None or tree.ref is None:
        return _container(ev, tree, tuple(build(ev, child, leaves, made) for child in tree.children))
    if tree.ref not in made:
        made[tree.ref] = _container(ev, tree, tuple(build(ev, child, leaves, made) for child in tree.children))
    return made[tree.ref]


def copy(ev: Evaluator, tree: Tree, leaves: Sequence[AbstractValue]) -> AbstractValue:
    """As `build`; it is noted what the containers are copies of, which decides what `is` says of them."""
    if not isinstance(tree, Node):
        return build(ev, tree, leaves)
    made = _container(ev, tree, tuple(copy(ev, child, leaves) for child in tree.children))
    if tree.ref is not None and isinstance(made, (ListValue, DictValue, InstanceValue)):
        ev.state.copied[made.ref] = tree.ref
    return made


def _container(ev: Evaluator, tree: Node, children: tuple[AbstractValue, ...]) -> AbstractValue:
    """A new container of the form of `tree`."""
    if tree.form == "tuple":
        return TupleValue(children, tree.cls)
    if tree.form == "method":
        return BoundMethod(children[0], Const(tree.cls))
    if tree.form == "partial":
        last = len(children) - len(tree.names)
        return PartialValue(children[0], children[1:last], tuple(zip(tree.names, children[last:], strict=True)))
    ref = ev.allocate(state_of(tree, children))
    if tree.form == "list":
        return ListValue(ref)
    return DictValue(ref) if tree.form == "dict" else InstanceValue(ref, tree.cls)


def state_of(tree: Node, children: tuple[AbstractValue, ...]) -> HeapState:
    """What a list, dict or instance of the form of `tree` holds."""
    if tree.form == "list":
        return ListState(children)
    if tree.form == "dict":
        return DictState(tree.names, children)
    return InstanceState(tuple(zip(tree.names, children, strict=True)))


def numbers(tree: Tree) -> list[int]:
    """The leaves of a tree."""
    if isinstance(tree, Leaf):
        return [tree.number]
    return [n for child in tree.children for n in numbers(child)] if isinstance(tree, Node) else []


def current(ev: Evaluator, leaf: AbstractValue) -> Value:
    """The IR value of a leaf now."""
    return ev.read(leaf.ref) if isinstance(leaf, ArrayValue) else ev.number(leaf).value


def like(ev: Evaluator, leaf: AbstractValue, value: Value) -> AbstractValue:
    """A leaf of the same Python type as `leaf` holding `value`: an array (fresh) or a number of the same kind."""
    if isinstance(leaf, ArrayValue):
        return ArrayValue(ev.allocate(ArrayState(value)), value.array)
    scalar = ev.number(leaf)
    return Scalar(value, scalar.kinds, scalar.tag)
