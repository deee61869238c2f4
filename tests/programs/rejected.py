"""Constructs, calls and arguments outside the language: refused with a diagnostic, never a number.

Where the language makes no promise either way (`or_right`), a refusal and CPython's own result are both fine.
"""

import contextlib
import random
import time
from typing import NamedTuple

import numpy as np

from .registry import rejected

UNSUPPORTED = ("UnsupportedError",)


@rejected(np.ones(3), raises=UNSUPPORTED)
def generator_with_yield(x):
    def pairs():
        for i in range(len(x) - 1):
            yield x[i], x[i + 1]

    return sum(a * b for a, b in pairs())


@rejected(np.ones(3), raises=UNSUPPORTED)
def try_except(x):
    try:
        return x[0] / x[1]
    except ZeroDivisionError:
        return 0.0


@rejected(np.ones(3), raises=UNSUPPORTED)
def try_finally(x):
    total = 0.0
    try:
        total += x[0]
    finally:
        total += 1
    return total


@rejected(np.array([1.0, 2.0]), raises=UNSUPPORTED)
def set_of_run_time_values(x):
    seen = set()
    for v in x:
        seen.add(float(v))
    return len(seen)


@rejected(np.ones(3), raises=UNSUPPORTED)
def with_statement(x):
    with contextlib.nullcontext():
        return x.sum()


@rejected(np.ones(3), raises=UNSUPPORTED)
def writes_a_file(x):
    with open("/dev/null", "w") as f:
        f.write("sum")
    return x.sum()


async def _later(x):
    return x


@rejected(np.ones(3), raises=UNSUPPORTED)
def coroutine(x):
    pending = _later(x)
    pending.close()
    return x.sum()


@rejected(np.ones(3), raises=UNSUPPORTED)
def evaluated_string(x):
    return eval("x.sum() + 1")


@rejected(np.ones(3), raises=UNSUPPORTED)
def reads_the_clock(x):
    return x.sum() * time.time()


@rejected(np.ones(3), raises=UNSUPPORTED)
def global_random_numbers(x):
    return x.sum() + np.random.normal() + random.random()


@rejected(np.ones(3), raises=UNSUPPORTED)
def complex_literal(x):
    return (x * 2j).imag.sum()


@rejected(np.ones(4), raises=UNSUPPORTED)
def complex_transform(x):
    return np.abs(np.fft.fft(x)).sum()


@rejected(np.array([1.0 + 2.0j]), raises=("TangraError",))
def complex_argument(z):
    return z.real.sum()


@rejected(-8.0, 1 / 3, raises=("TangraError", "ValueError"))
def complex_result_of_power(x, p):
    return x**p


@rejected(np.ones(3), raises=UNSUPPORTED)
def identity_number(x):
    return id(x) % 2


@rejected(np.array([1.5, 2.5]), raises=UNSUPPORTED)
def text_of_run_time_value(x):
    return f"{x[0]:.3f} and {x[1]}"


@rejected(np.ones(3), raises=UNSUPPORTED)
def looks_up_its_own_scope(x):
    return globals()["np"].sum(x) + len(locals())


@rejected(40, raises=("TangraError", "OverflowError"))
def integers_beyond_64_bits(n):
    product = 1
    for k in range(1, n):
        product *= k
    return product


@rejected(2, 100, raises=("TangraError", "OverflowError"))
def power_beyond_64_bits(a, b):
    return a**b


@rejected(2**70, raises=("TangraError", "OverflowError"))
def argument_beyond_64_bits(n):
    return n + 1


@rejected(np.array(["a", "b"]), raises=("TangraError",))
def array_of_strings(x):
    return x[0]


@rejected(np.array([1.0, None], dtype=object), raises=("TangraError",))
def array_of_objects(x):
    return x[0]


@rejected(np.zeros(2, dtype=[("a", float), ("b", int)]), raises=("TangraError",), or_right=True)
def structured_array(x):
    return x["a"].sum()


@rejected(np.array([1.0, 2.0]).astype(">f8"), raises=("TangraError",), or_right=True)
def byte_swapped_array(x):
    return x.sum()


@rejected(np.array([1.0, 2.0], dtype=np.float16), raises=("TangraError",), or_right=True)
def half_precision_array(x):
    return x * 2


@rejected(np.array(["2020-01-01"], dtype="datetime64[D]"), raises=("TangraError",))
def array_of_dates(x):
    return x[0]


@rejected({1.0, 2.0}, raises=("TangraError",))
def set_argument(values):
    return sum(values)


@rejected(4, raises=("TangraError",), or_right=True)
def recursion_on_run_time_value(n):
    def factorial(k):
        return 1 if k == 0 else k * factorial(k - 1)

    return factorial(n)


@rejected(2.0, raises=("TangraError", "RecursionError"), cpython=RecursionError)
def endless_recursion(x):
    def again(v):
        return again(v + 1)

    return again(x)


@rejected(np.array([1.0, 2.0]), 1, raises=("TangraError",), or_right=True)
def mixed_list_by_run_time_index(x, k):
    return [x[0], x, "name"][k]


@rejected(np.array([1.0, 2.0]), 1, raises=("TangraError",), or_right=True)
def dict_by_run_time_key(x, k):
    return {0: x[0], 1: x[1]}[k]


@rejected(np.array([1.0, 2.0]), 2, raises=("TangraError",), or_right=True)
def slice_by_run_time_step(x, k):
    return x[::k]


@rejected(np.array([2.0, 1.0]), raises=("TangraError",), or_right=True)
def sorted_run_time_values(x):
    return sorted(x)


@rejected(np.array([2.0, -1.0]), raises=("TangraError",), or_right=True)
def sum_over_run_time_mask(x):
    return x[x > 0].sum()


@rejected(np.array([2.0, -1.0]), raises=("TangraError",), or_right=True)
def vectorised_python_function(x):
    return np.vectorize(lambda v: v if v > 0 else 0.0)(x)


@rejected(np.arange(6.0), raises=("TangraError",), or_right=True)
def shape_assigned(x):
    y = x.copy()
    y.shape = (2, 3)
    return y


class Celsius(NamedTuple):
    degrees: float


@rejected(Celsius(3.0), raises=("TangraError",), or_right=True)
def match_on_class_pattern(t):
    match t:
        case Celsius(degrees=d):
            return d * 2
        case _:
            return 0.0


class Lazy:
    def __getattr__(self, name):
        return len(name)


@rejected(np.ones(2), raises=("TangraError",), or_right=True)
def attributes_made_up(x):
    return x.sum() + Lazy().anything


_scope = {"__name__": __name__, "np": np}
exec("def function_without_source(x):\n    return np.sin(x).sum()\n", _scope)
rejected(np.ones(2), raises=("TangraError",), or_right=True)(_scope["function_without_source"])
