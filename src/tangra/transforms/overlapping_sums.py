"""Sums of windows that overlap become one array written once: what the derivative of a stencil is.

The derivative of `x[:-2] + x[1:-1] + x[2:]` adds three arrays to zeros, each in a place of its own: three passes over
memory. The places' borders cut the result into cells, the same windows cover all of a cell, and each cell is the sum of
parts of these. So nothing has to be zeroed, and the largest cell, nearly all of the result, is one pass.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from tangra.ir import Func, Op, Value
from tangra.ops.common import scalar_constant
from tangra.transforms.dce import eliminate_dead_code
from tangra.transforms.rewriting import Rewriter

SMALLEST = 4096
"""Elements of a result that this pays for: every cell is code."""
MOST_CELLS = 32
MOST_OPERATIONS = 8
"""Of an array that is added, which are computed cell by cell; of more of them the array is made."""
Box = tuple[tuple[int, int], ...]
"""First place and the one after the last, by axis."""


@dataclass(frozen=True)
class _Window:
    """What is added, and where."""

    value: Value
    box: Box

    def covers(self, cell: Box) -> bool:
        return all(a <= low and high <= b for (a, b), (low, high) in zip(self.box, cell, strict=True))


def sum_overlaps(func: Func) -> bool:
    """Rewrite, in place, chains of additions to zeros at constant places. Returns whether there were any."""
    changed = _Overlaps(func).run(func)
    if changed:
        eliminate_dead_code(func)
    return changed


class _Overlaps(Rewriter):
    def __init__(self, func: Func) -> None:
        super().__init__()
        self.users: dict[int, list[Op]] = {}
        for op in func.body.walk():
            for v in op.operands:
                self.users.setdefault(id(v), []).append(op)

    def rewrite(self, op: Op) -> Sequence[Value] | None:
        if _window(op) is None or self._goes_on(op):
            return None
        windows: list[_Window] = []
        base, link = op.result, _window(op)
        while link is not None and (not windows or len(self.users.get(id(base), ())) == 1):
            windows.insert(0, link)
            made = base.defining_op
            assert made is not None
            base = made.operands[0]
            link = _window(base.defining_op)
        if len(windows) < 2 or scalar_constant(base) != 0:
            return None
        cells = _cells(base.shape, [w.box for w in windows])
        sizes = [prod(high - low for low, high in cell) for cell in cells]
        if sum(sizes) < SMALLEST or len(cells) > MOST_CELLS or 2 * max(sizes) < sum(sizes):
            return None
        return [self._written(op, cells, windows)]

    def _goes_on(self, op: Op) -> bool:
        """Whether another addition to the result follows, and nothing else reads it."""
        users = self.users.get(id(op.result), ())
        return len(users) == 1 and users[0].operands[0] is op.result and _window(users[0]) is not None

    def _written(self, op: Op, cells: Sequence[Box], windows: Sequence[_Window]) -> Value:
        type = op.result.array
        whole = self.b("empty", dtype=type.dtype, shape=type.shape)
        for cell in cells:
            sizes = tuple(high - low for low, high in cell)
            value: Value | None = None
            for window in windows:
                if window.covers(cell):
                    starts = [low - first for (low, _), (first, _) in zip(cell, window.box, strict=True)]
                    part = self._part(window.value, starts, sizes, MOST_OPERATIONS)
                    value = part if value is None else self.b("add", value, part)
            if value is None:
                value = self.b.full(self.b.const(0, type.dtype), sizes)
            places = [self.b.int(low) for low, _ in cell]
            whole = self.b("update", whole, value, *places, sizes=sizes, steps=(1,) * len(sizes))
        return whole

    def _part(self, v: Value, starts: Sequence[int], sizes: tuple[int, ...], depth: int) -> Value:
        """A part of `v`, made from parts of what `v` is made from where no element is computed twice for that, or all
        that is done again is a product with a number."""
        made = v.defining_op
        if v.shape == sizes:
            return v
        if made is not None and made.name == "broadcast" and not made.operands[0].shape:
            return self.b.full(made.operands[0], sizes)
        if made is not None and made.defn.elementwise and depth and self._worth(made):
            parts = [self._part(x, starts, sizes, depth // len(made.operands)) for x in made.operands]
            return self.b(made.name, *parts, **made.attrs)
        return self.b("index", v, *map(self.b.int, starts), sizes=sizes, steps=(1,) * len(sizes))

    def _worth(self, made: Op) -> bool:
        arrays = [x for x in made.operands if x.defining_op is None or x.defining_op.name != "broadcast"]
        return len(self.users.get(id(made.result), ())) == 1 or (made.name in ("mul", "neg") and len(arrays) == 1)


def _window(op: Op | None) -> _Window | None:
    """The addition that `op` is, if its place is known and has all axes."""
    if op is None or op.name != "accumulate" or not op.result.shape:
        return None
    _, value, *places = op.operands
    starts, sizes = [scalar_constant(p) for p in places], op.attrs["sizes"]
    known = all(s is not None for s in starts) and all(isinstance(n, int) for n in (*sizes, *op.result.shape))
    if not known or any(step != 1 for step in op.attrs["steps"]) or 0 in sizes:
        return None
    return _Window(value, tuple((int(s), int(s) + n) for s, n in zip(starts, sizes, strict=True)))


def _cells(shape: Sequence[int], boxes: Sequence[Box]) -> list[Box]:
    """The boxes that all borders of `boxes` cut an array of the shape into."""
    cuts = [sorted({0, size, *(edge for box in boxes for edge in box[k])}) for k, size in enumerate(shape)]
    return list(itertools.product(*(list(itertools.pairwise(edges)) for edges in cuts)))
