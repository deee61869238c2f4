"""Hello: the square of a number and its derivative."""

from functools import partial

import tangra as tg
from benchmarks.gradbench.protocol import Function, Functions, Json, number


def square(x: float) -> float:
    """x squared."""
    return x * x


compiled_square = tg.jit(square)
double = tg.grad(square)


def prepare_square(data: Json) -> partial[float]:
    """The input is the number itself."""
    return partial(compiled_square, float(data))


def prepare_double(data: Json) -> partial[float]:
    """The input is the number itself."""
    return partial(double, float(data))


FUNCTIONS: Functions = {"square": Function(prepare_square, number), "double": Function(prepare_double, number)}
