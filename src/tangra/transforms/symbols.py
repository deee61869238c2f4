"""Symbolic sizes of types, attributes and blocks: replaced, matched and named anew. `ir.mentions` finds them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from tangra.ir import ArrayType, Block, TapeType, Type
from tangra.shapes import Dim, Size, Symbol, substitute


def replace_symbols(item: object, sizes: Mapping[str, Size]) -> object:
    """A type, size or attribute with symbols replaced; anything without symbols is returned as it is."""
    if isinstance(item, Dim):
        return substitute(item, sizes)
    if isinstance(item, ArrayType):
        return ArrayType(item.dtype, tuple(substitute(n, sizes) for n in item.shape))
    if isinstance(item, TapeType):
        return TapeType(tuple(retyped(t, sizes) for t in item.record))
    if isinstance(item, tuple | list):
        return tuple(replace_symbols(part, sizes) for part in item)
    return item


def retyped(type: ArrayType, sizes: Mapping[str, Size]) -> ArrayType:
    """`type` with symbols replaced."""
    return ArrayType(type.dtype, tuple(substitute(n, sizes) for n in type.shape))


def retype_block(block: Block, sizes: Mapping[str, Size], names: Mapping[str, str]) -> None:
    """Replace symbols in place in all types and attributes of `block`; `bind_dim`s take the new `names`."""
    values = list(block.args)
    for op in block.ops:
        values += op.results
        if op.name == "bind_dim":
            op.attrs = {**op.attrs, "symbol": names.get(op.attrs["symbol"], op.attrs["symbol"])}
        elif op.attrs:
            op.attrs = {k: replace_symbols(a, sizes) for k, a in op.attrs.items()}
        for region in op.regions:
            retype_block(region, sizes, names)
    for v in values:
        changed = replace_symbols(v.type, sizes)
        assert isinstance(changed, ArrayType | TapeType)
        v.type = changed


def match_sizes(pattern: Type, actual: Type, sizes: dict[str, Size]) -> None:
    """Record what the symbols that are whole dims of `pattern` are in `actual`."""
    if isinstance(pattern, ArrayType) and isinstance(actual, ArrayType) and pattern.rank == actual.rank:
        for dim, size in zip(pattern.shape, actual.shape, strict=True):
            atom = dim.single_atom if isinstance(dim, Dim) else None
            if isinstance(atom, Symbol):
                sizes.setdefault(atom.name, size)


def whole_symbols(type: Type) -> set[str]:
    """The symbols that a parameter of `type` binds: those that are a dim of their own."""
    sizes: dict[str, Size] = {}
    match_sizes(type, type, sizes)
    return set(sizes)


def bound_symbols(block: Block) -> set[str]:
    """The symbols that `bind_dim`s in `block`, nested blocks included, bind."""
    return {op.attrs["symbol"] for op in block.walk() if op.name == "bind_dim"}


def fresh_symbol(taken: set[str]) -> str:
    """A name that is not in `taken`, which it joins."""
    number = next(n for n in itertools.count() if f"$s{n}" not in taken)
    taken.add(f"$s{number}")
    return f"$s{number}"
