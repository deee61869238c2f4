"""Dataclasses, plain classes, methods, properties, `__call__`, inheritance, objects changed in loops and methods."""

import dataclasses
from dataclasses import dataclass, field

import numpy as np

from .registry import program

rng = np.random.default_rng(6)


@dataclass
class Particle:
    pos: np.ndarray
    vel: np.ndarray
    mass: float = 1.0
    hits: int = 0

    def kinetic(self):
        return 0.5 * self.mass * (self.vel @ self.vel)

    def step(self, force, dt):
        self.vel = self.vel + dt * force / self.mass
        self.pos = self.pos + dt * self.vel
        if self.pos[0] > 1.0:
            self.vel[0] = -self.vel[0]
            self.hits += 1


@program(np.array([0.9, 0.2, 1.0, 0.5]))
def dataclass_changed_by_method(p):
    body = Particle(p[:2].copy(), p[2:].copy(), mass=2.0)
    for _ in range(6):
        body.step(-body.pos, 0.1)
    return body.kinetic() + body.pos.sum() + body.hits


@program(Particle(np.array([0.1, 0.2]), np.array([1.0, -1.0]), 1.5), 0.1)
def dataclass_argument(body, dt):
    moved = dataclasses.replace(body, pos=body.pos + dt * body.vel, mass=body.mass * 2)
    return moved.kinetic() + moved.pos @ body.pos + body.kinetic()


@dataclass(frozen=True)
class Gaussian:
    mean: float
    scale: float = 1.0

    def log_density(self, x):
        z = (x - self.mean) / self.scale
        return -0.5 * z * z - np.log(self.scale) - 0.5 * np.log(2 * np.pi)

    @property
    def variance(self):
        return self.scale**2

    @staticmethod
    def standard():
        return Gaussian(0.0)

    @classmethod
    def of_precision(cls, mean, precision):
        return cls(mean, 1 / np.sqrt(precision))


@program(np.array([0.3, 1.7]))
def frozen_dataclass_with_constructors(p):
    g = Gaussian.of_precision(p[0], p[1])
    return g.log_density(1.0) + Gaussian.standard().log_density(p[0]) * g.variance


@program(np.array([0.3, 1.7]), grad=False)
def dataclass_result(p):
    return Gaussian(float(p[0]), 2.0), Particle(p * 2, p, hits=3), [Gaussian(1.0)]


class Counter:
    step = 2

    def __init__(self, start=0):
        self.value = start
        self.log = []

    def __call__(self, amount):
        self.value += amount * self.step
        self.log.append(amount)
        return self.value

    def __len__(self):
        return len(self.log)


@program(np.array([0.3, 1.7]))
def callable_object_with_state(p):
    count = Counter(p[0])
    count(p[1])
    other = count
    other(p[0] * p[1])
    return count.value * len(other) + sum(count.log) + Counter().value


class Shape:
    def __init__(self, size):
        self.size = size

    def area(self):
        return 0.0

    def describe(self):
        return self.area() * 2


class Square(Shape):
    def area(self):
        return self.size**2


class Frame(Square):
    def __init__(self, size, width):
        super().__init__(size)
        self.width = width

    def area(self):
        return super().area() - (self.size - 2 * self.width) ** 2


@program(np.array([2.0, 0.25]))
def inheritance_and_super(p):
    shapes = [Square(p[0]), Frame(p[0], p[1]), Shape(1.0)]
    total = 0.0
    for k, s in enumerate(shapes):
        total += (k + 1) * s.describe()
        if isinstance(s, Square) and not isinstance(s, Frame):
            total -= s.size
    return total


class Vector:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Vector(self.x * k, self.y * k)

    def __rmul__(self, k):
        return self * k

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __matmul__(self, other):
        return self.x * other.x + self.y * other.y

    def __getitem__(self, k):
        return (self.x, self.y)[k]


@program(np.array([2.0, 0.25]))
def operators_of_a_class(p):
    a, b = Vector(p[0], 1.0), Vector(p[1], p[0])
    c = 2 * (a + b) * p[1] + -a
    return c @ a + c[0] * b[1]


@program(np.array([2.0, 0.25]))
def object_of_a_class_in_loop(p):
    v = Vector(p[0], p[1])
    for k in range(5):
        v = v * 0.5 + Vector(k, v.x)
        v.y *= 0.9
    return v @ v


class Dense:
    def __init__(self, w, b, activation=np.tanh):
        self.w, self.b, self.activation = w, b, activation

    def __call__(self, x):
        return self.activation(x @ self.w + self.b)


class Network:
    def __init__(self, layers):
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


_w1, _w2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 1))


@program(rng.normal(size=(2, 3)))
def network_of_layers(x):
    net = Network([Dense(_w1, np.zeros(4)), Dense(_w2, 0.1, activation=lambda z: z**2)])
    return net(x).mean()


@dataclass
class Node:
    value: float
    children: list = field(default_factory=list)

    def total(self):
        return self.value + sum(0.5 * c.total() for c in self.children)


@program(np.array([1.0, 2.0, 3.0, 4.0]))
def tree_of_nodes(x):
    leaf = Node(x[0])
    root = Node(x[1], [leaf, Node(x[2], [Node(x[3]), leaf])])
    leaf.value = leaf.value * 10
    return root.total() ** 2


class Stack:
    def __init__(self, capacity):
        self.items = np.zeros(capacity)
        self.top = 0

    def push(self, v):
        self.items[self.top] = v
        self.top += 1

    def pop(self):
        self.top -= 1
        return self.items[self.top]


@program(np.array([3.0, 4.0, 5.0]))
def array_backed_stack(x):
    stack = Stack(8)
    for v in x:
        stack.push(v)
        stack.push(v * v)
        if stack.top > 3:
            stack.push(stack.pop() + stack.pop())
    return stack.pop() * stack.pop() + stack.top


class Welford:
    def __init__(self):
        self.n, self.mean, self.m2 = 0, 0.0, 0.0

    def add(self, v):
        self.n += 1
        delta = v - self.mean
        self.mean += delta / self.n
        self.m2 += delta * (v - self.mean)
        return self

    @property
    def variance(self):
        return self.m2 / (self.n - 1)


@program(rng.normal(size=7), more=[(rng.normal(size=3),)])
def online_variance(x):
    w = Welford()
    for v in x:
        w.add(v)
    return w.variance + w.add(2.0).mean


class Account:
    rate = 0.05

    def __init__(self, balance):
        self.balance = balance
        self.history = np.zeros(4)


@program(Account(100.0), 10.0, writes=True, grad=False)
def plain_object_argument_written(account, deposit):
    for year in range(4):
        account.balance = account.balance * (1 + account.rate) + deposit
        account.history[year] = account.balance
    return account.balance


@program(np.array([0.1, 0.4, 0.2]))
def objects_in_dict(x):
    bodies = {"sun": Particle(np.zeros(2), np.zeros(2), 10.0), "earth": Particle(x[:2], x[1:], 1.0)}
    for _ in range(3):
        gap = bodies["sun"].pos - bodies["earth"].pos
        bodies["earth"].step(gap, 0.1)
        bodies["sun"].step(-gap, 0.1)
    return bodies["earth"].kinetic() + bodies["sun"].pos[1]


class Matrix2:
    __slots__ = ("data",)

    def __init__(self, data):
        self.data = data

    def __setitem__(self, key, value):
        self.data[key] = value

    def __getitem__(self, key):
        return self.data[key]

    def __eq__(self, other):
        return bool((self.data == other.data).all())


@program(np.array([0.1, 0.4]))
def item_protocol_and_equality(x):
    m = Matrix2(np.zeros((2, 2)))
    m[0, 1] = x[0]
    m[1] = x
    same = m == Matrix2(m.data.copy())
    return m[0, 1] * m[1, 1] + same


@program(np.array([0.1, 0.4]))
def attribute_of_function_result(x):
    def make(k):
        c = Counter(k)
        c.step = 3
        c.extra = x[1]
        return c

    c = make(x[0])
    return c(2.0) + c.extra * Counter.step + getattr(c, "value") + hasattr(c, "missing")
