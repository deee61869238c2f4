"""Sizes: symbols that stand for a known size are replaced by it, sizes that are values already are read from there.

A `bind_dim` of a constant makes types static; one of a value that has a symbol already makes the second an alias.
"""

from __future__ import annotations

from collections.abc import Sequence

from tangra.ir import Block, Func, Op, Value
from tangra.shapes import Dim, Size, Symbol, substitute, symbol, symbols_of
from tangra.transforms.folding import scalar_constant
from tangra.transforms.rewriting import Rewriter
from tangra.transforms.symbols import retype_block


def resolve_sizes(func: Func) -> bool:
    """Replace in place. Returns whether anything changed."""
    counts: dict[str, int] = {}
    for op in func.body.walk():
        if op.name == "bind_dim":
            counts[op.attrs["symbol"]] = counts.get(op.attrs["symbol"], 0) + 1
    if not counts:
        return False
    rewriter = _Sizes({name for name, count in counts.items() if count == 1})
    changed = rewriter.run(func)
    if rewriter.known:
        retype_block(func.body, rewriter.known, {})
    return changed


class _Sizes(Rewriter):
    def __init__(self, unique: set[str]) -> None:
        super().__init__()
        self.unique = unique
        self.known: dict[str, Size] = {}
        self.named: list[dict[int, str]] = []
        self.values: list[dict[str, Value]] = []

    def block(self, block: Block) -> None:
        self.named.append({})
        self.values.append({})
        super().block(block)
        self.named.pop()
        self.values.pop()

    def rewrite(self, op: Op) -> Sequence[Value] | None:
        if op.name == "bind_dim":
            return self.bind(op)
        if op.name == "dim":
            return self.read(op.attrs["size"])
        return None

    def bind(self, op: Op) -> Sequence[Value] | None:
        name, v = op.attrs["symbol"], op.operands[0]
        size = self.size_of(v)
        if size is not None and name in self.unique:
            size = substitute(size, self.known)
            if name not in symbols_of(size):
                self.known[name] = size
                return []
        self.named[-1].setdefault(id(v), name)
        self.values[-1].setdefault(name, v)
        return None

    def size_of(self, v: Value) -> Size | None:
        """The size that `v` is known to be."""
        constant = scalar_constant(v)
        if constant is not None:
            return int(constant) if int(constant) >= 0 else None
        for scope in reversed(self.named):
            if id(v) in scope:
                return symbol(scope[id(v)])
        op = v.defining_op
        if op is not None and op.name == "dim":
            size: Size = op.attrs["size"]
            return size
        return None

    def read(self, size: Size) -> Sequence[Value] | None:
        """The value that was bound to a symbol."""
        atom = size.single_atom if isinstance(size, Dim) else None
        if isinstance(atom, Symbol):
            for scope in reversed(self.values):
                if atom.name in scope:
                    return [scope[atom.name]]
        return None
