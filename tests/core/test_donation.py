"""`tg.jit(donate=…)`: results take the memory of donated arrays, and hold what they would without."""

import pickle

import numpy as np
import pytest

import tangra as tg


def step(x, g):
    return x - 0.1 * g


def test_a_result_is_the_donated_array():
    f = tg.jit(step, donate="x")
    for call in (lambda x, g: f(x, g), lambda x, g: f(g=g, x=x)):
        for n in (3, 5, 700):
            x, g = np.linspace(0, 1, n), np.ones(n)
            wanted = step(x, g)
            found = call(x, g)
            assert found is x
            np.testing.assert_array_equal(found, wanted)
            np.testing.assert_array_equal(g, np.ones(n))


def parts(result):
    return result if isinstance(result, tuple) else (result,)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: x[::-1] + y,
        lambda x, y: np.sort(x) + x[0],
        lambda x, y: np.cumsum(x) * x.sum(),
        lambda x, y: np.array([x[k - 1] * y[k] for k in range(5)]),
        lambda x, y: (x * y, x + 1.0),
        lambda x, y: (np.outer(x, y) @ x, x.max()),
    ],
)
def test_what_reads_the_donated_array_reads_it_before_it_is_overwritten(f):
    x, y = np.array([3.0, 1.0, 2.0, 5.0, 4.0]), np.arange(5.0)
    wanted = f(x, y)
    found = tg.jit(f, donate=(0, 1))(x.copy(), y.copy())
    for a, b in zip(parts(wanted), parts(found), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-14)


def test_containers_give_up_all_their_arrays():
    def update(params, grads, rate):
        return {name: params[name] - rate * grads[name] for name in ("w", "b")}

    f = tg.jit(update, donate="params")
    params = {"w": np.ones((4, 3)), "b": np.zeros(3)}
    w, b = params["w"], params["b"]
    grads = {"w": np.full((4, 3), 2.0), "b": np.ones(3)}
    for k in range(1, 4):
        params = f(params, grads, 0.5)
        assert params["w"] is w
        assert params["b"] is b
        np.testing.assert_array_equal(w, np.full((4, 3), 1.0 - k))
    np.testing.assert_array_equal(b, np.full(3, -1.5))


def test_a_gradient_takes_the_memory_of_what_it_is_of():
    x = np.array([0.3, 0.6])
    wanted = np.cos(x)
    found = tg.jit(tg.grad(lambda x: np.sin(x).sum()), donate=0)(x)
    assert found is x
    np.testing.assert_allclose(found, wanted, rtol=1e-15)


def test_arrays_that_fit_no_result_are_unchanged():
    x, y = np.ones(3), np.ones(3, np.float32)
    found = tg.jit(lambda x, y: (x.sum(), np.append(x, y[0])), donate=(0, 1))(x, y)
    np.testing.assert_array_equal(x, np.ones(3))
    np.testing.assert_array_equal(y, np.ones(3))
    np.testing.assert_array_equal(found[1], np.ones(4))


def test_an_array_that_is_returned_itself_keeps_its_contents():
    x = np.arange(3.0)
    same, other = tg.jit(lambda x: (x, x + 1), donate="x")(x)
    assert same is x
    np.testing.assert_array_equal(same, np.arange(3.0))
    np.testing.assert_array_equal(other, np.arange(3.0) + 1)
    box = {"x": np.arange(3.0)}
    same, other = tg.jit(lambda box: (box, box["x"] + 1), donate=0)(box)
    assert same is box
    np.testing.assert_array_equal(box["x"], np.arange(3.0))
    np.testing.assert_array_equal(other, np.arange(3.0) + 1)


def test_arrays_that_overlap_keep_their_memory():
    f = tg.jit(lambda x, y: x + y[::-1], donate="x")
    x = np.arange(4.0)
    assert f(x, np.zeros(4)) is x
    for first, second in ((x, x), (x[:], x), (x[:3], x[1:])):
        before = x.copy()
        wanted = first + second[::-1]
        np.testing.assert_array_equal(f(first, second), wanted)
        np.testing.assert_array_equal(x, before)


def test_views_that_are_not_contiguous_keep_their_memory():
    base = np.arange(8.0)
    found = tg.jit(step, donate="x")(base[::2], np.ones(4))
    np.testing.assert_allclose(found, np.arange(0.0, 8, 2) - 0.1)
    np.testing.assert_array_equal(base, np.arange(8.0))
    assert found.flags.c_contiguous


def test_functions_that_write_their_arguments_still_do():
    def f(x, y):
        x[0] = 9.0
        return x * 2 + y, y - 1

    x, y = np.ones(3), np.ones(3)
    first, second = tg.jit(f, donate=("x", "y"))(x, y)
    np.testing.assert_array_equal(x, [9.0, 1.0, 1.0])
    assert first is y
    np.testing.assert_array_equal(first, [19.0, 3.0, 3.0])
    np.testing.assert_array_equal(second, np.zeros(3))


def test_it_survives_pickling_and_means_nothing_inside_compiled_code():
    f = pickle.loads(pickle.dumps(tg.jit(step, donate="x")))
    x = np.ones(3)
    assert f(x, np.ones(3)) is x
    inner = tg.jit(step, donate="x")
    x = np.ones(3)
    np.testing.assert_allclose(tg.jit(lambda x: inner(x, x) + x)(x), 1.9)
    np.testing.assert_allclose(tg.jit(lambda x: tg.jit(step, donate="x")(x, x) + x)(x), 1.9)
    np.testing.assert_array_equal(x, np.ones(3))


def test_arguments_that_can_not_be_donated():
    with pytest.raises(tg.EntryError, match="donate='z': step has no such argument") as e:
        tg.jit(step, donate="z")
    assert e.value.code == "TG831"
    with pytest.raises(tg.EntryError, match="g is donated, but holds no arrays"):
        tg.jit(step, donate=1)(np.ones(3), 2.0)
    x = np.ones(3)
    x.flags.writeable = False
    with pytest.raises(tg.EntryError, match="x is donated, but it is read-only"):
        tg.jit(step, donate="x")(x, np.ones(3))
    f = tg.jit(step, donate="x")
    f(np.ones(3), np.ones(3))
    with pytest.raises((tg.EntryError, ValueError), match="read-only"):
        f(x, np.ones(3))
    np.testing.assert_array_equal(x, np.ones(3))
