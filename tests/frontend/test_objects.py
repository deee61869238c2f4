"""Classes, dataclasses, NamedTuples, containers, and what becomes of the caller's objects."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import numpy as np
import pytest

from tangra.errors import TangraError
from tangra.frontend.entry import trace
from tests.frontend.running import check


class Base:
    kind = "base"
    factor = 2.0

    def __init__(self, value):
        self.value = value
        self.log = []

    def scaled(self, k):
        return self.value * k * self.factor

    @property
    def double(self):
        return self.value * 2

    @double.setter
    def double(self, v):
        self.value = v / 2

    @staticmethod
    def helper(v):
        return v + 1

    @classmethod
    def make(cls, v):
        return cls(cls.helper(v))

    def __call__(self, x):
        self.log.append(x)
        return self.value + x

    def __add__(self, other):
        return type(self)(self.value + (other.value if isinstance(other, Base) else other))

    def __radd__(self, other):
        return self + other

    def __getitem__(self, k):
        return self.value * k

    def __len__(self):
        return 3

    def __eq__(self, other):
        return self.value == other.value

    def __neg__(self):
        return Base(-self.value)

    def __bool__(self):
        return self.value > 0


class Derived(Base):
    kind = "derived"

    def __init__(self, value, extra=1.0):
        super().__init__(value)
        self.extra = extra

    def scaled(self, k):
        return super().scaled(k) + self.extra


@dataclass
class Particle:
    pos: np.ndarray
    mass: float = 1.0
    tags: list = field(default_factory=list)
    energy: float = field(init=False, default=0.0)

    def __post_init__(self):
        self.energy = self.mass * (self.pos @ self.pos)

    def moved(self, d):
        return dataclasses.replace(self, pos=self.pos + d)


@dataclass(frozen=True)
class Frozen:
    a: float
    b: int = 2


class Pair(NamedTuple):
    first: float
    second: float = 3.0

    @property
    def total(self):
        return self.first + self.second

    def swapped(self):
        return Pair(self.second, self.first)


class Mode(Enum):
    FAST = 1
    SLOW = "slow"


def test_classes_with_inheritance_and_protocols():
    def f(x):
        b, d = Base(x), Derived.make(x)
        d.double = 10.0
        total = b + d + 1
        two = 1 + b
        return (
            b.scaled(2),
            d.scaled(3),
            b.double,
            d.double,
            b(x),
            b.log,
            total.value,
            two.value,
            b[4],
            len(b),
            -b == b,
            (1 if b else 2),
            d.kind,
            Base.kind,
            type(d).__name__,
            isinstance(d, Base),
            d.extra,
        )

    check(f, (1.5,), (-1.5,))


def test_instances_changed_in_loops_and_branches():
    def f(x, n):
        b = Base(0.0)
        for k in range(n):
            b.value += x * k
            if b.value > 3:
                b.value = 1.0
                b.extra = k
        return b.value

    check(f, (0.7, 10), (0.7, 0))


def test_instance_replaced_in_a_loop():
    def f(x, n):
        p = Particle(x.copy())
        for k in range(n):
            p = p.moved(0.1 * k)
            p.pos[0] *= 0.5
        return p

    check(f, (np.array([1.0, 2.0]), 4), (np.array([1.0, 2.0]), 0))


def test_dataclass_features():
    def f(x):
        p = Particle(x, tags=[1])
        q = Particle(pos=x * 2, mass=2.0)
        p.tags.append(2)
        fr = Frozen(x[0])
        fr2 = dataclasses.replace(fr, b=5)
        return p.energy, q.energy, p.tags, q.tags, fr == Frozen(x[0], 2), fr2, dataclasses.astuple(fr2)

    check(f, (np.array([1.0, 2.0]),))


def test_frozen_dataclass_refuses_assignment():
    def f(x):
        fr = Frozen(x)
        fr.a = 2.0
        return fr

    with pytest.raises(TangraError, match="FrozenInstanceError"):
        trace(f, (1.0,))


def test_named_tuples():
    def f(x):
        p = Pair(x)
        q = p._replace(second=x * 2)
        a, b = q
        r = q.swapped()
        return p, q.total, a + b, r[0], r.first, q._asdict(), p < q, p + q, len(p), Pair._fields

    check(f, (1.5,))


def test_named_tuple_carried_by_a_loop():
    def f(x, n):
        s = Pair(x, 1)
        for _ in range(n):
            s = Pair(s.second, s.first + s.second)
        return s

    check(f, (1.0, 0), (1.0, 1), (1.0, 6))


def test_enum_and_class_constants():
    def f(x, mode):
        if mode is Mode.FAST:
            return x * mode.value
        return x * len(mode.value)

    check(f, (2.0, Mode.FAST), (2.0, Mode.SLOW))


def test_argument_instance_is_changed():
    def f(p, x):
        p.mass += x
        p.pos[0] = 9.0
        p.tags.append(p.mass)
        p.pos = p.pos * 2
        return p

    check(f, (Particle(np.array([1.0, 2.0])), 3))


def test_bound_method_as_entry():
    p = Base(2.0)

    def f(b, x):
        return b.scaled(x) + b(x)

    check(f, (p, 3.0))
    assert trace(p.scaled, (3.0,)).captures[0].kind is not None


def test_global_instance():
    def f(x):
        MODEL.value = MODEL.value + x
        return MODEL.scaled(1)

    from tests.frontend.running import run

    MODEL.value = 1.0
    traced = trace(f, (2.0,))
    assert run(traced, (2.0,)) == 6.0
    assert MODEL.value == 3.0
    assert run(traced, (2.0,)) == 10.0
    MODEL.value = 1.0


MODEL = Base(1.0)


def test_lists():
    def g(x):
        a = [x, 1, 2.5]
        a.insert(1, 7)
        b = a[::-1]
        b.reverse()
        a.extend((3, x))
        popped = a.pop()
        first = a.pop(0)
        a[1:3] = [9]
        c = [0] * 3 + [1]
        c.remove(0)
        return a, b, popped, first, c, c.index(1), c.count(0), 1 in c, 5 not in c, [1, 2] == [1, 2.0], [1, 2] < [1, 3]

    check(g, (7.0,))


def test_dicts():
    def f(x):
        d = {"a": x, ("t", 1): 2}
        d["b"] = d["a"] + 1
        e = {**d, "a": 5}
        e.update(c=3, a=x)
        missing = d.get("zz", -1.0)
        popped = e.pop("b")
        s = d.setdefault("n", [])
        s.append(x)
        total = 0.0
        for k, v in d.items():
            if k != "n":
                total += v
        return (
            d,
            e,
            missing,
            popped,
            list(d),
            "a" in d,
            len(e),
            total,
            {k: v * 2 for k, v in e.items() if k == "a"},
            d | {"q": 1},
        )

    check(f, (1.5,))


def test_dict_carried_by_a_loop():
    def f(x, n):
        d = {"sum": 0, "prod": 1}
        for k in range(n):
            d["sum"] += x[k]
            d["prod"] = d["prod"] * x[k]
        return d

    check(f, (np.array([1.0, 2.0, 3.0]), 3), (np.array([1.0]), 0))


def test_unpacking():
    def f(x, pair):
        a, (b, c), *rest = 1, (x[0], x[1]), 3, 4
        first, *middle, last = [1, 2, 3, 4]
        (p, q), r = pair, 5
        u, v = x
        [m, n] = [7, 8]
        i = j = 2
        i += 1
        return a, b, c, rest, first, middle, last, p, q, r, u, v, m, n, i, j

    check(f, (np.array([1.0, 2.0]), (3.0, 4)))


@pytest.mark.parametrize("count", [2, 4])
def test_unpacking_the_wrong_number(count):
    def two(x):
        a, b = x
        return a

    def four(x):
        a, b, c, d = x
        return a

    with pytest.raises(ValueError, match="to unpack"):
        trace(two if count == 2 else four, (np.zeros(3),))


def test_strings_where_static():
    def f(x, name):
        label = f"{name}-{3:03d}".upper()
        if label.startswith("RELU") or name in ("sin", "cos"):
            return np.maximum(x, 0), label, len(name), name[1:], "a" + name, "%s!" % name
        return x, label, len(name), name[1:], "a" + name, name * 2

    check(f, (1.5, "relu"), (-1.0, "tanh"))


def test_lists_indexed_at_run_time():
    def f(k, x):
        values = [x, 2.0, 3]
        arrays = [np.zeros(2), np.ones(2) * x]
        values[k] = 10.0
        arrays[k % 2] = arrays[k % 2] + 1
        return values[k] + values[0], arrays[(k + 1) % 2] + arrays[0], (1, 2, 3)[k]

    check(f, (0, 1.5), (2, 1.5))


def test_run_time_index_out_of_range():
    def f(x):
        k = int(x)
        return [1.0, 2.0][k]

    check(f, (1.0,), (-2.0,), (2.0,))


def test_slices_as_values():
    def f(x, n):
        s = slice(1, n)
        t = slice(None, None, -1)
        return x[s], x[t], x[s.start], s.step is None

    check(f, (np.arange(5.0), 3))


def test_identity_of_results():
    def f(x, items):
        y = x * 2
        return x, y, [y, y], (items, items), {"same": y}

    traced = trace(f, (np.ones(2), [1.0]))
    from tests.frontend.running import run

    x, items = np.ones(2), [1.0]
    out = run(traced, (x, items))
    assert out[0] is x
    assert out[2][0] is out[1] is out[2][1] is out[4]["same"]
    assert out[3][0] is items is out[3][1]


def test_missing_attribute_and_key():
    def f(x):
        return Base(x).nothing

    def g(x):
        return {"a": x}["b"]

    with pytest.raises(AttributeError, match="nothing"):
        trace(f, (1.0,))
    with pytest.raises(KeyError, match="'b'"):
        trace(g, (1.0,))


def test_getattr_setattr_hasattr():
    def f(x):
        b = Base(x)
        setattr(b, "w", x * 2)
        return getattr(b, "w"), getattr(b, "zz", 5), hasattr(b, "w"), hasattr(b, "q"), callable(b), callable(x)

    check(f, (1.5,))


class Named(NamedTuple):
    v: float
    ev: float = 1.0
    function: float = 2.0


def test_keywords_that_are_names_inside_the_compiler():
    def scaled(x, **options):
        return x * options["ev"] + options["v"]

    def f(x):
        s = Named(x)._replace(v=x * 2, ev=3.0 * x)
        d = dict(ev=x, v=2.0, iterable=3.0)
        p = functools.partial(scaled, ev=x, v=2.0)
        return s.v + s.ev + s.function + d["ev"] * d["iterable"] + p(x), scaled(x, ev=2.0, v=3.0)

    check(f, (1.5,))
