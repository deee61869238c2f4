"""Tracing a function inside compiled code into an IR function of its own, for a transformation to work on.

The differentiated (or batched) leaves become parameters; everything else the function reads from around it becomes a
captured operand. The function works on copies: what it would write outside itself is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tangra.api.values import AbstractValue, Const, Scalar
from tangra.core.copies import Copies, changed
from tangra.core.trees import Flattener, Tree, current
from tangra.errors import UnsupportedError, declare
from tangra.frontend import closing, putting_off, symbols
from tangra.frontend.evaluator import Evaluator
from tangra.frontend.failures import end_path
from tangra.frontend.heap import CellState, PathEnds, State
from tangra.frontend.outlining import may_fail
from tangra.ir import Block, Func, Value
from tangra.ir.graph import clone_block
from tangra.ir.mentions import symbols_of_type
from tangra.shapes.facts import EMPTY, Facts
from tangra.transforms.dce import eliminate_dead_code
from tangra.transforms.rules import strip_state

WRITES_OUTSIDE = declare("TG812", "a transformed function writes to something outside itself")

MakeArguments = Callable[[Block], tuple[list[AbstractValue], dict[str, AbstractValue]]]


@dataclass
class SubTrace:
    """A traced function.

    `func` takes the parameters its caller made, then `captured`; it returns the result's leaves and then their kind
    tags. `tree` is the result's structure, `leaves` its leaves as they were inside, `first` has for each leaf the first
    one that is the same array, `tags` the position among the results of each leaf's tag. `ends`: the function certainly
    raises, and has no result. `facts`: what is known of sizes at its end.
    """

    func: Func
    captured: list[Value]
    tree: Tree
    leaves: list[AbstractValue]
    first: list[int]
    tags: list[int | None]
    ends: bool = False
    facts: Facts = EMPTY


def trace(
    ev: Evaluator,
    function: AbstractValue,
    arguments: MakeArguments,
    copies: Copies,
    transform: str,
    leave: Callable[[AbstractValue], AbstractValue] = lambda result: result,
) -> SubTrace:
    """Trace a call of `function`. `arguments` adds the block's parameters and makes the arguments of the call from
    them, on the copied heap, with `copies` of the arrays; `leave` makes of its result what is traced; `transform` is
    named in errors."""
    name = getattr(getattr(function, "definition", None), "name", "inner")

    def compute(block: Block) -> AbstractValue:
        return leave(copies.call(transform, function, *arguments(block)))

    sub = trace_block(ev, compute, transform, str(name))
    copies.require_apart_from(sub.captured)
    return sub


def trace_block(ev: Evaluator, compute: Callable[[Block], AbstractValue], transform: str, name: str) -> SubTrace:
    """Trace what `compute` evaluates into a block of its own, to which it adds the parameters."""
    block, before, frame = Block(), ev.state, ev.frame
    ev.state = before.copy()
    try:
        with ev.b.at(block), putting_off.nothing(ev):
            try:
                sub = _finish(ev, block, name, compute(block))
            except PathEnds:
                ev.frame = frame
                sub = _finish(ev, block, name, Const(None))
                sub.ends = True
        after = ev.state
    finally:
        ev.state = before
    if not sub.ends:
        refuse_writes(ev, before, after, transform)
    for op in sub.func.body.walk():
        strip_state(op)
    sub.captured, sub.facts = close(ev, sub.func), after.facts
    return sub


def call(ev: Evaluator, func: Func, operands: Sequence[Value]) -> list[Value]:
    """The results of a function that a transform made. It writes to nothing of the compiled function's: if it fails,
    the arguments of that are left as they are here."""
    attrs, values = kept_for_failures(ev, func)
    return ev.b.emit("call", [*operands, *values], {"callee": func, **attrs}).results


def kept_for_failures(ev: Evaluator, func: Func) -> tuple[dict[str, tuple[int, ...]], list[Value]]:
    """The attribute `kept` of a call of `func`, and the operands behind its arguments that go with it."""
    indices, values = ev.written_so_far() if may_fail(func.body.ops, ev.outlines.failing) else ([], [])
    return ({"kept": tuple(indices)} if indices else {}), values


def raise_in(ev: Evaluator, sub: SubTrace, operands: Sequence[Value]) -> None:
    """Where a traced function certainly raises, so does the transformed one: nothing after the call is reached."""
    if sub.ends:
        call(ev, sub.func, [*operands, *sub.captured])
        end_path(ev)


def name_sizes(ev: Evaluator, sub: SubTrace, operands: Sequence[Value]) -> None:
    """Make sizes of results that a traced function finds out known around it: a function that does only that is called
    in front of it, and the sizes become parameters."""
    body = sub.func.body
    mentioned, given = symbols_of_type([v.type for v in sub.func.returned]), {id(p) for p in body.args}
    found = [op for op in body.ops if op.attrs.get("symbol") in mentioned and id(op.operands[0]) not in given]
    if not found:
        return
    mapping: dict[int, Value] = {}
    ahead = Func(f"sizes_{sub.func.name}", clone_block(body, mapping))
    ahead.body.terminator.operands = [mapping[id(op.operands[0])] for op in found]
    eliminate_dead_code(ahead)
    sizes = call(ev, ahead, [*operands, *sub.captured])
    body.ops = [op for op in body.ops if not any(op is each for each in found)]
    for op, size in zip(found, sizes, strict=True):
        op.operands = [body.add_arg(size.type)]
        sub.captured.append(ev.b.dim(symbols.bind(ev, size, op.attrs["symbol"])))
    body.ops[:0] = found
    ev.state.facts = sub.facts


def _finish(ev: Evaluator, block: Block, name: str, result: AbstractValue) -> SubTrace:
    flat = Flattener(ev)
    tree = flat.add(result, "result")
    values = [current(ev, leaf) for leaf in flat.leaves]
    tags: list[int | None] = []
    for leaf in list(flat.leaves):
        tag = leaf.tag if isinstance(leaf, Scalar) else None
        tags.append(len(values) if tag is not None else None)
        if tag is not None:
            values.append(tag)
    ev.b.return_(*values)
    return SubTrace(Func(name, block), [], tree, flat.leaves, flat.first, tags)


def close(ev: Evaluator, func: Func) -> list[Value]:
    """Turn what the body reads from outside into parameters; returns the outside values."""
    free, names = closing.close(func.body)
    return [*free, *closing.sizes(ev, names)]


def refuse_writes(ev: Evaluator, before: State, after: State, transform: str) -> None:
    """Error if a transformed function wrote outside itself."""
    for ref in (*after.heap, *after.poisoned):
        if not (ref in before.heap or ref in ev.initial) or not changed(ev, before, after, ref):
            continue
        path, state = ev.live.paths.get(ref), after.heap.get(ref)
        what = "a variable of an enclosing function" if isinstance(state, CellState) else "an object outside itself"
        if path is not None and str(path):
            what = f"{str(path).replace('function.__self__', 'self')}, which is outside of it"
        ev.error(
            UnsupportedError,
            f"the function given to {transform} writes to {what}, and the write would be lost: transformed functions "
            "work on copies",
            code=WRITES_OUTSIDE,
            fix="return the value instead of writing it (has_aux=True lets grad pass it on)",
        )
