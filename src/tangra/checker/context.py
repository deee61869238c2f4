"""The context that shape rules get from the evaluator: its facts, its callables, and what becomes of the undecided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.checker.dispatch import call
from tangra.checker.heap import Value
from tangra.checker.symbols import NOTHING, counterexample, depends_on_value, is_equality
from tangra.shape_rules import registry
from tangra.shape_rules.context import BaseContext, Condition
from tangra.shape_rules.failures import LABEL, REPEATED, SQUEEZE, Failure, RuleError
from tangra.shape_rules.registry import ModuleRule
from tangra.shape_rules.values import UNKNOWN
from tangra.shapes import Dim, Facts, symbol

if TYPE_CHECKING:
    import ast

    from tangra.checker.evaluator import Evaluator


HINTS = frozenset({SQUEEZE, LABEL, REPEATED})
"""Remarks of rules on what depends on sizes nobody knows, or may be meant: worth a look, not a warning."""


class Context(BaseContext):
    """What rules decide with. Undecided conditions are preconditions and pass in silence, except equalities of rigid
    sizes for which a counterexample is found."""

    def __init__(self, evaluator: Evaluator) -> None:
        super().__init__(NOTHING)
        self.evaluator = evaluator
        self.node: ast.AST | None = None

    def restore(self, facts: Facts) -> None:
        """Go back to what was known before a branch."""
        self._facts = facts

    def learn(self, facts: Facts) -> None:
        """Know more from here on."""
        self._facts = facts

    def undecided(self, condition: Condition, failure: Failure) -> None:
        if not is_equality(condition):
            return
        witness = counterexample(condition, self.facts)
        if witness is None:
            return
        values = ", ".join(f"{name} = {value}" for name, value in witness.items())
        if depends_on_value(condition):
            at = self.node
            if at is not None:
                note = Failure(failure.code, f"{failure.text}; this fails for {values}", failure.error, failure.notes)
                self.evaluator.report("note", note, at)
            return
        notes = (*failure.notes, f"the annotations allow any sizes; this fails for {values}")
        raise RuleError(Failure(failure.code, failure.message, failure.error, notes, failure.fix))

    def warn(self, failure: Failure) -> None:
        if self.node is not None:
            self.evaluator.report("note" if failure.code in HINTS else "warning", failure, self.node)

    @property
    def made(self) -> int:
        """How many sizes were made up."""
        return self._fresh

    def make(self, number: int) -> None:
        """Let `number` more sizes be made up elsewhere."""
        self._fresh += number

    def change_setting(self, name: str, value: Value) -> None:
        super().change_setting(name, value)
        self.evaluator.taints += 1
        self.evaluator.journal.version += 1

    def fresh(self, hint: str, low: int = 0) -> Dim:
        if low < 0:
            return self.opaque_int(hint)
        return self._opaque(hint, f"${low}" if low else "")

    def opaque_int(self, hint: str = "n") -> Dim:
        """An int nobody knows, not even its sign."""
        return self._opaque(hint, "$")

    def _opaque(self, hint: str, bound: str) -> Dim:
        self._fresh += 1
        return symbol(f"?{hint if hint.isidentifier() else 'n'}${self._fresh}{bound}")

    def flexible(self, hint: str, low: int | None = 1) -> Dim:
        """A size of an input that nobody annotated."""
        self._fresh += 1
        return symbol(f"@{hint if hint.isidentifier() else 'n'}${self._fresh}{'' if low is None else f'${low}'}")

    def call(self, function: Value, *args: Value, **kwargs: Value) -> Value:
        from tangra.checker.library import from_rule, to_rule

        node = self.node
        found = call(
            self.evaluator, function, [from_rule(a) for a in args], {k: from_rule(v) for k, v in kwargs.items()}, node
        )
        self.node = node
        return to_rule(found)

    def construct(self, name: str, *args: Value, **kwargs: Value) -> Value:
        from tangra.checker.library import library_class

        entry = registry.find(name)
        if not isinstance(entry, ModuleRule):
            return UNKNOWN
        return self.call(library_class(self.evaluator, entry), *args, **kwargs)
