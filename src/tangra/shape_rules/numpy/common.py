"""What rules for NumPy and `jax.numpy` share: one function declares the name in both, and as methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.dtypes import dtype_name, narrow
from tangra.shape_rules.failures import CALL, Failure
from tangra.shape_rules.registry import method, rule
from tangra.shape_rules.values import Shape, Tensor, Value

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

F = TypeVar("F", bound=Callable[..., Any])

CLASSES = ("numpy.ndarray", "jax.Array")


def functions(*names: str) -> Callable[[F], F]:
    """Declare `numpy.name` and `jax.numpy.name` for each name."""
    return rule(*(f"{prefix}.{name}" for name in names for prefix in ("numpy", "jax.numpy")))


def methods(*names: str) -> Callable[[F], F]:
    """Declare methods of both libraries' arrays."""

    def declare(function: F) -> F:
        for cls in CLASSES:
            method(cls, *names)(function)
        return function

    return declare


def both(*names: str) -> Callable[[F], F]:
    """Declare functions and methods of the same names."""

    def declare(function: F) -> F:
        functions(*names)(function)
        methods(*names)(function)
        return function

    return declare


def made(library: str, shape: Shape | None, dtype: str | None) -> Tensor:
    """A new array."""
    return Tensor(library, shape, narrow(dtype, library))


def dtype_argument(value: Value, library: str, otherwise: str | None) -> str | None:
    """The dtype a `dtype=` argument names, `otherwise` for None."""
    return otherwise if value is None else narrow(dtype_name(value, library), library)


def sequence(ctx: RuleContext, arrays: Value, library: str, name: str) -> list[Tensor] | None:
    """The arrays of a sequence (or the slices of one array), None if it isn't known."""
    if isinstance(arrays, Tensor):
        first = arrays.size(0)
        if arrays.shape is None or not isinstance(first, int) or first > 64:
            return None
        return [Tensor(library, arrays.shape[1:], arrays.dtype)] * first
    if not isinstance(arrays, list | tuple):
        return None
    if not arrays:
        ctx.fail(Failure(CALL, f"{name} of no arrays", "ValueError"))
    return [to_tensor(array, library, name).with_(weak=False) for array in arrays]
