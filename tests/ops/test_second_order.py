"""Second derivatives of every operation, through the transformations: forward over forward and reverse over reverse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tangra.ir import Func
from tangra.ir.interpreter import interpret
from tangra.ir.opdef import all_ops
from tangra.ir.verifier import verify
from tangra.transforms import jvp, vjp
from tests.ops.samples import generator, smooth_samples
from tests.ops.single import float_places, value_func

RULED = [d.name for d in all_ops() if (d.partials is not None or d.jvp is not None) and d.family != "narrow"]
LINEAR = {d.name for d in all_ops() if d.linear}


def slope(func: Func, args: list[Any], places: list[int], directions: list[Any]) -> list[Any]:
    """The derivative of the float results of `func` along `directions` of the arguments at `places`."""

    def moved(step: float) -> list[Any]:
        changed = list(args)
        for k, d in zip(places, directions, strict=True):
            changed[k] = changed[k] + step * d
        return [r for r in interpret(func, changed) if r.dtype.kind == "f"]

    def central(step: float) -> list[Any]:
        return [(p - m) / (2 * step) for p, m in zip(moved(step), moved(-step), strict=True)]

    return [(4 * fine - coarse) / 3 for fine, coarse in zip(central(1e-4), central(2e-4), strict=True)]


def random_like(rng: np.random.Generator, values: list[Any]) -> list[Any]:
    return [np.asarray(rng.uniform(-1, 1, np.shape(v)))[()] for v in values]


def cases(name: str) -> list[tuple[list[Any], dict[str, Any]]]:
    """A few smooth samples: second derivatives take long to interpret."""
    return [s for s in smooth_samples(name) if any(x.size for x in s[0])][:6]


@pytest.mark.parametrize("name", RULED)
def test_forward_over_forward(name: str) -> None:
    rng = generator(name + " second")
    for operands, attrs in cases(name):
        places = float_places(operands)
        first = jvp(value_func(name, operands, attrs), [k in places for k in range(len(operands))])
        second = jvp(first, [k in places for k in range(len(first.params))])
        verify(second)
        tangents, directions = (random_like(rng, [operands[k] for k in places]) for _ in range(2))
        args = [*operands, *tangents]
        expected = slope(first, args, places, directions)
        actual = interpret(second, [*args, *directions])[-len(expected) :]
        for a, e in zip(actual, expected, strict=True):
            np.testing.assert_allclose(a, e, rtol=2e-6, atol=2e-7, err_msg=f"{operands} {attrs}")


@pytest.mark.parametrize("name", [n for n in RULED if n not in LINEAR])
def test_reverse_over_reverse(name: str) -> None:
    rng = generator(name + " second reverse")
    for operands, attrs in cases(name):
        func = value_func(name, operands, attrs)
        places = float_places(operands)
        active = [k in places for k in range(len(operands))]
        first = vjp(func, active)
        second = vjp(first, active + [False] * (len(first.params) - len(active)))
        verify(second)
        values = [r for r in interpret(func, operands) if r.dtype.kind == "f"]
        args = [*operands, *random_like(rng, values)]
        results = [r for r in interpret(first, args) if r.dtype.kind == "f"]
        seeds, directions = random_like(rng, results), random_like(rng, [operands[k] for k in places])
        gradients = interpret(second, [*args, *seeds])[-len(places) :]
        actual = sum(np.sum(g * d) for g, d in zip(gradients, directions, strict=True))
        expected = sum(np.sum(s * e) for s, e in zip(seeds, slope(first, args, places, directions), strict=True))
        np.testing.assert_allclose(actual, expected, rtol=2e-6, atol=2e-6, err_msg=f"{operands} {attrs}")
