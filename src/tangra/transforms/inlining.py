"""Inlining of calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tangra.ir import Block, Func, Op, Value
from tangra.ir.graph import arguments_of, clone_block, kept_by, substitute_uses
from tangra.ir.mentions import symbols_of_block
from tangra.shapes import Size, symbol
from tangra.transforms.symbols import bound_symbols, fresh_symbol, match_sizes, retype_block

SMALL = 60
"""Operations of a callee that is inlined however often it is called."""


def inline_calls(func: Func, small: int = SMALL, once: bool = True) -> Func:
    """Replace, in place, calls of small callees and (with `once`) of callees that are called once. Returns `func`.

    Specialisations of a recursive function stay, unless they are small. What a failure in the callee writes back
    becomes what the call's `state` attribute says: pairs of a parameter index of the callee and one of the caller.
    """
    while _inline_round(func, small, once):
        pass
    return func


def inline_small_calls(func: Func) -> Func:
    """The same for small callees only."""
    return inline_calls(func, once=False)


@dataclass
class _Callees:
    """How many calls there are of each function in the whole program, and how large it is with its small callees."""

    calls: dict[int, int]
    sizes: dict[int, int]


def _callees(func: Func, small: int) -> _Callees:
    found = _Callees({}, {})
    for each in [*func.callees(), func]:
        size = 0
        for op in each.body.walk():
            callee = op.attrs.get("callee")
            inside = 1
            if isinstance(callee, Func):
                found.calls[id(callee)] = found.calls.get(id(callee), 0) + 1
                inside = found.sizes[id(callee)] if found.sizes[id(callee)] <= small else 1
            size += inside
        found.sizes[id(each)] = size
    return found


def _inline_round(func: Func, small: int, once: bool) -> bool:
    known = _callees(func, small)
    taken = symbols_of_block(func.body) | bound_symbols(func.body) if known.calls else set()
    mapping: dict[int, Value] = {}
    replaced: list[Op] = []  # kept until the end, so that no new value gets the id of a replaced one

    def wanted(op: Op) -> bool:
        callee: Func = op.attrs["callee"]
        if known.sizes[id(callee)] <= small:
            return True
        return once and known.calls[id(callee)] == 1 and not callee.attrs.get("recursive")

    def visit(block: Block, named: dict[int, Size]) -> None:
        """`named` are the sizes that numbers are known as here."""
        ops: list[Op] = []
        for op in block.ops:
            for region in op.regions:
                visit(region, dict(named))
            fresh = [op]
            if op.name == "call" and wanted(op):
                fresh = _expanded(op, mapping, taken, named)
                replaced.append(op)
            ops += fresh
            named.update((id(each.operands[0]), symbol(each.attrs["symbol"])) for each in fresh if _binds(each))
        block.ops = ops

    visit(func.body, {})
    if mapping:
        _close(mapping)
        substitute_uses(func.body, mapping)
    return bool(replaced)


def _binds(op: Op) -> bool:
    return op.name == "bind_dim"


def _expanded(call: Op, mapping: dict[int, Value], taken: set[str], named: Mapping[int, Size]) -> list[Op]:
    """The operations of the callee on the call's operands; records what the call's results become."""
    callee: Func = call.attrs["callee"]
    body = clone_block(callee.body, {})
    arguments = {id(p): v for p, v in zip(body.args, arguments_of(call), strict=True)}
    _fit_sizes(call, callee, body, taken, {id(v): _size(v, named) for v in arguments_of(call)})
    substitute_uses(body, arguments)
    ours = dict(call.attrs.get("state", ()))
    kept = kept_by(call)
    for op in body.walk():
        _map_state(op, ours)
        _keep(op, kept)
    for r, v in zip(call.results, body.terminator.operands, strict=True):
        mapping[id(r)] = v
    return body.ops[:-1]


def _map_state(op: Op, ours: dict[int, int]) -> None:
    """What a failure in the callee writes back, in terms of the caller's parameters."""
    if op.name == "fail_if" and op.attrs.get("n_state"):
        count = op.attrs["n_state"]
        kept = [k for k, index in enumerate(op.attrs["state"]) if index in ours]
        op.operands = [op.operands[0], *(op.operands[1 + k] for k in kept), *op.operands[1 + count :]]
        op.attrs = {**op.attrs, "state": tuple(ours[op.attrs["state"][k]] for k in kept), "n_state": len(kept)}
    elif op.name == "call" and op.attrs.get("state"):
        pairs = tuple((theirs, ours[index]) for theirs, index in op.attrs["state"] if index in ours)
        op.attrs = {**op.attrs, "state": pairs}


def _keep(op: Op, kept: Sequence[tuple[int, Value]]) -> None:
    """A failure in what was a callee writes back what the call kept, where the callee says nothing about it."""
    if op.name == "fail_if":
        count, said = op.attrs.get("n_state", 0), op.attrs.get("state", ())
        more = [(index, v) for index, v in kept if index not in said]
        op.operands = [*op.operands[: 1 + count], *(v for _, v in more), *op.operands[1 + count :]]
        state = (*said, *(index for index, _ in more))
        op.attrs = {**op.attrs, "state": state, "n_state": len(state)}
    elif "callee" in op.attrs or "primal" in op.attrs:
        said = {*op.attrs.get("kept", ()), *(index for _, index in op.attrs.get("state", ()))}
        more = [(index, v) for index, v in kept if index not in said]
        op.operands = [*op.operands, *(v for _, v in more)]
        op.attrs = {**op.attrs, "kept": (*op.attrs.get("kept", ()), *(index for index, _ in more))}


def _size(v: Value, named: Mapping[int, Size]) -> Size | None:
    """What number `v` is known as, if it is a size."""
    made = v.defining_op
    return made.attrs["size"] if made is not None and made.name == "dim" else named.get(id(v))


def _fit_sizes(call: Op, callee: Func, body: Block, taken: set[str], numbers: Mapping[int, Size | None]) -> None:
    """Write the callee's types in the caller's sizes.

    Symbols that the callee binds get new names, but for those that are sizes of results, or come as `numbers` that are
    sizes: the caller has a name for these already.
    """
    sizes: dict[str, Size] = {}
    for p, v in zip(callee.params, arguments_of(call), strict=True):
        match_sizes(p.type, v.type, sizes)
    for theirs, ours in zip(callee.result_types, call.results, strict=True):
        match_sizes(theirs, ours.type, sizes)
    given = {id(p): numbers[id(v)] for p, v in zip(callee.params, arguments_of(call), strict=True)}
    for op in callee.body.ops:
        known = given.get(id(op.operands[0])) if _binds(op) else None
        if known is not None:
            sizes.setdefault(op.attrs["symbol"], known)
    body.ops = [op for op in body.ops if not (_binds(op) and op.attrs["symbol"] in sizes)]
    names = {name: fresh_symbol(taken) for name in sorted(bound_symbols(body))}
    sizes.update({name: symbol(new) for name, new in names.items()})
    if sizes:
        retype_block(body, sizes, names)


def _close(mapping: dict[int, Value]) -> None:
    """Follow chains of replacements to their ends."""
    for key in list(mapping):
        v = mapping[key]
        while id(v) in mapping:
            v = mapping[id(v)]
        mapping[key] = v
