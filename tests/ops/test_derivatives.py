"""Every derivative rule of the table, applied alone: against central differences, and forward against reverse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tangra.ir import OpDef, Value, lookup
from tangra.ir.opdef import all_ops
from tests.ops.samples import dtype_of, generator, samples, smooth_samples, type_of
from tests.ops.single import float_places, jvp_of, results_of, vjp_of

RULED = [d for d in all_ops() if (d.partials is not None or d.jvp is not None) and d.family != "narrow"]
"""All but roundings, which pass for the identity by convention (`test_narrow.py`)."""
ON_PURPOSE = "stop_gradient"
FLAT = ["floor", "ceil", "trunc", "rint", "sign", "floordiv"]


def names(defs: list[OpDef]) -> list[str]:
    return [d.name for d in defs]


def direction(rng: np.random.Generator, x: Any) -> Any:
    return np.asarray(rng.uniform(-1, 1, np.shape(x)))[()]


def central(name: str, operands: list[Any], attrs: dict[str, Any], tangents: dict[int, Any]) -> list[Any]:
    """The derivative along `tangents` by central differences with Richardson extrapolation."""

    def slope(step: float) -> list[Any]:
        moved = [
            [x + sign * step * tangents[k] if k in tangents else x for k, x in enumerate(operands)] for sign in (1, -1)
        ]
        high, low = ([v for v in results_of(name, m, attrs) if v.dtype.kind == "f"] for m in moved)
        return [(p - q) / (2 * step) for p, q in zip(high, low, strict=True)]

    coarse, fine = slope(2e-4), slope(1e-4)
    return [(4 * f - c) / 3 for f, c in zip(fine, coarse, strict=True)]


def tangent_choices(rng: np.random.Generator, operands: list[Any]) -> list[dict[int, Any]]:
    """A tangent for every float operand at once, and for each alone (the others symbolic zeros)."""
    places = float_places(operands)
    every = {k: direction(rng, operands[k]) for k in places}
    return [every, *({k: every[k]} for k in places if len(places) > 1)]


@pytest.mark.parametrize("name", names(RULED))
def test_jvp_is_the_central_difference(name: str) -> None:
    rng = generator(name + " jvp")
    samples = smooth_samples(name)
    assert samples
    for operands, attrs in samples:
        for tangents in tangent_choices(rng, operands):
            actual = jvp_of(name, operands, attrs, tangents)
            expected = central(name, operands, attrs, tangents)
            for a, e in zip(actual, expected, strict=True):
                np.testing.assert_allclose(a, e, rtol=2e-7, atol=2e-8, err_msg=f"{operands} {attrs} {tangents}")


@pytest.mark.parametrize("name", names(RULED))
def test_vjp_is_the_transpose_of_jvp(name: str) -> None:
    rng = generator(name + " vjp")
    for operands, attrs in smooth_samples(name):
        values = results_of(name, operands, attrs)
        outs = float_places(values)
        cotangents = {k: direction(rng, values[k]) for k in outs}
        for tangents in tangent_choices(rng, operands):
            for given in (cotangents, *({k: cotangents[k]} for k in outs if len(outs) > 1)):
                forward = dict(zip(outs, jvp_of(name, operands, attrs, tangents), strict=True))
                back = vjp_of(name, operands, attrs, given, list(tangents))
                left = sum(np.sum(given[k] * forward[k]) for k in given)
                right = sum(np.sum(c * t) for c, t in zip(back, tangents.values(), strict=True))
                np.testing.assert_allclose(left, right, rtol=1e-10, atol=1e-10, err_msg=f"{operands} {attrs}")


@pytest.mark.parametrize("name", FLAT)
def test_zero_derivative_is_declared_only_where_the_function_is_flat(name: str) -> None:
    rng = generator(name + " flat")
    assert lookup(name).zero_derivative
    for operands, attrs in smooth_samples(name):
        for tangents in tangent_choices(rng, operands):
            for slope in central(name, operands, attrs, tangents):
                np.testing.assert_array_equal(slope, 0.0)


def test_every_op_from_float_to_float_is_flat_by_table_or_has_a_rule() -> None:
    for defn in all_ops():
        if not defn.zero_derivative or defn.family == "control" or defn.name in (ON_PURPOSE, *FLAT):
            continue
        for operands, attrs in samples(defn.name):
            from_floats = any(dtype_of(x).is_float for x in operands)
            to_floats = any(t.dtype.is_float for t in defn.infer([Value(type_of(x)) for x in operands], attrs, ()))
            assert not (from_floats and to_floats), defn.name
