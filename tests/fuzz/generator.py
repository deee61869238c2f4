"""Draws a random typed program as Python source.

A program is a module with classes, perhaps a global or two, functions and `def f(...)`. The names of f's parameters
say what they take: x a float64 vector, y a float64 matrix, s a float, n an int; at times also what `EXTRA` says: arrays
of several dtypes, objects, a dict, lists. Values are kept bounded (sin, tanh, small factors), so that
results are finite nearly always and every way can be compared. Most indices are in range, most divisors not zero; the
rest are there to fail.
"""

from __future__ import annotations

from hypothesis import strategies as st

from tests.fuzz import carrying, control, functions, library, mixtures, scalars, transforming
from tests.fuzz.scope import (
    ARRAYS,
    BODY,
    FLOAT,
    FLOATS,
    FVECTOR,
    INT,
    IVECTOR,
    MASK,
    MATRIX,
    PAIR,
    PART,
    POINT,
    SMOOTH,
    TABLE,
    VECTOR,
    Chooser,
    DrawnChoices,
    Gen,
    SeededChoices,
    Ty,
    V,
    array,
)

HEADER = """\
import bisect
import functools
import heapq
import itertools
import math
from dataclasses import dataclass, field, replace
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
EXTRA |= {"v": VECTOR, "m": MATRIX, "c": PAIR, "o": BODY, "r": ARRAYS, "j": array(V, "int32"), "t": array(V, "uint8")}
RESULTS: list[tuple[Ty, ...]] = [
    (FLOAT,),
    (FLOAT, VECTOR, INT),
    (VECTOR,),
    (INT, FLOAT),
    (MATRIX, FLOAT),
    (PART, PART),
    (POINT,),
    (TABLE, PART),
    (ARRAYS,),
    (PAIR, FLOATS),
    (BODY, VECTOR),
    (MASK, IVECTOR),
]
STATIC = {"N": ["3"], "K": ["2"]}
RUNTIME = {"N": ["x.shape[0]", "len(x)", "y.shape[1]", "x.size"], "K": ["y.shape[0]", "len(y)"]}


def program(g: Gen) -> str:
    """Source of a program; those with derivatives return one float, which in smooth ones has no kinks in x, y and s."""
    g.sizes = g.pick([STATIC, RUNTIME])
    extra = [name for name in EXTRA if g.percent(9)]
    if g.smooth:
        extra = [name for name in extra if name in "ebjt"]
    lines = [HEADER, CLASSES, mixtures.CLASSES, carrying.CLASSES, ""]
    if g.percent(30):
        lines += [
            f"SCALE = {g.pick(['0.5', '2', '1.5'])}",
            f"TABLE = np.array([0.5, -0.25, {g.pick(['1.0', '0.0'])}])",
            "",
        ]
        scale = ["SCALE", "TABLE[1]"]
    else:
        scale = []
    lines += functions.functions(g)
    g.names = {FLOAT: ["s", *scale], INT: ["n"], VECTOR: ["x"], MATRIX: ["y"]}
    g.frozen |= set(scale)
    for name in extra:
        g.bind(EXTRA[name], name)
    g.result = g.pick(RESULTS) if g.outside else (FLOAT,)
    g.part = (g.pick(control.VIEWS + control.COPIES),)
    body = [] if g.static else ["assert x.shape[0] == y.shape[1]"]
    body += ["assert m.shape == y.shape"] if not g.static and "m" in extra else []
    body += [f"assert {name}.shape == x.shape" for name in extra if not g.static and name in "ezbvjt"]
    for _ in range(2 + g.below(4)):
        body += control.block(g)
        if g.room[0] <= 0:
            break
    if any(h.result == SMOOTH for h in g.helpers):
        body += g.pick([transforming.transformed, transforming.transformed, transforming.descent])(g)
        body += control.block(g, 1)
    body.append(last(g))
    lines += ["", f"def f({', '.join(['x', 'y', 's', 'n', *extra])}):", *control.indent(body), ""]
    text = "\n".join(lines)
    imports = (library.FUNCTIONS if "F." in text else "") + (transforming.IMPORT if "tg." in text else "")
    return text.replace("import numpy as np\n", f"import numpy as np\n{imports}", 1)


def last(g: Gen) -> str:
    """The `return` at the end, which reads what the program wrote last."""
    if g.outside:
        return control.returned(g)
    v, m = g.known(VECTOR)[-1], g.known(MATRIX)[-1]
    return f"return np.tanh({scalars.floating(g, 2)} + 0.1 * np.sum({v}) + 0.1 * np.sum({m}) + 0.1 * np.sum(x * x) * s)"


def start(choices: Chooser, mode: str) -> Gen:
    """A program to be drawn for a mode."""
    return Gen(choices, mode == "derivatives", outside=mode == "values")


@st.composite
def programs(draw: st.DrawFn, mode: str = "values") -> str:
    """Programs drawn by hypothesis, which shrinks them."""
    return program(start(DrawnChoices(draw), mode))


def seeded(seed: int, mode: str = "values") -> str:
    """The program of a seed."""
    return program(start(SeededChoices(seed), mode))
