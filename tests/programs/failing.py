"""Programs that fail while running: Python's own exception, and arguments as Python leaves them."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.linalg import LinAlgError

from .registry import raises


class ConvergenceError(Exception):
    """An exception of the user's."""


@raises(7, 0, error=ZeroDivisionError)
def integer_floor_division(a, b):
    return a // b


@raises(7, 0, error=ZeroDivisionError)
def integer_modulo(a, b):
    return a % b


@raises(7, 0, error=ZeroDivisionError)
def integer_true_division(a, b):
    return a / b


@raises(7.5, 0.0, error=ZeroDivisionError)
def python_float_division(a, b):
    return a / b


@raises(7.5, 0.0, error=ZeroDivisionError)
def python_float_modulo(a, b):
    return a % b


@raises(0.0, -1, error=ZeroDivisionError)
def zero_to_negative_power(a, b):
    return a**b


@raises([3, 1, 0, 2], error=ZeroDivisionError)
def division_in_the_third_trip(values):
    total = 0
    for v in values:
        total += 12 // v
    return total


@raises(np.arange(4.0), 4, error=IndexError)
def read_past_the_end(x, k):
    return x[k]


@raises(np.arange(4.0), -5, error=IndexError)
def read_before_the_start(x, k):
    return x[k]


@raises(np.arange(4.0), error=IndexError)
def writes_until_past_the_end(x):
    for i in range(6):
        x[i] = 10.0 * i
    return x.sum()


@raises(np.zeros((2, 3)), 1, 3, error=IndexError)
def column_out_of_range(x, i, j):
    x[0, 0] = 1.0
    x[i, j] += 1.0
    return x


@raises(np.arange(3.0), np.array([0, 2, 3]), error=IndexError)
def gather_out_of_range(x, index):
    return x[index]


@raises(np.zeros(3), np.array([0, 2, -4]), error=IndexError)
def scatter_out_of_range(x, index):
    np.add.at(x, index, 1.0)
    return x


@raises([1.0, 2.0], 2, error=IndexError)
def list_index_out_of_range(values, k):
    return values[k]


@raises(np.array([-1.0]), error=AssertionError, match="rate must be positive")
def assertion_with_message(x):
    assert x[0] > 0, "rate must be positive"
    return x[0]


@raises(np.array([1.0, -1.0]), error=AssertionError)
def assertion_without_message(x):
    for v in x:
        assert v > 0
    return x.sum()


@raises(3, 5, error=AssertionError, match="3 is less than 5")
def assertion_with_formatted_message(a, b):
    assert a >= b, f"{a} is less than {b}"
    return a - b


@raises(np.array([1.0, -4.0]), error=ValueError, match="negative weight")
def value_error_of_the_user(x):
    if (x < 0).any():
        raise ValueError("negative weight")
    return np.sqrt(x).sum()


@raises(np.array([0.0, 0.0, 0.0]), 5, error=ConvergenceError, match="gave up")
def users_exception_after_writes(x, rounds):
    for k in range(rounds):
        x[k % 3] += k
        if k == 4:
            raise ConvergenceError("gave up")
    return x


@raises(np.ones(3), error=RuntimeError, match="diverged")
def failure_inside_a_helper(x):
    def check(v):
        if v > 8:
            raise RuntimeError("diverged")
        return v

    while True:
        x *= 2
        check(x[1])


@raises(np.ones(3), error=NotImplementedError)
def method_left_out(x):
    class_of = Unfinished()
    x[0] = 2.0
    return class_of.run(x)


class Unfinished:
    def run(self, x):
        x[1] = 3.0
        raise NotImplementedError


@raises(np.ones(3), error=KeyError)
def exception_class_without_call(x):
    if x.sum() > 2:
        raise KeyError
    return x


@raises(-1.0, error=ValueError)
def math_square_root_of_negative(x):
    return math.sqrt(x)


@raises(0.0, error=ValueError)
def math_logarithm_of_zero(x):
    return math.log(x)


@raises(1000.0, error=OverflowError)
def math_exponential_overflow(x):
    return math.exp(x)


@raises(2.0, error=ValueError)
def math_arcsine_out_of_domain(x):
    return math.asin(x)


@raises(float("nan"), error=ValueError)
def integer_of_nan(x):
    return int(x)


@raises(float("inf"), error=OverflowError)
def integer_of_infinity(x):
    return int(x)


@raises(10.0, 400, error=OverflowError)
def float_power_overflow(x, n):
    return x**n


@raises(np.zeros((2, 2)), np.ones(2), error=LinAlgError)
def singular_solve(a, b):
    b[0] = 4.0
    return np.linalg.solve(a, b)


@raises(np.ones((2, 2)) * 0.0, error=LinAlgError)
def singular_inverse(a):
    return np.linalg.inv(a)


@raises(-np.eye(2), error=LinAlgError)
def cholesky_of_negative(a):
    return np.linalg.cholesky(a)


_frozen = np.arange(3.0)
_frozen.flags.writeable = False


@raises(_frozen, error=ValueError)
def write_to_read_only(x):
    x[0] = 1.0
    return x


@raises(np.zeros(0), error=ValueError)
def maximum_of_nothing(x):
    return x.max()


@raises([], error=ValueError)
def python_minimum_of_nothing(values):
    return min(values)


@raises(np.zeros(0), error=ValueError)
def argmax_of_nothing(x):
    return x.argmax()


@raises(np.arange(6.0), 4, error=ValueError)
def reshape_by_run_time_size(x, n):
    return x.reshape(n, 2)


@raises(np.arange(6.0), 4, error=ValueError)
def run_time_lengths_differ(x, n):
    return x + np.zeros(n)


@raises(3, 0, error=ValueError)
def range_with_step_zero(n, step):
    total = 0
    for k in range(0, n, step):
        total += k
    return total


@raises(-1, error=ValueError)
def negative_size(n):
    return np.zeros(n)


@raises(1, -1, error=ValueError)
def negative_shift(a, b):
    return a << b


@raises(np.array([2, 3]), -1, error=ValueError)
def integer_array_to_negative_power(n, k):
    return n**k


@raises(300, error=OverflowError)
def conversion_out_of_range(n):
    return np.int8(n)


@raises(np.array([-1.0, 2.0]), error=UnboundLocalError)
def local_never_bound(x):
    if x[0] > 0:
        y = x[1]
    return y * 2


@raises(np.array([1, -1]), error=ValueError)
def negative_count(labels):
    return np.bincount(labels, minlength=3)


@dataclass
class Tank:
    level: float
    flow: np.ndarray


@raises(Tank(1.0, np.zeros(2)), 3.0, error=ValueError, match="overflow")
def object_keeps_changes_before_failure(tank, amount):
    tank.flow[0] += amount
    tank.level = tank.level + amount
    if tank.level > 3:
        raise ValueError("overflow")
    tank.flow[1] = 9.0
    return tank.level


@raises({"x": np.zeros(2), "n": 0}, error=ZeroDivisionError)
def dict_keeps_changes_before_failure(state):
    state["x"][1] = 5.0
    n = state["n"]
    state["n"] = n + 10
    return 1 // n


@raises([1.0], np.zeros(2), error=IndexError)
def list_keeps_changes_before_failure(values, x):
    values.append(2.0)
    x[len(values) - 1] = values[1]
    return x[len(values)]


@raises(np.array([3.0, 1.0, -2.0, 5.0]), error=AssertionError, match="negative at 2")
def scan_stops_in_the_middle(x):
    for i in range(len(x)):
        assert x[i] >= 0, f"negative at {i}"
        x[i] = math.sqrt(x[i])
    return x


@raises(np.ones((3, 3)), np.zeros(3), error=RuntimeError, match="too slow")
def state_of_solver_kept(a, x):
    trips = 0
    while True:
        for i in range(3):
            x[i] += 0.5 * (1.0 - a[i] @ x)
        trips += 1
        if trips == 4:
            raise RuntimeError("too slow")


@raises(0, error=StopIteration)
def stop_iteration_of_the_user(n):
    if n == 0:
        raise StopIteration("done")
    return n


@raises(np.ones((2, 3)), error=ValueError, match="read-only")
def write_to_sliding_windows(x):
    x[0, 0] = 5.0
    windows = np.lib.stride_tricks.sliding_window_view(x, 2, axis=1)
    windows[0, 0, 0] = 1.0
    return windows


@raises(np.ones((2, 3)), 4, error=ValueError, match="window shape cannot be larger than input array shape")
def windows_wider_than_the_array(x, n):
    x[0, 0] = 5.0
    return np.lib.stride_tricks.sliding_window_view(np.zeros(n), 5)


@raises(np.arange(3.0), 7, error=IndexError, match="pop index out of range")
def pop_beyond_a_grown_list(x, k):
    items = []
    for v in x:
        if v > 0:
            items.append(v)
        x[0] += 1
    return items.pop(k)


@raises(np.arange(3.0), 0, error=IndexError, match="pop from empty list")
def pop_from_a_list_that_did_not_grow(x, k):
    items = []
    for i in range(k):
        items.append(x[i])
    return items.pop(k)
