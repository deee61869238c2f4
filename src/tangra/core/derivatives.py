"""Derivatives inside compiled code: what calling `tg.grad(f)`, `tg.jvp(f, …)` … means for the evaluator.

Every entry takes abstract values, traces `f` into a function of its own, transforms that, and calls the result. The
outermost call from Python goes through here too, since it is the compilation of a transformed function.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tangra.api.elementwise import is_number
from tangra.api.values import AbstractValue, ArrayValue, Const, FunctionValue, Scalar, TransformValue, TupleValue
from tangra.core import stages
from tangra.core.subtrace import SubTrace, trace
from tangra.core.trees import Flattener, Leaf, Node, Tree, build, current, like
from tangra.errors import NotDifferentiableError, Note, TypeMismatchError, declare
from tangra.frontend.evaluator import Evaluator
from tangra.ir import Block, Func, Value
from tangra.transforms import jvp as forward
from tangra.transforms import vjp as reverse

NOT_A_FLOAT = declare("TG803", "an argument to differentiate by that holds no floats")
NOT_SCALAR = declare("TG804", "grad of a function whose result is not one float")
CUT_OFF = declare("TG805", "a gradient that is zero everywhere because of a step function or integers")
NO_SUCH_ARGUMENT = declare("TG806", "argnums or argnames that name no argument of the call")
TANGENT_MISMATCH = declare("TG807", "tangents or cotangents that don't fit their primals")

Key = int | str


@dataclass
class Arguments:
    """The arguments of a call, taken apart: the differentiated ones in `chosen`, by position or name."""

    ev: Evaluator
    args: list[AbstractValue]
    kwargs: dict[str, AbstractValue]
    chosen: list[Key]
    trees: dict[Key, Tree] = field(default_factory=dict)
    leaves: list[AbstractValue] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    active: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        flat = Flattener(self.ev)
        named: list[tuple[Key, AbstractValue]] = [*enumerate(self.args), *self.kwargs.items()]
        for key, v in named:
            start = len(flat.leaves)
            self.trees[key] = flat.add(v, f"argument {key}" if isinstance(key, int) else key)
            if key in self.chosen:
                self.active += [k for k in range(start, len(flat.leaves)) if is_float(self.ev, flat.leaves[k])]
        self.leaves, self.paths = flat.leaves, flat.paths

    def values(self) -> list[Value]:
        """The IR values of the active leaves."""
        return [current(self.ev, self.leaves[k]) for k in self.active]

    def enter(self, block: Block) -> tuple[list[AbstractValue], dict[str, AbstractValue]]:
        """Fresh arguments whose active leaves are parameters of `block`."""
        ev, fresh = self.ev, []
        slots = {k: n for n, k in enumerate(self.active)}
        params = [block.add_arg(v.type, "") for v in self.values_in(block)]
        for k, leaf in enumerate(self.leaves):
            if k in slots:
                fresh.append(like(ev, leaf, params[slots[k]]))
            elif isinstance(leaf, ArrayValue):
                fresh.append(like(ev, leaf, ev.read(leaf.ref)))
            else:
                fresh.append(leaf)
        built = {key: build(ev, tree, fresh) for key, tree in self.trees.items()}
        return [built[k] for k in range(len(self.args))], {k: built[k] for k in self.kwargs}

    def values_in(self, block: Block) -> list[Value]:
        """The active leaves' values, for their types only."""
        with self.ev.b.at(Block()):
            return self.values()


def is_float(ev: Evaluator, leaf: AbstractValue) -> bool:
    """A leaf that derivatives are taken by: floats, not ints or bools."""
    if isinstance(leaf, Const):
        return isinstance(leaf.value, float) or getattr(getattr(leaf.value, "dtype", None), "kind", "") == "f"
    if isinstance(leaf, Scalar):
        return any(k.dtype.is_float for k in leaf.kinds)
    assert isinstance(leaf, ArrayValue)
    return leaf.type.dtype.is_float


def choose(
    ev: Evaluator,
    function: AbstractValue,
    options: dict[str, Any],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    transform: str,
) -> list[Key]:
    """The keys of the arguments to differentiate by, from `argnums` and `argnames`."""
    argnums, argnames = options.get("argnums"), options.get("argnames")
    chosen: list[Key] = []
    if argnums is None and argnames is None:
        argnums = 0
    for k in () if argnums is None else argnums if isinstance(argnums, tuple | list) else (argnums,):
        chosen.append(int(k) + len(args) if int(k) < 0 else int(k))
    chosen += () if argnames is None else argnames if isinstance(argnames, tuple | list) else (argnames,)
    chosen = [_passed(key, parameters(function), len(args), kwargs) for key in chosen]
    for key in chosen:
        if key not in kwargs and not (isinstance(key, int) and 0 <= key < len(args)):
            ev.error(
                TypeMismatchError,
                f"{transform}: there is no argument {key!r} in this call of {len(args)} positional and "
                f"{len(kwargs)} keyword arguments",
                code=NO_SUCH_ARGUMENT,
                fix="name an argument that the call passes; one left to its default is a constant",
            )
    return chosen


def parameters(function: AbstractValue) -> list[str]:
    """The names of a function's positional parameters, as far as they are known."""
    if isinstance(function, FunctionValue):
        arguments = function.definition.node.args
        return [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    if isinstance(function, TransformValue):
        return parameters(function.function)
    live = function.value if isinstance(function, Const) else None
    try:
        found = inspect.signature(live).parameters.values() if callable(live) else ()
    except (TypeError, ValueError):
        return []
    return [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _passed(key: Key, names: Sequence[str], positional: int, kwargs: dict[str, Any]) -> Key:
    """How the call passes an argument that is named here by position or name."""
    if isinstance(key, str):
        where = names.index(key) if key in names and key not in kwargs else -1
        return where if 0 <= where < positional else key
    return names[key] if positional <= key < len(names) and names[key] in kwargs else key


def check_floats(ev: Evaluator, a: Arguments, transform: str) -> None:
    """Every chosen argument must hold a float."""
    for key in a.chosen:
        flat = _numbers(a.trees[key])
        if not any(k in a.active for k in flat):
            ev.error(
                NotDifferentiableError,
                f"{transform}: {a.paths[flat[0]] if flat else f'argument {key}'} holds no floating-point numbers to "
                "differentiate by",
                code=NOT_A_FLOAT,
                fix="pass floats: float(x), or x.astype(np.float64)",
            )


def _numbers(tree: Tree) -> list[int]:
    if isinstance(tree, Leaf):
        return [tree.number]
    return [n for child in tree.children for n in _numbers(child)] if isinstance(tree, Node) else []


def check_cuts(
    ev: Evaluator, a: Arguments, zero: Sequence[bool], cuts_by: Sequence[Sequence[Any]], transform: str
) -> None:
    """Error if the whole derivative with respect to an argument is zero because of a step function; `cuts_by` has for
    each active leaf the operations that stopped its derivative."""
    by_leaf = dict(zip(a.active, zero, strict=True))
    stopped = dict(zip(a.active, cuts_by, strict=True))
    for key in a.chosen:
        flat = [k for k in _numbers(a.trees[key]) if k in by_leaf]
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
        op = ev.b.call(self.func, [*a.values(), *self.sub.captured, *cotangents])
        primal = len(self.sub.func.returned)
        return op.results[:primal], op.results[primal:]

    def result(self, values: Sequence[Value], tree: Tree | None = None) -> AbstractValue:
        """The function's result from the values `run` gave."""
        return rebuild(self.ev, self.sub, values, tree)


def rebuild(ev: Evaluator, sub: SubTrace, values: Sequence[Value], tree: Tree | None = None) -> AbstractValue:
    """The result of a traced function from the values of its leaves and tags."""
    leaves: list[AbstractValue] = []
    for k, leaf in enumerate(sub.leaves):
        if isinstance(leaf, ArrayValue):
            leaves.append(like(ev, leaf, values[k]))
        elif isinstance(leaf, Const):
            leaves.append(leaf)
        else:
            assert isinstance(leaf, Scalar)
            tag = sub.tags[k]
            leaves.append(Scalar(values[k], leaf.kinds, None if tag is None else values[tag], None, leaf.lo, leaf.hi))
    return build(ev, sub.tree if tree is None else tree, leaves)


def pull(
    ev: Evaluator,
    function: AbstractValue,
    args: Sequence[AbstractValue],
    kwargs: dict[str, AbstractValue],
    options: dict[str, Any],
    transform: str,
) -> Pulled:
    """Trace and differentiate `function` in reverse with respect to the chosen arguments."""
    a = Arguments(ev, list(args), kwargs, choose(ev, function, options, args, kwargs, transform))
    check_floats(ev, a, transform)
    sub = trace(ev, function, a.enter, transform)
    stages.note("before vjp", sub.func)
    func = reverse(sub.func, [k < len(a.active) for k in range(len(sub.func.params))])
    stages.note("after vjp", func, len(sub.func.returned))
    floats = [k for k, v in enumerate(sub.func.returned) if getattr(v.type, "dtype", None) and v.dtype.is_float]
    return Pulled(ev, a, sub, floats, func, transform)


def gradient_tree(ev: Evaluator, a: Arguments, cotangents: Sequence[Value]) -> AbstractValue:
    """Cotangents in the structure of the chosen arguments: floats get their gradient in their own Python type, ints,
    bools and other parts None."""
    by_leaf = dict(zip(a.active, cotangents, strict=True))
    leaves: list[AbstractValue] = [
        like(ev, leaf, by_leaf[k]) if k in by_leaf else Const(None) for k, leaf in enumerate(a.leaves)
    ]
    parts = [build(ev, _without_constants(a.trees[key]), leaves) for key in a.chosen]
    return parts[0] if len(parts) == 1 else TupleValue(tuple(parts))


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
                TypeMismatchError, f"{p.transform} with has_aux: the function must return (loss, aux)", code=NOT_SCALAR
            )
        tree = tree.children[0]
    leaf = p.sub.leaves[tree.number] if isinstance(tree, Leaf) else None
    if leaf is None or p.sub.func.returned[tree.number].array.rank or not is_float(ev, leaf):  # type: ignore[union-attr]
        shape = ""
        if isinstance(leaf, ArrayValue):
            shape = f" an array of shape ({', '.join(map(str, leaf.type.shape))})"
        ev.error(
            NotDifferentiableError,
            f"{p.transform} needs a function that returns one float, but this one returns{shape or ' something else'}",
            code=NOT_SCALAR,
            fix="reduce the result with np.sum or np.mean, or use tg.jacrev or tg.jacfwd",
        )
    assert isinstance(tree, Leaf)
    return tree.number


def value_and_grad(
    ev: Evaluator,
    function: AbstractValue,
    args: Sequence[AbstractValue],
    kwargs: dict[str, AbstractValue],
    options: dict[str, Any],
    transform: str = "value_and_grad",
) -> tuple[AbstractValue, AbstractValue]:
    """(result, gradient) of a function that returns one float."""
    p = pull(ev, function, args, kwargs, options, transform)
    loss = scalar_loss(ev, p, bool(options.get("has_aux")))
    check_cuts(ev, p.arguments, p.func.attrs["structural_zero"], p.func.attrs["cuts_by"], transform)
    returned = p.sub.func.returned
    seeds = [ev.b.filled(1.0 if k == loss else 0.0, returned[k].array) for k in p.floats]
    values, cotangents = p.run(seeds)
    return p.result(values), gradient_tree(ev, p.arguments, cotangents)


def grad(
    ev: Evaluator,
    function: AbstractValue,
    args: Sequence[AbstractValue],
    kwargs: dict[str, AbstractValue],
    options: dict[str, Any],
) -> AbstractValue:
    """`tg.grad(f)(*args)`; with has_aux (gradient, aux)."""
    result, gradient = value_and_grad(ev, function, args, kwargs, options, "grad")
    if not options.get("has_aux"):
        return gradient
    assert isinstance(result, TupleValue)
    return TupleValue((gradient, result.items[1]))


def vjp(
    ev: Evaluator,
    function: AbstractValue,
    args: Sequence[AbstractValue],
    kwargs: dict[str, AbstractValue],
    cotangent: AbstractValue,
) -> tuple[AbstractValue, AbstractValue]:
    """(result, cotangents of all arguments as a tuple) for a cotangent in the structure of the result."""
    options = {"argnums": tuple(k for k, v in enumerate(args) if has_floats(ev, v))}
    p = pull(ev, function, args, kwargs, options, "vjp")
    seeds = matching(
        ev, cotangent, p.sub.leaves, [p.sub.func.returned[k] for k in range(len(p.sub.leaves))], "cotangent"
    )
    values, cotangents = p.run([seeds[k] for k in p.floats])
    by_leaf = dict(zip(p.arguments.active, cotangents, strict=True))
    leaves: list[AbstractValue] = [
        like(ev, leaf, by_leaf[k]) if k in by_leaf else Const(None) for k, leaf in enumerate(p.arguments.leaves)
    ]
    parts = [build(ev, _without_constants(p.arguments.trees[k]), leaves) for k in range(len(args))]
    return p.result(values), TupleValue(tuple(parts))


def has_floats(ev: Evaluator, v: AbstractValue) -> bool:
    """Whether an argument holds floats."""
    flat = Flattener(ev)
    flat.add(v, "argument")
    return any(is_float(ev, leaf) for leaf in flat.leaves)


def matching(
    ev: Evaluator, given: AbstractValue, leaves: Sequence[AbstractValue], values: Sequence[Value], what: str
) -> list[Value]:
    """The leaves of tangents or cotangents `given`, checked against the primal leaves and cast to their dtype."""
    flat = Flattener(ev)
    flat.add(given, what)
    found: list[Value] = []
    numbers = iter(flat.leaves)
    same = len(flat.leaves) == len(leaves)
    for leaf, value in zip(leaves, values, strict=True):
        if not is_float(ev, leaf) and not same:
            found.append(ev.b.zeros(value.array))
            continue
        t = next(numbers, None)
        if t is None or not (is_number(t) or isinstance(t, ArrayValue)):
            ev.error(
                TypeMismatchError,
                f"the {what} has {len(flat.leaves)} leaves, the primal {len(leaves)}",
                code=TANGENT_MISMATCH,
            )
        v = current(ev, t)
        if v.shape != value.shape:
            ev.error(
                TypeMismatchError,
                f"a {what} of shape {v.shape} for a value of shape {value.shape}",
                code=TANGENT_MISMATCH,
            )
        found.append(v if v.dtype == value.dtype else ev.b("cast", v, dtype=value.dtype))
    return found


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
        op = self.ev.b.call(self.func, [*self.arguments.values(), *self.sub.captured, *tangents])
        primal = len(self.sub.func.returned)
        return op.results[:primal], op.results[primal:]


def push(
    ev: Evaluator,
    function: AbstractValue,
    args: Sequence[AbstractValue],
    kwargs: dict[str, AbstractValue],
    options: dict[str, Any],
    transform: str,
) -> Pushed:
    """Trace and differentiate `function` forward with respect to the chosen arguments."""
    a = Arguments(ev, list(args), kwargs, choose(ev, function, options, args, kwargs, transform))
    check_floats(ev, a, transform)
    sub = trace(ev, function, a.enter, transform)
    stages.note("before jvp", sub.func)
    func = forward(sub.func, [k < len(a.active) for k in range(len(sub.func.params))])
    stages.note("after jvp", func)
    floats = [k for k, v in enumerate(sub.func.returned) if v.dtype.is_float]
    return Pushed(ev, a, sub, floats, func)


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
    options = {"argnums": tuple(k for k, v in enumerate(primals) if has_floats(ev, v))}
    p = push(ev, function, primals, {}, options, "jvp")
    a = p.arguments
    values = [current(ev, leaf) for leaf in a.leaves]
    found = matching(ev, TupleValue(tuple(tangents)), a.leaves, values, "tangent")
    results, out = p.run([found[k] for k in a.active])
    return rebuild(ev, p.sub, results), tangent_result(ev, p.sub, p.floats, out)


Entry = Callable[..., AbstractValue]
