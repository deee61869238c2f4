"""How a value is represented while code is written.

A `Scalar` is an operand. An array is a `Strided` window of a `Buffer`, or deferred: an expression that gives the
element at any index (`Splat`, `Elementwise`, `Indexed`), written where it is read. `reads` are the buffers an array
depends on; before one of them is overwritten the array must have been copied out if anybody still wants it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tangra.ir import DType, Value
from tangra.native.text import Lines, Operand
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.native.emitter import Emitter

Index = Sequence[Operand]
Memo = dict[tuple["Array", tuple[Operand, ...]], Operand]
"""Elements already written in the current stretch of straight-line code, by expression and index."""
Done = Callable[[Operand, Operand], None]
"""`done(low, high)`: a result is written from index `low` to before `high` on its first axis."""


@dataclass(eq=False)
class Buffer:
    """A stretch of memory. `pointer` is its address; `writable`: it is ours to overwrite when nobody reads it.

    `readers` are the values whose representation depends on it; `size` its extent in bytes where it may be reused, and
    `slot` the place in the text from which it exists; `pins` count those who want it left alone for a while; `claimed`:
    the pointer is null if there was no memory; `shared`: trips that run at the same time write parts of it.
    """

    pointer: str
    writable: bool
    size: Size | None = None
    readers: dict[int, Value] = field(default_factory=dict)
    pins: int = 0
    slot: Lines | None = None
    claimed: bool = False
    shared: bool = False


@dataclass(eq=False)
class Scalar:
    """A rank-0 value: an operand (a Python int for i64 constants)."""

    dtype: DType
    operand: Operand


@dataclass(eq=False)
class Tape:
    """A tape's memory, the variable that holds the offset of its end, and the largest offset allowed."""

    buffer: Buffer
    slot: str
    limit: str


QUICK = 3
"""Cost of operations that are done again rather than their result written to memory."""


class Array(ABC):
    """An array of `dtype` and `shape` (symbolic sizes). `weight`: the nodes of the expression that gives an element;
    `work`: how long that takes, in simple operations."""

    dtype: DType
    shape: tuple[Size, ...]
    reads: frozenset[Buffer]
    weight: int = 1
    work: int = 1
    cheap: bool = False

    @abstractmethod
    def element(self, em: Emitter, index: Index, memo: Memo) -> Operand:
        """Write what computes the element at `index`; its operand."""

    @property
    def awaited(self) -> tuple[Produced, ...]:
        """What kernels have yet to write of it; see `produced`."""
        return ()

    @property
    def flat(self) -> bool:
        """Whether `at` works: elements are known by their place in row-major order."""
        return len(self.shape) == 1

    def at(self, em: Emitter, place: Operand, memo: Memo) -> Operand:
        """The element at row-major `place`."""
        return self.element(em, (place,), memo)

    def aligned(self, target: Strided) -> bool:
        """Whether the element at an index reads of `target`'s buffer at most `target`'s element at that index."""
        return target.buffer not in self.reads


class Strided(Array):
    """A window of a buffer: the element at `index` lies `offset + sum(index * strides)` elements after its start.

    `moving`: of a single element, its offset as the sum of what it is in a loop's first trip and of what it has moved.
    `upward`: whether it is known to be a part, taken upwards along every axis, of memory in which each element has one
    place: rows then lie apart by their length at least.
    """

    def __init__(
        self,
        buffer: Buffer,
        dtype: DType,
        shape: tuple[Size, ...],
        strides: tuple[Operand, ...],
        offset: Operand = 0,
        contiguous: bool = False,
        moving: tuple[Operand, Operand] | None = None,
        upward: bool = False,
    ) -> None:
        self.buffer = buffer
        self.dtype = dtype
        self.shape = shape
        self.strides = strides
        self.offset = offset
        self.contiguous = contiguous
        self.moving = moving
        self.upward = upward or contiguous
        self.reads = frozenset((buffer,))

    @property
    def injective(self) -> bool:
        """Whether no two indices name the same memory."""
        return all(stride != 0 or size == 1 for stride, size in zip(self.strides, self.shape, strict=True))

    def same_place(self, other: Strided) -> bool:
        return (
            self.buffer is other.buffer
            and self.dtype is other.dtype
            and self.offset == other.offset
            and len(self.strides) == len(other.strides)
            and all(s == t or size == 1 for s, t, size in zip(self.strides, other.strides, self.shape, strict=True))
        )

    def element(self, em: Emitter, index: Index, memo: Memo) -> Operand:
        key = (self, tuple(index))
        if key not in memo:
            memo[key] = em.load(self, self.place(em, index))
        return memo[key]

    def place(self, em: Emitter, index: Index) -> Operand:
        """The element's distance from the buffer's start, in elements."""
        code, place = em.code, self.offset
        for i, stride, size in zip(index, self.strides, self.shape, strict=True):
            if size != 1:
                place = code.add(place, code.mul(i, stride))
        return place

    @property
    def flat(self) -> bool:
        return self.contiguous

    def at(self, em: Emitter, place: Operand, memo: Memo) -> Operand:
        key = (self, (place,))
        if key not in memo:
            memo[key] = em.load(self, em.code.add(self.offset, place))
        return memo[key]

    def aligned(self, target: Strided) -> bool:
        return self.buffer is not target.buffer or self.same_place(target)


class Splat(Array):
    """Every element is the same scalar."""

    cheap = True

    def __init__(self, dtype: DType, shape: tuple[Size, ...], operand: Operand) -> None:
        self.dtype = dtype
        self.shape = shape
        self.operand = operand
        self.reads = frozenset()

    def element(self, em: Emitter, index: Index, memo: Memo) -> Operand:
        return self.operand

    flat = True

    def at(self, em: Emitter, place: Operand, memo: Memo) -> Operand:
        return self.operand


class Unset(Splat):
    """Contents nobody may rely on (`empty`, `undef`): copying it writes nothing."""


class Elementwise(Array):
    """`function(em, elements)` of the elements of `operands` (of this shape) at the same index.

    `inner` are all elementwise arrays that it is made of, itself included, and `leaves` what those are made of, each
    once: an array that several of them read is computed once for an element.
    """

    def __init__(
        self,
        dtype: DType,
        shape: tuple[Size, ...],
        function: Callable[[Emitter, list[Operand]], Operand],
        operands: list[Array],
        cost: int = 1,
    ) -> None:
        self.dtype = dtype
        self.shape = shape
        self.function = function
        self.operands = operands
        self.cost = cost
        parts = [x for x in operands if isinstance(x, Elementwise)]
        self.inner: dict[Elementwise, None] = {k: None for x in parts for k in x.inner} | {self: None}
        self.leaves: dict[Array, None] = {
            k: None for x in operands for k in (x.leaves if isinstance(x, Elementwise) else (x,))
        }
        self.reads = frozenset().union(*(x.reads for x in self.leaves))
        self.weight = len(self.inner) + sum(x.weight for x in self.leaves)
        self.work = sum(x.cost for x in self.inner) + sum(x.work for x in self.leaves)

    def element(self, em: Emitter, index: Index, memo: Memo) -> Operand:
        key = (self, tuple(index))
        if key not in memo:
            memo[key] = self.function(em, [x.element(em, index, memo) for x in self.operands])
        return memo[key]

    @property
    def awaited(self) -> tuple[Produced, ...]:
        return tuple(x for x in self.leaves if isinstance(x, Produced))

    @property
    def one_array(self) -> bool:
        """Whether an element is computed again as quickly as read: it is made of one array in memory, and
        of numbers, by a few quick operations."""
        arrays = sum(not x.cheap for x in self.leaves)
        return arrays == 1 and sum(x.cost for x in self.inner) <= QUICK and len(self.inner) <= QUICK

    @property
    def flat(self) -> bool:
        return len(self.shape) == 1 or all(x.flat for x in self.leaves)

    def at(self, em: Emitter, place: Operand, memo: Memo) -> Operand:
        if len(self.shape) == 1:
            return self.element(em, (place,), memo)
        key = (self, (place,))
        if key not in memo:
            memo[key] = self.function(em, [x.at(em, place, memo) for x in self.operands])
        return memo[key]

    def aligned(self, target: Strided) -> bool:
        return all(x.aligned(target) for x in self.leaves)


class Produced(Array):
    """What a kernel has yet to write into memory: all elements at once, so that one of them can be read only from there
    (its operand is in the memo). `write(em, target, done)` writes it in row-major order and calls `done` for each part
    of it while that is in the cache; or it never does and gives False.
    """

    def __init__(
        self,
        dtype: DType,
        shape: tuple[Size, ...],
        write: Callable[[Emitter, Strided, Done | None], bool],
        sources: Sequence[Array],
    ) -> None:
        self.dtype = dtype
        self.shape = shape
        self.write = write
        self.reads = frozenset().union(*(x.reads for x in sources))

    @property
    def awaited(self) -> tuple[Produced, ...]:
        return (self,)

    def element(self, em: Emitter, index: Index, memo: Memo) -> Operand:
        return memo[self, tuple(index)]

    flat = True

    def at(self, em: Emitter, place: Operand, memo: Memo) -> Operand:
        return memo[self, (place,)]


class Indexed(Array):
    """`function(em, index, memo)` is the element; `sources` are the arrays it reads, at other indices."""

    def __init__(
        self,
        dtype: DType,
        shape: tuple[Size, ...],
        function: Callable[[Emitter, Index, Memo], Operand],
        sources: Sequence[Array] = (),
        cheap: bool = False,
    ) -> None:
        self.dtype = dtype
        self.shape = shape
        self.function = function
        self.reads = frozenset().union(*(x.reads for x in sources))
        self.weight = 1 + sum(x.weight for x in sources)
        self.work = 1 + sum(x.work for x in sources)
        self.cheap = cheap

    def element(self, em: Emitter, index: Index, memo: Memo) -> Operand:
        key = (self, tuple(index))
        if key not in memo:
            memo[key] = self.function(em, index, memo)
        return memo[key]


class Reshaped(Array):
    """A deferred array with known row-major order under another shape."""

    def __init__(self, source: Array, shape: tuple[Size, ...]) -> None:
        self.dtype = source.dtype
        self.shape = shape
        self.source = source
        self.reads = source.reads
        self.weight = source.weight + 1
        self.work = source.work + 1
        self.cheap = source.cheap

    def element(self, em: Emitter, index: Index, memo: Memo) -> Operand:
        place: Operand = 0
        for i, size in zip(index, self.shape, strict=True):
            place = em.code.add(em.code.mul(place, em.size(size)), i)
        return self.source.at(em, place, memo)

    flat = True

    def at(self, em: Emitter, place: Operand, memo: Memo) -> Operand:
        return self.source.at(em, place, memo)


Repr = Scalar | Array | Tape
