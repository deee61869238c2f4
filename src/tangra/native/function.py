"""`NativeFunction`: a compiled IR function as a Python callable over NumPy arrays and scalars."""

from __future__ import annotations

import ctypes
import functools
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.native import arena, engine, memory, workspaces
from tangra.native.dispatch import Entry
from tangra.native.failures import FORKED, INTERRUPTED, ErrorRecord, NativeFailure, fetched_exception, payload_number
from tangra.native.options import NativeOptions
from tangra.native.signature import Signature, whole_symbol
from tangra.shapes import evaluate

if TYPE_CHECKING:
    from tangra.ir import Func
    from tangra.native.marks import Gauges

SLOW_CALL_SECONDS = 0.005
"""A call that ran longer may have filled much memory, which is then given back."""
WRAPPER = "tg.call"
"""The name under which a wrapper is exported."""

Result = np.ndarray[Any, Any] | np.generic


@dataclass(frozen=True)
class WrapperForm:
    """A wrapper without its machine code: its constants in the order of its block of words, and how many positional
    arguments it takes."""

    constants: tuple[Any, ...]
    positional: int

    def entry(self, loaded: engine.Loaded) -> Entry:
        """The wrapper as loaded."""
        constants = tuple(sys.intern(c) if type(c) is str else c for c in self.constants)  # names go by identity
        words = [c.value if isinstance(c, Address) else id(c) for c in constants]
        state = (ctypes.c_int64 * max(len(words), 1))(*words)
        keep = (state, constants, loaded)
        return Entry(loaded.addresses[WRAPPER], ctypes.addressof(state), self.positional, keep)


class Address:
    """An address among the constants of a wrapper: what `find(*arguments)` gives in this process."""

    def __init__(self, find: Callable[..., int], *arguments: Any) -> None:
        self.find, self.arguments = find, arguments
        self.value = find(*arguments)

    def __reduce__(self) -> Any:
        return Address, (self.find, *self.arguments)


@dataclass(frozen=True)
class Form:
    """A compiled function without its machine code: how it is called and linked. `objects` names its object files in
    the cache on disk, `symbols` the outside functions that they call; `changed` are the parameters that it writes.
    `portable`: other processes can link it. `beside`: what it was made for that is installed beside this package, if it
    depends on that; see `onednn.identity`."""

    name: str
    signature: Signature
    options: NativeOptions
    records: tuple[ErrorRecord, ...]
    tapes: int
    uses_arena: bool
    changed: frozenset[int]
    objects: tuple[str, ...]
    symbols: frozenset[str]
    exports: tuple[str, ...]
    wrapper: WrapperForm | None = None
    portable: bool = True
    beside: str = ""

    def fits_here(self) -> bool:
        """Whether this process has what the code was made for."""
        if not self.beside:
            return True
        from tangra.native import onednn  # Loading its library takes a while.

        return self.beside == onednn.identity() and all(onednn.there(name) for name in self.symbols)

    def linked(self, objects: Sequence[bytes], llvm: str = "") -> NativeFunction:
        """The function, linked from its object files."""
        loaded = engine.load(objects, set(self.symbols), self.exports)
        made = NativeFunction(self, loaded, llvm)
        if self.wrapper is not None:
            made.wrapper = self.wrapper.entry(loaded)
        return made


class NativeFunction:
    """A compiled function. Call it with a sequence of arrays and scalars matching the parameters' types.

    Returns the results in order: NumPy scalars, and fresh arrays, except that a result which is the final value of a
    parameter (`written`) is the argument itself, into which it was written. Raises the exception of a failure, with
    the attribute `failure` (a `NativeFailure`) that has its kind, message and span.
    """

    def __init__(self, form: Form, loaded: engine.Loaded, llvm: str = "") -> None:
        self.form = form
        self.name = form.name
        self.signature = form.signature
        self.llvm = llvm
        self.func: Func | None = None
        self.options = form.options
        self.loaded = loaded
        self._entry = engine.entry_point(loaded)
        self.wrapper: Entry | None = None
        self.gauges: Gauges | None = None
        self._dtypes = [np.dtype(t.dtype.numpy) for t in form.signature.params]
        self.words = self._count_words()

    def _count_words(self) -> int:
        words = len(self.signature.params) + len(self.signature.symbols)
        for k, type in enumerate(self.signature.results):
            if self.signature.written[k] is None:
                words += 1 + (len(type.shape) if self.signature.dynamic(k) else 0)
        return words

    def failed(self, address: int) -> BaseException:
        """The exception for a wrapper's call that failed, from its context."""
        error = self.exception(list((ctypes.c_int64 * arena.ARENA_TOP).from_address(address)))
        if self.form.uses_arena or self.form.tapes:
            workspaces.again(address, self.form.uses_arena, self.form.tapes)
        return error

    def __call__(self, args: Sequence[Any]) -> list[Result]:
        call = _Call(self, args)
        start = time.perf_counter()
        space = memory.take(self.options, self.form.uses_arena, self.form.tapes)
        status = self._entry(space.address, ctypes.addressof(call.words))
        error = space.words[: arena.ARENA_TOP] if status else None
        if time.perf_counter() - start > SLOW_CALL_SECONDS:
            space.shrink()
        memory.bring(self.options, space)
        call.write_back()
        if error is not None:
            raise self.exception(error)
        return call.results()

    def exception(self, words: Sequence[int]) -> BaseException:
        """The exception for a failed call, from the words of its context."""
        number = words[arena.ERROR]
        if number == INTERRUPTED:
            return fetched_exception(words[arena.PAYLOAD : arena.PAYLOAD + 3])
        if number == FORKED:
            return RuntimeError(
                "a signal handler forked the process while a loop ran in threads: the child has no result"
            )
        record = self.form.records[number - 1]
        values = [
            payload_number(word, dtype) for word, dtype in zip(words[arena.PAYLOAD :], record.payload, strict=False)
        ]
        text = None if record.message is None else record.message.format(*values)
        failure = NativeFailure(record.kind, text, record.span)
        error = failure.exception()
        error.failure = failure  # type: ignore[attr-defined]
        return error


class _Call:
    """One call: arguments packed into words, results allocated."""

    def __init__(self, function: NativeFunction, args: Sequence[Any]) -> None:
        self.function = function
        self.args = args
        sig = function.signature
        if len(args) != len(sig.params):
            raise TypeError(f"{function.name} takes {len(sig.params)} arguments, not {len(args)}")
        self.words = (ctypes.c_int64 * max(function.words, 1))()
        self.keep: list[Any] = []
        self.copies: list[tuple[Any, Any]] = []
        self.arrays: list[np.ndarray[Any, Any] | None] = []
        symbols = self._pack_arguments(sig)
        self._pack_results(sig, symbols)

    def _pack_arguments(self, sig: Signature) -> dict[str, int]:
        symbols: dict[str, int] = {}
        at = 0
        for k, (value, type, dtype) in enumerate(zip(self.args, sig.params, self.function._dtypes, strict=True)):
            if type.shape:
                self._bind(value, type.shape, symbols, k)
                self.words[at] = self._array_argument(k, value, dtype)
            else:
                raw = np.zeros(1, np.int64)
                raw.view(dtype)[0] = value
                self.words[at] = int(raw[0])
            at += 1
        for k, (value, type) in enumerate(zip(self.args, sig.params, strict=True)):
            if type.shape and any(evaluate(d, symbols) != n for d, n in zip(type.shape, value.shape, strict=True)):
                raise AssertionError(f"{self.function.name}: argument {k} has shape {value.shape}, compiled for {type}")
        for name in sig.symbols:
            self.words[at] = symbols[name]
            at += 1
        self.at = at
        return symbols

    def _bind(self, value: Any, shape: Sequence[Any], symbols: dict[str, int], k: int) -> None:
        if value.ndim != len(shape):
            raise AssertionError(f"{self.function.name}: argument {k} has {value.ndim} axes, compiled for {len(shape)}")
        for size, n in zip(shape, value.shape, strict=True):
            name = whole_symbol(size)
            if name is not None:
                symbols.setdefault(name, n)

    def _array_argument(self, k: int, value: Any, dtype: np.dtype[Any]) -> int:
        if value.dtype != dtype:
            raise AssertionError(f"{self.function.name}: argument {k} is {value.dtype}, compiled for {dtype}")
        block = value
        if not (value.flags.c_contiguous and value.flags.aligned and value.dtype.isnative):
            block = np.array(value, dtype, order="C")
            if k in self.function.form.changed:
                self.copies.append((value, block))
        self.keep.append(block)
        return int(block.ctypes.data)

    def _pack_results(self, sig: Signature, symbols: dict[str, int]) -> None:
        at = self.at
        self.places: list[int] = []
        for k, type in enumerate(sig.results):
            self.places.append(at)
            if sig.written[k] is not None:
                self.arrays.append(None)
            elif type.shape and not sig.dynamic(k):
                made = np.empty([evaluate(size, symbols) for size in type.shape], type.dtype.numpy)
                self.arrays.append(made)
                self.words[at] = made.ctypes.data
                at += 1
            else:
                self.arrays.append(None)
                at += 1 + len(type.shape)

    def write_back(self) -> None:
        """Copy what was written into copies of arguments back into them."""
        for value, block in self.copies:
            value[...] = block

    def results(self) -> list[Result]:
        sig, out = self.function.signature, []
        for k, type in enumerate(sig.results):
            owner, made, at = sig.written[k], self.arrays[k], self.places[k]
            if owner is not None:
                out.append(self.args[owner])
            elif made is not None:
                out.append(made)
            elif type.shape:
                out.append(self._dynamic(at, len(type.shape), np.dtype(type.dtype.numpy)))
            else:
                word = np.array([self.words[at]], np.int64)
                out.append(word.view(type.dtype.numpy)[0])
        return out

    def _dynamic(self, at: int, rank: int, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
        return adopt(self.words[at], tuple(self.words[at + 1 : at + 1 + rank]), dtype)


def adopt(address: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Take over an array that a function allocated."""
    made = np.empty(shape, dtype)
    ctypes.memmove(made.ctypes.data, address, made.nbytes)
    _libc().free(address)
    return made


@functools.cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None)
    libc.free.argtypes = [ctypes.c_void_p]
    return libc
