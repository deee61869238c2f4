"""What `tg.jvp` and its kin take for several primals is the same in compiled code: tuples and lists, but not a
NamedTuple, which is one."""

from typing import NamedTuple

import tangra as tg


class Point(NamedTuple):
    a: float
    b: float


def of_a_point(p):
    return p.a * p.b


def of_two(a, b):
    return a * b


def test_jvp():
    @tg.jit
    def points(p, t):
        return tg.jvp(of_a_point, p, t)

    @tg.jit
    def lists(p, t):
        return tg.jvp(of_two, p, t)

    given = Point(2.0, 3.0), Point(1.0, 0.0)
    assert points(*given) == tg.jvp(of_a_point, *given) == (6.0, 3.0)
    assert lists([2.0, 3.0], [1.0, 0.0]) == tg.jvp(of_two, [2.0, 3.0], [1.0, 0.0]) == (6.0, 3.0)


def test_hvp():
    @tg.jit
    def points(p, t):
        return tg.hvp(of_a_point, p, t)

    given = Point(2.0, 3.0), Point(1.0, 0.0)
    assert points(*given) == tg.hvp(of_a_point, *given) == Point(0.0, 1.0)
