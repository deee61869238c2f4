"""Transformed functions as Python objects, and what calling one inside compiled code means.

`tg.grad(f)` is a `Transformed`: calling it from Python compiles it; calling it in compiled code goes to the entry of
its transform. A function made inside compiled code is transformed as a `TransformValue` with the same entries.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, SupportsIndex

from tangra.api import registry
from tangra.api.values import AbstractValue, Const, PartialValue, TransformValue, TupleValue
from tangra.core import arguments, batching, checkpointing, custom, derivatives, jacobians
from tangra.core.calling import CompiledCall
from tangra.core.naming import global_name
from tangra.core.trees import Flattener, build, current, like
from tangra.errors import EntryError, TypeMismatchError, declare
from tangra.frontend import calls
from tangra.frontend.evaluator import Evaluator
from tangra.frontend.paths import Path

if TYPE_CHECKING:
    from tangra.core.jitted import JitFunction

NOT_CALLABLE = declare("TG808", "a transformation of something that is not a function")
PASS_FUNCTION = "pass the function itself, not the result of calling it"
BAD_OPTION = declare("TG813", "a transformation called with arguments it does not take")

Run = Callable[
    [Evaluator, AbstractValue, Sequence[AbstractValue], dict[str, AbstractValue], dict[str, Any]], AbstractValue
]


class Transformed(CompiledCall):
    """`transform` of `function`: callable from Python (compiled at the first call) and in compiled code."""

    def __init__(self, transform: str, function: Any, **options: Any) -> None:
        if not callable(function):
            raise EntryError(
                f"tg.{transform} takes a function, not {type(function).__name__}", code=NOT_CALLABLE, fix=PASS_FUNCTION
            )
        self.transform = transform
        self.function = function
        self.options = options
        functools.update_wrapper(self, function, updated=())

    @functools.cached_property
    def compiled(self) -> JitFunction:
        """The compiled form, made at the first call."""
        from tangra.core.jitted import JitFunction

        return JitFunction(self)

    def _call_carefully(self, /, *args: Any, **kwargs: Any) -> Any:
        compiled: JitFunction = self.compiled
        try:
            return compiled(*args, **kwargs)
        finally:
            self.served_by(compiled)

    def served_by(self, compiled: JitFunction) -> None:
        """Let the wrappers of the compiled form serve calls of this object."""
        if compiled._entries != self._entries:
            self._table = compiled._table

    def ir(self, *args: Any, **kwargs: Any) -> str:
        """The printed IR; see `tg.jit`."""
        return str(self.compiled.ir(*args, **kwargs))

    def prepared(self, /, *args: Any, **kwargs: Any) -> Any:
        """A C function; see `tg.jit`."""
        return self.compiled.prepared(*args, **kwargs)

    def explain(self, *args: Any, **kwargs: Any) -> Any:
        """What was compiled, line by line; see `tg.jit`."""
        return self.compiled.explain(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<tangra.{self.transform} of {getattr(self.function, '__qualname__', self.function)!r}>"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return global_name(self) or super().__reduce_ex__(protocol)

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in ("compiled", "__wrapped__")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def _value_and_grad(
    ev: Evaluator,
    f: AbstractValue,
    args: Sequence[AbstractValue],
    kwargs: dict[str, AbstractValue],
    options: dict[str, Any],
) -> AbstractValue:
    return TupleValue(derivatives.value_and_grad(ev, f, args, kwargs, options))


def _jvp(
    ev: Evaluator,
    f: AbstractValue,
    args: Sequence[AbstractValue],
    kwargs: dict[str, AbstractValue],
    options: dict[str, Any],
) -> AbstractValue:
    """The compiled form of `tg.jvp(f, primals, tangents)`: args are the two tuples."""
    primals, tangents = (_items(ev, v, "jvp") for v in args)
    return TupleValue(derivatives.jvp(ev, f, primals, tangents))


def _pushforward(
    ev: Evaluator,
    f: AbstractValue,
    args: Sequence[AbstractValue],
    kwargs: dict[str, AbstractValue],
    options: dict[str, Any],
) -> AbstractValue:
    """The linear map of `linearize`: the tangent of `f` at the primals (first argument) along the rest."""
    primals = _items(ev, args[0], "linearize")
    return derivatives.jvp(ev, f, primals, args[1:])[1]


def _pullback(
    ev: Evaluator,
    f: AbstractValue,
    args: Sequence[AbstractValue],
    kwargs: dict[str, AbstractValue],
    options: dict[str, Any],
) -> AbstractValue:
    """The pullback of `vjp`: cotangents of the primals (first argument) for the cotangent given."""
    primals = _items(ev, args[0], "vjp")
    return derivatives.vjp(ev, f, primals, {}, args[1])[1]


def _hvp(
    ev: Evaluator,
    f: AbstractValue,
    args: Sequence[AbstractValue],
    kwargs: dict[str, AbstractValue],
    options: dict[str, Any],
) -> AbstractValue:
    primals, tangents = (_items(ev, v, "hvp") for v in args)
    chosen = tuple(k for k, v in enumerate(primals) if arguments.has_floats(ev, v))
    gradient = TransformValue("grad", f, (("argnums", Const(chosen if len(primals) > 1 else 0)),))
    tangent = derivatives.jvp(ev, gradient, primals, tangents)[1]
    if len(primals) == 1 or len(chosen) == len(primals):
        return tangent
    parts = [tangent] if len(chosen) == 1 else _items(ev, tangent, "hvp")
    by_position = dict(zip(chosen, parts, strict=True))
    return TupleValue(tuple(by_position.get(k, Const(None)) for k in range(len(primals))))


def _hessian(
    ev: Evaluator,
    f: AbstractValue,
    args: Sequence[AbstractValue],
    kwargs: dict[str, AbstractValue],
    options: dict[str, Any],
) -> AbstractValue:
    chosen = tuple((k, Const(v)) for k, v in options.items())
    return jacobians.jacfwd(ev, TransformValue("jacrev", f, chosen), args, kwargs, options)


def _plain(
    ev: Evaluator,
    f: AbstractValue,
    args: Sequence[AbstractValue],
    kwargs: dict[str, AbstractValue],
    options: dict[str, Any],
) -> AbstractValue:
    return ev.call(f, list(args), kwargs)


RUN: dict[str, Run] = {
    "jit": _plain,
    "grad": derivatives.grad,
    "value_and_grad": _value_and_grad,
    "jvp": _jvp,
    "pushforward": _pushforward,
    "pullback": _pullback,
    "hvp": _hvp,
    "jacfwd": jacobians.jacfwd,
    "jacrev": jacobians.jacrev,
    "jacobian": jacobians.jacrev,
    "hessian": _hessian,
    "vmap": batching.vmap,
    "checkpoint": checkpointing.checkpoint,
    "custom_vjp": custom.custom_vjp,
    "custom_jvp": custom.custom_jvp,
}


def _items(ev: Evaluator, v: AbstractValue, transform: str) -> list[AbstractValue]:
    """The members of a tuple of primals or tangents; a single value stands for a tuple of one."""
    items = ev.iterate(v) if isinstance(v, TupleValue) else None
    return [v] if items is None else list(items)


def _call_value(
    ev: Evaluator, value: TransformValue, args: Sequence[AbstractValue], kwargs: dict[str, AbstractValue]
) -> AbstractValue:
    """Call a function that was transformed inside compiled code."""
    options = {k: batching.static_tree(ev, v, f"{k} of tg.{value.transform}") for k, v in value.options}
    return RUN[value.transform](ev, value.function, list(args), dict(kwargs), options)


def _call_object(
    ev: Evaluator, obj: Transformed, args: Sequence[AbstractValue], kwargs: dict[str, AbstractValue]
) -> AbstractValue:
    """Call a `Transformed` that lives outside compiled code."""
    function = ev.live.lift(obj.function, Path(obj, (("attr", "function"),), "function"))
    return RUN[obj.transform](ev, function, list(args), kwargs, {**obj.options, "rule_of": obj})


registry.OPAQUE.append(Transformed)
calls.CALL_HANDLERS.append((Transformed, _call_object))
calls.TRANSFORMS.update(dict.fromkeys(RUN, _call_value))


def declare_inside(public: Any, transform: str, names: Sequence[str] = ()) -> None:
    """Make `tg.<transform>(f, …)` usable inside compiled code: it gives a TransformValue."""

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

    registry.function(public)(entry)


def declare_direct(public: Any, linear: str) -> None:
    """`tg.vjp(f, *primals)` and `tg.linearize(f, *primals)` inside compiled code: (result, linear map)."""

    def entry(ev: Evaluator, function: AbstractValue, *primals: AbstractValue) -> AbstractValue:
        frozen = TupleValue(tuple(_frozen(ev, p) for p in primals))
        result = ev.call(function, [_frozen(ev, p) for p in primals], {})
        return TupleValue((result, PartialValue(TransformValue(linear, function), (frozen,), ())))

    registry.function(public)(entry)


def _frozen(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    """A copy that later writes to the primals don't reach."""
    flat = Flattener(ev)
    tree = flat.add(v, "primals")
    return build(ev, tree, [like(ev, leaf, current(ev, leaf)) for leaf in flat.leaves])


def declare_pair(public: Any, transform: str) -> None:
    """`tg.jvp(f, primals, tangents)` and `tg.hvp` inside compiled code."""

    def entry(ev: Evaluator, function: AbstractValue, primals: AbstractValue, tangents: AbstractValue) -> AbstractValue:
        return RUN[transform](ev, function, [primals, tangents], {}, {})

    registry.function(public)(entry)
