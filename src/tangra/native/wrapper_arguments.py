"""The first half of a wrapper: what the call gives is tested and read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tangra.ir import ArrayType, DType
from tangra.native import pyapi
from tangra.native.llvm_types import memory_type
from tangra.native.module import Module
from tangra.native.pycode import PyCode
from tangra.native.pyhelpers import define_apart
from tangra.native.signature import Signature, whole_symbol
from tangra.native.text import Operand


class NoShortWay(Exception):
    """A call that has to be served the careful way."""


@dataclass
class ArrayRef:
    """An array object that passed the tests of its class, dtype and shape."""

    obj: str
    type: ArrayType
    data: str
    dims: tuple[Operand, ...]


class Arguments(PyCode):
    """Tests and reads arguments and captured values. `parameters` are the operands of the compiled function that are
    read so far, `memory` the arrays among them, `zero_rank` those without axes, `symbols` the sizes that are known;
    `changed` are the parameters that the function writes."""

    def __init__(self, module: Module, sig: Signature, changed: set[int]) -> None:
        super().__init__(module)
        self.sig = sig
        self.changed = changed
        self.positional = self.arguments = 0
        self.symbols: dict[str, Operand] = {}
        self.arrays: dict[str, ArrayRef] = {}
        self.parameters: dict[int, str] = {}
        self.memory: dict[int, ArrayRef] = {}
        self.zero_rank: dict[int, ArrayRef] = {}

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

    def apart(self, copied: Sequence[int]) -> None:
        """No array that is written, or one of `copied`, overlaps another one."""
        changed = self.changed.union(copied)
        found: dict[str, tuple[bool, ArrayRef]] = {}
        for param, ref in self.memory.items():
            written = found[ref.obj][0] if ref.obj in found else False
            found[ref.obj] = written or param in changed, ref
        written_ones = [ref for written, ref in found.values() if written]
        others = [ref for written, ref in found.values() if not written]
        if len(found) < 2 or not written_ones:
            return
        ends = [end for ref in (*written_ones, *others) for end in self._range(ref)]
        place = self.block("i64", ends)
        called = f"call i1 {define_apart(self.module)}(ptr {place}, i64 {len(written_ones)}, i64 {len(found)})"
        self.require(self.code.ins(called))

    def _range(self, ref: ArrayRef) -> tuple[str, Operand]:
        """First byte and end of an array's memory, as integers."""
        start = self.code.ins(f"ptrtoint ptr {ref.data} to i64")
        size = self.code.mul(self.code.product(ref.dims), ref.type.dtype.itemsize)
        return start, self.code.ins(f"add i64 {start}, {size}")
