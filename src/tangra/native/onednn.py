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
from tangra.native.onednn_tasks import ARRAYS, RESULT, Convolution, Task, named
from tangra.native.onednn_text import ARGUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE, LIBRARY, MAJOR = "onednn-cpu-gomp", "libdnnl.so.3", 3
FAMILY, FUNCTION, PLAN = "onednn", "call", "plan"
"""`onednn.call.f` is the library's function f to compiled code, `onednn.plan.n` the table of the plan called n."""
ALIGNMENT = 64
WRITTEN_FOR_CPU = ("jit", "brg")
"""How the names of oneDNN's kernels start that are written for the CPU; the others are no faster than ours."""
INSTRUCTIONS = {"f32": ("",), "bf16": ("bf16", "amx"), "i8": ("vnni", "amx"), "u8": ("vnni", "amx")}
"""What is in the names of those that use the CPU's own instructions for such numbers. Others take no less time than
float32, and those for bytes without such instructions let sums of two products saturate."""
BASES = (*ARRAYS, "room")
"""What a memory's place is told from: arrays of the convolution, and room to work in."""

# Constants of oneDNN's C API, version 3 (dnnl_types.h).
_CPU, _IN_ORDER, _ANY, _DIRECT, _TRAINING, _USER = 1, 1, 1, 1, 64, 1
_IMPLEMENTATION, _ROOM = 8, 136
_TYPES = {"bf16": 2, "f32": 3, "i32": 4, "i8": 5, "u8": 6}
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


class Refused(Exception):
    """oneDNN has no kernel for it."""


@dataclass
class Plan:
    """See the module's text. `room`: bytes to work in."""

    task: str
    part: str
    memories: list[tuple[int, int, int]] = field(default_factory=list)
    steps: list[tuple[int, list[tuple[int, int]]]] = field(default_factory=list)
    room: int = 0

    @property
    def name(self) -> str:
        """Tells the task and the room; see `address`."""
        size = _size(self.memories[1][0]) if self.part == "first" and self.memories else 0
        return f"{self.task}.{self.part}.{self.room + size}"

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


def _descriptor(shape: Sequence[int], type: str, steps: Sequence[int] | None) -> int:
    """Of an array of a type in memory with these steps, or as the primitive would like it."""
    if steps is None:
        return _handle("memory_desc_create_with_tag", len(shape), _numbers(shape), _TYPES[type], _ANY)
    return _handle("memory_desc_create_with_strides", len(shape), _numbers(shape), _TYPES[type], _numbers(steps))


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
    """oneDNN's description of the task, with its choice of a kernel and layouts.

    Raises Refused where it has none that is written for the CPU and its instructions for such numbers.
    """
    arrays = {
        which: _descriptor(task.shape(which), task.type(which), None if task.free(which) else task.inside(which))
        for which in ARRAYS
    }
    made = _convolution(task, arrays) if isinstance(task, Convolution) else _product(arrays)
    name = ctypes.c_char_p()
    _done(library().dnnl_primitive_desc_query(ctypes.c_void_p(made), _IMPLEMENTATION, 0, ctypes.byref(name)))
    kernel = (name.value or b"").decode()
    if not kernel.startswith(WRITTEN_FOR_CPU) or not any(part in kernel for part in INSTRUCTIONS[task.numbers]):
        raise Refused(f"its kernel would be {kernel}")
    return made


def _product(arrays: dict[str, int]) -> int:
    x, w, y = (arrays[which] for which in ARRAYS)
    return _handle("matmul_primitive_desc_create", _engine(), x, w, None, y, _attributes())


def _convolution(task: Convolution, arrays: dict[str, int]) -> int:
    """A backward one is described with a forward one as a hint, whose arrays all have the factors' type."""
    window = [_numbers(n) for n in (task.strides, [d - 1 for d in task.dilation], task.low, task.high)]
    hints = dict(arrays)
    if task.what != "forward" and task.numbers != "f32":
        of = RESULT[task.what]
        hints[of] = _descriptor(task.shape(of), task.type("y"), None if task.free(of) else task.inside(of))
    x, w, y = (hints[which] for which in ARRAYS)
    made = _handle(
        "convolution_forward_primitive_desc_create",
        *(_engine(), _TRAINING, _DIRECT, x, w, None, y, *window, _attributes()),
    )
    x, w, y = (arrays[which] for which in ARRAYS)
    if task.what == "input":
        back = _engine(), _DIRECT, x, w, y, *window, made, _attributes()
        made = _handle("convolution_backward_data_primitive_desc_create", *back)
    if task.what == "kernel":
        back_w = _engine(), _DIRECT, x, w, None, y, *window, made, _attributes()
        made = _handle("convolution_backward_weights_primitive_desc_create", *back_w)
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
    first, rest = Plan(task.name, "first"), Plan(task.name, "rest")
    numbers, after = {}, []
    for which in ARRAYS:
        outside = _descriptor(task.shape(which), task.outside_type(which), task.steps(which))
        wanted = _queried(made, _QUERIES[task.what][which])
        if _same(outside, wanted):
            numbers[which] = rest.memory(outside, which)
        elif which == task.shared:
            first.reorder((outside, first.memory(outside, "x")), (wanted, first.memory(wanted, "y")))
            numbers[which] = rest.memory(wanted, which)
        else:
            there, here = (outside, rest.memory(outside, which)), (wanted, rest.inner(wanted))
            numbers[which] = here[1]
            if which == RESULT[task.what]:
                after = [(here, there)]
            else:
                rest.reorder(there, here)
    rest.step(made, [(_ARGUMENT[task.what][which], numbers[which]) for which in ARRAYS])
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
    """Where a function of the library is, or the table of a plan. Plans are made anew in processes that find code for
    them on disk; KeyError if what comes out has not the same name, which tells how much room it takes."""
    kind, what = name.split(".", 1)
    if kind == PLAN:
        if what not in _tables:
            plans(named(what.rsplit(".", 2)[0]))
        return ctypes.addressof(_tables[what])
    return int(ctypes.cast(getattr(library(), what), ctypes.c_void_p).value or 0)


def there(name: str) -> bool:
    """Whether this process has what stands behind a symbol, if that is one of ours."""
    if not name.startswith(f"{FAMILY}.{PLAN}."):
        return True
    try:
        return address(name.removeprefix(FAMILY + ".")) != 0
    except (KeyError, ValueError):
        return False


@cache
def identity() -> str:
    """The library's version, as far as compiled code depends on it."""
    found = library()
    if found is None:
        return "no oneDNN"
    version = found.dnnl_version()
    return "oneDNN " + ".".join(str(version[k]) for k in range(3))


symbols.FAMILIES[FAMILY] = address
