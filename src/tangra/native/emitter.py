"""`Emitter`: writes one IR function as one LLVM function.

It walks the operations in order and keeps a representation for every value (`values`). Arrays are forced into buffers
only where that is needed: when they are read more than once, by an operation that needs memory, or when a buffer they
depend on is about to be overwritten. Memory is claimed where its size is first known, outside of loops if it can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tangra.ir import F64, I64, Block, DType, Func, Op, Value
from tangra.native import arena, nests, scalars
from tangra.native.liveness import BlockInfo, Liveness
from tangra.native.llvm_types import memory_type
from tangra.native.module import UNLIKELY, ErrorRecord, Module
from tangra.native.text import Code, Lines, Operand
from tangra.native.values import Array, Buffer, Elementwise, Repr, Scalar, Splat, Strided, Tape
from tangra.shapes import Size, fold, prod, symbols_of

STACK_BYTES = 2048
"""Arrays of static size up to this live on the stack."""
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


@dataclass(eq=False)
class Frame:
    """A block being written. `binds`: symbols bound in it, with the place in the text from which they are known;
    `slots` these places; `sizes` what was computed there; `pool` memory claimed there that may be used again; `fresh`
    what the current operation claimed."""

    block: Block
    info: BlockInfo
    loop: bool = False
    position: int = 0
    env: dict[int, Repr] = field(default_factory=dict)
    defined: set[int] = field(default_factory=set)
    binds: dict[str, tuple[Operand, int]] = field(default_factory=dict)
    sizes: dict[Size, Operand] = field(default_factory=dict)
    slots: list[Lines] = field(default_factory=list)
    pool: list[Buffer] = field(default_factory=list)
    fresh: list[Buffer] = field(default_factory=list)


class Emitter:
    """See the module's text. `fast` are the flags of floating point instructions."""

    def __init__(self, module: Module, func: Func, context: str = "%ctx") -> None:
        self.module = module
        self.func = func
        self.context = context
        self.code = Code()
        self.liveness = Liveness(func)
        self.frames: list[Frame] = []
        self.allocas: Lines = []
        self.cold: Lines = []
        self.fast = "fast " if module.options.fastmath else "contract "
        self.fast_sum = "fast " if module.options.fastmath else "reassoc contract "
        self.uses_arena = False
        self.uses_poll = False
        self.uses_failure = False
        self.parameters: dict[int, Strided] = {}
        self.hints: dict[int, Strided] = {}
        self.state_params: set[int] = set()

    # Frames and liveness

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    def push(self, block: Block, loop: bool = False) -> Frame:
        frame = Frame(block, self.liveness.info(block), loop)
        self.frames.append(frame)
        return frame

    def pop(self) -> Frame:
        return self.frames.pop()

    def live_after(self, value: Value) -> bool:
        """Whether anything may still read `value` after the current operation."""
        key = id(value)
        for frame in reversed(self.frames):
            last = frame.info.last_use.get(key, -1)
            if last > frame.position:
                return True
            if key in frame.defined:
                return False
            if frame.loop and last >= 0:
                return True
        return False

    def outlives_frame(self, value: Value) -> bool:
        """Whether `value` is defined outside of the current block and may be read after the block."""
        key = id(value)
        if key in self.frame.defined:
            return False
        if self.frame.loop and key in self.frame.info.last_use:
            return True
        for frame in reversed(self.frames[:-1]):
            last = frame.info.last_use.get(key, -1)
            if last > frame.position:
                return True
            if key in frame.defined:
                return False
            if frame.loop and last >= 0:
                return True
        return False

    # Representations

    def define(self, value: Value, repr: Repr) -> None:
        """`repr` is what `value`, defined here, is from now on."""
        self.frame.defined.add(id(value))
        self.represent(value, repr)

    def represent(self, value: Value, repr: Repr) -> None:
        """Change the representation of `value` for the current block and what is nested in it."""
        before = self.frame.env.get(id(value))
        if isinstance(before, Array) and id(value) in self.frame.defined:
            for buffer in before.reads:
                buffer.readers.pop(id(value), None)
        self.frame.env[id(value)] = repr
        if isinstance(repr, Array):
            for buffer in repr.reads:
                buffer.readers[id(value)] = value

    def repr(self, value: Value) -> Repr:
        key = id(value)
        for frame in reversed(self.frames):
            found = frame.env.get(key)
            if found is not None:
                return found
        raise KeyError(f"{value!r} has no representation yet")

    def operand(self, value: Value) -> Operand:
        """The operand of a rank-0 value."""
        found = self.repr(value)
        assert isinstance(found, Scalar), f"{value!r} is not a scalar"
        return found.operand

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
        if not isinstance(source, Elementwise):
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

    def busy(self, buffer: Buffer, but: Value | None = None, now: bool = False) -> bool:
        """Whether a value other than `but` that depends on `buffer` is still wanted, after the current operation or
        (`now`) by that."""
        dead = []
        for key, reader in buffer.readers.items():
            if reader is but:
                continue
            if self.live_after(reader) or (now and self.frame.info.last_use.get(key) == self.frame.position):
                return True
            if not any(key in frame.defined for frame in self.frames):
                dead.append(key)
        for key in dead:
            del buffer.readers[key]
        return False

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

    # Memory

    def allocate(self, dtype: DType, shape: tuple[Size, ...], hint: Value | None = None) -> Strided:
        """A buffer for an array in row-major order; for `hint` the memory of the function's result it is to end in."""
        wished = self.hints.get(id(hint)) if hint is not None else None
        if wished is not None and wished.dtype == dtype and wished.shape == shape and self._unused(wished.buffer):
            self.frame.fresh.append(wished.buffer)
            return wished
        count = prod(shape)
        size = count * dtype.itemsize
        if isinstance(size, int) and size <= STACK_BYTES:
            return self.window(self._on_stack(dtype, int(max(size, 1)) // dtype.itemsize), dtype, shape)
        home, slot = self._home(count)
        for buffer in home.pool:
            if buffer.size == size and buffer.slot is home.slots[slot] and self._unused(buffer):
                self.frame.fresh.append(buffer)
                self._check_claimed(buffer)
                return self.window(buffer, dtype, shape)
        with self.placed(home, slot):
            buffer = self._in_arena(size)
        self._check_claimed(buffer)
        buffer.slot = home.slots[slot]
        home.pool.append(buffer)
        self.frame.fresh.append(buffer)
        return self.window(buffer, dtype, shape)

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

    def _on_stack(self, dtype: DType, count: int) -> Buffer:
        name = "%" + self.code.name("a")
        self.allocas.append(f"  {name} = alloca [{max(count, 1)} x {memory_type(dtype)}], align 32")
        return Buffer(name, True)

    def _in_arena(self, size: Size) -> Buffer:
        """Claim `size` bytes of the call's arena; the pointer is null where they are not there."""
        self.uses_arena = True
        allocate = arena.define_allocate(self.module)
        return Buffer(self.code.ins(f"call ptr {allocate}(ptr {self.context}, i64 {self.size(size)})"), True, size)

    def _check_claimed(self, buffer: Buffer) -> None:
        """End in MemoryError where the arena had no room. Tested where the memory is used: it may have been claimed
        far ahead, for a branch that is not taken."""
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
                home.sizes[size] = self._write_size(size)
        return home.sizes[size]

    def _write_size(self, size: Size) -> Operand:
        code = self.code

        def intrinsic(name: str) -> Callable[[Operand, Operand], Operand]:
            def emit(a: Operand, b: Operand) -> Operand:
                self.module.declare(f"declare i64 @llvm.{name}.i64(i64, i64)")
                return code.ins(f"call i64 @llvm.{name}.i64(i64 {a}, i64 {b})")

            return emit

        def division(name: str) -> Callable[[Operand, Operand], Operand]:
            def emit(a: Operand, b: Operand) -> Operand:
                return code.ins(f"call i64 {self.module.need(name, I64)}(i64 {a}, i64 {b})")

            return emit

        return fold(
            size,
            const=lambda n: n,
            symbol=lambda name: self._symbol(name)[0],
            add=code.add,
            mul=code.mul,
            floordiv=division("floordiv"),
            mod=division("mod"),
            max=intrinsic("smax"),
            min=intrinsic("smin"),
        )

    def _symbol(self, name: str) -> tuple[Operand, int, int]:
        for depth in range(len(self.frames) - 1, -1, -1):
            bound = self.frames[depth].binds.get(name)
            if bound is not None:
                return bound[0], depth, bound[1]
        raise KeyError(f"size symbol {name} is not bound here")

    def _home(self, size: Size) -> tuple[Frame, int]:
        """The outermost place of the text where every symbol of `size` is known."""
        depth, slot = 0, 0
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
        return self.code.ins(f"getelementptr inbounds {type}, ptr {array.buffer.pointer}, i64 {place}")

    def load(self, array: Strided, place: Operand) -> Operand:
        return self.load_at(self.address(array, place), array.dtype)

    def load_at(self, pointer: str, dtype: DType) -> str:
        value = self.code.ins(f"load {memory_type(dtype)}, ptr {pointer}")
        return self.code.ins(f"trunc i8 {value} to i1") if dtype.kind == "b" else value

    def store(self, array: Strided, place: Operand, value: Operand) -> None:
        self.store_at(self.address(array, place), array.dtype, value)

    def store_at(self, pointer: str, dtype: DType, value: Operand) -> None:
        if dtype.kind == "b":
            value = self.code.ins(f"zext i1 {value} to i8")
        self.code.do(f"store {memory_type(dtype)} {value}, ptr {pointer}")

    def stack_slot(self, type: str) -> str:
        """A variable on the stack."""
        name = "%" + self.code.name("s")
        self.allocas.append(f"  {name} = alloca {type}")
        return name

    # Blocks

    def write_block(self, block: Block) -> None:
        """Write all operations of the current frame's block but the terminator."""
        frame = self.frame
        for position, op in enumerate(block.ops[:-1]):
            frame.position = position
            frame.fresh.clear()
            OP_WRITERS[op.name](self, op)
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
        if result.weight > DEFERRED_WEIGHT or not self.liveness.read_once(value, self.frame.block):
            self.force(value, fresh=True)

    def fail(self, record: ErrorRecord, payload: Sequence[tuple[DType, Operand]]) -> None:
        """End the current block by leaving the function with an error and its payload."""
        code = self.code
        number = self.module.record(record)
        code.do(f"store i64 {number}, ptr {self.context}")
        for k, (dtype, operand) in enumerate(payload):
            place = code.ins(f"getelementptr inbounds i64, ptr {self.context}, i64 {k + 1}")
            wide = operand
            if dtype.kind == "f":
                wide = scalars.write_cast(self, operand, dtype, F64)
                code.do(f"store double {wide}, ptr {place}")
            else:
                wide = operand if dtype.bits == 64 else scalars.write_cast(self, operand, dtype, I64)
                code.do(f"store i64 {wide}, ptr {place}")
        code.goto("failed")
        self.uses_failure = True

    # Nests

    def assign(self, target: Strided, source: Array) -> None:
        """Write `source` into `target`; see `nests.assign`."""
        nests.assign(self, target, source)


def _leaves(array: Array) -> Iterator[Strided]:
    if isinstance(array, Strided):
        yield array
    elif isinstance(array, Elementwise):
        for operand in array.operands:
            yield from _leaves(operand)
