"""Oracles for derivatives: finite differences, forward against reverse, and counts of work and tape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir import Func
from tangra.ir.interpreter import interpret
from tangra.ir.verifier import verify
from tangra.transforms import jvp, vjp

Array = Any


def flags(func: Func) -> list[bool]:
    """Every floating-point parameter is active."""
    return [p.dtype.is_float for p in func.params]


def floats(values: Sequence[Array]) -> list[Array]:
    return [v for v in values if np.asarray(v).dtype.kind == "f"]


def run_jvp(func: Func, args: Sequence[Array], tangents: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    derived = jvp(func, flags(func))
    verify(derived)
    results = interpret(derived, [*args, *tangents])
    count = len(func.returned)
    return results[:count], results[count:]


def run_vjp(func: Func, args: Sequence[Array], cotangents: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    derived = vjp(func, flags(func))
    verify(derived)
    results = interpret(derived, [*args, *cotangents])
    count = len(func.returned)
    return results[:count], results[count:]


def random_like(rng: np.random.Generator, values: Sequence[Array]) -> list[Array]:
    return [np.asarray(rng.normal(size=np.shape(v)))[()] for v in values]


def differences(func: Func, args: Sequence[Array], tangents: Sequence[Array], h: float = 1e-6) -> list[Array]:
    """Central differences of the float results along `tangents` of the float arguments."""
    it = iter(tangents)
    moves = [next(it) if np.asarray(a).dtype.kind == "f" else None for a in args]
    plus = interpret(func, [a if t is None else a + h * t for a, t in zip(args, moves)])
    minus = interpret(func, [a if t is None else a - h * t for a, t in zip(args, moves)])
    return [(p - m) / (2 * h) for p, m in zip(floats(plus), floats(minus))]


def check(func: Func, args: Sequence[Array], seed: int = 0, tol: float = 1e-6, reverse: bool = True) -> None:
    """Values, tangents against differences, cotangents against tangents."""
    verify(func)
    rng = np.random.default_rng(seed)
    args = [np.asarray(a)[()] for a in args]
    value = interpret(func, args)
    tangents = random_like(rng, floats(args))
    primal, forward = run_jvp(func, args, tangents)
    for a, b in zip(value, primal, strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(differences(func, args, tangents), forward, strict=True):
        np.testing.assert_allclose(b, a, rtol=tol, atol=tol)
    if not reverse:
        return
    cotangents = random_like(rng, floats(value))
    primal, backward = run_vjp(func, args, cotangents)
    for a, b in zip(value, primal, strict=True):
        np.testing.assert_array_equal(a, b)
    left = sum(np.sum(c * t) for c, t in zip(cotangents, forward, strict=True))
    right = sum(np.sum(c * t) for c, t in zip(backward, tangents, strict=True))
    np.testing.assert_allclose(right, left, rtol=1e-9, atol=1e-9)


def check_second(func: Func, args: Sequence[Array], seed: int = 0) -> None:
    """Second order in all four orders, each against differences of first order; third order once."""
    forward, backward = jvp(func, flags(func)), vjp(func, flags(func))
    rng = np.random.default_rng(seed)
    value = interpret(func, args)
    tangents, cotangents = random_like(rng, floats(args)), random_like(rng, floats(value))
    check(forward, [*args, *tangents], seed + 1, 1e-5)
    check(backward, [*args, *cotangents], seed + 2, 1e-5)


def check_third(func: Func, args: Sequence[Array], seed: int = 0) -> None:
    backward = vjp(func, flags(func))
    twice = vjp(backward, flags(backward))
    rng = np.random.default_rng(seed)
    first = [*args, *random_like(rng, floats(interpret(func, args)))]
    second = [*first, *random_like(rng, floats(interpret(backward, first)))]
    check(twice, second, seed + 1, 1e-4)
