"""What evaluating a call gives: its IR, and all that is needed to call what is compiled from that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tangra.api.kinds import Kind
from tangra.frontend.exceptions import ExceptionSpec
from tangra.frontend.guards import Capture, Guard
from tangra.frontend.nodes import Node
from tangra.frontend.paths import Path
from tangra.ir.types import ArrayType

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Counters
    from tangra.frontend.reads import Reads
    from tangra.ir import Func


@dataclass(frozen=True)
class Leaf:
    """An argument leaf that is a parameter: where it is, what it is. `kind` is None for an array."""

    path: Path
    param: int
    kind: Kind | None
    type: ArrayType


@dataclass(frozen=True)
class Written:
    """An array from before the call that changes: parameter `param`, found at `path`, ends as result `result`."""

    path: Path
    param: int
    result: int


@dataclass(frozen=True)
class Mutation:
    """An object from before the call (list, dict, instance, module namespace, closure cell) that changes.

    `form`: 'list' and 'dict' (`node` has the whole content), 'attr' (attribute `name` becomes `node`, or is deleted
    where it is None), 'global' (the same for a name in a namespace), 'cell'.
    """

    path: Path
    form: str
    name: str | None
    node: Node | None


@dataclass
class Terms:
    """On what terms a compiled function serves a call: how it is called, and what it leaves.

    The function's parameters are `leaves`, then `captures`; its results are those that `result`, `written` and
    `mutations` refer to. `guards` must hold before a call; `static` are argument leaves that became constants, with
    their values.
    `changes` says whether an object from before the call (other than an array) changes on any path, also on one that
    raises and so has no part in `mutations`; `tells_apart` whether anything depends on two such objects being the same
    or not. `copied` are parameters of which a transformed function changes a copy.
    """

    leaves: list[Leaf]
    captures: list[Capture]
    guards: list[Guard]
    result: Node
    written: list[Written]
    mutations: list[Mutation]
    changes: bool
    exceptions: dict[str, ExceptionSpec]
    static: list[tuple[Path, Any]]
    tells_apart: bool
    copied: list[int]

    @property
    def parameters(self) -> list[Leaf | Capture]:
        """Where the function's parameters are found, in order."""
        return sorted([*self.leaves, *self.captures], key=lambda leaf: leaf.param)


@dataclass
class Traced(Terms):
    """A call as evaluated: its terms, and the function."""

    func: Func
    counters: Counters
    reads: Reads
    objects: list[Any]
    """Live objects that the evaluation knew."""
