"""NumPy at its edges: signs of zeros, items of `.flat`, copies asked for or forbidden, places by 0-d arrays."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.programs.oracle import difference, fresh

X = np.array([1.5, -2.25, 0.0, 4.0])
M = np.array([[1.5, -2.0, 3.0], [0.5, 4.0, -1.25]])
C = np.arange(24.0).reshape(2, 3, 4)
INTS = np.array([5, -3, 7, 0])
ONE = np.array(1)


def same(program: Callable[..., Any], *args: Any) -> None:
    """Results, their signs, and what the arguments hold afterwards."""
    ours, theirs = fresh(args), fresh(args)
    with np.errstate(all="ignore"):
        wanted = program(*theirs)
    found = tg.jit(program)(*ours)
    assert difference(found, wanted, rtol=1e-14) is None
    assert difference(ours, theirs, rtol=0.0) is None
    if isinstance(wanted, (np.ndarray, float)):
        there = ~np.isnan(wanted)
        assert np.array_equal(np.signbit(found)[there], np.signbit(wanted)[there])


def fails(program: Callable[..., Any], *args: Any) -> None:
    """The same error, in the same words."""
    with pytest.raises((ValueError, IndexError, ArithmeticError)) as wanted:
        program(*fresh(args))
    with pytest.raises(wanted.type, match=f"^{re.escape(str(wanted.value))}$"):
        tg.jit(program)(*fresh(args))


@pytest.mark.parametrize(
    "program",
    [
        lambda x, _: np.einsum("i,j", x, x),
        lambda x, _: np.einsum("i,i->i", x, -x),
        lambda x, m: np.tensordot(m, -x, 0),
        lambda x, _: np.cumsum(-x[2:3]),
        lambda x, _: np.array([-np.inf, -0.0, 4.0]) ** 0.5,
        lambda x, _: np.power(np.array([-np.inf, -0.0, 4.0]), 0.5),
        lambda x, _: np.float64(-np.inf) ** 0.5,
        lambda x, _: abs(x[2]) ** -np.inf,
    ],
)
def test_signs_and_infinities(program: Callable[..., Any]) -> None:
    same(program, X, M)


def test_zero_to_the_power_of_minus_infinity() -> None:
    same(lambda x, y: x**y, 0.0, -math.inf)


def test_differences_of_equal_products() -> None:
    """One of the products was fused with the difference, which was then the rounding error of the other."""
    v = np.random.default_rng(0).standard_normal((50, 3))
    assert not tg.jit(np.cross)(v, v.copy()).any()
    assert tg.jit(lambda a, b, c, d: a * b - c * d)(0.1, 0.3, 0.1, 0.3) == 0.0
    assert not tg.jit(lambda x, y, a, b: x * a - b * y)(v, v.copy(), 0.1, 0.1).any()
    assert not tg.jit(lambda x, y: 0.25 * x - y * 0.25)(v, v.copy()).any()
    assert not tg.jit(lambda x, y: 3.0 * x - y * 3.0)(v, v.copy()).any()


def _changed(x: Any) -> None:
    x.flat[::2] *= 2


def _row_changed(x: Any) -> None:
    row = x[ONE]
    row[0] = 99.0


def _assigned_by_a_mask(x: Any) -> None:
    x[x > 0] = [5.0]


@pytest.mark.parametrize("program", [_changed, _row_changed, _assigned_by_a_mask])
def test_writes(program: Callable[..., Any]) -> None:
    same(program, M)


@pytest.mark.parametrize(
    "program",
    [
        lambda x, k: x.item(k),
        lambda x, k: x.item((k,)),
        lambda x, k: x.flat[k],
        lambda x, k: x.flat[[0, k]],
        lambda x, k: x[0, 0].item(k),
        lambda x, k: np.pad(x[:, :0], ((0, 0), (1, 1)), mode="edge"),
        lambda x, k: np.pad(x[:0], 1, mode="mean"),
        lambda x, k: np.arange(-3, 3, dtype=np.uint8),
        lambda x, k: np.arange(k * 20, 300, 100, dtype=np.int8),
        lambda x, k: np.asarray_chkfinite(x / 0),
        lambda x, k: np.linalg.eigvalsh(np.full((3, 3), np.nan)),
        lambda x, k: divmod(1.5, k - 7.0),
    ],
)
def test_failures(program: Callable[..., Any]) -> None:
    with np.errstate(all="ignore"):
        fails(program, M, 7)


@pytest.mark.parametrize("place", [-6, 2, 5])
def test_items_by_place(place: int) -> None:
    same(lambda x, k: (x.item(k), x.item((k,)), x.flat[k]), M, place)


def _a_sequence_as_an_element(x: Any) -> None:
    x[0, 0] = [1.0]


def _a_list_that_is_too_deep(x: Any) -> None:
    x[0] = [[1.0, 2.0, 3.0]]


def _filled_with_a_list(x: Any) -> None:
    x.fill([1.0])


@pytest.mark.parametrize(
    ("program", "match"),
    [
        (_a_sequence_as_an_element, "with a sequence"),
        (_a_list_that_is_too_deep, "with a sequence"),
        (_filled_with_a_list, "with a sequence"),
        (lambda x: np.array(x, dtype=np.float32, copy=False), "Unable to avoid copy"),
        (lambda x: np.asarray([1.0], copy=False), "Unable to avoid copy"),
        (lambda x: np.reshape(x[:, ::2], 4, copy=False), "Unable to avoid"),
        (lambda x: np.trace(x, 0, 1, 1), "cannot be the same"),
        (lambda x: np.tensordot(x, x, ([0, 0], [0, 0])), "duplicate axes"),
        (lambda x: np.array([2**64]) + 1.5, "64 bits"),
        (lambda x: x.flat[None], "None"),
    ],
)
def test_what_numpy_refuses(program: Callable[[Any], Any], match: str) -> None:
    if match != "64 bits":
        with pytest.raises((TypeError, ValueError, IndexError)):
            program(M.copy())
    with pytest.raises(tg.TangraError, match=match):
        tg.jit(program)(M.copy())


def test_an_array_as_an_element() -> None:
    def program(x: Any) -> None:
        x[0, 0] = np.ones(1)

    try:
        program(M.copy())
    except ValueError:
        with pytest.raises(tg.TangraError, match="with a sequence"):
            tg.jit(program)(M.copy())
    else:
        same(program, M)


@pytest.mark.parametrize(
    "program",
    [
        lambda x: np.asarray(x, order="C"),
        lambda x: np.array(x, order="C", copy=None),
        lambda x: np.array(x, copy=False),
        lambda x: np.array(x, ndmin=3, copy=None),
        lambda x: np.reshape(x, 6, order="F", copy=True),
        lambda x: np.reshape(x, 6, order="F", copy=False),
        lambda x: x[np.array(0)],
        lambda x: x[np.array(0), :],
    ],
)
def test_memory(program: Callable[[Any], Any]) -> None:
    x = np.asfortranarray(M)
    assert np.shares_memory(tg.jit(program)(x), x) == np.shares_memory(program(x), x)
    same(program, x)


@pytest.mark.parametrize("key", [None, lambda t: -t])
def test_lists_with_nan(key: Any) -> None:
    """CPython leaves the items where its way of sorting has put them."""

    def program(x: float, y: float) -> list[float]:
        return sorted([x, y, 0.5], key=key)

    assert tg.jit(program)(2.0, 1.0) == program(2.0, 1.0)
    with pytest.raises(ValueError, match="NaN"):
        tg.jit(program)(2.0, math.nan)
    assert math.isnan(tg.jit(lambda x: sorted([x]))(math.nan)[0])


@pytest.mark.parametrize(
    "program",
    [
        lambda x: x.astype(np.uint64),
        lambda x: np.sum(x[2:], dtype=np.uint64),
        lambda x: np.nanmax(x[3:], initial=np.nan),
        pytest.param(lambda x: np.nanvar(INTS, ddof=4), marks=pytest.mark.filterwarnings("ignore:Degrees")),
        lambda x: np.sum(x[0], axis=0),
        lambda x: np.insert(x, [1], [7, 8, 9]),
        lambda x: (x == None, x != None),  # noqa: E711
        lambda x: (np.flip(np.array(2.5)), np.isreal(1.5), np.array_equiv(x, x[:2])),
        lambda x: np.average(M, axis=[0]),
        lambda x: np.dot(x, x, out=np.zeros(())),
    ],
)
def test_values(program: Callable[..., Any]) -> None:
    same(program, np.array([np.nan, np.inf, -1e19, -2.5, 300.0, 2.0**63]))


@pytest.mark.parametrize(
    ("program", "match"),
    [
        (lambda x: np.sum(x, axis=[0]), "tuple of ints"),
        (lambda x: np.argmax(x, axis=True), "integer is required"),
        (lambda x: np.choose(x, [x, x]), "safe"),
        (lambda x: np.take(INTS, [0], out=np.zeros(2)), "out="),
        (lambda x: np.dot(INTS, INTS, out=np.zeros(2)), "out="),
        (lambda x: np.argmax(x, axis=0, out=np.zeros(3)), "out="),
        (lambda x: np.einsum("ij->j", x, dtype=np.float32), "safe"),
        (lambda x: np.searchsorted(X, 1.0, sorter=[0, 1]), "sorter"),
        (lambda x: np.insert(x, 1.0, 9), "integers"),
        (lambda x: np.delete(x, 1.0), "integers"),
        (lambda x: np.delete(x, [True, False]), "boolean array"),
        (lambda x: np.linalg.cross(x[:, :2], x[:, :2]), "3-dimensional"),
        (lambda x: np.average(x, weights=x[:1]), "shapes of a and weights"),
        (lambda x: np.interp(x, [0, 1], [1]), "same length"),
        (lambda x: min(1, 2, default=x), "default"),
        (lambda x: round(x[0, 0:1].reshape(())), "__round__"),
        (lambda x: math.trunc(x[0, 0:1].reshape(())), "__trunc__"),
    ],
)
def test_wrong_arguments(program: Callable[[Any], Any], match: str) -> None:
    with pytest.raises((TypeError, ValueError, IndexError)):
        program(M.copy())
    with pytest.raises(tg.TangraError, match=match):
        tg.jit(program)(M.copy())


@pytest.mark.parametrize("program", [lambda x: np.quantile(X, x), lambda x: math.isclose(1.0, x, abs_tol=-1)])
def test_arguments_out_of_range(program: Callable[..., Any]) -> None:
    fails(program, math.nan)


def test_an_array_of_that_dtype_is_itself() -> None:
    x = X.copy()
    assert tg.jit(lambda x: np.float64(x))(x) is x
    assert tg.jit(lambda x: x.squeeze())(x) is x


@pytest.mark.parametrize("digits", [1.0, 0.5, np.float32(0), np.bool_(True), "a"])
@pytest.mark.parametrize("x", [2.5, 7, np.float32(1.5), np.int8(3)])
def test_digits_that_are_no_integers(x: Any, digits: Any) -> None:
    with pytest.raises(TypeError):
        round(x, digits)
    with pytest.raises(tg.TypeMismatchError, match="object cannot be interpreted as an integer"):
        tg.jit(lambda x: round(x, digits))(x)


def test_exponents_that_are_no_ints_of_python() -> None:
    with pytest.raises(tg.TypeMismatchError, match="takes an int of Python"):
        tg.jit(lambda x, i: math.ldexp(x, i))(1.5, np.int64(2))
    assert tg.jit(lambda x, i: math.ldexp(x, i))(1.5, 2) == 6.0


@pytest.mark.parametrize("f", [np.std, np.var, np.nanstd, np.nanvar])
def test_what_is_taken_off_the_number_of_elements_has_one_name(f: Any) -> None:
    x = np.arange(6.0).reshape(2, 3)
    with pytest.raises(tg.TangraError, match="can't be provided simultaneously"):
        tg.jit(lambda x: f(x, ddof=1, correction=1))(x)
    assert np.allclose(tg.jit(lambda x: f(x, axis=1, ddof=0, correction=1))(x), f(x, axis=1, correction=1))


@pytest.mark.parametrize("shape", [(0, 4), (0, 30)])
def test_averages_of_which_there_are_none(shape: tuple[int, int]) -> None:
    f = tg.jit(lambda x: np.average(x, axis=1), dynamic=True)
    assert np.array_equal(f(np.ones((20, shape[1]))), np.ones(20))
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        f(np.zeros(shape))


@pytest.mark.parametrize("ndarray", [np.arange(4), np.arange(4, dtype=np.uint8), np.arange(4) > 1])
def test_results_that_do_not_fit_what_a_mask_marks(ndarray: Any) -> None:
    def half(x: Any) -> None:
        x[x > 0] /= 2

    def more(x: Any) -> None:
        x[x > 0, ...] += 0.5

    def signed(x: Any, y: Any) -> None:
        x[x > 0] -= y

    for f, args in ((half, ()), (more, ()), (signed, (np.float32(1),))):
        x, y = ndarray.copy(), ndarray.copy()
        with pytest.raises(TypeError, match="with casting rule 'same_kind'"):
            f(x, *args)
        with pytest.raises(tg.TypeMismatchError, match="with casting rule 'same_kind'"):
            tg.jit(f)(y, *args)
        assert np.array_equal(x, y)


def test_results_that_fit_what_a_mask_marks() -> None:
    def f(x: Any, y: Any) -> Any:
        x[x > 0] += 3
        x[x > 4] -= np.int32(2)
        y[x > 4] *= 0.1
        return x, y

    for dtype in (np.int64, np.int32, np.int16):
        expected = f(np.arange(5, dtype=dtype), np.ones(5, np.float32))
        assert difference(tg.jit(f)(np.arange(5, dtype=dtype), np.ones(5, np.float32)), expected) is None
