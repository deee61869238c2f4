"""How a compiled form of a function is made."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tangra.core import meanings
from tangra.core.donation import Donation, donated
from tangra.core.serving import Plan
from tangra.core.specialisation import Specialisation
from tangra.frontend.entry import trace
from tangra.frontend.overlaps import Overlap
from tangra.frontend.policy import Policy, Tentative
from tangra.frontend.specs import ArgSpec
from tangra.frontend.traced import Traced
from tangra.ir import Func
from tangra.ir.verifier import verify
from tangra.native.compiling import compile_func
from tangra.native.options import NativeOptions
from tangra.transforms import simplify
from tangra.transforms.finishing import finish

assert meanings.RUN  # which says what transformed functions mean in what is compiled here


class Compiled(Specialisation):
    """A traced, simplified and compiled function."""

    def __init__(
        self,
        trace_again: Callable[[Policy | None], Traced],
        plain: Callable[..., Any],
        positional: Sequence[ArgSpec],
        named: Mapping[str, ArgSpec],
        min_dim: int,
        options: NativeOptions,
        donation: Donation | None = None,
    ) -> None:
        self.trace_again = trace_again
        self.traced = traced = trace_again(None)
        self.donation = donation
        if donation is not None:
            traced.written += donated(traced, dict([*enumerate(positional), *named.items()]), donation)
        started = time.perf_counter()
        super().__init__(traced, plain, positional, named, min_dim)
        self.func = lowered(traced)
        self.native = compile_func(self.func, options=options, planner=Plan(self))
        self.seconds = time.perf_counter() - started

    @property
    def whole(self) -> Compiled:
        return self

    def rebuilt(self, options: NativeOptions) -> Compiled:
        """The same, compiled with other options."""
        specs = list(self.positional.values())
        return Compiled(self.trace_again, self.plain, specs, self.named, self.min_dim, options, self.donation)


def lowered(traced: Traced) -> Func:
    """The simplified IR that is compiled."""
    returned = {w.param: w.result for w in traced.written}
    in_place = tuple((p, r) for p, r in returned.items() if traced.func.params[p].array.rank)
    traced.func.attrs["written"] = in_place
    func = simplify(traced.func, last=True)
    finish(func)
    func.attrs["written"] = in_place
    if os.environ.get("TANGRA_VERIFY"):
        verify(func)
    return func


def compile_call(
    fn: Callable[..., Any],
    args: Sequence[ArgSpec],
    kwargs: Mapping[str, ArgSpec],
    name: str,
    min_dim: int,
    options: NativeOptions,
    blocks: Sequence[Overlap] = (),
    donation: Donation | None = None,
    tentative: bool = False,
) -> Compiled:
    """Trace, simplify and compile a call; `blocks` are its arrays that overlap in memory. These keep their memory. Of a
    `tentative` form there is another one to compile if it can't be."""
    usual = Tentative() if tentative else None

    def traced(policy: Policy | None) -> Traced:
        return trace(fn, args, kwargs, name=name, min_dim=min_dim, policy=policy or usual, blocks=blocks)

    return Compiled(traced, fn, args, kwargs, min_dim, options, None if blocks else donation)
