"""Products and convolutions in bfloat16 and of integers of 8 bits, with and without oneDNN, against NumPy's in float64
of what ml_dtypes rounds, and against exact integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import tangra as tg
from tangra.errors import ShapeMismatchError, TangraError
from tangra.native import onednn_calls
from tangra.nn import functional as F
from tests.nn.machine import narrow_kernels

Array = np.ndarray[Any, Any]
BF = "bfloat16"


def matmul(a, b):
    return F.matmul(a, b, precision=BF)


def linear(a, w):
    return F.linear(a, w, precision=BF)


class Used(list[str]):
    """The numbers that oneDNN was given to multiply; `there`: it has kernels for narrow ones here."""

    there = False


@pytest.fixture(params=["1", "0"])
def used(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Used:
    """With oneDNN, for sizes as small as can be, and without."""
    monkeypatch.setenv("TANGRA_ONEDNN", request.param)
    for name in ("narrow_products", "conv_onednn"):
        monkeypatch.setattr(f"tangra.native.{name}.LEAST_WORK", 0)
    monkeypatch.setattr("tangra.native.narrow_products.PART_ROWS", 8)
    monkeypatch.setattr("tangra.native.narrow_products.PART_WORK", 1)
    monkeypatch.setattr("tangra.native.conv_onednn.PART_WORK", 1)
    monkeypatch.setattr("tangra.native.conv_onednn.PART_PLACES", 1)
    used, possible = Used(), onednn_calls.possible
    used.there = request.param == "1" and narrow_kernels()

    def noted(em: Any, task: Any) -> bool:
        found = possible(em, task)
        used.extend([task.numbers] * found)
        return found

    monkeypatch.setattr(onednn_calls, "possible", noted)
    return used


def rounded(x: Array) -> Array:
    return x.astype(ml_dtypes.bfloat16).astype(np.float64)


def draw(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)


def within(found: Array, a: Array, b: Array, terms: int, product: Callable[[Array, Array], Array] = np.matmul) -> None:
    """The documented bound; what float32 gives is outside of it."""
    assert found.dtype == np.float32
    x, y = rounded(a), rounded(b)
    share = terms * 2.0**-24 / (1 - terms * 2.0**-24)
    near_zero = product(np.abs(x), np.ones_like(y)) + product(np.ones_like(x), np.abs(y)) + 2 * terms
    bound = share * product(np.abs(x), np.abs(y)) + 2.0**-126 * near_zero
    assert (np.abs(found - product(x, y)) <= bound).all()
    assert (np.abs(product(a.astype(float), b.astype(float)) - product(x, y)) > bound).any()


SHAPES = [((40, 64), (64, 24)), ((33, 17), (17, 9)), ((5, 16, 20), (5, 20, 8)), ((3, 16, 20), (20, 8))]


@pytest.mark.parametrize("a, b", SHAPES)
def test_products(a: Any, b: Any, used: Used) -> None:
    x, y = draw(*a), draw(*b, seed=1)
    for function in (matmul, tg.jit(matmul)):
        within(function(x, y), x, y, a[-1])
    assert used == ["bf16"] * used.there


LAYOUTS = [
    (lambda a: a.T, lambda b: b),
    (lambda a: a[:40, ::2], lambda b: b[:20]),
    (lambda a: a[::-1, :20], lambda b: b[3:23, ::-2]),
    (lambda a: a[::2], lambda b: b[:, 3:43].T),
    (lambda a: a[:, 8:], lambda b: b[::-1, :32].T),
]


@pytest.mark.parametrize("left, right", LAYOUTS)
def test_operands_of_any_layout(left: Any, right: Any, used: Used) -> None:
    x, y = draw(48, 40), draw(48, 96, seed=1)
    a, b = left(x), right(y)
    within(tg.jit(lambda x, y: matmul(left(x), right(y)))(x, y), a, b, a.shape[1])
    assert used == ["bf16"] * used.there


def test_linear_with_a_bias_and_what_follows(used: Used) -> None:
    x, w, bias = draw(4, 24, 40), draw(32, 40, seed=1), draw(32, seed=2)

    def layer(x, w, bias):
        return np.maximum(F.linear(x, w, bias, precision="bfloat16"), 0)

    known = np.maximum(rounded(x) @ rounded(w).T + bias, 0)
    for function in (layer, tg.jit(layer)):
        np.testing.assert_allclose(function(x, w, bias), known, rtol=1e-5, atol=1e-5)
    assert used == ["bf16"] * used.there
    assert np.abs(np.maximum(x @ w.T + bias, 0) - known).max() > 1e-3


def test_derivatives_are_products_of_the_same_kind(used: Used) -> None:
    x, w, c = draw(32, 40), draw(24, 40, seed=1), draw(32, 24, seed=2)

    def loss(x, w):
        return np.sum(linear(x, w) * c)

    by_x, by_w = tg.jit(tg.grad(loss, (0, 1)))(x, w)
    within(by_x, c, w, 24)
    within(by_w, np.ascontiguousarray(c.T), x, 32)
    assert used.count("bf16") >= 2 * used.there
    tangent = draw(32, 40, seed=3)
    _, moved = tg.jvp(linear, (x, w), (tangent, np.zeros_like(w)))
    within(moved, tangent, np.ascontiguousarray(w.T), 40)
    _, along = tg.jvp(tg.grad(lambda x: np.sum(linear(x, w) ** 2)), (x,), (tangent,))
    known = 2 * rounded((rounded(tangent) @ rounded(w).T).astype(np.float32)) @ rounded(w)
    np.testing.assert_allclose(along, known, rtol=1e-2, atol=1e-2 * np.abs(known).max())


def test_lanes(used: Used) -> None:
    x, w = draw(6, 16, 24), draw(24, 12, seed=1)
    within(tg.vmap(matmul, (0, None))(x, w), x, w, 24)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("transposed", [False, True])
def test_convolutions(layout: str, transposed: bool, used: Used) -> None:
    name = "conv_transpose2d" if transposed else "conv2d"
    x, w = draw(3, 16, 9, 8), draw(16, 16, 3, 3, seed=1)
    x = x if layout == "NCHW" else np.ascontiguousarray(x.transpose(0, 2, 3, 1))

    def run(x, w, precision=BF):
        return getattr(F, name)(x, w, padding=1, stride=2, layout=layout, precision=precision)

    for function in (run, tg.jit(run)):
        within(function(x, w), x, w, 16 * 9, lambda x, w: run(x, w, None))
    c = draw(*run(x, w).shape, seed=2)
    by_x, by_w = tg.jit(tg.grad(lambda x, w: np.sum(run(x, w) * c), (0, 1)))(x, w)
    plain = tg.grad(lambda x, w, c: np.sum(run(x, w, None) * c), (0, 1))
    within(by_x, c, w, 16 * 9, lambda c, w: plain(x.astype(float), w, c)[0])
    within(by_w, c, x, 3 * 81, lambda c, x: plain(x, w.astype(float), c)[1])
    assert used.count("bf16") >= 3 * used.there


def test_convolutions_in_groups(used: Used) -> None:
    x, w = draw(2, 9, 8, 32), draw(32, 8, 3, 3, seed=1)

    def run(x, w, precision=BF):
        return F.conv2d(x, w, padding=1, groups=4, layout="NHWC", precision=precision)

    within(tg.jit(run)(x, w), x, w, 8 * 9, lambda x, w: run(x, w, None))
    by_x, near = tg.jit(tg.grad(lambda x, w: np.sum(run(x, w))))(x, w), rounded(w)
    known = tg.grad(lambda x, w: np.sum(run(x, w, None)))(x.astype(float), near)
    np.testing.assert_allclose(by_x, known, rtol=1e-5, atol=1e-5)
    assert used.count("bf16") >= 2 * used.there


def test_numbers_of_all_sizes(used: Used) -> None:
    """Infinities, NaN, what is rounded to infinity, the largest bfloat16, and what CPUs may take for 0."""
    x, y = np.zeros((8, 16), np.float32), np.ones((16, 8), np.float32)
    x[:, 3] = np.inf, -np.inf, np.nan, 3.4e38, -3.4e38, 3.3e38, 1e-38, -1e-40
    found = tg.jit(matmul)(x, y)
    assert np.array_equal(found[:6, 0], rounded(x)[:6, 3], equal_nan=True)
    assert np.isinf(found[[0, 1, 3, 4]]).all()
    assert (np.abs(found[6:] - x[6:, 3:4]) <= 2.0**-126).all()


@pytest.mark.parametrize("first", [np.int8, np.uint8])
@pytest.mark.parametrize("terms", [24, 600, 5000])
def test_integers_of_8_bits_are_exact(first: Any, terms: int, used: Used) -> None:
    rng, limits = np.random.default_rng(terms), np.iinfo(first)
    a = rng.integers(limits.min, limits.max, (16, terms), endpoint=True).astype(first)
    b = rng.integers(-128, 127, (terms, 24), endpoint=True).astype(np.int8)
    a[0], b[:, 0] = limits.max if first == np.uint8 else -128, -128
    known = a.astype(np.int64) @ b.astype(np.int64)
    for function in (F.matmul, tg.jit(lambda a, b: F.matmul(a, b)), lambda a, b: F.linear(a, b.T)):
        found = function(a, b)
        assert found.dtype == np.int32
        assert np.array_equal(found, known)
    assert np.array_equal(
        tg.jit(lambda a, b: F.linear(a, b.T, np.arange(24, dtype=np.int32)))(a, b), known + np.arange(24)
    )
    assert np.array_equal(tg.jit(lambda a, b: a.astype(np.int32) @ b.astype(np.int32))(a, b), known)
    found = tg.jit(lambda a, b: a.astype(np.int64) @ b.astype(np.int64))(a, b)
    assert found.dtype == np.int64
    assert np.array_equal(found, known)
    assert used == [np.dtype(first).name.replace("int", "i").replace("ui", "u")] * (4 * used.there)


def test_sums_of_integers_wrap_where_int32_does(used: Used) -> None:
    a, b = np.full((8, 140_000), -128, np.int8), np.full((140_000, 8), -128, np.int8)
    known = (a.astype(np.int64) @ b.astype(np.int64)).astype(np.int32)
    assert known[0, 0] < 0
    for function in (
        F.matmul,
        tg.jit(lambda a, b: F.matmul(a, b)),
        tg.jit(lambda a, b: a.astype("i4") @ b.astype("i4")),
    ):
        assert np.array_equal(function(a, b), known)


def test_floats_that_hold_integers_stay_floats(used: Used) -> None:
    """Where float32 can't hold the sums, they are rounded as they ever were: oneDNN is not asked."""
    a, b = np.full((8, 1030), 127, np.int8), np.full((1030, 8), 127, np.int8)
    found = tg.jit(lambda a, b: a.astype(np.float32) @ b.astype(np.float32))(a, b)
    assert found.dtype == np.float32
    assert used == []
    fewer = tg.jit(lambda a, b: a[:, :512].astype(np.float32) @ b[:512].astype(np.float32))(a, b)
    assert fewer.dtype == np.float32
    assert (fewer == 512 * 127 * 127).all()


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("first", [np.int8, np.uint8])
@pytest.mark.parametrize("inputs", [16, 64])
def test_convolutions_of_integers(layout: str, first: Any, inputs: int, used: Used) -> None:
    rng, limits = np.random.default_rng(inputs), np.iinfo(first)
    x = rng.integers(limits.min, limits.max, (2, inputs, 7, 6), endpoint=True).astype(first)
    w = rng.integers(-128, 127, (24, inputs, 3, 3), endpoint=True).astype(np.int8)
    w[0], bias = -128, np.arange(24, dtype=np.int32)
    known = F.conv2d(x.astype(float), w.astype(float), bias.astype(float), padding=1)
    if layout == "NHWC":
        x, known = (np.ascontiguousarray(v.transpose(0, 2, 3, 1)) for v in (x, known))

    def run(x, w, bias):
        return F.conv2d(x, w, bias, padding=1, layout=layout)

    for function in (run, tg.jit(run)):
        found = function(x, w, bias)
        assert found.dtype == np.int32
        assert np.array_equal(found, known)
    # Without them it is a convolution of float32, where that holds the sums.
    assert len([n for n in used if n != "f32"]) == used.there


def test_a_quantised_layer(used: Used) -> None:
    """Scales are the program's: rounded before, multiplied after."""
    x, w = draw(32, 64), draw(24, 64, seed=1)

    def layer(x, w):
        sx, sw = np.max(np.abs(x)) / np.float32(127), np.max(np.abs(w), axis=1) / np.float32(127)
        qx, qw = np.rint(x / sx).astype(np.int8), np.rint(w / sw[:, None]).astype(np.int8)
        return F.linear(qx, qw).astype(np.float32) * (sx * sw)

    known = layer(x, w)
    np.testing.assert_allclose(tg.jit(layer)(x, w), known, rtol=1e-6)
    assert np.abs(known - x @ w.T).max() < 0.05 * np.abs(x @ w.T).max()
    assert len(used) == used.there


def test_symbolic_sizes() -> None:
    dynamic = tg.jit(matmul, dynamic=True)
    integers = tg.jit(lambda a, b: F.matmul(a, b), dynamic=True)
    for n in (9, 14):
        x, y = draw(n, 2 * n), draw(2 * n, n + 1, seed=1)
        within(dynamic(x, y), x, y, 2 * n)
        a, b = ((v * 40).astype(np.int8) for v in (x, y))
        assert np.array_equal(integers(a, b), a.astype(int) @ b.astype(int))


WRONG = [
    (lambda a: F.matmul(a, a, precision="float16"), "precision must be None or \"?'?bfloat16"),
    (lambda a: F.matmul(a.astype(float), a, precision=BF), "is for arrays of float32, not float64"),
    (lambda a: F.matmul(a.astype(np.int8), a.astype(np.int8), precision=BF), "integers of 8 bits are added up exactly"),
    (lambda a: F.linear(a.astype(np.int8), a.astype(np.int8), a[0]), "must be int32, not float32"),
    (lambda a: F.linear(a, a[0]), "needs two axes"),
    (lambda a: F.linear(a, a, a), "needs one axis"),
    (lambda a: F.conv1d(a[None], a[None], precision="half"), "precision must be None or"),
]


@pytest.mark.parametrize("call, message", WRONG)
def test_what_makes_no_sense_is_refused(call: Any, message: str) -> None:
    a = draw(8, 8)
    with pytest.raises(ValueError, match=message):
        call(a)
    with pytest.raises(TangraError, match=message):
        tg.jit(call)(a)


@pytest.mark.parametrize("call", [lambda a: F.linear(a, a[:, :5]), lambda a: F.linear(a, a, a[0, :3])])
def test_arrays_that_do_not_fit(call: Any) -> None:
    a = draw(8, 8)
    with pytest.raises(ValueError, match="features"):
        call(a)
    with pytest.raises(ShapeMismatchError, match="features"):
        tg.jit(call)(a)
