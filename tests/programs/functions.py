"""Functions: closures, lambdas, defaults, star and keyword arguments, decorators, recursion on constants."""

import functools
import math

import numpy as np

from .registry import program
from .statistics import _log_normal as imported_log_density

rng = np.random.default_rng(7)
GAIN = 2.5
TABLE = np.array([1.0, 0.5, 0.25])


@program(np.array([0.5, 1.5]))
def defaults_and_keywords(x):
    def f(a, b=2.0, *, c=3.0, d):
        return a * b + c * d

    return f(x[0], d=1.0) * f(x[1], 4.0, d=x[0], c=x[1]) + f(d=2, a=1, b=x[0])


@program(np.array([0.5, 1.5, 2.5]))
def star_arguments(x):
    def weigh(first, *others, scale=1.0, **options):
        total = first * scale
        for k, v in enumerate(others):
            total += options.get("w", 1.0) * v * (k + 1)
        return total + len(options)

    args = (x[1], x[2])
    kwargs = {"w": x[0], "scale": 2.0}
    return weigh(x[0], *args) * weigh(*x, **kwargs) + weigh(*args, other=1)


@program(np.array([0.5, 1.5]))
def closures_see_later_binding(x):
    k = 1.0

    def f(v):
        return v * k

    before = f(x[0])
    k = x[1]
    return before + f(x[0]) * 10


@program(np.array([0.5, 1.5]))
def nonlocal_counter(x):
    total, calls = 0.0, 0

    def add(v):
        nonlocal total, calls
        total = total + v
        calls += 1
        return total

    for v in x:
        add(v * v)
    add(add(1.0))
    return total * calls


@program(np.array([0.5, 1.5]))
def functions_as_values(x):
    def compose(*fs):
        def run(v):
            for f in fs:
                v = f(v)
            return v

        return run

    table = {"sin": np.sin, "twice": lambda v: 2 * v}
    pipeline = compose(table["sin"], table["twice"], math.exp, lambda v, p=3: v**p)
    return pipeline(x[0]) + compose()(x[1])


@program(1.3)
def recursion_on_constant(x):
    def power(v, n):
        return 1.0 if n == 0 else v * power(v, n - 1)

    return power(x, 5) + power(x, 1)


@program(np.linspace(0.1, 0.8, 8))
def recursive_halving(x):
    def pairwise(v):
        n = v.shape[0]
        if n == 1:
            return v[0]
        return pairwise(v[: n // 2]) * 0.9 + pairwise(v[n // 2 :]) ** 2

    return pairwise(x)


@program(np.array([0.3, -0.2, 0.7, 0.1]), rtol=1e-9)
def recursive_fourier_cosine(x):
    def transform(v):
        n = len(v)
        if n == 1:
            return v
        even, odd = transform(v[::2]), transform(v[1::2])
        angle = np.cos(np.pi * np.arange(n // 2) / n)
        return np.concatenate([even + angle * odd, even - angle * odd])

    return (transform(x) ** 2).sum()


def scaled(factor):
    def decorate(f):
        @functools.wraps(f)
        def wrapper(*args, **kwargs):
            return factor * f(*args, **kwargs)

        return wrapper

    return decorate


@scaled(3.0)
def _decorated(a, b=1.0):
    return a * b + 1


@program(np.array([0.5, 1.5]))
def decorated_functions(x):
    @scaled(x[1])
    def local(v):
        return v**2

    return _decorated(x[0], b=x[1]) + local(x[0])


@program(0.6)
def globals_captured(x):
    return GAIN * x + TABLE @ np.array([x, x**2, 1.0]) + math.pi * TABLE[1]


@program(0.6, 0.2)
def call_across_modules(x, y):
    return imported_log_density(x, y, 1.5) - imported_log_density(y, scale=2.0, mean=x)


@program(np.array([0.5, 1.5, -0.5]))
def lambdas_in_loop(x):
    fs = [lambda v, k=k: v**k for k in range(1, 4)]
    total = 0.0
    for f, v in zip(fs, x):
        total += f(v)
    pick = max(fs, key=lambda f: f(2.0))
    return total + pick(x[1])


@program(np.array([0.5, 1.5]))
def higher_order_integrator(p):
    def integrate(f, a, b, n=16):
        h = (b - a) / n
        total = 0.5 * (f(a) + f(b))
        for i in range(1, n):
            total += f(a + i * h)
        return total * h

    return integrate(lambda t: p[0] * np.exp(-p[1] * t), 0.0, 2.0) + integrate(np.sin, 0, p[1], n=4)


@program(np.array([0.5, 1.5]))
def helper_with_several_returns(x):
    def clip_to(v, low, high):
        if v < low:
            return low
        if v > high:
            return high
        return v

    return clip_to(x[0], 1.0, 2.0) * x[1] + clip_to(x[1] * 3, 0, 2.0) + clip_to(x[0], 0, 1)


@program(np.array([0.5, 1.5]))
def function_returning_tuples_and_functions(x):
    def split(v):
        return v[0], {"rest": v[1:], "f": lambda s: s * v[0]}

    head, info = split(x)
    return head * info["f"](info["rest"][0])


@program(np.array([0.5, 1.5]))
def partial_application(x):
    def line(a, b, t):
        return a * t + b

    f = functools.partial(line, x[0], t=2.0)
    return f(x[1]) + functools.reduce(lambda a, b: a * b, [x[0], x[1], 2.0])


@program(np.array([0.5, 1.5]), 3)
def same_helper_many_types(x, n):
    def double(v):
        return v + v

    return double(x).sum() * double(n) + double(1.5) * double(x[0]) + double((1,))[1]


@program(np.array([0.5, 1.5]))
def helper_annotated_and_documented(x):
    def energy(v: np.ndarray, *, mass: float = 2.0) -> float:
        """Kinetic energy."""
        pass
        return float(0.5 * mass * np.dot(v, v))

    result: float = energy(x)
    return result + energy(x * 2, mass=x[0])


@program(3, 2, grad=False)
def ackermann_by_constant_recursion(m, n):
    def towers(depth, value):
        if depth == 0:
            return value + 1
        return towers(depth - 1, value) * 2

    return towers(4, n) + m


def _even(n):
    return True if n == 0 else _odd(n - 1)


def _odd(n):
    return False if n == 0 else _even(n - 1)


@program(1.5)
def mutual_recursion_on_constants(x):
    return x**2 if _even(10) else -x


@program(np.array([1.0, 2.0]))
def late_defined_helper(x):
    def first(v):
        return second(v) + 1

    def second(v):
        return v * x[1]

    return first(x[0])
