"""The public transformations against closed forms: alone, nested, inside compiled code, over containers."""

from typing import NamedTuple

import numpy as np

from .registry import transformed

V = np.array([0.3, -0.7, 1.1])
W = np.array([1.0, 2.0, -1.0])
A = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, -0.3], [0.0, -0.3, 3.0]])


@transformed(V, expected=lambda x: (float((x**3).sum()), 3 * x**2))
def value_and_gradient(tg, x):
    return tg.value_and_grad(lambda v: (v**3).sum())(x)


@transformed(V, W, expected=lambda x, w: (w * np.cos(x), np.sin(x)))
def gradient_by_two_arguments(tg, x, w):
    def f(x, w):
        return w @ np.sin(x)

    return tg.grad(f, argnums=(0, 1))(x, w)


@transformed(V, W, expected=lambda x, w: (float((x**2).sum()), float(2 * x @ w)))
def forward_derivative(tg, x, w):
    return tg.jvp(lambda v: (v**2).sum(), (x,), (w,))


@transformed(V, expected=lambda x: (np.sin(x), x * np.cos(x)))
def pullback(tg, x):
    y, back = tg.vjp(lambda v: np.sin(v), x)
    (cotangent,) = back(x)
    return y, cotangent


@transformed(V, W, expected=lambda x, w: (np.exp(x), w * np.exp(x), 2 * w * np.exp(x)))
def linearised_once_used_twice(tg, x, w):
    y, linear = tg.linearize(lambda v: np.exp(v), x)
    return y, linear(w), linear(2 * w)


@transformed(V, expected=lambda x: (A * np.cos(A @ x)[:, None],) * 3)
def jacobians_agree(tg, x):
    def f(v):
        return np.sin(A @ v)

    return tg.jacfwd(f)(x), tg.jacrev(f)(x), tg.jacobian(f)(x)


@transformed(
    np.array([-0.5, 0.6]),
    expected=lambda x: np.array([[1200 * x[0] ** 2 - 400 * x[1] + 2, -400 * x[0]], [-400 * x[0], 200.0]]),
)
def hessian_of_rosenbrock(tg, x):
    return tg.hessian(lambda v: 100 * (v[1] - v[0] ** 2) ** 2 + (1 - v[0]) ** 2)(x)


@transformed(V, W, expected=lambda x, w: 6 * x * w + 2 * A @ w)
def hessian_vector_product(tg, x, w):
    return tg.hvp(lambda v: (v**3).sum() + v @ A @ v, (x,), (w,))


@transformed(V, W, expected=lambda x, w: 6 * x * w)
def forward_over_reverse(tg, x, w):
    return tg.jvp(tg.grad(lambda v: (v**3).sum()), (x,), (w,))[1]


@transformed(0.4, expected=lambda x: -float(np.cos(x)))
def third_derivative(tg, x):
    return tg.grad(tg.grad(tg.grad(lambda t: np.sin(t))))(x)


@transformed(2.0, expected=lambda x: 1.0)
def perturbations_not_confused(tg, x):
    return tg.grad(lambda a: a * tg.grad(lambda b: a + b)(1.0))(x)


@transformed(np.array([2.0, 3.0, 10.0]), expected=np.sqrt)
def newton_takes_derivative_inside(tg, targets):
    def root(f, x):
        slope = tg.grad(f)
        for _ in range(30):
            x = x - f(x) / slope(x)
        return x

    solve = tg.jit(lambda a: root(lambda x: x * x - a, 1.0 + 0.0 * a))
    return np.array([solve(float(a)) for a in targets])


@transformed(0.1, expected=lambda rate: -240 * (1 - 6 * rate) ** 9)
def gradient_of_gradient_descent(tg, rate):
    """Five steps on 3 x**2 from 2 leave x = 2 (1 - 6 rate)**5, so x**2 = 4 (1 - 6 rate)**10."""

    def final(rate):
        x = 2.0
        for _ in range(5):
            x = x - rate * tg.grad(lambda t: 3 * t * t)(x)
        return x * x

    return tg.grad(final)(rate)


@transformed(V, expected=lambda x: (np.sin(x) + 1, np.cos(x)))
def jit_and_grad_in_either_order(tg, x):
    f = tg.jit(lambda v: np.sum(-np.cos(v)) + 3)
    g = tg.jit(tg.grad(f))
    return g(x) + 1, tg.grad(tg.jit(lambda v: np.sin(v).sum()))(x)


class Params(NamedTuple):
    w: np.ndarray
    b: float


@transformed(
    {"p": Params(V, 2.0), "q": [W, 3.0]},
    expected=lambda t: (t["p"].b * t["q"][0], float(t["p"].w @ t["q"][0]), t["p"].b * t["p"].w, 6.0),
)
def gradient_keeps_structure(tg, tree):
    def f(t):
        return t["p"].w @ t["q"][0] * t["p"].b + t["q"][1] ** 2

    g = tg.grad(f)(tree)
    assert type(g["p"]) is Params
    assert type(g["q"]) is list
    return g["p"].w, g["p"].b, g["q"][0], g["q"][1]


@transformed(np.arange(6.0).reshape(2, 3), expected=lambda x: (x**2).sum(axis=1))
def mapped_over_rows(tg, x):
    return tg.vmap(lambda row: row @ row)(x)


@transformed(np.arange(6.0).reshape(2, 3), W, expected=lambda x, w: (x * w).T)
def mapped_axes_in_and_out(tg, x, w):
    return tg.vmap(lambda row, v: row * v, in_axes=(0, None), out_axes=1)(x, w)


@transformed(np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4), expected=lambda a, b: a @ b)
def mapped_twice(tg, a, b):
    dot = lambda u, v: u @ v
    return tg.vmap(tg.vmap(dot, in_axes=(None, 1)), in_axes=(0, None))(a, b)


@transformed(np.array([1.0, 3.0, 10.0, 0.2]), expected=lambda x: np.array([4.0, 3.0, 10.0, 3.2]))
def mapped_trips_differ_by_lane(tg, x):
    def climb(v):
        while v < 3.0:
            v = v * 2 if v >= 0.75 else v * 4
        return v

    return tg.vmap(climb)(x)


@transformed(np.array([[1.0, -2.0], [0.5, 3.0]]), expected=lambda x: np.where(x[:, :1] > 0.75, 2 * x, 3 * x**2))
def mapped_gradient_with_branches(tg, x):
    def f(v):
        if v[0] > 0.75:
            return v @ v
        return (v**3).sum()

    return tg.vmap(tg.grad(f))(x)


@transformed(V, expected=lambda x: 2 * x * np.arange(1, 4))
def gradient_of_mapped(tg, x):
    return tg.grad(lambda v: tg.vmap(lambda s, k: k * s * s)(v, np.arange(1.0, 4.0)).sum())(x)


@transformed(
    {"a": np.ones((4, 2)), "b": np.arange(4.0)}, expected=lambda t: {"sum": t["a"].sum(1) + t["b"], "twice": 2 * t["a"]}
)
def mapped_over_containers(tg, tree):
    return tg.vmap(lambda t: {"sum": t["a"].sum() + t["b"], "twice": t["a"] * 2})(tree)


@transformed(np.array([[3.0, 1.0, 2.0], [9.0, 8.0, 7.0]]), expected=lambda x: np.sort(x, axis=1))
def mapped_mutation(tg, x):
    def insertion(row):
        row = row.copy()
        for i in range(1, 3):
            j = i
            while j > 0 and row[j - 1] > row[j]:
                row[j - 1], row[j] = row[j], row[j - 1]
                j -= 1
        return row

    return tg.vmap(insertion)(x)


@transformed(V, expected=lambda x: x**2)
def stopped_gradient(tg, x):
    return tg.grad(lambda v: (tg.stop_gradient(v**2) * v).sum())(x)


@transformed(V, expected=lambda x: np.cos(np.sin(x)) * np.cos(x))
def checkpointed(tg, x):
    inner = tg.checkpoint(lambda v: np.sin(v))
    return tg.grad(lambda v: np.sin(inner(v)).sum())(x)


@transformed(V, expected=lambda x: 10 * x)
def rule_of_our_own_reverse(tg, x):
    """The rule says five times what is true, so that it shows who was asked."""

    @tg.custom_vjp
    def square(v):
        return v * v

    square.defvjp(lambda v: (v * v, v), lambda v, g: (10 * v * g,))
    return tg.grad(lambda v: square(v).sum())(x)


@transformed(V, W, expected=lambda x, w: (x**2, 7 * x * w))
def rule_of_our_own_forward(tg, x, w):
    @tg.custom_jvp
    def square(v):
        return v * v

    @square.defjvp
    def rule(primals, tangents):
        return square(primals[0]), 7 * primals[0] * tangents[0]

    return tg.jvp(square, (x,), (w,))


@transformed(np.ones(3), expected=lambda x: (np.array([12.0, 0.0, 0.0]), np.ones(3)))
def gradient_of_a_function_that_writes(tg, x):
    def f(v):
        v[0] = v[0] * 6
        v[1] = 0.5
        return v[0] ** 2 / 6 + v[1]

    return tg.grad(f)(x), x


@transformed(V, 4, expected=lambda x, n: x * 2.0**n)
def static_argument(tg, x, n):
    def f(v, n):
        for _ in range(n):
            v = v + v
        return v

    return tg.jit(f, static=("n",))(x, n)


@transformed(1.7, expected=lambda x: 2.0**x * np.log(2.0) ** 2)
def reverse_through_while_twice(tg, x):
    """2**x by doubling while x > 1, then the series of exp; differentiated twice."""

    def power(t):
        scale = 1.0
        while t > 1.0:
            scale, t = scale * 2, t - 1.0
        term = total = 1.0
        for k in range(1, 25):
            term = term * t * 0.6931471805599453 / k
            total += term
        return scale * total

    return tg.grad(tg.grad(power))(x)


@transformed(A, V, expected=lambda a, b: -np.outer(np.linalg.solve(a.T, np.ones(3)), np.linalg.solve(a, b)))
def gradient_of_solution_by_matrix(tg, a, b):
    return tg.grad(lambda m: np.linalg.solve(m, b).sum())(a)


@transformed(A, expected=lambda a: np.linalg.inv(a).T)
def gradient_of_log_determinant(tg, a):
    return tg.grad(lambda m: np.linalg.slogdet(m)[1])(a)


@transformed(V, expected=lambda x: np.diag(6 * x))
def forward_jacobian_of_reverse_gradient(tg, x):
    return tg.jacfwd(tg.jacrev(lambda v: (v**3).sum()))(x)


@transformed(V, 2.0, expected=lambda x, s: (2 * s * x, float(x @ x)))
def gradients_mix_arrays_and_floats(tg, x, s):
    return tg.jit(tg.grad(lambda v, k: k * (v @ v), argnums=(0, 1)))(x, s)


@transformed(V, expected=lambda x: (float(x.sum()), {"twice": 2 * x}, np.ones(3)))
def auxiliary_output(tg, x):
    (value, extra), gradient = tg.value_and_grad(lambda v: (v.sum(), {"twice": 2 * v}), has_aux=True)(x)
    return value, extra, gradient
