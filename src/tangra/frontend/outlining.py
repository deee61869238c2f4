"""Functions that are called rather than evaluated in place: specialisations, each made once and called where it fits.

A call is outlined if its function calls itself or turned out to be large. Everything it is handed is left open where
`signatures` says so: the body is evaluated on parameters that tell nothing but their types, so that what comes out
holds for every call with an equal signature. What the evaluation looked at besides (globals, objects reached through
them) must be the same again for the specialisation to serve a later call. What it changed, and what it returned, become
results of the call.

Whether a call can be expressed like that is known before it is evaluated (`Unfit`) or when it has been, on a copy of
the state; in either case it is evaluated in place instead, as every small call is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tangra.api.values import Scalar
from tangra.errors import TangraError
from tangra.frontend import closing, diagnostics, putting_off
from tangra.frontend.diagnostics import StaticNeeded
from tangra.frontend.heap import ArrayState, HeapState, PathEnds, Result, State, ViewState
from tangra.frontend.leaving import Leaving, Outcome, arrive
from tangra.frontend.loop_parts import Again, LoopConflict, Unroll
from tangra.frontend.moving import Mover
from tangra.frontend.outlines import Specialisation
from tangra.frontend.signatures import Signature, Unfit, bound_by, sign
from tangra.frontend.stack_items import Misfit
from tangra.ir import Block, Func, Op, Value
from tangra.shapes import Dim, symbols_of
from tangra.shapes.facts import Facts

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator, Frame
    from tangra.frontend.source import Definition

LARGE = 400
"""Operations that a function's evaluation emits, from which on later calls of it are outlined."""

Evaluation = Callable[[dict[str, Any], Any], Result]
"""Evaluates the callee's body on the names it is given, with the value of its first argument."""

GIVEN_UP = (TangraError, StaticNeeded, PathEnds, Unroll, LoopConflict, Again, Misfit, Unfit)


def is_wanted(ev: Evaluator, definition: Definition, caller: Frame | None) -> bool:
    """Whether a call of this function is to be outlined, if that can be done."""
    outlines = ev.outlines
    if ev.all_sizes or caller is None or definition in outlines.refused:
        return False
    if definition not in outlines.recursive and _is_running(definition, caller):
        outlines.recursive.add(definition)
    return definition in outlines.recursive or definition in outlines.large


def _is_running(definition: Definition, frame: Frame | None) -> bool:
    while frame is not None:
        if frame.definition is definition:
            return True
        frame = frame.caller
    return False


def note_size(ev: Evaluator, definition: Definition, block: Block, start: int, emitted: int) -> None:
    """After an evaluation in place: functions that turned out to be large are outlined the next time."""
    if emitted > LARGE and definition not in ev.outlines.large:
        fresh = block.ops[start:]
        if sum(1 + sum(1 for r in op.regions for _ in r.walk()) for op in fresh) > LARGE:
            ev.outlines.large.add(definition)


def call(
    ev: Evaluator, definition: Definition, env: dict[str, Any], scope: Any, first: Any, evaluate: Evaluation
) -> Result | None:
    """The result of calling a specialisation, with all that it changes; None if the call has to be evaluated in
    place."""
    outlines = ev.outlines
    try:
        signature = Signature(ev, env, scope, outlines.extras.get(definition, ()))
        key = definition, signature.key
        if key in outlines.pending:
            return None
    except Unfit:
        return None
    known = outlines.known.setdefault(key, [])
    if known is None:
        return None
    made = next((each for each in known if each.serves(ev, signature)), None)
    if made is None:
        outlines.pending.add(key)
        try:
            made = _Attempt(ev, definition, signature).run(env, first, evaluate)
        except GIVEN_UP as reason:
            _give_up(ev, definition, key, reason)
            return None
        finally:
            outlines.pending.discard(key)
        known.append(made)
    return _emit(ev, made, signature)


def _give_up(ev: Evaluator, definition: Definition, key: Any, reason: Exception) -> None:
    """Remember what can't be outlined. Recursion without an end is refused at once, all the way up."""
    if isinstance(reason, TangraError) and reason.code == diagnostics.RECURSION:
        raise reason
    ev.outlines.known[key] = None
    if not isinstance(reason, (PathEnds, Unfit)):
        ev.outlines.refused.add(definition)


class _Attempt:
    """The making of one specialisation."""

    def __init__(self, ev: Evaluator, definition: Definition, signature: Signature) -> None:
        self.ev = ev
        self.definition = definition
        self.signature = signature
        self.block = Block()
        self.params = [self.block.add_arg(v.type, v.name) for v in signature.slots]

    def run(self, env: dict[str, Any], first: Any, evaluate: Evaluation) -> Specialisation:
        """Evaluate the body in a state of its own; `Unfit` if what comes out is no function of the signature."""
        ev = self.ev
        before, outer = ev.state, (ev.seen, ev.named, ev.untouched, ev.next_ref, ev.given)
        ev.seen, ev.named, ev.given = set(), set(), ev.next_ref
        try:
            mover = Mover(self.number, self.value, lambda ref: ref)
            names = {name: mover.entry(v) for name, v in env.items()}
            own = None if first is None else mover.entry(first)
            inside = self.inside(before, mover)
            ev.untouched = self.untouched()
            ev.state = inside.copy()
            with ev.b.at(self.block), putting_off.nothing(ev):
                result = evaluate(names, own)
                leaving = Leaving(ev, inside, self.block, self.allowed())
                outcome = leaving.outcome(result)
            return self.finish(before, outcome)
        finally:
            seen, named = ev.seen, ev.named
            ev.state = before
            ev.seen, ev.named, ev.untouched, ev.next_ref, ev.given = outer
            if ev.seen is not None and ev.named is not None:
                ev.seen |= seen
                ev.named |= named

    # ---- going in ------------------------------------------------------------------------------------------
    def number(self, v: Scalar) -> Scalar:
        """A number as the callee gets it: of its kinds and sign, and otherwise unknown."""
        low, high = sign(self.ev, v)
        return Scalar(self.value(v.value), v.kinds, None if v.tag is None else self.value(v.tag), None, low, high)

    def value(self, v: Value) -> Value:
        return self.params[self.signature.slot_of(v)]

    def inside(self, before: State, mover: Mover) -> State:
        """The state that the body begins with: the objects handed over hold parameters."""
        ev, signature, state = self.ev, self.signature, before.copy()
        for ref in signature.order:
            slot = signature.arrays.get(ref)
            state.heap[ref] = mover.state(ev.glance(ref)) if slot is None else ArrayState(self.params[slot])
        if not signature.symbols:
            state.facts = Facts()
        return state

    def untouched(self) -> dict[int, Value | None]:
        """What arguments of the compiled function hold where they count as unchanged in the callee."""
        ev, found = self.ev, dict(self.ev.untouched)
        for ref, slot in self.signature.arrays.items():
            if ref in ev.live.array_params:
                found[ref] = None if ev.is_changed(ref) else self.params[slot]
        return found

    def allowed(self) -> frozenset[str]:
        """Symbols that the types of what leaves the callee may mention."""
        return frozenset(self.signature.symbols | self.ev.symbols.always)

    # ---- coming out ----------------------------------------------------------------------------------------
    def finish(self, before: State, outcome: Outcome) -> Specialisation:
        ev, signature = self.ev, self.signature
        seen, named, pinned = self.looked_at(before)
        self.refuse_lost_writes(outcome)
        if signature.data and any(op.name == "bind_dim" for op in self.block.walk()):
            raise Unfit  # a size may depend on array elements, which is refused in place
        holders = self.fail_states(before)
        used = {id(v) for op in self.block.walk() for v in op.operands} | {id(p) for p in holders.values()}
        inputs = [k for k, p in enumerate(self.params) if id(p) in used]
        self.block.args = [self.params[k] for k in inputs]
        captured, symbols = closing.close(self.block)
        self.check_captured(captured, seen)
        if not ev.symbols.always.issuperset(symbols):
            raise Unfit  # a size that not every later call can tell
        if not types_symbols([*self.block.args, *self.block.terminator.operands]) <= bound_by(self.block.args):
            raise Unfit  # the size of a result, or of a parameter that stayed, is told by no parameter
        func = Func(self.definition.name, self.block, {"source": self.definition.name})
        if self.definition in ev.outlines.recursive:
            func.attrs["recursive"] = True
        places = {id(p): k for k, p in enumerate(func.params)}
        func.attrs["written"] = self.in_place(outcome, places)
        failing = [(places[id(p)], signature.order.index(ref)) for ref, p in holders.items()]
        self.number_states({ref: places[id(p)] for ref, p in holders.items()})
        ev.counters.specialisations += 1
        return Specialisation(signature, func, inputs, captured, symbols, outcome, seen, named, pinned, failing)

    def looked_at(self, before: State) -> tuple[dict[int, HeapState | None], frozenset[int], dict[int, int]]:
        """Live objects, besides those handed over, that the evaluation read, and which it could tell apart."""
        ev, signature = self.ev, self.signature
        assert ev.seen is not None
        assert ev.named is not None
        handed = set(signature.order)
        seen: dict[int, HeapState | None] = {}
        named = set(ev.named)
        work = [ref for ref in (ev.seen | named) if ref not in handed]
        while work:
            ref = work.pop()
            if ref in seen:
                continue
            state = before.heap.get(ref)
            if ref in before.partners or ref in before.poisoned:
                raise Unfit
            seen[ref] = state
            inner = references(state if state is not None else ev.initial.get(ref))
            named |= inner
            work += [r for r in inner if r not in handed]
        extras = ev.outlines.extras.setdefault(self.definition, {})
        extras.update(dict.fromkeys(ref for ref, state in seen.items() if state is not None and ref < 0))
        pinned = {k: ref for k, ref in enumerate(signature.order) if ref in named}
        owners = {owner for ref, owner in signature.shares.items() if owner != ref}
        if owners & (named | seen.keys()):
            raise Unfit  # a view was handed over as its contents, and its base was read beside it
        return seen, frozenset(named | seen.keys()), pinned

    def refuse_lost_writes(self, outcome: Outcome) -> None:
        """A view is written back when the call is over: not in time for a failure to leave it in an argument."""
        ev = self.ev
        for ref in outcome.changed:
            owner = self.signature.shares.get(ref, ref)
            if owner != ref and owner in ev.live.array_params and may_fail(self.block.ops, ev.outlines.failing):
                raise Unfit

    def fail_states(self, before: State) -> dict[int, Value]:
        """The parameters that hold the arrays which failures in the callee write back."""
        ev = self.ev
        refs = {index: ref for ref, index in ev.live.array_params.items()}
        holders: dict[int, Value] = {}
        for op in self.block.walk():
            for index in state_indices(op):
                ref = refs[index]
                slot = self.signature.arrays.get(ref)
                if slot is None or ref not in self.signature.order:
                    raise Unfit
                holders[ref] = self.params[slot]
        return holders

    def number_states(self, places: dict[int, int]) -> None:
        """Failures in the callee speak of its own parameters."""
        indices = self.ev.live.array_params
        own = {indices[ref]: place for ref, place in places.items()}
        for op in self.block.walk():
            if op.attrs.get("kept"):
                op.attrs = {**op.attrs, "kept": tuple(own[index] for index in op.attrs["kept"])}
            if op.name == "call" and op.attrs.get("state"):
                op.attrs = {**op.attrs, "state": tuple((theirs, own[ours]) for theirs, ours in op.attrs["state"])}
            elif op.attrs.get("state"):
                op.attrs = {**op.attrs, "state": tuple(own[index] for index in op.attrs["state"])}

    def check_captured(self, captured: Iterable[Value], seen: dict[int, HeapState | None]) -> None:
        """What is captured must be there at every call: it came from the live program, or is what it was then."""
        held = {id(v) for state in seen.values() if state is not None for v in contents(state)}
        params = {id(p) for p in self.ev.func.params}
        if any(id(v) not in held and id(v) not in params for v in captured):
            raise Unfit

    def in_place(self, outcome: Outcome, places: dict[int, int]) -> tuple[tuple[int, int], ...]:
        """Pairs of a parameter and the result that is its array after the call."""
        found = []
        for ref, state in outcome.changed.items():
            slot = self.signature.arrays.get(ref)
            if slot is None or not isinstance(state, ArrayState) or not state.value.shape:
                continue
            place, result = places.get(id(self.params[slot])), outcome.results.get(id(state.value))
            if place is not None and result is not None:
                found.append((place, result))
        return tuple(found)


def _emit(ev: Evaluator, made: Specialisation, signature: Signature) -> Result:
    """Call a specialisation, and do to the state what it says."""
    if ev.seen is not None and ev.named is not None:
        ev.seen |= {ref for ref in made.seen if ref < 0}
        ev.named |= made.named
    if ev.looked is not None:
        ev.looked |= made.seen.keys() | {ref for ref, slot in signature.arrays.items() if slot in made.inputs}
    operands = [signature.slots[k] for k in made.inputs]
    operands += [*made.captured, *closing.sizes(ev, made.symbols)]
    attrs: dict[str, Any] = {"callee": made.func, "result_types": tuple(made.func.result_types)}
    if made.failing:
        indices = ev.live.array_params
        attrs["state"] = tuple((theirs, indices[signature.order[k]]) for theirs, k in made.failing)
    op: Op = ev.b.emit("call", operands, attrs)
    refs = dict(zip(made.signature.order, signature.order, strict=True))
    return arrive(ev, made.outcome, op.results, signature, refs)


def state_indices(op: Op) -> Sequence[int]:
    """The arguments of the compiled function that a failure in an operation writes back."""
    if op.name in ("call", "custom_derivative"):
        return [*(ours for _, ours in op.attrs.get("state", ())), *op.attrs.get("kept", ())]
    return op.attrs.get("state", ()) if op.name == "fail_if" else ()


def may_fail(ops: Iterable[Op], known: dict[Func, bool]) -> bool:
    """Whether any of some operations may leave the function with an error; `known` remembers it of functions."""
    return any(_fails(op, known) or any(may_fail(r.ops, known) for r in op.regions) for op in ops)


def _fails(op: Op, known: dict[Func, bool]) -> bool:
    callee = op.attrs.get("callee") or op.attrs.get("primal")
    if not isinstance(callee, Func):
        return op.name in ("fail_if", "check_index")
    if callee not in known:
        known[callee] = may_fail(callee.body.ops, known)
    return known[callee]


def types_symbols(values: Iterable[Value]) -> set[str]:
    """The size symbols in the types of values."""
    return set[str]().union(*(symbols_of(d) for v in values for d in v.shape if isinstance(d, Dim)))


def contents(state: HeapState) -> list[Value]:
    """The IR values that an object holds itself."""
    found: list[Value] = []

    def number(v: Scalar) -> Scalar:
        found.extend([v.value] if v.tag is None else [v.value, v.tag])
        return v

    def value(v: Value) -> Value:
        found.append(v)
        return v

    Mover(number, value, lambda ref: ref).state(state)
    return found


def references(state: HeapState | None) -> set[int]:
    """The objects that an object refers to."""
    found: set[int] = set()
    if state is None:
        return found
    if isinstance(state, ViewState):
        return {state.base}

    def ref(r: int) -> int:
        found.add(r)
        return r

    Mover(lambda v: v, lambda v: v, ref).state(state)
    return found
