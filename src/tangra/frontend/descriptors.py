"""Descriptors of the user's: class attributes whose own class has `__get__` or `__set__`."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from tangra.api.values import AbstractValue, Const, InstanceValue
from tangra.frontend.objects import is_user_instance
from tangra.frontend.paths import Path

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def is_of_user(value: Any) -> bool:
    """Whether a class attribute, as it is stored, is a descriptor whose methods the user wrote."""
    return isinstance(_method(value, "__get__"), types.FunctionType) and is_user_instance(value)


def is_data(value: Any) -> bool:
    """Whether it comes before the instance's own attributes."""
    return is_user_instance(value) and any(_method(value, name) is not None for name in ("__set__", "__delete__"))


def _method(value: Any, name: str) -> Any:
    return getattr(type(value), name, None)


def read(ev: Evaluator, v: AbstractValue, cls: type, found: tuple[Any, type], name: str) -> AbstractValue:
    """`v.name`, or `cls.name` where `v` is None."""
    return _call(ev, found, name, "__get__", [v, Const(cls)])


def write(ev: Evaluator, v: InstanceValue, found: tuple[Any, type], name: str, value: AbstractValue) -> None:
    """`v.name = value`."""
    if _method(found[0], "__set__") is None:
        ev.python_error("AttributeError", "__set__")
    _call(ev, found, name, "__set__", [v, value])


def _call(ev: Evaluator, found: tuple[Any, type], name: str, special: str, args: list[AbstractValue]) -> AbstractValue:
    from tangra.frontend import classes

    value, owner = found
    text = f"{owner.__name__}.{name}"
    held = ev.live.lift(value, Path(owner, (("own", name),), text))
    method = classes.special_method(ev, held, special)
    if method is None:
        ev.unsupported(f"the descriptor {text}", "use a property or a plain attribute")
    return ev.call(method, args, {})
