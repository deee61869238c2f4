"""Arguments as tensors: what torch, NumPy and JAX make of a value given where they want an array."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from tangra.shape_rules.failures import CALL, Failure, RuleError
from tangra.shape_rules.values import Alike, DType, Record, Tensor, Unknown, Value
from tangra.shapes import Dim

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext
    from tangra.shape_rules.registry import Rule

Coercion: TypeAlias = "Callable[[Rule, str, Value], Value]"

MAX_ELEMENTS = 64
"""Elements of a constant array that are kept."""

KINDS = {bool: "bool", int: "int64", float: "float64", complex: "complex128"}
"""NumPy's dtype of a Python number."""

KNOWN = (bool, int, float, complex, str, list, tuple, dict, Dim, DType, Tensor)
"""Classes of values that certainly are no torch tensor, or one of another library."""

JAX_NARROW = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}
"""What JAX makes of 64-bit dtypes unless told otherwise."""


def coercion(annotation: str, kind: inspect._ParameterKind) -> Coercion | None:
    """How arguments of a parameter with this annotation are made tensors, or None if they are left alone."""
    if annotation not in ("Tensor", "Tensor | None"):
        return None
    one = _optional if annotation == "Tensor | None" else _tensor
    if kind is inspect.Parameter.VAR_POSITIONAL:
        return lambda rule, name, values: tuple(one(rule, name, value) for value in values)
    return one


def _optional(rule: Rule, name: str, value: Value) -> Tensor | None:
    return None if value is None else _tensor(rule, name, value)


def _tensor(rule: Rule, name: str, value: Value) -> Tensor:
    library = "jax" if rule.library == "flax" else rule.library
    return to_tensor(value, library, rule.name.rpartition(".")[2], name)


def to_tensor(value: Value, library: str, function: str = "the function", name: str = "argument") -> Tensor:
    """`value` as an array of `library`. Raises RuleError for what the library's functions don't take."""
    if isinstance(value, Tensor) and value.library == library:
        return value
    if library == "torch":
        return _torch_tensor(value, function, name)
    if isinstance(value, Tensor):
        made = Tensor(library, value.shape, value.dtype, elements=value.elements)
        return narrowed(made) if library == "jax" else made
    if library == "jax" and (value is None or isinstance(value, str | dict)):
        raise _refused(value, function, name, "an array, not a ")
    if isinstance(value, list | tuple):
        if library == "jax":
            raise _refused(value, function, name, "an array, not a ")
        return from_nested(value, library)
    return scalar(value, library)


def _torch_tensor(value: Value, function: str, name: str) -> Tensor:
    if value is None or isinstance(value, KNOWN) or (isinstance(value, Unknown) and value.kind):
        raise _refused(value, function, name, "a tensor, not a ")
    return Tensor("torch")


def _refused(value: Value, function: str, name: str, wanted: str) -> RuleError:
    return RuleError(Failure(CALL, f"{function}(): {name} must be {wanted}{kind_text(value)}", "TypeError"))


def kind_text(value: Value) -> str:
    """What a user calls this kind of value."""
    if value is None:
        return "None"
    if isinstance(value, Tensor):
        return {"torch": "torch tensor", "numpy": "NumPy array", "jax": "JAX array"}[value.library]
    if isinstance(value, Unknown):
        return value.kind or "value"
    if isinstance(value, Record):
        return f"named tuple ({', '.join(value.names)})"
    return "int" if isinstance(value, Dim) else type(value).__name__


def scalar(value: Value, library: str) -> Tensor:
    """A Python number as a 0-d array, weakly typed as all libraries have it; anything else as an unknown array."""
    if isinstance(value, Unknown):
        dtype = {"int": "int64", "float": "float64", "bool": "bool", "complex": "complex128"}.get(value.kind or "")
        return Tensor(library) if dtype is None else Tensor(library, (), dtype, weak=True)
    if isinstance(value, Dim):
        return Tensor(library, (), "int64", elements=(value,), weak=True)
    dtype = KINDS.get(type(value))
    if dtype is None:
        return Tensor(library, () if isinstance(value, str) or value is None else None)
    return Tensor(library, (), dtype, elements=(value,), weak=True)


def from_nested(values: Sequence[Value], library: str) -> Tensor:
    """Nested lists of numbers and arrays as an array; a ragged one is a failure (ValueError)."""
    parts = [from_nested(v, library) if isinstance(v, list | tuple) else _part(v, library) for v in values]
    if not parts:
        return Tensor(library, (0,), "float64", elements=())
    shapes = {part.shape for part in parts}
    dtype = _widest([part.dtype for part in parts])
    if None in shapes or any(part.dims is None for part in parts):
        return Tensor(library, None, dtype)
    first = parts[0].dims or ()
    if len({len(part.dims or ()) for part in parts}) > 1 or any(_differ(first, part.dims or ()) for part in parts):
        raise RuleError(Failure(CALL, "a list whose parts have different shapes makes no array", "ValueError"))
    elements: tuple[Value, ...] | None = ()
    for part in parts:
        elements = None if elements is None or part.elements is None else elements + part.elements
    kept = elements if elements is not None and len(elements) <= MAX_ELEMENTS else None
    return Tensor(library, (len(parts), *first), dtype, elements=kept)


def from_alike(ctx: RuleContext, values: Alike, library: str) -> Tensor:
    """A list of unknown length as an array: what `from_nested` makes of its elements, so often as nobody knows."""
    element = values.element
    if isinstance(element, Alike):
        inner = from_alike(ctx, element, library)
    else:
        inner = from_nested(element, library) if isinstance(element, list | tuple) else _part(element, library)
    return Tensor(library, None if inner.dims is None else (ctx.fresh("n"), *inner.dims), inner.dtype)


def _part(value: Value, library: str) -> Tensor:
    if isinstance(value, Tensor):
        return Tensor(library, value.shape, value.dtype, elements=value.elements)
    return scalar(value, library).with_(weak=False)


def _differ(left: Sequence[Value], right: Sequence[Value]) -> bool:
    return any(isinstance(a, int) and isinstance(b, int) and a != b for a, b in zip(left, right, strict=True))


def _widest(dtypes: Sequence[str | None]) -> str | None:
    order = ["bool", "int64", "float64", "complex128"]
    if any(dtype not in order for dtype in dtypes):
        return dtypes[0] if len(set(dtypes)) == 1 else None
    return max((dtype for dtype in dtypes if dtype is not None), key=order.index)


def narrowed(tensor: Tensor) -> Tensor:
    """A JAX array with the dtype that JAX gives it unless 64 bits are enabled."""
    dtype = tensor.dtype
    return tensor if dtype is None else tensor.with_(dtype=JAX_NARROW.get(dtype, dtype))
