"""NumPy's number kinds: promotion with weak Python scalars (NEP 50), integers that wrap, scalars and 0-d arrays."""

import numpy as np

from .registry import program

f32 = np.array([1.5, -2.25, 3.0], dtype=np.float32)
i8 = np.array([100, -100, 27], dtype=np.int8)
u8 = np.array([200, 3, 255], dtype=np.uint8)
i64 = np.array([1, -2, 3])


@program(f32, grad=False)
def weak_python_scalars(x):
    return x * 2, x + 0.1, 1 / x, x**2, -x, x // 0.5, x * np.float64(2.0), x + np.float32(1), x * True


@program(i8, u8, grad=False)
def small_integers_wrap(a, b):
    return a + 100, b + 100, a - b, a * a, b - 250, -a, a + a, b << 1, ~b, abs(a)


@program(i8, u8, i64, f32, grad=False)
def mixed_promotion(a, b, c, d):
    return a + b, a + c, b * d, c * d, a / b, c / 2, d + c, b + np.uint16(1), a & b, b * 1.5


@program(np.array([2**31 - 1, -(2**31)], dtype=np.int32), grad=False)
def int32_wraps(x):
    return x + 1, x * x, x - 1, x + np.int64(1), np.sum(x), x.sum(dtype=np.int32)


@program(np.int64(2**62), grad=False, warns=True)
def numpy_int_scalars_wrap(n):
    return n * 2, n + n, n * 4, -(n * 2)


@program(np.int64(7), grad=False, warns=True)
def numpy_int_scalar_by_zero(n):
    zero = n - 7
    return n // zero, n % zero, n / zero, -n / zero


@program(np.array([1.0, -1.0, 0.0]), grad=False, warns=True)
def float_array_by_zero(x):
    zero = x - x
    return x / zero, x // zero, x % zero, np.log(x), np.sqrt(x), x[0] / zero[0]


@program(np.array([7, -7, 8, -8]), np.array([3, 3, -3, -3]), grad=False)
def integer_array_division(a, b):
    return a // b, a % b, np.fmod(a, b), np.divmod(a, b), a / b, np.floor_divide(a, b), np.remainder(a, b)


@program(np.array([7.5, -7.5, 7.5, -7.5]), np.array([2.0, 2.0, -2.0, -2.0]), grad=False)
def float_array_division(a, b):
    return a // b, a % b, np.fmod(a, b), np.divmod(a, b), np.trunc(a / b), np.rint(a / 3)


@program(np.array([1, 2, 3]), grad=False)
def integer_powers(x):
    return x**2, x**0, x**3.0, 2**x, 2.0**-x, np.power(x, 2), x**0.5, np.square(x)


@program(np.array([True, False, True]), grad=False)
def boolean_arithmetic(m):
    return m + m, m * m, m & ~m, m | True, m ^ m, m.sum(), m.mean(), m + 1, m * 0.5, np.logical_not(m), m < True


@program(np.arange(4.0), grad=False)
def scalars_from_arrays(x):
    a, b = x[1], x[2]
    return (
        a + b,
        a + 1,
        float(a),
        int(b),
        a.item(),
        a > b,
        a == 1,
        -a,
        a**2,
        round(float(a), 3),
        bool(a),
        a.dtype == x.dtype,
    )


@program(np.array([3, 4], dtype=np.int32), grad=False)
def integer_scalars_from_arrays(x):
    a, b = x[0], x[1]
    return a + b, a * 2, a / b, a // b, a + 1.5, a**2, -a, int(a), float(b), a & b, a + np.int8(1), a == 3


@program(np.float32(0.1), grad=False)
def float32_scalar(x):
    return x + 1, x + 1.0, x * np.float64(1), float(x), x * x, np.sin(x), x > 0.1, np.sqrt(x), x + np.int64(1)


@program(np.array(2.5), grad=False, more=[(np.array(-1.0),)])
def zero_dimensional(x):
    y = x + 1
    z = x.copy()
    return y, z, x[()], x.ndim, x.shape, x.size, np.sin(x), x.reshape(1), x.sum(), -x


@program(np.array([250, 10], dtype=np.uint8), grad=False)
def accumulate_small_unsigned(x):
    total = x[0]
    wide = 0
    for v in x:
        wide += int(v)
    return x.sum(), np.add.reduce(x), wide, total, x.mean(), np.cumsum(x), x.prod(), x.max(), x.dot(x)


@program(np.array([1.9, -1.9, 300.0]), grad=False)
def casts(x):
    n = x.astype(np.int64)
    return (
        n,
        n.astype(np.int8),
        x.astype(np.float32),
        n.astype(bool),
        x.astype(int) + 1,
        n.astype(float),
        np.int32(x[0]),
        np.float32(x[1]),
    )


@program(np.array([0, 1, 2], dtype=np.int8), np.array([1.0, 2.0]), grad=False)
def dtype_attributes(a, b):
    if a.dtype == np.int8 and b.dtype == float:
        return (
            np.zeros(2, dtype=a.dtype),
            np.empty_like(a).dtype.itemsize,
            np.result_type(a, b) == np.float64,
            a.itemsize,
        )
    return b


@program(np.arange(5), grad=False)
def mean_like_reductions_of_integers(x):
    return (
        x.mean(),
        x.std(),
        x.var(),
        x.sum(),
        x.prod(),
        x.max(),
        np.median(x),
        np.average(x),
        x.cumsum(),
        x.any(),
        x.all(),
    )


@program(np.arange(6.0).astype(np.float32), grad=False)
def float32_reductions(x):
    return (
        x.mean(),
        x.sum(),
        x.std(),
        x.max(),
        x @ x,
        np.linalg.norm(x),
        x.cumsum(),
        np.dot(x, x),
        x.sum(dtype=np.float64),
    )


@program(f32, 3, grad=False)
def float32_accumulator_from_pyfloat(x, n):
    total = 0.0
    for k in range(n):
        total += x[k] * k
    return total, total + 0.1


@program([1, 2.5, True], grad=False)
def heterogeneous_list_sum(values):
    total = 0
    for v in values:
        total = total + v
    return total, sum(values), values[0] + values[2]


@program(np.int32(5), np.uint8(3), 2, grad=False)
def numpy_scalar_arguments(a, b, c):
    return a + b, a * c, b - c, a // b, a % b, a / c, b**2, (a, b, c), a + 1.0


@program(np.array([1, 2, 3], dtype=np.uint64), np.array([-1, 2, 4]), grad=False)
def unsigned_against_signed(u, s):
    return u + s, u < s, u == s, u - np.uint64(2), np.maximum(u, np.uint64(2)), u // np.uint64(2), u + 1


@program(np.linspace(0.1, 0.9, 5))
def int_array_weights(x):
    weights = np.arange(5)
    mask = x > 0.4
    return float((x * weights).sum() + (x * mask).sum() / mask.sum() + weights[2] * x[3])


@program(np.array([0.33, 1.24]))
def value_through_integers(x):
    k = int(x[1] * 10)
    n = np.floor(x * 10).astype(int)
    return x[0] * k + x[1] * n[0] + n.sum() * x.prod()
