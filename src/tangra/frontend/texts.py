"""Texts of objects: what `str`, `repr` and f-strings make of an instance of a user's class."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from tangra.api.numbers import by_python
from tangra.api.values import AbstractValue, Const, InstanceValue, TupleValue
from tangra.frontend import classes, conversion, wordings

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def text_of(ev: Evaluator, v: AbstractValue, mark: str, spec: str) -> str:
    """A value in a text, by its conversion (s, r, a or none) and format specification; NotPlain where it depends on
    the run, or on addresses."""
    if not isinstance(v, InstanceValue):
        if wordings.needs_run(ev, v):
            raise conversion.NotPlain
        plain = ev.static(v, wordings.IN_TEXT)
        return by_python(ev, lambda: format(wordings.converted(mark, plain) if mark else plain, spec))
    if mark:
        return format(_of_instance(ev, v, mark), spec)
    method = classes.special_method(ev, v, "__format__")
    if method is not None:
        return _called(ev, method, [Const(spec)])
    if spec:
        problem = f"unsupported format string passed to {v.cls.__name__}.__format__"
        ev.python_error("TypeError", problem)
    return _of_instance(ev, v, "s")


def _of_instance(ev: Evaluator, v: InstanceValue, mark: str) -> str:
    """`str(v)`, `repr(v)` or `ascii(v)`."""
    if mark == "s":
        method = classes.special_method(ev, v, "__str__")
        return _of_instance(ev, v, "r") if method is None else _called(ev, method, [])
    found = classes.member(ev, v.cls, "__repr__")
    if found is not None and classes.is_generated(getattr(found[0], "__wrapped__", found[0])):
        text = _of_fields(ev, v, found[1])
    else:
        method = classes.special_method(ev, v, "__repr__")
        if method is None:
            raise conversion.NotPlain
        text = _called(ev, method, [])
    return ascii(text)[1:-1] if mark == "a" else text


def _of_fields(ev: Evaluator, v: InstanceValue, cls: Any) -> str:
    """The `__repr__` that `dataclass` writes."""
    names = [f.name for f in dataclasses.fields(cls) if f.repr]
    values = [(name, classes.getattr_(ev, v, name)) for name in names]
    return f"{v.cls.__qualname__}({', '.join(f'{name}={_part(ev, x)}' for name, x in values if x is not None)})"


def _part(ev: Evaluator, v: AbstractValue) -> str:
    if isinstance(v, TupleValue) and v.cls is None:
        parts = [_part(ev, item) for item in v.items]
        return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
    return text_of(ev, v, "r", "")


def _called(ev: Evaluator, method: AbstractValue, args: list[AbstractValue]) -> str:
    text = conversion.plain(ev, ev.call(method, args, {}))
    if not isinstance(text, str):
        ev.python_error("TypeError", f"__str__ returned non-string (type {type(text).__name__})")
    return text
