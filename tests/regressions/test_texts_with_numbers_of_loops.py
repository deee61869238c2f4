"""Keys and other texts made of numbers that loops and arguments decide: the loops are unrolled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg


def by_f_string(p: Any, x: Any) -> Any:
    for i in range(len(p) // 2):
        x = np.tanh(p[f"w{i}"] @ x + p[f"b{i}"])
    return x @ x


def by_percent(p: Any, x: Any) -> Any:
    for i in range(sum(key.startswith("w") for key in p)):
        x = np.tanh(p["w%d" % i] @ x + p["b" + str(i)])
    return x @ x


def into_a_dict(p: Any, x: Any) -> Any:
    acts = {}
    layers = len(p) // 2
    for i in range(layers):
        x = np.tanh(p[f"w{i}"] @ x + p[f"b{i}"])
        acts[f"h{i}"] = x
    for i in reversed(range(layers)):
        acts[f"h{i}"] = acts[f"h{i}"] * 2
    return acts["h1"] @ acts[f"h{layers - 1}"]


def parameters() -> tuple[Any, Any]:
    rng = np.random.default_rng(3)
    weights = {f"w{i}": rng.normal(size=(3, 3)) for i in range(3)}
    return {**weights, **{f"b{i}": rng.normal(size=3) for i in range(3)}}, rng.normal(size=3)


@pytest.mark.parametrize("f", [by_f_string, by_percent, into_a_dict])
def test_values_and_derivatives(f: Any) -> None:
    p, x = parameters()
    assert tg.jit(f)(p, x) == pytest.approx(f(p, x), rel=1e-12)
    h, direction = 1e-6, np.array([1.0, -2.0, 0.5])
    moved = [{**p, "b1": p["b1"] + s * h * direction} for s in (1, -1)]
    difference = (f(moved[0], x) - f(moved[1], x)) / (2 * h)
    assert tg.grad(f)(p, x)["b1"] @ direction == pytest.approx(difference, abs=1e-7)


def test_numbers_of_arguments() -> None:
    def f(p: Any, k: int) -> Any:
        return p[f"w{k}"][0, 0], f"layer {k}"

    p, _ = parameters()
    compiled = tg.jit(f)
    assert [compiled(p, k) for k in (0, 2, 0)] == [f(p, k) for k in (0, 2, 0)]


def test_texts_of_what_only_the_run_knows_are_refused() -> None:
    def f(p: Any, x: Any) -> Any:
        return p[f"w{int(x[0])}"]

    p, x = parameters()
    with pytest.raises(tg.TangraError, match="f-strings of run-time values"):
        tg.jit(f)(p, x)
