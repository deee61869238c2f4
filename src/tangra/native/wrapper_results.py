"""The second half of a wrapper: native results become Python objects."""

from __future__ import annotations

from typing import Any

import numpy as np

from tangra.ir import ArrayType, DType
from tangra.native import pyapi
from tangra.native.llvm_types import memory_type
from tangra.native.module import Module
from tangra.native.signature import Signature
from tangra.native.sizes import write_size
from tangra.native.text import Operand
from tangra.native.wrapper_arguments import Arguments, NoShortWay
from tangra.shapes import Size

ADOPTED_BYTES = 4096
"""Results in malloc's memory from this size on are not copied."""


class Results(Arguments):
    """Makes arrays, numbers and containers. `slots` are the places where native code puts results, `results` the arrays
    that are made already."""

    def __init__(self, module: Module, sig: Signature, changed: set[int]) -> None:
        super().__init__(module, sig, changed)
        self.slots: dict[int, str] = {}
        self.results: dict[int, str] = {}

    def result_place(self, k: int) -> str:
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

    def symbol(self, name: str) -> Operand:
        if name not in self.symbols:
            raise NoShortWay
        return self.symbols[name]

    def size(self, size: Size) -> Operand:
        return write_size(self.module, self.code, size, self.symbol)

    def _dims_block(self, dims: list[Operand]) -> str:
        if all(isinstance(n, int) for n in dims):
            name = f"@tg.dims.{'x'.join(map(str, dims))}"
            values = ", ".join(f"i64 {n}" for n in dims)
            return self.module.define(name, f"{name} = private constant [{len(dims)} x i64] [{values}]")
        return self.block("i64", dims)

    def new_array(self, dtype: DType, dims: str, rank: int, data: str = "null", flags: Operand = 0) -> str:
        """A new array that the wrapper owns, of memory at `data` (with its flags), or of its own for null (without)."""
        return self.require_object(
            self.api(
                "numpy.PyArray_New",
                "ptr (ptr, i32, ptr, i32, ptr, ptr, i32, i32, ptr)",
                f"ptr {self.constant(np.ndarray)}",
                f"i32 {rank}",
                f"ptr {dims}",
                f"i32 {np.dtype(dtype.numpy).num}",
                "ptr null",
                f"ptr {data}",
                "i32 0",
                f"i32 {flags}",
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
        """An array whose size was known only after the call, in malloc's memory: NumPy takes that over, or for a small
        array its elements are copied out of it."""
        code = self.code
        given = code.ins(f"load ptr, ptr {self.slots[k]}")
        dims = code.ins(f"getelementptr inbounds i64, ptr {self.slots[k]}, i64 1")
        sizes: list[Operand] = [self.field(dims, 8 * axis, "i64") for axis in range(type.rank)]
        size = code.mul(code.product(sizes), type.dtype.itemsize)
        handler = pyapi.memory_handler()
        large = code.ins(f"icmp sge i64 {size}, {ADOPTED_BYTES}") if handler is not None else "false"
        data = code.ins(f"select i1 {large}, ptr {given}, ptr null")
        flags = code.ins(f"select i1 {large}, i32 {pyapi.CONTIGUOUS | pyapi.ALIGNED | pyapi.WRITEABLE}, i32 0")
        made = self.new_array(type.dtype, dims, type.rank, data, flags)
        keep, copy, done = code.name("keep"), code.name("copy"), code.name("done")
        code.branch(large, keep, copy)
        code.start(keep)
        if handler is not None:
            self._hand_over(made, self.constant(handler))
        code.goto(done)
        code.start(copy)
        self.module.declare("declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)")
        own = self.field(made, pyapi.DATA)
        code.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {own}, ptr {given}, i64 {size}, i1 false)")
        self.api("free", "void (ptr)", f"ptr {given}")
        code.goto(done)
        code.start(done)
        return made

    def _hand_over(self, array: str, handler: str) -> None:
        """Make `array` the owner of its memory, which `handler` frees."""
        self.api("Py_IncRef", "void (ptr)", f"ptr {handler}")
        for offset, kind, value in ((pyapi.HANDLER, "ptr", handler), (pyapi.FLAGS, "i32", "")):
            place = self.code.ins(f"getelementptr inbounds i8, ptr {array}, i64 {offset}")
            if offset == pyapi.FLAGS:
                value = self.code.ins(f"or i32 {self.code.ins(f'load i32, ptr {place}')}, {pyapi.OWNED}")
            self.code.do(f"store {kind} {value}, ptr {place}")

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
        alloc = self.address(pyapi.allocator, cls)
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
        block = self.block("ptr", [*items, *given])
        count = self.code.add("%nargs", len(items)) if extra else len(items)
        names = "%kwnames" if extra else "null"
        args = (f"ptr {self.constant(function)}", f"ptr {block}", f"i64 {count}", f"ptr {names}")
        return self.require_object(self.api("PyObject_Vectorcall", "ptr (ptr, ptr, i64, ptr)", *args))
