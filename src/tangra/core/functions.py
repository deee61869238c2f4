"""The public transformations. Each takes a function and returns one; nothing is compiled before the first call."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from tangra.core.checkpoint_options import plan_of
from tangra.core.primals import snapshot
from tangra.core.transformed import Transformed

F = TypeVar("F", bound=Callable[..., Any])
Names = str | Sequence[str] | None
Numbers = int | Sequence[int] | None


def grad(f: Callable[..., Any], argnums: Numbers = None, argnames: Names = None, has_aux: bool = False) -> Transformed:
    """The gradient of `f`, which must return one float.

    By default with respect to the first argument; `argnums` and `argnames` choose others (a sequence of them gives a
    tuple, also of one). An argument may be a number, an array, or any nesting of tuples, lists, dicts, dataclasses and
    NamedTuples of them: the gradient has its structure, each float replaced by the derivative in its own Python type
    and dtype, and None in place of ints, bools and everything else. With `has_aux`, `f` returns (loss, aux) and the
    result is (gradient, aux). Arguments are never written to: `f` works on copies.

    Raises NotDifferentiableError where an operation has no derivative, an argument holds no floats, or the whole
    gradient is zero because of integers or step functions (the gradient of a derivative may be zero everywhere).
    """
    return Transformed("grad", f, argnums=argnums, argnames=argnames, has_aux=has_aux)


def value_and_grad(
    f: Callable[..., Any], argnums: Numbers = None, argnames: Names = None, has_aux: bool = False
) -> Transformed:
    """As `grad`, returning (value, gradient); with `has_aux` ((loss, aux), gradient)."""
    return Transformed("value_and_grad", f, argnums=argnums, argnames=argnames, has_aux=has_aux)


def jacfwd(f: Callable[..., Any], argnums: Numbers = None, argnames: Names = None) -> Transformed:
    """The Jacobian by forward mode, one pass per input element. Each float leaf of the result becomes the structure of
    the chosen arguments with leaves of shape result.shape + argument.shape."""
    return Transformed("jacfwd", f, argnums=argnums, argnames=argnames)


def jacrev(f: Callable[..., Any], argnums: Numbers = None, argnames: Names = None) -> Transformed:
    """The Jacobian by reverse mode, one sweep per output element; shapes as `jacfwd`."""
    return Transformed("jacrev", f, argnums=argnums, argnames=argnames)


def jacobian(f: Callable[..., Any], argnums: Numbers = None, argnames: Names = None) -> Transformed:
    """The Jacobian; shapes as `jacfwd`."""
    return Transformed("jacobian", f, argnums=argnums, argnames=argnames)


def hessian(f: Callable[..., Any], argnums: Numbers = None, argnames: Names = None) -> Transformed:
    """The matrix of second derivatives, forward over reverse: shape argument.shape + argument.shape for one float."""
    return Transformed("hessian", f, argnums=argnums, argnames=argnames)


def vmap(f: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0) -> Transformed:
    """`f` over a batch: each lane runs on its own slice, with its own branches and trip counts.

    `in_axes`: an axis or None (shared by all lanes) for all arguments, or a tuple with one entry for each, which may be
    a container matching the argument's. `out_axes`: where the lanes' axis goes in the results.
    """
    return Transformed("vmap", f, in_axes=in_axes, out_axes=out_axes)


def checkpoint(
    f: Callable[..., Any] | None = None,
    *,
    policy: str | None = None,
    memory: int | str | None = None,
    snapshots: int | None = None,
) -> Any:
    """`f` with less kept for the backward pass of derivatives, and some of it computed again there.

    `policy`: what is kept of the loops in `f`.

    - 'recompute': of all of `f` nothing but its arguments (this is what `tg.checkpoint(f)` does).
    - 'sqrt': snapshots of a loop's state every √n trips, and the trips of one such segment at a time; each trip runs
      once more. With `memory`, segments of such a length that both together take the least, within the bound.
    - 'binomial': as many snapshots as `snapshots` says, placed so that the fewest trips run again (without it log2 of
      the number of trips; with `memory` as much as fits, all trips if they do).
    - 'everything': no checkpointing.

    `memory`: bytes, or a text such as "64MB", that snapshots and kept trips of each loop may take at any time. Given
    alone it means 'binomial'. Where it is less than one snapshot and one trip, the call raises MemoryError.

    The outermost loops of `f` are meant, counted ones and `while` loops alike, also in functions that it calls; loops
    inside them belong to a trip. Numbers are the same as without. Usable as a decorator, with or without options.
    Raises EntryError for options that don't fit together.
    """
    plan_of(policy, memory, snapshots)
    options = {"policy": policy, "memory": memory, "snapshots": snapshots}
    given = {name: value for name, value in options.items() if value is not None}
    if f is None:
        return lambda function: Transformed("checkpoint", function, **given)
    return Transformed("checkpoint", f, **given)


def jvp(f: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """(f(*primals), the derivative of f there along `tangents`). Tangents have the structure of the primals."""
    return _cached("jvp", f)(_as_tuple(primals), _as_tuple(tangents))


def hvp(f: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """The second derivative of `f` (which returns one float) at `primals` times `tangents`, forward over reverse."""
    return _cached("hvp", f)(_as_tuple(primals), _as_tuple(tangents))


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], Any]]:
    """(f(*primals), pullback): `pullback(cotangent)` is a tuple with the cotangent of each primal."""
    return _cached("vjp", f)(*primals), _Linear(_cached("pullback", f), snapshot(primals))


def linearize(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """(f(*primals), the derivative there as a linear function of the tangents)."""
    return _cached("linearize", f)(*primals), _Linear(_cached("pushforward", f), snapshot(primals))


class _Linear:
    """A derivative at fixed primals."""

    def __init__(self, function: Transformed, primals: tuple[Any, ...]) -> None:
        self.function = function
        self.primals = primals

    def __call__(self, *directions: Any) -> Any:
        return self.function(self.primals, *directions)


def _as_tuple(v: Any) -> tuple[Any, ...]:
    return tuple(v) if isinstance(v, (tuple, list)) and not hasattr(v, "_fields") else (v,)


MOST_KEPT = 64
"""Derivatives of callables other than functions that are kept, the last ones used."""
_kept: dict[tuple[object, ...], Transformed] = {}


def _cached(transform: str, f: Callable[..., Any]) -> Transformed:
    """One Transformed per function and transform, so that repeated calls compile once.

    A function has its own as an attribute. What is found there may be another function's: `functools.wraps` copies
    attributes. Of bound methods there are many that are one and the same, and an object's attributes are part of what
    it is: theirs are kept here.
    """
    if isinstance(f, types.FunctionType):
        known: dict[str, Transformed] = getattr(f, "__tangra_transforms__", {})
        found = known.get(transform)
        if found is None or found.function is not f:
            found = Transformed(transform, f)
            own = {name: each for name, each in known.items() if each.function is f}
            f.__tangra_transforms__ = {**own, transform: found}  # type: ignore[attr-defined]
        return found
    parts = (f.__self__, f.__func__) if isinstance(f, types.MethodType) else (f,)
    key = (transform, *map(id, parts))
    found = _kept.pop(key, None)
    if found is None:
        found = Transformed(transform, f)
    _kept[key] = found
    if len(_kept) > MOST_KEPT:
        _kept.pop(next(iter(_kept)), None)
    return found


def stop_gradient(x: F) -> F:
    """`x` itself; derivatives take it for a constant."""
    return x


class custom_vjp(Transformed):
    """A function with a reverse rule of the user's, given by `defvjp(fwd, bwd)`.

    `fwd(*args)` returns (result, residuals), `bwd(residuals, cotangent)` a tuple of one cotangent per argument (None
    for zero). Forward mode through it is an error.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__("custom_vjp", function)

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """Give the rule."""
        self.options = {**self.options, "fwd": fwd, "bwd": bwd}  # the old ones may be a copy's, too
        self.__dict__.pop("compiled", None)


class custom_jvp(Transformed):
    """A function with a forward rule of the user's, given by `@f.defjvp`: `rule(primals, tangents)` returns (result,
    tangent) and is linear in the tangents; reverse mode transposes it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__("custom_jvp", function)

    def defjvp(self, rule: F) -> F:
        """Give the rule; usable as a decorator."""
        self.options = {**self.options, "rule": rule}  # the old ones may be a copy's, too
        self.__dict__.pop("compiled", None)
        return rule
