"""Trips of a loop that need not be evaluated, as in `for m in self.modules(): if isinstance(m, nn.Conv2d): …`.

A trip that left everything as it was does so again for an object like the one it had, as long as no other trip changed
anything. It must not matter which object it is: the loop's body asks for its class and attributes only. Objects are
alike if they have the same class and nothing behind a successful `isinstance` was evaluated; else if they have the same
attributes too, and the class is a library's, so that no function of the program gets hold of them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.checker.heap import Instance, Value

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

ASKING = frozenset({"isinstance", "hasattr", "getattr"})
"""Functions that may get the object first."""
OPAQUE = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp,
    ast.GeneratorExp, ast.Yield, ast.YieldFrom, ast.Await, ast.Return, ast.Break, ast.Continue, ast.Try, ast.With,
)  # fmt: skip
"""What may keep the object, or leave the trip."""


class Trips:
    """The trips of one run of a loop that left everything as it was, by what they found.

    `begin`, evaluate, `keep`: of each the counts are kept, of steps, of unknowns and of calls of unknowns."""

    def __init__(self, ev: Evaluator, node: ast.For | ast.AsyncFor) -> None:
        self.ev = ev
        self.name = node.target.id if isinstance(node.target, ast.Name) else ""
        asks, self.by_class = _how_it_asks(node)
        self.enabled = asks and ev.summaries.enabled and not ev.asked
        self._known: dict[tuple[object, ...], tuple[int, int, int]] = {}

    def skip(self, item: Value) -> bool:
        """Whether the trip for `item` is one that is known; then it counts as evaluated."""
        ev = self.ev
        if not self._known or type(item) is not Instance:
            return False
        known = self._known.get((item.cls, ev.guards))
        if known is None:
            key = self._attributes(item)
            known = None if key is None else self._known.get(key)
        if known is None or ev.steps + known[0] > ev.limit:
            return False
        ev.steps += known[0]
        ev.summaries.saved += known[0]
        ev.unknowns += known[1]
        ev.wild += known[2]
        return True

    def begin(self) -> None:
        """A trip begins."""
        ev = self.ev
        self._mark, self._state, self._recognised = len(ev.journal.log), self._now(), ev.recognised
        self._counts = ev.steps, ev.unknowns, ev.wild

    def keep(self, item: Value) -> None:
        """The trip for `item` is over."""
        ev, scope = self.ev, self.ev.frame.scope
        is_unchanged = all(cell is scope and key == self.name for cell, key, _ in ev.journal.log[self._mark :])
        if not is_unchanged or self._now() != self._state:
            self._known.clear()
            return
        if type(item) is not Instance:
            return
        by_class = self.by_class and ev.recognised == self._recognised
        key = (item.cls, ev.guards) if by_class else self._attributes(item)
        if key is not None:
            steps, unknowns, wild = self._counts
            self._known[key] = (ev.steps - steps, ev.unknowns - unknowns, ev.wild - wild)

    def _now(self) -> tuple[object, ...]:
        """What a trip may change besides fields."""
        ev, frame = self.ev, self.ev.frame
        loop = frame.loops[-1]
        return (
            ev.journal.version, ev.taints, ev.ctx.facts, ev.ctx.made, len(ev.built), len(ev.entered_since),
            len(ev.missed), ev.guards, len(frame.returns), len(loop.breaks), len(loop.continues),
            sum(len(state.raised) for state in ev.tries),
        )  # fmt: skip

    def _attributes(self, item: Instance) -> tuple[object, ...] | None:
        """What tells the object from others; None if the program's functions may, or nothing can be compared."""
        if item.cls.node is not None or item.cls.dotted is None:
            return None
        key: list[object] = [item.cls, self.ev.guards]
        for name, value in item.fields.items():
            kind = type(value)
            key += (name, kind, value.hex() if kind is float else value)
        found = tuple(key)
        try:
            hash(found)
        except TypeError:
            return None
        return found


def _how_it_asks(node: ast.For | ast.AsyncFor) -> tuple[bool, bool]:
    """Whether the body reads the loop's variable for its class and attributes alone; and for attributes only where
    `isinstance` said yes."""
    kept = node.__dict__
    if "tangra_asks" not in kept:
        name = node.target.id if isinstance(node.target, ast.Name) else None
        asks = name is not None and not any(_gives_away(part, name) for part in node.body)
        kept["tangra_asks"] = (asks, asks and _asks_class_first(node.body, name))
    found: tuple[bool, bool] = kept["tangra_asks"]
    return found


def _gives_away(node: ast.AST, name: str) -> bool:
    """Whether more can become of the variable than that its class or an attribute is read."""
    if isinstance(node, OPAQUE) or (isinstance(node, ast.Name) and node.id == name):
        return True
    below = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        below = [] if isinstance(node.value, ast.Name) else below
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ASKING and node.args:
        below = [part for part in below if part is not node.args[0] or not isinstance(part, ast.Name)]
    return any(_gives_away(part, name) for part in below)


def _asks_class_first(body: Sequence[ast.stmt], name: str | None) -> bool:
    """Whether the block is a chain of `if isinstance(name, …)`, perhaps with `and …`."""
    for statement in body:
        if isinstance(statement, ast.If):
            test = statement.test
            first = test.values[0] if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else test
            is_class = (
                isinstance(first, ast.Call) and isinstance(first.func, ast.Name) and first.func.id == "isinstance"
            )
            if not is_class or not _asks_class_first(statement.orelse, name):
                return False
        elif any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(statement)):
            return False
    return True
