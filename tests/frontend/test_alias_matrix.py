"""Two ways to one array, across straight code, branches and loops: writes show as in NumPy, or are refused."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from tangra.errors import AliasError
from tangra.frontend.entry import trace
from tangra.ir.verifier import verify
from tests.frontend.examples import function
from tests.frontend.running import outcome, run
from tests.programs.oracle import difference, fresh

# How a second way `q` to the array of the name `p` is made, read as an array, and made to mean another array `r`.
WAYS = {
    "name": ("q = p", "q", "q = r"),
    "view": ("q = p[1:]", "q", "q = r[1:]"),
    "reversed_view": ("q = p[::-1]", "q", "q = r[::-1]"),
    "list_slot": ("qs = [p, r]", "qs[0]", "qs[0] = r"),
    "dict_slot": ("d = {'k': p}", "d['k']", "d['k'] = r"),
    "field": ("b = Box(p)", "b.v", "b.v = r"),
    "tuple": ("t = (p, r)", "t[0]", "t = (r, p)"),
    "capture": ("c = p\n    def get():\n        return c", "get()", "c = r"),
    "argument": ("q = same(p)", "q", "q = same(r)"),
    "global": ("TABLE[0] = p", "TABLE[0]", "TABLE[0] = r"),
}

# What happens between making the second way and the write: nothing, a branch that may move it, a loop that may.
CONTEXTS = {
    "straight": "",
    "moved": "    {move}\n",
    "branch": "    if x[0] > 0:\n        {move}\n",
    "loop": "    for i in range(n):\n        if i == 1:\n            {move}\n",
    "loop_with_writes": "    for i in range(n):\n        {second}[0] = i + 5.0\n        {move}\n",
    "while": "    k = 0\n    while k < n:\n        {move}\n        k += 1\n",
}

WRITES = {
    "element_of_first": "p[1] = 50.0",
    "element_of_second": "{second}[0] = 60.0",
    "in_place_of_second": "z = {second}\n    z *= 3",
    "other": "r[1] = 70.0",
    "helper": "poke({second}, 4.0)",
}

PROGRAM = """
TABLE = [None]

class Box:
    def __init__(self, v):
        self.v = v

def same(v):
    return v

def poke(v, value):
    v[-1] = value

def f(x, y, n):
    p, r = {arrays}
    {make}
{context}
    {write}
    return {read}
"""

# What is read in the end: of two arrays that may be one, what is not read again may have been written.
READS = {
    "all": "p[1] + 10 * p[-1], {second}[0] + 100 * {second}[-1], r[0] + r[-1]",
    "first": "p[0] + 10 * p[1] + 100 * p[-1]",
    "second": "{second}[0] + 100 * {second}[-1]",
    "other": "r[0] + 10 * r[1] + 100 * r[-1]",
}
ARRAYS = {"arguments": "x, y", "fresh": "x * 1.0, y * 1.0"}

CELLS = [(w, r, a) for w, r, a in itertools.product(WRITES, READS, ARRAYS) if a == "fresh" or r == "all"]
CALLS = {"straight": [(1.0, 0)], "moved": [(1.0, 0)], "branch": [(1.0, 0), (-1.0, 0)]}


def program(way: str, context: str, write: str, read: str, arrays: str) -> Any:
    """The program of one cell of the matrix."""
    make, second, move = WAYS[way]
    return function(
        PROGRAM.format(
            make=make,
            second=second,
            context=CONTEXTS[context].format(move=move, second=second),
            write=WRITES[write].format(second=second),
            read=READS[read].format(second=second),
            arrays=ARRAYS[arrays],
        )
    )


def agrees(f: Any, first: float, n: int) -> bool:
    """Whether a program compiles; if it does, it must do what CPython does."""
    args = (np.array([first, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]), n)
    mine, theirs = fresh(args), fresh(args)
    table = f.__globals__["TABLE"]
    table[0] = np.zeros(3)
    try:
        traced = trace(f, mine)
    except AliasError:
        return False
    verify(traced.func)
    before = list(table)
    actual = outcome(lambda: run(traced, mine))
    table[:] = before
    expected = outcome(lambda: f(*theirs))
    assert actual[0] == expected[0] == "returned", (actual, expected)
    problem = difference(actual[1], expected[1]) or difference(mine, theirs, where="arguments")
    assert problem is None, f"{first} {n}: {problem}"
    return True


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("way", WAYS)
def test_writes_show_or_are_refused(way: str, context: str):
    compiled = 0
    for cell in CELLS:
        f = program(way, context, *cell)
        for first, n in CALLS.get(context, [(1.0, 0), (1.0, 3)]):
            try:
                compiled += agrees(f, first, n)
            except Exception as error:
                raise AssertionError(f"{way} {context} {cell}: {error}") from error
    assert compiled == len(CELLS) or context not in ("straight", "moved"), "straight code leaves nothing undecided"
    if context != "loop_with_writes" and way != "global":
        assert compiled > 0, "a write that is not seen under another name has not to be refused"
