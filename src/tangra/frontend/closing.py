"""Turning a block that was evaluated in the middle of a function into the body of a function of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.ir import I64, Block, Op, Value, lookup, scalar
from tangra.ir.graph import free_values, substitute_uses
from tangra.ir.mentions import symbols_made_in
from tangra.shapes import Dim, symbol, symbols_of

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def close(body: Block) -> tuple[list[Value], list[str]]:
    """Make parameters of what `body` reads from outside.

    Returns the outside values and the size symbols, in the order of the new parameters: a symbol that `body` mentions
    and that nothing inside binds is passed as an int and bound at the start.
    """
    free = free_values(body)
    substitute_uses(body, {id(v): body.add_arg(v.type, v.name) for v in free})
    dims = [d for arg in body.args for d in getattr(arg.type, "shape", ()) if isinstance(d, Dim)]
    bound = {op.attrs["symbol"] for op in body.walk() if op.name == "bind_dim"} | {str(d) for d in dims}
    names = sorted(symbols_made_in(body).union(*map(symbols_of, dims)) - bound)
    body.ops[:0] = [
        Op(lookup("bind_dim"), [body.add_arg(scalar(I64))], {"symbol": name}, [], [], None) for name in names
    ]
    return free, names


def sizes(ev: Evaluator, names: list[str]) -> list[Value]:
    """The values to pass for size symbols."""
    return [ev.b.dim(symbol(name)) for name in names]
