"""Transformed functions as Python objects.

`tg.grad(f)` is a `Transformed`: calling it from Python compiles it; what calling it in compiled code means is in
`meanings.py`.
"""

from __future__ import annotations

import functools
import types
from typing import TYPE_CHECKING, Any, SupportsIndex

from tangra.api import registry
from tangra.core.calling import CompiledCall
from tangra.core.naming import global_name
from tangra.errors import EntryError, declare

if TYPE_CHECKING:
    from tangra.core.jitted import JitFunction

NOT_CALLABLE = declare("TG808", "a transformation of something that is not a function")
PASS_FUNCTION = "pass the function itself, not the result of calling it"


class Transformed(CompiledCall):
    """`transform` of `function`: callable from Python (compiled at the first call) and in compiled code."""

    def __init__(self, transform: str, function: Any, **options: Any) -> None:
        if not callable(function):
            raise EntryError(
                f"tg.{transform} takes a function, not {type(function).__name__}", code=NOT_CALLABLE, fix=PASS_FUNCTION
            )
        self.transform = transform
        self.function = function
        self.options = options
        functools.update_wrapper(self, function, updated=())

    @functools.cached_property
    def compiled(self) -> JitFunction:
        """The compiled form, made at the first call."""
        from tangra.core.jitted import JitFunction

        return JitFunction(self)

    def _call_carefully(self, /, *args: Any, **kwargs: Any) -> Any:
        compiled: JitFunction = self.compiled
        try:
            return compiled(*args, **kwargs)
        finally:
            self.served_by(compiled)

    def served_by(self, compiled: JitFunction) -> None:
        """Let the wrappers of the compiled form serve calls of this object."""
        if compiled._entries != self._entries:
            self._table = compiled._table

    def ir(self, *args: Any, **kwargs: Any) -> str:
        """The printed IR; see `tg.jit`."""
        return str(self.compiled.ir(*args, **kwargs))

    def prepared(self, /, *args: Any, **kwargs: Any) -> Any:
        """A C function; see `tg.jit`."""
        return self.compiled.prepared(*args, **kwargs)

    def explain(self, *args: Any, **kwargs: Any) -> Any:
        """What was compiled, line by line; see `tg.jit`."""
        return self.compiled.explain(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<tangra.{self.transform} of {getattr(self.function, '__qualname__', self.function)!r}>"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return global_name(self) or super().__reduce_ex__(protocol)

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in ("compiled", "__wrapped__")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


registry.OPAQUE.append(Transformed)
