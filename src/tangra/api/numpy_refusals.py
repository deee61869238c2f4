"""Refusals of the NumPy entries: arguments that compiled code does not take, and those that NumPy does not take."""

from __future__ import annotations

from typing import Any, NoReturn

from tangra.api.context import Context
from tangra.api.values import AbstractValue
from tangra.errors import ShapeMismatchError, TypeMismatchError, UnsupportedError, declare

BAD_DTYPE = declare("TG140", "a dtype that compiled code does not have")
BAD_ARGUMENT = declare("TG141", "an argument of a NumPy function that is not supported")
BAD_VALUE = declare(
    "TG240",
    "an argument that a NumPy function does not take",
    fix="correct the call: NumPy refuses it too",
)
BAD_SHAPE = declare(
    "TG302", "shapes that don't fit a NumPy function", fix="reshape or slice the operands to what the function takes"
)


def unsupported(ctx: Context, message: str, fix: str | None = None) -> NoReturn:
    """Refuse the call being evaluated."""
    ctx.error(UnsupportedError, message, code=BAD_ARGUMENT, fix=fix)


def bad_value(ctx: Context, message: str, fix: str | None = None) -> NoReturn:
    """An argument that NumPy itself does not take."""
    ctx.error(TypeMismatchError, message, code=BAD_VALUE, fix=fix)


def bad_shape(ctx: Context, message: str, fix: str | None = None) -> NoReturn:
    ctx.error(ShapeMismatchError, message, code=BAD_SHAPE, fix=fix)


def only(ctx: Context, function: str, name: str, v: AbstractValue, *allowed: Any) -> None:
    """Require the argument `name` to be one of the `allowed` constants."""
    value = ctx.static(v, f"{name}= of {function}")
    if not any(value is a or (type(value) is type(a) and value == a) for a in allowed):
        shown = " or ".join(map(repr, allowed))
        unsupported(ctx, f"{function}: {name}={value!r} is not supported", f"leave it out, or pass {shown}")


def order_c(ctx: Context, function: str, order: AbstractValue, *also: str) -> None:
    """Require C order (or what is the same for the caller)."""
    only(ctx, function, "order", order, "C", None, *also)
