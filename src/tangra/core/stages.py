"""The IR of a compiled function at any stage of its way: `fn.ir(stage=…)`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tangra.core.locks import COMPILING
from tangra.errors import EntryError, declare
from tangra.ir import Func
from tangra.ir.printer import print_func
from tangra.ir.verifier import verify
from tangra.native.engine import assembly
from tangra.transforms import simplify
from tangra.transforms.pipeline import pass_names

if TYPE_CHECKING:
    from tangra.core.compiling import Compiled

NO_STAGE = declare("TG816", "a stage of compilation that does not exist")
DERIVED = ("jvp", "vjp", "vmap")
"""Transformations that run while the frontend evaluates the program."""


@dataclass(frozen=True)
class Derived:
    """A function before or after a transformation (`stage`: 'before vjp' …); its first `primals` results are those of
    the function it was made from."""

    stage: str
    func: Func
    primals: int


_watched: list[Derived] | None = None


def note(stage: str, func: Func, primals: int = 0) -> None:
    """Called by the transformations. With TANGRA_VERIFY=1 the IR is verified."""
    if os.environ.get("TANGRA_VERIFY") == "1":
        verify(func)
    if _watched is not None:
        _watched.append(Derived(stage, func, primals))


@contextmanager
def watching() -> Iterator[list[Derived]]:
    """Collect what `note` is told (one function is compiled at a time, so a global does)."""
    global _watched
    found: list[Derived] = []
    _watched = found
    try:
        yield found
    finally:
        _watched = None


def passes() -> list[str]:
    """Transformations and passes that `show` knows before and after."""
    return [*DERIVED, *pass_names()]


def show(made: Compiled, stage: str) -> str:
    """The text of a stage; see `JitFunction.ir`."""
    if stage == "traced":
        return print_func(made.traced.func)
    if stage == "simplified":
        return print_func(made.func)
    if stage == "llvm":
        return made.native.llvm
    if stage == "assembly":
        return assembly(made.native.llvm, made.native.options)
    when, _, name = stage.partition(" ")
    if when not in ("before", "after") or name not in passes():
        known = "traced, simplified, llvm, assembly, or before or after one of " + ", ".join(passes())
        raise EntryError(f"there is no stage {stage!r}", code=NO_STAGE, fix=f"the stages are {known}")
    return _derived(made, stage) if name in DERIVED else _simplified(made, name, when == "after")


def _simplified(made: Compiled, name: str, after: bool) -> str:
    """Before its first or after its last run."""
    texts: list[str] = []

    def watch(pass_name: str, func: Func, ended: bool) -> None:
        if pass_name == name and ended == after:
            texts.append(print_func(func))

    simplify(made.traced.func, watch, last=True)
    if not texts:
        return f"{name} did not run: nothing was left to do"
    return texts[-1] if after else texts[0]


def _derived(made: Compiled, stage: str) -> str:
    """Each function that was transformed in that way, in order."""
    with COMPILING, watching() as found:
        made.trace_again(None)
    texts = [print_func(d.func) for d in found if d.stage == stage]
    return "\n".join(texts) or f"{stage.partition(' ')[2]} did not run: nothing was transformed in that way"
