"""A list that got arrays whose size depends on the trip of a loop, of which only a run knows how many, ended in an
error of our own: room for them was made of a size that nobody knew before the loop."""

from dataclasses import dataclass

import numpy as np
import pytest

import tangra as tg


@dataclass
class Part:
    first: float
    values: np.ndarray


def pairs(x, n):
    made = []
    for i in range(n):
        made.append(x[i : i + 2] * 2.0)
    return made[1], made[-1]


def rests(x, n):
    made = []
    for i in range(n):
        made.append(x[i:] * x[i])
    return sum(float(np.sum(each)) for each in made)


def fresh(x, n):
    made = []
    for i in range(n):
        made.append((np.ones(i) * x[i], i))
    return [each for each, _ in made]


def instances(x, n):
    made = []
    for i in range(n):
        made.append(Part(x[i], x[i : i + 3]))
    for part in made:
        part.values[0] += part.first
    return x, made[-1].values


def flat(v):
    return [e for item in v for e in flat(item)] if isinstance(v, tuple | list) else np.asarray(v).reshape(-1).tolist()


@pytest.mark.parametrize("program", [pairs, rests, fresh, instances])
@pytest.mark.parametrize("dynamic", [False, True])
def test_lists_of_arrays_of_several_sizes(program, dynamic):
    call = tg.jit(program, dynamic=dynamic)
    for n in (6, 7):
        mine, theirs = np.arange(1.0, 8.0), np.arange(1.0, 8.0)
        np.testing.assert_allclose(flat(call(mine, n)), flat(program(theirs, n)))
        np.testing.assert_array_equal(mine, theirs)


def test_derivatives_of_such_lists():
    x = np.array([2.0, 3.0, 5.0])
    np.testing.assert_allclose(tg.grad(rests)(x, 3), [12.0, 13.0, 15.0])


def test_trips_that_nothing_tells():
    def until(x):
        made = []
        i = 0
        while x[i] < 5.0:
            made.append(x[: i + 1] * 2.0)
            i += 1
        return made[-1]

    def nested(x):
        total = 0.0
        for i in range(1, len(x)):
            made = []
            for j in range(i):
                made.append(x[j:i])
            for each in made:
                total += each[0]
        return total

    for program, n in ((until, 7), (nested, 200)):
        with pytest.raises(tg.TangraError, match="depends on the trip"):
            tg.jit(program)(np.arange(1.0, n + 1.0))
