"""How torch's tensors lie in memory after slices, splits and copies, which `view` depends on.

The oracle is NumPy, whose views have the same strides."""

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

from tangra.shape_rules import BaseContext, RuleError, Tensor
from tangra.shape_rules.operators import getitem
from tangra.shape_rules.reshaping import strides_of
from tangra.shape_rules.testing import call_method, tensor

Both = tuple[Tensor, np.ndarray[Any, Any]]


def sliced(r: Random, x: Tensor, a: np.ndarray[Any, Any]) -> Both:
    index: list[Any] = []
    count = r.randint(0, a.ndim)
    from_right = r.random() < 0.3
    for size in a.shape[a.ndim - count :] if from_right else a.shape[:count]:
        low = r.randrange(size)
        step = r.choice([None, 1, 2])
        index.append(r.choice([low, slice(low, r.randint(low + 1, size), step), slice(None), slice(None, None, 2)]))
    if r.random() < 0.3:
        index.insert(r.randint(0, len(index)), None)
    if from_right:
        index.insert(0, ...)
    return getitem(BaseContext(), x, tuple(index)), a[tuple(index)]


def swapped(r: Random, x: Tensor, a: np.ndarray[Any, Any]) -> Both:
    axes = r.sample(range(a.ndim), a.ndim)
    return call_method(x, "permute", *axes), a.transpose(axes)


def grown(r: Random, x: Tensor, a: np.ndarray[Any, Any]) -> Both:
    shape = (r.randint(1, 3), *a.shape)
    return call_method(x, "expand", *shape), np.broadcast_to(a, shape)


def parted(r: Random, x: Tensor, a: np.ndarray[Any, Any]) -> Both:
    axis = r.randrange(a.ndim)
    place = r.randrange(a.shape[axis])
    width = r.randint(1, a.shape[axis] - place)
    part = (slice(None),) * axis
    one = a[(*part, place)]
    some = a[(*part, slice(place, place + width))]
    ways: list[Callable[[], Both]] = [
        lambda: (call_method(x, "select", axis, place), one),
        lambda: (call_method(x, "unbind", axis)[place], one),
        lambda: (call_method(x, "narrow", axis, place, width), some),
        lambda: (call_method(x, "split", [place, width, a.shape[axis] - place - width], axis)[1], some),
    ]
    return r.choice(ways)()


def copied(r: Random, x: Tensor, a: np.ndarray[Any, Any]) -> Both:
    """A copy keeps the order of axes only of what lies without gaps; torch's, not NumPy's, packs the rest."""
    made = call_method(x, *r.choice([("clone",), ("double",), ("to",)]))
    return made, a.copy("K")


@pytest.mark.parametrize("seed", range(400))
def test_strides_are_numpys(seed: int) -> None:
    r = Random(seed)
    shape = tuple(r.randint(1, 4) for _ in range(r.randint(1, 4)))
    x, a = tensor(shape), np.zeros(shape)
    for _ in range(r.randint(1, 4)):
        x, a = r.choice([sliced, sliced, swapped, grown, parted, copied])(r, x, a)
        assert x.shape == a.shape
        found = strides_of(x)
        if found is None or not x.shape:
            return
        for size, ours, numpys in zip(a.shape, found, a.strides, strict=True):
            assert size == 1 or ours == numpys // 8, (x, found, a.strides)
        goal = (a.size,) if r.random() < 0.6 else (*a.shape[:1], a.size // (a.shape or (1,))[0])
        flat = a.reshape(goal)
        try:
            call_method(x, "view", *goal)
        except RuleError:
            assert not np.shares_memory(flat, a) and a.size > 1
        else:
            assert np.shares_memory(flat, a)


def test_copies_of_what_repeats_or_has_gaps_can_be_viewed() -> None:
    """Their order is torch's choice."""
    call_method(call_method(call_method(tensor((3,)), "expand", 4, 3), "clone"), "view", 12)
    call_method(call_method(call_method(tensor((3,)), "expand", 4, 3), "double"), "view", 12)
    with pytest.raises(RuleError, match="not in order in memory"):
        call_method(call_method(call_method(tensor((3, 4)), "t"), "double"), "view", 12)
    with pytest.raises(RuleError, match="not in order in memory"):
        call_method(getitem(BaseContext(), tensor((4, 6)), (..., slice(3))), "view", 12)


def test_products_lie_in_order_however_their_operands_lie() -> None:
    a, b = call_method(tensor((4, 2, 3)), "transpose", 0, 1), call_method(tensor((2, 5, 3)), "transpose", 1, 2)
    for product in (call_method(a, "matmul", b), call_method(a, "bmm", b)):
        assert call_method(product, "view", 40).shape == (40,)
        with pytest.raises(RuleError):
            call_method(call_method(product, "transpose", 1, 2), "view", 40)
