"""Which symbolic sizes types, attributes and blocks mention."""

from __future__ import annotations

from tangra.ir import ArrayType, Block, TapeType
from tangra.shapes import Dim, symbols_of


def symbols_of_type(item: object) -> set[str]:
    """The symbols in a type, a size, or a (nested) tuple of these; none for anything else."""
    if isinstance(item, Dim):
        return set(symbols_of(item))
    if isinstance(item, ArrayType):
        return symbols_of_type(item.shape)
    if isinstance(item, TapeType):
        return symbols_of_type(item.record)
    if isinstance(item, tuple | list):
        return set().union(*(symbols_of_type(part) for part in item))
    return set()


def symbols_of_block(block: Block) -> set[str]:
    """All symbols that the types and attributes in `block`, nested blocks included, mention."""
    found = symbols_of_type([a.type for a in block.args])
    for op in block.ops:
        found |= symbols_of_type([v.type for v in (*op.operands, *op.results)])
        found |= symbols_of_type(list(op.attrs.values()))
        for region in op.regions:
            found |= symbols_of_block(region)
    return found
