"""Derivatives by the user's rules, recomputation by hand, and stopping derivatives, inside compiled code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tangra.api.values import AbstractValue, ArrayValue, Const, TupleValue, ViewStep
from tangra.core.application import Application
from tangra.core.arguments import Arguments, is_float
from tangra.core.derivatives import rebuild
from tangra.core.effects import Effects
from tangra.core.matching import matching
from tangra.core.spelling import spelled_shape
from tangra.core.subtrace import SubTrace, kept_for_failures, trace_block
from tangra.core.trees import Flattener, build, current, like, numbers
from tangra.errors import TypeMismatchError, declare
from tangra.frontend.evaluator import Evaluator
from tangra.frontend.paths import Path
from tangra.ir import Block, Builder, Func, Value
from tangra.shapes import symbol
from tangra.transforms import jvp as forward
from tangra.transforms import vjp as reverse
from tangra.transforms.errors import TransformError

NO_RULE = declare(
    "TG822",
    "a custom derivative without its rule, or a rule that returns something of another structure",
    fix="give the rule (defvjp, defjvp) right after the function, with results as the message says",
)


def stop_gradient(ev: Evaluator, x: AbstractValue) -> AbstractValue:
    """`tg.stop_gradient(x)`: the same value, a constant for derivatives. Arrays share their memory with those of x."""
    flat = Flattener(ev)
    tree = flat.add(x, "x")
    leaves: list[AbstractValue] = []
    for k, leaf in enumerate(flat.leaves):
        leaves.append(leaves[flat.first[k]] if flat.first[k] < k else _stopped(ev, leaf))
    return build(ev, tree, leaves, {}) if any(is_float(ev, leaf) for leaf in flat.leaves) else x


def _stopped(ev: Evaluator, leaf: AbstractValue) -> AbstractValue:
    if not is_float(ev, leaf):
        return leaf
    if not isinstance(leaf, ArrayValue):
        return like(ev, leaf, ev.b("stop_gradient", current(ev, leaf)))
    step = ViewStep(ev.b, "stop_gradient", (), ())
    return replace(ev.view(leaf, step.read, step.write), strides=leaf.strides)


def _call(
    ev: Evaluator, a: Arguments, sub: SubTrace, rules: dict[str, Func | None], captured: Sequence[Value], own: int
) -> list[Value]:
    """Emit the `custom_derivative`; its first operands are the active leaves, `own` says how many of all operands the
    rules know derivatives for."""
    kept, values = kept_for_failures(ev, sub.func)
    operands = [*a.values(), *captured, *values]
    return ev.b.emit("custom_derivative", operands, {"primal": sub.func, **rules, "own": own, **kept}).results


def recomputed(call: Application) -> AbstractValue:
    """`tg.checkpoint(f)(*args)`: nothing inside `f` is kept for the backward pass; it is computed again there."""
    a = call.arguments(call.every())
    effects = Effects(a)
    sub = call.traced(a, "checkpoint", effects)
    floats = [p.array.dtype.is_float for p in sub.func.params]
    rules = {"jvp": _if_any(lambda: forward(sub.func, floats)), "vjp": _if_any(lambda: _recomputing(sub, floats))}
    return effects.arrive(sub, _call(call.ev, a, sub, rules, sub.captured, len(sub.func.params)))


def _if_any(rule: Callable[[], Func]) -> Func | None:
    """The rule, if what the function calls has derivatives of that kind. Whether it is needed turns out later."""
    try:
        return rule()
    except TransformError:
        return None


def _recomputing(sub: SubTrace, floats: Sequence[bool]) -> Func:
    """The reverse derivative, which computes the function again and does not return its results."""
    pulled = reverse(sub.func, floats)
    b = Builder(Block())
    operands = {id(p): b.block.add_arg(p.type, p.name) for p in pulled.params}
    for op in pulled.body.ops:
        if op.name == "bind_dim" and (number := operands.get(id(op.operands[0]))) is not None:
            b.emit("bind_dim", [number], dict(op.attrs))
            operands[id(op.operands[0])] = b.dim(symbol(op.attrs["symbol"]))
    b.return_(*b.call(pulled, [operands[id(p)] for p in pulled.params]).results[len(sub.func.returned) :])
    return Func(f"checkpoint_{sub.func.name}", b.block)


def _without_effects(call: Application, a: Arguments, transform: str) -> SubTrace:
    """The function that rules are for, which may not write to its arguments: no rule says what becomes of these."""
    effects = Effects(a)
    sub = call.traced(a, transform, effects)
    effects.refuse(transform)
    return sub


def custom_vjp(call: Application) -> AbstractValue:
    """A function with a reverse rule: `fwd(*args)` is (result, residuals), `bwd(residuals, cotangent)` cotangents."""
    ev, options = call.ev, call.options
    call = call.in_order()
    fwd, bwd = (_rule(ev, options, name, "defvjp") for name in ("fwd", "bwd"))
    a = call.arguments(call.every())
    sub = _without_effects(call, a, "custom_vjp")
    if _too_deep(options["rule_of"]):
        return rebuild(ev, sub, _call(ev, a, sub, {"jvp": None, "vjp": None}, sub.captured, len(a.active)))
    floats = [k for k, leaf in enumerate(sub.leaves) if is_float(ev, leaf)]

    def compute(block: Block) -> AbstractValue:
        inner_args, inner_kwargs = a.enter(block)
        pair = ev.call(fwd, inner_args, inner_kwargs)
        items = ev.iterate(pair) if isinstance(pair, TupleValue) else None
        if items is None or len(items) != 2:
            ev.error(TypeMismatchError, "the fwd rule of a custom_vjp returns (result, residuals)", code=NO_RULE)
        seeds = {k: block.add_arg(sub.func.returned[k].type, "") for k in floats}
        leaves = [like(ev, leaf, seeds[k]) if k in seeds else Const(None) for k, leaf in enumerate(sub.leaves)]
        cotangents = ev.call(bwd, [items[1], build(ev, sub.tree, leaves)], {})
        return _argument_cotangents(ev, a, cotangents)

    with _inside_rule(options["rule_of"]):
        rule = trace_block(ev, compute, "custom_vjp", f"{sub.func.name}_vjp")
    _must_return(ev, rule, "custom_vjp")
    captured = unite(sub, rule, len(a.active), len(floats))
    return rebuild(ev, sub, _call(ev, a, sub, {"jvp": None, "vjp": rule.func}, captured, len(a.active)))


# ---- rules that call the function they are for ----------------------------------------------------------------------

MAX_RULE_DEPTH = 3
_depths: dict[int, int] = {}


@contextmanager
def _inside_rule(rule_of: object) -> Iterator[None]:
    """While a rule is traced: calls of its own function have rules again, for second and third derivatives, but deeper
    ones have none, so that a fourth derivative is refused."""
    _depths[id(rule_of)] = _depths.get(id(rule_of), 0) + 1
    try:
        yield
    finally:
        _depths[id(rule_of)] -= 1


def _too_deep(rule_of: object) -> bool:
    return _depths.get(id(rule_of), 0) >= MAX_RULE_DEPTH


def _argument_cotangents(ev: Evaluator, a: Arguments, given: AbstractValue) -> AbstractValue:
    """What bwd returned, as one array or number for each active leaf; None stands for zero."""
    items = ev.iterate(given) if isinstance(given, TupleValue) else [given]
    count = len(a.args) + len(a.kwargs)
    if items is None or len(items) != count:
        ev.error(
            TypeMismatchError,
            f"the bwd rule of a custom_vjp returns a tuple with one cotangent for each of the {count} arguments",
            code=NO_RULE,
        )
    found: list[AbstractValue] = []
    slots = set(a.active)
    values = {k: current(ev, leaf) for k, leaf in enumerate(a.leaves)}
    for key, item in zip(a.trees, items, strict=True):
        cotangents = matching(ev, item, a.trees[key], a.leaves, values, f"cotangent of argument {key}")
        found += [ev.result(cotangents[k]) for k in numbers(a.trees[key]) if k in slots]
    return TupleValue(tuple(found))


def unite(sub: SubTrace, rule: SubTrace, active: int, seeds: int) -> list[Value]:
    """Give primal and rule the same captured parameters; the rule's seeds go last. Its result gets a zero for every
    captured float. Returns the captured operands."""
    mine, theirs = list(sub.captured), list(rule.captured)
    primal_args, rule_args = sub.func.body.args, rule.func.body.args
    own = primal_args[active:]
    cts, rest = rule_args[active : active + seeds], rule_args[active + seeds :]
    spare = [Value(v.type, rule.func.body) for v in own]
    for v in rest:
        sub.func.body.add_arg(v.type, "")
    rule.func.body.args = [*rule_args[:active], *spare, *rest, *cts]
    returned = rule.func.body.ops.pop()
    b = Builder(rule.func.body)
    zeros = [b.zeros(v.array) for v in (*own, *rest) if v.array.dtype.is_float]
    b.return_(*returned.operands[:active], *zeros)
    return [*mine, *theirs]


def custom_jvp(call: Application) -> AbstractValue:
    """A function with a forward rule: `rule(primals, tangents) -> (result, tangent)`; reverse mode transposes it."""
    ev, options = call.ev, call.options
    call = call.in_order()
    rule_function = _rule(ev, options, "rule", "defjvp")
    a = call.arguments(call.every())
    sub = _without_effects(call, a, "custom_jvp")
    if _too_deep(options["rule_of"]):
        return rebuild(ev, sub, _call(ev, a, sub, {"jvp": None, "vjp": None}, sub.captured, len(a.active)))
    floats = [k for k, leaf in enumerate(sub.leaves) if is_float(ev, leaf)]

    def compute(block: Block) -> AbstractValue:
        inner_args, inner_kwargs = a.enter(block)
        params = [block.add_arg(p.type, "") for p in sub.func.params[: len(a.active)]]
        slots = dict(zip(a.active, params, strict=True))
        leaves = [like(ev, leaf, slots[k]) if k in slots else Const(None) for k, leaf in enumerate(a.leaves)]
        tangents = [build(ev, a.trees[key], leaves) for key in a.trees]
        primals = TupleValue((*inner_args, *inner_kwargs.values()))
        pair = ev.call(rule_function, [primals, TupleValue(tuple(tangents))], {})
        items = ev.iterate(pair) if isinstance(pair, TupleValue) else None
        if items is None or len(items) != 2:
            ev.error(TypeMismatchError, "the rule of a custom_jvp returns (result, tangent)", code=NO_RULE)
        flat = Flattener(ev)
        flat.add(items[0], "the result of the rule")
        if len(flat.leaves) != len(sub.leaves):
            ev.error(
                TypeMismatchError, "the rule of a custom_jvp returns another structure than the function", code=NO_RULE
            )
        values = [_fitting(ev, current(ev, v), like) for v, like in zip(flat.leaves, sub.func.returned, strict=False)]
        found = matching(ev, items[1], sub.tree, sub.leaves, dict(enumerate(values)), "tangent of the rule")
        return TupleValue((*(ev.result(v) for v in values), *(ev.result(found[k]) for k in floats)))

    with _inside_rule(options["rule_of"]):
        rule = trace_block(ev, compute, "custom_jvp", f"{sub.func.name}_jvp")
    _must_return(ev, rule, "custom_jvp")
    captured = unite_forward(sub, rule, len(a.active))
    return rebuild(ev, sub, _call(ev, a, sub, {"jvp": rule.func, "vjp": None}, captured, len(a.active)))


def _fitting(ev: Evaluator, v: Value, like: Value) -> Value:
    """A part of a rule's result, of the dtype that the function's own has."""
    if v.shape != like.shape:
        shapes = [spelled_shape(each.shape) for each in (v, like)]
        text = f"the rule of a custom_jvp returns a result of shape {shapes[0]}, the function one of shape {shapes[1]}"
        ev.error(TypeMismatchError, text, code=NO_RULE)
    return v if v.dtype == like.dtype else ev.b("cast", v, dtype=like.dtype)


def unite_forward(sub: SubTrace, rule: SubTrace, active: int) -> list[Value]:
    """As `unite` for a forward rule: its parameters are the primal's, then a tangent for every float one. Of what kinds
    the function's numbers are, the function itself says."""
    mine, theirs = list(sub.captured), list(rule.captured)
    rule_args = rule.func.body.args
    own = sub.func.body.args[active:]
    tangents, rest = rule_args[active : 2 * active], rule_args[2 * active :]
    spare = [Value(v.type, rule.func.body) for v in own]
    for v in rest:
        sub.func.body.add_arg(v.type, "")
    unused = [Value(v.type, rule.func.body) for v in (*own, *rest) if v.array.dtype.is_float]
    rule.func.body.args = [*rule_args[:active], *spare, *rest, *tangents, *unused]
    count = len(sub.leaves)
    if len(sub.func.returned) > count:
        results, b = rule.func.body.ops.pop().operands, Builder(rule.func.body)
        kinds = b.call(sub.func, [*rule_args[:active], *spare, *rest]).results[count:]
        b.return_(*results[:count], *kinds, *results[count:])
    return [*mine, *theirs]


def _must_return(ev: Evaluator, rule: SubTrace, what: str) -> None:
    if rule.ends:
        ev.error(TypeMismatchError, f"the rule of a {what} raises on every path", code=NO_RULE)


def _rule(ev: Evaluator, options: Mapping[str, Any], name: str, how: str) -> AbstractValue:
    """The rule called `name`, which is looked at again at each call: another one may be given later."""
    given = options.get(name)
    if given is None:
        ev.error(TypeMismatchError, f"a custom derivative is called before its rule was given with {how}", code=NO_RULE)
    path = Path(options["rule_of"], (("attr", "options"), ("item", name)), how)
    return ev.live.lift(given, path) if callable(given) else given
