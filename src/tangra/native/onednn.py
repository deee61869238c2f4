"""oneDNN's convolutions, if the extra `tangra[onednn]` is installed: plans that compiled code follows.

A `Plan` is a table of words: the primitives to run one after the other (reorderings into the layout that the kernel
wants and back, the convolution itself), and which memory each of them works on. oneDNN makes machine code for a
primitive once, when the plan is made; running it makes none. All memory is the caller's: primitives keep no state, so
several threads may follow one plan.

Everything runs on one thread, the caller's: how oneDNN cuts work up for several changes its sums.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from tangra.native import symbols
from tangra.native.onednn_text import ARGUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE, LIBRARY, MAJOR = "onednn-cpu-gomp", "libdnnl.so.3", 3
FUNCTION, PLAN = "call", "plan"
"""`onednn.call.f` is the library's function f to compiled code, `onednn.plan.n` the table of the plan called n."""
ALIGNMENT = 64
BASES = ("x", "w", "y", "room")
"""What a memory's place is told from: arrays of the convolution, and room to work in."""

# Constants of oneDNN's C API, version 3 (dnnl_types.h).
_CPU, _IN_ORDER, _F32, _ANY, _DIRECT, _TRAINING, _USER = 1, 1, 3, 1, 1, 64, 1
_IMPLEMENTATION, _ROOM = 8, 136
_QUERIES = {
    "forward": {"x": 129, "w": 131, "y": 133},
    "input": {"x": 130, "w": 131, "y": 134},
    "kernel": {"x": 129, "w": 132, "y": 134},
}
_ARGUMENT = {
    "forward": {"x": 1, "w": 33, "y": 17},
    "input": {"x": 129, "w": 33, "y": 145},
    "kernel": {"x": 1, "w": 161, "y": 145},
}
_FROM, _TO, _SCRATCH = 1, 17, 80
RESULT = {"forward": "y", "input": "x", "kernel": "w"}
"""What a convolution of each kind writes; it reads the other two."""
SHARED = {"forward": "w", "input": "w", "kernel": "x"}
"""What its parts have in common: parts of a batch, or, for "kernel", parts of the outputs."""
WRITTEN_FOR_CPU = ("jit", "brg")
"""How the names of oneDNN's kernels start that are written for the CPU; the others are no faster than ours."""


class Refused(Exception):
    """oneDNN has no kernel for it."""


@dataclass(frozen=True)
class Task:
    """A convolution: "forward", or its transpose by "input" or "kernel"; shapes have the channels first.
    `blocks`: x and y are brought into blocks of channels, else taken as they lie. `outputs`: the channels of the array
    that y is a part of, if it is one."""

    what: str
    x: tuple[int, ...]
    w: tuple[int, ...]
    y: tuple[int, ...]
    strides: tuple[int, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]
    dilation: tuple[int, ...]
    channels_last: bool
    blocks: bool
    outputs: int = 0

    @property
    def name(self) -> str:
        """A name that tells all of it, as part of one of LLVM's."""
        lists = (self.x, self.w, self.y, self.strides, self.low, self.high, self.dilation)
        flags = ("last" if self.channels_last else "first") + ("blocks" if self.blocks else "")
        flags += f".of{self.outputs}" if self.outputs else ""
        return ".".join([self.what, *("x".join(map(str, numbers)) for numbers in lists), flags])

    def steps(self, which: str) -> list[int]:
        """How far apart elements of x, w or y lie along each axis."""
        shape = getattr(self, which)
        if which == "y" and self.outputs:
            shape = (shape[0], self.outputs, *shape[2:])
        order = list(range(len(shape)))
        if self.channels_last and which != "w":
            order = [0, *order[2:], 1]
        steps, step = [0] * len(shape), 1
        for axis in reversed(order):
            steps[axis], step = step, step * shape[axis]
        return steps


@dataclass
class Plan:
    """See the module's text. `room`: bytes to work in."""

    name: str
    memories: list[tuple[int, int, int]] = field(default_factory=list)
    steps: list[tuple[int, list[tuple[int, int]]]] = field(default_factory=list)
    room: int = 0

    def memory(self, descriptor: int, base: str) -> int:
        """The number of a memory that starts where the base does."""
        self.memories.append((descriptor, BASES.index(base), 0))
        return len(self.memories) - 1

    def inner(self, descriptor: int) -> int:
        """The number of a memory in the room."""
        self.memories.append((descriptor, BASES.index("room"), self.room))
        self.room += -(-_size(descriptor) // ALIGNMENT) * ALIGNMENT
        return len(self.memories) - 1

    def step(self, made: int, arguments: Sequence[tuple[int, int]]) -> None:
        """Run the primitive of a description with these arguments and what it needs of the room."""
        scratch = _queried(made, _ROOM)
        self.steps.append((_handle("primitive_create", made), [*arguments, (_SCRATCH, self.inner(scratch))]))

    def reorder(self, source: tuple[int, int], target: tuple[int, int]) -> None:
        """Copy between memories, given as (descriptor, number)."""
        ends = source[0], _engine(), target[0], _engine()
        made = _handle("reorder_primitive_desc_create", *ends, _attributes())
        self.step(made, [(_FROM, source[1]), (_TO, target[1])])

    def table(self) -> ctypes.Array[ctypes.c_int64]:
        """What compiled code reads."""
        words = [_engine(), len(self.memories), len(self.steps)]
        for memory in self.memories:
            words += memory
        for primitive, arguments in self.steps:
            flat = [word for pair in arguments for word in pair]
            words += [primitive, len(arguments), *flat, *[0] * (2 * ARGUMENTS - len(flat))]
        return (ctypes.c_int64 * len(words))(*words)


@cache
def library() -> Any:
    """The library of the extra, of a version that we know; None if it is not installed or does not load here."""
    try:
        files = importlib.metadata.files(PACKAGE) or []
        found = next(str(file.locate()) for file in files if file.name == LIBRARY)
        loaded = ctypes.CDLL(found)
        loaded.dnnl_version.restype = ctypes.POINTER(ctypes.c_int)
        major = int(loaded.dnnl_version()[0])
    except (importlib.metadata.PackageNotFoundError, StopIteration, OSError, AttributeError):
        return None
    loaded.dnnl_primitive_desc_query_md.restype = ctypes.c_void_p
    loaded.dnnl_memory_desc_get_size.restype = ctypes.c_size_t
    return loaded if major == MAJOR else None


def _done(status: int) -> None:
    if status != 0:
        raise Refused(f"oneDNN's status {status}")


def _handle(function: str, *arguments: Any) -> int:
    """What a function of the library makes; addresses among the arguments are numbers."""
    made = ctypes.c_void_p()
    given = [ctypes.c_void_p(a) if isinstance(a, int) else a for a in arguments]
    _done(getattr(library(), f"dnnl_{function}")(ctypes.byref(made), *given))
    return int(made.value or 0)


def _numbers(values: Sequence[int]) -> ctypes.Array[ctypes.c_int64]:
    return (ctypes.c_int64 * 12)(*values)


@cache
def _engine() -> int:
    return _handle("engine_create", _CPU, 0)


@cache
def _attributes() -> int:
    """That the caller provides the room to work in."""
    made = _handle("primitive_attr_create")
    _done(library().dnnl_primitive_attr_set_scratchpad_mode(ctypes.c_void_p(made), _USER))
    return made


def _descriptor(shape: Sequence[int], steps: Sequence[int] | None) -> int:
    """Of an array in memory with these steps, or as the primitive would like it."""
    if steps is None:
        return _handle("memory_desc_create_with_tag", len(shape), _numbers(shape), _F32, _ANY)
    return _handle("memory_desc_create_with_strides", len(shape), _numbers(shape), _F32, _numbers(steps))


def _queried(made: int, what: int) -> int:
    return int(library().dnnl_primitive_desc_query_md(ctypes.c_void_p(made), what, 0) or 0)


def _size(descriptor: int) -> int:
    return int(library().dnnl_memory_desc_get_size(ctypes.c_void_p(descriptor)))


def _same(a: int, b: int) -> bool:
    return bool(library().dnnl_memory_desc_equal(ctypes.c_void_p(a), ctypes.c_void_p(b)))


@contextmanager
def _one_thread() -> Iterator[None]:
    """OpenMP's number of threads, which kernels are made for, is one for the calling thread."""
    before = library().omp_get_max_threads()
    library().omp_set_num_threads(1)
    try:
        yield
    finally:
        library().omp_set_num_threads(before)


def _description(task: Task) -> int:
    """oneDNN's description of the convolution, with its choice of a kernel and layouts.

    Raises Refused where it has none that is written for the CPU.
    """
    arrays = {}
    for which in BASES[:3]:
        free = which == "w" or task.blocks
        arrays[which] = _descriptor(getattr(task, which), None if free else task.steps(which))
    x, w, y = (arrays[which] for which in BASES[:3])
    window = [_numbers(n) for n in (task.strides, [d - 1 for d in task.dilation], task.low, task.high)]
    made = _handle(
        "convolution_forward_primitive_desc_create",
        *(_engine(), _TRAINING, _DIRECT, x, w, None, y, *window, _attributes()),
    )
    if task.what == "input":
        back = _engine(), _DIRECT, x, w, y, *window, made, _attributes()
        made = _handle("convolution_backward_data_primitive_desc_create", *back)
    if task.what == "kernel":
        back_w = _engine(), _DIRECT, x, w, None, y, *window, made, _attributes()
        made = _handle("convolution_backward_weights_primitive_desc_create", *back_w)
    name = ctypes.c_char_p()
    _done(library().dnnl_primitive_desc_query(ctypes.c_void_p(made), _IMPLEMENTATION, 0, ctypes.byref(name)))
    if not (name.value or b"").decode().startswith(WRITTEN_FOR_CPU):
        raise Refused(f"its kernel would be {name.value!r}")
    return made


@cache
def plans(task: Task) -> tuple[Plan, Plan] | None:
    """Two plans: of what is done once with the array that parts share (to that plan it is x, and y is where it goes),
    and of the rest, which gets that in its place. None where oneDNN has no kernel written for this CPU."""
    with _one_thread():
        try:
            return _plans(task)
        except Refused:
            return None


def _plans(task: Task) -> tuple[Plan, Plan]:
    made = _description(task)
    first, rest = Plan(task.name + ".first"), Plan(task.name + ".rest")
    numbers, after = {}, []
    for which in BASES[:3]:
        outside = _descriptor(getattr(task, which), task.steps(which))
        wanted = _queried(made, _QUERIES[task.what][which])
        if _same(outside, wanted):
            numbers[which] = rest.memory(outside, which)
        elif which == SHARED[task.what]:
            first.reorder((outside, first.memory(outside, "x")), (wanted, first.memory(wanted, "y")))
            numbers[which] = rest.memory(wanted, which)
        else:
            there, here = (outside, rest.memory(outside, which)), (wanted, rest.inner(wanted))
            numbers[which] = here[1]
            if which == RESULT[task.what]:
                after = [(here, there)]
            else:
                rest.reorder(there, here)
    rest.step(made, [(_ARGUMENT[task.what][which], numbers[which]) for which in BASES[:3]])
    for source, target in after:
        rest.reorder(source, target)
    for plan in (first, rest):
        _tables[plan.name] = plan.table()
    return first, rest


def prepared_bytes(task: Task) -> int:
    """Bytes of what the first plan leaves, 0 if there is nothing to do."""
    found = plans(task)
    assert found is not None
    return _size(found[0].memories[1][0]) if found[0].memories else 0


_tables: dict[str, ctypes.Array[ctypes.c_int64]] = {}


def address(name: str) -> int:
    """Where a function of the library, or the table of a plan of this process, is."""
    kind, what = name.split(".", 1)
    if kind == PLAN:
        return ctypes.addressof(_tables[what])
    return int(ctypes.cast(getattr(library(), what), ctypes.c_void_p).value or 0)


symbols.FAMILIES["onednn"] = address
