"""`Wrapper`: the function through which Python calls compiled code, `ptr (state, args, nargs, kwnames)`.

It is written for one form of a call: a planner (see `tangra.core.serving`) has it test the arguments and what is
captured, read the leaves, call the compiled function and put the result together. It returns a new reference, null with
an exception set, or `pyhelpers.MISS` where a test failed, before anything has happened.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from tangra.ir import ArrayType, Func
from tangra.native import arena, duration, wrapper_memory
from tangra.native.entries import changed_parameters
from tangra.native.function import SLOW_CALL_SECONDS, WRAPPER, WrapperForm
from tangra.native.llvm_types import register_type
from tangra.native.module import Module
from tangra.native.signature import Signature
from tangra.native.text import UNLIKELY
from tangra.native.wrapper_arguments import NoShortWay
from tangra.native.wrapper_results import Results


class Planner(Protocol):
    """What one form of a call needs."""

    def write(self, w: Wrapper, module: Module) -> None:
        """Have `w` write the wrapper of the main function of `module`; NoShortWay where there is none."""

    @property
    def fail(self) -> Callable[[int], Any]:
        """Raises the exception that the context at an address tells of."""

    @property
    def finish(self) -> Callable[..., Any]:
        """Builds a result that takes more than wrappers do, from all native results and the arguments."""


def wrap(calls: Module, module: Module, sig: Signature, func: Func, planner: Planner) -> Wrapper | None:
    """Write the wrapper of `func`, which is in `module`, into `calls`; None where there is none."""
    made = Wrapper(calls, sig, changed_parameters(module, sig), duration.is_short(func), planner)
    try:
        planner.write(made, module)
    except NoShortWay:
        return None
    calls.functions.append(
        made.text(f"define ptr @{WRAPPER}(ptr %state, ptr %args, i64 %nargs, ptr %kwnames) nounwind")
    )
    return made


class Wrapper(Results):
    """Writes one wrapper. `short`: the call takes so little time that it keeps the GIL."""

    def __init__(self, module: Module, sig: Signature, changed: set[int], short: bool, planner: Planner) -> None:
        super().__init__(module, sig, changed)
        self.short = short
        self.planner = planner

    def form(self) -> WrapperForm:
        """What it is beside its machine code."""
        return WrapperForm(tuple(self.constants), self.positional)

    # ---- the call ----------------------------------------------------------------------------------------------------
    def call(self, uses_arena: bool, tapes: int) -> None:
        """Make the result arrays and call the compiled function. Every exit after this one is an error."""
        code = self.code
        code.do("store ptr null, ptr %result")
        operands = [f"{self._kind(t)} {self.parameters[k]}" for k, t in enumerate(self.sig.params)]
        operands += [f"i64 {self.symbol(name)}" for name in self.sig.symbols]
        for k, owner in enumerate(self.sig.written):
            if owner is None:
                operands.append(f"ptr {self.result_place(k)}")
        space = uses_arena or tapes > 0
        context = wrapper_memory.take(self, uses_arena, tapes) if space else self._context()
        start = wrapper_memory.clock(self) if space and not self.short else ""
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
            wrapper_memory.shrink_if_slow(self, context, start, SLOW_CALL_SECONDS)
        if space:
            wrapper_memory.bring(self, context)

    def _kind(self, type: ArrayType) -> str:
        return "ptr" if type.shape else register_type(type.dtype)

    def _context(self) -> str:
        context = self.alloca(f"[{arena.ARENA_TOP} x i64], align 16")
        self.code.do(f"store i64 0, ptr {context}")
        place = self.code.ins(f"getelementptr inbounds i64, ptr {context}, i64 {arena.JOB}")
        self.code.do(f"store i64 0, ptr {place}")
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
            wrapper_memory.bring(self, context)
        code.goto(self.exit())

    def finished(self) -> str:
        """What `Planner.finish` makes of all results and the arguments."""
        plain = {"f": float, "b": bool}
        items = [
            self.array_result(k) if type.shape else self.boxed(k, plain.get(type.dtype.kind, int))
            for k, type in enumerate(self.sig.results)
        ]
        return self.called(self.planner.finish, [self.made_tuple(items)], extra=True)
