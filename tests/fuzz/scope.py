"""What a generator of programs knows: types of values, the names in scope by type, and where its choices come from."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Chooser(Protocol):
    """Where choices come from. Choice 0 is the simplest, towards which hypothesis shrinks."""

    def below(self, n: int) -> int:
        """A number from 0 to n - 1."""
        ...


class DrawnChoices:
    """Choices drawn by hypothesis."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def below(self, n: int) -> int:
        return self.draw(st.integers(0, n - 1)) if n > 1 else 0


class SeededChoices:
    """Choices of a random generator with a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def below(self, n: int) -> int:
        return self.random.randrange(n)


class Ty(NamedTuple):
    """A type of values: `form` is "py" or "np" for scalars, "array", or the name of a container.

    `dtype` is a NumPy dtype ("float", "int", "bool" for "py"), `dims` the names of an array's sizes. Python scalars
    stand for NumPy scalars of the same sort too: a "py" "float" may be a np.float64.
    """

    form: str
    dtype: str = ""
    dims: tuple[str, ...] = ()


FLOAT, INT, BOOL = Ty("py", "float"), Ty("py", "int"), Ty("py", "bool")
FLOATS = Ty("list", "float")
ARRAYS = Ty("list", "array")
POINT, PAIR, TABLE, FUNCTION = Ty("Point"), Ty("Pair"), Ty("dict"), Ty("function")
BODY, SMOOTH = Ty("Body"), Ty("smooth function")
TUPLE, OPTIONAL, NOTHING, DECORATOR = Ty("tuple"), Ty("optional"), Ty("None"), Ty("decorator")
PART = Ty("part of an array")
"""What functions give besides: a float and a vector, a float or None, None, what wraps a function."""
V, W, M = ("N",), ("K",), ("K", "N")


def array(dims: tuple[str, ...] = V, dtype: str = "float64") -> Ty:
    """The type of arrays with these sizes."""
    return Ty("array", dtype, dims)


def np_scalar(dtype: str) -> Ty:
    """The type of NumPy scalars of one dtype."""
    return Ty("np", dtype)


VECTOR, COLUMN, MATRIX = array(V), array(W), array(M)
IVECTOR, FVECTOR, MASK = array(V, "int64"), array(V, "float32"), array(V, "bool")


class Helper(NamedTuple):
    """A function of the module: what it takes and what it gives."""

    name: str
    params: tuple[Ty, ...]
    result: Ty
    call: Callable[[Gen, int], str] | None = None


@dataclass
class Gen:
    """A program being drawn. `sizes` says how each size is written; `indices` are ints known to be in range of one.
    `smooth` programs have no kinks; those that write to nothing `outside` have derivatives."""

    choices: Chooser
    smooth: bool = False
    names: dict[Ty, list[str]] = field(default_factory=dict)
    sizes: dict[str, list[str]] = field(default_factory=dict)
    indices: dict[str, list[str]] = field(default_factory=dict)
    frozen: set[str] = field(default_factory=set)
    helpers: list[Helper] = field(default_factory=list)
    result: tuple[Ty, ...] = (FLOAT,)
    part: tuple[str, ...] = ("{v}",)
    outside: bool = True
    depth: int = 0
    in_loop: bool = False
    room: list[int] = field(default_factory=lambda: [14])
    counter: list[int] = field(default_factory=lambda: [0])

    def inner(self, in_loop: bool | None = None) -> Gen:
        """The scope of a nested block: names bound there are not read outside."""
        twin = copy.copy(self)
        twin.names = {k: list(v) for k, v in self.names.items()}
        twin.indices = {k: list(v) for k, v in self.indices.items()}
        twin.frozen = set(self.frozen)
        twin.depth += 1
        twin.in_loop = self.in_loop if in_loop is None else in_loop
        return twin

    # ---- choices --------------------------------------------------------------------------------------------------
    def below(self, n: int) -> int:
        return self.choices.below(n)

    def pick(self, options: Sequence[T]) -> T:
        return options[self.choices.below(len(options))]

    def percent(self, chance: int) -> bool:
        """True in so many of 100 cases; False is the simplest."""
        return self.choices.below(100) >= 100 - chance

    def weighted(self, table: Sequence[tuple[int, T]]) -> T:
        """One of the values, with the weights beside them; the first is the simplest."""
        left = self.choices.below(sum(w for w, _ in table))
        for weight, value in table:
            left -= weight
            if left < 0:
                return value
        raise AssertionError("weights are positive")

    # ---- names ----------------------------------------------------------------------------------------------------
    def fresh(self, prefix: str) -> str:
        """A name that is not used yet."""
        self.counter[0] += 1
        return f"{prefix}{self.counter[0]}"

    def known(self, ty: Ty) -> list[str]:
        """The names of values of a type."""
        return self.names.get(ty, [])

    def bind(self, ty: Ty, name: str) -> str:
        """Enter a name."""
        known = self.names.setdefault(ty, [])
        if name not in known:
            known.append(name)
        return name

    def size(self, dim: str) -> str:
        """An expression for a size."""
        return self.pick(self.sizes[dim])

    def shape(self, dims: tuple[str, ...]) -> str:
        """An expression for a shape."""
        sizes = [self.size(d) for d in dims]
        return sizes[0] if len(sizes) == 1 else f"({', '.join(sizes)})"

    @property
    def static(self) -> bool:
        """Whether sizes are literal numbers."""
        return self.sizes["N"][0].isdigit()
