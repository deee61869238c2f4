"""Iterators taken item by item, objects that are iterated over, enumerations."""

import enum
from dataclasses import dataclass

import numpy as np

from .registry import program

rng = np.random.default_rng(41)


@dataclass(frozen=True)
class Place:
    x: float
    y: float

    def __iter__(self):
        return iter((self.x, self.y))


class Track:
    def __init__(self, heights):
        self.heights = heights
        self.asked = 0

    def __iter__(self):
        self.asked += 1
        return iter(self.heights)


class Rows:
    def __init__(self, table):
        self.table = table

    def __len__(self):
        return len(self.table)

    def __getitem__(self, k):
        return self.table[k] * 2.0


class Planet(enum.Enum):
    EARTH = (5.9, 6.3)
    MARS = (6.4, 3.3)

    def __init__(self, mass, radius):
        self.mass = mass
        self.radius = radius

    @property
    def gravity(self):
        return self.mass / self.radius**2


class Level(enum.IntEnum):
    LOW = 0
    HIGH = 2


@program(np.array([0.5, -1.0, 2.5, 0.25]))
def first_and_rest(x):
    rest = iter(x)
    best = next(rest)
    for v in rest:
        best = max(best, v * 1.5)
    return best


@program(np.array([0.5, -1.0, 2.5, 0.25]))
def until_none(x):
    it, total = iter(x), 0.0
    while (v := next(it, None)) is not None:
        total += v * abs(v)
    return total


@program(np.array([0.5, -1.0, 2.5, 0.25]), 3, more=[(np.array([0.5, 1.0, 2.5, 0.25]), 4)])
def taken_on_a_condition(x, n):
    it, total = iter(x), 0.0
    for k in range(n):
        if x[k] > 0:
            total += next(it) ** 2
    return total + next(it, 7.0)


@program(np.array([0.5, -1.0, 2.5, 0.25, 3.0]))
def taken_in_pairs(x):
    it = iter(x)
    start = next(it)
    return start + sum(a * b for a, b in zip(it, it)) + sum(a - b for a, b in zip(*[iter(x)] * 2))


@program(np.array([0.5, -1.0, 2.5, 0.25]))
def taken_by_a_helper(x):
    def product(items):
        a = next(items)
        return a * next(items)

    it = iter(x)
    return product(it) + 2.0 * product(it)


@program(np.array([[0.5, -1.0], [2.5, 0.25]]), writes=True)
def rows_written_through_an_iterator(x):
    rows = iter(x)
    row = next(rows)
    row[0] = 3.0 * x[1, 1]
    return x.sum() * next(rows).sum()


@program(0.3, 1.2)
def unpacked_objects(a, b):
    p = Place(a, b)
    x, y = p
    (u, v), w = Place(x * y, y), a
    first, *others = p
    return x * y + u - v * w + first + sum(others) + max(p) + np.array(list(p)) @ np.array([1.0, 2.0])


@program(np.array([0.5, -1.0, 2.5]))
def iterators_made_once_each(x):
    track = Track(x)
    total = sum(track) + max(v for v in track)
    for k, v in enumerate(track):
        total += k * v
    a, b, c = track
    for v, w in zip(track, x):
        total += v * w
    return total * track.asked + a - b * c


@program(np.array([[0.5, -1.0], [2.5, 0.25]]))
def objects_with_items(x):
    first, second = Rows(x)
    return first @ second + sum(row[0] for row in Rows(x)) + len([*Rows(x)])


@program(1.5)
def enumerations(x):
    weights = {Planet.EARTH: x, Planet.MARS: 2.0 * x}
    total = sum(planet.gravity * weights[planet] for planet in Planet)
    match Level(2):
        case Level.LOW:
            return 0.0
        case Level.HIGH:
            total += x**Level.HIGH + Level.HIGH.value
    return total + sum(Level) + len(Planet) + (Planet["MARS"] is Planet.MARS)
