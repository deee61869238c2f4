"""Values that are None on some paths: names, results, attributes, captured names, carried through loops."""

import math

import numpy as np

from .registry import program

rng = np.random.default_rng(23)


@program(1.5, more=[(-1.5,)])
def none_unless_assigned(x):
    y = None
    if x > 0:
        y = x * 2
    if y is None:
        return -x
    return y * x


@program(np.array([1.0, 2.0]), grad=False, more=[(np.array([7.0, 2.0]),)])
def sometimes_none(x):
    return x[0] if x[0] > 5 else None


def first_above(xs, least):
    for k, x in enumerate(xs):
        if x > least:
            return k
    return None


@program(rng.normal(size=30), 0.5, more=[(np.zeros(30), 0.5)])
def result_of_a_function(xs, least):
    if (k := first_above(xs, least)) is not None:
        return xs[k] ** 2 + k
    return xs.sum()


@program(3.0, grad=False, more=[(1e-5,)])
def best_of_a_while_loop(x):
    best, steps = None, 0
    while x > 1e-3:
        if best is None or x * math.cos(x) > best:
            best = x * math.cos(x)
        x *= 0.7
        steps += 1
    return best, steps


@program(rng.normal(size=40), more=[(rng.normal(size=40),), (np.full(40, -1.0),)])
def last_positive_one(xs):
    last, total = None, 0.0
    for x in xs:
        if x > 0:
            if last is not None and last < 2:
                total += (x - last) ** 2
            last = x
    return total if last is None else total * last


@program(np.ones(3), 1, grad=False, writes=True, more=[(np.ones(3), -1)])
def another_name_or_none(x, n):
    y = x if n > 0 else None
    if y is not None and y[0] > 0:
        y[0] = 7.0
    if n > 0 and y is None:
        x[1] = -1.0
    return y


class Holder:
    def __init__(self):
        self.held = None
        self.count = 0

    def offer(self, x):
        if x > 0.3:
            self.held = x
        self.count += 1


@program(rng.normal(size=30), more=[(-np.ones(30),)])
def attribute_or_none(xs):
    holder = Holder()
    for x in xs:
        holder.offer(x)
    if holder.held is None:
        return -1.0 * xs[0]
    return holder.held * holder.count


@program(2.5, more=[(0.5,), (-2.5,)])
def captured_name_or_none(x):
    got = None

    def take(v):
        nonlocal got
        if v > 0:
            got = v

    take(x)
    take(x - 1)
    return got * 3 if got is not None else x * x


@program(1.0, grad=False, more=[(-0.5,), (-2.0,)])
def several_kinds_or_none(x):
    y = None
    if x > 0:
        y = 1
    elif x < -1:
        y = 2.5
    z = y
    return z, z is None


@program(2.0, 3, more=[(2.0, 0), (2.0, 1), (2.0, 20)])
def swapped_with_none(x, n):
    a, b = None, x
    for k in range(n):
        a, b = b, a
        if b is None:
            b = x * k
    if a is None:
        return x
    return a * 1.5


@program(1.0, more=[(-1.0,)])
def pair_or_none(x):
    pair = (x, x * 2) if x > 0 else None
    if pair is None:
        return x
    a, b = pair
    return a * b
