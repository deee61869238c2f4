"""`Frames`: the state of a function under construction, and what is live and known in the block being written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tangra.ir import F64, I64, Block, DType, Func, Value
from tangra.native import arena, scalars
from tangra.native.failures import ErrorRecord
from tangra.native.late_results import LateResult
from tangra.native.liveness import BlockInfo, Liveness
from tangra.native.module import Module
from tangra.native.text import Code, Lines, Operand
from tangra.native.values import Array, Buffer, Repr, Scalar, Strided
from tangra.shapes import Size


@dataclass(eq=False)
class Frame:
    """A block being written. `binds`: symbols bound in it, with the place in the text from which they are known;
    `slots` these places; `sizes` what was computed there; `pool` memory claimed there that may be used again; `fresh`
    what the current operation claimed; `angles`: sine and cosine of values, where they were computed together; `first`:
    the counter in the first trip, in the body of an innermost counted loop."""

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
    angles: dict[int, str] = field(default_factory=dict)
    first: Operand | None = None


class Frames:
    """The state of one LLVM function under construction.

    `late` is the memory of results whose size is not known before the call, by the values to be kept there;
    `fast` are the flags of floating point instructions; `parameters` the memory of array parameters, `hints` that of
    results by the values to be kept there; `proven` the index checks that are known to pass where code is written now;
    `sums` the additions to totals that nothing else of their loops reads, which may be done in another order;
    `floor` the number of frames outside of the region that is being written, which don't share their memory with it;
    `pairing`: loops that share tapes may run in chunks; `pairs` what is known of such, see `slices`;
    `recurring` the operations that a following trip waits for; `latencies` of operations as far as asked for;
    `backward`: in the backward part of a derivative, where several quotients by one divisor may share its reciprocal;
    `main`: the function is the one that Python calls.
    """

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
        self.proven: set[int] = set()
        self.sums: set[int] = set()
        self.recurring: set[int] = set()
        self.latencies: dict[int, int] = {}
        self.backward = False
        self.main = False
        self.uses_arena = False
        self.stack_bytes = 0
        self.floor = 0
        self.pairing = True
        self.pairs: dict[int, object] = {}
        self.uses_poll = False
        self.uses_failure = False
        self.parameters: dict[int, Strided] = {}
        self.hints: dict[int, Strided] = {}
        self.late: dict[int, LateResult] = {}
        self.state_params: set[int] = set()

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    @property
    def runs_once(self) -> bool:
        """Whether what is written now runs once in a call of the program."""
        return self.main and not any(frame.loop for frame in self.frames)

    def push(self, block: Block, loop: bool = False) -> Frame:
        frame = Frame(block, self.liveness.info(block), loop)
        self.frames.append(frame)
        return frame

    def pop(self) -> Frame:
        return self.frames.pop()

    def forget(self, frame: Frame) -> None:
        """The values of a block that is written for good depend on no buffer any more."""
        for key in frame.defined:
            known = frame.env.get(key)
            for buffer in known.reads if isinstance(known, Array) else ():
                buffer.readers.pop(key, None)

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

    def at_entry(self, name: str, text: str) -> str:
        """An instruction at the function's start, which makes the value `name`."""
        self.allocas.append(f"  {name} = {text}")
        self.code.made[name] = text
        return name

    def variable(self, type: str) -> str:
        """The address of a variable on the stack."""
        return self.at_entry("%" + self.code.name("s"), f"alloca {type}")

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

    def busy(self, buffer: Buffer, but: Value | None = None, now: bool = False) -> bool:
        """Whether a value other than `but` that depends on `buffer` is still wanted, after the current operation or
        (`now`) by that."""
        dead = []
        for key, reader in buffer.readers.items():
            if reader is but:
                continue
            if self.live_after(reader) or (now and self.frame.info.last_use.get(key) == self.frame.position):
                return True
            if key in self.frame.defined or not any(key in frame.defined for frame in self.frames[:-1]):
                dead.append(key)  # a value of an outer block may be wanted by the other arm of an `if`
        for key in dead:
            del buffer.readers[key]
        return False

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

    def fail(self, record: ErrorRecord, payload: Sequence[tuple[DType, Operand]]) -> None:
        """End the current block by leaving the function with an error and its payload."""
        assert len(payload) <= arena.MAX_PAYLOAD
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
