"""How long a call takes, as far as that can be told beforehand."""

from __future__ import annotations

from collections.abc import Iterator

from tangra.ir import Block, Func, Op

SHORT_WORK = 20_000
"""Element operations below which a call keeps the GIL (some 20 µs; giving it up and taking it back costs more)."""


def is_short(func: Func) -> bool:
    """Whether a call does few element operations, known beforehand."""
    callees: dict[int, float] = {}
    for callee in func.callees():
        callees[id(callee)] = _work(callee.body, callees)
    return _work(func.body, callees) < SHORT_WORK


def _work(block: Block, callees: dict[int, float]) -> float:
    return sum(_work_of(op, callees) for op in block.ops)


def _work_of(op: Op, callees: dict[int, float]) -> float:
    if op.name == "loop":
        return _trips(op) * (1 + _work(op.regions[0], callees))
    if op.name == "call":
        return callees[id(op.attrs["callee"])]
    own = max([1.0, *_sizes(op)])
    if op.name in ("dot_general", "conv", "conv_input", "conv_kernel"):
        own = own * own
    elif op.defn.name in CUBIC:
        own = own**1.5
    return own + sum(_work(region, callees) for region in op.regions)


CUBIC = frozenset(
    {"cholesky", "triangular_solve", "solve", "lu", "inverse", "det", "slogdet", "eigh", "qr", "svd", "sort", "argsort"}
)


def _trips(op: Op) -> float:
    bounds = [_constant(v.defining_op) for v in op.operands[:3]] if op.attrs["counted"] else [None]
    start, stop, step = bounds if len(bounds) == 3 else (None, None, None)
    if start is None or stop is None or not step:
        return float("inf")
    return len(range(start, stop, step))


def _constant(op: Op | None) -> int | None:
    return int(op.attrs["value"]) if op is not None and op.name == "constant" else None


def _sizes(op: Op) -> Iterator[float]:
    for v in (*op.operands, *op.results):
        size = 1.0
        for n in getattr(v.type, "shape", ()):
            size *= n if isinstance(n, int) else float("inf")
        yield size
