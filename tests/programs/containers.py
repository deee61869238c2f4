"""Tuples, lists, dicts and NamedTuples of values; unpacking, comprehensions, generator expressions."""

from collections import namedtuple
from typing import NamedTuple

import numpy as np

from .registry import program

rng = np.random.default_rng(4)


@program(np.array([1.0, 2.0, 3.0, 4.0]))
def unpacking(x):
    a, b, *rest = x
    (c, d), e = (a * b, b), rest
    first, *middle, last = [a, c, d, e[0], e[1]]
    [p, q] = middle[:2]
    return first * last + p - q * len(middle) + e[1]


@program(np.array([0.5, 1.5, 2.5]))
def list_comprehensions(x):
    squares = [v**2 for v in x]
    pairs = [a * b for i, a in enumerate(squares) for b in squares[i:]]
    big = [k for k in range(6) if k % 2]
    table = [[i * v for v in x] for i in range(3)]
    return sum(pairs) + big[-1] * table[2][1] + len(pairs)


@program(np.array([0.5, -1.5, 2.5]))
def generator_expressions(x):
    total = sum(v * v for v in x) + sum((v for v in x), start=1.0)
    low, high = min(v for v in x), max(abs(v) for v in x)
    found = any(v > 2 for v in x) and all(v > -2 for v in x)
    both = tuple(v + 1 for v in x) + tuple([low])
    return total * high - low + found + both[0] * both[3] + list(v for v in x)[2]


@program(np.array([0.5, 1.5]))
def dict_comprehension_and_items(x):
    d = {k: v * 2 for k, v in zip(("a", "b"), x)}
    d["c"] = d["a"] * d["b"]
    d["a"] += 1
    total = 0.0
    for k, v in d.items():
        if k != "b":
            total += v
    for k in d:
        total += 0.1 * d[k]
    return total + len(d) + d.get("z", 3.0) * d.get("a", 0.0) + ("b" in d) + sum(d.values())


@program({"w": np.ones((2, 2)) * 0.3, "layers": [np.ones(2), (0.5, 2.0)], "n": 3})
def nested_parameters(p):
    h = p["w"] @ p["layers"][0]
    scale, shift = p["layers"][1]
    for _ in range(p["n"]):
        h = np.tanh(scale * h + shift * 0.1)
    return h.sum()


@program((np.array([1.0, 2.0]), 3.0, [0.5, 1]))
def tuple_argument(t):
    a, b, (c, d) = t
    return (a * b).sum() * c + d


Point = namedtuple("Point", ["x", "y"])


class Segment(NamedTuple):
    start: Point
    end: Point
    label: str = "edge"

    def length(self):
        dx, dy = self.end.x - self.start.x, self.end.y - self.start.y
        return np.sqrt(dx * dx + dy * dy)

    @property
    def middle(self):
        return Point((self.start.x + self.end.x) / 2, (self.start.y + self.end.y) / 2)


@program(np.array([0.0, 1.0, 3.0, -2.0]))
def namedtuples(x):
    s = Segment(Point(x[0], x[1]), Point(*x[2:]))
    t = s._replace(end=Point(y=x[3], x=s.middle.y))
    a, b = t.middle
    return s.length() * t.length() + a * b + len(s) + s[0][1] + (t.label == "edge")


@program(Segment(Point(0.0, 1.0), Point(2.0, 3.5)), grad=True)
def namedtuple_argument(s):
    return s.length() + s.middle.x * s.middle.y


@program(np.array([1.0, 2.0, 3.0]), grad=False)
def structured_results(x):
    return {"sum": x.sum(), "parts": [x[0], (x[1], x * 2)], "n": len(x), "none": None, "point": Point(x[2], True)}


@program(2.0, 3, grad=False)
def results_of_many_kinds(x, n):
    return x, n, x * n, n > 2, None, "text", (), [], {}, np.float64(x), [n] * 2, (x,) * 2, {"k": (n,)}


@program(np.array([1.0, 2.0, 3.0]))
def list_operations(x):
    items = [x[0], x[1]]
    items.append(x[2] * 2)
    items.extend([x[0] ** 2, 5.0])
    items.insert(0, x[1])
    last = items.pop()
    items[1] = items[1] + last
    items += [1.0]
    del items[2]
    joined = items + [x[2]] * 2
    joined.reverse()
    return sum(joined) + joined[0] * joined[-1] + len(joined) + sum(joined[1:3]) + joined[::2][1]


@program(np.array([1.0, 2.0, 3.0]))
def state_dict_through_loop(x):
    state = {"pos": x.copy(), "speed": 0.5, "count": 0}
    for k in range(4):
        state["pos"] = state["pos"] + state["speed"] * 0.1
        state["speed"] *= state["pos"][k % 3] ** 0.5
        state["count"] += 1
    return state["pos"].sum() * state["speed"] + state["count"]


@program(np.array([1.0, 2.0, 3.0]))
def dict_with_tuple_and_int_keys(x):
    grid = {(i, j): x[i] * x[j] for i in range(2) for j in range(3)}
    names = {0: "zero", 1: "one"}
    grid[1, 2] += len(names[1])
    return grid[0, 1] * grid[(1, 2)] + (names[0] == "zero") + sum(grid[k] for k in grid if k[0] == 0)


@program(np.array([1.0, 2.0, 3.0]))
def zip_map_reversed_sorted(x):
    doubled = list(map(lambda v: 2 * v, x))
    products = [a * b for a, b in zip(doubled, reversed(doubled))]
    both = list(zip(x, doubled, products))
    order = sorted([3, 1, 2])
    total = sum(map(max, products, doubled))
    for i, (a, b, c) in enumerate(both):
        total += a * b - c * order[i]
    return total + sum(range(4)) + dict(a=x[0])["a"] + dict([("b", x[1])])["b"]


@program(np.array([1.0, 2.0, 3.0]))
def tuples_compare_and_index(x):
    t = (1, 2.5, x[0])
    u = t + (x[1],)
    index = u.index(2.5)
    if t[:2] == (1, 2.5) and 2.5 in (1, 2.5) and (1, 2) < (1, 3):
        return u[-1] * u[index] + len(u) + u[2] ** 2
    return x[2]


@program(rng.normal(size=(2, 3)))
def list_of_arrays_in_loop(x):
    layers = [x[0], x[1]]
    for _ in range(3):
        layers = [0.5 * layers[1], layers[0] + layers[1]]
    return layers[0] @ layers[1]


@program([1.0, 2.0, 3.0], more=[([1.0, 2.0],), ([4.0],)])
def list_of_floats_argument(values):
    mean = sum(values) / len(values)
    return sum((v - mean) ** 2 for v in values) + values[0] * values[-1]


@program([[1.0, 2.0], [3.0, 4.0]])
def list_of_lists_argument(rows):
    a = np.array(rows)
    return a[0] @ a[1] + rows[1][0] * sum(sum(r) for r in rows)


@program(np.array([2.0, 3.0]))
def merged_dicts(x):
    base = {"a": x[0], "b": 1.0}
    both = {**base, "b": x[1]} | {"c": 2.0}
    copied = dict(base)
    copied["a"] = 10.0
    base.update(b=x[0] * 3)
    dropped = both.pop("c")
    both.setdefault("d", x[1] ** 2)
    return base["a"] * both["b"] + base["b"] + dropped * copied["a"] + both["d"]


@program(np.array([2.0, 3.0]))
def starred_displays(x):
    a = [*x, 1.0]
    b = (*a, *reversed(a))
    return sum(b[k] * (k + 1) for k in range(len(b))) + max(*a, 2.5) + min(a)


@program(np.array([2.0, 3.0, 4.0]), 5)
def history_of_length_n(x, n):
    levels = [0.0] * n
    for k in range(n):
        levels[k] = x[k % 3] + (levels[k - 1] if k else 0.0)
    return levels[-1] * levels[0] + sum(levels)


@program(np.array([2.0, 3.0]), "mean")
def strings_are_static(x, how):
    names = ["sum", "mean"]
    label = f"{how}-{len(names)}"
    ops = {"sum": np.sum, "mean": np.mean}
    if label.startswith("mean") and how in names and how.upper() != how:
        return ops[how](x) * x[0] + getattr(np, "max")(x)
    return x[1]


@program(np.array([0.1, 0.2, 0.4]))
def slices_as_values(x):
    head, every = slice(0, 2), slice(None, None, 2)
    m = np.outer(x, x + 1)
    index = (head, every)
    return m[index].sum() + x[head][1] + m[slice(1, None), -1].prod()
