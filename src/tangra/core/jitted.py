"""`tg.jit`: a function that compiles itself for the types and shapes it is called with."""

from __future__ import annotations

import functools
import logging
import types
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tangra.api import registry
from tangra.core.calling import CompiledCall
from tangra.core.describing import describe_arguments
from tangra.core.dynamic import BAD_DYNAMIC, Axes, Dynamic
from tangra.core.dynamic import parse as parse_dynamic
from tangra.core.keys import NO_AXES, Keyed, difference, key_of
from tangra.core.locks import compiling
from tangra.core.naming import global_name
from tangra.core.options_of_arguments import Chosen
from tangra.core.placing import place
from tangra.core.remembering import Call
from tangra.core.results import Arguments, call_arguments
from tangra.core.specialisation import Specialisation
from tangra.core.transformed import NOT_CALLABLE, PASS_FUNCTION
from tangra.errors import EntryError, TangraError, TypeMismatchError, declare
from tangra.frontend.diagnostics import StaticNeeded
from tangra.frontend.overlaps import Overlap
from tangra.native.dispatch import MISS
from tangra.native.options import NativeOptions
from tangra.shapes import Size, symbol

if TYPE_CHECKING:
    from tangra.core.compiling import Compiled
    from tangra.core.donation import Donation
    from tangra.core.explanation import Explanation
    from tangra.core.prepared import Prepared

STATIC_NAME = declare("TG809", "static= names an argument that the function does not have")
NEEDS_CONSTANT = declare("TG810", "a value has to be known at compile time")
NOTHING_COMPILED = declare("TG819", "nothing is compiled yet that could be shown")

LIMIT = 128
"""Specialisations one function keeps; beyond it the oldest is dropped."""
WARN_AT = 16
"""At so many compilations, and at each doubling, the log warns."""

log = logging.getLogger("tangra.jit")


class JitFunction(CompiledCall):
    """A function that compiles itself at the first call with new types; see `jit`.

    `recompilations` says why each specialisation was made; the same goes to the logger `tangra.jit`.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        static: int | str | Sequence[int | str] = (),
        dynamic: Dynamic = False,
        options: NativeOptions | None = None,
        donate: int | str | Sequence[int | str] = (),
    ) -> None:
        if not callable(function):
            raise EntryError(
                f"tg.jit takes a function, not {type(function).__name__}", code=NOT_CALLABLE, fix=PASS_FUNCTION
            )
        self.function = function
        chosen = Chosen("static", function, self._name(), STATIC_NAME)
        self.static = chosen.listed(static)
        self.dynamic = dynamic
        self.sizes = parse_dynamic(dynamic, self._name())
        self.options = options or NativeOptions()
        self.recompilations: list[str] = []
        self._exact: dict[Any, list[Specialisation]] = {}
        self._symbolic: dict[Any, list[tuple[tuple[int | None, ...], Specialisation]]] = {}
        self._seen: dict[Any, list[Keyed]] = {}
        self._sizes_needed: set[Any] = set()
        self._last: Specialisation | None = None
        functools.update_wrapper(self, function, updated=())
        self._positions = chosen.positions(self.static)
        sizes = Chosen("dynamic", function, self._name(), BAD_DYNAMIC)
        self.sizes = replace(self.sizes, named=tuple((sizes.key(key), axes) for key, axes in self.sizes.named))
        self._dynamic_positions = sizes.positions(key for key, _ in self.sizes.named)
        self.donate: tuple[int | str, ...] = ()
        self._donation = None if donate == () else self._donated(donate)

    def _donated(self, donate: int | str | Sequence[int | str]) -> Donation | None:
        from tangra.core.donation import BAD_DONATION, Donation

        self.donate = Chosen("donate", self.function, self._name(), BAD_DONATION).listed(donate)
        return Donation(self.donate, self.function) if self.donate else None

    # ---- calling --------------------------------------------------------------------------------------------------
    def _call_carefully(self, /, *args: Any, **kwargs: Any) -> Any:
        """Find or make the specialisation for a call that no wrapper serves (yet), and run it."""
        arguments = call_arguments(args, kwargs)
        made = self._apart(self._specialise(args, kwargs, arguments), args, kwargs, arguments)
        if self.serve(made):
            result = self._attempt(*args, **kwargs)
            if result is not MISS:
                return result
        return made(arguments)

    def serve(self, made: Specialisation) -> bool:
        """Let the wrapper of a form serve calls from now on; whether it has one that did not yet."""
        wrapper = made.native.wrapper
        if wrapper is None or wrapper in self._entries:
            return False
        self._serve_by((wrapper, *self._entries))
        return True

    def _apart(
        self, made: Specialisation, args: tuple[Any, ...], kwargs: dict[str, Any], arguments: Arguments
    ) -> Specialisation:
        """`made`, or the form for arrays that overlap in memory as those of this call do."""
        try:
            blocks = made.blocks(arguments)
        except TangraError as e:
            place(e, self.function)
            raise
        if not blocks:
            return made
        with compiling():
            static = self._static_of(kwargs)
            axes = self._axes_of(kwargs)
            key = (key_of(args, kwargs, static, axes).key, *(block.key for block in blocks))
            found = made.overlapping.get(key)
            if found is None or not found.admits(arguments):
                positional, named = describe_arguments(args, kwargs, static, axes, None, self.function)
                found = self._build(positional, named, 0, arguments, blocks)
                found.remember(arguments)
                if len(made.overlapping) >= LIMIT:
                    made.overlapping.pop(next(iter(made.overlapping)))
                made.overlapping[key] = found
                self._note(" and ".join(m.path.text for m in blocks[0].members) + " overlap in memory", found)
        return found

    def _static_of(self, kwargs: dict[str, Any]) -> frozenset[int | str]:
        """The static arguments of a call, by position or name."""
        static: set[int | str] = {k for k in self.static if isinstance(k, int)}
        return frozenset(static.union(name if name in kwargs else k for name, k in self._positions.items()))

    def _axes_of(self, kwargs: dict[str, Any]) -> dict[int | str, Axes]:
        """The axes of the arguments of a call, by position or name, whose sizes are to be symbolic."""
        return self.sizes.of(self._dynamic_positions, kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def _specialise(self, args: tuple[Any, ...], kwargs: dict[str, Any], arguments: Arguments) -> Specialisation:
        """The compiled form for a call, made if there is none. Errors without a place get the function's."""
        try:
            return self._known_or_made(args, kwargs, arguments)
        except TangraError as e:
            place(e, self.function)
            raise

    def _known_or_made(self, args: tuple[Any, ...], kwargs: dict[str, Any], arguments: Arguments) -> Specialisation:
        fixed = self._static_of(kwargs)
        keyed = key_of(args, kwargs, fixed, self._axes_of(kwargs))
        found = self._find(keyed, arguments)
        if found is None:
            with compiling():
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

    # ---- compiling ------------------------------------------------------------------------------------------------
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
            if made is None and any(keyed.asked):
                made = self._attempt_symbolic(keyed, self._pattern(keyed), args, kwargs, static)
        if made is None:
            positional, named = describe_arguments(args, kwargs, static, NO_AXES, None, self.function)
            made = self._build(positional, named, 0, arguments)
            self._exact.setdefault(keyed.key, []).append(made)
        made.remember(arguments)
        seen = self._seen.setdefault(keyed.skeleton, [])
        seen.append(keyed)
        del seen[:-LIMIT]
        self._note(reason, made)
        return made

    def _pattern(self, keyed: Keyed) -> tuple[int | None, ...]:
        """For each large dim its size, or None if it should be symbolic: that was asked for, or it differed between
        calls."""
        if self.sizes.everything:
            return (None,) * len(keyed.sizes)
        needed = keyed.skeleton in self._sizes_needed
        earlier = [] if needed else [seen.sizes for seen in self._seen.get(keyed.skeleton, ())]
        return tuple(
            None if asked or any(sizes[k] != n for sizes in earlier) else n
            for k, (n, asked) in enumerate(zip(keyed.sizes, keyed.asked, strict=True))
        )

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

        axes = self._axes_of(kwargs)
        positional, named = describe_arguments(args, kwargs, static, axes, name, self.function)
        all_asked = self.sizes.everything or all(
            asked for asked, size in zip(keyed.asked, pattern, strict=True) if size is None
        )
        try:
            arguments = call_arguments(args, kwargs)
            made = self._build(positional, named, self.sizes.least + 1, arguments, asked=all_asked)
        except (TangraError, StaticNeeded) as e:
            if all_asked:
                raise
            log.info("%s: not for all sizes, so for this one: %s", self._name(), str(e).splitlines()[0])
            self._sizes_needed.add(keyed.skeleton)
            return None
        self._symbolic.setdefault(keyed.skeleton, []).append((pattern, made))
        return made

    def _build(
        self,
        positional: Any,
        named: Any,
        min_dim: int,
        arguments: Arguments,
        blocks: Sequence[Overlap] = (),
        asked: bool = False,
    ) -> Specialisation:
        name, options = self._name(), self.options

        def compile_it() -> Compiled:
            from tangra.core.compiling import compile_call

            tentative = min_dim > 0 and not asked
            return compile_call(
                self.function, positional, named, name, min_dim, options, blocks, self._donation, tentative
            )

        call = Call(self.function, positional, named, min_dim, options, (name, self.donate))
        try:
            return compile_it() if blocks else call.compiled(arguments, compile_it)
        except StaticNeeded as needed:
            if min_dim and not asked:
                raise
            constant = "pass it as a constant, or name the argument in tg.jit(f, static=…)"
            raise TypeMismatchError(
                f"{needed.what} must be known at compile time",
                code=NEEDS_CONSTANT,
                span=needed.span,
                fix=f"{constant}; a size: leave it out of dynamic=" if asked else constant,
            ) from None

    def _reason(self, keyed: Keyed, arguments: Arguments) -> str:
        """Why nothing compiled so far serves a call."""
        if not self._seen:
            return "first call"
        for candidate in self._exact.get(keyed.key, ()):
            return candidate.failed_guard(arguments)
        same = self._seen.get(keyed.skeleton)
        if same is None:
            return difference(keyed, next(reversed(self._seen.values()))[-1])
        for _, candidate in self._symbolic.get(keyed.skeleton, ()):
            if not candidate.admits(arguments):
                return candidate.failed_guard(arguments)
        return difference(keyed, same[-1])

    def _note(self, reason: str, made: Specialisation) -> None:
        self.recompilations.append(reason)
        count = len(self.recompilations)
        log.info("compiled %s in %.3f s: %s", self._name(), made.seconds, reason)
        if count >= WARN_AT and count & (count - 1) == 0:
            log.warning("%s was compiled %d times, last because: %s", self._name(), count, reason)
        if count > LIMIT:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        """Forget the specialisations of the oldest key, and of what calls looked like what is older still."""
        tables: tuple[dict[Any, list[Any]], ...] = (self._exact, self._symbolic)
        table = next((t for t in tables if t), None)
        if table is None:
            return
        for entry in table.pop(next(iter(table))):
            dropped: Specialisation = entry[1] if isinstance(entry, tuple) else entry
            self._serve_by(tuple(e for e in self._entries if e is not dropped.native.wrapper))
        while len(self._seen) > 2 * LIMIT:
            self._seen.pop(next(iter(self._seen)))

    def _name(self) -> str:
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    # ---- looking inside -------------------------------------------------------------------------------------------
    def lower(self, *args: Any, **kwargs: Any) -> Specialisation:
        """The compiled form that serves a call, without running it."""
        return self._specialise(args, kwargs, call_arguments(args, kwargs))

    def looked_at(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Compiled:
        """The compiled form for a call, or of the last one without arguments."""
        made = self.lower(*args, **kwargs) if args or kwargs else self._last
        if made is None:
            raise EntryError(
                "nothing is compiled yet, so there is nothing to show",
                code=NOTHING_COMPILED,
                fix="call the function first, or give the arguments of a call",
            )
        return made.whole

    def ir(self, *args: Any, stage: str = "simplified", **kwargs: Any) -> str:
        """The printed IR for a call's types (of the last call, without arguments).

        `stage`: 'traced' (as the frontend made it, derivatives included), 'simplified' (what is compiled), 'before
        NAME' or 'after NAME' for a pass of the simplifier (`tg.jit(f).passes()` lists them), 'llvm' for the LLVM text,
        'assembly' for the machine's.
        """
        from tangra.core import stages

        return stages.show(self.looked_at(args, kwargs), stage)

    def prepared(self, /, *args: Any, **kwargs: Any) -> Prepared:
        """A C function for calls with arguments such as these, for ctypes, cffi or `scipy.LowLevelCallable`; see
        `Prepared`."""
        from tangra.core import prepared

        return prepared.prepare(self, args, kwargs)

    @staticmethod
    def passes() -> list[str]:
        """The names of the simplifier's passes, in order."""
        from tangra.core import stages

        return stages.passes()

    def explain(self, *args: Any, memory: bool = False, profile: bool = False, **kwargs: Any) -> Explanation:
        """What was compiled, at the user's own lines: the type and shape of every value assigned there and what is kept
        for the backward pass. `memory` adds the buffers of arrays made there, and the bytes that a run with these
        arguments keeps and takes at most; `profile` the time it spends there. See `Explanation`."""
        from tangra.core import explanation

        return explanation.explain(self, args, kwargs, memory, profile)

    def __repr__(self) -> str:
        return f"<tangra.jit of {getattr(self.function, '__qualname__', self.function)!r}>"

    def __reduce__(self) -> Any:
        name = global_name(self)
        return name or (JitFunction, (self.function, self.static, self.dynamic, self.options, self.donate))


def jit(
    function: Callable[..., Any] | None = None,
    *,
    static: int | str | Sequence[int | str] = (),
    dynamic: Dynamic = False,
    donate: int | str | Sequence[int | str] = (),
    fastmath: bool = False,
    tape_limit: int | None = None,
    memory_limit: int | None = None,
) -> Any:
    """Compile `function` to native code at its first call with new argument types.

    The result means what the function means under CPython and NumPy: kinds, dtypes, shapes, exceptions and what
    arguments hold afterwards are the same; floats agree within a few units in the last place (sums may be reordered).
    Arguments may be numbers, arrays, and tuples, lists, dicts, dataclasses, NamedTuples and instances of plain classes
    of them; strings, None, bools and functions are compile-time constants.

    `static`: arguments (positions or names) whose value is compiled in. `dynamic`: compile once for all sizes at once,
    instead of at the second distinct size. True means all sizes above 16; arguments (positions or names), or a dict
    from them to axes, mean the sizes from 2 on of those axes of the arrays there. `donate`: arguments whose arrays the
    caller gives up: a result of the same dtype and shape may take the memory of one, and is then that very array.
    NumPy arrays can't be made invalid: after the call, or an exception, don't rely on what a donated array holds.
    `fastmath`: let floating point be reordered and approximated everywhere.
    `tape_limit` and `memory_limit`: bytes that what one loop keeps for its derivative, and all temporaries, may take
    before a MemoryError (three quarters of the machine's memory each if not given).
    Usable as a decorator, with or without arguments. Raises a `TangraError` for what can't be compiled to the same
    meaning.
    """
    options = NativeOptions(fastmath=fastmath)
    if tape_limit is not None:
        options = replace(options, tape_limit=tape_limit)
    if memory_limit is not None:
        options = replace(options, memory_limit=memory_limit)
    if function is None:
        return lambda f: JitFunction(f, static, dynamic, options, donate)
    return JitFunction(function, static, dynamic, options, donate)


registry.OPAQUE.append(JitFunction)
