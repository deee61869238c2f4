"""Attributes of instances in grown lists that are set: in the list, and in all that may be the same item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.regressions.test_instances_in_grown_lists import shown


@dataclass
class Particle:
    x: Any
    v: Any
    hits: Any = 0
    kind: str = "free"

    def step(self, dt: Any) -> None:
        self.x += self.v * dt
        if self.x > 1.0:
            self.x = 2.0 - self.x
            self.v = -self.v
            self.hits += 1


class Cell:
    def __init__(self, at: Any, inner: Particle) -> None:
        self.at, self.inner = at, inner


def made(x: Any, n: int) -> list[Particle]:
    particles = []
    for j in range(n):
        particles.append(Particle(x[j], 0.5 * x[-1 - j]))
    return particles


def stepped(x: Any, n: int) -> Any:
    particles = made(x, n)
    for _ in range(6):
        for p in particles:
            p.step(0.3)
    return particles, sum(p.x for p in particles)


def pairs_of_all(x: Any, n: int) -> Any:
    particles = made(x, n)
    for i in range(n):
        for j in range(i):
            p, q = particles[i], particles[j]
            f = np.sin(p.x - q.x)
            p.v -= 0.1 * f
            q.v += 0.1 * f
    return [(p.x, p.v) for p in particles]


def all_with_all(x: Any, n: int) -> Any:
    particles = made(x, n)
    for p in particles:
        for q in particles:
            if p is not q and p.x > q.x:
                p.v += 0.1
                q.v -= 0.05 * p.x
    return particles


def maybe_one(x: Any, n: int) -> Any:
    particles = made(x, n)
    seen = []
    for j in range(n):
        p, q = particles[j], particles[(3 * j) % n]
        p.x = 10.0 + j
        seen.append(q.x)
        q.v = 2.0 * q.v
        seen.append(p.v)
    return seen, particles


def other_kinds(x: Any, n: int) -> Any:
    particles = []
    for j in range(n):
        particles.append(Particle(j, 1))
    for p in particles:
        p.x += 0.5
        p.v = p.v * 2
        if p.x > 4:
            p.hits = p.x
    return particles


def one_of_them(x: Any, n: int) -> Any:
    particles = made(x, n)
    best = max(particles, key=lambda p: p.x) if n > 0 else Particle(0.0, 0.0)
    first = particles[0] if n else Particle(1.0, 1.0)
    return best.x, first.x


def in_the_same_loop(x: Any, n: int) -> Any:
    particles = made(x, n)
    total = 0.0
    for k, p in enumerate(particles):
        if x[k] > 0:
            p.x = x[k] * 2
        else:
            p.v, p.hits = p.x, p.hits + 1
        total += p.x * p.v
        particles[k].hits += k
    return total, particles


def arrays_are_set(x: Any, n: int) -> Any:
    particles = []
    for j in range(n):
        particles.append(Particle(x[:3] * j, x[1:4] + j))
    for p in particles:
        p.x = p.x + 0.1 * p.v
        p.x[0] = 7.0
        p.v *= 0.5
    for j in range(n):
        particles[j].v = particles[j].v[::-1] + particles[n - 1 - j].x
    return [(p.x, p.v) for p in particles]


def within_others(x: Any, n: int) -> Any:
    cells = []
    for j in range(n):
        cells.append(Cell(j, Particle(x[j], x[j])))
    for c in cells:
        c.inner.step(0.1)
        c.at += c.inner.x
        inner = c.inner
        inner.hits += 2
    return [(c.at, c.inner.x, c.inner.hits) for c in cells]


def in_tuples(x: Any, n: int) -> Any:
    named = []
    for j in range(n):
        named.append((j, Particle(x[j], 1.0)))
    for k, p in named:
        p.x += k
    return [(k, p.x) for k, p in named]


def while_it_lasts(x: Any, n: int) -> Any:
    particles = made(x, n)
    k = 0
    while n > 0 and k < 50 and particles[k % n].x < 1.5:
        particles[k % n].x += 0.25
        k += 1
    return k, particles


def found_first(x: Any, n: int) -> Any:
    particles = made(x, n)
    p = particles[n // 2] if n else Particle(0.0, 0.0)
    y = p.x
    for q in particles:
        q.x += 1.0
    return y, particles


def kept_beside(x: Any, n: int) -> Any:
    particles = made(x, n + 1)
    p = particles[n // 2]
    for q in particles:
        q.x += p.x
    p.v = 9.0
    return p.x, particles


def on_some_paths(x: Any, n: int) -> Any:
    particles = made(x, n + 1)
    p = particles[n // 2]
    if p.x > 0.2:
        p.x = 5.0
        particles[0].v = 1.0
    p.hits = 3
    return particles, p.x


def reset(x: Any, n: int) -> Any:
    particles = made(x, n)
    for k, p in enumerate(particles):
        if p.x < 0:
            p.x = 0.0
            if k > 2:
                p.v = 1
        p.hits = k
    return particles


class Plain:
    def __init__(self, x: Any) -> None:
        self.x = x


def told_apart(x: Any, n: int) -> Any:
    found = []
    for j in range(n):
        found.append(Plain(x[j]))
    count = 0
    for p in found:
        for q in found:
            count += p == q
            if p != q and p.x > q.x:
                p.x -= 0.01
    return count, [p.x for p in found], found[0] is found[-1] if n else None


PROGRAMS = [
    stepped,
    pairs_of_all,
    all_with_all,
    maybe_one,
    other_kinds,
    one_of_them,
    in_the_same_loop,
    arrays_are_set,
    within_others,
    in_tuples,
    while_it_lasts,
    found_first,
    kept_beside,
    on_some_paths,
    reset,
    told_apart,
]


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("dynamic", [False, True])
def test_values(f: Any, dynamic: bool) -> None:
    compiled = tg.jit(f, dynamic=dynamic)
    for size, n in ((5, 3), (20, 0), (20, 1), (400, 300)):
        x = np.sin(np.arange(1.0, size + 1))
        assert shown(compiled(x.copy(), n)) == shown(f(x.copy(), n))


def energy(x: Any) -> Any:
    particles = pairs_of_all(x, 6)
    return sum(a * v for a, v in particles) + stepped(x, 6)[1]


def test_derivatives() -> None:
    x, direction, h = 0.3 * np.sin(np.arange(1.0, 8.0)), np.cos(np.arange(7.0)), 1e-5
    difference = (energy(x + h * direction) - energy(x - h * direction)) / (2 * h)
    assert tg.grad(energy)(x) @ direction == pytest.approx(difference, abs=1e-8)
    along = (tg.grad(energy)(x + h * direction) - tg.grad(energy)(x - h * direction)) / (2 * h)
    assert tg.hessian(energy)(x) @ direction == pytest.approx(along, abs=1e-7)
    rows = np.stack([x, 0.5 * x, -x])
    assert tg.vmap(energy)(rows) == pytest.approx([energy(row) for row in rows])
