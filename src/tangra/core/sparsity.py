"""The two compiled functions behind `tg.sparse_jacobian`: which derivatives there are, and those along many tangents.

Both take one value more than `f`, first. `sparsity` runs the sets of `transforms.dependences`; `compressed` runs
several tangents at once, as `jacobians` does for those of the standard basis.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

from tangra.api.values import AbstractValue, ArrayValue, Const, Scalar, TupleValue
from tangra.core import subtrace
from tangra.core.application import Application
from tangra.core.arguments import Arguments
from tangra.core.derivatives import Pushed, push
from tangra.core.jacobians import mapped
from tangra.core.sparse import NOT_ARRAYS, WORDS
from tangra.core.trees import Leaf, current
from tangra.errors import NotDifferentiableError
from tangra.frontend.evaluator import Evaluator
from tangra.ir import Value
from tangra.transforms import dependences, several
from tangra.transforms.dependences import read_parameters, singletons

_forms = itertools.count()


def _pushed(call: Application) -> Pushed:
    """The forward derivative, by one array, of one array; the first argument is not the function's."""
    ev, p = call.ev, push(replace(call, args=call.args[1:]), "sparse_jacobian")
    a, tree = p.arguments, p.sub.tree
    leaf = a.leaves[a.active[0]]
    one = len(a.active) == 1 and isinstance(a.trees[a.chosen[0]], Leaf) and isinstance(leaf, ArrayValue)
    if not one:
        ev.error(
            NotDifferentiableError,
            f"sparse_jacobian differentiates by one array of floats, but {a.called(a.chosen[0])} is something else",
            code=NOT_ARRAYS,
            fix="choose one array by argnums, or use tg.jacfwd, which takes any structure",
        )
    if not (isinstance(tree, Leaf) and p.floats == [0] and p.sub.func.returned[0].array.rank):
        ev.error(
            NotDifferentiableError,
            "sparse_jacobian takes a function that returns one array of floats, but this one returns something else",
            code=NOT_ARRAYS,
            fix="return one array, for instance joined by np.concatenate, or use tg.jacfwd, which takes any structure",
        )
    return p


def _operands(ev: Evaluator, p: Pushed) -> list[Value]:
    """What the derivative is called with, but for the tangent, which comes last."""
    return [*p.arguments.values(), *p.sub.captured]


def sparsity(call: Application) -> AbstractValue:
    """Called with the first word and the arguments: (sets, whether they depend on nothing but whole numbers among the
    arguments). The sets are u64 of shape result + (WORDS,); None where there is no rule for an operation."""
    ev, p = call.ev, _pushed(call)
    operands, (value,) = _operands(ev, p), p.arguments.values()
    func = dependences(p.func, len(operands), WORDS)
    if func is None:
        return TupleValue((Const(None), Const(False)))
    sets = singletons(ev.b, value.array.shape, WORDS, current(ev, call.args[0]))
    found = subtrace.call(ev, func, [*operands, sets])[len(p.sub.func.returned)]
    read = [k for k in read_parameters(func) if k < len(operands)]
    whole = _whole_numbers(ev, p.arguments)
    fixed = all(id(operands[k]) in whole for k in read)
    return TupleValue((ev.new_array(found), Const(fixed)))


def _whole_numbers(ev: Evaluator, a: Arguments) -> set[int]:
    """The values of arguments that are ints or bools, not of parts of arguments."""
    alone = [a.leaves[tree.number] for tree in a.trees.values() if isinstance(tree, Leaf)]
    numbers = [v for v in alone if isinstance(v, Scalar) and not any(kind.dtype.is_float for kind in v.kinds)]
    return {id(current(ev, v)) for v in numbers}


def compressed(call: Application) -> AbstractValue:
    """Called with tangents (one along axis 0 each) and the arguments: (the derivatives along them, in the last axis; a
    number that tells this compiled form from others, which were compiled for other constants outside of `f`)."""
    ev, p = call.ev, _pushed(call)
    seeds, operands = current(ev, call.args[0]), _operands(ev, p)
    count, at, result = seeds.shape[0], len(operands), len(p.sub.func.returned)
    form = Const(next(_forms))
    ev.live.reads.this_process()
    together = several(p.func, {at}, count) if isinstance(count, int) else None
    rank = seeds.array.rank
    if together is not None:
        last = ev.b("transpose", seeds, perm=(*range(1, rank), 0))
        return TupleValue((ev.new_array(subtrace.call(ev, together, [*operands, last])[result]), form))
    found = mapped(ev, p.func, [*operands, ev.b.zeros(p.arguments.values()[0].array)], {at: seeds}, count)[result]
    return TupleValue((ev.new_array(ev.b("transpose", found, perm=(*range(1, found.array.rank), 0))), form))
