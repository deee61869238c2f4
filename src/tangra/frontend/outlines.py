"""What an evaluation remembers of outlined functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tangra.frontend.heap import HeapState
from tangra.frontend.sameness import same_state
from tangra.ir import Func, Value

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator
    from tangra.frontend.leaving import Outcome
    from tangra.frontend.signatures import Signature
    from tangra.frontend.source import Definition


@dataclass(eq=False)
class Specialisation:
    """A function made of a call. `inputs` are the slots of the signature that it takes, `captured` values of the
    compiled function and `symbols` sizes that it takes besides.

    `seen` are objects of the live program that its evaluation looked at, with what they held then (None: what they
    held from the start); `named` those it could tell from others; `pinned` those of them that were also handed over,
    by position. `failing` are pairs of a parameter and the array, by position, that it holds.
    """

    signature: Signature
    func: Func
    inputs: list[int]
    captured: list[Value]
    symbols: list[str]
    outcome: Outcome
    seen: dict[int, HeapState | None]
    named: frozenset[int]
    pinned: dict[int, int]
    failing: list[tuple[int, int]]

    def serves(self, ev: Evaluator, signature: Signature) -> bool:
        """Whether it does what a call with this signature, equal to its own, would do here."""
        if any(signature.order[k] != ref for k, ref in self.pinned.items()):
            return False
        own = {signature.order[k] for k in self.pinned}
        if (self.named & {*signature.reachable, *signature.shares.values()}) - own:
            return False
        return all(unchanged(ev, ref, state) for ref, state in self.seen.items())


def unchanged(ev: Evaluator, ref: int, before: HeapState | None) -> bool:
    """Whether an object holds what it held."""
    known = before if before is not None else ev.initial.get(ref)
    now = ev.state.heap.get(ref, ev.initial.get(ref))
    return now is known or (now is not None and known is not None and same_state(now, known))


@dataclass
class Outlines:
    """What an evaluation knows of outlining: specialisations by function and signature (None: not possible), functions
    to outline because they call themselves or turned out to be large, those that can't be outlined, and the live
    objects that a function is known to look at. `pending` are being made; `failing` tells of functions whether they
    may fail."""

    known: dict[Any, list[Specialisation] | None] = field(default_factory=dict)
    recursive: set[Definition] = field(default_factory=set)
    large: set[Definition] = field(default_factory=set)
    refused: set[Definition] = field(default_factory=set)
    extras: dict[Definition, dict[int, None]] = field(default_factory=dict)
    pending: set[Any] = field(default_factory=set)
    failing: dict[Func, bool] = field(default_factory=dict)
