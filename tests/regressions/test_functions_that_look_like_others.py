"""`tg.jvp(f, …)` and its kin keep what they compiled with the function. `functools.wraps` and copies of objects took
that along, so that the derivative of one function was that of another."""

import copy
import functools

import tangra as tg


def square(x):
    return x * x


def thrice(f):
    @functools.wraps(f)
    def wrapper(x):
        return 3.0 * f(x)

    return wrapper


class Scaled:
    def __init__(self, a):
        self.a = a

    def __call__(self, x):
        return self.a * x * x

    def method(self, x):
        return self.a * x


def derivatives(f, x):
    return (
        tg.jvp(f, (x,), (1.0,)),
        tg.hvp(f, (x,), (1.0,)),
        tg.vjp(f, x)[1](1.0),
        tg.linearize(f, x)[1](1.0),
    )


def test_functions_with_the_attributes_of_others():
    for _ in range(2):
        assert derivatives(square, 2.0) == ((4.0, 4.0), 2.0, (4.0,), 4.0)
        assert derivatives(thrice(square), 2.0) == ((12.0, 12.0), 6.0, (12.0,), 12.0)


def test_copies_of_objects():
    first = Scaled(2.0)
    assert derivatives(first, 3.0) == ((18.0, 12.0), 4.0, (12.0,), 12.0)
    assert vars(first) == {"a": 2.0}
    second = copy.copy(first)
    second.a = 5.0
    assert derivatives(second, 3.0) == ((45.0, 30.0), 10.0, (30.0,), 30.0)
    assert vars(tg.grad(lambda s: s(3.0))(second)) == {"a": 9.0}


def test_functions_of_classes_and_methods():
    scaled = Scaled(2.0)
    assert tg.jvp(Scaled.method, (scaled, 3.0), (Scaled(1.0), 0.0)) == (6.0, 3.0)
    assert tg.jvp(scaled.method, (3.0,), (1.0,)) == (6.0, 2.0)
    assert tg.jvp(Scaled(7.0).method, (3.0,), (1.0,)) == (21.0, 7.0)
