"""`Application`: a transformed function applied to arguments inside compiled code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api.values import AbstractValue
from tangra.core.arguments import Arguments, Key, in_order, parameters
from tangra.core.subtrace import SubTrace, name_sizes, raise_in, trace
from tangra.errors import TypeMismatchError, declare
from tangra.frontend.evaluator import Evaluator

if TYPE_CHECKING:
    from tangra.core.effects import Effects

NO_SUCH_ARGUMENT = declare("TG806", "argnums or argnames that name no argument of the call")


@dataclass(frozen=True)
class Application:
    """`transform(function, **options)(*args, **kwargs)`, evaluated by `ev`: what every transform's meaning gets."""

    ev: Evaluator
    function: AbstractValue
    args: Sequence[AbstractValue]
    kwargs: dict[str, AbstractValue] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def plainly(self) -> AbstractValue:
        """The function called as it is."""
        return self.ev.call(self.function, list(self.args), self.kwargs)

    def chosen(self, transform: str) -> list[Key]:
        """The keys of the arguments to differentiate by, from `argnums` and `argnames`."""
        argnums, argnames = self.options.get("argnums"), self.options.get("argnames")
        count, kwargs = len(self.args), self.kwargs
        if argnums is None and argnames is None:
            argnums = 0
        numbers = self._given(transform, "argnums", argnums, (int, np.integer))
        found: list[Key] = [int(k) + count if k < 0 else int(k) for k in numbers]
        found += self._given(transform, "argnames", argnames, (str,))
        found = [_passed(key, parameters(self.function), count, kwargs) for key in found]
        for key in found:
            if key not in kwargs and not (isinstance(key, int) and 0 <= key < count):
                self.ev.error(
                    TypeMismatchError,
                    f"{transform}: argnums or argnames say {key!r}, but this call passes {_passed_text(count, kwargs)}",
                    code=NO_SUCH_ARGUMENT,
                    fix="name an argument that the call passes (positions count from 0); one left to its default is a "
                    "constant",
                )
        return found

    def _given(self, transform: str, option: str, given: Any, kinds: tuple[type, ...]) -> Sequence[Any]:
        """What an option names, one by one."""
        for key in _several(given):
            if not isinstance(key, kinds):
                self.ev.error(
                    TypeMismatchError,
                    f"{transform}: {option} does not take {key!r}",
                    code=NO_SUCH_ARGUMENT,
                    fix="argnums takes the position of an argument, argnames its name, or a tuple of them",
                )
        return _several(given)

    def in_order(self) -> Application:
        """The same call with its arguments in the order of the function's parameters, which rules go by."""
        args, kwargs = in_order(self.function, self.args, self.kwargs)
        return replace(self, args=args, kwargs=kwargs)

    def every(self) -> list[Key]:
        """The keys of all arguments."""
        return [*range(len(self.args)), *self.kwargs]

    def arguments(self, chosen: list[Key]) -> Arguments:
        """The arguments taken apart, those chosen as parameters."""
        given = [self.options.get(name) for name in ("argnums", "argnames")]
        one = len(chosen) == 1 and not any(isinstance(v, tuple | list) for v in given)
        return Arguments(self.ev, list(self.args), self.kwargs, chosen, one, parameters(self.function))

    def traced(self, arguments: Arguments, transform: str, effects: Effects | None = None) -> SubTrace:
        """The function traced for these arguments; what it raises for all of them is raised here. With `effects`, what
        it changes of them are results of it."""
        if effects is None:
            sub = trace(self.ev, self.function, arguments.enter, arguments.copies, transform)
        else:
            sub = trace(self.ev, self.function, effects.enter, arguments.copies, transform, effects.leave)
        raise_in(self.ev, sub, arguments.values())
        name_sizes(self.ev, sub, arguments.values())
        return sub


def _several(given: Any) -> Sequence[Any]:
    """One, several or none as a sequence."""
    return () if given is None else given if isinstance(given, tuple | list) else (given,)


def _passed_text(positional: int, kwargs: dict[str, Any]) -> str:
    parts = [f"{positional} argument{'' if positional == 1 else 's'} by position"] if positional else []
    return " and ".join([*parts, *(f"{name} by name" for name in kwargs)]) or "no arguments"


def _passed(key: Key, names: Sequence[str], positional: int, kwargs: dict[str, Any]) -> Key:
    """How the call passes an argument that is named here by position or name."""
    if isinstance(key, str):
        where = names.index(key) if key in names and key not in kwargs else -1
        return where if 0 <= where < positional else key
    return names[key] if positional <= key < len(names) and names[key] in kwargs else key


Meaning = Callable[[Application], AbstractValue]
