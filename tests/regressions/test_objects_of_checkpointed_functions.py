"""What a checkpointed function returned of the caller's was a copy, and so was a view of it: writes to one were not
seen in the other. It worked on copies of arguments that may be one object, or that it reads from outside, as if these
were several. Attributes that it deleted came back at the end of a call from Python."""

import numpy as np
import pytest

import tangra as tg


class Point:
    def __init__(self, a, b):
        self.a, self.b = a, b


class Model:
    def __init__(self, x):
        self.state = Point(x[0], x.copy())

    def step(self, state):
        state.a = state.a * 2.0
        return self.state.a


def of_a_captured_list(c, x):
    held = [x[0]]

    def f(v):
        v.append(held)
        return held

    v = []
    found = c(f)(v)
    held[0] = 5.0
    return v[0][0], found is held, v[0] is held


def of_a_captured_array(c, x):
    held = x * 2.0
    found = c(lambda k: held)(x[0])
    held[0] = 5.0
    return found[0], found is held


def of_what_is_asked(c, x):
    points = [Point(x[0], 1.0), Point(x[1], 2.0)]
    row = [x[0]]

    def f(p, u, v, r):
        r.append(1.0)
        return points.index(p), p is points[0], p == points[1], u is v, u is x, r is row

    return c(f)(points[1], x, x, row), len(row)


def of_what_is_new(c, x):
    def f(v):
        rows = []
        for k in range(3):
            rows.append(v[k : k + 1] * 1.0)
        rows[int(v[0] > 0)][0] = 7.0
        return rows

    rows = c(f)(x)
    rows[0][0], rows[1][0] = 3.0, 4.0
    return [row[0] for row in rows]


def a_view(c, x):
    part = c(lambda v: v[1:])(x)
    part[0] = 7.0
    return x


def a_view_in_an_attribute(c, x):
    def f(p):
        p.b = p.a[1:]

    p = Point(x * 1.0, None)
    c(f)(p)
    p.a[1] = 7.0
    return p.b


def two_views(c, x):
    def f(k):
        made = np.zeros(3) + k
        return made, made[1:]

    made, part = c(f)(x[0])
    made[1] = 7.0
    return part


def a_captured_row(c, x):
    rows = rows_of(x)
    row = c(lambda k: rows[int(k)])(x[1])
    row[0] = 7.0
    return [row[0] for row in rows]


def rows_of(x):
    rows = []
    for k in range(len(x)):
        rows.append([x[k], 1.0])
    return rows


def first_of_both(u, v):
    u[0] = 7.0
    return v[0]


def one_row_twice(c, x):
    rows = rows_of(x)
    k = int(abs(x[0]))
    return c(first_of_both)(rows[k], rows[0])


def one_array_at_two_places(c, x):
    items = []
    for _ in range(len(x)):
        items.append(x)
    return c(first_of_both)(items[0], items[1])


def one_list_at_two_places(c, x):
    row = [x[0]]
    rows = []
    for _ in range(len(x)):
        rows.append(row)
    return c(first_of_both)(rows[0], rows[1])


def rows_that_trade_places(c, x):
    rows = rows_of(x)
    row = rows[0]
    rows[0], rows[1] = rows[1], rows[0]
    return c(first_of_both)(row, rows[1])


def a_list_from_outside(c, x):
    held = [x[0]]

    def f(v):
        v.append(1.0)
        return len(held)

    return c(f)(held)


def a_list_that_the_method_knows(c, x):
    model = Model(x)
    return c(model.step)(model.state)


def flat(v):
    return [each for item in v for each in flat(item)] if isinstance(v, list | tuple) else [v]


def compiled(program, options):
    return tg.jit(lambda x: program(lambda f: tg.checkpoint(f, **options), x), dynamic=True)


def plain(function):
    return function


X = np.array([0.5, 2.0, 1.5])
OPTIONS = [{}, {"policy": "sqrt"}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("program", [of_a_captured_list, of_a_captured_array, of_what_is_asked, of_what_is_new])
def test_objects_are_the_callers(program, options):
    assert flat(compiled(program, options)(X.copy())) == flat(program(plain, X.copy()))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("program", [a_view, a_view_in_an_attribute, two_views, a_captured_row])
def test_what_shares_memory_is_not_written(program, options):
    with pytest.raises(tg.TangraError, match="TG401"):
        compiled(program, options)(X.copy())


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(
    "program",
    [
        one_row_twice,
        one_array_at_two_places,
        one_list_at_two_places,
        rows_that_trade_places,
        a_list_from_outside,
        a_list_that_the_method_knows,
    ],
)
def test_arguments_that_may_be_one_are_not_written(program, options):
    with pytest.raises(tg.TangraError, match="TG818"):
        compiled(program, options)(X.copy())


def test_rows_that_are_two_are_written():
    def program(c, x):
        rows = rows_of(x)
        return c(first_of_both)(rows[0], rows[1]), c(lambda row: first_of_both(row, row))(rows[2])

    assert compiled(program, {})(X) == program(plain, X)


def test_attributes_that_are_deleted():
    def f(p):
        del p.a
        p.c = 1.0

    def again(p):
        found = p.a
        del p.a
        p.a = found * 2.0

    p, q = Point(1.0, 2.0), Point(1.0, 2.0)
    tg.checkpoint(f)(p)
    tg.checkpoint(again)(q)
    assert list(vars(p).items()) == [("b", 2.0), ("c", 1.0)]
    assert list(vars(q).items()) == [("b", 2.0), ("a", 2.0)]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_call_from_python_is_one_of_the_function(options):
    def fails(u):
        u[0] = 7.0
        if u[1] > 0.0:
            raise ValueError("no")

    u, v = X.copy(), X * 2.0
    part = tg.checkpoint(lambda u: u[1:], **options)(u)
    assert part.base is u
    assert tg.checkpoint(lambda u, v: u if u[0] > v[0] else v, **options)(u, v) is v
    with pytest.raises(ValueError, match="no"):
        tg.checkpoint(fails, **options)(u)
    assert u[0] == 7.0


HELD = np.ones(2)


def test_captured_arrays_from_python():
    assert tg.checkpoint(lambda k: HELD)(1.0) is HELD
