"""Which axis of a loop nest runs innermost: the one along which memory is visited with the smallest strides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tangra.native.text import Operand
from tangra.native.values import Array, Elementwise, Index, Indexed, Memo, Splat, Strided

if TYPE_CHECKING:
    from tangra.native.emitter import Emitter

UNKNOWN = 1 << 20
"""What a stride known only at run time counts as: it is the size of other axes."""


def best_order(*arrays: Array) -> tuple[int, ...]:
    """The axes of arrays of one shape, the one that should run innermost last; as they are where nothing speaks for
    another order."""
    rank = len(arrays[0].shape)
    leaves = [leaf for array in arrays for leaf in _leaves(array)]
    steps = [sum(_step(leaf.strides[k]) for leaf in leaves) for k in range(rank)]
    return tuple(sorted(range(rank), key=lambda k: -steps[k] if arrays[0].shape[k] != 1 else 0))


def _step(stride: Operand) -> int:
    return abs(stride) if isinstance(stride, int) else UNKNOWN


def _leaves(array: Array) -> Iterator[Strided]:
    """The arrays in memory that are read at the index of the element."""
    if isinstance(array, Strided):
        yield array
    elif isinstance(array, Elementwise):
        yield from (leaf for leaf in array.leaves if isinstance(leaf, Strided))


def permuted(array: Array, order: Sequence[int], known: dict[Array, Array] | None = None) -> Array:
    """The array with its axes in another order. `known`: those of its parts that are there already."""
    known = {} if known is None else known
    if array not in known:
        known[array] = _permuted(array, order, known)
    return known[array]


def _permuted(array: Array, order: Sequence[int], known: dict[Array, Array]) -> Array:
    shape = tuple(array.shape[k] for k in order)
    if isinstance(array, Strided):
        return permuted_view(array, order)
    if isinstance(array, Splat):
        return type(array)(array.dtype, shape, array.operand)
    if isinstance(array, Elementwise):
        parts = [permuted(x, order, known) for x in array.operands]
        return Elementwise(array.dtype, shape, array.function, parts, array.cost)
    places = [list(order).index(k) for k in range(len(order))]

    def element(em: Emitter, index: Index, memo: Memo) -> Operand:
        return array.element(em, [index[p] for p in places], memo)

    return Indexed(array.dtype, shape, element, [array], array.cheap)


def permuted_view(array: Strided, order: Sequence[int]) -> Strided:
    """A window of memory with its axes in another order."""
    shape, strides = tuple(array.shape[k] for k in order), tuple(array.strides[k] for k in order)
    return Strided(array.buffer, array.dtype, shape, strides, array.offset, upward=array.upward)
