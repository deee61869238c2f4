"""Every public transformation against closed forms, its options, and its errors."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

import tangra as tg

X = np.array([0.3, -0.7, 1.1])
W = np.array([1.0, 2.0, -1.0])


def cubes(x):
    return (x**3).sum()


def test_value_and_grad():
    value, gradient = tg.value_and_grad(cubes)(X)
    assert value == pytest.approx((X**3).sum())
    np.testing.assert_allclose(gradient, 3 * X**2)


def test_grad_by_several_arguments_in_the_order_asked():
    gradients = tg.grad(lambda a, b, c: a * b * b + c, argnums=(2, 0, 1))(2.0, 3.0, 4.0)
    assert gradients == (1.0, 9.0, 12.0)


def test_a_sequence_of_one_argument_gives_a_tuple_of_one():
    def f(x):
        return (x**2).sum()

    x = np.array([3.0])
    for transform in (tg.grad, tg.jacfwd, tg.jacrev, tg.jacobian):
        (by_number,) = transform(f, argnums=(0,))(x)
        (by_name,) = transform(f, argnames=["x"])(x)
        np.testing.assert_array_equal([by_number, by_name], [[6.0], [6.0]])
    ((second,),) = tg.hessian(f, argnums=(0,))(x)
    np.testing.assert_array_equal(second, [[2.0]])
    assert tg.jit(lambda v: tg.value_and_grad(f, argnums=(0,))(v)[1])(x) == ([6.0],)


def test_second_derivatives_that_are_zero_everywhere():
    x = np.array([1.5, -2.0])

    def hinge(v):
        return np.maximum(v, 0.0).sum() + np.abs(v).max()

    for outer in (tg.jacfwd, tg.jacrev, tg.jacobian):
        for inner in (tg.grad, tg.jacfwd, tg.jacrev):
            np.testing.assert_array_equal(outer(inner(hinge))(x), np.zeros((2, 2)))
    np.testing.assert_array_equal(tg.grad(lambda v: tg.jacfwd(np.abs)(v)[0, 0])(x), np.zeros(2))
    for stepped in (
        lambda v: np.floor(tg.grad(lambda w: (w**3).sum())(v)).sum(),
        lambda v: np.floor(v).sum() + tg.grad(hinge)(v)[0],
    ):
        with pytest.raises(tg.NotDifferentiableError, match="zero everywhere"):
            tg.grad(stepped)(x)


def test_arguments_by_position_or_name_however_they_are_passed():
    def f(a, b=3.0, *, c=5.0):
        return a * b * c

    assert tg.grad(f, argnames="b")(2.0, 3.0) == 10.0
    assert tg.grad(f, argnames="b")(2.0, b=3.0) == 10.0
    assert tg.grad(f, argnums=1)(2.0, b=3.0) == 10.0
    assert tg.grad(f, argnums=-1)(2.0, 3.0) == 10.0
    assert tg.grad(f, argnames=("a", "c"))(2.0, c=7.0) == (21.0, 6.0)


def test_an_argument_that_the_call_does_not_pass_is_refused():
    with pytest.raises(tg.TypeMismatchError, match="'b', but this call passes 1 argument by position") as e:
        tg.grad(lambda a, b=3.0: a * b, argnames="b")(2.0)
    assert e.value.code == "TG806"
    with pytest.raises(tg.TypeMismatchError, match="say 5, but"):
        tg.grad(lambda a: a, argnums=5)(2.0)


def test_has_aux():
    (value, extra), gradient = tg.value_and_grad(lambda x: (x * x, {"twice": 2 * x}), has_aux=True)(3.0)
    assert (value, extra, gradient) == (9.0, {"twice": 6.0}, 6.0)
    assert tg.grad(lambda x: (x * x, "text"), has_aux=True)(3.0) == (6.0, "text")


@pytest.mark.parametrize("kind", [float, np.float64, np.float32])
def test_a_gradient_has_the_kind_of_its_argument(kind):
    gradient = tg.grad(lambda x: x * x)(kind(3))
    assert type(gradient) is kind
    assert gradient == 6


def test_an_array_gradient_has_its_dtype_and_is_fresh_and_writeable():
    x = np.ones(3, np.float32)
    gradient = tg.grad(lambda v: (v * v).sum())(x)
    assert gradient.dtype == np.float32
    assert gradient.flags.writeable
    assert gradient.flags.owndata
    assert not np.shares_memory(gradient, x)


@dataclass
class Layer:
    weights: np.ndarray
    bias: float
    name: str


class Pair(NamedTuple):
    left: float
    right: int


def test_a_gradient_has_the_structure_of_its_argument_with_none_for_what_is_no_float():
    tree = {"layer": Layer(W.copy(), 2.0, "dense"), "list": [1.5, 3, None, True], "pair": Pair(4.0, 5)}

    def f(t):
        return (t["layer"].weights ** 2).sum() * t["layer"].bias + t["list"][0] * t["list"][1] + t["pair"].left ** 2

    gradient = tg.grad(f)(tree)
    assert type(gradient["layer"]) is Layer
    np.testing.assert_allclose(gradient["layer"].weights, 4 * W)
    assert gradient["layer"].bias == pytest.approx((W**2).sum())
    assert gradient["layer"].name is None
    assert gradient["list"] == [3.0, None, None, None]
    assert gradient["pair"] == Pair(8.0, None)


def test_one_array_passed_twice_is_two_arguments_to_differentiate_by():
    x = np.array([1.0, 2.0])
    first, second = tg.grad(lambda a, b: (a * a * b).sum(), argnums=(0, 1))(x, x)
    np.testing.assert_allclose(first, 2 * x * x)
    np.testing.assert_allclose(second, x * x)


def test_the_function_works_on_copies():
    x = np.ones(2)

    def f(v):
        v[0] = v[0] * 3
        return v[0] * v[1]

    np.testing.assert_allclose(tg.grad(f)(x), [3.0, 3.0])
    np.testing.assert_array_equal(x, np.ones(2))


def test_integers_alone_are_refused():
    with pytest.raises(tg.NotDifferentiableError, match="holds no floating-point numbers") as e:
        tg.grad(lambda n: n * 2.0)(3)
    assert e.value.code == "TG803"


def test_a_result_that_is_not_one_float_is_refused():
    with pytest.raises(tg.NotDifferentiableError, match=r"array of shape \(3,\)") as e:
        tg.grad(lambda x: x * 2)(X)
    assert e.value.code == "TG804"


def test_a_gradient_that_is_zero_because_of_steps_is_refused_unless_stopped():
    with pytest.raises(tg.NotDifferentiableError, match="zero everywhere") as e:
        tg.grad(lambda x: np.floor(x) * 2)(1.5)
    assert e.value.code == "TG805"
    assert tg.grad(lambda x: tg.stop_gradient(np.floor(x)) + 0 * x)(1.5) == 0


def test_jvp_and_vjp_agree():
    def f(x):
        return np.sin(x) * x

    value, tangent = tg.jvp(f, (X,), (W,))
    again, pullback = tg.vjp(f, X)
    np.testing.assert_allclose(value, np.sin(X) * X)
    np.testing.assert_allclose(again, value)
    np.testing.assert_allclose(tangent, (np.cos(X) * X + np.sin(X)) * W)
    np.testing.assert_allclose(pullback(W)[0], tangent)


def test_vjp_gives_none_for_integers_and_remembers_its_primals():
    x = X.copy()
    _, pullback = tg.vjp(lambda v, n: v**n, x, 3)
    x[:] = 100.0
    cotangent, nothing = pullback(np.ones(3))
    np.testing.assert_allclose(cotangent, 3 * X**2)
    assert nothing is None


def test_linearize_is_used_many_times():
    value, linear = tg.linearize(np.exp, X)
    np.testing.assert_allclose(value, np.exp(X))
    for w in (W, 2 * W):
        np.testing.assert_allclose(linear(w), w * np.exp(X))


def test_tangents_must_fit():
    with pytest.raises(tg.TypeMismatchError, match="shape") as e:
        tg.jvp(cubes, (X,), (np.ones(2),))
    assert e.value.code == "TG807"


@pytest.mark.parametrize("transform", [tg.jacfwd, tg.jacrev, tg.jacobian])
def test_jacobians(transform):
    a = np.arange(6.0).reshape(2, 3)
    found = transform(lambda x: np.sin(a @ x))(X)
    np.testing.assert_allclose(found, a * np.cos(a @ X)[:, None])


def test_hessian_and_its_product():
    matrix = tg.hessian(lambda x: x[0] ** 2 * x[1] + x[2] ** 3)(X)
    expected = np.array([[2 * X[1], 2 * X[0], 0], [2 * X[0], 0, 0], [0, 0, 6 * X[2]]])
    np.testing.assert_allclose(matrix, expected)
    np.testing.assert_allclose(tg.hvp(cubes, (X,), (W,)), 6 * X * W)


def test_vmap_axes():
    a = np.arange(6.0).reshape(2, 3)
    found = tg.vmap(lambda column, w: column * w, in_axes=(1, None), out_axes=1)(a, np.array([1.0, 10.0]))
    np.testing.assert_allclose(found, a * [[1.0], [10.0]])
    over_dict = tg.vmap(lambda d: d["a"] + d["b"], in_axes=({"a": 0, "b": None},))
    np.testing.assert_allclose(over_dict({"a": X, "b": 2.0}), X + 2)


def test_vmap_errors():
    with pytest.raises(tg.TypeMismatchError, match="no argument is mapped"):
        tg.vmap(lambda x: x, in_axes=None)(X)
    with pytest.raises(tg.ShapeMismatchError, match="so axis 3 can't be mapped"):
        tg.vmap(lambda x: x, in_axes=3)(X)
    with pytest.raises(tg.TypeMismatchError, match="2 entries for 1 positional"):
        tg.vmap(lambda x: x, in_axes=(0, 0))(X)


def test_checkpoint_changes_no_number():
    def f(x):
        return np.sin(np.cos(x))

    plain = tg.grad(lambda x: f(x).sum())(X)
    np.testing.assert_allclose(tg.grad(lambda x: tg.checkpoint(f)(x).sum())(X), plain)


def test_custom_vjp_is_asked():
    @tg.custom_vjp
    def clipped(x):
        return x * 1.0

    clipped.defvjp(lambda x: (clipped(x), None), lambda _, g: (min(g, 0.5),))
    assert clipped(3.0) == 3.0
    assert tg.grad(lambda x: 4 * clipped(x))(3.0) == 0.5
    with pytest.raises(tg.NotDifferentiableError):
        tg.jvp(clipped, (1.0,), (1.0,))


def test_custom_jvp_may_use_its_own_function_up_to_the_third_derivative():
    @tg.custom_jvp
    def e(x):
        return np.exp(x)

    @e.defjvp
    def rule(primals, tangents):
        y = e(primals[0])
        return y, y * tangents[0]

    derivative = e
    for _ in range(3):
        derivative = tg.grad(derivative)
        assert derivative(0.5) == pytest.approx(np.exp(0.5))
    with pytest.raises(tg.TangraError):
        tg.grad(derivative)(0.5)


def test_a_rule_that_is_missing():
    @tg.custom_vjp
    def f(x):
        return x

    with pytest.raises(tg.TypeMismatchError, match="before its rule was given") as e:
        tg.grad(f)(1.0)
    assert e.value.code == "TG822"


def test_third_derivatives_in_every_mixture():
    expected = -np.cos(0.4)
    for outer in (tg.grad, tg.jacfwd, tg.jacrev):
        for middle in (tg.grad, tg.jacfwd):
            assert outer(middle(tg.grad(lambda t: np.sin(t))))(0.4) == pytest.approx(expected)


@pytest.mark.parametrize("transform", [tg.jit, tg.grad, tg.vmap, tg.hessian, tg.checkpoint])
def test_what_is_no_function_is_refused(transform):
    with pytest.raises(tg.EntryError, match="takes a function, not int") as e:
        transform(3)
    assert e.value.code == "TG808"


class Model:
    def __init__(self, scale):
        self.scale = scale

    @tg.jit
    def value(self, x):
        return self.scale * x * x

    @tg.grad
    def slope(self, x):
        return x * x

    def plain(self, x):
        return self.scale * x * x


def test_methods():
    model = Model(2.0)
    assert model.value(3.0) == 18.0
    assert tg.grad(model.plain)(3.0) == 12.0
    assert tg.jit(model.plain)(3.0) == 18.0
    model.scale = 5.0
    assert model.value(3.0) == 45.0
    assert Model.value(model, 2.0) == 20.0


def test_transforming_a_method_differentiates_by_self_first():
    with pytest.raises(tg.NotDifferentiableError, match="TG803"):
        Model(2).slope(3.0)


def test_an_array_passed_twice_is_refused_where_it_is_written():
    def f(a, b):
        a[0] = 2 * a[0]
        return (a * b).sum()

    x = np.ones(2)
    with pytest.raises(tg.AliasError, match="a, which is the same object as b") as e:
        tg.grad(f)(x, x)
    assert e.value.code == "TG818"
    np.testing.assert_allclose(tg.grad(f)(x, x.copy()), [2.0, 1.0])


def test_vmap_of_one_array_along_two_axes():
    x = np.arange(4.0).reshape(2, 2)
    found = tg.vmap(lambda row, column: row @ column, in_axes=(0, 1))(x, x)
    np.testing.assert_allclose(found, [x[0] @ x[:, 0], x[1] @ x[:, 1]])
    shared = tg.vmap(lambda row, whole: row @ whole, in_axes=(0, None))(x, x)
    np.testing.assert_allclose(shared, x @ x)


def test_a_result_that_is_there_twice_has_two_cotangents_but_is_one_object():
    def f(x):
        y = 2 * x
        return y, y

    (first, second), pullback = tg.vjp(f, X)
    assert first is second
    np.testing.assert_allclose(pullback((np.ones(3), W))[0], 2 * (1 + W))
    t = np.ones(3)
    _, tangents = tg.jvp(lambda a, b: a * b, (X, W), (t, t))
    np.testing.assert_allclose(tangents, X + W)


@pytest.mark.parametrize("tangents", [(1.0, 2.0, 3.0), (1.0,), ([1.0], 1.0), ("a", 1.0)])
def test_tangents_must_have_the_structure_of_the_primals(tangents):
    with pytest.raises(tg.TangraError):
        tg.jvp(lambda a, b: a * b, (1.0, 2.0), tangents)


def test_tangents_of_integers_are_not_looked_at_and_none_is_zero():
    assert tg.jvp(lambda a, n, b: a * n * b, (2.0, 3, 5.0), (1.0, None, None)) == (30.0, 15.0)
    assert tg.jvp(lambda a, n, b: a * n * b, (2.0, 3, 5.0), (None, 7, 1.0)) == (30.0, 6.0)
