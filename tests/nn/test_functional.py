"""`tangra.nn.functional` against PyTorch's recorded answers: as plain NumPy, compiled, with symbolic sizes, in both
layouts, batched, and with derivatives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tangra.nn import functional as F
from tests.nn.cases import CALLS, Call, arguments, cotangent

ANSWERS = json.loads((Path(__file__).parent / "answers.json").read_text())
LAYOUTS = {"1": "NWC", "2": "NHWC", "3": "NDHWC"}
WITH_ANSWERS = [
    pytest.param(call, [np.array(data).reshape(shape) / 2520 for shape, data in answer], id=f"{k}-{call[0]}")
    for k, (call, answer) in enumerate(zip(CALLS, ANSWERS, strict=True))
]


def channels_last(x: Any, call: Call) -> Any:
    """An input or result with its channels moved; without a batch they are first."""
    return np.ascontiguousarray(np.moveaxis(x, 0 if single(call) else 1, -1))


def single(call: Call) -> bool:
    return len(call[1][0]) == int(call[0][-2]) + 1


def runner(call: Call, **more: Any) -> Any:
    name, _, options = call
    every = {**options, **more}
    function = getattr(F, name)

    def run(*arrays):
        return function(*arrays, **every)

    return run


def same(found: Any, wanted: Any, dtype: Any = np.float64) -> None:
    assert type(found) is np.ndarray
    assert found.dtype == dtype
    np.testing.assert_allclose(found, wanted, rtol=2e-7 if dtype == np.float32 else 1e-14, atol=1e-15)


def gradients(function: Any, arrays: list[Any]) -> Any:
    """The derivatives by all arrays."""
    if len(arrays) == 1:
        return [tg.grad(function)(*arrays)]
    return tg.grad(function, tuple(range(len(arrays))))(*arrays)


@pytest.mark.parametrize("call, answers", WITH_ANSWERS)
def test_results(call: Call, answers: list[Any]) -> None:
    arrays = arguments(call)
    for run in (runner(call), tg.jit(runner(call)), tg.jit(runner(call), dynamic=True)):
        same(run(*arrays), answers[0])
        same(run(*(a.astype(np.float32) for a in arrays)), answers[0], np.float32)


@pytest.mark.parametrize("call, answers", WITH_ANSWERS)
def test_channels_last(call: Call, answers: list[Any]) -> None:
    first, *rest = arguments(call)
    run = runner(call, layout=LAYOUTS[call[0][-2]])
    for f in (run, tg.jit(run)):
        same(f(channels_last(first, call), *rest), channels_last(answers[0], call))


@pytest.mark.parametrize("call, answers", WITH_ANSWERS)
def test_derivatives(call: Call, answers: list[Any]) -> None:
    arrays = arguments(call)
    weights, run = cotangent(answers[0].shape), runner(call)

    def total(*arrays):
        return np.sum(run(*arrays) * weights)

    for found, wanted in zip(gradients(total, arrays), answers[1:], strict=True):
        same(found, wanted)
    turned, last = channels_last(weights, call), runner(call, layout=LAYOUTS[call[0][-2]])

    def total_last(*arrays):
        return np.sum(last(*arrays) * turned)

    first, *rest = gradients(total_last, [channels_last(arrays[0], call), *arrays[1:]])
    same(first, channels_last(answers[1], call))
    for found, wanted in zip(rest, answers[2:], strict=True):
        same(found, wanted)


@pytest.mark.parametrize("call, answers", WITH_ANSWERS[3:12:3])
def test_batches_of_calls(call: Call, answers: list[Any]) -> None:
    first, *rest = arguments(call)
    many = np.stack([first, 2 * first, -first])
    run = runner(call)
    found = tg.vmap(run, (0, *(None for _ in rest)))(many, *rest)
    for k in range(3):
        same(found[k], run(many[k], *rest))


def test_sizes_as_symbols_serve_other_sizes() -> None:
    run = tg.jit(lambda x, w: F.conv2d(x, w, stride=2, padding=1), dynamic=True)
    for n, size in ((1, 5), (2, 6), (3, 9)):
        x, w = (np.random.default_rng(n).normal(size=s) for s in ((n, 3, size, size + 1), (4, 3, 3, 3)))
        np.testing.assert_allclose(run(x, w), F.conv2d(x, w, stride=2, padding=1), rtol=1e-12, atol=1e-12)
    for x, w in ((np.ones((1, 2, 5, 5)), np.ones((4, 3, 3, 3))), (np.ones((1, 3, 5, 0)), np.ones((4, 3, 3, 3)))):
        for function in (run, lambda x, w: F.conv2d(x, w, stride=2, padding=1)):
            with pytest.raises(ValueError, match="conv2d"):
                function(x, w)


def test_places_of_maxima() -> None:
    x = np.array([[[1.0, 3.0, 3.0, np.nan, 0.0, -np.inf, -np.inf]]])
    for f in (
        lambda x: F.max_pool1d(x, 2, return_indices=True),
        tg.jit(lambda x: F.max_pool1d(x, 2, 2, 0, 1, True, True)),
    ):
        largest, places = f(x)
        assert places.dtype == np.int64
        np.testing.assert_array_equal(places[0, 0, :3], [1, 3, 4])
        np.testing.assert_array_equal(largest[0, 0, :3], [3.0, np.nan, 0.0])
    np.testing.assert_array_equal(f(x)[1], [[[1, 3, 4, 6]]])


def test_pools_of_sizes_as_symbols() -> None:
    def both(x):
        a = F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False)
        return a, F.max_pool2d(x, 3, 2, 1, ceil_mode=True)

    run = tg.jit(both, dynamic=True)
    for n, size in ((1, 4), (2, 7), (1, 10)):
        x = np.random.default_rng(n).normal(size=(n, 2, size, size + 1))
        for found, wanted in zip(run(x), both(x), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-13)


def test_a_window_that_meets_nothing_has_no_derivative() -> None:
    x = np.array([[[3.0]]])

    def total(x):
        return np.sum(np.maximum(F.max_pool1d(x, 2, 1, 1, dilation=2), -10.0) * 2.0)

    assert total(x) == -20.0
    assert tg.value_and_grad(total)(x) == (-20.0, 0.0)


def test_pairs_are_borders_before_and_after() -> None:
    x, w = np.arange(5.0).reshape(1, 1, 5), np.array([[[1.0, 10.0, 100.0]]])
    for f in (F.conv1d, tg.jit(lambda x, w: F.conv1d(x, w, padding=((2, 0),)))):
        found = f(x, w, padding=((2, 0),)) if f is F.conv1d else f(x, w)
        np.testing.assert_array_equal(found, [[[0.0, 100.0, 210.0, 321.0, 432.0]]])


REFUSED: list[tuple[Any, str]] = [
    (lambda x, w: F.conv2d(x[0, 0], w), "input of shape .6, 5. needs 4 axes .NCHW., or 3 without a batch"),
    (lambda x, w: F.conv2d(x, w[0]), "weight of shape .3, 3, 2. needs 4 axes"),
    (lambda x, w: F.conv2d(x[:, :2], w), "the input has 2 channels, the weight takes 3"),
    (lambda x, w: F.conv2d(x, w, layout="NHWC"), "the input has 5 channels, the weight takes 3"),
    (lambda x, w: F.conv2d(x, w, groups=3), "the input has 3 channels, the weight takes 9 in 3 groups"),
    (lambda x, w: F.conv2d(x, w[:, :1], groups=3), "4 channels can't be divided into 3 groups"),
    (lambda x, w: F.conv2d(x, w, w[0, 0, 0]), "bias of shape .2,. for the 4 channels of the result"),
    (lambda x, w: F.conv2d(x, w, w[0, 0]), "bias of shape .3, 2. needs one axis"),
    (lambda x, w: F.conv2d(x[:, :, :2], w), "a window of 3 does not fit into 2 elements"),
    (lambda x, w: F.conv2d(x, w, dilation=3), "a window of 7 does not fit into 6 elements"),
    (lambda x, w: F.conv_transpose2d(x, w), "the input has 3 channels, the weight takes 4"),
    (lambda x, w: F.conv_transpose2d(x, w[:3], padding=9), "the border leaves nothing of the result"),
    (lambda x, w: F.conv2d(x, w, stride=0), "stride must be at least 1, not 0"),
    (lambda x, w: F.conv2d(x, w, stride=1.5), "stride must be an integer, not 1.5"),
    (lambda x, w: F.conv2d(x, w, stride=(1, 2, 3)), "stride must be an integer or 2 of them"),
    (lambda x, w: F.conv2d(x, w, padding=-1), "padding must be at least 0, not -1"),
    (lambda x, w: F.conv2d(x, w, padding="full"), "padding must be numbers, 'same' or 'valid', not 'full'"),
    (lambda x, w: F.conv2d(x, w, padding=((1, 2),)), "padding must be 2 numbers or pairs of them"),
    (lambda x, w: F.conv2d(x, w, padding="same", stride=2), "padding='same' needs a stride of 1"),
    (lambda x, w: F.conv2d(x, w, layout="HWCN"), "layout must be 'NCHW' or 'NHWC', not 'HWCN'"),
    (lambda x, w: F.conv_transpose2d(x, w[:3], output_padding=1), "output_padding .1, 1. must be smaller than stride"),
    (lambda x, w: F.max_pool2d(x, 2, padding=2), "padding .2, 2. must be at most half of the window"),
    (lambda x, w: F.avg_pool2d(x, 7), "avg_pool2d of input of shape .2, 3, 6, 5.: a window of 7 does not fit into 6"),
    (lambda x, w: F.avg_pool2d(x, 2, divisor_override=0), "divisor_override must be at least 1"),
    (lambda x, w: F.avg_pool2d(x[0, 0], 2), "input of shape .6, 5. needs 4 axes"),
    (lambda x, w: F.conv2d(x > 0, w > 0), "conv2d needs arrays of float32 or float64, not bool"),
]


@pytest.mark.parametrize("call, message", REFUSED)
def test_the_same_calls_are_refused(call: Any, message: str) -> None:
    x, w = np.ones((2, 3, 6, 5)), np.ones((4, 3, 3, 2))
    with pytest.raises((ValueError, TypeError), match=message):
        call(x, w)
    with pytest.raises(tg.TangraError, match=message) as caught:
        tg.jit(call)(x, w)
    assert caught.value.code in ("TG303", "TG240")
