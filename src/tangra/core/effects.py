"""What a function that is called by a function of its own does to its arguments.

It works on copies of them. Those it changed are results beside its own, and what they hold then is written back. What
it returns of them, or of what it reads from outside, is the object that it is out here; an array that shares memory
with one of those is a partner of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tangra.api.values import AbstractValue, ArrayValue, DictValue, InstanceValue, ListValue, TupleValue
from tangra.core.arguments import Arguments
from tangra.core.copies import changed, share
from tangra.core.derivatives import leaves_of
from tangra.core.subtrace import WRITES_OUTSIDE, SubTrace
from tangra.core.trees import Flattener, Node, Tree, apart, build, state_of
from tangra.errors import UnsupportedError
from tangra.frontend import classes, memory
from tangra.frontend.heap import Deleted, InstanceState, State
from tangra.ir import Block, Value

Container = ListValue | DictValue | InstanceValue
Object = ArrayValue | Container


class Effects:
    """The changes of one call: `arrays` and `containers` are those changed, as they are in the function; `stale` are
    arguments that may have been changed there through another name."""

    def __init__(self, arguments: Arguments) -> None:
        self.arguments = arguments
        self.ev = arguments.ev
        arguments.entered = {}
        self.before = State()
        self.stale: list[int] = []
        self.arrays: list[int] = []
        self.containers: list[int] = []
        self.inside = State()

    def enter(self, block: Block) -> tuple[list[AbstractValue], dict[str, AbstractValue]]:
        """The arguments of the call, as `Arguments.enter` makes them."""
        made = self.arguments.enter(block)
        self.ev.state.copied |= {v.ref: ref for ref, v in self._entered().items()}
        self.before = self.ev.state.copy()
        return made

    def _entered(self) -> dict[int, Container]:
        found = self.arguments.entered or {}
        return {ref: v for ref, v in found.items() if isinstance(v, ListValue | DictValue | InstanceValue)}

    def leave(self, result: AbstractValue) -> AbstractValue:
        """The result of the call together with what it changed."""
        self.inside = self.ev.state
        entered, poisoned = self._entered(), self.inside.poisoned
        found = [ref for ref, v in entered.items() if changed(self.ev, self.before, self.inside, v.ref)]
        self.containers = [ref for ref in found if entered[ref].ref not in poisoned]
        written = {each.copy: each.original for each in self.arguments.copies.changed}
        self.arrays = [copy for copy in written if copy not in poisoned]
        self.stale = [ref for ref in found if entered[ref].ref in poisoned]
        self.stale += [original for copy, original in written.items() if copy in poisoned]
        if not self.arrays and not self.containers:
            return result
        containers = [entered[ref] for ref in self.containers]
        flat = Flattener(self.ev)
        for v, name in ((result, "result"), *((v, "an argument that the function changes") for v in containers)):
            flat.add(v, name)
        types = {leaf.ref: leaf.type for leaf in self.arguments.leaves if isinstance(leaf, ArrayValue)}
        rest = [ArrayValue(copy, types[written[copy]]) for copy in self.arrays if copy not in flat.seen]
        return TupleValue((result, *containers, *rest))

    def arrive(self, sub: SubTrace, values: Sequence[Value]) -> AbstractValue:
        """Write back what was changed; the function's result, in which arguments are those of the caller."""
        ev = self.ev
        given = {leaf.ref: leaf for leaf in self.arguments.leaves if isinstance(leaf, ArrayValue)}
        own = {each.copy: given[each.original] for each in self.arguments.copies.made}
        arrays = {k: v for k, v in enumerate(sub.leaves) if isinstance(v, ArrayValue)}
        known = {k: own.get(v.ref, v) for k, v in arrays.items() if v.ref in own or self._is_outside(v.ref)}
        written = {v.ref: values[k] for k, v in arrays.items() if v.ref in own}
        for copy in self.arrays:
            ev.write(own[copy], written[copy])
        for near in memory.kin(ev, self.stale):
            ev.poison(near, near)
        leaves = leaves_of(ev, sub, values, known)
        made: dict[int, AbstractValue] = {v.ref: replace(v, ref=ref) for ref, v in self._entered().items()}
        made |= {ref: v for ref, v in _containers(sub.tree) if self._is_outside(ref)}
        outer = {ref: v.ref for ref, v in (own | made).items() if isinstance(v, Object)}
        result = self._build(sub.tree, leaves, made)
        fresh = {v.ref: leaves[k] for k, v in arrays.items() if k not in known} | made
        self._pair({ref: v.ref for ref, v in fresh.items() if ref not in outer and isinstance(v, Object)}, outer)
        return result

    def _build(self, tree: Tree, leaves: Sequence[AbstractValue], made: dict[int, AbstractValue]) -> AbstractValue:
        """The function's result; the containers that it changed are put right."""
        if not self.arrays and not self.containers:
            return build(self.ev, tree, leaves, made)
        assert isinstance(tree, Node)
        result, *changes = tree.children
        for ref, node in zip(self.containers, changes, strict=False):
            assert isinstance(node, Node)
            self._put(ref, node, tuple(build(self.ev, child, leaves, made) for child in node.children))
        return build(self.ev, result, leaves, made)

    def _is_outside(self, ref: int) -> bool:
        """Whether an object that the function met is one of the caller's."""
        return ref in self.ev.state.heap or ref in self.ev.initial

    def _pair(self, fresh: dict[int, int], outer: dict[int, int]) -> None:
        """Objects among the results that are new to the caller, by what they are in the function, are partners of those
        that they share memory with there, or may be; so they are of those of the caller's, which `outer` has of
        arguments."""
        ev = self.ev
        near: dict[int, set[int]] = {}
        for ref, made in fresh.items():
            kin = memory.kin(ev, [ref], self.inside)
            ev.pair(made, memory.kin(ev, [outer.get(r, r) for r in kin if r in outer or self._is_outside(r)]))
            met = [other for other, theirs in near.items() if not theirs.isdisjoint(kin)]
            ev.pair(made, [fresh[other] for other in met if self._share(ref, other)])
            near[ref] = set(kin)

    def _share(self, a: int, b: int) -> bool:
        """Whether two objects may have memory in common in the function."""
        outside, self.ev.state = self.ev.state, self.inside
        try:
            return share(self.ev, a, b) and not apart(self.ev, a, b)
        finally:
            self.ev.state = outside

    def _put(self, ref: int, node: Node, children: tuple[AbstractValue, ...]) -> None:
        """Let an object of the caller hold this: attributes that were set are set, which may be those of an item of a
        list that grew, and those that are gone, or were and came back behind others, are deleted."""
        inner = self._entered()[ref].ref
        before, after = self.before.heap[inner], self.inside.heap[inner]
        if not (isinstance(before, InstanceState) and isinstance(after, InstanceState)):
            self.ev.put(ref, state_of(node, children))
            return
        target = InstanceValue(ref, node.cls)
        names = [name for name, v in before.attrs if not isinstance(v, Deleted)]
        stay = next((k for k, pair in enumerate(zip(names, node.names, strict=False)) if len(set(pair)) > 1), None)
        stay = min(len(names), len(node.names)) if stay is None else stay
        for name in names[stay:]:
            classes.set_slot(self.ev, target, name, Deleted())
        for k, (name, value) in enumerate(zip(node.names, children, strict=True)):
            if k >= stay or after.get(name) != before.get(name):
                classes.set_slot(self.ev, target, name, value)

    def refuse(self, transform: str) -> None:
        """Error if there are any."""
        if self.arrays or self.containers or self.stale:
            self.ev.error(
                UnsupportedError,
                f"the function given to {transform} writes to its arguments, of which its rule says nothing",
                code=WRITES_OUTSIDE,
                fix="let it change copies, and return what the caller needs",
            )


def _containers(tree: Tree) -> Iterator[tuple[int, Container]]:
    """The lists, dicts and instances in a tree, by the objects they are."""
    if not isinstance(tree, Node):
        return
    if tree.ref is not None:
        yield tree.ref, _container(tree, tree.ref)
    for child in tree.children:
        yield from _containers(child)


def _container(node: Node, ref: int) -> Container:
    if node.form == "instance":
        return InstanceValue(ref, node.cls)
    return ListValue(ref) if node.form == "list" else DictValue(ref)
