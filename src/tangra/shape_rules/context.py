"""What a rule decides with: `RuleContext`, the protocol, and `BaseContext`, which the checker's evaluator extends.

Conditions are three-valued. A rule never asks "is this so?" and branches on a guess: it requires a condition and goes
on. If the condition certainly fails, the requirement raises `RuleError`; if nobody knows, the context may record it as
a precondition of the function being checked (`undecided`), or let it pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, Protocol, TypeAlias

from tangra.shape_rules.failures import Failure, RuleError
from tangra.shape_rules.registry import ModuleRule, find
from tangra.shape_rules.values import UNKNOWN, Value
from tangra.shapes import EMPTY, Dim, Facts, ShapeError, Size, SizeTooComplex, dmax, known_eq, known_le, symbol


@dataclass(frozen=True, slots=True)
class Equal:
    """left == right."""

    left: Size
    right: Size


@dataclass(frozen=True, slots=True)
class AtLeast:
    """low <= size."""

    low: Size
    size: Size


@dataclass(frozen=True, slots=True)
class Multiple:
    """`size` is a multiple of `divisor`."""

    size: Size
    divisor: Size


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the conditions holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of the conditions hold."""

    conditions: tuple[Condition, ...]


Condition: TypeAlias = Equal | AtLeast | Multiple | AnyOf | AllOf


class RuleContext(Protocol):
    """What rules see of the evaluator."""

    @property
    def facts(self) -> Facts:
        """What is known about symbols at this point of the program."""

    def truth(self, condition: Condition) -> bool | None:
        """Whether `condition` holds for all values, for none, or nobody knows."""

    def require(self, condition: Condition, failure: Failure) -> None:
        """Raise `RuleError(failure)` if `condition` certainly fails; pass or record it if nobody knows."""

    def require_equal(self, left: Size, right: Size, failure: Failure) -> Size:
        """Require left == right; the size to go on with."""

    def broadcast(self, left: Size, right: Size, failure: Failure) -> Size:
        """Require left == right or that one of them is 1; the size of the result."""

    def fail(self, failure: Failure) -> NoReturn:
        """The call certainly fails."""

    def warn(self, failure: Failure) -> None:
        """The call works, and is probably not meant."""

    def fresh(self, hint: str, low: int = 0) -> Dim:
        """A size nobody knows, at least `low`, equal only to itself."""

    def drawn(self, low: Size, high: Size) -> Dim:
        """An int nobody knows, at least `low` and below `high`."""

    def setting(self, name: str) -> Value:
        """A global of a library that shapes or dtypes depend on, such as "torch.default_dtype"; None if not set."""

    def change_setting(self, name: str, value: Value) -> None:
        """The call sets such a global."""

    def call(self, function: Value, *args: Value, **kwargs: Value) -> Value:
        """The result of calling an abstract callable of the program, or a layer."""

    def construct(self, name: str, *args: Value, **kwargs: Value) -> Value:
        """A layer by its dotted name, as part of another."""


class BaseContext:
    """A context over `facts`. The evaluator overrides `undecided`, `warn`, `fresh`, `call`, `construct`
    and the settings."""

    def __init__(self, facts: Facts = EMPTY) -> None:
        self._facts = facts
        self._settings: dict[str, Value] = {}
        self._fresh = 0

    @property
    def facts(self) -> Facts:
        return self._facts

    def truth(self, condition: Condition) -> bool | None:
        return truth(condition, self.facts)

    def require(self, condition: Condition, failure: Failure) -> None:
        known = self.truth(condition)
        if known is False:
            raise RuleError(failure)
        if known is None:
            self.undecided(condition, failure)

    def require_equal(self, left: Size, right: Size, failure: Failure) -> Size:
        self.require(Equal(left, right), failure)
        return plainer(left, right)

    def broadcast(self, left: Size, right: Size, failure: Failure) -> Size:
        if left == right:
            return left
        is_one = self.truth(Equal(left, 1)), self.truth(Equal(right, 1))
        if is_one[0]:
            return right
        if is_one[1]:
            return left
        equal = Equal(left, right)
        if is_one == (False, False):
            return self.require_equal(left, right, failure)
        ways = (equal, *(Equal(size, 1) for size, one in zip((left, right), is_one, strict=True) if one is None))
        self.require(AnyOf(ways), failure)
        if is_one[0] is False:
            return left
        return right if is_one[1] is False else self.joined(left, right)

    def joined(self, left: Size, right: Size) -> Size:
        """The size that `left` and `right` broadcast to, where either may be 1 and nothing more is known.

        If neither is 0 that is their maximum; sizes that may be 0 give a fresh one."""
        if self.truth(AllOf((AtLeast(1, left), AtLeast(1, right)))):
            return dmax(left, right)
        return self.fresh("n")

    def fail(self, failure: Failure) -> NoReturn:
        raise RuleError(failure)

    def undecided(self, condition: Condition, failure: Failure) -> None:
        """`condition` may hold or not. May raise `RuleError(failure)`, e.g. where it fails for a rigid symbol."""

    def warn(self, failure: Failure) -> None:
        """Take note of `failure`, which is not an error."""

    def fresh(self, hint: str, low: int = 0) -> Dim:
        self._fresh += 1
        dim = symbol(f"?{hint}{self._fresh}")
        self._facts = self._facts.with_bounds(dim, lo=low)
        return dim

    def drawn(self, low: Size, high: Size) -> Dim:
        natural = isinstance(low, int) and low >= 0
        number = self.fresh("i", low if isinstance(low, int) and natural else -1)
        facts = self._facts if natural else self._facts.with_le(low, number)
        self._facts = facts.with_lt(number, high)
        return number

    def setting(self, name: str) -> Value:
        return self._settings.get(name)

    def change_setting(self, name: str, value: Value) -> None:
        self._settings[name] = value

    def call(self, function: Value, *args: Value, **kwargs: Value) -> Value:
        """Only layers that rules constructed can be called here; the evaluator knows more."""
        names = getattr(type(function), "rule_names", ())
        forward = ModuleRule(names[0], type(function)).method("forward") if names else None
        return UNKNOWN if forward is None else forward(self, function, *args, **kwargs)

    def construct(self, name: str, *args: Value, **kwargs: Value) -> Value:
        entry = find(name)
        return entry.construct(self, *args, **kwargs) if isinstance(entry, ModuleRule) else UNKNOWN


def truth(condition: Condition, facts: Facts) -> bool | None:
    """Whether `condition` is proved to hold, or to fail, for all values the facts allow."""
    if isinstance(condition, Equal):
        return known_eq(condition.left, condition.right, facts)
    if isinstance(condition, AtLeast):
        return known_le(condition.low, condition.size, facts)
    if isinstance(condition, Multiple):
        return _is_multiple(condition.size, condition.divisor, facts)
    answers = {truth(part, facts) for part in condition.conditions}
    deciding = isinstance(condition, AnyOf)
    if deciding in answers:
        return deciding
    return None if None in answers else not deciding


def _is_multiple(size: Size, divisor: Size, facts: Facts) -> bool | None:
    if known_eq(divisor, 0, facts) is not False:
        return None
    try:
        return known_eq(size % divisor, 0, facts)
    except (SizeTooComplex, ZeroDivisionError):
        return None


def plainer(left: Size, right: Size) -> Size:
    """Of two equal sizes the int, else the shorter to read, else the first."""
    if isinstance(left, int) or isinstance(right, int):
        return left if isinstance(left, int) else right
    return left if len(str(left)) <= len(str(right)) else right


def undecided_equality(ctx: RuleContext, code: str, error: str) -> Callable[[Size, Size, str], Size]:
    """The callback that rules of `tangra.shapes` ask: the context takes the equality."""

    def ask(left: Size, right: Size, what: str) -> Size:
        return ctx.require_equal(left, right, Failure(code, f"{what}: {left} and {right} have to be equal", error))

    return ask


def from_shape_error(error: ShapeError, code: str, raised: str) -> RuleError:
    """A failure of a rule of `tangra.shapes` as one of ours."""
    return RuleError(Failure(code, error.message, raised))
