"""What a function that is called by a function of its own does to its arguments.

It works on copies of them. Those it changed are results beside its own, and what they hold then is written back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tangra.api.values import AbstractValue, ArrayValue, DictValue, InstanceValue, ListValue, TupleValue
from tangra.core.arguments import Arguments
from tangra.core.copies import changed
from tangra.core.derivatives import leaves_of
from tangra.core.subtrace import WRITES_OUTSIDE, SubTrace
from tangra.core.trees import Flattener, Node, build, state_of
from tangra.errors import UnsupportedError
from tangra.frontend import classes
from tangra.frontend.heap import Deleted, HeapState, InstanceState
from tangra.ir import Block, Value

Container = ListValue | DictValue | InstanceValue


class Effects:
    """The changes of one call: `arrays` and `containers` are those changed, as they are in the function."""

    def __init__(self, arguments: Arguments) -> None:
        self.arguments = arguments
        self.ev = arguments.ev
        arguments.entered = {}
        self.before: dict[int, HeapState] = {}
        self.after: dict[int, HeapState] = {}
        self.arrays: list[int] = []
        self.containers: list[int] = []

    def enter(self, block: Block) -> tuple[list[AbstractValue], dict[str, AbstractValue]]:
        """The arguments of the call, as `Arguments.enter` makes them."""
        made = self.arguments.enter(block)
        self.before = {ref: self.ev.glance(v.ref) for ref, v in self._entered().items()}
        return made

    def _entered(self) -> dict[int, Container]:
        found = self.arguments.entered or {}
        return {ref: v for ref, v in found.items() if isinstance(v, ListValue | DictValue | InstanceValue)}

    def leave(self, result: AbstractValue) -> AbstractValue:
        """The result of the call together with what it changed."""
        heap, entered = self.ev.state.heap, self._entered()
        self.after = {ref: heap[v.ref] for ref, v in entered.items() if changed(self.before[ref], heap.get(v.ref))}
        self.containers = list(self.after)
        written = {each.copy: each.original for each in self.arguments.copies.changed}
        self.arrays = list(written)
        if not self.arrays and not self.containers:
            return result
        containers = [entered[ref] for ref in self.containers]
        flat = Flattener(self.ev)
        for v, name in ((result, "result"), *((v, "an argument that the function changes") for v in containers)):
            flat.add(v, name)
        types = {leaf.ref: leaf.type for leaf in self.arguments.leaves if isinstance(leaf, ArrayValue)}
        rest = [ArrayValue(copy, types[original]) for copy, original in written.items() if copy not in flat.seen]
        return TupleValue((result, *containers, *rest))

    def arrive(self, sub: SubTrace, values: Sequence[Value]) -> AbstractValue:
        """Write back what was changed; the function's result, in which arguments are those of the caller."""
        ev = self.ev
        given = {leaf.ref: leaf for leaf in self.arguments.leaves if isinstance(leaf, ArrayValue)}
        own = {each.copy: given[each.original] for each in self.arguments.copies.made}
        known = {k: own[v.ref] for k, v in enumerate(sub.leaves) if isinstance(v, ArrayValue) and v.ref in own}
        written = {v.ref: values[k] for k, v in enumerate(sub.leaves) if k in known and isinstance(v, ArrayValue)}
        for copy in self.arrays:
            ev.write(own[copy], written[copy])
        leaves = leaves_of(ev, sub, values, known)
        made: dict[int, AbstractValue] = {v.ref: replace(v, ref=ref) for ref, v in self._entered().items()}
        if not self.arrays and not self.containers:
            return build(ev, sub.tree, leaves, made)
        assert isinstance(sub.tree, Node)
        result, *changes = sub.tree.children
        for ref, node in zip(self.containers, changes, strict=False):
            assert isinstance(node, Node)
            self._put(ref, node, tuple(build(ev, child, leaves, made) for child in node.children))
        return build(ev, result, leaves, made)

    def _put(self, ref: int, node: Node, children: tuple[AbstractValue, ...]) -> None:
        """Let an object of the caller hold this: attributes that were set are set, which may be those of an item of a
        list that grew."""
        before, after = self.before[ref], self.after[ref]
        if not (isinstance(before, InstanceState) and isinstance(after, InstanceState)) or _deletes(after):
            self.ev.put(ref, state_of(node, children))
            return
        for name, value in zip(node.names, children, strict=True):
            if after.get(name) != before.get(name):
                classes.set_slot(self.ev, InstanceValue(ref, node.cls), name, value)

    def refuse(self, transform: str) -> None:
        """Error if there are any."""
        if self.arrays or self.containers:
            self.ev.error(
                UnsupportedError,
                f"the function given to {transform} writes to its arguments, of which its rule says nothing",
                code=WRITES_OUTSIDE,
                fix="let it change copies, and return what the caller needs",
            )


def _deletes(state: InstanceState) -> bool:
    """Whether an instance has lost attributes."""
    return any(isinstance(v, Deleted) for _, v in state.attrs)
