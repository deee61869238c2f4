"""Common subexpressions: an operation that was computed before, on every way here, is not computed again."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from tangra.ir import Block, Func, Op, TapeType, Value
from tangra.transforms.rewriting import Rewriter, buffer_seeds

LARGE = 4096
"""Bytes of an array constant beyond which it is compared by identity."""
NEVER_MERGED = frozenset({"empty", "undef", "call", "custom_derivative"})
REPEATABLE_CHECKS = frozenset({"check_index", "fail_if"})
"""Effects that do nothing the second time: had they failed, they would have failed the first time."""


def eliminate_common_subexpressions(func: Func) -> bool:
    """Merge in place. Returns whether anything changed."""
    return _Merge(buffer_seeds(func)).run(func)


class _Merge(Rewriter):
    def __init__(self, seeds: set[int]) -> None:
        super().__init__()
        self.seeds = seeds
        self.scopes: list[dict[Hashable, list[Value]]] = []

    def block(self, block: Block) -> None:
        self.scopes.append({})
        super().block(block)
        self.scopes.pop()

    def rewrite(self, op: Op) -> Sequence[Value] | None:
        key = self.key(op)
        if key is None:
            return None
        for scope in reversed(self.scopes):
            if key in scope:
                return scope[key]
        self.scopes[-1][key] = op.results
        return None

    def key(self, op: Op) -> Hashable | None:
        """What makes two operations the same; None for those that are never merged."""
        name, defn = op.name, op.defn
        if op.regions or defn.terminator or name in NEVER_MERGED:
            return None
        if defn.effect and name not in REPEATABLE_CHECKS:
            return None
        for r in op.results:
            if id(r) in self.seeds and not isinstance(r.type, TapeType) and r.type.shape:
                return None
        operands = [id(v) for v in op.operands]
        if name == "check_index":
            return (name, *operands)
        if name == "fail_if":
            return (name, operands[0])
        if defn.commutative:
            operands.sort()
        if not op.attrs:
            return (name, *operands)
        return (name, tuple(operands), *[(k, frozen(op.attrs[k])) for k in sorted(op.attrs)])


def frozen(attr: object) -> Hashable:
    """An attribute as a hashable key: equal exactly where the attributes mean the same."""
    if isinstance(attr, np.generic):
        return (type(attr), attr.tobytes())
    if isinstance(attr, tuple | list):
        return tuple([frozen(a) for a in attr])
    if isinstance(attr, np.ndarray):
        return (attr.dtype.str, attr.shape, attr.tobytes()) if attr.nbytes <= LARGE else id(attr)
    if isinstance(attr, dict | Func):
        return id(attr)
    return (type(attr), attr)
