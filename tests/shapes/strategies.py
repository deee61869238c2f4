"""Random expressions, values and facts, each with its meaning in plain Python ints: the oracle of these tests."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import strategies as st

from tangra.shapes import Facts, Size, dmax, dmin, symbol

NAMES = ("K", "M", "N")
Tree = int | str | tuple["str", "Tree", "Tree"]

PYTHON = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "max": max,
    "min": min,
}
SYMBOLIC = {**PYTHON, "max": dmax, "min": dmin}


def trees(signs: tuple[str, ...] = tuple(PYTHON), leaves: int = 8) -> st.SearchStrategy[Tree]:
    """Expression trees over `NAMES` and small ints."""
    leaf = st.one_of(st.sampled_from(NAMES), st.integers(-7, 7))
    return st.recursive(leaf, lambda part: st.tuples(st.sampled_from(signs), part, part), max_leaves=leaves)


def values(low: int = -9, high: int = 9) -> st.SearchStrategy[dict[str, int]]:
    """A value for every name."""
    return st.fixed_dictionaries({name: st.integers(low, high) for name in NAMES})


def python_value(tree: Tree, env: Mapping[str, int]) -> int:
    """What CPython makes of the tree."""
    if isinstance(tree, int):
        return tree
    if isinstance(tree, str):
        return env[tree]
    sign, left, right = tree
    return PYTHON[sign](python_value(left, env), python_value(right, env))


def build(tree: Tree) -> Size:
    """The tree as a size, made by Dim's operators."""
    if isinstance(tree, int):
        return tree
    if isinstance(tree, str):
        return symbol(tree)
    sign, left, right = tree
    return SYMBOLIC[sign](build(left), build(right))


def try_both(tree: Tree, env: Mapping[str, int]) -> tuple[Size, int] | None:
    """(size, value), or None where CPython divides by zero or a divisor is the constant 0."""
    try:
        return build(tree), python_value(tree, env)
    except ZeroDivisionError:
        return None


@dataclass(frozen=True)
class World:
    """Values of the symbols, and facts that hold for them."""

    env: dict[str, int]
    facts: Facts


@st.composite
def worlds(draw: st.DrawFn, low: int = -6, high: int = 9, most: int = 4) -> World:
    """Facts of all kinds, drawn so that they hold for the values drawn first."""
    env = draw(values(low, high))
    facts = Facts()
    for _ in range(draw(st.integers(0, most))):
        kind = draw(st.sampled_from(["lo", "hi", "both", "le", "equal", "divisible"]))
        name = draw(st.sampled_from(NAMES))
        slack = draw(st.integers(0, 3))
        if kind in ("lo", "both"):
            facts = facts.with_bounds(name, lo=env[name] - slack)
        if kind in ("hi", "both"):
            facts = facts.with_bounds(name, hi=env[name] + slack)
        if kind in ("lo", "hi", "both"):
            continue
        pair = [try_both(draw(trees(leaves=4)), env) for _ in range(2)]
        if pair[0] is None or pair[1] is None:
            continue
        (a, a_value), (b, b_value) = pair
        if kind == "le":
            facts = facts.with_le(a, b + max(0, a_value - b_value) + slack)
        elif kind == "equal":
            facts = facts.with_equal(a, b + (a_value - b_value))
        elif b_value:
            facts = facts.with_divisible(a - a_value % b_value, b)
    return World(env, facts)
