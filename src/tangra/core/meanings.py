"""What calling transformed and jitted functions, and transforming a function, means inside compiled code.

Calling a `Transformed` there goes to the entry of its transform. A function made inside compiled code is transformed as
a `TransformValue` with the same entries.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tangra.api import registry
from tangra.api.values import AbstractValue, Const, ListValue, PartialValue, TransformValue, TupleValue
from tangra.core import (
    arguments,
    batching,
    checkpointing,
    custom,
    derivatives,
    functions,
    jacobians,
    precompiling,
    sparse,
    sparsity,
    threads,
)
from tangra.core.application import Application, Meaning
from tangra.core.copies import Copies
from tangra.core.jitted import JitFunction, jit
from tangra.core.transformed import Transformed
from tangra.errors import TypeMismatchError, declare
from tangra.frontend import calls
from tangra.frontend.evaluator import Evaluator
from tangra.frontend.paths import Path

BAD_OPTION = declare("TG813", "a transformation called with arguments it does not take")


def _value_and_grad(call: Application) -> AbstractValue:
    return TupleValue(derivatives.value_and_grad(call))


def _jvp(call: Application) -> AbstractValue:
    """The compiled form of `tg.jvp(f, primals, tangents)`: args are the two tuples."""
    primals, tangents = (_items(call.ev, v) for v in call.args)
    return TupleValue(derivatives.jvp(call.ev, call.function, primals, tangents))


def _pushforward(call: Application) -> AbstractValue:
    """The linear map of `linearize`: the tangent of the function at the primals (first argument) along the rest."""
    call.ev.live.given_copies = True
    return derivatives.jvp(call.ev, call.function, _items(call.ev, call.args[0]), call.args[1:])[1]


def _pullback(call: Application) -> AbstractValue:
    """The pullback of `vjp`: cotangents of the primals (first argument) for the cotangent given."""
    if len(call.args) != 2 or call.kwargs:
        call.ev.error(
            TypeMismatchError,
            f"a pullback takes one cotangent, but {len(call.args) - 1 + len(call.kwargs)} are given",
            code=BAD_OPTION,
            fix="give the cotangents of several results in their structure: pullback((a, b))",
        )
    call.ev.live.given_copies = True
    return derivatives.vjp(call.ev, call.function, _items(call.ev, call.args[0]), call.args[1])[1]


def _hvp(call: Application) -> AbstractValue:
    ev = call.ev
    primals, tangents = (_items(ev, v) for v in call.args)
    chosen = tuple(k for k, v in enumerate(primals) if arguments.has_floats(ev, v))
    gradient = TransformValue("grad", call.function, (("argnums", Const(chosen if len(primals) > 1 else 0)),))
    tangent = derivatives.jvp(ev, gradient, primals, tangents)[1]
    if len(primals) == 1 or len(chosen) == len(primals):
        return tangent
    by_position = dict(zip(chosen, _items(ev, tangent), strict=True))
    return TupleValue(tuple(by_position.get(k, Const(None)) for k in range(len(primals))))


def _hessian(call: Application) -> AbstractValue:
    chosen = tuple((k, Const(v)) for k, v in call.options.items())
    return jacobians.jacfwd(replace(call, function=TransformValue("jacrev", call.function, chosen)))


def _on_copies(transform: str) -> Meaning:
    """The function called with copies of its arguments."""

    def meaning(call: Application) -> AbstractValue:
        copies = Copies(call.ev)
        args = copies.whole(call.args, arguments.parameters(call.function))
        return copies.call(transform, call.function, args, {})

    return meaning


RUN: dict[str, Meaning] = {
    "jit": Application.plainly,
    "grad": derivatives.grad,
    "value_and_grad": _value_and_grad,
    "jvp": _jvp,
    "pushforward": _pushforward,
    "pullback": _pullback,
    "vjp": _on_copies("vjp"),
    "linearize": _on_copies("linearize"),
    "hvp": _hvp,
    "jacfwd": jacobians.jacfwd,
    "jacrev": jacobians.jacrev,
    "jacobian": jacobians.jacrev,
    "hessian": _hessian,
    "sparsity": sparsity.sparsity,
    "compressed": sparsity.compressed,
    "vmap": batching.vmap,
    "checkpoint": checkpointing.checkpoint,
    "custom_vjp": custom.custom_vjp,
    "custom_jvp": custom.custom_jvp,
}


def _items(ev: Evaluator, v: AbstractValue) -> list[AbstractValue]:
    """The members of a tuple or list of primals or tangents; a single value, such as a NamedTuple, stands for a tuple
    of one."""
    several = isinstance(v, ListValue) or (isinstance(v, TupleValue) and v.cls is None)
    items = ev.iterate(v) if several else None
    return [v] if items is None else list(items)


def _call_value(
    ev: Evaluator, value: TransformValue, args: Sequence[AbstractValue], kwargs: dict[str, AbstractValue]
) -> AbstractValue:
    """Call a function that was transformed inside compiled code."""
    options = {k: batching.static_tree(ev, v, f"{k} of tg.{value.transform}") for k, v in value.options}
    return RUN[value.transform](Application(ev, value.function, list(args), dict(kwargs), options))


def _call_object(
    ev: Evaluator, obj: Transformed, args: Sequence[AbstractValue], kwargs: dict[str, AbstractValue]
) -> AbstractValue:
    """Call a `Transformed` that lives outside compiled code."""
    function = ev.live.lift(obj.function, Path(obj, (("attr", "function"),), "function"))
    return RUN[obj.transform](Application(ev, function, list(args), kwargs, {**obj.options, "rule_of": obj}))


calls.CALL_HANDLERS.append((Transformed, _call_object))
calls.TRANSFORMS.update(dict.fromkeys(RUN, _call_value))


def declare_inside(public: Any, transform: str, names: Sequence[str] = ()) -> None:
    """Make `tg.<transform>(f, …)` usable inside compiled code: it gives a TransformValue. Where `public` may be called
    without `f`, with options only, it waits for that."""

    def entry(ev: Evaluator, function: AbstractValue, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
        options = dict(zip(names, args, strict=False)) | kwargs
        unknown = set(options) - set(names)
        if unknown or len(args) > len(names):
            wrong = f"has no option {', '.join(sorted(unknown))}" if unknown else "got too many arguments"
            ev.error(
                TypeMismatchError,
                f"tg.{transform} {wrong}",
                code=BAD_OPTION,
                fix=f"besides the function it takes {', '.join(names) or 'nothing'}",
            )
        return TransformValue(transform, function, tuple(options.items()))

    def waiting(ev: Evaluator, function: AbstractValue | None = None, **kwargs: AbstractValue) -> AbstractValue:
        if function is None:
            return PartialValue(Const(public), (), tuple(kwargs.items()))
        return entry(ev, function, **kwargs)

    waits = next(iter(inspect.signature(public).parameters.values())).default is None
    registry.function(public)(waiting if waits else entry)


def declare_outside(public: Any) -> None:
    """Refuse `public` inside compiled code, by its name."""

    def entry(ev: Evaluator, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
        ev.unsupported(f"tg.{public.__name__}", "call it outside of compiled functions")

    registry.function(public)(entry)


def declare_direct(public: Any, linear: str) -> None:
    """`tg.vjp(f, *primals)` and `tg.linearize(f, *primals)` inside compiled code: (result, linear map)."""

    def entry(ev: Evaluator, function: AbstractValue, *primals: AbstractValue) -> AbstractValue:
        frozen = TupleValue(tuple(Copies(ev).whole(primals)))
        result = RUN[public.__name__](Application(ev, function, primals))
        return TupleValue((result, PartialValue(TransformValue(linear, function), (frozen,), ())))

    registry.function(public)(entry)


def declare_pair(public: Any, transform: str) -> None:
    """`tg.jvp(f, primals, tangents)` and `tg.hvp` inside compiled code."""

    def entry(ev: Evaluator, function: AbstractValue, primals: AbstractValue, tangents: AbstractValue) -> AbstractValue:
        return RUN[transform](Application(ev, function, [primals, tangents]))

    registry.function(public)(entry)


def _call_jitted(ev: Evaluator, obj: JitFunction, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A jitted function called in compiled code is part of it."""
    return ev.call(ev.live.lift(obj.function, Path(obj, (("attr", "function"),), "function")), args, kwargs)


calls.CALL_HANDLERS.append((JitFunction, _call_jitted))
_ARGUMENTS = ("argnums", "argnames")
for _transform, _names in (
    (functions.grad, (*_ARGUMENTS, "has_aux")),
    (functions.value_and_grad, (*_ARGUMENTS, "has_aux")),
    (functions.jacfwd, _ARGUMENTS),
    (functions.jacrev, _ARGUMENTS),
    (functions.jacobian, _ARGUMENTS),
    (functions.hessian, _ARGUMENTS),
    (functions.vmap, ("in_axes", "out_axes")),
    (functions.checkpoint, ("policy", "memory", "snapshots")),
):
    declare_inside(_transform, _transform.__name__, _names)
declare_pair(functions.jvp, "jvp")
declare_pair(functions.hvp, "hvp")
declare_inside(jit, "jit", ("static", "dynamic", "donate"))
declare_direct(functions.vjp, "pullback")
declare_direct(functions.linearize, "pushforward")
registry.function(functions.stop_gradient)(custom.stop_gradient)
for _outside in (
    functions.custom_jvp,
    functions.custom_vjp,
    sparse.sparse_jacobian,
    precompiling.precompile,
    precompiling.ShapeDtype,
    threads.set_threads,
    threads.get_threads,
):
    declare_outside(_outside)
