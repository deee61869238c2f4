"""A container that a transformed function returned in two places became two objects, so that a later write to one was
not seen in the other; an array in two places that `out_axes` gives different axes had the first one's in both."""

import numpy as np
import pytest

import tangra as tg


def twice(t):
    row = [t]
    holder = {"row": row}
    return t * t, (row, row, holder, holder)


WAYS = {
    "grad": lambda t: tg.grad(twice, has_aux=True)(t)[1],
    "value_and_grad": lambda t: tg.value_and_grad(twice, has_aux=True)(t)[0][1],
    "jvp": lambda t: tg.jvp(twice, (t,), (1.0,))[0][1],
    "vjp": lambda t: tg.vjp(twice, t)[0][1],
    "linearize": lambda t: tg.linearize(twice, t)[0][1],
    "checkpoint": lambda t: tg.checkpoint(twice)(t)[1],
    "checkpoint of loops": lambda t: tg.checkpoint(twice, policy="sqrt")(t)[1],
    "stop_gradient": lambda t: tg.stop_gradient(twice(t))[1],
    "vmap": lambda t: tg.vmap(twice)(t * np.ones(2))[1],
}


@pytest.mark.parametrize("way", WAYS)
def test_one_object_in_several_places(way):
    first, second, holder, same = WAYS[way](2.0)
    assert first is second
    assert holder is same
    assert holder["row"] is first


@pytest.mark.parametrize("way", WAYS)
def test_a_write_to_one_place_is_seen_in_all(way):
    def changed(t):
        first, second, holder, same = WAYS[way](t)
        first.append(3.0)
        holder["more"] = 4.0
        return len(second), len(same), len(holder["row"])

    assert tg.jit(changed)(2.0) == (2, 2, 2)


def test_lanes_of_one_array_along_different_axes():
    def squares(a):
        found = np.outer(a, a[:2])
        return found, [found]

    batch = np.arange(6.0).reshape(2, 3)
    lanes = [np.outer(a, a[:2]) for a in batch]
    left, [right] = tg.vmap(squares, out_axes=(0, 2))(batch)
    np.testing.assert_array_equal(left, np.stack(lanes))
    np.testing.assert_array_equal(right, np.stack(lanes, axis=2))
    left, [right] = tg.vmap(squares)(batch)
    assert left is right
