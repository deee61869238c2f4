"""What operations mean, once more and by other means: Python numbers and loops over single elements.

`SCALAR[name](x, y)` works on Python ints, floats and bools; integer results are taken modulo the width. None means that
Python has no such value (a domain error, an infinity); those are left to NumPy's ufunc. `WHOLE[name]` takes arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import ml_dtypes
import numpy as np
from scipy import special

from tests.ops import naive_windows

Array = np.ndarray[Any, Any]


def _compare(x: Any, y: Any) -> int:
    return (x > y) - (x < y)


def _root(x: float, degree: int) -> float:
    return math.copysign(abs(x) ** (1 / degree), x)


def _remainder(x: Any, y: Any) -> Any:
    return math.fmod(x, y) if isinstance(x, float) else (abs(x) % abs(y)) * (1 if x >= 0 else -1) if y else 0


def _mod(x: Any, y: Any) -> Any:
    return x % y if y else (None if isinstance(x, float) else 0)


def _floordiv(x: Any, y: Any) -> Any:
    return x // y if y else (None if isinstance(x, float) else 0)


def _power(x: Any, y: Any) -> Any:
    return x**y if isinstance(x, float) else x ** max(y, 0) if max(y, 0) < 200 or abs(x) < 2 else pow(x, y, 2**64)


def _shift(x: int, y: int, bits: int, left: bool) -> int:
    if not 0 <= y < bits:
        return -1 if x < 0 and not left else 0
    return x << y if left else x >> y


def _order(x: Any, y: Any, largest: bool) -> Any:
    return (x if x >= y else y) if largest else (x if x <= y else y)


SCALAR: dict[str, Callable[..., Any]] = {
    "neg": lambda x: -x,
    "abs": abs,
    "sign": lambda x: type(x)(_compare(x, 0)),
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "mul_rounded": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": _power,
    "floordiv": _floordiv,
    "mod": _mod,
    "fmod": _remainder,
    "gcd": math.gcd,
    "lcm": math.lcm,
    "maximum": lambda x, y: _order(x, y, True),
    "minimum": lambda x, y: _order(x, y, False),
    "fmax": lambda x, y: _order(x, y, True),
    "fmin": lambda x, y: _order(x, y, False),
    "floor": lambda x: float(math.floor(x)),
    "ceil": lambda x: float(math.ceil(x)),
    "trunc": lambda x: float(math.trunc(x)),
    "rint": lambda x: float(round(x)),
    "copysign": math.copysign,
    "nextafter": math.nextafter,
    "heaviside": lambda x, h: h if x == 0 else float(x > 0),
    "atan2": math.atan2,
    "hypot": math.hypot,
    "eq": lambda x, y: x == y,
    "ne": lambda x, y: x != y,
    "lt": lambda x, y: x < y,
    "le": lambda x, y: x <= y,
    "gt": lambda x, y: x > y,
    "ge": lambda x, y: x >= y,
    "isnan": math.isnan,
    "isinf": math.isinf,
    "isfinite": math.isfinite,
    "signbit": lambda x: math.copysign(1, x) < 0,
    "not": lambda x: not x if isinstance(x, bool) else ~x,
    "invert": lambda x: not x if isinstance(x, bool) else ~x,
    "and": lambda x, y: x & y,
    "or": lambda x, y: x | y,
    "xor": lambda x, y: x ^ y,
    "exp": math.exp,
    "exp2": lambda x: 2.0**x,
    "expm1": math.expm1,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "atan": math.atan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "asinh": math.asinh,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "log1p": math.log1p,
    "sqrt": math.sqrt,
    "cbrt": lambda x: _root(x, 3),
    "asin": math.asin,
    "acos": math.acos,
    "acosh": math.acosh,
    "atanh": math.atanh,
    "logaddexp": lambda x, y: max(x, y) + math.log1p(math.exp(-abs(x - y))),
    "logaddexp2": lambda x, y: max(x, y) + math.log2(1 + 2.0 ** -abs(x - y)),
    "erf": math.erf,
    "erfc": math.erfc,
    "lgamma": math.lgamma,
    "gamma": math.gamma,
    "digamma": lambda x: _digamma(x),
    "trigamma": lambda x: float(special.zeta(2, x)) if x > 0 else None,
    "stop_gradient": lambda x: x,
}


TESTS = ("isnan", "isinf", "isfinite", "signbit", "stop_gradient", "neg", "abs", "eq", "ne", "lt", "le", "gt", "ge")
"""Ops that Python defines on NaN and on numbers too small for its math functions."""


def _digamma(x: float) -> float | None:
    """Recurrence to large x, then the asymptotic series (DLMF 5.11.2)."""
    if x <= 0:
        return None
    shift = 0.0
    while x < 20:
        shift, x = shift - 1 / x, x + 1
    return shift + math.log(x) - 1 / (2 * x) - 1 / (12 * x**2) + 1 / (120 * x**4) - 1 / (252 * x**6)


def scalar(name: str, dtype: np.dtype[Any], operands: list[Any]) -> Any:
    """The op on Python numbers, or None; integers wrapped to `dtype`."""
    if name not in TESTS and any(x != x or 0 < abs(x) < 1e-300 for x in operands):
        return None
    if name in ("shl", "shr"):
        result = _shift(*operands, dtype.itemsize * 8, name == "shl")
    else:
        try:
            result = SCALAR[name](*operands)
        except (ValueError, OverflowError, ZeroDivisionError):
            return None
    if (isinstance(result, float) and not math.isfinite(result)) or isinstance(result, complex):
        return None
    if isinstance(result, int) and not isinstance(result, bool) and dtype.kind in "iu":
        bits = dtype.itemsize * 8
        result %= 2**bits
        result -= 2**bits if dtype.kind == "i" and result >= 2 ** (bits - 1) else 0
    return result


def places(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    return product(*(range(n) for n in shape))


def filled(shape: tuple[int, ...], dtype: Any, at: Callable[[tuple[int, ...]], Any]) -> Array:
    out = np.empty(shape, dtype)
    for p in places(shape):
        out[p] = at(p)
    return out


def part(p: tuple[int, ...], starts: Any, sizes: Any, steps: Any) -> tuple[int, ...]:
    """The place in the array of element `p` of its part."""
    rest = iter(p)
    return tuple(int(s) + (0 if n is None else next(rest) * d) for s, n, d in zip(starts, sizes, steps, strict=True))


def index(x: Array, *starts: Any, sizes: Any, steps: Any) -> Array:
    shape = tuple(n for n in sizes if n is not None)
    return filled(shape, x.dtype, lambda p: x[part(p, starts, sizes, steps)])


def update(x: Array, v: Array, *starts: Any, sizes: Any, steps: Any, add: bool = False) -> Array:
    out = np.array(x)
    for p in places(np.shape(v)):
        q = part(p, starts, sizes, steps)
        out[q] = out[q] + v[p] if add else v[p]
    return out


def gather(x: Array, *indices: Any) -> Array:
    batch = np.ndim(indices[0])
    shape = (*np.shape(indices[0]), *x.shape[len(indices) :])
    return filled(shape, x.dtype, lambda p: x[(*(int(np.asarray(i)[p[:batch]]) for i in indices), *p[batch:])])


def scatter(x: Array, v: Array, *indices: Any, add: bool = False) -> Array:
    out, batch = np.array(x), np.ndim(indices[0])
    for p in places(np.shape(v)):
        q = (*(int(np.asarray(i)[p[:batch]]) for i in indices), *p[batch:])
        out[q] = out[q] + v[p] if add else v[p]
    return out


def broadcast(x: Array, shape: Any, dims: Any) -> Array:
    return filled(shape, x.dtype, lambda p: x[tuple(0 if x.shape[k] == 1 else p[d] for k, d in enumerate(dims))])


def pad(x: Array, value: Any, low: Any, high: Any) -> Array:
    out = np.full([p + n + q for p, n, q in zip(low, np.shape(x), high)], value)
    for p in places(np.shape(x)):
        out[tuple(i + n for i, n in zip(p, low))] = x[p]
    return out


def reduced(step: Callable[[Any, Any], Any], first: Any) -> Callable[..., Array]:
    """A left fold over the axes, from `first` or (None) from the first element."""

    def reduce(x: Array, axes: Any) -> Array:
        kept = [k for k in range(np.ndim(x)) if k not in axes]
        out = np.empty([x.shape[k] for k in kept], x.dtype)
        for p in places(out.shape):
            total = None if first is None else np.array(first).astype(x.dtype)[()]
            for q in places(np.shape(x)):
                if tuple(q[k] for k in kept) == p:
                    total = x[q] if total is None else x.dtype.type(step(total, x[q]))
            out[p] = total
        return out

    return reduce


def _extreme(largest: bool) -> Callable[[Any, Any], Any]:
    def step(x: Any, y: Any) -> Any:
        if x != x or y != y:
            return x if x != x else y
        return _order(x, y, largest)

    return step


def cumulated(step: Callable[[Any, Any], Any]) -> Callable[..., Array]:
    def cumulate(x: Array, axis: int, reverse: bool) -> Array:
        out = np.array(np.moveaxis(x, axis, 0))
        order = range(len(out) - 1, -1, -1) if reverse else range(len(out))
        for previous, k in zip(order, list(order)[1:]):
            for p in places(out.shape[1:]):
                out[(k, *p)] = step(out[(previous, *p)], out[(k, *p)])
        return np.moveaxis(out, 0, axis)

    return cumulate


def position(largest: bool) -> Callable[..., Array]:
    def find(x: Array, axis: int) -> Array:
        rows = np.moveaxis(x, axis, -1)

        def at(p: tuple[int, ...]) -> int:
            best = 0
            for k, v in enumerate(rows[p]):
                current = rows[p][best]
                if current == current and (v != v or (v > current if largest else v < current)):
                    best = k
            return best

        return filled(rows.shape[:-1], np.int64, at)

    return find


def argsort(x: Array, axis: int) -> Array:
    def order(row: Array) -> list[int]:
        return sorted(range(len(row)), key=lambda k: (row[k] != row[k], 0 if row[k] != row[k] else row[k]))

    rows = np.moveaxis(x, axis, -1)
    out = np.empty(rows.shape, np.int64)
    for p in places(rows.shape[:-1]):
        out[p] = order(rows[p])
    return np.moveaxis(out, -1, axis)


def searchsorted(a: Array, v: Any, side: str) -> Array:
    def before(x: Any, y: Any) -> bool:
        return bool(x < y) or (y != y and x == x)

    def count(y: Any) -> int:
        return sum(before(x, y) if side == "left" else not before(y, x) for x in a)

    return filled(np.shape(v), np.int64, lambda p: count(np.asarray(v)[p]))


def dot_general(x: Array, y: Array, contract: Any, batch: Any) -> Array:
    letters = iter("abcdefghijkl")
    left, right = [""] * np.ndim(x), [""] * np.ndim(y)
    for pairs in (batch, contract):
        for i, j in zip(*pairs):
            left[i] = right[j] = next(letters)
    left, right = [[n or next(letters) for n in names] for names in (left, right)]
    lead = [left[i] for i in batch[0]]
    used = {*lead, *(left[i] for i in contract[0])}
    out = lead + [n for n in left if n not in used] + [n for n in right if n not in used]
    with np.errstate(all="ignore"):
        return np.asarray(np.einsum(f"{''.join(left)},{''.join(right)}->{''.join(out)}", x, y))


def exact(operation: Callable[[int, int], int]) -> Callable[..., Array]:
    return lambda x, y: filled(np.shape(x), bool, lambda p: not -(2**63) <= operation(int(x[p]), int(y[p])) < 2**63)


WHOLE: dict[str, Callable[..., Any]] = {
    "constant": lambda value, dtype: np.array(value, dtype.numpy),
    "iota": lambda dtype, shape, axis: filled(shape, dtype.numpy, lambda p: p[axis]),
    "bfloat16": lambda x: x.astype(ml_dtypes.bfloat16).astype(x.dtype),
    "bfloat16_back": lambda x: x,
    "select": lambda c, a, b: filled(np.shape(c), a.dtype, lambda p: a[p] if c[p] else b[p]),
    "ldexp": lambda x, e: x * np.exp2(e.astype(np.float64)).astype(x.dtype) if abs(e).max(initial=0) < 100 else None,
    "add_overflows": exact(lambda x, y: x + y),
    "sub_overflows": exact(lambda x, y: x - y),
    "mul_overflows": exact(lambda x, y: x * y),
    "polygamma": lambda x, n: (-1) ** (n + 1) * math.factorial(n) * special.zeta(n + 1, x) if n else None,
    "broadcast": broadcast,
    "reshape": lambda x, shape: np.array([x[p] for p in places(np.shape(x))], x.dtype).reshape(shape),
    "transpose": lambda x, perm: np.einsum(x, list(range(np.ndim(x))), list(perm)),
    "concat": lambda *xs, axis: np.moveaxis(np.array([r for x in xs for r in np.moveaxis(x, axis, 0)]), 0, axis),
    "pad": pad,
    "index": index,
    "update": update,
    "gather": gather,
    "scatter": scatter,
    "accumulate": lambda *xs, **attrs: update(*xs, **attrs, add=True),
    "scatter_add": lambda *xs: scatter(*xs, add=True),
    "reduce_sum": reduced(lambda x, y: x + y, 0),
    "reduce_prod": reduced(lambda x, y: x * y, 1),
    "reduce_max": reduced(_extreme(True), None),
    "reduce_min": reduced(_extreme(False), None),
    "reduce_and": reduced(lambda x, y: x & y, -1),
    "reduce_or": reduced(lambda x, y: x | y, 0),
    "argmax": position(True),
    "argmin": position(False),
    "cumsum": cumulated(lambda x, y: x + y),
    "cumprod": cumulated(lambda x, y: x * y),
    "cummax": cumulated(_extreme(True)),
    "cummin": cumulated(_extreme(False)),
    "argsort": argsort,
    "sort": lambda x, axis: np.take_along_axis(x, argsort(x, axis), axis),
    "searchsorted": searchsorted,
    "dot_general": dot_general,
    **naive_windows.WHOLE,
}
