"""The builder of the evaluator: index checks know what arguments hold when they fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tangra.ir import Block, Builder, Op, Value
from tangra.ir.messages import index_message
from tangra.ir.opdef import OpDef
from tangra.shapes import known_le, prod

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


class CheckingBuilder(Builder):
    """Writes `check_index` as a `fail_if` where argument arrays have changed, so that they keep what they hold."""

    def __init__(self, ev: Evaluator, block: Block) -> None:
        super().__init__(block)
        self.ev = ev

    def emit(
        self,
        defn: OpDef | str,
        operands: Sequence[Value],
        attrs: dict[str, Any] | None = None,
        regions: Sequence[Block] = (),
    ) -> Op:
        """Emit an operation, and count it."""
        self.ev.emitted += 1
        return super().emit(defn, operands, attrs, regions)

    def __call__(self, name: str, *operands: Value, **attrs: Any) -> Value:
        if name == "check_index" and self.ev.written_so_far()[0]:
            return self._checked(operands[0], operands[1], attrs["axis"])
        return super().__call__(name, *operands, **attrs)

    def _checked(self, index: Value, size: Value, axis: int | None) -> Value:
        """`index` with negative ones counted from the end; fails with the first that is out of range."""
        wide = self._like(size, index)
        zero = self.filled(0, index.array)
        wrapped = self("select", self("lt", index, zero), self("add", index, wide), index)
        outside = self("or", self("lt", wrapped, zero), self("ge", wrapped, wide))
        first, failed = index, outside
        if 0 in index.shape:
            return wrapped
        if index.shape:
            flat = self("reshape", outside, shape=(self._count(index),))
            values = self("reshape", index, shape=flat.shape)
            if not known_le(1, flat.shape[0], self.ev.facts):
                flat, values = (self("pad", v, self.const(0, v.dtype), low=(0,), high=(1,)) for v in (flat, values))
            at = self("argmax", flat, axis=0)
            failed = self("reduce_or", flat, axes=(0,))
            first = self("index", values, at, sizes=(None,), steps=(1,))
        self.ev.fail_if(failed, "IndexError", index_message(axis), [first, size])
        return wrapped

    def _like(self, size: Value, index: Value) -> Value:
        return self.full(size, index.shape) if index.shape else size

    def _count(self, index: Value) -> Any:
        return prod(index.shape)
