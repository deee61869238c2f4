"""Which symbolic sizes types, attributes and blocks mention."""

from __future__ import annotations

from functools import lru_cache

from tangra.ir.graph import Block, Op
from tangra.ir.types import ArrayType, TapeType
from tangra.shapes import Dim, Size, symbols_of

REMEMBERED = 1 << 14
"""Shapes of which the symbols are remembered: passes ask for the same ones over and over."""
NONE: frozenset[str] = frozenset()


def symbols_of_type(item: object) -> set[str]:
    """The symbols in a type, a size, or a (nested) tuple of these; none for anything else."""
    found: set[str] = set()
    _collect(item, found)
    return found


def symbols_of_block(block: Block) -> set[str]:
    """All symbols that the types and attributes in `block`, nested blocks included, mention."""
    found: set[str] = set()
    _collect_block(block, found)
    return found


def symbols_of_op(op: Op) -> set[str]:
    """All symbols that the types and attributes of an operation, its blocks included, mention."""
    found: set[str] = set()
    _collect_op(op, found)
    return found


def symbols_made_in(block: Block) -> set[str]:
    """The symbols that what is made in a block mentions in types and attributes; to bind one is not to mention it."""
    found: set[str] = set()
    for op in block.walk():
        for v in op.results:
            _collect(v.type, found)
        for region in op.regions:
            for arg in region.args:
                _collect(arg.type, found)
        for attr in op.attrs.values():
            _collect(attr, found)
    return found


@lru_cache(REMEMBERED)
def _of_shape(shape: tuple[Size, ...]) -> frozenset[str]:
    return NONE.union(*(symbols_of(size) for size in shape))


def _collect(item: object, found: set[str]) -> None:
    if isinstance(item, ArrayType):
        if item.shape:
            found |= _of_shape(item.shape)
    elif isinstance(item, tuple | list):
        for part in item:
            _collect(part, found)
    elif isinstance(item, Dim):
        found |= symbols_of(item)
    elif isinstance(item, TapeType):
        _collect(item.record, found)


def _collect_block(block: Block, found: set[str]) -> None:
    for arg in block.args:
        _collect(arg.type, found)
    for op in block.ops:
        _collect_op(op, found)


def _collect_op(op: Op, found: set[str]) -> None:
    for v in op.operands:
        _collect(v.type, found)
    for v in op.results:
        _collect(v.type, found)
    for attr in op.attrs.values():
        _collect(attr, found)
    for region in op.regions:
        _collect_block(region, found)
