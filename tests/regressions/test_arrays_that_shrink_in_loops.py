"""Arrays that change their size from trip to trip, where an argument says how many trips there are: lattices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tangra as tg

CONFIG = {"steps": 4}


def american_put(spot: float, vol: float, steps: int) -> Any:
    up = np.exp(vol / steps**0.5)
    chance = (1 - 1 / up) / (up - 1 / up)
    prices = spot * up ** np.arange(steps, -steps - 1, -2)
    values = np.maximum(1.0 - prices, 0.0)
    for i in range(steps - 1, -1, -1):
        values = chance * values[:-1] + (1 - chance) * values[1:]
        prices = spot * up ** np.arange(i, -i - 1, -2)
        values = np.where(1.0 - prices > values, 1.0 - prices, values)
    return float(values[0])


def configured(spot: float, vol: float) -> Any:
    return american_put(spot, vol, CONFIG["steps"])


def differences(x: Any) -> Any:
    found = []
    v = x
    for _ in range(len(x)):
        found.append(v[0])
        v = np.diff(v)
    return np.array(found)


def test_values() -> None:
    put = tg.jit(american_put)
    for steps in (1, 4, 7, 30):
        assert put(0.9, 0.3, steps) == pytest.approx(american_put(0.9, 0.3, steps), rel=1e-12)
    compiled = tg.jit(differences)
    for n in (1, 5, 20, 23):
        x = np.cos(np.arange(float(n)))
        assert np.allclose(compiled(x), differences(x), rtol=1e-6)


def test_a_captured_number_of_trips_may_change(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = tg.jit(configured)
    for steps in (4, 9, 4):
        monkeypatch.setitem(CONFIG, "steps", steps)
        assert compiled(0.9, 0.3) == pytest.approx(configured(0.9, 0.3), rel=1e-12)


def test_derivatives() -> None:
    h = 1e-6
    difference = (american_put(0.9, 0.3 + h, 9) - american_put(0.9, 0.3 - h, 9)) / (2 * h)
    assert tg.grad(american_put, argnums=1)(0.9, 0.3, 9) == pytest.approx(difference, abs=1e-7)


def test_more_trips_than_are_unrolled_are_refused() -> None:
    def f(n: int) -> Any:
        v = np.linspace(0.0, 1.0, n + 1)
        for _ in range(n):
            v = 0.5 * (v[1:] + v[:-1])
        return v[0]

    assert tg.jit(f)(40) == pytest.approx(f(40))
    with pytest.raises(tg.TangraError, match="on one path and array") as caught:
        tg.jit(f)(300)
    assert caught.value.code == "TG201"
