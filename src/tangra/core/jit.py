"""`tg.jit`: a function that compiles itself for the types and shapes it is called with."""

from __future__ import annotations

import functools
import inspect
import logging
import threading
import types
from collections.abc import Callable, Sequence
from typing import Any

from tangra.api import registry
from tangra.core.keys import SMALL_DIM, Keyed, key_of
from tangra.core.results import Arguments, call_arguments
from tangra.core.specialisation import Specialisation, compile_call, describe_arguments
from tangra.errors import EntryError, TangraError, TypeMismatchError, declare
from tangra.frontend import calls
from tangra.frontend.diagnostics import StaticNeeded
from tangra.frontend.evaluator import Evaluator
from tangra.frontend.paths import Path
from tangra.ir.printer import print_func
from tangra.native import NativeOptions
from tangra.shapes import Size, symbol

NOT_CALLABLE = declare("TG808", "jit of something that is not a function")
STATIC_NAME = declare("TG809", "static= names an argument that the function does not have")
NEEDS_CONSTANT = declare("TG810", "a value has to be known at compile time")

LIMIT = 128
"""Specialisations one function keeps; beyond it the oldest is dropped and the log says so."""

log = logging.getLogger("tangra.jit")


class JitFunction:
    """A function that compiles itself at the first call with new types; see `jit`."""

    def __init__(
        self,
        function: Callable[..., Any],
        static: int | str | Sequence[int | str] = (),
        dynamic: bool = False,
        options: NativeOptions | None = None,
    ) -> None:
        if not callable(function):
            raise EntryError(f"tg.jit takes a function, not {type(function).__name__}", code=NOT_CALLABLE)
        self.function = function
        self.static = (static,) if isinstance(static, (int, str)) else tuple(static)
        self.dynamic = dynamic
        self.options = options or NativeOptions()
        self.recompilations: list[str] = []
        self._exact: dict[Any, list[Specialisation]] = {}
        self._symbolic: dict[Any, list[tuple[tuple[int | None, ...], Specialisation]]] = {}
        self._seen: dict[Any, list[tuple[int, ...]]] = {}
        self._lock = threading.RLock()
        self._last: Specialisation | None = None
        functools.update_wrapper(self, function, updated=())
        self._positions = self._static_positions()

    def _static_positions(self) -> dict[str, int]:
        """Where the arguments named in `static` stand."""
        names = [s for s in self.static if isinstance(s, str)]
        if not names:
            return {}
        parameters = list(inspect.signature(self.function).parameters)
        for name in names:
            if name not in parameters:
                raise EntryError(
                    f"static={name!r}: {getattr(self.function, '__name__', 'the function')} has no such argument",
                    code=STATIC_NAME,
                )
        return {name: parameters.index(name) for name in names}

    # ---- calling -------------------------------------------------------------------------------------------
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        arguments = call_arguments(args, kwargs)
        return self._specialise(args, kwargs, arguments)(arguments)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def _specialise(self, args: tuple[Any, ...], kwargs: dict[str, Any], arguments: Arguments) -> Specialisation:
        """The compiled form for a call, made if there is none."""
        static: set[int | str] = {k for k in self.static if isinstance(k, int)}
        for name, position in self._positions.items():
            static.add(name if name in kwargs else position)
        fixed = frozenset(static)
        keyed = key_of(args, kwargs, fixed)
        found = self._find(keyed, arguments)
        if found is None:
            with self._lock:
                found = self._find(keyed, arguments) or self._compile(keyed, args, kwargs, arguments, fixed)
        self._last = found
        return found

    def _find(self, keyed: Keyed, arguments: Arguments) -> Specialisation | None:
        for candidate in self._exact.get(keyed.key, ()):
            if candidate.admits(arguments):
                return candidate
        for sizes, candidate in self._symbolic.get(keyed.skeleton, ()):
            if all(s is None or s == n for s, n in zip(sizes, keyed.sizes, strict=True)) and candidate.admits(
                arguments
            ):
                return candidate
        return None

    # ---- compiling -----------------------------------------------------------------------------------------
    def _compile(
        self,
        keyed: Keyed,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        arguments: Arguments,
        static: frozenset[int | str],
    ) -> Specialisation:
        reason = self._reason(keyed, arguments)
        pattern = self._pattern(keyed)
        made: Specialisation | None = None
        if any(size is None for size in pattern):
            made = self._attempt_symbolic(keyed, pattern, args, kwargs, static)
        if made is None:
            positional, named = describe_arguments(args, kwargs, static, SMALL_DIM, None)
            made = self._build(positional, named, 0)
            self._exact.setdefault(keyed.key, []).append(made)
        self._seen.setdefault(keyed.skeleton, []).append(keyed.sizes)
        self._note(reason, made)
        return made

    def _pattern(self, keyed: Keyed) -> tuple[int | None, ...]:
        """For each large dim its size, or None if it should be symbolic: it differed between calls."""
        if self.dynamic:
            return (None,) * len(keyed.sizes)
        earlier = self._seen.get(keyed.skeleton, [])
        return tuple(None if any(sizes[k] != n for sizes in earlier) else n for k, n in enumerate(keyed.sizes))

    def _attempt_symbolic(
        self,
        keyed: Keyed,
        pattern: tuple[int | None, ...],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        static: frozenset[int | str],
    ) -> Specialisation | None:
        """A specialisation for all sizes; None where the program needs them at compile time."""

        def name(position: int) -> Size | None:
            return symbol(f"N{position}") if pattern[position] is None else None

        positional, named = describe_arguments(args, kwargs, static, SMALL_DIM, name)
        try:
            made = self._build(positional, named, SMALL_DIM + 1)
        except (TangraError, StaticNeeded) as e:
            if self.dynamic:
                raise
            log.info("%s: not for all sizes, so for this one: %s", self._name(), str(e).splitlines()[0])
            return None
        self._symbolic.setdefault(keyed.skeleton, []).append((pattern, made))
        return made

    def _build(self, positional: Any, named: Any, min_dim: int) -> Specialisation:
        try:
            return compile_call(self.function, positional, named, self._name(), min_dim, self.options)
        except StaticNeeded as needed:
            if min_dim:
                raise
            raise TypeMismatchError(
                f"{needed.what} must be known at compile time",
                code=NEEDS_CONSTANT,
                span=needed.span,
                fix="pass it as a constant, or name the argument in tg.jit(f, static=…)",
            ) from None

    def _reason(self, keyed: Keyed, arguments: Arguments) -> str:
        """Why nothing compiled so far serves a call."""
        if not self._seen:
            return "first call"
        for candidate in self._exact.get(keyed.key, ()):
            return candidate.failed_guard(arguments)
        if keyed.skeleton in self._seen:
            return f"sizes {keyed.sizes} instead of {self._seen[keyed.skeleton][-1]}"
        return "arguments of other types or structure"

    def _note(self, reason: str, made: Specialisation) -> None:
        self.recompilations.append(reason)
        log.info("compiled %s in %.3f s: %s", self._name(), made.seconds, reason)
        if len(self.recompilations) > LIMIT and self._exact:
            oldest = next(iter(self._exact))
            del self._exact[oldest]
            log.warning("%s was compiled more than %d times, last because: %s", self._name(), LIMIT, reason)

    def _name(self) -> str:
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    # ---- looking inside ------------------------------------------------------------------------------------
    def lower(self, *args: Any, **kwargs: Any) -> Specialisation:
        """The compiled form that serves a call, without running it."""
        return self._specialise(args, kwargs, call_arguments(args, kwargs))

    def ir(self, *args: Any, stage: str = "simplified", **kwargs: Any) -> str:
        """The printed IR for a call's types (of the last call, without arguments). `stage`: 'traced', 'simplified', or
        'llvm' for the LLVM text."""
        made = self.lower(*args, **kwargs) if args or kwargs else self._last
        if made is None:
            raise EntryError(
                "nothing is compiled yet: call the function, or give ir() its arguments", code=NOT_CALLABLE
            )
        if stage == "llvm":
            return made.native.llvm
        return print_func(made.traced.func if stage == "traced" else made.func)

    def __repr__(self) -> str:
        return f"<tangra.jit of {getattr(self.function, '__qualname__', self.function)!r}>"

    def __reduce__(self) -> Any:
        return JitFunction, (self.function, self.static, self.dynamic, self.options)


def jit(
    function: Callable[..., Any] | None = None,
    *,
    static: int | str | Sequence[int | str] = (),
    dynamic: bool = False,
    fastmath: bool = False,
) -> Any:
    """Compile `function` to native code at its first call with new argument types.

    The result means what the function means under CPython and NumPy: kinds, dtypes, shapes, exceptions and what
    arguments hold afterwards are the same; floats agree within a few units in the last place (sums may be reordered).
    Arguments may be numbers, arrays, and tuples, lists, dicts, dataclasses, NamedTuples and instances of plain classes
    of them; strings, None, bools and functions are compile-time constants.

    `static`: arguments (positions or names) whose value is compiled in. `dynamic`: compile once for all sizes at once,
    instead of at the second distinct size. `fastmath`: let floating point be reordered and approximated everywhere.
    Usable as a decorator, with or without arguments. Raises a `TangraError` for what can't be compiled to the same
    meaning.
    """
    if function is None:
        return functools.partial(jit, static=static, dynamic=dynamic, fastmath=fastmath)
    return JitFunction(function, static, dynamic, NativeOptions(fastmath=fastmath))


def _call_jitted(ev: Evaluator, obj: JitFunction, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A jitted function called in compiled code is part of it."""
    return ev.call(ev.live.lift(obj.function, Path(obj, (("attr", "function"),), "function")), args, kwargs)


registry.OPAQUE.append(JitFunction)
calls.CALL_HANDLERS.append((JitFunction, _call_jitted))
