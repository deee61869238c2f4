"""The alias matrix: two ways to reach one array, in every pair, straight and under branches and loops, by every write.

Each program writes through one way and reads through the other, then the reverse. It must do what CPython does, down to
what arguments and globals hold afterwards, or be refused with an AliasError that names both ways. In straight-line code
nothing is undecided, so nothing is refused there (but for arguments that overlap a global).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from tests.fuzz import modules, ways
from tests.fuzz.compare import difference

HEADER = """\
from dataclasses import dataclass

import numpy as np

G = np.arange(6.0)


@dataclass
class Box:
    v: np.ndarray


def scale(a, s):
    a *= s
    a[-1] += 1.0


"""


@dataclass(frozen=True)
class Place:
    """A way to reach an array: `setup` lines with {b} for the array's name, and the `text` of the way itself, {r}
    being a suffix that keeps two ways of one sort apart. `inside` holds a write that has to happen in an inner
    function."""

    name: str
    setup: tuple[str, ...]
    text: str
    rank: int = 1
    inside: bool = False


PLACES = (
    Place("name", ("n{r} = {b}",), "n{r}"),
    Place("slice", ("n{r} = {b}[1:5]",), "n{r}"),
    Place("row", ("n{r} = {b}.reshape(2, 3)[1]",), "n{r}"),
    Place("reshape", ("n{r} = {b}.reshape(3, 2)",), "n{r}", 2),
    Place("transpose", ("n{r} = {b}.reshape(2, 3).T",), "n{r}", 2),
    Place("field", ("p{r} = Box({b})",), "p{r}.v"),
    Place("slot", ("l{r} = [{b}, 1.0]",), "l{r}[0]"),
    Place("value", ("d{r} = {{'v': {b}, 'w': 1.0}}",), "d{r}['v']"),
    Place("capture", ("c{r} = {b}",), "c{r}", inside=True),
    Place("global", (), "G"),
    Place("argument", (), "x"),
)
WRITES: dict[str, Callable[[str, int], str]] = {
    "element": lambda text, rank: f"{text}[{'0, 1' if rank == 2 else '2'}] = s * 3.0",
    "slice": lambda text, rank: f"{text}[1:] = s + 0.5",
    "augmented": lambda text, rank: f"{text} += s",
    "callee": lambda text, rank: f"scale({text}, s)",
}
FLOWS = ("straight", "branch", "loop")


def placed(place: Place, role: str, base: str) -> list[str]:
    """The lines that make `base` reachable by a place. A global or argument is `base` already in role a, and bound
    to it in role b."""
    if place.setup:
        return [line.format(r=role, b=base) for line in place.setup]
    return [f"{place.text} = {base}"] if role == "b" else []


def written(place: Place, role: str, write: str) -> list[str]:
    """A write through a place."""
    text = place.text.format(r=role)
    line = WRITES[write](text, place.rank)
    if not place.inside:
        return [line]
    keep = [f"    nonlocal {text}"] if write == "augmented" else []
    return [f"def put{role}():", *keep, f"    {line}", f"put{role}()"]


def program(first: Place, second: Place, flow: str, write: str) -> str:
    """Source of `f(x, s, n)` for a pair of places."""
    kinds = {first.name, second.name}
    base = "G" if "global" in kinds else "x" if "argument" in kinds else "x * 1.0"
    body = [f"base = {base}", "other = x * 2.0", *placed(first, "a", "base")]
    touch = [
        *written(first, "a", write),
        f"r1 += np.sum({second.text.format(r='b')})",
        *written(second, "b", write),
        f"r2 += np.sum({first.text.format(r='a')}[0])",
    ]
    if "global" in kinds:
        body.insert(0, "global G")
    body += ["r1 = 0.0", "r2 = 0.0", "chosen = base"]
    if flow == "straight":
        body += [*placed(second, "b", "base"), *touch]
    elif flow == "branch":
        body += ["if s < 0.0:", "    chosen = other", *placed(second, "b", "chosen"), *touch]
    else:
        turn = [
            *placed(second, "b", "chosen"),
            *touch,
            "if i % 2 == 0:",
            "    chosen = other",
            "else:",
            "    chosen = base",
        ]
        body += ["for i in range(n):", *(f"    {line}" for line in turn)]
    body.append("return r1, r2, base.sum(), other")
    return HEADER + "def f(x, s, n):\n" + "\n".join(f"    {line}" for line in body) + "\n"


def disagreement(source: str, both_outside: bool, straight: bool) -> str | None:
    """How the compiled program differs from CPython's, or its refusal if it should not be or does not name both."""
    tg = ways.tangra()
    module = modules.load(source)
    try:
        compiled = tg.jit(module.f)
        for s, n in ((1.5, 3), (-0.5, 2), (0.5, 0)):
            outcomes = []
            for function in (module.f, compiled):
                vars(module)["G"] = np.arange(6.0)
                x = module.G if both_outside else np.linspace(0.5, 1.5, 6)
                got = ways.outcome(function, (x, s, n))
                got.args = (*got.args, module.G)
                outcomes.append(got)
            wanted, found = outcomes
            if isinstance(found.error, tg.AliasError):
                return refusal(found.error, straight and not both_outside)
            problem = difference(found, wanted, 1e-12)
            if problem is not None:
                return f"s = {s}, n = {n}: {problem}\n{found.error}"
    finally:
        modules.unload(module)
    return None


def refusal(error: Exception, decided: bool) -> str | None:
    """What is wrong with refusing a program."""
    text = str(error)
    if decided:
        return f"refused although nothing is undecided: {text}"
    if "another name" in text or "this object" in text or "this array" in text:
        return f"the refusal does not name both: {text}"
    return None


PAIRS = list(itertools.combinations_with_replacement(PLACES, 2))


@pytest.mark.parametrize("first, second", PAIRS, ids=[f"{a.name}-{b.name}" for a, b in PAIRS])
def test_pair(first: Place, second: Place) -> None:
    """Every flow and every write of a pair, in both orders."""
    problems = []
    for flow, write in itertools.product(FLOWS, WRITES):
        for a, b in {first: second, second: first}.items():
            both_outside = {a.name, b.name} == {"global", "argument"}
            source = program(a, b, flow, write)
            problem = disagreement(source, both_outside, flow == "straight")
            if problem is not None:
                problems.append(f"{flow}, {write}, {a.name} then {b.name}: {problem}\n{source[len(HEADER) :]}")
    assert not problems, "\n".join(problems)
