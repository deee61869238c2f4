"""Tapes of innermost counted loops: one segment for all trips of a loop's run, an array per field in it.

The number of trips is known before the loop, so room is claimed once and the loop's body has no test in it: it can be
vectorised. A segment holds the fields' arrays, the widest first, and after them the number of trips, by which the loop
that takes the segment back finds its start.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tangra.ir import ArrayType, Op, TapeType, Value
from tangra.native import polling
from tangra.native.emitter import Emitter
from tangra.native.failures import ErrorRecord
from tangra.native.llvm_types import memory_type
from tangra.native.parallel import CACHE_LINE
from tangra.native.text import UNLIKELY, Operand
from tangra.native.values import Scalar, Tape

FULL = "the values kept for the derivative exceed the memory limit of a tape; checkpoint the loop or raise tape_limit"
FEW = 8
"""Loops of so many trips are unrolled, not vectorised."""
AHEAD = 2048
"""How many bytes away from a segment memory is asked for that will be needed next, or farther if it is longer."""
MOST_FETCHED = 32
"""Cache lines that are asked for."""
OTHER_TRIPS = "a backward loop would not run as many trips as its forward loop, which is a bug in Tangra"


@dataclass(eq=False)
class SegmentedTape(Tape):
    """A tape in segments. `bases`: the fields' arrays in the segment of the loop being written; `place`: the record of
    the current trip; `few`: the loop's trips are so few that they become straight-line code."""

    record: tuple[ArrayType, ...] = ()
    bases: list[str] = field(default_factory=list)
    place: Operand = 0
    few: bool = False

    @property
    def width(self) -> int:
        """Bytes of a record."""
        return sum(t.dtype.itemsize for t in self.record)


def in_segments(em: Emitter, op: Op) -> bool:
    """Whether the tape that `op` makes is only used by counted loops, once in each, and holds scalars. The loops lie
    equally deep: an inner loop of one trip may be gone from the way forward, which the way back knows from a tape."""
    assert isinstance(op.result.type, TapeType)
    users = em.liveness.users.get(id(op.result), [])
    blocks = {id(block) for _, block in users}
    if any(t.shape for t in op.result.type.record) or len(blocks) != len(users):
        return False
    depths = set()
    for user, block in users:
        parent = em.liveness.info(block).parent
        if parent is None or not _suits(parent[0], user):
            return False
        depth = 0
        while parent is not None:
            if id(parent[1]) in blocks:
                return False
            depth += parent[0].name == "loop"
            parent = em.liveness.info(parent[1]).parent
        depths.add(depth)
    return len(depths) <= 1


def _suits(loop: Op, user: Op) -> bool:
    if loop.name != "loop" or not loop.attrs["counted"] or loop.attrs["exits"]:
        return False
    step = loop.operands[2].defining_op
    if step is None or step.name != "constant" or abs(int(step.attrs["value"])) != 1:
        return False
    return user.name == "tape_pop" or (user.name == "tape_push" and polling.is_leaf(loop.regions[0]))


@dataclass(frozen=True)
class Use:
    """A tape that a loop pushes to or pops from."""

    tape: SegmentedTape
    pushes: bool
    op: Op


def uses_of(em: Emitter, loop: Op) -> list[Use]:
    """The segmented tapes that the body of `loop` uses itself, but for those that each trip makes for itself."""
    found, made = [], {id(op.result) for op in loop.regions[0].ops if op.name == "tape_new"}
    for op in loop.regions[0].ops:
        if op.name in ("tape_push", "tape_pop") and id(op.operands[0]) not in made:
            tape = em.repr(op.operands[0])
            if isinstance(tape, SegmentedTape):
                found.append(Use(tape, op.name == "tape_push", op))
    return found


def begin(em: Emitter, use: Use, start: Operand, stop: Operand, step: int) -> None:
    """Before a loop with these bounds: claim its segment, or find the one to take back."""
    code, tape = em.code, use.tape
    low, high = (start, stop) if step > 0 else (stop, start)
    tape.few = isinstance(low, int) and isinstance(high, int) and high - low <= FEW
    runs = code.ins(f"icmp slt i64 {low}, {high}")
    distance = code.ins(f"sub i64 {high}, {low}")
    trips = code.ins(f"select i1 {runs}, i64 {distance}, i64 0")
    em.module.declare("declare { i64, i1 } @llvm.umul.with.overflow.i64(i64, i64)")
    product = code.ins(f"call {{ i64, i1 }} @llvm.umul.with.overflow.i64(i64 {trips}, i64 {tape.width})")
    size = code.ins(f"extractvalue {{ i64, i1 }} {product}, 0")
    whole = code.ins(f"and i64 {code.ins(f'add i64 {size}, 7')}, -8")
    first = _claim(em, use, product, size, whole, trips) if use.pushes else _take_back(em, use, whole, trips)
    tape.bases = []
    byte: Operand = first
    offsets: dict[int, Operand] = {}
    for k in sorted(range(len(tape.record)), key=lambda k: -tape.record[k].dtype.itemsize):
        offsets[k] = byte
        byte = code.ins(f"add i64 {byte}, {code.ins(f'mul i64 {trips}, {tape.record[k].dtype.itemsize}')}")
    tape.bases = [_address(em, tape, offsets[k]) for k in range(len(tape.record))]


def _address(em: Emitter, tape: Tape, byte: Operand) -> str:
    return em.code.ins(f"getelementptr inbounds i8, ptr {tape.buffer.pointer}, i64 {byte}")


def _claim(em: Emitter, use: Use, product: str, size: str, whole: str, trips: str) -> str:
    """The start of a new segment, after the test that it fits (the number behind it may lie in the guard pages)."""
    code, tape = em.code, use.tape
    wraps = code.ins(f"extractvalue {{ i64, i1 }} {product}, 1")
    huge = code.ins(f"icmp ugt i64 {size}, {tape.limit}")
    first = code.ins(f"load i64, ptr {tape.slot}")
    last = code.ins(f"add i64 {first}, {whole}")
    over = code.ins(f"icmp ugt i64 {last}, {tape.limit}")
    full = code.ins(f"or i1 {code.ins(f'or i1 {wraps}, {huge}')}, {over}")
    _fail_if(em, full, ErrorRecord("MemoryError", FULL, (), use.op.span))
    code.do(f"store i64 {trips}, ptr {_address(em, tape, last)}")
    code.do(f"store i64 {code.ins(f'add i64 {last}, 8')}, ptr {tape.slot}")
    _fetch(em, tape, code.add(first, _distance(em, whole)), whole, writes=1)
    return first


def _take_back(em: Emitter, use: Use, whole: str, trips: str) -> str:
    """The start of the last segment, which is off the tape from then on."""
    code, tape = em.code, use.tape
    end = code.ins(f"sub i64 {code.ins(f'load i64, ptr {tape.slot}')}, 8")
    kept = code.ins(f"load i64, ptr {_address(em, tape, end)}")
    other = code.ins(f"icmp ne i64 {kept}, {trips}")
    _fail_if(em, other, ErrorRecord("SystemError", OTHER_TRIPS, (), use.op.span))
    first = code.ins(f"sub i64 {end}, {whole}")
    code.do(f"store i64 {first}, ptr {tape.slot}")
    _fetch(em, tape, code.sub(first, _distance(em, whole)), whole, writes=0)
    return first


def _distance(em: Emitter, whole: str) -> str:
    em.module.declare("declare i64 @llvm.umax.i64(i64, i64)")
    return em.code.ins(f"call i64 @llvm.umax.i64(i64 {em.code.ins(f'add i64 {whole}, 8')}, i64 {AHEAD})")


def _fetch(em: Emitter, tape: SegmentedTape, place: Operand, whole: str, writes: int) -> None:
    """Ask for the cache lines of a segment that comes soon, from `place` on. Tapes are read backwards, segment by
    segment, and each segment forwards, which the processor doesn't foresee: of a tape larger than the caches it would
    wait for every segment. A place that is not on the tape does no harm."""
    if tape.few:
        return
    code = em.code
    em.module.declare("declare void @llvm.prefetch.p0(ptr, i32, i32, i32)")
    em.module.declare("declare i64 @llvm.umin.i64(i64, i64)")
    more = code.ins(f"call i64 @llvm.umin.i64(i64 {code.ins(f'lshr i64 {whole}, 6')}, i64 {MOST_FETCHED - 1})")

    def fetch(line: str, _: list[str]) -> list[str]:
        byte = code.add(place, code.mul(line, CACHE_LINE))
        address = code.ins(f"getelementptr i8, ptr {tape.buffer.pointer}, i64 {byte}")
        code.do(f"call void @llvm.prefetch.p0(ptr {address}, i32 {writes}, i32 3, i32 1)")
        return []

    code.counted(code.add(more, 1), [], fetch)


def _fail_if(em: Emitter, condition: str, record: ErrorRecord) -> None:
    code = em.code
    bad, go = code.name("full"), code.name("room")
    code.branch(condition, bad, go, UNLIKELY)
    outer, code.lines = code.lines, []
    em.cold.append(code.lines)
    code.start(bad)
    em.fail(record, [])
    code.lines = outer
    code.start(go)


def enter_trip(em: Emitter, use: Use, index: Operand, start: Operand, stop: Operand, step: int, turned: bool) -> None:
    """At the start of a trip: which record it has. Records are taken back in the opposite order, unless the loop was
    turned round."""
    code = em.code
    if use.pushes or turned:
        use.tape.place = code.sub(index, start) if step > 0 else code.sub(start, index)
    elif step > 0:
        use.tape.place = code.sub(code.sub(stop, 1), index)
    else:
        use.tape.place = code.sub(code.sub(index, stop), 1)


def push(em: Emitter, tape: SegmentedTape, values: list[Value]) -> None:
    """Store the record of the current trip."""
    for v, base in zip(values, tape.bases, strict=True):
        em.store_at(_element(em, v, base, tape.place), v.dtype, em.operand(v), alone=tape.few)


def pop(em: Emitter, tape: SegmentedTape, results: list[Value]) -> None:
    """Load the record of the current trip."""
    for v, base in zip(results, tape.bases, strict=True):
        em.define(v, Scalar(v.dtype, em.load_at(_element(em, v, base, tape.place), v.dtype)))


def _element(em: Emitter, v: Value, base: str, place: Operand) -> str:
    return em.code.ins(f"getelementptr inbounds {memory_type(v.dtype)}, ptr {base}, i64 {place}")
