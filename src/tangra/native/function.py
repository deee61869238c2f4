"""`NativeFunction`: a compiled IR function as a Python callable over NumPy arrays and scalars."""

from __future__ import annotations

import builtins
import ctypes
import functools
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tangra.ir import DType, Func, Span
from tangra.native import (
    arena,
    dispatch,
    duration,
    engine,
    memory,
    operations,
    pool,
    pyapi,
    symbols,
    workspaces,
    wrapper,
)
from tangra.native.emit_calls import write_callees
from tangra.native.emit_function import Signature, whole_symbol, write_function
from tangra.native.entries import changed_parameters, write_entry
from tangra.native.marks import EXPORTS, Gauges
from tangra.native.module import ErrorRecord, Module
from tangra.native.options import NativeOptions, unoptimised
from tangra.native.polling import INTERRUPTED
from tangra.native.pool_text import FORKED
from tangra.shapes import evaluate

Result = np.ndarray[Any, Any] | np.generic


class NativeFailure(Exception):
    """A failure of the program at run time: `kind` names the exception's class, `text` is its formatted message."""

    def __init__(self, kind: str, text: str | None, span: Span | None) -> None:
        super().__init__(text or "")
        self.kind = kind
        self.text = text
        self.span = span

    def exception(self) -> BaseException:
        """The builtin exception (or NumPy's LinAlgError) of that kind; this failure itself where there is none."""
        if self.kind == "LinAlgError":
            return np.linalg.LinAlgError(self.text or "")
        found = getattr(builtins, self.kind, None)
        if not (isinstance(found, type) and issubclass(found, BaseException)):
            return self
        return found() if self.text is None else found(self.text)


def emit_module(func: Func, options: NativeOptions) -> tuple[Module, Signature]:
    """The LLVM module for `func` and all it calls; and how its main function, which it exports, is called."""
    assert operations.MODULES
    assert pool.RUN in symbols.PROVIDED
    module = Module(options)
    write_callees(module, func)
    return module, write_function(module, func, "@tg.main", exported=True)


def calling_module(sig: Signature, options: NativeOptions) -> Module:
    """The module of the functions through which the one of `sig` is called. It is apart, since each of them does a
    thing once: optimising them takes longer than optimising many a program, and gains nothing measurable."""
    calls = Module(replace(options, marked=False))
    calls.declare(sig.declaration)
    write_entry(calls, sig)
    return calls


def compile_func(
    func: Func, *, options: NativeOptions | None = None, planner: wrapper.Planner | None = None
) -> NativeFunction:
    """Compile `func`; with a wrapper, if there is a planner that knows how. See `NativeFunction` for the result."""
    options = options or NativeOptions()
    module, sig = emit_module(func, options)
    calls = calling_module(sig, options)
    wrapped = wrapper.wrap(calls, module, sig, func, planner) if planner is not None and pyapi.understood() else None
    text = module.text()
    objects = [engine.compile_object(text, options), engine.compile_object(calls.text(), unoptimised(options))]
    exports = ["tg.entry", *([wrapper.NAME] if wrapped else ()), *(EXPORTS if options.marked else ())]
    loaded = engine.load(objects, module.symbols | calls.symbols, exports)
    made = NativeFunction(func, sig, module, loaded, text)
    if wrapped is not None:
        made.wrapper = wrapped.entry(loaded)
    return made


class NativeFunction:
    """A compiled function. Call it with a sequence of arrays and scalars matching the parameters' types.

    Returns the results in order: NumPy scalars, and fresh arrays, except that a result which is the final value of a
    parameter (`written`) is the argument itself, into which it was written. Raises the exception of a failure, with
    the attribute `failure` (a `NativeFailure`) that has its kind, message and span.
    """

    def __init__(self, func: Func, sig: Signature, module: Module, loaded: engine.Loaded, text: str) -> None:
        self.name = func.name
        self.func = func
        self.signature = sig
        self.llvm = text
        self.options = module.options
        self.records: list[ErrorRecord] = module.records
        self.tapes = module.tapes
        self.uses_arena = module.uses_arena
        self.loaded = loaded
        self._entry = engine.entry_point(loaded)
        self.wrapper: dispatch.Entry | None = None
        self.gauges: Gauges | None = None
        if module.marks is not None:
            self.gauges = Gauges(module.marks, *(loaded.addresses[name] for name in EXPORTS))
        self._dtypes = [np.dtype(t.dtype.numpy) for t in sig.params]
        self._changed = changed_parameters(module, sig)
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
        if self.uses_arena or self.tapes:
            workspaces.again(address, self.uses_arena, self.tapes)
        return error

    def __call__(self, args: Sequence[Any]) -> list[Result]:
        call = _Call(self, args)
        start = time.perf_counter()
        space = memory.take(self.options, self.uses_arena, self.tapes)
        status = self._entry(space.address, ctypes.addressof(call.words))
        error = space.words[: arena.ARENA_TOP] if status else None
        if time.perf_counter() - start > duration.SLOW_CALL_SECONDS:
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
            return _fetched_exception(words[arena.PAYLOAD : arena.PAYLOAD + 3])
        if number == FORKED:
            return RuntimeError(
                "a signal handler forked the process while a loop ran in threads: the child has no result"
            )
        record = self.records[number - 1]
        values = [
            _scalar(word, dtype).item() for word, dtype in zip(words[arena.PAYLOAD :], record.payload, strict=False)
        ]
        text = None if record.message is None else record.message.format(*values)
        failure = NativeFailure(record.kind, text, record.span)
        error = failure.exception()
        error.failure = failure  # type: ignore[attr-defined]
        return error


def _scalar(word: int, dtype: DType) -> np.generic:
    """A payload word: floats are kept as doubles, integers as i64."""
    raw = np.array(word, np.int64)
    bits: np.ndarray[Any, Any] = raw.view(np.float64) if dtype.kind == "f" else raw
    value: np.generic = bits.astype(dtype.numpy)[()]  # type: ignore[assignment]
    return value


def _fetched_exception(words: Sequence[int]) -> BaseException:
    """What a signal handler raised, from the three references that PyErr_Fetch gave."""
    found: list[Any] = []
    for word in words:
        if not word:
            found.append(None)
            continue
        reference = ctypes.py_object.from_buffer(ctypes.c_void_p(word))
        found.append(reference.value)
        ctypes.pythonapi.Py_DecRef(ctypes.c_void_p(word))
    kind, value, _ = found
    if isinstance(value, BaseException):
        return value
    made: BaseException = kind() if value is None else kind(value)
    return made


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
            if k in self.function._changed:
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
