"""Lists of dataclasses and other instances that grow in loops."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import tangra as tg


@dataclass
class Body:
    x: Any
    v: Any
    name: str = "body"
    owner: Any = None

    def energy(self) -> Any:
        return 0.5 * np.sum(self.v**2) + self.x


class Pair:
    def __init__(self, a: Any, b: Any) -> None:
        self.a, self.b = a, b


def made(x: Any, n: int) -> list[Body]:
    bodies = []
    for j in range(n):
        if x[j] > 0:
            bodies.append(Body(x[j], x * j))
    return bodies


def returned(x: Any, n: int) -> Any:
    bodies = made(x, n)
    return bodies, len(bodies)


def looked_through(x: Any, n: int) -> Any:
    bodies = made(x, n)
    first = bodies[0].x if bodies else 0.0
    best = max(bodies, key=lambda b: b.x).energy() if bodies else 0.0
    return sum(b.energy() for b in bodies), first, best, [b.x for b in bodies[1:]]


def history(x: Any, n: int) -> Any:
    states = [Body(0.0, x)]
    for j in range(n):
        last = states[-1]
        states.append(replace(last, x=last.x + last.v[0], v=0.9 * last.v))
    return states[-1].x, [s.energy() for s in states]


def arrays_in_place(x: Any, n: int) -> Any:
    bodies = made(x, n)
    for b in bodies:
        b.v += 1
        b.v[0] = b.x
    return bodies


def of_several_kinds(x: Any, n: int) -> Any:
    pairs = []
    for j in range(n):
        if x[j] > 0:
            pairs.append(Pair(j, [1.0, 2.0]))
        else:
            pairs.append(Pair(x[j], [x[j], 0.0]))
    return [(p.a, p.b[0]) for p in pairs], pairs


def within_one_another(x: Any, n: int) -> Any:
    pairs = []
    for j in range(n):
        if x[j] > -0.5:
            pairs.append(Pair(Body(x[j], x), (j, x[j])))
    return sum(p.a.energy() * p.b[0] for p in pairs), pairs


def taken_out(x: Any, n: int) -> Any:
    bodies = [Body(9 * x[0], x + 1)]
    total = 0.0
    for j in range(n):
        bodies.append(Body(x[j], x * j))
        if x[j] > 0.5:
            total += bodies.pop().energy()
        elif len(bodies) > 2:
            bodies.pop(0)
    bodies.sort(key=lambda b: b.x)
    return total, bodies


def shown(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [type(value), *map(shown, value)]
    if isinstance(value, np.ndarray):
        return [value.dtype, *np.round(value, 9).tolist()]
    if hasattr(value, "__dict__"):
        return [type(value), *((name, shown(part)) for name, part in vars(value).items())]
    return (type(value), round(float(value), 9)) if isinstance(value, (int, float)) else value


PROGRAMS = [
    returned,
    looked_through,
    history,
    arrays_in_place,
    of_several_kinds,
    within_one_another,
    taken_out,
]


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("dynamic", [False, True])
def test_values(f: Any, dynamic: bool) -> None:
    compiled = tg.jit(f, dynamic=dynamic)
    for size, n in ((5, 3), (20, 0), (20, 1), (25, 20)):
        x = np.sin(np.arange(1.0, size + 1))
        assert shown(compiled(x.copy(), n)) == shown(f(x.copy(), n))


def test_derivatives() -> None:
    def loss(x: Any, n: int) -> Any:
        return history(x, n)[0] + looked_through(x, n)[0]

    x, direction, h = np.sin(np.arange(1.0, 8.0)), np.cos(np.arange(7.0)), 1e-6
    difference = (loss(x + h * direction, 6) - loss(x - h * direction, 6)) / (2 * h)
    assert tg.grad(loss)(x, 6) @ direction == pytest.approx(difference, abs=1e-7)


def changed_after(x: Any, n: int) -> Any:
    bodies = []
    body = Body(0.0, x)
    for j in range(n):
        body = Body(x[j], x)
        if x[j] > 0:
            bodies.append(body)
    body.x = 77.0
    return bodies


def one_changed_in_each_trip(x: Any, n: int) -> Any:
    bodies = []
    body = Body(0.0, x)
    for j in range(n):
        if x[j] > 0:
            bodies.append(body)
        body.x += 1.0
    return bodies


def changed_inside(x: Any, n: int) -> Any:
    pairs = []
    inner = Body(0.0, x)
    for j in range(n):
        if x[j] > 0:
            pairs.append(Pair(inner, j))
        inner.x = x[j]
    return [p.a.x for p in pairs]


def the_same_twice(x: Any, n: int) -> Any:
    bodies = []
    shared = x * 2
    for j in range(n):
        if x[j] > 0:
            bodies.append(Body(x[j], shared))
    bodies[0].v[0] = 100.0
    return bodies[1].v[0]


def compared(x: Any, n: int) -> Any:
    pairs = []
    pair = Pair(0.0, 0.0)
    for j in range(n):
        pair = Pair(x[j], j)
        if x[j] > -2:
            pairs.append(pair)
    return pairs[-1] is pair


@pytest.mark.parametrize("f", [changed_after, one_changed_in_each_trip, changed_inside, the_same_twice, compared])
def test_what_would_need_to_know_who_is_who_is_refused(f: Any) -> None:
    with pytest.raises(tg.TangraError) as caught:
        tg.jit(f)(np.sin(np.arange(1.0, 21.0)), 12)
    assert caught.value.code == "TG401"
