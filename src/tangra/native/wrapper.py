"""`Wrapper`: the function through which Python calls compiled code, `ptr (state, args, nargs, kwnames)`.

It is written for one form of a call: a planner (see `tangra.core.serving`) has it test the arguments and what is
captured, read the leaves, call the compiled function and put the result together. It returns a new reference, null with
an exception set, or `pycode.MISS` where a test failed, before anything has happened.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from tangra.ir import ArrayType, DType, Func
from tangra.native import arena, duration, pyapi, workspaces
from tangra.native.dispatch import Entry
from tangra.native.emit_function import Signature, whole_symbol
from tangra.native.engine import Loaded
from tangra.native.entries import changed_parameters
from tangra.native.llvm_types import memory_type, register_type
from tangra.native.module import UNLIKELY, Module
from tangra.native.pycode import Address, PyCode
from tangra.native.sizes import write_size
from tangra.native.text import Operand
from tangra.shapes import Size

NAME = "tg.call"
PLAIN = "nounwind noinline optnone"
"""A wrapper does each thing once: optimising it takes longer than all else and gains nothing measurable."""


class NoShortWay(Exception):
    """A call that has to be served the careful way."""


@dataclass
class ArrayRef:
    """An array object that passed the tests of its class, dtype and shape."""

    obj: str
    type: ArrayType
    data: str
    dims: tuple[Operand, ...]


class Planner(Protocol):
    """What one form of a call needs."""

    def write(self, w: Wrapper, uses_arena: bool, tapes: int) -> None:
        """Have `w` write the wrapper; NoShortWay where there is none."""

    def fail(self, address: int) -> Any:
        """Raise the exception that the context at `address` tells of."""

    def finish(self, results: tuple[Any, ...], /, *args: Any, **kwargs: Any) -> Any:
        """Build a result that takes more than wrappers do, from all native results and the arguments."""


def wrap(module: Module, sig: Signature, func: Func, planner: Planner) -> Wrapper | None:
    """Write the wrapper of `func` into its module; None where there is none."""
    made = Wrapper(module, sig, duration.is_short(func), planner)
    try:
        planner.write(made, module.has("@tg.allocate"), module.tapes)
    except NoShortWay:
        return None
    module.functions.append(made.text(f"define ptr @{NAME}(ptr %state, ptr %args, i64 %nargs, ptr %kwnames) {PLAIN}"))
    return made


class Wrapper(PyCode):
    """Writes one wrapper. `short`: the call takes so little time that it keeps the GIL."""

    def __init__(self, module: Module, sig: Signature, short: bool, planner: Planner) -> None:
        super().__init__(module)
        self.sig = sig
        self.short = short
        self.planner = planner
        self.changed = changed_parameters(module, sig)
        self.positional = self.arguments = 0
        self.symbols: dict[str, Operand] = {}
        self.arrays: dict[str, ArrayRef] = {}
        self.parameters: dict[int, str] = {}
        self.memory: dict[int, ArrayRef] = {}
        self.zero_rank: dict[int, ArrayRef] = {}
        self.slots: dict[int, str] = {}
        self.results: dict[int, str] = {}

    def entry(self, loaded: Loaded) -> Entry:
        """The wrapper as loaded: with its constants."""
        words = [c.value if isinstance(c, Address) else id(c) for c in self.constants]
        state = (ctypes.c_int64 * max(len(words), 1))(*words)
        keep = (state, self.constants, loaded)
        return Entry(loaded.addresses[NAME], ctypes.addressof(state), self.positional, keep)

    # ---- arguments ---------------------------------------------------------------------------------------------------
    def names(self, positional: int, names: tuple[str, ...]) -> None:
        """The call gives so many positional arguments, and exactly these keyword arguments in this order."""
        self.positional = positional
        self.arguments = positional + len(names)
        if not names:
            self.require(self.same("%kwnames", "null"))
            return
        self.require(self.code.ins("icmp ne ptr %kwnames, null"))
        size = self.api("PyTuple_Size", "i64 (ptr)", "ptr %kwnames")
        self.require(self.code.ins(f"icmp eq i64 {size}, {len(names)}"))
        for k, name in enumerate(names):
            given = self.api("PyTuple_GetItem", "ptr (ptr, i64)", "ptr %kwnames", f"i64 {k}")
            self.require_is(given, name)

    def argument(self, k: int) -> str:
        """Argument `k`, keyword arguments after the others."""
        place = self.code.ins(f"getelementptr inbounds ptr, ptr %args, i64 {k}")
        return self.code.ins(f"load ptr, ptr {place}")

    # ---- numbers -----------------------------------------------------------------------------------------------------
    def float_bits(self, obj: str, value: float) -> None:
        """The float `obj` is bit by bit `value`, which is no NaN."""
        bits = int(np.float64(value).view(np.int64))
        self.require(self.code.ins(f"icmp eq i64 {self.field(obj, pyapi.NUMBER, 'i64')}, {bits}"))

    def number(self, param: int, obj: str, python: bool) -> None:
        """Parameter `param` is the value of `obj`, a number of known class."""
        dtype = self.sig.params[param].dtype
        if python and dtype.kind == "i":
            self.parameters[param] = self._python_int(obj)
            return
        if python and dtype.kind == "b":
            self.parameters[param] = self.same(obj, self.constant(True))
            return
        self.parameters[param] = self._loaded(self.field(obj, pyapi.NUMBER, memory_type(dtype)), dtype)

    def _loaded(self, value: str, dtype: DType) -> str:
        return self.code.ins(f"icmp ne i8 {value}, 0") if dtype.kind == "b" else value

    def _python_int(self, obj: str) -> str:
        over = self.alloca("i32")
        value = self.api("PyLong_AsLongLongAndOverflow", "i64 (ptr, ptr)", f"ptr {obj}", f"ptr {over}")
        self.require(self.code.ins(f"icmp eq i32 {self.code.ins(f'load i32, ptr {over}')}, 0"))
        return value

    def positive(self, param: int, expected: bool) -> None:
        """Whether the int of parameter `param` is positive."""
        self.require(self.code.ins(f"icmp {'sgt' if expected else 'sle'} i64 {self.parameters[param]}, 0"))

    # ---- arrays ------------------------------------------------------------------------------------------------------
    def array(self, obj: str, type: ArrayType, min_dim: int) -> None:
        """`obj` is an array of this type in C order, aligned; sizes that are symbols are at least `min_dim`."""
        code = self.code
        self.require_class(obj, np.ndarray)
        good = self.same(self.field(obj, pyapi.DTYPE), self.constant(np.dtype(type.dtype.numpy)))
        rank = code.ins(f"icmp eq i32 {self.field(obj, pyapi.RANK, 'i32')}, {type.rank}")
        need = pyapi.CONTIGUOUS | pyapi.ALIGNED
        fit = code.ins(f"icmp eq i32 {code.ins(f'and i32 {self._flags(obj)}, {need}')}, {need}")
        self.require(code.ins(f"and i1 {code.ins(f'and i1 {good}, {rank}')}, {fit}"))
        dims = self._dims(obj, type, min_dim)
        self.arrays[obj] = ArrayRef(obj, type, self.field(obj, pyapi.DATA), dims)

    def alias(self, obj: str, other: str) -> None:
        """`obj` is the array `other`."""
        self.require(self.same(obj, other))
        self.arrays[obj] = self.arrays[other]

    def _flags(self, obj: str) -> str:
        return self.field(obj, pyapi.FLAGS, "i32")

    def _dims(self, obj: str, type: ArrayType, min_dim: int) -> tuple[Operand, ...]:
        found: list[Operand] = []
        place = self.field(obj, pyapi.DIMENSIONS) if type.shape else ""
        tests = []
        for axis, size in enumerate(type.shape):
            n = self.field(place, 8 * axis, "i64")
            if isinstance(size, int):
                tests.append(self.code.ins(f"icmp eq i64 {n}, {size}"))
                found.append(size)
                continue
            name = whole_symbol(size)
            if name is None:
                raise NoShortWay
            known = self.symbols.setdefault(name, n)
            tests.append(self.code.ins(f"icmp sge i64 {n}, {min_dim}" if known is n else f"icmp eq i64 {n}, {known}"))
            found.append(n)
        while len(tests) > 1:
            tests[:2] = [self.code.ins(f"and i1 {tests[0]}, {tests[1]}")]
        if tests:
            self.require(tests[0])
        return tuple(found)

    def writeable(self, obj: str, expected: bool) -> None:
        """Whether the array may be written to."""
        bit = self.code.ins(f"and i32 {self._flags(obj)}, {pyapi.WRITEABLE}")
        self.require(self.code.ins(f"icmp {'ne' if expected else 'eq'} i32 {bit}, 0"))

    def array_parameter(self, param: int, obj: str) -> None:
        """Parameter `param` is the array `obj`."""
        if obj not in self.arrays:
            raise NoShortWay
        found = self.memory[param] = self.arrays[obj]
        if param in self.changed:
            self.writeable(obj, True)
        if found.type.shape:
            self.parameters[param] = found.data
            return
        self.zero_rank[param] = found
        dtype = found.type.dtype
        loaded = self.code.ins(f"load {memory_type(dtype)}, ptr {found.data}")
        self.parameters[param] = self._loaded(loaded, dtype)

    def apart(self) -> None:
        """No array that is written overlaps another one."""
        written = [k for k in self.memory if k in self.changed or k in self.zero_rank]
        if len(self.memory) < 2 or not any(k in self.changed for k in written):
            return
        ranges = {k: self._range(ref) for k, ref in self.memory.items()}
        for w in (k for k in self.memory if k in self.changed):
            for k, other in ranges.items():
                if k == w or (k in self.changed and k < w) or self.memory[k].obj == self.memory[w].obj:
                    continue
                before = self.code.ins(f"icmp ule i64 {ranges[w][1]}, {other[0]}")
                after = self.code.ins(f"icmp ule i64 {other[1]}, {ranges[w][0]}")
                self.require(self.code.ins(f"or i1 {before}, {after}"))

    def _range(self, ref: ArrayRef) -> tuple[str, Operand]:
        """First byte and end of an array's memory, as integers."""
        start = self.code.ins(f"ptrtoint ptr {ref.data} to i64")
        size = self.code.mul(self.code.product(ref.dims), ref.type.dtype.itemsize)
        return start, self.code.ins(f"add i64 {start}, {size}")

    # ---- the call ----------------------------------------------------------------------------------------------------
    def call(self, uses_arena: bool, tapes: int) -> None:
        """Make the result arrays and call the compiled function. Every exit after this one is an error."""
        code = self.code
        code.do("store ptr null, ptr %result")
        operands = [f"{self._kind(t)} {self.parameters[k]}" for k, t in enumerate(self.sig.params)]
        operands += [f"i64 {self._symbol(name)}" for name in self.sig.symbols]
        for k, owner in enumerate(self.sig.written):
            if owner is None:
                operands.append(f"ptr {self._place(k)}")
        space = uses_arena or tapes > 0
        context = workspaces.take(self, uses_arena, tapes) if space else self._context()
        start = workspaces.clock(self) if space and not self.short else ""
        saved = "" if self.short else self.api("PyEval_SaveThread", "ptr ()")
        status = code.ins(f"call i32 {self.sig.name}({', '.join([f'ptr {context}', *operands])})")
        if saved:
            self.api("PyEval_RestoreThread", "void (ptr)", f"ptr {saved}")
        failed, fine = code.name("failed"), code.name("fine")
        code.branch(code.ins(f"icmp ne i32 {status}, 0"), failed, fine, UNLIKELY)
        code.start(failed)
        self._raise(context, space)
        code.start(fine)
        if start:
            workspaces.shrink_if_slow(self, context, start, duration.SLOW_CALL_SECONDS)
        if space:
            workspaces.bring(self, context)

    def _kind(self, type: ArrayType) -> str:
        return "ptr" if type.shape else register_type(type.dtype)

    def _symbol(self, name: str) -> Operand:
        if name not in self.symbols:
            raise NoShortWay
        return self.symbols[name]

    def _context(self) -> str:
        context = self.alloca(f"[{arena.ARENA_TOP} x i64], align 16")
        self.code.do(f"store i64 0, ptr {context}")
        return context

    def _raise(self, context: str, space: bool) -> None:
        number = self.api("PyLong_FromVoidPtr", "ptr (ptr)", f"ptr {context}")
        code, known, out = self.code, self.code.name("known"), self.code.name("raised")
        code.branch(code.ins(f"icmp eq ptr {number}, null"), out, known)
        code.start(known)
        fail = self.constant(self.planner.fail)
        self.api("PyObject_CallOneArg", "ptr (ptr, ptr)", f"ptr {fail}", f"ptr {number}")
        self.api("Py_DecRef", "void (ptr)", f"ptr {number}")
        code.fall_into(out)
        if space:
            workspaces.bring(self, context)
        code.goto(self.exit())

    # ---- results -----------------------------------------------------------------------------------------------------
    def _place(self, k: int) -> str:
        """Where native code puts result `k`."""
        type = self.sig.results[k]
        if not type.shape:
            self.slots[k] = self.alloca(memory_type(type.dtype))
        elif self.sig.dynamic(k):
            self.slots[k] = self.alloca(f"[{1 + type.rank} x i64]")
        else:
            dims = [self.size(size) for size in type.shape]
            self.results[k] = self.new_array(type.dtype, self._dims_block(dims), type.rank)
            return self.field(self.results[k], pyapi.DATA)
        return self.slots[k]

    def size(self, size: Size) -> Operand:
        return write_size(self.module, self.code, size, self._symbol)

    def _dims_block(self, dims: list[Operand]) -> str:
        if all(isinstance(n, int) for n in dims):
            name = f"@tg.dims.{'x'.join(map(str, dims))}"
            values = ", ".join(f"i64 {n}" for n in dims)
            return self.module.define(name, f"{name} = private constant [{len(dims)} x i64] [{values}]")
        block = self.alloca(f"[{len(dims)} x i64]")
        for axis, n in enumerate(dims):
            place = self.code.ins(f"getelementptr inbounds i64, ptr {block}, i64 {axis}")
            self.code.do(f"store i64 {n}, ptr {place}")
        return block

    def new_array(self, dtype: DType, dims: str, rank: int) -> str:
        """A new array that the wrapper owns."""
        return self.require_object(
            self.api(
                "numpy.PyArray_New",
                "ptr (ptr, i32, ptr, i32, ptr, ptr, i32, i32, ptr)",
                f"ptr {self.constant(np.ndarray)}",
                f"i32 {rank}",
                f"ptr {dims}",
                f"i32 {np.dtype(dtype.numpy).num}",
                "ptr null",
                "ptr null",
                "i32 0",
                "i32 0",
                "ptr null",
            )
        )

    def scalar(self, k: int) -> str:
        """Result `k`, a number, as an operand."""
        dtype = self.sig.results[k].dtype
        return self._loaded(self.code.ins(f"load {memory_type(dtype)}, ptr {self.slots[k]}"), dtype)

    def store_zero_rank(self, param: int, k: int) -> None:
        """Write result `k` into the 0-d array that is parameter `param`."""
        dtype = self.sig.results[k].dtype
        raw = self.code.ins(f"load {memory_type(dtype)}, ptr {self.slots[k]}")
        self.code.do(f"store {memory_type(dtype)} {raw}, ptr {self.zero_rank[param].data}")

    def array_result(self, k: int) -> str:
        """Result `k` as an array, owned unless it is an argument."""
        owner, type = self.sig.written[k], self.sig.results[k]
        if owner is not None:
            return self.memory[owner].obj
        if k not in self.results:
            self.results[k] = self._zero_rank_result(k, type) if not type.shape else self._adopted(k, type)
        return self.results[k]

    def _zero_rank_result(self, k: int, type: ArrayType) -> str:
        made = self.new_array(type.dtype, "null", 0)
        raw = self.code.ins(f"load {memory_type(type.dtype)}, ptr {self.slots[k]}")
        self.code.do(f"store {memory_type(type.dtype)} {raw}, ptr {self.field(made, pyapi.DATA)}")
        return made

    def _adopted(self, k: int, type: ArrayType) -> str:
        """An array whose size was known only after the call: its elements are copied out of malloc's memory."""
        given = self.code.ins(f"load ptr, ptr {self.slots[k]}")
        dims = self.code.ins(f"getelementptr inbounds i64, ptr {self.slots[k]}, i64 1")
        made = self.new_array(type.dtype, dims, type.rank)
        sizes: list[Operand] = [self.field(dims, 8 * axis, "i64") for axis in range(type.rank)]
        size = self.code.mul(self.code.product(sizes), type.dtype.itemsize)
        self.module.declare("declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)")
        data = self.field(made, pyapi.DATA)
        self.code.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {data}, ptr {given}, i64 {size}, i1 false)")
        self.api("free", "void (ptr)", f"ptr {given}")
        return made

    def boxed(self, k: int, cls: type) -> str:
        """Result `k`, a number, as a new object of class `cls`."""
        dtype, value = self.sig.results[k].dtype, self.scalar(k)
        if cls in (bool, np.bool_):
            yes, no = self.constant(cls(True)), self.constant(cls(False))
            return self.borrow(self.code.ins(f"select i1 {value}, ptr {yes}, ptr {no}"))
        if cls is float:
            wide = value if dtype.bits == 64 else self.code.ins(f"fpext float {value} to double")
            return self.require_object(self.api("PyFloat_FromDouble", "ptr (double)", f"double {wide}"))
        if cls is int:
            name = "PyLong_FromUnsignedLongLong" if dtype.kind == "u" else "PyLong_FromLongLong"
            extend = "zext" if dtype.kind == "u" else "sext"
            wide = value if dtype.bits == 64 else self.code.ins(f"{extend} i{dtype.bits} {value} to i64")
            return self.require_object(self.api(name, "ptr (i64)", f"i64 {wide}"))
        if np.dtype(cls) != np.dtype(dtype.numpy):
            raise NoShortWay
        alloc = self.address(pyapi.allocator(cls))
        made = self.require_object(self.code.ins(f"call ptr {alloc}(ptr {self.constant(cls)}, i64 0)"))
        place = self.code.ins(f"getelementptr inbounds i8, ptr {made}, i64 {pyapi.NUMBER}")
        self.code.do(f"store {memory_type(dtype)} {value}, ptr {place}")
        return made

    def made_tuple(self, items: list[str]) -> str:
        return self._sequence("PyTuple", items)

    def made_list(self, items: list[str]) -> str:
        return self._sequence("PyList", items)

    def _sequence(self, kind: str, items: list[str]) -> str:
        made = self.require_object(self.api(f"{kind}_New", "ptr (i64)", f"i64 {len(items)}"))
        for k, item in enumerate(items):
            self.give(item)
            self.api(f"{kind}_SetItem", "i32 (ptr, i64, ptr)", f"ptr {made}", f"i64 {k}", f"ptr {item}")
        return made

    def made_dict(self, keys: tuple[Any, ...], items: list[str]) -> str:
        made = self.require_object(self.api("PyDict_New", "ptr ()"))
        for key, item in zip(keys, items, strict=True):
            args = (f"ptr {made}", f"ptr {self.constant(key)}", f"ptr {item}")
            status = self.api("PyDict_SetItem", "i32 (ptr, ptr, ptr)", *args)
            self.require(self.code.ins(f"icmp eq i32 {status}, 0"))
        return made

    def called(self, function: Any, items: list[str], extra: bool = False) -> str:
        """`function(*items)`; with `extra`, the arguments of this call come after them."""
        given = [self.argument(k) for k in range(self.arguments)] if extra else []
        block = self.alloca(f"[{max(len(items) + len(given), 1)} x ptr]")
        for k, item in enumerate([*items, *given]):
            place = self.code.ins(f"getelementptr inbounds ptr, ptr {block}, i64 {k}")
            self.code.do(f"store ptr {item}, ptr {place}")
        count = self.code.add("%nargs", len(items)) if extra else len(items)
        names = "%kwnames" if extra else "null"
        args = (f"ptr {self.constant(function)}", f"ptr {block}", f"i64 {count}", f"ptr {names}")
        return self.require_object(self.api("PyObject_Vectorcall", "ptr (ptr, ptr, i64, ptr)", *args))

    def finished(self) -> str:
        """What `Planner.finish` makes of all results and the arguments."""
        plain = {"f": float, "b": bool}
        items = [
            self.array_result(k) if type.shape else self.boxed(k, plain.get(type.dtype.kind, int))
            for k, type in enumerate(self.sig.results)
        ]
        return self.called(self.planner.finish, [self.made_tuple(items)], extra=True)
