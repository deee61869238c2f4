"""Python's own semantics as the checker evaluates it: what a name's shape is after a piece of program."""

from pathlib import Path

import pytest

from tests.checker.programs import shapes

PROGRAMS = {
    "closure": (
        """
        def scaled(n):
            def inner(m):
                return torch.zeros(n, m)
            return inner
        x = scaled(3)(4)
        """,
        "(3, 4)",
    ),
    "defaults and keywords": (
        """
        def make(a, b=2, *rest, c=5, **more):
            return torch.zeros(a, b, c, len(rest), len(more))
        x = make(1, 7, 8, 9, c=6, d=1)
        """,
        "(1, 7, 6, 2, 1)",
    ),
    "star arguments": (
        """
        sizes = [2, 3]
        options = {"dtype": torch.float64}
        x = torch.zeros(*sizes, 4, **options)
        """,
        "(2, 3, 4)",
    ),
    "comprehension with condition": (
        """
        sizes = [n * 2 for n in range(6) if n % 2]
        x = torch.zeros(*sizes)
        """,
        "(2, 6, 10)",
    ),
    "nested comprehension and zip": (
        """
        pairs = [(a, b) for a, b in zip([1, 2, 3], (4, 5, 6))]
        x = torch.zeros([a * b for a, b in pairs])
        """,
        "(4, 10, 18)",
    ),
    "methods that sort in place return nothing": (
        """
        import numpy as np
        a = np.zeros((2, 3))
        x = torch.zeros(4 if a.sort() is None else 5)
        """,
        "(4,)",
    ),
    "loop with break and else": (
        """
        for n in range(10):
            if n * n > 20:
                break
        else:
            n = 100
        x = torch.zeros(n)
        """,
        "(5,)",
    ),
    "while with continue": (
        """
        n = total = 0
        while n < 7:
            n += 1
            if n == 3:
                continue
            total += n
        x = torch.zeros(total)
        """,
        "(25,)",
    ),
    "layers exchanged through their dict": (
        """
        net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU())
        for name, layer in net.named_children():
            if type(layer) is torch.nn.ReLU:
                net._modules[name] = torch.nn.Linear(4, 6)
        x = net(torch.zeros(2, 3))
        """,
        "(2, 6)",
    ),
    "operations of sets": (
        """
        names = {"a", "b", "c"}
        names.discard("b")
        x = torch.zeros(len(names.union({"d", "a"})), len(names.difference({"a"})), len(names.intersection({"b"})))
        """,
        "(3, 1, 0)",
    ),
    "a copy is another object": (
        """
        import copy
        sizes = [2, 3]
        more = copy.copy(sizes)
        more.append(4)
        x = torch.zeros(*sizes)
        """,
        "(2, 3)",
    ),
    "nonlocal and global": (
        """
        count = 0
        def outer():
            local = 1
            def bump():
                global count
                nonlocal local
                count += 2
                local += 3
            bump()
            bump()
            return local
        x = torch.zeros(outer(), count)
        """,
        "(7, 4)",
    ),
    "class attributes, properties, inheritance": (
        """
        class Base:
            width = 4
            def __init__(self, depth):
                self.depth = depth
            @property
            def area(self):
                return self.width * self.depth
            @classmethod
            def make(cls, depth):
                return cls(depth)
            @staticmethod
            def twice(n):
                return 2 * n
        class Wide(Base):
            width = 6
            def __init__(self, depth):
                super().__init__(depth + 1)
        w = Wide.make(2)
        x = torch.zeros(w.area, Wide.twice(w.depth))
        """,
        "(18, 6)",
    ),
    "dataclass with factory and post-init": (
        """
        from dataclasses import dataclass, field
        @dataclass
        class Config:
            width: int
            depth: int = 3
            sizes: list = field(default_factory=lambda: [5, 6])
            def __post_init__(self):
                self.total = self.width * self.depth
        c = Config(2)
        c.sizes.append(7)
        x = torch.zeros(c.total, *c.sizes, len(Config(1).sizes))
        """,
        "(6, 5, 6, 7, 2)",
    ),
    "named tuples": (
        """
        from typing import NamedTuple
        from collections import namedtuple
        class Size(NamedTuple):
            h: int
            w: int = 9
        Pair = namedtuple("Pair", "left right")
        s, p = Size(2), Pair(3, right=4)
        h, w = s
        x = torch.zeros(h, w, s.w, p.left, p[1])
        """,
        "(2, 9, 9, 3, 4)",
    ),
    "enum by value": (
        """
        from enum import Enum
        class Mode(Enum):
            SMALL = 8
            LARGE = 64
        x = torch.zeros(Mode.SMALL.value, Mode(64).value, len([m for m in Mode]))
        """,
        "(8, 64, 2)",
    ),
    "dict of factories": (
        """
        registry = {}
        def register(name):
            def inner(f):
                registry[name] = f
                return f
            return inner
        @register("a")
        def make_a(n):
            return torch.zeros(n)
        @register("b")
        def make_b(n):
            return torch.zeros(n, n)
        x = registry["b"](3)
        """,
        "(3, 3)",
    ),
    "partial and reduce": (
        """
        from functools import partial, reduce
        make = partial(torch.zeros, 2)
        x = make(reduce(lambda a, b: a * b, [2, 3, 4]))
        """,
        "(2, 24)",
    ),
    "f-strings, format and getattr": (
        """
        class Box: pass
        box = Box()
        for i in range(3):
            setattr(box, f"size{i}", i + 1)
        x = torch.zeros(getattr(box, "size%d" % 2), getattr(box, "size{}".format(1)), box.size0)
        """,
        "(3, 2, 1)",
    ),
    "try that raises": (
        """
        sizes = {"a": 1}
        try:
            n = sizes["b"]
        except KeyError:
            n = 5
        finally:
            m = 6
        x = torch.zeros(n, m)
        """,
        "(5, 6)",
    ),
    "generators": (
        """
        def widths(n):
            for i in range(n):
                yield i + 1
            yield from (10, 20)
        x = torch.zeros(*widths(2))
        """,
        "(1, 2, 10, 20)",
    ),
    "match": (
        """
        def pick(kind):
            match kind:
                case "small": return 1
                case ("pair", n): return n
                case _: return 100
        x = torch.zeros(pick("small"), pick(("pair", 7)), pick(None))
        """,
        "(1, 7, 100)",
    ),
    "operators of a class": (
        """
        class V:
            def __init__(self, n): self.n = n
            def __add__(self, other): return V(self.n + other.n)
            def __len__(self): return self.n
            def __getitem__(self, i): return self.n + i
            def __call__(self, k): return self.n * k
        v = V(2) + V(3)
        x = torch.zeros(len(v), v[1], v(4))
        """,
        "(5, 6, 20)",
    ),
    "aliases see changes": (
        """
        a = [1, 2]
        b = a
        b.append(3)
        c = list(a)
        c.append(4)
        x = torch.zeros(*a)
        """,
        "(1, 2, 3)",
    ),
    "unpacking": (
        """
        first, *middle, last = 1, 2, 3, 4
        (a, b), c = (5, 6), 7
        x = torch.zeros(first, *middle, last, a, b, c)
        """,
        "(1, 2, 3, 4, 5, 6, 7)",
    ),
    "walrus and conditional": (
        """
        n = 3 if (k := 5) > 4 else 4
        x = torch.zeros(n, k)
        """,
        "(3, 5)",
    ),
    "unknown branch keeps what agrees": (
        """
        import os
        a, b = torch.zeros(2, 3), torch.zeros(2, 4)
        x = a if os.environ.get("A") else b
        """,
        "(2, ?)",
    ),
    "unknown branch on an object": (
        """
        import os
        class Box: pass
        box = Box()
        box.n, box.m = 1, 2
        if os.environ.get("A"):
            box.n = 3
        x = torch.zeros(box.n, box.m)
        """,
        "(?, 2)",
    ),
    "unknown trip count": (
        """
        import os
        x = torch.zeros(2, 3)
        for _ in os.listdir():
            x = torch.cat([x, torch.zeros(2, 1)], 1)
        """,
        "(2, ?)",
    ),
    "unknown early return": (
        """
        import os
        def pick():
            if os.environ.get("A"):
                return torch.zeros(4, 2)
            return torch.zeros(4, 3)
        x = pick()
        """,
        "(4, ?)",
    ),
    "long loop": (
        """
        x = torch.zeros(3)
        losses = []
        for step in range(100000):
            losses.append(step * 0.1)
            x = x + 1
        """,
        "(3,)",
    ),
    "constant branch": (
        """
        use_bias = False
        if use_bias:
            x = torch.zeros(1)
        elif not use_bias and len("ab") == 2:
            x = torch.zeros(2)
        else:
            x = torch.zeros(3)
        """,
        "(2,)",
    ),
    "recursion": (
        """
        def build(depth):
            return [depth] if depth == 0 else build(depth - 1) + [depth]
        x = torch.zeros(*build(3))
        """,
        "(0, 1, 2, 3)",
    ),
    "sizes of arrays": (
        """
        a = torch.zeros(4, 6)
        b, c = a.shape
        x = torch.zeros(b // 2, c * 2 + 1, a.size(1), a.shape[-1], a.dim())
        """,
        "(2, 13, 6, 6, 2)",
    ),
    "lambda in a list": (
        """
        makers = [lambda n, k=k: torch.zeros(n, k) for k in (2, 3)]
        x = makers[1](5)
        """,
        "(5, 3)",
    ),
    "math and strings": (
        """
        import math
        words = "8-16-32".split("-")
        x = torch.zeros(int(math.sqrt(49)), math.ceil(2.5), *map(int, words))
        """,
        "(7, 3, 8, 16, 32)",
    ),
    "deep copies are apart": (
        """
        import copy
        a = {"n": [1]}
        b = copy.deepcopy(a)
        b["n"].append(2)
        x = torch.zeros(len(a["n"]), len(b["n"]))
        """,
        "(1, 2)",
    ),
    "defaultdict, sorted, sum, max": (
        """
        from collections import defaultdict
        d = defaultdict(list)
        d["a"].append(3)
        d["a"].append(1)
        x = torch.zeros(*sorted(d["a"]), sum(d["a"]), max(d["a"]), min(2, 5))
        """,
        "(1, 3, 4, 3, 2)",
    ),
    "context manager of the program": (
        """
        class Scope:
            def __enter__(self):
                return 4
            def __exit__(self, *args):
                return None
        with Scope() as n, torch.no_grad():
            x = torch.zeros(n)
        """,
        "(4,)",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_has_the_shape_that_running_it_gives(name: str, tmp_path: Path) -> None:
    text, expected = PROGRAMS[name]
    found = shapes(tmp_path, f"import torch\n{_dedented(text)}")
    assert found["x"] == expected


def _dedented(text: str) -> str:
    import textwrap

    return textwrap.dedent(text)
