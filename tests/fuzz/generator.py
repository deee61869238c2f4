"""Draws a random typed program as Python source.

A program is a module with classes, perhaps a global or two, helper functions and `def f(...)`. The names of f's
parameters say what they take: x a float64 vector, y a float64 matrix, s a float, n an int; at times also e an int64
vector, z a float32 vector, b a bool vector, p a Point, d a dict, l a list of floats. Values are kept bounded (sin,
tanh, small factors), so that results are finite nearly always and every way can be compared. Most indices are in
range, most divisors not zero; the rest are there to fail.
"""

from __future__ import annotations

from hypothesis import strategies as st

from tests.fuzz import control, library, mixtures, scalars
from tests.fuzz.scope import (
    FLOAT,
    FLOATS,
    FVECTOR,
    INT,
    IVECTOR,
    MASK,
    MATRIX,
    POINT,
    TABLE,
    VECTOR,
    Chooser,
    DrawnChoices,
    Gen,
    Helper,
    SeededChoices,
    Ty,
)

HEADER = """\
import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
"""
CLASSES = """

@dataclass
class Point:
    a: float
    v: np.ndarray
    k: int = 2

    def energy(self):
        return 0.5 * self.a ** 2 + np.sum(self.v)

    def scaled(self, by):
        return self.a * by

    def step(self, by):
        self.a += by
        self.v[0] = self.v[0] * by


class Pair(NamedTuple):
    a: float
    v: np.ndarray
"""
EXTRA: dict[str, Ty] = {"e": IVECTOR, "z": FVECTOR, "b": MASK, "p": POINT, "d": TABLE, "l": FLOATS}
STATIC = {"N": ["3"], "K": ["2"]}
RUNTIME = {"N": ["x.shape[0]", "len(x)", "y.shape[1]", "x.size"], "K": ["y.shape[0]", "len(y)"]}
COUNT = {"N": ["u.shape[0]", "len(u)"], "K": ["2"]}


def helper(g: Gen, name: str) -> list[str]:
    """A function that takes a float, a vector (it may write to) and an int, and returns a float."""
    inner = Gen(
        g.choices,
        g.smooth,
        {FLOAT: ["p"], INT: ["q"], VECTOR: ["u"], MATRIX: ["h"]},
        g.sizes if g.static else COUNT,
        room=[3],
        counter=g.counter,
    )
    inner.frozen.add("h")
    body = control.block(inner, 3)
    first = f"h = np.ones((2, {inner.size('N')}))"
    lines = [f"def {name}(p, u, q):", *control.indent([first, *body, f"return np.tanh({scalars.floating(inner, 2)})"])]
    g.helpers.append(Helper(name, (FLOAT, VECTOR, INT), FLOAT))
    return lines


def recursion(g: Gen, name: str) -> list[str]:
    """A function that calls itself with a constant depth."""

    def call(g: Gen, fuel: int) -> str:
        return f"{name}({scalars.floating(g, fuel - 1)}, {g.pick(['2', '0', '3', '4'])})"

    g.helpers.append(Helper(name, (FLOAT, INT), FLOAT, call))
    again = g.pick(
        [f"{name}(0.5 * a, depth - 1) + np.sin(a)", f"0.3 * {name}(a, depth - 1) + 0.1 * {name}(-a, depth - 1)"]
    )
    return [
        f"def {name}(a, depth):",
        "    if depth == 0:",
        f"        return {g.pick(['a', 'np.tanh(a)'])}",
        f"    return {again}",
    ]


def flexible(g: Gen, name: str) -> list[str]:
    """A function with defaults, keyword and star arguments."""

    def call(g: Gen, fuel: int) -> str:
        a, b, c = (scalars.floating(g, fuel - 1) for _ in range(3))
        return g.pick(
            [
                f"{name}({a})",
                f"{name}({a}, c={b})",
                f"{name}({a}, {b}, {c})",
                f"{name}(*({a}, {b}))",
                f"{name}(a={a}, **{{'c': {b}}})",
            ]
        )

    g.helpers.append(Helper(name, (FLOAT,), FLOAT, call))
    return [
        f"def {name}(a, *rest, c=0.5):",
        "    total = c * a",
        "    for value in rest:",
        "        total += math.sin(value)",
        "    return total + 0.1 * len(rest)",
    ]


def program(g: Gen) -> str:
    """Source of a program; its smooth ones return one float that has no kinks in x, y and s."""
    g.sizes = g.pick([STATIC, RUNTIME])
    extra = [name for name in EXTRA if g.percent(14)]
    if g.smooth:
        extra = [name for name in extra if name in "eb"]
    lines = [HEADER, CLASSES, mixtures.CLASSES, ""]
    if g.percent(30):
        lines += [
            f"SCALE = {g.pick(['0.5', '2', '1.5'])}",
            f"TABLE = np.array([0.5, -0.25, {g.pick(['1.0', '0.0'])}])",
            "",
        ]
        scale = ["SCALE", "TABLE[1]"]
    else:
        scale = []
    for make, chance in ((helper, 45), (recursion, 12), (flexible, 12)):
        if g.percent(chance):
            lines += ["", *make(g, g.fresh("g")), ""]
    g.names = {FLOAT: ["s", *scale], INT: ["n"], VECTOR: ["x"], MATRIX: ["y"]}
    g.frozen |= set(scale)
    for name in extra:
        g.bind(EXTRA[name], name)
    g.result = (
        (FLOAT,) if g.smooth else g.pick([(FLOAT,), (FLOAT, VECTOR, INT), (VECTOR,), (INT, FLOAT), (MATRIX, FLOAT)])
    )
    body = [] if g.static else ["assert x.shape[0] == y.shape[1]"]
    body += [f"assert {name}.shape == x.shape" for name in extra if not g.static and name in "ezb"]
    for _ in range(2 + g.below(4)):
        body += control.block(g)
        if g.room[0] <= 0:
            break
    body.append(last(g))
    lines += ["", f"def f({', '.join(['x', 'y', 's', 'n', *extra])}):", *control.indent(body), ""]
    text = "\n".join(lines)
    return text.replace("import numpy as np\n", f"import numpy as np\n{library.FUNCTIONS}", 1) if "F." in text else text


def last(g: Gen) -> str:
    """The `return` at the end, which reads what the program wrote last."""
    if not g.smooth:
        return control.returned(g)
    v, m = g.known(VECTOR)[-1], g.known(MATRIX)[-1]
    return f"return np.tanh({scalars.floating(g, 2)} + 0.1 * np.sum({v}) + 0.1 * np.sum({m}) + 0.1 * np.sum(x * x) * s)"


@st.composite
def programs(draw: st.DrawFn, smooth: bool = False) -> str:
    """Programs drawn by hypothesis, which shrinks them."""
    return program(Gen(DrawnChoices(draw), smooth))


def seeded(seed: int, smooth: bool = False) -> str:
    """The program of a seed."""
    chooser: Chooser = SeededChoices(seed)
    return program(Gen(chooser, smooth))
