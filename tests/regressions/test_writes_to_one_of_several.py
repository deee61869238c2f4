"""What a transformed function wrote to one of several objects, as the path taken or a place that a run tells decides,
was lost: it did not count as written to any of them."""

import numpy as np
import pytest

import tangra as tg


class Point:
    def __init__(self, a):
        self.a = a


def write(u):
    u[0] = 7.0


def to_one_array(c, x):
    u, v = x * 1.0, x * 2.0

    def f(u, v):
        one = u if u[1] > v[2] else v
        one[0] = 7.0
        return one[1]

    return c(f)(u, v), u, v


def to_one_instance(c, x):
    p, q = Point(x[0]), Point(x[1])

    def f(p, q):
        one = p if p.a > q.a else q
        one.a = 7.0

    c(f)(p, q)
    return p.a, q.a


def to_one_item(c, x):
    first, second = [x[0]], [x[1]]

    def f(u, v, k):
        [u, v][k][0] = 7.0

    c(f)(first, second, int(x[0]))
    return first, second


def to_an_item_of_an_argument(c, x):
    rows = [x * 1.0, x * 2.0]
    first = rows[0]

    def f(rows, k):
        rows[k][0] = 7.0

    c(f)(rows, int(x[0]))
    return first


def to_an_item_that_grew(c, x):
    u = x * 1.0

    def f(u):
        items = []
        for _ in range(len(x)):
            items.append(u)
        items[int(x[0])][0] = 7.0

    c(f)(u)
    return u


def nowhere_else(c, x):
    rows = [x * 1.0, x * 2.0]

    def f(rows, k):
        rows[k][0] = 7.0
        return k

    return c(f)(rows, int(x[0])), rows[0], rows[1]


X = np.array([0.5, 2.0, 1.5])
PROGRAMS = [to_one_array, to_one_instance, to_one_item, to_an_item_of_an_argument, to_an_item_that_grew]


@pytest.mark.parametrize("options", [{}, {"policy": "sqrt"}], ids=str)
@pytest.mark.parametrize("program", PROGRAMS)
def test_what_may_be_changed_is_not_read(program, options):
    with pytest.raises(tg.TangraError, match="TG401"):
        tg.jit(lambda x: program(lambda f: tg.checkpoint(f, **options), x))(X.copy())


def test_what_holds_them_is_read():
    found = tg.jit(lambda x: nowhere_else(tg.checkpoint, x))(X)
    for mine, wanted in zip(found, nowhere_else(lambda f: f, X), strict=True):
        np.testing.assert_array_equal(mine, wanted)


@pytest.mark.parametrize("transform", [tg.grad, tg.vmap, tg.checkpoint])
def test_objects_from_outside_are_not_written(transform):
    def program(x):
        u, v = np.ones(3), np.zeros(3)

        def f(k):
            write(u if k > 0.0 else v)
            return k

        transform(f)(x if transform is tg.vmap else x[0])
        return u

    with pytest.raises(tg.TangraError, match="TG812"):
        tg.jit(program)(X)


def test_one_array_in_two_places_is_not_written():
    def f(u, v, k):
        one = u if k > 0.0 else v
        write(one)
        return one[1] * k

    with pytest.raises(tg.TangraError, match="TG818"):
        tg.jit(lambda x: tg.grad(f, argnums=(0, 1))(x, x, x[0]))(X)


def test_functions_with_rules_may_not_write():
    @tg.custom_vjp
    def f(u, v):
        write(u if u[1] > v[1] else v)
        return 1.0

    f.defvjp(lambda u, v: (1.0, (u, v)), lambda kept, ct: kept)
    with pytest.raises(tg.TangraError, match="TG812"):
        tg.jit(lambda x: f(x, x * 2.0))(X)
