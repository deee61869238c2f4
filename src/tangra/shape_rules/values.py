"""The abstract values that rules take and return.

Python's own ints, floats, strings, bools, None, slices, Ellipsis, tuples, lists and dicts stand for themselves; an int
nobody knows is a `Dim` (`tangra.shapes`). Beside them there are `Tensor`, `DType`, `Record` (a named tuple) and
`Unknown`. All but lists and dicts are immutable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, cast

from tangra.shapes import Dim, Size

Value: TypeAlias = Any
"""Any abstract value: see the text of this module."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value nothing is known about, or only its Python type: "int", "float", "bool", "complex" or "str", and "device"
    for where an array lies."""

    kind: str | None = None

    def __repr__(self) -> str:
        return "UNKNOWN" if self.kind is None else f"Unknown({self.kind!r})"

    def __bool__(self) -> bool:
        raise TypeError("whether an unknown value is true is not known")


UNKNOWN = Unknown()
"""A value nothing is known about."""


@dataclass(frozen=True, slots=True)
class Alike(Unknown):
    """A list whose length nobody knows, and what all its elements have in common."""

    element: Any = None


@dataclass(frozen=True, slots=True)
class Variadic:
    """Any number of leading dimensions, as in `Float[Tensor, "*batch d"]`. A shape holds at most one."""

    name: str = "..."

    def __str__(self) -> str:
        return self.name if self.name.startswith((".", "*")) else f"*{self.name}"


Item: TypeAlias = Size | Variadic
"""An entry of a shape: a size, or any number of dimensions."""

Shape: TypeAlias = tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class DType:
    """A dtype object such as `torch.float32`; `name` is NumPy's name of it."""

    library: str
    name: str

    def __str__(self) -> str:
        return f"{self.library}.{self.name}"


Layout: TypeAlias = Literal["contiguous"] | tuple[Size, ...] | None
"""How a torch tensor lies in memory: in order without gaps, with these strides, or nobody knows."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """An array of `library` ("torch", "numpy" or "jax").

    `shape` is None where not even the rank is known; a size nobody knows is an opaque symbol (`ctx.fresh`). `dtype` is
    NumPy's name ("float32", "int64", "bool", and "bfloat16", "key<fry>" …) or None.

    `elements` are the values of a small array of known constants, row by row. `weak` is JAX's weak type.
    `parameter` tells `nn.Parameter`. `ones` are the axes, counted from the end, whose size 1 the program asked for
    (`None`, `unsqueeze`, `keepdim`), and `grown` the two shapes of a broadcast in which both sides grew though neither
    asked for it: what a loss or reduction warns of. `merged` are axes that a reshape made of several, with the sizes of
    these: for messages, so arrays that differ in it are alike.
    """

    library: str
    shape: Shape | None = None
    dtype: str | None = None
    layout: Layout = None
    elements: tuple[Value, ...] | None = None
    weak: bool = False
    parameter: bool = False
    ones: frozenset[int] = frozenset()
    grown: tuple[Shape, Shape] | None = None
    merged: tuple[tuple[int, tuple[int, ...]], ...] = field(default=(), compare=False)

    @property
    def dims(self) -> tuple[Size, ...] | None:
        """All sizes, or None if the rank is unknown."""
        shape = self.shape
        return None if shape is None or Variadic in map(type, shape) else cast("tuple[Size, ...]", shape)

    @property
    def rank(self) -> int | None:
        """The number of dimensions, or None."""
        dims = self.dims
        return None if dims is None else len(dims)

    @property
    def least_rank(self) -> int:
        """The number of dimensions it has at least."""
        return 0 if self.shape is None else sum(not isinstance(item, Variadic) for item in self.shape)

    def place(self, axis: int) -> int | None:
        """Where in `shape` the dimension `axis` is (negative counts from the end); None if that isn't known or is
        out of range."""
        if self.shape is None:
            return None
        place = axis if axis >= 0 else len(self.shape) + axis
        if not 0 <= place < len(self.shape):
            return None
        passed = self.shape[: place + 1] if axis >= 0 else self.shape[place:]
        return None if any(isinstance(item, Variadic) for item in passed) else place

    def size(self, axis: int) -> Size | None:
        """The size of the dimension `axis`, or None if it isn't known which that is."""
        place = self.place(axis)
        if place is None or self.shape is None:
            return None
        item = self.shape[place]
        return None if isinstance(item, Variadic) else item

    def like(self, shape: Shape | None, dtype: str | Literal["same"] | None = "same") -> Tensor:
        """A fresh tensor of this library with another shape, and the same dtype unless one is given."""
        return Tensor(self.library, shape, self.dtype if dtype == "same" else dtype, weak=self.weak)

    def with_(self, **changes: Any) -> Tensor:
        """This tensor with some fields replaced."""
        return replace(self, **changes)

    def __str__(self) -> str:
        return f"{self.library} {self.dtype or 'array'}{shape_text(self.shape)}"

    def __format__(self, spec: str) -> str:
        """In the messages of rules an array is its shape."""
        return format(shape_text(self.shape), spec)


class Record(tuple[Value, ...]):
    """A named tuple of results: `torch.max(x, dim=0).indices`."""

    names: tuple[str, ...]
    source: Value = None
    """What only rules know of it."""

    def __new__(cls, names: Sequence[str], values: Sequence[Value]) -> Record:
        made = super().__new__(cls, values)
        made.names = tuple(names)
        return made

    def __getnewargs__(self) -> tuple[object, ...]:
        return self.names, tuple(self)

    def field(self, name: str) -> Value:
        """The value called `name`; raises KeyError for another name."""
        if name not in self.names:
            raise KeyError(name)
        return self[self.names.index(name)]


def record(**fields: Value) -> Record:
    """A `Record` with these fields, in order."""
    return Record(tuple(fields), tuple(fields.values()))


def is_size(value: Value) -> bool:
    """Whether `value` is a Python int, known or symbolic (bools are not)."""
    return isinstance(value, int | Dim) and not isinstance(value, bool)


def shape_text(shape: Sequence[Item] | None) -> str:
    """A shape as Python writes a tuple: `(N, 3)`, `(N,)`, `()`; `(?)` if unknown."""
    if shape is None:
        return "(?)"
    return f"({', '.join(size_text(item) for item in shape)}{',' if len(shape) == 1 else ''})"


def size_text(item: Item) -> str:
    """A size as a user reads it."""
    return str(item)


def words(text: str) -> tuple[str, ...]:
    """The words of a text: how rules write long lists of names."""
    return tuple(text.split())
