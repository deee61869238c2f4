"""Random programs: forward against reverse, first and second order, simplified and batched."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tangra.ir.interpreter import interpret
from tangra.ir.verifier import verify
from tangra.transforms import jvp, simplify, vjp, vmap
from tests.transforms.checks import flags, floats, random_like, run_jvp, run_vjp
from tests.transforms.random_programs import random_case

COUNT = int(os.environ.get("TANGRA_FUZZ_IR", "60"))


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8)


def transposed(func, args, seed):
    """The dot-product test of reverse against forward mode."""
    rng = np.random.default_rng(seed)
    value = interpret(func, args)
    tangents, cotangents = random_like(rng, floats(args)), random_like(rng, floats(value))
    primal, forward = run_jvp(func, args, tangents)
    again, backward = run_vjp(func, args, cotangents)
    for a, b, c in zip(value, primal, again, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, c)
    close(
        sum(np.sum(c * t) for c, t in zip(cotangents, forward, strict=True)),
        sum(np.sum(c * t) for c, t in zip(backward, tangents, strict=True)),
    )


@pytest.mark.parametrize("seed", range(COUNT))
def test_random(seed, monkeypatch):
    monkeypatch.setenv("TANGRA_VERIFY", "1")
    func, args = random_case(seed)
    transposed(func, args, seed)
    simple = simplify(func)
    for a, b in zip(interpret(func, args), interpret(simple, args), strict=True):
        close(a, b)
    transposed(simple, args, seed)
    rng = np.random.default_rng(seed + 1)
    backward = simplify(vjp(simple, flags(simple)))
    more = [*args, *random_like(rng, floats(interpret(func, args)))]
    if seed % 3 == 0:
        transposed(backward, more, seed)
    if seed % 3 == 1:
        transposed(simplify(jvp(simple, flags(simple))), [*args, *random_like(rng, floats(args))], seed)
    if seed % 3 == 2:
        made = simplify(vmap(backward, [0] * len(more), 2))
        verify(made)
        lanes = [np.stack([a, a * 1 if np.asarray(a).dtype.kind != "f" else a * 0.9]) for a in more]
        results = interpret(made, lanes)
        for k in range(2):
            for whole, one in zip(results, interpret(backward, [lane[k] for lane in lanes]), strict=True):
                close(whole[k], one)
