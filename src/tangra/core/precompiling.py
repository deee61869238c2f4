"""`tg.precompile`: a function compiled for calls that are still to come, with its machine code in the cache on disk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tangra import disk
from tangra.api.kinds import dtype_of
from tangra.core.jitted import JitFunction
from tangra.core.specialisation import Specialisation
from tangra.core.transformed import NOT_CALLABLE, PASS_FUNCTION, Transformed
from tangra.errors import EntryError, declare
from tangra.frontend.paths import ArgRoot, Path

BAD_CALL = declare("TG836", "a call that precompile can't compile for")
log = logging.getLogger("tangra.jit")


@dataclass(frozen=True)
class ShapeDtype:
    """Stands for an array in C order in a call of `precompile`: its `shape` (a tuple of ints, or one int) and `dtype`
    (anything `np.dtype` takes; float64 if not given)."""

    shape: int | tuple[int, ...]
    dtype: Any = np.float64

    def __post_init__(self) -> None:
        shape: Any = (self.shape,) if isinstance(self.shape, int) else self.shape
        if not isinstance(shape, tuple) or not all(isinstance(n, int) and n >= 0 for n in shape):
            raise _bad(f"a ShapeDtype has the shape {self.shape!r}", "give a tuple of sizes, none of them negative")
        try:
            dtype = np.dtype(self.dtype)
        except TypeError:
            dtype = None
        if dtype is None or dtype_of(dtype) is None:
            raise _bad(f"a ShapeDtype has the dtype {self.dtype!r}", "give bool, an integer type, float32 or float64")
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "dtype", dtype)


def precompile(function: Callable[..., Any], *calls: tuple[Any, ...] | Mapping[str, Any]) -> Any:
    """Compile `function` for calls that are still to come; returns the compiled function.

    `function`: a plain function, or what `tg.jit`, `tg.grad` and the others return. Each of `calls` is a tuple of the
    arguments of one call, or a dict of its keyword arguments. In the place of an argument, or of an item of a tuple,
    list or dict, may stand what it is like: a `tg.ShapeDtype` for an array, `float`, `int` or a NumPy scalar type for
    a number (an int above zero). Anything else is an argument as in a call; it is not changed, and nothing runs.

    The machine code is kept in the cache on disk (unless that is turned off, which the logger `tangra.jit` warns of),
    where other processes find it. Sizes are those given, unless `tg.jit(function, dynamic=…)` makes them symbolic.

    Raises an EntryError for calls that are none of this, or where a number of which only the type was given has to be
    known while compiling, and every TangraError that the call itself would raise.
    """
    if not callable(function):
        raise EntryError(
            f"tg.precompile takes a function, not {type(function).__name__}", code=NOT_CALLABLE, fix=PASS_FUNCTION
        )
    if not calls:
        raise _bad("tg.precompile was given no call", "give the arguments of each call as a tuple")
    if disk.usable() is None:
        log.warning("tg.precompile: the cache on disk is off or not safe, so that nothing is kept")
    made = function if isinstance(function, (JitFunction, Transformed)) else JitFunction(function)
    jitted = made.compiled if isinstance(made, Transformed) else made
    for number, call in enumerate(calls, 1):
        try:
            _compile(jitted, call)
        except Exception as error:
            error.add_note(f"in call {number} of {len(calls)} given to tg.precompile")
            raise
    if isinstance(made, Transformed):
        made.served_by(jitted)
    return made


def _compile(jitted: JitFunction, call: Any) -> None:
    sample = _Sample()
    if isinstance(call, tuple) and type(call) is tuple:
        args, kwargs = tuple(sample.of(v, Path(ArgRoot(k))) for k, v in enumerate(call)), {}
    elif isinstance(call, dict) and all(isinstance(key, str) for key in call):
        args, kwargs = (), {key: sample.of(v, Path(ArgRoot(key))) for key, v in call.items()}
    else:
        raise _bad(
            f"a call is {type(call).__name__ if not isinstance(call, ShapeDtype) else 'one ShapeDtype'}",
            "give the arguments of each call as a tuple, or as a dict by their names",
        )
    made = jitted.lower(*args, **kwargs)
    sample.check(made)
    jitted.serve(made)


class _Sample:
    """Makes arguments that are like those of a call; `numbers` says where any number would have done."""

    def __init__(self) -> None:
        self.numbers: dict[Any, type] = {}

    def of(self, v: Any, path: Path) -> Any:
        """An argument of the kind that `v` stands for."""
        if isinstance(v, ShapeDtype):
            return np.empty(v.shape, v.dtype)
        if isinstance(v, type):
            return self._number(v, path)
        if isinstance(v, tuple):
            items = [self.of(x, path.item(k)) for k, x in enumerate(v)]
            return type(v)(*items) if hasattr(v, "_fields") else tuple(items)
        if type(v) is list:
            return [self.of(x, path.item(k)) for k, x in enumerate(v)]
        if type(v) is dict:
            return {key: self.of(x, path.item(key)) for key, x in v.items()}
        return v

    def _number(self, cls: type, path: Path) -> Any:
        if cls in (bool, np.bool_):
            raise _bad("the type bool stands for an argument", "give True or False: what depends on it is compiled in")
        if cls in (int, float) or (issubclass(cls, np.generic) and dtype_of(np.dtype(cls)) is not None):
            self.numbers[path.key] = cls
            return cls(1)
        return cls

    def check(self, made: Specialisation) -> None:
        """EntryError if the value of a sample was compiled in."""
        for path, _ in made.terms.static:
            cls = self.numbers.get(path.key)
            if cls is not None:
                raise _bad(
                    f"the value of {path} has to be known while compiling, but only its type {cls.__name__} was given",
                    "give its value, in a call for each value that there will be",
                )


def _bad(message: str, fix: str) -> EntryError:
    return EntryError(message, code=BAD_CALL, fix=fix)
