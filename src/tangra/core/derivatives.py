"""Derivatives inside compiled code: what calling `tg.grad(f)`, `tg.jvp(f, …)` … means for the evaluator.

Every entry takes abstract values, traces `f` into a function of its own, transforms that, and calls the result. The
outermost call from Python goes through here too, since it is the compilation of a transformed function.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tangra.api.values import AbstractValue, ArrayValue, Const, Scalar, TupleValue
from tangra.core import stages, subtrace
from tangra.core.application import Application
from tangra.core.arguments import Arguments, check_floats, has_floats, is_float
from tangra.core.matching import matching
from tangra.core.spelling import spelled_shape
from tangra.core.subtrace import SubTrace
from tangra.core.trees import Leaf, Node, Tree, build, current, like, numbers
from tangra.errors import NotDifferentiableError, Note, TypeMismatchError, declare
from tangra.frontend.evaluator import Evaluator
from tangra.ir import Func, Value
from tangra.transforms import jvp as forward
from tangra.transforms import vjp as reverse
from tangra.transforms.activity import stopped_by
from tangra.transforms.rules import calls_derivative

NOT_SCALAR = declare("TG804", "grad of a function whose result is not one float")
CUT_OFF = declare("TG805", "a gradient that is zero everywhere because of a step function or integers")


def check_cuts(
    ev: Evaluator, func: Func, a: Arguments, zero: Sequence[bool], cuts_by: Sequence[Sequence[Any]], transform: str
) -> None:
    """Error if the whole derivative of `func` with respect to an argument is zero because of a step function; `cuts_by`
    has for each active leaf the operations that stopped its derivative. Where `func` takes derivatives itself, what
    stops within those doesn't count: a piecewise linear function's second derivative is zero."""
    if calls_derivative(func):
        cuts_by = [[op for op in cuts if op.defn.name != "call"] for cuts in stopped_by(func, len(a.active))]
    by_leaf = dict(zip(a.active, zero, strict=True))
    stopped = dict(zip(a.active, cuts_by, strict=True))
    for key in a.chosen:
        flat = [k for k in numbers(a.trees[key]) if k in by_leaf]
        cuts = list({id(op): op for k in flat for op in stopped[k]}.values())
        if flat and cuts and all(by_leaf[k] for k in flat):
            notes = [Note(f"{op.name} has derivative zero", op.span) for op in cuts[:3]]
            ev.error(
                NotDifferentiableError,
                f"{transform}: the derivative with respect to {a.paths[flat[0]]} is zero everywhere, because the "
                "result depends on it only through integers, comparisons or step functions",
                code=CUT_OFF,
                notes=notes,
                fix="use tg.stop_gradient(...) where that is meant",
            )


# ---- reverse ------------------------------------------------------------------------------------------------


@dataclass
class Pulled:
    """A function traced and differentiated in reverse: call `run` with cotangents of the float results."""

    ev: Evaluator
    arguments: Arguments
    sub: SubTrace
    floats: list[int]
    func: Func
    transform: str

    def run(self, cotangents: Sequence[Value]) -> tuple[list[Value], list[Value]]:
        """(values of the result's leaves and tags, cotangents of the active leaves)."""
        ev, a = self.ev, self.arguments
        results = subtrace.call(ev, self.func, [*a.values(), *self.sub.captured, *cotangents])
        primal = len(self.sub.func.returned)
        return results[:primal], results[primal:]

    def result(self, values: Sequence[Value], tree: Tree | None = None) -> AbstractValue:
        """The function's result from the values `run` gave."""
        return rebuild(self.ev, self.sub, values, tree)


def rebuild(ev: Evaluator, sub: SubTrace, values: Sequence[Value], tree: Tree | None = None) -> AbstractValue:
    """The result of a traced function from the values of its leaves and tags."""
    return build(ev, sub.tree if tree is None else tree, leaves_of(ev, sub, values, {}), {})


def leaves_of(
    ev: Evaluator, sub: SubTrace, values: Sequence[Value], known: dict[int, ArrayValue]
) -> list[AbstractValue]:
    """The leaves of the result of a traced function; those in `known` are that."""
    leaves: list[AbstractValue] = []
    for k, leaf in enumerate(sub.leaves):
        if k in known:
            leaves.append(known[k])
        elif sub.first[k] < k:
            leaves.append(leaves[sub.first[k]])
        elif isinstance(leaf, ArrayValue):
            leaves.append(like(ev, leaf, values[k]))
        elif isinstance(leaf, Const):
            leaves.append(leaf)
        else:
            assert isinstance(leaf, Scalar)
            tag = sub.tags[k]
            leaves.append(Scalar(values[k], leaf.kinds, None if tag is None else values[tag], None, leaf.lo, leaf.hi))
    return leaves


def pull(call: Application, transform: str) -> Pulled:
    """Trace and differentiate the function in reverse with respect to the chosen arguments."""
    a = call.arguments(call.chosen(transform))
    check_floats(call.ev, a, transform)
    sub = call.traced(a, transform)
    stages.note("before vjp", sub.func)
    func = reverse(sub.func, [k < len(a.active) for k in range(len(sub.func.params))])
    stages.note("after vjp", func, len(sub.func.returned))
    floats = [k for k, v in enumerate(sub.func.returned) if getattr(v.type, "dtype", None) and v.dtype.is_float]
    return Pulled(call.ev, a, sub, floats, func, transform)


def _by_all_floats(ev: Evaluator, function: AbstractValue, primals: Sequence[AbstractValue]) -> Application:
    """The function at these primals, to be differentiated by all of them that hold floats."""
    return Application(
        ev, function, primals, options={"argnums": tuple(k for k, v in enumerate(primals) if has_floats(ev, v))}
    )


def gradient_tree(ev: Evaluator, a: Arguments, cotangents: Sequence[Value]) -> AbstractValue:
    """Cotangents in the structure of the chosen arguments: floats get their gradient in their own Python type, ints,
    bools and other parts None."""
    by_leaf = dict(zip(a.active, cotangents, strict=True))
    leaves: list[AbstractValue] = [
        like(ev, leaf, by_leaf[k]) if k in by_leaf else Const(None) for k, leaf in enumerate(a.leaves)
    ]
    parts = [build(ev, _without_constants(a.trees[key]), leaves) for key in a.chosen]
    return a.together(parts)


def _without_constants(tree: Tree) -> Tree:
    if isinstance(tree, Node):
        return Node(tree.form, tuple(_without_constants(c) for c in tree.children), tree.names, tree.cls)
    return Const(None) if isinstance(tree, Const) else tree


def scalar_loss(ev: Evaluator, p: Pulled, has_aux: bool) -> int:
    """The number of the leaf that grad differentiates: the result, or its first part with `has_aux`."""
    tree = p.sub.tree
    if has_aux:
        if not (isinstance(tree, Node) and tree.form == "tuple" and len(tree.children) == 2):
            ev.error(
                TypeMismatchError,
                f"{p.transform} with has_aux: the function must return (loss, aux)",
                code=NOT_SCALAR,
                fix="return a tuple of two: the float to differentiate, and anything else",
            )
        tree = tree.children[0]
    leaf = p.sub.leaves[tree.number] if isinstance(tree, Leaf) else None
    if leaf is None or p.sub.func.returned[tree.number].array.rank or not is_float(ev, leaf):  # type: ignore[union-attr]
        shape = ""
        if isinstance(leaf, ArrayValue):
            shape = f" an array of shape {spelled_shape(leaf.type.shape)}"
        ev.error(
            NotDifferentiableError,
            f"{p.transform} needs a function that returns one float, but this one returns{shape or ' something else'}",
            code=NOT_SCALAR,
            fix="reduce the result with np.sum or np.mean, or use tg.jacrev or tg.jacfwd",
        )
    assert isinstance(tree, Leaf)
    return tree.number


def value_and_grad(call: Application, transform: str = "value_and_grad") -> tuple[AbstractValue, AbstractValue]:
    """(result, gradient) of a function that returns one float."""
    ev, p = call.ev, pull(call, transform)
    loss = scalar_loss(ev, p, bool(call.options.get("has_aux")))
    check_cuts(ev, p.sub.func, p.arguments, p.func.attrs["structural_zero"], p.func.attrs["cuts_by"], transform)
    returned = p.sub.func.returned
    seeds = [ev.b.filled(1.0 if k == loss else 0.0, returned[k].array) for k in p.floats]
    values, cotangents = p.run(seeds)
    return p.result(values), gradient_tree(ev, p.arguments, cotangents)


def grad(call: Application) -> AbstractValue:
    """`tg.grad(f)(*args)`; with has_aux (gradient, aux)."""
    result, gradient = value_and_grad(call, "grad")
    if not call.options.get("has_aux"):
        return gradient
    assert isinstance(result, TupleValue)
    return TupleValue((gradient, result.items[1]))


def vjp(
    ev: Evaluator, function: AbstractValue, primals: Sequence[AbstractValue], cotangent: AbstractValue
) -> tuple[AbstractValue, AbstractValue]:
    """(result, cotangents of all arguments as a tuple) for a cotangent in the structure of the result."""
    p = pull(_by_all_floats(ev, function, primals), "vjp")
    primal = dict(enumerate(p.sub.func.returned[: len(p.sub.leaves)]))
    seeds = matching(ev, cotangent, p.sub.tree, p.sub.leaves, primal, "cotangent")
    values, cotangents = p.run([seeds[k] for k in p.floats])
    by_leaf = dict(zip(p.arguments.active, cotangents, strict=True))
    leaves: list[AbstractValue] = [
        like(ev, leaf, by_leaf[k]) if k in by_leaf else Const(None) for k, leaf in enumerate(p.arguments.leaves)
    ]
    parts = [build(ev, _without_constants(p.arguments.trees[k]), leaves) for k in range(len(primals))]
    return p.result(values), TupleValue(tuple(parts))


# ---- forward ------------------------------------------------------------------------------------------------


@dataclass
class Pushed:
    """A function traced and differentiated forward."""

    ev: Evaluator
    arguments: Arguments
    sub: SubTrace
    floats: list[int]
    func: Func

    def run(self, tangents: Sequence[Value]) -> tuple[list[Value], list[Value]]:
        """(values of the result's leaves and tags, tangents of the float ones)."""
        results = subtrace.call(self.ev, self.func, [*self.arguments.values(), *self.sub.captured, *tangents])
        primal = len(self.sub.func.returned)
        return results[:primal], results[primal:]


def push(call: Application, transform: str) -> Pushed:
    """Trace and differentiate the function forward with respect to the chosen arguments."""
    a = call.arguments(call.chosen(transform))
    check_floats(call.ev, a, transform)
    sub = call.traced(a, transform)
    stages.note("before jvp", sub.func)
    func = forward(sub.func, [k < len(a.active) for k in range(len(sub.func.params))])
    stages.note("after jvp", func)
    floats = [k for k, v in enumerate(sub.func.returned) if v.dtype.is_float]
    return Pushed(call.ev, a, sub, floats, func)


def tangent_result(ev: Evaluator, sub: SubTrace, floats: Sequence[int], tangents: Sequence[Value]) -> AbstractValue:
    """Tangents in the structure of the result; ints and other parts None."""
    by_leaf = dict(zip(floats, tangents, strict=True))
    leaves: list[AbstractValue] = []
    for k, leaf in enumerate(sub.leaves):
        if k not in by_leaf:
            leaves.append(Const(None))
        elif isinstance(leaf, Scalar) and leaf.tag is None:
            leaves.append(Scalar(by_leaf[k], leaf.kinds))
        elif isinstance(leaf, ArrayValue):
            leaves.append(like(ev, leaf, by_leaf[k]))
        else:
            leaves.append(ev.scalar(by_leaf[k]))
    return build(ev, _without_constants(sub.tree), leaves)


def jvp(
    ev: Evaluator,
    function: AbstractValue,
    primals: Sequence[AbstractValue],
    tangents: Sequence[AbstractValue],
) -> tuple[AbstractValue, AbstractValue]:
    """(result, tangent of the result) along `tangents`, which have the structure of the primals."""
    p = push(_by_all_floats(ev, function, primals), "jvp")
    a = p.arguments
    values = {k: current(ev, leaf) for k, leaf in enumerate(a.leaves)}
    tree = Node("tuple", tuple(a.trees.values()))
    found = matching(ev, TupleValue(tuple(tangents)), tree, a.leaves, values, "tangent")
    results, out = p.run([found[k] for k in a.active])
    return rebuild(ev, p.sub, results), tangent_result(ev, p.sub, p.floats, out)
