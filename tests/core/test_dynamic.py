"""`tg.jit(dynamic=…)`: one compiled form for all sizes of the axes that are named."""

from __future__ import annotations

import numpy as np
import pytest

import tangra as tg
from tangra.errors import EntryError, TypeMismatchError, UnsupportedError


def weighted(x, w):
    total = 0.0
    for i in range(x.shape[0]):
        total += np.sum(x[i] * w)
    return total


def data(n, k):
    return np.arange(float(n * k)).reshape(n, k) / 7, np.linspace(0.5, 2.0, k)


def check(f, *args):
    assert f(*args) == pytest.approx(f.function(*args), rel=1e-13)


@pytest.mark.parametrize("named", ["x", 0, ["x"], {"x": 0}, {0: -2}, {"x": (0,)}])
def test_one_form_for_all_sizes_from_two_on(named):
    f = tg.jit(weighted, dynamic=named)
    for n in (2, 3, 17, 1000, 16):
        check(f, *data(n, 3))
    assert len(f.recompilations) == 1


def test_sizes_of_one_and_none_have_forms_of_their_own():
    f = tg.jit(weighted, dynamic={"x": 0})
    for n in (5, 1, 0, 9, 1, 0):
        check(f, *data(n, 3))
    assert len(f.recompilations) == 3


def test_all_axes_of_an_argument_and_of_several():
    f = tg.jit(weighted, dynamic=("x", "w"))
    for n, k in ((2, 5), (7, 3), (300, 20), (4, 200)):
        check(f, *data(n, k))
    assert len(f.recompilations) == 1
    with pytest.raises((ValueError, TypeMismatchError)):
        f(np.ones((4, 5)), np.ones(6))


def test_an_axis_that_is_not_named_is_compiled_in():
    f = tg.jit(weighted, dynamic={"x": 0})
    check(f, *data(4, 3))
    check(f, *data(9, 5))
    assert len(f.recompilations) == 2


def test_by_keyword_too():
    f = tg.jit(weighted, dynamic={"x": 0})
    for n in (4, 40):
        x, w = data(n, 3)
        assert f(w=w, x=x) == pytest.approx(weighted(x, w), rel=1e-13)
    assert len(f.recompilations) == 1


def test_arrays_in_containers():
    def total(parts):
        return np.sum(parts[0]) + np.sum(parts[1] * 2)

    f = tg.jit(total, dynamic="parts")
    for n in (3, 30, 5):
        check(f, (np.arange(float(n)), np.ones(n + 1)))
    assert len(f.recompilations) == 1


def test_gradients_for_all_sizes():
    gradient = tg.jit(tg.grad(weighted, argnums=(0, 1)), dynamic={"x": 0})
    for n in (2, 6, 50):
        x, w = data(n, 3)
        dx, dw = gradient(x, w)
        np.testing.assert_allclose(dx, np.broadcast_to(w, x.shape), rtol=1e-13)
        np.testing.assert_allclose(dw, x.sum(0), rtol=1e-13)
    assert len(gradient.recompilations) == 1


def test_other_sizes_still_become_symbolic_when_they_differ():
    f = tg.jit(weighted, dynamic={"x": 0})
    for n, k in ((4, 20), (9, 30), (5, 40)):
        check(f, *data(n, k))
    assert len(f.recompilations) == 2


def test_a_size_that_has_to_be_known():
    def items(x, y):
        return y[0], tuple(v * 2.0 for v in x)

    with pytest.raises(UnsupportedError, match=r"length is only known at run time"):
        tg.jit(items, dynamic="x")(np.ones(4), np.ones(4))
    # another argument's sizes may be symbolic nevertheless; those of x are compiled in
    f = tg.jit(items, dynamic="y")
    for n in (20, 30):
        assert f(np.ones(n), np.ones(n + 1)) == items(np.ones(n), np.ones(n + 1))
    assert f(np.ones(30), np.ones(5)) == items(np.ones(30), np.ones(5))
    assert len(f.recompilations) == 2


@pytest.mark.parametrize(
    "dynamic, message",
    [
        ("z", r"dynamic='z': weighted has no such argument"),
        ({"x": "rows"}, r"gives 'rows' as the axes of argument 'x'"),
        ({"x": True}, r"gives True as the axes"),
        ([1.5], r"names 1.5, which is no position and no name"),
        (-1, r"names -1"),
        (3.5, r"dynamic= of weighted is 3.5"),
    ],
)
def test_what_names_nothing_is_refused(dynamic, message):
    with pytest.raises(EntryError, match=message) as e:
        tg.jit(weighted, dynamic=dynamic)
    assert e.value.code == "TG835"


def test_an_axis_the_array_has_not():
    with pytest.raises(EntryError, match=r"dynamic= names axis 2 of argument 1, which has 2 axes"):
        tg.jit(weighted, dynamic={"x": 2})(*data(3, 3))
