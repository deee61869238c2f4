"""Ufuncs, broadcasting, comparison and logic, `where`, `clip`, `select`."""

import numpy as np

from .registry import program

rng = np.random.default_rng(10)


@program(np.array([0.3, 0.6, 0.9]))
def exponentials_and_logarithms(x):
    a = np.exp(x) + np.exp2(x) + np.expm1(x) + np.log(x) + np.log2(x) + np.log10(x) + np.log1p(x)
    b = np.sqrt(x) + np.cbrt(x) + np.square(x) + np.reciprocal(x) + np.power(x, 2.5) + np.float_power(x, 2)
    return (a * b).sum()


@program(np.array([0.3, -0.6, 0.9]))
def trigonometry(x):
    a = np.sin(x) + np.cos(x) * np.tan(x) + np.arcsin(x) - np.arccos(x) + np.arctan(x)
    b = np.sinh(x) + np.cosh(x) - np.tanh(x) + np.arcsinh(x) + np.arctanh(x) + np.arccosh(2 + x)
    c = np.arctan2(x, 1 + x**2) + np.hypot(x, 2.0) + np.deg2rad(x) + np.degrees(x) + np.sinc(x) + np.radians(x)
    return (a * b + c).sum()


@program(np.array([1.3, -2.6, 0.9]), np.array([0.5, 1.5, -0.4]))
def binary_functions(x, y):
    a = np.maximum(x, y) - np.minimum(x, y) + np.fmax(x, 0) * np.fmin(y, 1)
    b = np.logaddexp(x, y) + np.logaddexp2(x, y) + np.copysign(x, y) + np.add(x, y) / np.subtract(x, y)
    c = (
        np.multiply(x, y)
        + np.divide(x, y)
        + np.true_divide(y, 2)
        + np.remainder(x, 2.0)
        + np.fmod(x, 2.0)
        + np.mod(x, 0.7)
    )
    return (a + b * c).sum()


@program(np.array([1.3, -2.6, 0.9]))
def signs_and_roundings(x):
    a = np.abs(x) + np.absolute(x) * np.sign(x) + np.fabs(x) + np.negative(x) + np.positive(x)
    steps = np.floor(x) + np.ceil(x) + np.rint(x) + np.trunc(x) + np.round(x, 1) + np.heaviside(x, 0.5)
    return (a * steps).sum()


@program(np.array([1.0, np.nan, -np.inf, 0.0]), grad=False)
def predicates(x):
    return (
        np.isnan(x),
        np.isinf(x),
        np.isfinite(x),
        np.signbit(x),
        np.nan_to_num(x, nan=1.0, neginf=-5.0),
        np.isposinf(x),
    )


@program(np.array([3, -5, 12]), np.array([2, 3, 8]), grad=False)
def integer_functions(a, b):
    return (
        np.gcd(a, b),
        np.lcm(a, b),
        np.bitwise_and(a, b),
        a ^ b,
        np.left_shift(b, 2),
        a >> 1,
        np.invert(a),
        np.sign(a),
        np.abs(a),
    )


@program(np.array([True, False, True]), np.array([1, 0, 0]), grad=False)
def logic(p, q):
    return (
        np.logical_and(p, q),
        np.logical_or(p, q),
        np.logical_xor(p, q),
        np.logical_not(q),
        p & (q > 0),
        ~p,
        p != q,
        p > q,
    )


@program(rng.normal(size=(3, 1)), rng.normal(size=4), rng.normal(size=(2, 1, 1)))
def broadcasting(a, b, c):
    t = a * b + c
    u = np.maximum(t, a - b)
    return (t * u).sum() + np.broadcast_to(b, (3, 4))[2, 1] * np.add.outer(b, b)[0, 3]


@program(rng.normal(size=(3, 1)), rng.normal(size=4), argnums=1)
def broadcast_then_reduce_to_operand(a, b):
    return np.tanh(a @ b[None, :] + b).mean() + (b + np.zeros((2, 3, 4))).std()


@program(rng.normal(size=(3, 4)))
def where_clip_select(x):
    a = np.where(x > 0, x**2, -x)
    b = np.clip(x, -0.5, 0.8)
    c = np.select([x < -0.5, x < 0.5], [x, x**3], default=1.0)
    d = x.clip(0.1) + np.clip(x, None, x.mean()) + np.where([True, False, True, False], x, 0.0)
    return (a * b + c * d).sum()


@program(np.array([-1.0, 0.5, 4.0]))
def branch_not_taken_adds_nothing(x):
    safe = np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0)
    guarded = np.where(x > 0, np.log(np.abs(x)), 0.0)
    return safe.sum() + guarded.sum()


@program(np.array([-1.0, 0.5, 4.0]), warns=True)
def untaken_square_root_of_negative(x):
    return np.where(x > 0, np.sqrt(x), 0.1 * x).sum() + np.where(x < 0, x, np.log(x)).sum()


@program(np.array([0.0, 2.0]))
def zero_times_steep(x):
    return np.maximum(np.sqrt(x + 1e-2), 1.0).sum() + np.where(x > 1, np.abs(x - 5) ** 0.5, x).sum()


@program(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.5, 3.0]), grad=False)
def comparisons(x, y):
    return (
        x < y,
        x <= y,
        x == y,
        x != y,
        x > 2,
        2 >= x,
        np.equal(x, y),
        np.greater(y, x),
        (x < y).any(),
        np.allclose(x, y),
    )


@program(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.5, 3.0]), grad=False)
def closeness(x, y):
    return np.isclose(x, y), np.allclose(x, y, atol=1.0), np.array_equal(x, x + 0), bool(np.all(x <= y))


@program(np.array([0.5, 1.0, 2.0]))
def ufunc_methods(x):
    a = np.add.reduce(x) * np.multiply.reduce(x) + np.maximum.reduce(x)
    return a + np.add.accumulate(x)[1] + np.multiply.outer(x, x)[2, 0] + np.multiply.accumulate(x)[2]


@program(np.array([0.5, 1.0, 2.0]))
def where_argument_of_ufuncs(x):
    out = np.zeros(3)
    np.multiply(x, x, out=out, where=x > 0.7)
    np.add(x, 1, out=out, where=np.array([True, False, False]))
    return (out * x).sum()


@program(rng.normal(size=(2, 3)), 0.3)
def activations(x, slope):
    relu = np.maximum(x, 0)
    leaky = np.where(x > 0, x, slope * x)
    sigmoid = 1 / (1 + np.exp(-x))
    gelu = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    softplus = np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)
    return (relu + leaky * sigmoid - gelu * softplus).sum()


@program(np.float64(0.7))
def ufuncs_of_scalars(x):
    return np.sin(x) * np.maximum(x, 0.1) + np.where(x > 0, x, 0.0) + np.clip(x, 0, 0.5) + np.power(x, 3) + np.abs(-x)


@program(0.7, grad=False)
def ufuncs_of_python_numbers(x):
    return (
        np.sin(x),
        np.add(1, 2),
        np.sqrt(4),
        np.maximum(1, x),
        np.exp(0),
        np.floor(x),
        np.abs(-3),
        np.power(2, 3),
        np.sign(-2),
    )


@program(rng.normal(size=5), np.arange(5))
def float_power_of_integer_array(x, k):
    return np.sum(np.abs(x) ** k) + np.sum(1.5**k * x) + (x**2 % 0.37).sum() * 0.0


@program(np.array([0.2, 0.4]), np.array([1, 3]))
def ldexp_and_frexp_free(x, k):
    return np.ldexp(x, k).sum() + np.nextafter(1.0, 2.0) * x[0] + np.cross([x[0], x[1], 1.0], [0.0, 1.0, x[0]]).sum()
