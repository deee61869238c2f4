"""The oracles: fresh copies of arguments, exact comparison of results, and central differences.

Copies keep what a plain `deepcopy` loses: strides, sharing of memory between arguments, and the read-only flag, since
overlapping and non-contiguous arguments are part of what is tested.
"""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

ATOL = 1e-10
FLOAT32_RTOL = 1e-5
GRADIENT_TOLERANCE = 2e-5


def fresh(value: Any, memo: dict[int, Any] | None = None) -> Any:
    """A deep copy of arguments; arrays that shared memory still share it, and views keep their strides."""
    memo = {} if memo is None else memo
    if id(value) in memo:
        return memo[id(value)]
    result = _fresh(value, memo)
    memo[id(value)] = result
    return result


def _fresh(value: Any, memo: dict[int, Any]) -> Any:
    if isinstance(value, np.ndarray):
        return _fresh_array(value, memo)
    if isinstance(value, tuple):
        items = [fresh(item, memo) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, list):
        return [fresh(item, memo) for item in value]
    if isinstance(value, dict):
        return {key: fresh(item, memo) for key, item in value.items()}
    if hasattr(value, "__dict__") and not isinstance(value, type) and not callable_by_name(value):
        twin = copy.copy(value)
        for name, item in vars(value).items():
            object.__setattr__(twin, name, fresh(item, memo))
        return twin
    return value


def callable_by_name(value: Any) -> bool:
    """Whether `value` is a function or module, which copies share."""
    return hasattr(value, "__name__")


def _fresh_array(array: np.ndarray[Any, Any], memo: dict[int, Any]) -> np.ndarray[Any, Any]:
    owner = array.base if isinstance(array.base, np.ndarray) else array
    if id(owner) not in memo:
        memo[id(owner)] = owner.copy(order="K")
    twin: np.ndarray[Any, Any] = memo[id(owner)]
    if owner is not array:
        buffer = twin if twin.flags.c_contiguous else twin.T
        offset = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
        twin = np.ndarray(array.shape, array.dtype, buffer=buffer, offset=offset, strides=array.strides)
    twin.flags.writeable = array.flags.writeable
    return twin


def difference(actual: Any, expected: Any, rtol: float = 1e-9, where: str = "result") -> str | None:
    """The first way in which `actual` is not `expected`: type, dtype, shape, structure or value; None if equal."""
    if type(actual) is not type(expected):
        return f"{where}: type {type(actual).__name__}, expected {type(expected).__name__} ({expected!r:.60})"
    if isinstance(expected, (np.ndarray, np.generic)):
        return _array_difference(actual, expected, rtol, where)
    if isinstance(expected, float):
        same = math.isclose(actual, expected, rel_tol=rtol, abs_tol=ATOL) or (actual != actual and expected != expected)
        return None if same else f"{where}: {actual!r}, expected {expected!r}"
    found, wanted = _children(actual), _children(expected)
    if found is None or wanted is None:
        return None if actual == expected else f"{where}: {actual!r}, expected {expected!r}"
    if list(found) != list(wanted):
        return f"{where}: keys {list(found)}, expected {list(wanted)}"
    for key, item in wanted.items():
        problem = difference(found[key], item, rtol, f"{where}[{key!r}]")
        if problem:
            return problem
    return None


def _children(value: Any) -> dict[Any, Any] | None:
    """The parts of a container or object by key, or None for a leaf."""
    if isinstance(value, dict):
        return value
    if isinstance(value, (list, tuple)):
        return dict(enumerate(value))
    if hasattr(value, "__dict__") and not callable_by_name(value):
        return dict(vars(value))
    return None


def _array_difference(actual: Any, expected: Any, rtol: float, where: str) -> str | None:
    if actual.dtype != expected.dtype or actual.shape != expected.shape:
        return f"{where}: {actual.dtype}{actual.shape}, expected {expected.dtype}{expected.shape}"
    if expected.dtype.kind != "f":
        equal = np.array_equal(actual, expected)
    else:
        bound = max(rtol, FLOAT32_RTOL) if expected.dtype.itemsize < 8 else rtol
        equal = np.allclose(actual, expected, rtol=bound, atol=max(ATOL, ATOL * bound / 1e-9), equal_nan=True)
    if equal:
        return None
    return f"{where}: {_short(actual)}, expected {_short(expected)}"


def _short(value: Any) -> str:
    return " ".join(repr(value).split())[:100]


def float_leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    """The differentiable leaves (Python floats, floating scalars and arrays) of a nested argument, with their paths."""
    if isinstance(value, float) or (isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind == "f"):
        return [(path, value)]
    children = _children(value)
    if children is None:
        return []
    return [leaf for key, item in children.items() for leaf in float_leaves(item, (*path, key))]


def _replaced(value: Any, path: tuple[Any, ...], leaf: Any) -> Any:
    if not path:
        return leaf
    head, rest = path[0], path[1:]
    if isinstance(value, (dict, list)):
        twin = copy.copy(value)
        twin[head] = _replaced(value[head], rest, leaf)
        return twin
    if isinstance(value, tuple):
        items = [_replaced(item, rest, leaf) if k == head else item for k, item in enumerate(value)]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(value, **{head: _replaced(getattr(value, head), rest, leaf)})
    twin = copy.copy(value)
    setattr(twin, head, _replaced(getattr(value, head), rest, leaf))
    return twin


def central_differences(
    function: Callable[..., Any], args: tuple[Any, ...], argnums: int, step: float = 1e-6
) -> list[np.ndarray[Any, Any]]:
    """The gradient by every floating leaf of `args[argnums]`, in the order of `float_leaves`, in float64."""
    gradients = []
    for path, leaf in float_leaves(args[argnums]):
        gradient = np.zeros(np.shape(leaf))
        for index in np.ndindex(gradient.shape):
            sides = [_value_beside(function, args, argnums, (path, leaf), (index, shift)) for shift in (step, -step)]
            gradient[index] = (sides[0] - sides[1]) / (2 * step)
        gradients.append(gradient)
    return gradients


def _value_beside(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    argnums: int,
    leaf: tuple[tuple[Any, ...], Any],
    move: tuple[tuple[int, ...], float],
) -> float:
    copies = list(fresh(args))
    moved = np.array(leaf[1], dtype=float)
    moved[move[0]] += move[1]
    replacement = moved if isinstance(leaf[1], np.ndarray) else type(leaf[1])(moved[()])
    copies[argnums] = _replaced(copies[argnums], leaf[0], replacement)
    return float(function(*copies))


def gradient_difference(actual: Any, expected: list[np.ndarray[Any, Any]]) -> str | None:
    """How a gradient, in the structure of its argument, differs from central differences; None if within bounds."""
    leaves = [np.asarray(leaf, dtype=float) for _, leaf in float_leaves(actual)]
    if len(leaves) != len(expected):
        return f"gradient has {len(leaves)} floating leaves, expected {len(expected)}"
    scale = max([1.0, *(float(np.abs(g).max(initial=0.0)) for g in expected)])
    for found, wanted in zip(leaves, expected):
        if found.shape != wanted.shape:
            return f"gradient: shape {found.shape}, expected {wanted.shape}"
        error = float(np.abs(found - wanted).max(initial=0.0))
        if not error <= GRADIENT_TOLERANCE * scale:
            return f"gradient off by {error:.3g} (scale {scale:.3g}): {_short(found)}, expected {_short(wanted)}"
    return None
