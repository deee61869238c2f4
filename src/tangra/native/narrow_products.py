"""Products of matrices of narrow numbers by oneDNN (`onednn`), where it has kernels for this CPU's instructions.

A large product is computed in equal parts of its rows, which run in threads; how many depends on the sizes only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tangra.ir import F32, I32, Op, Value
from tangra.native import narrow, nests, onednn, onednn_calls
from tangra.native.emitter import Emitter
from tangra.native.matrices import Matrix, matrix, place
from tangra.native.onednn_tasks import Product
from tangra.native.plain_products import Roles
from tangra.native.text import Operand
from tangra.native.values import Done, Index, Memo, Produced, Strided
from tangra.shapes import prod

LEAST_WORK, FEWEST = 1 << 20, 8
"""Products of fewer terms in all, or with a side of fewer elements, are ours."""
PART_ROWS, PART_WORK = 128, 1 << 23
"""A part has so many rows, and products of terms, at least."""


def write(em: Emitter, op: Op, rx: Roles, ry: Roles) -> bool:
    """Write the `dot_general` if it is one for these kernels."""
    x, y = op.operands
    terms = prod(x.shape[k] for k in rx.contract)
    sizes = prod(x.shape[k] for k in rx.free), prod(y.shape[k] for k in ry.free), terms
    batch = prod(x.shape[k] for k in rx.batch)
    if not all(isinstance(n, int) and n >= FEWEST for n in sizes) or not isinstance(batch, int) or not batch:
        return False
    m, n, k = (int(size) for size in sizes if isinstance(size, int))
    numbers = narrow.numbers(em, op, terms) if m * n * k >= LEAST_WORK else ""
    if not numbers:
        return False
    parts = 1 if rx.batch else _parts(m, m * n * k)
    if not onednn_calls.possible(em, _task(numbers, (m // parts, n, k), ((k, 1), (n, 1)), bool(rx.batch))):
        return False
    left = _matrix(em, x, rx, rx.free, rx.contract)
    right = _matrix(em, y, ry, ry.contract, ry.free)
    lies = tuple((1, int(side.ld)) if side.transposed else (int(side.ld), 1) for side in (left, right))
    task = _task(numbers, (m // parts, n, k), lies, bool(rx.batch))
    if onednn.plans(task) is None:
        return False
    product = _Product(task, left, right, parts, len(rx.free) == 1)
    if numbers == "bf16":
        em.keep(op, Produced(F32, op.result.shape, product.write, [left.source, right.source]))
    else:
        sums = em.allocate(I32, op.result.shape)
        product.write(em, sums, None)
        narrow.keep_sums(em, op, sums)
    return True


def _parts(rows: int, work: int) -> int:
    """Equal parts of the rows that are large enough, at most sixteen."""
    most = min(16, rows // PART_ROWS, work // PART_WORK)
    return next((count for count in range(most, 1, -1) if rows % count == 0), 1)


def _task(numbers: str, sizes: tuple[int, int, int], lies: Any, alone: bool) -> Product:
    m, n, k = sizes
    return Product("forward", (m, k), (k, n), (m, n), numbers, (*lies, (n, 1)), alone)


def _matrix(em: Emitter, value: Value, roles: Roles, rows: tuple[int, ...], columns: tuple[int, ...]) -> Matrix:
    """The operand as it was before it was rounded or converted, as matrices whose rows lie apart by a known number."""
    source = narrow.source(em, value)
    array = source if isinstance(source, Strided) else em.copy(source)
    found = matrix(em, array, roles, rows, columns)
    return found if isinstance(found.ld, int) else matrix(em, em.copy(array), roles, rows, columns)


@dataclass(frozen=True)
class _Product:
    """What is to be written. `rows`: the first axis of the result, if it has no batch axes, is that of its rows."""

    task: Product
    left: Matrix
    right: Matrix
    parts: int
    rows: bool

    def write(self, em: Emitter, target: Strided, done: Done | None) -> bool:
        """See `Produced`."""
        lead = len(self.left.batch_strides)
        height, width = self.task.y
        work = height * width * self.task.x[1]
        known = onednn.plans(self.task)
        assert known is not None
        if lead:

            def one(index: Index, memo: Memo) -> None:
                out = target.place(em, [*index, *[0] * (len(target.shape) - lead)])
                places = {"x": place(em, self.left, index), "w": place(em, self.right, index), "y": out}
                onednn_calls.run(em, known[1], self._arrays(target), places)

            nests.visit(em, target.shape[:lead], one, 1000, range(lead), work)
            return False
        kernel = onednn_calls.prepared(em, self.task, self.right.source)
        down = 1 if self.left.transposed else self.left.ld

        def part(index: Operand) -> None:
            first = em.code.mul(index, height)
            places = {
                "x": em.code.add(self.left.source.offset, em.code.mul(first, down)),
                "y": em.code.add(target.offset, em.code.mul(first, width)),
            }
            onednn_calls.run(em, known[1], {**self._arrays(target), "w": kernel}, places)
            if done is not None and self.rows:
                done(first, em.code.add(first, height))

        nests.share_out(em, self.parts, work, lambda: part)
        return self.rows

    def _arrays(self, target: Strided) -> dict[str, Strided]:
        return {"x": self.left.source, "w": self.right.source, "y": target}
