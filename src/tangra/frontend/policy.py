"""What differs between the compiler and a checker over the same evaluator: how names resolve, what is refused.

`Policy` is the compiler's: strict, and names resolve to live Python objects. A tolerant one overrides its methods.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

from tangra.api.values import AbstractValue, Const
from tangra.errors import TangraError, TypeMismatchError, UnsupportedError
from tangra.frontend import diagnostics
from tangra.frontend.heap import Conflict, MaybeNone

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

WAYS_ROUND: dict[type[ast.AST], tuple[str, str]] = {
    ast.Try: ("try/except", "test the condition with an if beforehand; errors leave compiled code as exceptions"),
    ast.Yield: ("generator functions", "append to a list, or use a generator expression inside sum() or list()"),
    ast.YieldFrom: ("generator functions", "append to a list and return it"),
    ast.Set: ("sets", "use a tuple or a list"),
    ast.SetComp: ("sets", "use a list comprehension"),
    ast.ClassDef: ("class definitions inside a function", "define the class at module level"),
    ast.AsyncFunctionDef: ("async functions", "compiled code is synchronous: use def"),
    ast.AsyncFor: ("async for", "use for"),
    ast.AsyncWith: ("async with", "use with outside the compiled function"),
    ast.Await: ("await", "await outside the compiled function"),
    ast.With: ("with statements", "enter the context outside the compiled function"),
    ast.JoinedStr: ("f-strings of run-time values", "format strings outside the compiled function"),
}


DRAWING = ("numpy.random.", "random.")
"""How the names of what draws random numbers begin, in small letters."""


class Policy:
    """The compiler's decisions."""

    resizing_calls = 100
    """Calls of a function by itself with sizes that only the run knows and that differ from its own: where recursion
    ends that halves any size."""

    def unsupported(self, ev: Evaluator, node: ast.AST) -> NoReturn:
        """A construct that the language does not cover."""
        name, fix = WAYS_ROUND.get(type(node), (f"the construct {type(node).__name__}", None))
        if isinstance(node, ast.Try) and not node.handlers:
            name, fix = (
                "try/finally",
                "write what follows `finally` behind the block: an error ends the call",
            )
        ev.error(UnsupportedError, f"{name}: not supported in compiled code", code=diagnostics.UNSUPPORTED, fix=fix)

    def unknown_call(self, ev: Evaluator, function: AbstractValue, name: str) -> AbstractValue:
        """A call of something that the API table does not have and that is not a function of the user."""
        fix = "use a NumPy function that it knows, or call it outside the compiled function"
        if name.lower().startswith(DRAWING):
            fix = "draw the numbers outside the compiled function, and pass them to it as an argument"
        if isinstance(function, Const) and isinstance(function.value, functools._lru_cache_wrapper):
            fix = f"call what it wraps, {name}.__wrapped__(...): compiled code does not remember results"
        elif name.startswith("collections."):
            fix = "use a list, a dict or a NamedTuple"
        ev.unsupported(f"{name} is not known to the compiler", fix, diagnostics.UNSUPPORTED_CALL)

    def resolve_global(self, ev: Evaluator, name: str) -> AbstractValue | None:
        """A global or builtin name of the function being evaluated."""
        return ev.live.resolve_global(name)

    def conflict(self, ev: Evaluator, name: str, conflict: Conflict) -> AbstractValue:
        """A name is read that holds values of different types."""
        from tangra.errors import Note

        notes = [Note("one of them is from here", span) for span in conflict.spans if span is not None]
        ev.error(
            SizesDiffer if conflict.of_sizes else TypeMismatchError,
            f"{name} {conflict.message}",
            code=diagnostics.CONFLICT,
            notes=notes,
            fix=conflict.fix,
        )

    def maybe_none(self, ev: Evaluator, name: str, slot: MaybeNone) -> AbstractValue:
        """What is None on some paths is used as if it were not."""
        from tangra.frontend.sameness import describe_slot

        ev.error(
            TypeMismatchError,
            f"{name} is {describe_slot(ev, slot.value)} on one path and None on another",
            code=diagnostics.CONFLICT,
            fix="test it with `is None` first: in the other branch it is known not to be",
        )

    def raises(self, ev: Evaluator, name: str, message: str) -> NoReturn:
        """Python is certain to raise `name` here."""
        cls = Exhausted if name == "StopIteration" else python_error_class(name)
        ev.error(cls, f"{name}: {message}", code=diagnostics.PYTHON_ERROR)

    def entered(self, ev: Evaluator, parameters: Mapping[str, AbstractValue]) -> None:
        """A function of the user is entered with these parameters. For onlookers; nothing happens here."""

    def stored(self, ev: Evaluator, target: ast.expr | str, value: AbstractValue) -> None:
        """A value is about to be bound to a target, or was written to it. For onlookers; nothing happens here."""

    def constant(self, value: object) -> Const:
        """A Python object known at compile time."""
        return Const(value)


class Inner(TypeMismatchError):
    """A refusal that the compiler tells from others: `for_python` is what the user sees."""

    seen_as: type[TangraError] = TypeMismatchError

    def for_python(self) -> TangraError:
        """The error as the user sees it."""
        found = self.seen_as(str(self.args[0]), code=self.code)
        found.diagnostic = self.diagnostic
        return found


class SizesDiffer(Inner):
    """A name holds arrays of different sizes. A loop of so many trips as an argument says may be unrolled then."""


_CLASSES: dict[str, type[TangraError]] = {}


class Tentative(Policy):
    """Those of an attempt to serve all sizes, behind which there is one for the sizes of the call."""

    resizing_calls = 12


def python_error_class(name: str) -> type[TangraError]:
    """A TypeMismatchError that is also the Python exception `name`, so that either `except` catches it."""
    if name not in _CLASSES:
        import builtins

        python = getattr(builtins, name, Exception)
        bases = (TypeMismatchError, python) if python is not Exception else (TypeMismatchError,)
        _CLASSES[name] = type(f"Compiled{name}", bases, {"__doc__": f"{name}, known at compile time."})
    return _CLASSES[name]


class Exhausted(Inner):
    """A StopIteration known at compile time. A real one can't pass through the compiler's own generators: Python makes
    a RuntimeError of it there."""

    seen_as = python_error_class("StopIteration")
