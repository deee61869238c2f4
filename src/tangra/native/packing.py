"""The short way to call a compiled function: a Python function generated for its signature.

It stores scalars and the identities of arrays into a block of words kept for this function, makes the result arrays,
and calls `tg.objects`, all without a loop or a test that the signature already answers.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.ir import Block, DType, Func, Op
from tangra.native import arena, memory
from tangra.native.entries import MISS as MISSED
from tangra.native.entries import has_short_way
from tangra.shapes import Size, evaluate

if TYPE_CHECKING:
    from tangra.native.function import NativeFunction

MISS: Any = object()
"""What a short call returns for arrays that need the careful way; nothing has happened then."""
SLOW_CALL_SECONDS = 0.005
"""A call that ran longer may have filled much memory, which is then given back."""
SHORT_WORK = 20_000
"""Element operations below which a call keeps the GIL (some 20 µs; giving it up and taking it back costs more)."""
FORMATS = {
    "bool": "?", "i8": "b", "i16": "h", "i32": "i", "i64": "q", "u8": "B", "u16": "H", "u32": "I", "u64": "Q",
    "f32": "f", "f64": "d",
}  # fmt: skip
"""How a memoryview spells our dtypes."""


def short_call(function: NativeFunction) -> Callable[..., Any] | None:
    """A function of the parameters that returns the results as a tuple, or MISS. Arrays must be exact `np.ndarray`s of
    the dtypes and shapes compiled for. None where there is no short way."""
    if not has_short_way(function.signature):
        return None
    return _Generator(function).function()


class _Generator:
    """Writes the source of one short call."""

    def __init__(self, function: NativeFunction) -> None:
        self.native = function
        self.sig = function.signature
        self.namespace: dict[str, Any] = {}
        self.formats: dict[str, None] = {"q": None}
        self.before: list[str] = []
        self.after: list[str] = []
        self.outputs: list[str] = []
        self.word = 0

    def bind(self, name: str, value: Any) -> str:
        self.namespace[name] = value
        return name

    def cell(self, dtype: DType, word: int) -> str:
        """The place of a scalar of `dtype` in a word."""
        code = FORMATS[dtype.name]
        self.formats[code] = None
        return f"{_view(code)}[{word * (8 // dtype.itemsize)}]"

    def function(self) -> Callable[..., Any]:
        self._parameters()
        self._results()
        params = ", ".join(f"v{k}" for k in range(len(self.sig.params)))
        views = ", ".join(_view(code) for code in self.formats)
        body = [*self.before, *(self._plain_call() if not self._needs_space() else self._call_with_space())]
        body += [*self.after, "push(f)", f"return ({''.join(o + ', ' for o in self.outputs)})"]
        body[:0] = ["try:", "    f = pop()", "except IndexError:", "    f = make()", f"{views}, c, p = f"]
        lines = [f"def call({params}):", *(f"    {line}" for line in body)]
        free: list[Any] = []
        self.namespace |= {
            "push": free.append, "pop": free.pop, "make": self._maker(), "empty": np.empty, "MISS": MISS,
            "MISSED": MISSED, "failed": _failed, "native": self.native, "enter": self._entry(),
        }  # fmt: skip
        exec(compile("\n".join(lines), "<call of compiled code>", "exec"), self.namespace)
        made: Callable[..., Any] = self.namespace["call"]
        return made

    # ---- arguments and results ----------------------------------------------------------------------------------
    def _parameters(self) -> None:
        symbols: dict[str, str] = {}
        for k, type in enumerate(self.sig.params):
            if type.shape:
                self.before.append(f"view_q[{self.word}] = id(v{k})")
            else:
                self.before.append(f"{self.cell(type.dtype, self.word)} = v{k}")
            self.word += 1
            for axis, size in enumerate(type.shape):
                symbols.setdefault(str(size), f"v{k}.shape[{axis}]")
        for n, name in enumerate(self.sig.symbols):
            self.before.append(f"view_q[{self.word}] = n{n} = {symbols[name]}")
            self.word += 1

    def _results(self) -> None:
        for k, type in enumerate(self.sig.results):
            owner = self.sig.written[k]
            if owner is not None:
                self.outputs.append(f"v{owner}")
                continue
            self.outputs.append(f"r{k}")
            if not type.shape:
                self.after.append(f"r{k} = {self.cell(type.dtype, self.word)}")
                self.word += 1
            elif self.sig.dynamic(k):
                adopt = self.bind(f"adopt{k}", _adopter(type.dtype, len(type.shape)))
                self.after.append(f"r{k} = {adopt}(view_q[{self.word}:{self.word + 1 + len(type.shape)}])")
                self.word += 1 + len(type.shape)
            else:
                dtype = self.bind(f"D{k}", np.dtype(type.dtype.numpy))
                self.before.append(f"r{k} = empty({self._shape(k, type.shape)}, {dtype})")
                self.before.append(f"view_q[{self.word}] = id(r{k})")
                self.word += 1

    def _shape(self, k: int, shape: tuple[Size, ...]) -> str:
        names = {name: n for n, name in enumerate(self.sig.symbols)}
        if all(isinstance(size, int) for size in shape):
            return self.bind(f"S{k}", tuple(shape))
        parts = []
        for axis, size in enumerate(shape):
            if isinstance(size, int):
                parts.append(str(size))
            elif str(size) in names:
                parts.append(f"n{names[str(size)]}")
            else:
                compute = self.bind(f"size{k}_{axis}", _evaluator(size, self.sig.symbols))
                parts.append(f"{compute}({', '.join(f'n{n}' for n in range(len(names)))})")
        return f"({', '.join(parts)},)"

    # ---- the call -----------------------------------------------------------------------------------------------
    def _needs_space(self) -> bool:
        return self.native.uses_arena or self.native.tapes > 0

    def _entry(self) -> Any:
        prototype = ctypes.PYFUNCTYPE if is_short(self.native.func) else ctypes.CFUNCTYPE
        return prototype(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(self.native.loaded.objects)

    def _plain_call(self) -> list[str]:
        return [
            "s = enter(c, p)",
            "if s:",
            "    words = list(context(c)) if s != MISSED else ()",
            "    push(f)",
            "    return failed(native, words)",
        ]

    def _call_with_space(self) -> list[str]:
        self.namespace |= {
            "clock": time.perf_counter,
            "spaces": memory.free_workspaces(self.native.options),
            "take": memory.take,
            "options": self.native.options,
        }
        arena_, tapes = self.native.uses_arena, self.native.tapes
        return [
            "try:",
            "    w = spaces.pop()",
            f"    if not w.ready({arena_}, {tapes}):",
            f"        w.prepare({arena_}, {tapes})",
            "except IndexError:",
            f"    w = take(options, {arena_}, {tapes})",
            "t = clock()",
            "s = enter(w.address, p)",
            f"if clock() - t > {SLOW_CALL_SECONDS}:",
            "    w.shrink()",
            "if s:",
            f"    words = w.words[:{arena.ARENA_TOP}] if s != MISSED else ()",
            f"    w.prepare({arena_}, {tapes})",
            "    spaces.append(w)",
            "    push(f)",
            "    return failed(native, words)",
            "spaces.append(w)",
        ]

    def _maker(self) -> Callable[[], tuple[Any, ...]]:
        """Makes a block of words: its views, and the addresses of context and arguments."""
        formats = list(self.formats)
        context = arena.TAPES
        words = max(self.word, 1)
        self.namespace["context"] = (ctypes.c_int64 * arena.ARENA_TOP).from_address

        def make() -> tuple[Any, ...]:
            block = (ctypes.c_int64 * (context + words))()
            raw = memoryview(block).cast("B")[8 * context :]
            address = ctypes.addressof(block)
            return (*(raw.cast(code) for code in formats), address, address + 8 * context)  # type: ignore[call-overload]

        return make


def _view(code: str) -> str:
    """The name of the view of format `code`."""
    return f"view_{'bool' if code == '?' else code}"


def _failed(native: NativeFunction, words: tuple[int, ...]) -> Any:
    """Raise the exception of a failed call; without words, the call wasn't made."""
    if not words:
        return MISS
    raise native.exception(words)


def _adopter(dtype: DType, rank: int) -> Callable[[memoryview], np.ndarray[Any, Any]]:
    from tangra.native.function import adopt

    spelled = np.dtype(dtype.numpy)
    return lambda words: adopt(words[0], tuple(words[1 : 1 + rank]), spelled)


def _evaluator(size: Size, names: tuple[str, ...]) -> Callable[..., int]:
    return lambda *values: evaluate(size, dict(zip(names, values, strict=True)))


# ---- how long a call takes ----------------------------------------------------------------------------------------


def is_short(func: Func) -> bool:
    """Whether a call does few element operations, known beforehand."""
    return _work(func.body) < SHORT_WORK


def _work(block: Block) -> float:
    return sum(_work_of(op) for op in block.ops)


def _work_of(op: Op) -> float:
    if op.name == "loop":
        return _trips(op) * (1 + _work(op.regions[0]))
    if op.name == "call":
        return _work(op.attrs["callee"].body)
    own = max([1.0, *_sizes(op)])
    if op.name == "dot_general":
        own = own * own
    elif op.defn.name in CUBIC:
        own = own**1.5
    return own + sum(_work(region) for region in op.regions)


CUBIC = frozenset(
    {"cholesky", "triangular_solve", "solve", "lu", "inverse", "det", "slogdet", "eigh", "qr", "svd", "sort", "argsort"}
)


def _trips(op: Op) -> float:
    bounds = [_constant(v.defining_op) for v in op.operands[:3]] if op.attrs["counted"] else [None]
    start, stop, step = bounds if len(bounds) == 3 else (None, None, None)
    if start is None or stop is None or not step:
        return float("inf")
    return len(range(start, stop, step))


def _constant(op: Op | None) -> int | None:
    return int(op.attrs["value"]) if op is not None and op.name == "constant" else None


def _sizes(op: Op) -> Iterator[float]:
    for v in (*op.operands, *op.results):
        size = 1.0
        for n in getattr(v.type, "shape", ()):
            size *= n if isinstance(n, int) else float("inf")
        yield size
