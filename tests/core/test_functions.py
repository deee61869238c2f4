"""Functions of all sorts: with and without source, partial, bound, callable objects, recursion."""

import functools
import math
import operator

import numpy as np
import pytest

import tangra as tg


def test_lambdas_on_one_line():
    add, multiply = (lambda x: x + 1), (lambda x: x * 5)
    assert tg.jit(add)(3.0) == 4.0
    assert tg.jit(multiply)(3.0) == 15.0
    assert [tg.jit(f)(2.0) for f in (lambda x: x - 1, lambda x: x + 1)] == [1.0, 3.0]


def test_functions_without_source_are_refused():
    namespace = {}
    exec("def f(x):\n    return x * 3\n", namespace)
    for f in (namespace["f"], eval("lambda x: x * 3")):
        with pytest.raises(tg.EntryError, match="source can't be read") as e:
            tg.jit(f)(2.0)
        assert e.value.code == "TG105"


def add(a, b, c=1.0):
    return a + 10 * b + 100 * c


def test_partial():
    f = tg.jit(functools.partial(add, 1.0, c=3.0))
    assert f(2.0) == 321.0
    assert f(4.0) == 341.0
    assert tg.grad(functools.partial(add, 1.0))(2.0) == 10.0


class Counter:
    def __init__(self):
        self.count = 0.0

    def __call__(self, x):
        self.count += x
        return self.count * 2

    def step(self, x):
        self.count += x
        return self.count

    @classmethod
    def made(cls, x):
        return x + 2

    @staticmethod
    def loose(x):
        return x + 3


def test_callable_objects_and_bound_methods_write_their_object():
    counter = Counter()
    whole, step = tg.jit(counter), tg.jit(counter.step)
    assert whole(2.0) == 4.0
    assert step(1.0) == 3.0
    assert step(1.0) == 4.0
    assert whole(1.0) == 10.0
    assert counter.count == 5.0
    assert tg.jit(counter.made)(1.0) == 3.0
    assert tg.jit(Counter.loose)(1.0) == 4.0


def test_a_callable_object_whose_attribute_changes_its_kind():
    counter = Counter()
    f = tg.jit(counter)
    assert type(f(1)) is float
    counter.count = 1
    assert type(f(1)) is int
    assert counter.count == 2


@pytest.mark.parametrize(
    ("function", "args"), [(math.sin, (1.5,)), (np.sin, (1.5,)), (abs, (-2,)), (float, (3,)), (operator.add, (1.0, 2))]
)
def test_builtins(function, args):
    found = tg.jit(function)(*args)
    assert type(found) is type(function(*args))
    assert found == pytest.approx(function(*args))


@pytest.mark.parametrize("function", [str.upper, functools.lru_cache(lambda x: x), np.vectorize(lambda x: x)])
def test_what_has_no_python_code_is_refused(function):
    with pytest.raises(tg.UnsupportedError, match="not known to the compiler"):
        tg.jit(function)(1.5)


def test_jit_in_jit_and_twice():
    inner = tg.jit(lambda x: x + 1)
    assert tg.jit(lambda x: inner(x) * 2)(1.0) == 4.0
    assert tg.jit(tg.jit(inner))(1.0) == 2.0


def power(x, n):
    return 1.0 if n == 0 else x * power(x, n - 1)


@tg.jit
def factorial(n):
    return 1 if n <= 1 else n * factorial(n - 1)


def test_recursion_ends_by_a_constant():
    assert tg.jit(power, static="n")(1.5, 20) == pytest.approx(1.5**20)
    assert tg.jit(lambda x: factorial(5) * x)(2.0) == 240.0
    with pytest.raises(tg.UnsupportedError, match="calls nest more than 200 deep") as e:
        factorial(5)
    assert e.value.code == "TG106"
    with pytest.raises(tg.UnsupportedError, match="calls nest more than 200 deep"):
        tg.jit(power, static="n")(1.5, 5000)


def test_the_wrapper_looks_like_its_function():
    f = tg.jit(add)
    assert (f.__name__, f.__doc__, f.__wrapped__) == ("add", add.__doc__, add)
    assert repr(f) == "<tangra.jit of 'add'>"
    assert repr(tg.grad(add)) == "<tangra.grad of 'add'>"
    assert f.function is add
