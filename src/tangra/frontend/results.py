"""Abstract values as nodes: what a call returns and leaves, in terms of the results of the compiled function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.api.kinds import PYINT
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
    ViewStep,
)
from tangra.frontend import classes, containers, conversion, iterators, stacks
from tangra.frontend.heap import ArrayState, Conflict, MaybeNone, MaybeUnbound, StackState, ViewState
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
    TupleNode,
    ViewNode,
)
from tangra.ir import Value
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


class ResultBuilder:
    """Turns abstract values into nodes, collecting the IR values to return.

    A view of an array from before the call comes back as a view. One of a new array does where they share it with
    another part of the result, which the first builder finds out: `shared` are the arrays of which that is so, and
    `met` has for every new array the parts of the result that are in its memory.
    """

    def __init__(self, ev: Evaluator, shared: frozenset[int] = frozenset()) -> None:
        self.ev = ev
        self.shared = shared
        self.met: dict[int, set[int]] = {}
        self.values: list[Value] = []
        self.seen: set[int] = set()
        self.arrays: dict[int, int] = {}

    def sharing(self) -> frozenset[int]:
        """New arrays in whose memory more than one part of the result lies, where some are not views yet."""
        return frozenset(root for root, parts in self.met.items() if len(parts) > 1) - self.shared

    def add(self, value: Value) -> int:
        """The result number of an IR value."""
        self.values.append(value)
        return len(self.values) - 1

    def node(self, v: Any) -> Node:
        """The node of an abstract value."""
        ev = self.ev
        if isinstance(v, MaybeNone):
            return OptionalNode(self.add(v.there), self.node(v.value))
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
            what = iterators.named(v)
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
            return self._array(v.ref)
        if v.ref in self.seen:
            return BackReference(v.ref)
        self.seen.add(v.ref)
        return self.contents(v)

    def _array(self, ref: int) -> Node:
        """The node of an array: one from before the call, a view, or a new one."""
        ev = self.ev
        path = ev.live.paths.get(ref)
        if path is not None:
            return ExistingNode(path)
        value, root = ev.read(ref), ev.root(ref)
        state = ev.look(ref)
        if root not in ev.live.paths:
            self.met.setdefault(root, set()).add(ref)
        origin = state.origin if isinstance(state, (ArrayState, ViewState)) else None
        if origin is None and isinstance(state, ViewState) and (step := state.step) is not None:
            shared = root in ev.live.paths or root in self.shared
            if shared or not step.writeable:
                return self._view(ref, state, step)
        if ref not in self.arrays:
            self.arrays[ref] = self.add(value)
        node = ArrayNode(self.arrays[ref], ref, value.dtype.numpy)
        if origin is not None:
            return OriginNode(self.add(origin), tuple(ev.live.arrays_from_before()), node)
        return node

    def _view(self, ref: int, state: ViewState, step: ViewStep) -> Node:
        attrs = dict(step.attrs)
        base = self._array(state.base)
        if step.op == "stop_gradient":
            return base
        if step.op == "transpose":
            return ViewNode(base, step.op, tuple(attrs["perm"]), (), (), ref)
        if step.op in ("gather", "diagonal"):
            return ViewNode(base, step.op, (step.offset,), (), (), ref)
        if step.op == "windows":
            return ViewNode(base, step.op, (attrs["axis"], attrs["size"]), (), (), ref)
        if step.op == "strided":
            starts = tuple(self._int(v) for v in step.operands)
            return ViewNode(base, step.op, (attrs["axis"],), (self._size(attrs["size"]),), starts, ref)
        sizes = attrs["sizes"] if step.op == "index" else attrs["shape"]
        fixed = attrs["steps"] if step.op == "index" else attrs.get("dims", ())
        starts = tuple(self._int(v) for v in step.operands)
        return ViewNode(base, step.op, tuple(fixed), tuple(self._size(n) for n in sizes), starts, ref)

    def _size(self, size: Size | None) -> Node | None:
        return None if size is None else ConstNode(size) if isinstance(size, int) else self._int(self.ev.b.dim(size))

    def _int(self, value: Value) -> Node:
        op = value.defining_op
        if op is not None and op.name == "constant":
            return ConstNode(int(op.attrs["value"]))
        return NumberNode(self.add(value), (PYINT,))

    def contents(self, v: AbstractValue) -> Node:
        """The node of a container's current contents, whether it existed before or not."""
        ev = self.ev
        if isinstance(v, ListValue):
            state = ev.look(v.ref)
            held = stacks.original(ev, state) if isinstance(state, StackState) else None
            if held is not None:
                return ListNode(tuple(self.node(x) for x in held.items), v.ref)
            if isinstance(state, StackState):
                from tangra.frontend import stack_arrays

                return stack_arrays.result_node(self, v, state)
            return ListNode(tuple(self.node(x) for x in containers.list_state(ev, v).items), v.ref)
        if isinstance(v, DictValue):
            content = containers.dict_state(ev, v)
            return DictNode(content.keys, tuple(self.node(x) for x in content.values), v.ref)
        assert isinstance(v, InstanceValue), v
        names = tuple(classes.attribute_names(ev, v))
        return InstanceNode(v.cls, names, tuple(self._attribute(classes.held(ev, v, n)) for n in names), v.ref)

    def _attribute(self, held: Any) -> Node:
        if isinstance(held, MaybeUnbound):
            return PresentNode(self.add(held.bound), self.node(held.value))
        return self.node(held)
