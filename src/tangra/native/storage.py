"""`Storage`: memory for arrays, sizes as operands, loads and stores.

Small arrays of static size live on the stack, where LLVM puts them in registers. All other memory is claimed from the
call's arena at the outermost place of the text where its size is known, once, and used again for later arrays of the
same size when nobody reads it any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tangra.ir import DType, Value
from tangra.native import arena, late_results, poison
from tangra.native.failures import ErrorRecord
from tangra.native.frames import Frame, Frames
from tangra.native.late_results import LateResult
from tangra.native.llvm_types import memory_type
from tangra.native.sizes import write_size
from tangra.native.text import UNLIKELY, Operand
from tangra.native.values import Buffer, Strided
from tangra.shapes import Size, prod, symbols_of

STACK_BYTES = 2048
"""Arrays of static size up to this live on the stack, as long as all of them together take no more than `STACK_TOTAL`;
those up to `REGISTER_BYTES` always."""
REGISTER_BYTES = 128
STACK_TOTAL = 1 << 17


class Storage(Frames):
    """See the module's text."""

    def allocate(self, dtype: DType, shape: tuple[Size, ...], hint: Value | None = None) -> Strided:
        """A buffer for an array in row-major order; for `hint` the memory of the function's result it is to end in."""
        array = self._claimed(dtype, shape, hint)
        if self.module.marks is not None:
            self.module.marks.ledger.note(self, array)
        if self.module.options.poison:
            poison.fill(self.module, self.code, array.buffer.pointer, dtype, self.size(prod(shape) * dtype.itemsize))
        return array

    def _claimed(self, dtype: DType, shape: tuple[Size, ...], hint: Value | None) -> Strided:
        wished = self.hints.get(id(hint)) if hint is not None else None
        if wished is not None and wished.dtype == dtype and wished.shape == shape and self._unused(wished.buffer):
            self.frame.fresh.append(wished.buffer)
            return wished
        late = self.late.get(id(hint)) if hint is not None else None
        if late is not None and late.fits(dtype, shape) and self._in_late(late):
            assert late.buffer is not None
            self.frame.fresh.append(late.buffer)
            return self.window(late.buffer, dtype, shape)
        count = prod(shape)
        size = count * dtype.itemsize
        if isinstance(size, int) and size <= REGISTER_BYTES:
            return self.window(self._on_stack(dtype, size), dtype, shape)
        home, slot = self._home(count, self.floor)
        for buffer in home.pool:
            if buffer.size == size and buffer.slot is home.slots[slot] and self._unused(buffer):
                self.frame.fresh.append(buffer)
                self.check_claimed(buffer)
                return self.window(buffer, dtype, shape)
        if isinstance(size, int) and size <= STACK_BYTES and self.stack_bytes + size <= STACK_TOTAL:
            self.stack_bytes += size
            buffer = self._on_stack(dtype, size)
        else:
            with self.placed(home, slot):
                buffer = self._in_arena(size)
        self.check_claimed(buffer)
        buffer.slot = home.slots[slot]
        home.pool.append(buffer)
        self.frame.fresh.append(buffer)
        return self.window(buffer, dtype, shape)

    def _in_late(self, late: LateResult) -> bool:
        """Claim the memory of a result, if that is to be had outside of loops and branches; whether it may be used."""
        if self.floor:
            return False
        if late.buffer is not None:
            free = self._unused(late.buffer)
        else:
            home, slot = self._home(prod(late.type.shape))
            free = home is self.frames[0]
            if free:
                with self.placed(home, slot):
                    pointer = late_results.claim(self, late.type)
                    self.code.do(f"store ptr {pointer}, ptr {late.variable}")
                late.buffer = Buffer(pointer, True)
        if free:
            assert late.buffer is not None
            late_results.require(self, late.buffer.pointer, late.type)
        return free

    def _unused(self, buffer: Buffer) -> bool:
        if buffer.pins or any(buffer in frame.fresh for frame in self.frames):
            return False
        return not self.busy(buffer, now=True)

    def window(self, buffer: Buffer, dtype: DType, shape: tuple[Size, ...]) -> Strided:
        """All of `buffer` as an array in row-major order."""
        strides: list[Operand] = []
        step: Size = 1
        for size in reversed(shape):
            strides.append(self.size(step))
            step = step * size
        return Strided(buffer, dtype, shape, tuple(reversed(strides)), contiguous=True)

    def _on_stack(self, dtype: DType, size: int) -> Buffer:
        name, count = "%" + self.code.name("a"), max(size // dtype.itemsize, 1)
        self.at_entry(name, f"alloca [{count} x {memory_type(dtype)}], align 32")
        return Buffer(name, True, size)

    def _in_arena(self, size: Size) -> Buffer:
        """Claim `size` bytes of the call's arena; the pointer is null where they are not there."""
        self.uses_arena = True
        allocate = arena.define_allocate(self.module)
        pointer = self.code.ins(f"call ptr {allocate}(ptr {self.context}, i64 {self.size(size)})")
        return Buffer(pointer, True, size, claimed=True)

    def check_claimed(self, buffer: Buffer) -> None:
        """End in MemoryError where the arena had no room. Tested where the memory is used: it may have been claimed
        far ahead, for a branch that is not taken."""
        if not buffer.claimed:
            return
        missing, there = self.code.name("nomem"), self.code.name("mem")
        self.code.branch(self.code.ins(f"icmp eq ptr {buffer.pointer}, null"), missing, there, UNLIKELY)
        self.code.start(missing)
        self.fail(ErrorRecord("MemoryError", "temporary arrays of compiled code exceed the memory limit", (), None), [])
        self.code.start(there)

    # Sizes

    def bind(self, symbol: str, operand: Operand) -> None:
        """`symbol` is `operand` in the rest of the current block."""
        frame = self.frame
        frame.sizes = {size: known for size, known in frame.sizes.items() if symbol not in symbols_of(size)}
        frame.slots.append(self.code.slot())
        frame.binds[symbol] = (operand, len(frame.slots) - 1)

    def size(self, size: Size) -> Operand:
        """`size` as an i64 operand."""
        if isinstance(size, int):
            return size
        home, slot = self._home(size)
        if size not in home.sizes:
            with self.placed(home, slot):
                home.sizes[size] = write_size(self.module, self.code, size, lambda name: self._symbol(name)[0])
        return home.sizes[size]

    def _symbol(self, name: str) -> tuple[Operand, int, int]:
        for depth in range(len(self.frames) - 1, -1, -1):
            bound = self.frames[depth].binds.get(name)
            if bound is not None:
                return bound[0], depth, bound[1]
        raise KeyError(f"size symbol {name} is not bound here")

    def _home(self, size: Size, floor: int = 0) -> tuple[Frame, int]:
        """The outermost place of the text, not outside of frame `floor`, where every symbol of `size` is known."""
        depth, slot = floor, 0
        for name in symbols_of(size):
            _, at, index = self._symbol(name)
            if (at, index) > (depth, slot):
                depth, slot = at, index
        return self.frames[depth], slot

    @contextmanager
    def placed(self, frame: Frame, slot: int) -> Iterator[None]:
        """Write into a place of the text."""
        code = self.code
        lines, label = code.lines, code.label
        code.lines = frame.slots[slot]
        try:
            yield
        finally:
            code.lines, code.label = lines, label

    # Loads and stores

    def address(self, array: Strided, place: Operand) -> str:
        """The address of the element `place` elements after the buffer's start."""
        if place == 0:
            return array.buffer.pointer
        type = memory_type(array.dtype)
        if array.moving is not None:
            first, moved = array.moving
            start = self.code.ins(f"getelementptr {type}, ptr {array.buffer.pointer}, i64 {first}")
            return self.code.ins(f"getelementptr nusw {type}, ptr {start}, i64 {moved}")
        return self.code.ins(f"getelementptr inbounds {type}, ptr {array.buffer.pointer}, i64 {place}")

    def load(self, array: Strided, place: Operand) -> Operand:
        return self.load_at(self.address(array, place), array.dtype)

    def load_at(self, pointer: str, dtype: DType) -> str:
        value = self.code.ins(f"load {memory_type(dtype)}, ptr {pointer}")
        return self.code.ins(f"trunc i8 {value} to i1") if dtype.kind == "b" else value

    def store(self, array: Strided, place: Operand, value: Operand) -> None:
        self.store_at(self.address(array, place), array.dtype, value)

    def store_at(self, pointer: str, dtype: DType, value: Operand, alone: bool = False) -> None:
        """Store an element. LLVM would gather bools that are stored side by side in a vector, which takes longer than
        to store them, where they come from one by one: not those stored `alone`."""
        if dtype.kind == "b":
            value = self.code.ins(f"zext i1 {value} to i8")
            if alone:
                self.code.do(f"store atomic i8 {value}, ptr {pointer} unordered, align 1")
                return
        self.code.do(f"store {memory_type(dtype)} {value}, ptr {pointer}")
