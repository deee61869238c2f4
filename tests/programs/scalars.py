"""Python's numbers: kinds and their joins, division and powers of negatives, truth values, `math`."""

import math

import numpy as np

from .registry import program


@program(0, grad=False, more=[(1,), (5,)])
def harmonic_starts_as_int(n):
    total = 0
    for k in range(1, n + 1):
        total += 1 / k
    return total


@program(-7, 2, grad=False, more=[(7, -2), (-7, -2), (6, 3), (-6, 3), (0, -5)])
def integer_division_signs(a, b):
    q, r = divmod(a, b)
    return a // b, a % b, q, r, a / b, q * b + r == a


@program(-7.5, 2.0, grad=False, more=[(7.5, -2.0), (-7.5, 2), (7, -2.5), (-0.0, 3.0), (1e300, 1e-3)])
def float_division_signs(a, b):
    return a // b, a % b, divmod(a, b), math.fmod(a, b)


@program(2, 10, grad=False, more=[(2, -1), (-3, 3), (0, 0), (2.0, 3), (4, 0.5), (-2, -3)])
def power_kind_depends_on_exponent(base, exponent):
    return base**exponent


@program(2.5, grad=False, more=[(3.5,), (-2.5,), (-0.4,), (1e15 + 0.5,)])
def roundings(x):
    return int(x), round(x), round(x, 1), math.floor(x), math.ceil(x), math.trunc(x)


@program(3, 3.0, grad=False, more=[(2, 2.5), (-1, -1.0), (4, 1.5)])
def max_keeps_the_first_of_equals(a, b):
    return max(a, b), min(a, b), max(b, a), min(b, a)


@program(0.25, grad=False, more=[(-0.25,), (3,), (-3,)])
def branches_of_two_kinds(x):
    return 1 if x > 0 else 0.5


@program(0, 5, grad=False, more=[(3, 0), (0.0, 2), (0, 0)])
def and_or_return_operands(a, b):
    return a or b, a and b, not a, (a or 1) + (b and 2)


@program(True, False, grad=False, more=[(True, True), (False, False)])
def booleans_count(p, q):
    return p + q, -p, abs(q), p * 2.5, p & q, p | q, p ^ q, sum([p, q, True]), p == 1, ~int(p)


@program(252, 105, grad=False, more=[(17, 5), (0, 9), (9, 0)])
def euclid(a, b):
    while b:
        a, b = b, a % b
    return a


@program(27, grad=False, more=[(1,), (97,)])
def collatz_length(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


@program(7, 128, 13, grad=False, more=[(3, 0, 7), (10, 9, 17)])
def modular_power(base, exponent, modulus):
    result = 1
    base %= modulus
    while exponent > 0:
        if exponent & 1:
            result = result * base % modulus
        exponent >>= 1
        base = base * base % modulus
    return result


@program(0b1011, 6, grad=False, more=[(-13, 3), (0, 1)])
def bits(a, b):
    return a & b, a | b, a ^ b, ~a, a << 3, a >> 1, (a << b) - 1, bin_count(abs(a))


def bin_count(n):
    count = 0
    while n:
        n &= n - 1
        count += 1
    return count


@program(10**12 + 39, grad=False, more=[(0,), (24,), (25,)])
def integer_square_root(n):
    if n < 2:
        return n, True
    x = n
    y = (x + 1) // 2
    while y < x:
        x = y
        y = (x + n // x) // 2
    return x, math.isqrt(n) == x


@program(90, grad=False, more=[(0,), (1,)])
def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


@program(1.3, -0.4)
def math_module(x, y):
    a = math.sin(x) * math.cos(y) + math.tan(y) - math.atan2(y, x) + math.hypot(x, y)
    b = math.exp(y) + math.log(x) + math.log1p(x) + math.expm1(y) + math.sqrt(x) + math.log2(x) - math.log10(x)
    c = math.sinh(y) + math.cosh(x) + math.tanh(y) + math.asinh(x) + math.acosh(x) + math.atanh(y)
    d = math.asin(y) + math.acos(y) + math.atan(x) + math.erf(x) + math.erfc(y) + math.lgamma(x) + math.gamma(x)
    return a + b * c - d + math.pow(x, y) + math.fabs(y) + math.copysign(x, y) + math.degrees(x) / math.radians(x)


@program(0.7)
def math_constants(x):
    circle = math.pi * x**2
    turn = math.tau * x - math.e**x
    return circle + turn if not math.isinf(x) and math.isfinite(x) and not math.isnan(x) else math.nan


@program(5, 2, grad=False, more=[(10, 10), (6, 0)])
def math_on_integers(n, k):
    return math.factorial(n), math.comb(n, k), math.gcd(n, k), math.prod([n, k, 2]), math.isclose(n, n + 1e-12)


@program(float("nan"), 1.0, grad=False, more=[(1.0, float("nan")), (float("inf"), float("-inf"))])
def nan_and_order(a, b):
    return max(a, b), min(a, b), a < b, a == a, a != a, not a > b, np.maximum(a, b), np.fmax(a, b)


@program(-0.0, grad=False, more=[(0.0,), (-2.0,)])
def signed_zero(x):
    return math.copysign(1.0, x), math.copysign(1.0, -x), math.atan2(x, -1.0), bool(np.signbit(x)), x == 0


@program(3, grad=False, more=[(0,), (2.5,), (-1.0,)])
def chained_comparisons(x):
    return 0 < x < 3, 0 <= x <= 3 != 4, x == x == 3, 1 < x > 0


@program(1.5)
def polynomial_by_horner(x):
    total = 0
    for c in (3, -1.0, 0, 2):
        total = total * x + c
    return total


@program(2.0, 3)
def power_by_squaring(x, n):
    result = 1
    while n:
        if n % 2:
            result = result * x
        x = x * x
        n //= 2
    return result


@program(0.3)
def continued_fraction(x):
    value = 0.0
    for k in range(12, 0, -1):
        value = k * x / (1 + value)
    return 1 / (1 + value)


@program(2.0)
def square_root_by_bisection_steps(a):
    x = 1.0
    while abs(x * x - a) > 1e-14 * a:
        x = 0.5 * (x + a / x)
    return x


@program(4, 2.0, grad=False)
def int_float_equality(i, f):
    return i == f * 2, i is not None, i != 4.0, isinstance(i, int), isinstance(f, (int, float)), int("12") + i


@program(9007199254740993, grad=False)
def exact_against_float(n):
    return n == float(n), n > float(n), n + 0.0, n - int(float(n))


@program(7, True, np.arange(3, dtype=np.int8), grad=False)
def fractions_of_integers(n, flag, k):
    return n.numerator, n.denominator, flag.numerator, flag.denominator, k[2].numerator, k[2].denominator
