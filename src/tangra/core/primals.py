"""Copies of the arguments at which a derivative is taken, for the functions that `vjp` and `linearize` return."""

from __future__ import annotations

import functools
import types
from typing import Any

import numpy as np

from tangra.frontend.objects import attribute_names, is_user_instance, new


def snapshot(primals: tuple[Any, ...]) -> tuple[Any, ...]:
    """Copies, so that later writes to the primals don't change the derivative. What is one object in two places is one
    in the copies, too; what compiled code takes for a constant (a module, a lock, a jitted function) stays itself."""
    return tuple(map(_Copier().copy, primals))


class _Copier:
    """Copies what compiled code looks into."""

    def __init__(self) -> None:
        self.made: dict[int, Any] = {}

    def copy(self, v: Any) -> Any:
        if id(v) not in self.made:
            self.made[id(v)] = v
            self.made[id(v)] = self._fresh(v)
        return self.made[id(v)]

    def _fresh(self, v: Any) -> Any:
        if isinstance(v, np.ndarray):
            return v.copy(order="K")
        if isinstance(v, tuple) and (type(v) is tuple or hasattr(v, "_fields")):
            return tuple.__new__(type(v), [self.copy(x) for x in tuple.__iter__(v)])
        if type(v) is types.MethodType:
            return types.MethodType(v.__func__, self.copy(v.__self__))
        if type(v) is functools.partial:
            keywords = {k: self.copy(x) for k, x in v.keywords.items()}
            return functools.partial(self.copy(v.func), *map(self.copy, v.args), **keywords)
        return self._container(v)

    def _container(self, v: Any) -> Any:
        """A list, a dict or an instance, which may hold itself; anything else as it is."""
        if type(v) is list:
            made: Any = []
            self.made[id(v)] = made
            made += map(self.copy, v)
        elif type(v) is dict:
            made = self.made[id(v)] = {}
            made.update((k, self.copy(x)) for k, x in v.items())
        elif is_user_instance(v):
            made = self.made[id(v)] = new(type(v))
            for name in attribute_names(v):
                object.__setattr__(made, name, self.copy(getattr(v, name)))
        else:
            return v
        return made
