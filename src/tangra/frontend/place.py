"""Where in the source an evaluator is."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


class Place:
    """While it is entered, an evaluator is at a node. (A generator for this would take as long as all it is around.)"""

    __slots__ = ("ev", "node", "outer")

    def __init__(self, ev: Evaluator, node: ast.AST) -> None:
        self.ev, self.node = ev, node

    def __enter__(self) -> None:
        ev = self.ev
        self.outer = ev.node_span, ev.b.span, ev.place
        if ev.frame is not None:
            ev.node_span = ev.b.span = ev.span_of(self.node)
            ev.place = id(self.node)

    def __exit__(self, *raised: object) -> None:
        ev = self.ev
        ev.node_span, ev.b.span, ev.place = self.outer
