"""What a call of an outlined function leaves behind: its result, the objects it changed and those it made."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tangra.api.values import AbstractValue, ArrayValue, Const, Scalar, TupleValue
from tangra.frontend.heap import ArrayState, HeapState, PathEnds, Result, State, ViewState
from tangra.frontend.moving import Mover
from tangra.frontend.sameness import same_state
from tangra.frontend.signatures import Signature, Unfit
from tangra.ir import Block, Value
from tangra.shapes import Dim, Size, symbols_of

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


@dataclass(eq=False)
class Outcome:
    """In terms of the callee's own values: `params` are its parameters before unused ones went, `results` says by the
    id of a value which result of the call it is, `constants` are values that every call makes anew. `read_only` says of
    objects that are `made` what `State.read_only` does."""

    params: list[Value]
    result: Result
    changed: dict[int, HeapState]
    made: dict[int, HeapState]
    results: dict[int, int] = field(default_factory=dict)
    constants: dict[int, Value] = field(default_factory=dict)
    read_only: dict[int, bool | None] = field(default_factory=dict)


class Leaving:
    """Finds the outcome of an evaluation that began in the state `inside` and wrote `block`, and writes its `return`.

    `allowed` are the symbols that types outside may mention.
    """

    def __init__(self, ev: Evaluator, inside: State, block: Block, allowed: frozenset[str]) -> None:
        self.ev = ev
        self.inside = inside
        self.block = block
        self.allowed = allowed
        self.own = {id(r) for op in block.ops for r in op.results}
        self.returned: list[Value] = []
        self.found = Outcome(list(block.args), Const(None), {}, {})
        self.mover = Mover(self.number, self.value, self.ref)

    def outcome(self, result: Result) -> Outcome:
        """The outcome; `Unfit` if it is not one that a call can have."""
        after, inside = self.ev.state, self.inside
        if after.dead:
            raise PathEnds
        if after.partners != inside.partners or after.poisoned != inside.poisoned:
            raise Unfit
        for ref, state in after.heap.items():
            if self.existed(ref) and not self.same(ref, state):
                self.found.changed[ref] = state
        for state in self.found.changed.values():
            self.mover.state(state)
            if isinstance(state, ViewState):
                raise Unfit
        self.found.result = result
        self.leave(result)
        self.found.read_only = {ref: known for ref, known in after.read_only.items() if ref in self.found.made}
        self.ev.b.return_(*self.returned)
        return self.found

    def existed(self, ref: int) -> bool:
        return ref < 0 or ref in self.inside.heap

    def same(self, ref: int, state: HeapState) -> bool:
        before = self.inside.heap.get(ref, self.ev.initial.get(ref))
        return before is state or (before is not None and same_state(before, state))

    def leave(self, v: Any) -> None:
        self.mover.entry(v)
        stack = [v]
        while stack:
            item = stack.pop()
            if isinstance(item, TupleValue):
                stack += item.items
            elif isinstance(item, ArrayValue) and not self.fits(item.type.shape):
                raise Unfit

    def fits(self, sizes: Any) -> bool:
        return all(symbols_of(n) <= self.allowed for n in sizes if isinstance(n, Dim))

    def number(self, v: Scalar) -> Scalar:
        self.value(v.value)
        if v.tag is not None:
            self.value(v.tag)
        return v

    def value(self, v: Value) -> Value:
        """Note how a value gets out: as a result, or as a constant that is made again outside."""
        key = id(v)
        if key not in self.own or key in self.found.results or key in self.found.constants:
            return v
        if not self.fits(v.shape):
            raise Unfit
        op = v.defining_op
        if op is not None and op.name == "constant" and not v.shape:
            self.found.constants[key] = v
        else:
            self.found.results[key] = len(self.returned)
            self.returned.append(v)
        return v

    def ref(self, ref: int) -> int:
        """Note an object that the callee made, with all it holds."""
        if not self.existed(ref) and ref not in self.found.made:
            state = self.ev.state.heap[ref]
            self.found.made[ref] = state
            if isinstance(state, ViewState) and state.step is not None:
                self.check_attributes(state.step.attrs)
            self.mover.state(state)
        return ref

    def check_attributes(self, attrs: Any) -> None:
        for part in attrs:
            if isinstance(part, tuple):
                self.check_attributes(part)
            elif isinstance(part, Dim) and not self.fits((part,)):
                raise Unfit


def arrive(ev: Evaluator, outcome: Outcome, results: list[Value], signature: Signature, refs: dict[int, int]) -> Result:
    """Apply the outcome of a call to the caller's state; its result. `signature` is the call's own, `refs` has its
    references to the objects handed over."""
    values = {id(p): v for p, v in zip(outcome.params, signature.slots, strict=True)}
    same = {id(p): signature.numbers[k] for k, p in enumerate(outcome.params) if k in signature.numbers}
    values.update({key: results[k] for key, k in outcome.results.items()})
    for key, v in outcome.constants.items():
        op = v.defining_op
        assert op is not None
        values[key] = ev.b.const(op.attrs["value"], v.dtype)
    names = {**refs, **{ref: ev.new_ref() for ref in outcome.made}}
    always = ev.symbols.always

    def number(v: Scalar) -> Scalar:
        known = same.get(id(v.value))
        if known is not None and known.kinds == v.kinds:
            return known
        size: Size | None = v.size
        if isinstance(size, Dim) and not symbols_of(size) <= always | ev.state.scope:
            size = None
        tag = None if v.tag is None else values.get(id(v.tag), v.tag)
        return replace(v, value=values.get(id(v.value), v.value), tag=tag, size=size)

    mover = Mover(number, lambda v: values.get(id(v), v), lambda ref: names.get(ref, ref))
    for ref, state in outcome.changed.items():
        moved, target = mover.state(state), names.get(ref, ref)
        if isinstance(moved, ArrayState) and isinstance(ev.glance(target), ViewState):
            ev._write(target, moved.value)
        else:
            ev.put(target, moved)
    for ref, state in outcome.made.items():
        ev.state.heap[names[ref]] = mover.state(state)
    ev.state.read_only.update({names[ref]: known for ref, known in outcome.read_only.items()})
    found: AbstractValue = mover.entry(outcome.result)
    return found
