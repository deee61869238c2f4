"""`Emitter`: writes one IR function as one LLVM function.

It walks the operations in order and keeps a representation for every value (`values`). Arrays are forced into buffers
only where that is needed: when they are read more than once, by an operation that needs memory, or when a buffer they
depend on is about to be overwritten. Memory is claimed where its size is first known, outside of loops if it can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tangra.ir import Block, Op, Value
from tangra.native import nests, produced
from tangra.native.storage import Storage
from tangra.native.values import Array, Buffer, Elementwise, Scalar, Splat, Strided, Tape

DEFERRED_WEIGHT = 100
"""An expression with more nodes is written to memory, which also bounds the depth of recursion over it."""

OpWriter = Callable[["Emitter", Op], None]
OP_WRITERS: dict[str, OpWriter] = {}
"""By operation name: writes the operation and sets the representation of its results."""


def op_writer(*names: str) -> Callable[[OpWriter], OpWriter]:
    """Register the writer of operations."""

    def register(function: OpWriter) -> OpWriter:
        for name in names:
            OP_WRITERS[name] = function
        return function

    return register


class Emitter(Storage):
    """See the module's text."""

    def array(self, value: Value) -> Array:
        """The array `value`, as it is represented; a scalar counts as an array of rank 0."""
        found = self.repr(value)
        assert not isinstance(found, Tape), f"{value!r} is a tape"
        return found if isinstance(found, Array) else Splat(found.dtype, (), found.operand)

    def strided(self, value: Value) -> Strided:
        """The array `value` in memory; it is written to a buffer now if it was deferred."""
        found = self.repr(value)
        assert isinstance(found, Array), f"{value!r} is not an array"
        return found if isinstance(found, Strided) else self.force(value)

    def contiguous(self, value: Value) -> Strided:
        """The array `value` in memory in row-major order."""
        found = self.strided(value)
        if found.contiguous:
            return found
        copy = self.copy(found)
        self.represent(value, copy)
        return copy

    def force(self, value: Value, fresh: bool = False) -> Strided:
        """Write the deferred array `value` to memory: that of a dying operand if the expression allows it.

        fresh: `value` is the result of the current operation, which has no more use for its operands.
        """
        source = self.array(value)
        target = self._dying_operand(value, source, fresh) or self.allocate(source.dtype, source.shape, value)
        self.assign(target, source)
        self.represent(value, target)
        return target

    def _dying_operand(self, value: Value, source: Array, fresh: bool) -> Strided | None:
        if not isinstance(source, Elementwise) or source.awaited:
            return None
        for leaf in _leaves(source):
            if (
                leaf.contiguous
                and leaf.dtype == source.dtype
                and leaf.shape == source.shape
                and leaf.buffer.writable
                and source.aligned(leaf)
                and not self.busy(leaf.buffer, value, not fresh)
            ):
                return leaf
        return None

    def copy(self, source: Array, hint: Value | None = None) -> Strided:
        """`source` in a new buffer."""
        target = self.allocate(source.dtype, source.shape, hint)
        self.assign(target, source)
        return target

    def release_for_write(self, buffer: Buffer, but: Value | None) -> bool:
        """Whether `buffer` may be overwritten; deferred values and views of it that live on are copied out for that
        where they belong to the current block."""
        if not self.busy(buffer, but):
            return True
        wanted = [r for r in buffer.readers.values() if r is not but and self.live_after(r)]
        for reader in wanted:
            found = self.repr(reader)
            whole = isinstance(found, Strided) and found.contiguous and found.offset == 0
            if whole or self.outlives_frame(reader):
                return False
        for reader in wanted:
            found = self.repr(reader)
            assert isinstance(found, Array)
            self.represent(reader, self.copy(found))
            if id(reader) in self.frame.defined:
                buffer.readers.pop(id(reader), None)
        return True

    def writable(self, value: Value, result: Value) -> Strided:
        """Memory that holds `value` and may be overwritten after this operation: its own if nobody else wants that,
        else a copy, for `result`."""
        found = self.array(value)
        if (
            isinstance(found, Strided)
            and found.buffer.writable
            and found.injective
            and not self.live_after(value)
            and self.release_for_write(found.buffer, value)
        ):
            return found
        return self.copy(found, result)

    def write_block(self, block: Block) -> None:
        """Write all operations of the current frame's block but the terminator."""
        frame, marks = self.frame, self.module.marks
        if marks is not None:
            marks.enter(block)
        for position, op in enumerate(block.ops[:-1]):
            frame.position = position
            frame.fresh.clear()
            if marks is not None:
                marks.before(self, op)
            OP_WRITERS[op.name](self, op)
            if marks is not None:
                marks.after(op)
        frame.position = len(block.ops) - 1
        frame.fresh.clear()

    def keep(self, op: Op, result: Array) -> None:
        """Define the result of `op` as the deferred `result`; written to memory now if it is read several times."""
        value = op.result
        if not value.shape:
            self.define(value, Scalar(value.dtype, result.element(self, (), {})))
            return
        self.define(value, result)
        deferred = not isinstance(result, Strided) and not result.cheap
        if not deferred or not (id(value) in self.frame.info.last_use or self.live_after(value)):
            return
        if result.weight > DEFERRED_WEIGHT or not self._may_wait(value, result):
            self.force(value, fresh=True)

    def _may_wait(self, value: Value, result: Array) -> bool:
        """Whether the deferred `value` is computed once all the same, or as easily as it would be read."""
        block = self.frame.block
        if result.awaited:
            return self.liveness.finished(value, block)
        if self.liveness.read_once(value, block):
            return True
        if not isinstance(result, Elementwise):
            return False
        return self.liveness.meets(value, block) or (result.one_array and self.liveness.read_beside(value, block))

    def assign(self, target: Strided, source: Array) -> None:
        """Write `source` into `target`; see `nests.assign`."""
        if source.awaited:
            produced.assign(self, target, source)
        else:
            nests.assign(self, target, source)


def _leaves(array: Array) -> Iterator[Strided]:
    if isinstance(array, Strided):
        yield array
    elif isinstance(array, Elementwise):
        yield from (leaf for leaf in array.leaves if isinstance(leaf, Strided))
