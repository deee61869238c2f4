"""`Builder`: appends operations to a block, inferring result types and folding what is trivially known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tangra.ir.graph import Block, Func, Op, Span, Value
from tangra.ir.opdef import OpDef, lookup
from tangra.ir.types import BOOL, DTYPES, F64, I64, ArrayType, DType

Number = bool | int | float | np.generic


_SCALARS = {dtype: np.dtype(dtype.numpy).type for dtype in DTYPES.values()}


class _Inside:
    """While it is entered, a builder writes into a block."""

    __slots__ = ("block", "builder", "outer")

    def __init__(self, builder: Builder, block: Block) -> None:
        self.builder, self.block = builder, block

    def __enter__(self) -> Block:
        self.outer, self.builder.block = self.builder.block, self.block
        return self.block

    def __exit__(self, *raised: object) -> None:
        self.builder.block = self.outer


class Builder:
    """Emits operations at the end of `block`; `span` is given to each. `b("add", x, y)` returns the one result."""

    def __init__(self, block: Block | None = None, span: Span | None = None) -> None:
        self.block = block if block is not None else Block()
        self.span = span

    def __call__(self, name: str, *operands: Value, **attrs: Any) -> Value:
        """Emit op `name`; returns its only result (a folded value where the op's `fold` knows one)."""
        defn = lookup(name)
        if defn.fold is not None:
            folded = defn.fold(self, operands, attrs)
            if folded is not None:
                return folded
        return self.emit(defn, operands, attrs).result

    def emit(
        self,
        defn: OpDef | str,
        operands: Sequence[Value],
        attrs: dict[str, Any] | None = None,
        regions: Sequence[Block] = (),
    ) -> Op:
        """Emit an operation without folding and return it; for ops with regions, no or several results."""
        if isinstance(defn, str):
            defn = lookup(defn)
        attrs = attrs if attrs is not None else {}
        op = Op(defn, list(operands), attrs, list(regions), defn.infer(operands, attrs, regions), self.span)
        self.block.ops.append(op)
        return op

    def at(self, block: Block) -> _Inside:
        """Emit into `block` for the length of a `with`."""
        return _Inside(self, block)

    @contextmanager
    def spanned(self, span: Span | None) -> Iterator[None]:
        """Give `span` to what is emitted for the length of a `with` (None leaves the current one)."""
        outer = self.span
        self.span = span if span is not None else outer
        try:
            yield
        finally:
            self.span = outer

    def const(self, value: Number, dtype: DType) -> Value:
        """A scalar constant."""
        return self.emit("constant", [], {"value": _SCALARS[dtype](value), "dtype": dtype}).result

    def const_array(self, value: np.ndarray[Any, Any], dtype: DType) -> Value:
        """An array constant with static shape. The data is copied and made read-only."""
        data = np.array(value, dtype=dtype.numpy, order="C")
        data.setflags(write=False)
        return self.emit("constant", [], {"value": data if data.ndim else data[()], "dtype": dtype}).result

    def int(self, value: int) -> Value:
        return self.const(value, I64)

    def float(self, value: float, dtype: DType = F64) -> Value:
        return self.const(value, dtype)

    def bool(self, value: bool) -> Value:
        return self.const(value, BOOL)

    def dim(self, size: Any) -> Value:
        """A size (int or Dim) as an i64 scalar."""
        return self.int(size) if isinstance(size, int) else self.emit("dim", [], {"size": size}).result

    def full(self, value: Value, shape: tuple[Any, ...]) -> Value:
        """A scalar broadcast to `shape` (the scalar itself for rank 0)."""
        return value if not shape else self("broadcast", value, shape=shape, dims=())

    def zeros(self, type: ArrayType) -> Value:
        return self.full(self.const(0, type.dtype), type.shape)

    def filled(self, value: Number, like: ArrayType) -> Value:
        """The constant `value` in the dtype and shape of `like`."""
        return self.full(self.const(value, like.dtype), like.shape)

    def yield_(self, *values: Value) -> Op:
        return self.emit("yield", values)

    def return_(self, *values: Value) -> Op:
        return self.emit("return", values)

    def call(self, callee: Func, operands: Sequence[Value]) -> Op:
        return self.emit("call", operands, {"callee": callee})
