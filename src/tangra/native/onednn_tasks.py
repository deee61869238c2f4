"""What oneDNN is asked to do: convolutions in three directions and products of matrices, of sizes that are known.

`numbers` says what is multiplied. "f32": float32. "bf16": float32 outside, rounded to bfloat16, with sums in float32.
"i8", "u8": x of such integers by w of int8, with sums in int32.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

ARRAYS = ("x", "w", "y")
PRODUCT = "product"
RESULT = {"forward": "y", "input": "x", "kernel": "w"}
"""What each kind writes; it reads the other two. A product is "forward"."""
SHARED = {"forward": "w", "input": "w", "kernel": "x"}
"""What the parts of a convolution have in common: parts of a batch, or, for "kernel", parts of the outputs."""
Numbers = tuple[int, ...]


@dataclass(frozen=True)
class Task(ABC):
    """A product with a result in float32 or int32; the arrays are called x, w and y."""

    what: str
    x: Numbers
    w: Numbers
    y: Numbers
    numbers: str

    def shape(self, which: str) -> Numbers:
        found: Numbers = getattr(self, which)
        return found

    def type(self, which: str) -> str:
        """The type in which the kernel has an array."""
        if self.numbers in ("i8", "u8"):
            return {"x": self.numbers, "w": "i8", "y": "i32"}[which]
        return "f32" if which == RESULT[self.what] else self.numbers

    def outside_type(self, which: str) -> str:
        """The type of the array that is given."""
        return "f32" if self.numbers == "bf16" else self.type(which)

    @property
    @abstractmethod
    def name(self) -> str:
        """A name that tells all of it, as part of one of LLVM's."""

    @property
    @abstractmethod
    def shared(self) -> str:
        """The array that parts of the work have in common and that is brought in order once; none: ""."""

    @abstractmethod
    def steps(self, which: str) -> Numbers:
        """How far apart elements of x, w or y lie along each axis."""

    def inside(self, which: str) -> Numbers:
        """The same for the array that the kernel reads or writes, where that is not free to choose."""
        return self.steps(which)

    @abstractmethod
    def free(self, which: str) -> bool:
        """Whether the kernel chooses how the array lies."""


@dataclass(frozen=True)
class Convolution(Task):
    """ "forward", or its transpose by "input" or "kernel"; shapes have the channels first.
    `blocks`: x and y are brought into blocks of channels, else taken as they lie. `outputs`: the channels of the array
    that y is a part of, if it is one."""

    strides: Numbers
    low: Numbers
    high: Numbers
    dilation: Numbers
    channels_last: bool
    blocks: bool
    outputs: int = 0

    @property
    def name(self) -> str:
        flags = ("last" if self.channels_last else "first") + ("blocks" if self.blocks else "")
        flags += f".of{self.outputs}" if self.outputs else ""
        lists = (self.x, self.w, self.y, self.strides, self.low, self.high, self.dilation)
        return _name(f"{self.what}.{self.numbers}", lists, flags)

    @staticmethod
    def named(name: str) -> Convolution:
        """The one of that name."""
        what, numbers, *rest = name.split(".")
        x, w, y, strides, low, high, dilation = (_numbers(text) for text in rest[:7])
        outputs = int(rest[8].removeprefix("of")) if len(rest) > 8 else 0
        last, blocks = rest[7].startswith("last"), rest[7].endswith("blocks")
        return Convolution(what, x, w, y, numbers, strides, low, high, dilation, last, blocks, outputs)

    @property
    def shared(self) -> str:
        return SHARED[self.what]

    def steps(self, which: str) -> Numbers:
        shape = self.shape(which)
        if which == "y" and self.outputs:
            shape = (shape[0], self.outputs, *shape[2:])
        order = list(range(len(shape)))
        if self.channels_last and which != "w":
            order = [0, *order[2:], 1]
        return row_major(shape, order)

    def free(self, which: str) -> bool:
        return which == "w" or self.blocks


@dataclass(frozen=True)
class Product(Task):
    """Matrices x times w; `lies` are the steps of x, w and y. `alone`: w is brought in order for each x anew."""

    lies: tuple[Numbers, Numbers, Numbers]
    alone: bool

    @property
    def name(self) -> str:
        return _name(f"{PRODUCT}.{self.numbers}", (self.x, self.w, *self.lies), "alone" if self.alone else "shared")

    @staticmethod
    def named(name: str) -> Product:
        """The one of that name."""
        _, numbers, *lists, flag = name.split(".")
        x, w, *lies = (_numbers(text) for text in lists)
        return Product("forward", x, w, (x[0], w[1]), numbers, (lies[0], lies[1], lies[2]), flag == "alone")

    @property
    def shared(self) -> str:
        return "" if self.alone else "w"

    def steps(self, which: str) -> Numbers:
        return self.lies[ARRAYS.index(which)]

    def inside(self, which: str) -> Numbers:
        return row_major(self.shape(which), range(len(self.shape(which))))

    def free(self, which: str) -> bool:
        return which == "w"


def row_major(shape: Numbers, order: range | list[int]) -> Numbers:
    """The steps of an array without gaps whose axes lie in this order, the last one closest."""
    steps, step = [0] * len(shape), 1
    for axis in reversed(order):
        steps[axis], step = step, step * shape[axis]
    return tuple(steps)


def _name(head: str, lists: tuple[Numbers, ...], flags: str) -> str:
    return ".".join([head, *("x".join(map(str, numbers)) for numbers in lists), flags])


def _numbers(text: str) -> Numbers:
    return tuple(int(number) for number in text.split("x"))


def named(name: str) -> Task:
    """The task of that name."""
    return (Product if name.startswith(PRODUCT + ".") else Convolution).named(name)
