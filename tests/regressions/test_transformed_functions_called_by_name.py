"""Rules of custom derivatives took arguments given by name in the order of the call, not in that of the function: the
derivatives by two of them were exchanged. `argnums` and `argnames` did not find the parameters of methods, of objects
with `__call__` and of partial functions."""

from functools import partial

import pytest

import tangra as tg


@tg.custom_vjp
def reversing(a, b, *, c=1.0, d=1.0):
    return a * b * c * d


reversing.defvjp(
    lambda a, b, *, c=1.0, d=1.0: (a * b * c * d, (a, b, c, d)),
    lambda r, ct: (10.0 * ct, 20.0 * ct, 30.0 * ct, 40.0 * ct),
)


@tg.custom_jvp
def pushing(a, b, *, c=1.0, d=1.0):
    return a * b * c * d


@pushing.defjvp
def _(primals, tangents):
    a, b, c, d = primals
    da, db, dc, dd = tangents
    return a * b * c * d, 10.0 * da + 20.0 * db + 30.0 * dc + 40.0 * dd


@pytest.mark.parametrize("f", [reversing, pushing])
def test_rules_take_arguments_in_the_order_of_the_function(f):
    calls = [
        lambda a, b, c, d: f(a, b, c=c, d=d),
        lambda a, b, c, d: f(b=b, a=a, c=c, d=d),
        lambda a, b, c, d: f(a, d=d, c=c, b=b),
        lambda a, b, c, d: f(d=d, c=c, b=b, a=a),
    ]
    for call in calls:
        assert tg.value_and_grad(call, (0, 1, 2, 3))(2.0, 3.0, 5.0, 7.0) == (210.0, (10.0, 20.0, 30.0, 40.0))


class Scaled:
    def __init__(self, k):
        self.k = k

    def times(self, a, b=1.0):
        return self.k * a * b * b

    @classmethod
    def of_class(cls, a, b):
        return a * b * b

    def __call__(self, a, b):
        return self.k * a * b * b


def cubed(a, b, c=1.0):
    return a * b * b * c


@pytest.mark.parametrize("f", [Scaled(1.0).times, Scaled.of_class, Scaled(1.0), partial(cubed, c=1.0)])
def test_parameters_of_what_can_be_called(f):
    assert tg.grad(f, argnames="b")(3.0, 2.0) == 12.0
    assert tg.grad(f, argnums=1)(3.0, b=2.0) == 12.0
    assert tg.grad(f, argnames=("a", "b"))(b=2.0, a=3.0) == (4.0, 12.0)


def test_parameters_that_a_partial_function_leaves():
    assert tg.grad(partial(cubed, 3.0), argnames="b")(2.0) == 12.0
    assert tg.grad(partial(cubed, 3.0), argnums=0)(b=2.0) == 12.0
    assert tg.grad(partial(cubed, a=3.0), argnames="b")(b=2.0) == 12.0
    with pytest.raises(tg.TangraError, match="TG806"):
        tg.grad(partial(cubed, b=2.0), argnums=1)(3.0, c=1.0)
    assert tg.jit(lambda v: tg.grad(partial(cubed, v), argnames="b")(2.0))(3.0) == 12.0
