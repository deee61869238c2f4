"""Transformations of each other, over containers, and inside compiled code, against the plain gradient.

`first_order` has compared the gradient with forward mode and with differences before. Here the same numbers are got in
other ways: arguments in containers, pullbacks that are called twice, batches over some arguments, descent through a
gradient, rules of the user's that call transformations, Jacobians of several values. Each must give what the plain
gradient gives, in the structure that went in.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tests.fuzz import ways
from tests.fuzz.compare import off
from tests.fuzz.subjects import FLOATS, Args, Subject, attempt, dot, ill_conditioned
from tests.fuzz.ways import AGREE, Verdict


@dataclass
class Held:
    """Arguments in an object."""

    first: Any
    rest: Any
    label: str = "held"


class Named(NamedTuple):
    """Arguments in a named tuple."""

    one: Any
    two: Any


Composition = Callable[[Subject, random.Random], Verdict]


def agreement(subject: Subject, what: str, found: Any, wanted: Any) -> Verdict:
    """Whether two structures of numbers have the same form and nearly the same numbers."""
    mine, theirs = leaves(found), leaves(wanted)
    if [path for path, _ in mine] != [path for path, _ in theirs]:
        return Verdict("wrong", f"{what}: {found!r:.200} has another form than {wanted!r:.200}")
    for (path, a), (_, b) in zip(mine, theirs, strict=True):
        scale = max(1.0, float(np.abs(np.asarray(b)).max(initial=0.0)))
        if np.shape(a) != np.shape(b):
            return Verdict("wrong", f"{what}: {path} has shape {np.shape(a)}, expected {np.shape(b)}")
        if off(np.asarray(a) / scale, np.asarray(b) / scale) > 10 * subject.rtol:
            return ill_conditioned(subject, Verdict("wrong", f"{what}: {path} is {a!r:.200}, expected {b!r:.200}"))
    return AGREE


def leaves(v: Any, path: str = "") -> list[tuple[str, Any]]:
    """Arrays and numbers of a structure with the types and keys that lead there."""
    here = f"{path}.{type(v).__name__}"
    if isinstance(v, dict):
        return [leaf for k in v for leaf in leaves(v[k], f"{here}[{k}]")]
    if isinstance(v, (list, tuple)):
        return [leaf for k, item in enumerate(v) for leaf in leaves(item, f"{here}[{k}]")]
    if hasattr(v, "__dict__"):
        return [leaf for k, item in vars(v).items() for leaf in leaves(item, f"{here}.{k}")]
    return [] if v is None or isinstance(v, str) else [(path, v)]


def plain(subject: Subject) -> Args:
    """The gradient as it was checked."""
    found: Args = subject.gradient(*subject.fresh())
    return found


def rest(subject: Subject) -> Args:
    """The arguments that are not floats."""
    return subject.fresh()[len(FLOATS) :]


# ---- structures ------------------------------------------------------------------------------------------------------

PACKED: list[tuple[Callable[..., Any], Callable[[Any], Any]]] = [
    (lambda x, y, s: {"x": x, "in": [y, (s,)]}, lambda c: (c["x"], c["in"][0], c["in"][1][0])),
    (lambda x, y, s: [s, {"b": x, "a": y}], lambda c: (c[1]["b"], c[1]["a"], c[0])),
    (lambda x, y, s: Held(x, Named(y, [s])), lambda c: (c.first, c.rest.one, c.rest.two[0])),
    (lambda x, y, s: Named(Held(y, s), {1: x}), lambda c: (c.two[1], c.one.first, c.one.rest)),
    (lambda x, y, s: ((x, (y,)), Held({"s": s}, None)), lambda c: (c[0][0], c[0][1][0], c[1].first["s"])),
]


def in_containers(subject: Subject, r: random.Random) -> Verdict:
    """The gradient by one argument that holds all."""
    pack, unpack = r.choice(PACKED)
    f = subject.f

    def whole(c: Any, *more: Any) -> Any:
        x, y, s = unpack(c)
        return f(x, y, s, *more)

    tg = ways.tangra()
    found, verdict = attempt("grad of a container", lambda: tg.grad(whole)(pack(*subject.fresh()[:3]), *rest(subject)))
    if verdict.sort != "agree":
        return verdict
    return agreement(subject, "grad of a container", found, pack(*plain(subject)))


def tangents_in_containers(subject: Subject, r: random.Random) -> Verdict:
    """jvp along a container, compiled, and the pullback of it."""
    pack, unpack = r.choice(PACKED)
    f, more = subject.f, rest(subject)
    tg = ways.tangra()

    def whole(c: Any) -> Any:
        x, y, s = unpack(c)
        return f(x, y, s, *more)

    def both(c: Any, d: Any) -> Any:
        tangent = tg.jvp(whole, (c,), (d,))[1]
        value, pullback = tg.vjp(whole, c)
        return tangent, pullback(2.0)[0]

    given = pack(*subject.fresh()[:3]), pack(*subject.direction)
    found, verdict = attempt("jvp and vjp in jit", lambda: tg.jit(both)(*given))
    if verdict.sort != "agree":
        return verdict
    gradient = plain(subject)
    twice = pack(*(2.0 * np.asarray(g)[()] for g in gradient))
    return agreement(subject, "jvp and vjp in jit", found, (np.float64(dot(gradient, subject.direction)), twice))


# ---- linear maps -----------------------------------------------------------------------------------------------------


def pullback_twice(subject: Subject, r: random.Random) -> Verdict:
    """The pullback and the linear map from Python, each called twice, the arguments changed in between."""
    tg, f, given = ways.tangra(), subject.f, subject.fresh()
    pair, verdict = attempt("vjp", lambda: tg.vjp(f, *given))
    if verdict.sort != "agree":
        return verdict
    for a in given:
        if isinstance(a, np.ndarray):
            a[...] = 0
    gradient, again = plain(subject), subject.fresh()
    for factor in (1.0, -0.5):
        found, verdict = attempt("pullback", lambda factor=factor: pair[1](factor)[:3])  # type: ignore[misc]
        if verdict.sort != "agree":
            return verdict
        verdict = agreement(subject, f"pullback({factor})", found, tuple(factor * g for g in gradient))
        if verdict.sort != "agree":
            return verdict
    linear, verdict = attempt("linearize", lambda: tg.linearize(f, *again)[1])
    if verdict.sort != "agree":
        return verdict
    for d in (subject.direction, subject.other):
        found, verdict = attempt("linear map", lambda d=d: linear(*subject.tangents(d)))  # type: ignore[misc]
        if verdict.sort != "agree":
            return verdict
        verdict = agreement(subject, "linear map", found, np.float64(dot(gradient, d)))
        if verdict.sort != "agree":
            return verdict
    return AGREE


def several_values(subject: Subject, r: random.Random) -> Verdict:
    """Jacobians of two values, by both modes, by all arguments."""
    tg, f, more = ways.tangra(), subject.f, rest(subject)
    mode = r.choice(["jacrev", "jacfwd", "jacobian"])

    def values(x: Any, y: Any, s: Any) -> Any:
        first = f(x.copy(), y.copy(), s, *more)
        return np.array([first * 2.0, f(x, y, s, *more) + s]), {"s": s * 3.0}

    def call() -> Any:
        return getattr(tg, mode)(values, argnums=FLOATS)(*subject.fresh()[:3])

    found, verdict = attempt(mode, call)
    if verdict.sort != "agree":
        return verdict
    gx, gy, gs = plain(subject)
    zero = np.zeros_like
    wanted = (
        (np.stack([2.0 * gx, gx]), np.stack([2.0 * gy, gy]), np.array([2.0 * gs, gs + 1.0])),
        {"s": (zero(gx), zero(gy), 3.0)},
    )
    return agreement(subject, mode, found, wanted)


# ---- batches ---------------------------------------------------------------------------------------------------------


def batch_of_some(subject: Subject, r: random.Random) -> Verdict:
    """vmap over some arguments along some axes, and its gradient by what is shared."""
    tg, f, more = ways.tangra(), subject.f, rest(subject)
    x, y, s = subject.fresh()[:3]
    xs = np.stack([x, 0.5 * x, x + 0.25], axis=(axis := r.choice([0, 1, -1])))
    lanes = [np.ascontiguousarray(v) for v in np.moveaxis(xs, axis, 0)]

    def total(xs: Any, y: Any, s: Any) -> Any:
        return np.sum(tg.vmap(lambda q: f(q, y.copy(), s, *more), in_axes=axis)(xs))

    found, verdict = attempt("grad of vmap", lambda: tg.grad(total, argnums=FLOATS)(xs, y.copy(), s))
    if "depends on the lane" in verdict.message:
        return AGREE
    if verdict.sort != "agree":
        return verdict
    each = [subject.gradient(v.copy(), y.copy(), s, *rest(subject)) for v in lanes]
    wanted = np.stack([g[0] for g in each], axis=axis), sum(g[1] for g in each), sum(g[2] for g in each)
    for v in lanes:
        other = Subject(
            subject.f, lambda v=v: (v.copy(), y.copy(), s, *rest(subject)), subject.direction, subject.other
        )  # type: ignore[misc]
        if ill_conditioned(other, Verdict("wrong", "")).sort == "tie":
            return AGREE
    return agreement(subject, "grad of vmap", found, wanted)


# ---- in compiled code ------------------------------------------------------------------------------------------------


def descent(subject: Subject, r: random.Random) -> Verdict:
    """Gradient descent in compiled code against the same in Python."""
    tg, f, more = ways.tangra(), subject.f, rest(subject)
    rate = 0.01

    def inside(x: Any, y: Any, s: Any) -> Any:
        for _ in range(3):
            gx, gs = tg.grad(lambda q, t: f(q, y.copy(), t, *more), argnums=(0, 1))(x, s)
            x = x - rate * gx
            s = s - rate * gs
        return x, s

    x, y, s = subject.fresh()[:3]
    found, verdict = attempt("descent", lambda: tg.jit(inside)(x.copy(), y.copy(), s))
    if verdict.sort != "agree":
        return verdict
    for _ in range(3):
        gx, _, gs = subject.gradient(x.copy(), y.copy(), s, *rest(subject))
        x, s = x - rate * gx, s - rate * gs
    return agreement(subject, "descent", found, (x, s))


def own_rule(subject: Subject, r: random.Random) -> Verdict:
    """A function with a reverse rule that calls grad, between other operations."""
    tg, f, more = ways.tangra(), subject.f, rest(subject)
    rule = tg.custom_vjp(lambda x, y, s: f(x.copy(), y.copy(), s, *more))

    def forward(x: Any, y: Any, s: Any) -> Any:
        return f(x.copy(), y.copy(), s, *more), (x.copy(), y.copy(), s)

    def backward(kept: Any, ct: Any) -> Any:
        gx, gy, gs = tg.grad(lambda x, y, s: f(x, y, s, *more), argnums=FLOATS)(*kept)
        return ct * gx, ct * gy, ct * gs

    rule.defvjp(forward, backward)

    def program(x: Any, y: Any, s: Any) -> Any:
        return 2.0 * rule(x, y, s) + s

    found, verdict = attempt("custom_vjp", lambda: tg.grad(program, argnums=FLOATS)(*subject.fresh()[:3]))
    if verdict.sort != "agree":
        return verdict
    gx, gy, gs = plain(subject)
    return agreement(subject, "custom_vjp", found, (2.0 * gx, 2.0 * gy, 2.0 * gs + 1.0))


def own_forward_rule(subject: Subject, r: random.Random) -> Verdict:
    """A function with a forward rule that calls jvp, in both modes."""
    tg, f, more = ways.tangra(), subject.f, rest(subject)
    rule = tg.custom_jvp(lambda x, y, s: f(x.copy(), y.copy(), s, *more))

    def tangent(primals: Any, tangents: Any) -> Any:
        return tg.jvp(lambda x, y, s: f(x, y, s, *more), primals, tangents)

    rule.defjvp(tangent)

    def program(x: Any, y: Any, s: Any) -> Any:
        return np.sin(rule(x, y, s)) * s

    found, verdict = attempt("custom_jvp", lambda: tg.grad(program, argnums=FLOATS)(*subject.fresh()[:3]))
    if verdict.sort != "agree":
        return verdict
    value = subject.plain(*subject.fresh())
    s = subject.fresh()[2]
    gx, gy, gs = (np.cos(value) * s * g for g in plain(subject))
    return agreement(subject, "custom_jvp", found, (gx, gy, gs + np.sin(value)))


def gradient_of_norm(subject: Subject, r: random.Random) -> Verdict:
    """The gradient of the gradient's square, twice the product of the Hessian with it."""
    tg, f, more = ways.tangra(), subject.f, rest(subject)

    def square(x: Any, y: Any, s: Any) -> Any:
        value, (gx, gs) = tg.value_and_grad(lambda q, t: f(q, y.copy(), t, *more), argnums=(0, 1))(x, s)
        return np.sum(gx * gx) + gs * gs + 0.0 * value

    x, y, s = subject.fresh()[:3]
    found, verdict = attempt("grad of |grad|²", lambda: tg.grad(square, argnums=(0, 2))(x.copy(), y.copy(), s))
    if verdict.sort != "agree":
        return verdict
    gx, gy, gs = plain(subject)
    tangents = subject.tangents((gx, np.zeros_like(gy), gs))
    product, verdict = attempt("hvp", lambda: tg.hvp(f, subject.fresh(), tangents))
    if verdict.sort != "agree":
        return verdict
    return agreement(subject, "grad of |grad|²", found, (2.0 * product[0], 2.0 * product[2]))


def hessian(subject: Subject, r: random.Random) -> Verdict:
    """The Hessian by the first argument: symmetric, and its rows are products."""
    tg, f, more = ways.tangra(), subject.f, rest(subject)
    x, y, s = subject.fresh()[:3]
    if len(x) > 4:
        return AGREE
    found, verdict = attempt("hessian", lambda: tg.hessian(lambda q: f(q, y.copy(), s, *more))(x.copy()))
    if verdict.sort != "agree":
        return verdict
    rows = []
    for k in range(len(x)):
        direction = np.eye(len(x))[k], np.zeros_like(y), 0.0
        rows.append(tg.hvp(f, subject.fresh(), subject.tangents(direction))[0])
    return agreement(subject, "hessian", found, np.stack(rows))


def stopped(subject: Subject, r: random.Random) -> Verdict:
    """What stop_gradient keeps apart, checkpointed and by name."""
    tg, f, more = ways.tangra(), subject.f, rest(subject)

    def program(*, s: Any, x: Any, y: Any) -> Any:
        before = np.sum(x)  # f may write to x
        return tg.checkpoint(f)(tg.stop_gradient(x), y, s, *more) + before

    x, y, s = subject.fresh()[:3]
    found, verdict = attempt(
        "stop_gradient", lambda: tg.grad(program, argnames=("x", "y", "s"))(x=x.copy(), y=y.copy(), s=s)
    )
    if verdict.sort != "agree":
        return verdict
    gx, gy, gs = plain(subject)
    if isinstance(found, dict):
        found = tuple(found[k] for k in ("x", "y", "s"))
    return agreement(subject, "stop_gradient", found, (np.ones_like(gx), gy, gs))


COMPOSITIONS: tuple[Composition, ...] = (
    in_containers,
    tangents_in_containers,
    pullback_twice,
    several_values,
    batch_of_some,
    descent,
    own_rule,
    own_forward_rule,
    gradient_of_norm,
    hessian,
    stopped,
)


def composed(subject: Subject, r: random.Random) -> Verdict:
    """One of the compositions."""
    return r.choice(COMPOSITIONS)(subject, r)
