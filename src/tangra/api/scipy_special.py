"""`scipy.special`: error and gamma functions, sigmoids, logsumexp, softmax, xlogy, entropies. Loop dtypes as
SciPy's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special

from tangra.api.context import Context
from tangra.api.elementwise import cast, operand
from tangra.api.numpy_common import (
    F64,
    FALSE,
    NONE,
    axes_arg,
    bad_value,
    common,
    ew,
    fit_to,
    inexact,
    is_none,
    series,
    static_bool,
    static_int,
    unsupported,
    where_,
)
from tangra.api.numpy_loops import like
from tangra.api.numpy_reductions import restored
from tangra.api.numpy_ufuncs import declare_ufunc
from tangra.api.registry import function
from tangra.api.values import AbstractValue, Const, TupleValue
from tangra.ir import Value

Operands = Sequence[AbstractValue]


def _op(name: str) -> Any:
    return lambda ctx, xs, _: ctx.b(name, *xs)


def _logit(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """log(x / (1 - x)), as the difference of log x and log1p(-x)."""
    x = xs[0]
    return ctx.b("sub", ctx.b("log", x), ctx.b("log1p", ctx.b("neg", x)))


def _log_expit(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """log(sigmoid(x)) = -log(1 + exp(-x))."""
    x = xs[0]
    return ctx.b("neg", ctx.b("logaddexp", like(ctx, 0, x), ctx.b("neg", x)))


def _xlogy(op: str) -> Any:
    def emit(ctx: Context, xs: list[Value], _: Operands) -> Value:
        """x log(y), 0 where x = 0 and y is not NaN. Its derivative by x is log(y) there too."""
        x, y = xs
        zero = like(ctx, 0, x)
        none = ctx.b("eq", x, zero)
        low = ctx.b("le", y, like(ctx, 0 if op == "log" else -1, y))
        vanishes = ctx.b("and", none, ctx.b("or", low, ctx.b("eq", y, like(ctx, np.inf, y))))
        product = ctx.b("mul", x, ctx.b(op, ctx.b("select", vanishes, like(ctx, 2, y), y)))
        return ctx.b("select", none, ctx.b("add", product, zero), product)  # 0 of either sign plus 0 is 0

    return emit


def _entr(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """-x log x for x > 0, 0 at 0, -inf below."""
    x = xs[0]
    zero = like(ctx, 0, x)
    positive = ctx.b("gt", x, zero)
    safe = ctx.b("select", positive, x, like(ctx, 1, x))
    value = ctx.b("neg", ctx.b("mul", safe, ctx.b("log", safe)))
    outside = ctx.b("select", ctx.b("eq", x, zero), zero, like(ctx, -np.inf, x))
    return ctx.b("select", positive, value, ctx.b("select", ctx.b("isnan", x), x, outside))


def _rel_entr(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """x log(x / y) for x, y > 0; 0 for x = 0, y >= 0; else inf."""
    x, y = xs
    zero, one = like(ctx, 0, x), like(ctx, 1, x)
    both = ctx.b("and", ctx.b("gt", x, zero), ctx.b("gt", y, zero))
    sx, sy = ctx.b("select", both, x, one), ctx.b("select", both, y, one)
    value = ctx.b("mul", sx, ctx.b("log", ctx.b("div", sx, sy)))
    none = ctx.b("and", ctx.b("eq", x, zero), ctx.b("ge", y, zero))
    outside = ctx.b("select", none, zero, like(ctx, np.inf, x))
    nan = ctx.b("or", ctx.b("isnan", x), ctx.b("isnan", y))
    return ctx.b("select", both, value, ctx.b("select", nan, ctx.b("add", x, y), outside))


def _kl_div(ctx: Context, xs: list[Value], vs: Operands) -> Value:
    """rel_entr(x, y) - x + y; inf outside."""
    return ctx.b("add", ctx.b("sub", _rel_entr(ctx, xs, vs), xs[0]), xs[1])


def _ndtr(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """The normal distribution function: erfc(-x / sqrt 2) / 2, accurate in both tails."""
    x = xs[0]
    scaled = ctx.b("mul", x, like(ctx, -1 / math.sqrt(2.0), x))
    return ctx.b("mul", ctx.b("erfc", scaled), like(ctx, 0.5, x))


def _betaln(ctx: Context, xs: list[Value], _: Operands) -> Value:
    x, y = xs
    return ctx.b("sub", ctx.b("add", ctx.b("lgamma", x), ctx.b("lgamma", y)), ctx.b("lgamma", ctx.b("add", x, y)))


def _beta(ctx: Context, xs: list[Value], vs: Operands) -> Value:
    """Gamma(a) Gamma(b) / Gamma(a + b) for a, b > 0 through logarithms; the reference loses 1e-14 relative."""
    return ctx.b("exp", _betaln(ctx, xs, vs))


def _huber(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """r^2 / 2 for |r| <= delta, delta (|r| - delta / 2) beyond; inf for a negative delta."""
    delta, r = xs
    size, half = ctx.b("abs", r), like(ctx, 0.5, r)
    inner = ctx.b("mul", half, ctx.b("mul", r, r))
    outer = ctx.b("mul", delta, ctx.b("sub", size, ctx.b("mul", half, delta)))
    value = ctx.b("select", ctx.b("le", size, delta), inner, outer)
    return ctx.b("select", ctx.b("lt", delta, like(ctx, 0, r)), like(ctx, np.inf, r), value)


def _pseudo_huber(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """delta^2 (sqrt(1 + (r / delta)^2) - 1), as delta r^2 / (delta + hypot(delta, r)); inf for a negative delta. Both
    it and its derivatives are accurate for all ratios of the two."""
    delta, r = xs
    zero, one = like(ctx, 0, r), like(ctx, 1, r)
    nothing, far = ctx.b("eq", delta, zero), ctx.b("isinf", r)
    safe, near = ctx.b("select", nothing, one, delta), ctx.b("select", far, one, r)
    halves = [ctx.b("mul", like(ctx, 0.5, r), v) for v in (near, safe, ctx.b("hypot", safe, near))]
    share = ctx.b("div", halves[0], ctx.b("add", *halves[1:]))
    value = ctx.b("mul", safe, ctx.b("mul", near, share))
    value = ctx.b("select", far, ctx.b("mul", safe, ctx.b("abs", r)), value)
    trivial = ctx.b("or", nothing, ctx.b("and", ctx.b("eq", r, zero), ctx.b("not", ctx.b("isfinite", delta))))
    value = ctx.b("select", trivial, zero, value)
    return ctx.b("select", ctx.b("lt", delta, zero), like(ctx, np.inf, r), value)


EXPREL = [1 / math.factorial(k + 1) for k in range(16)]
"""The power series of exprel; where |x| < 1/2 what is left out is below 1e-18. Its derivatives are right at 0 too,
where those of a quotient would be lost."""


def _exprel(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """(exp(x) - 1) / x, 1 at 0."""
    x = xs[0]
    near = ctx.b("lt", ctx.b("abs", x), like(ctx, 0.5, x))
    safe = ctx.b("select", near, like(ctx, 1, x), x)
    power = ctx.b("expm1", safe)
    value = ctx.b("select", ctx.b("isinf", power), power, ctx.b("div", power, safe))
    return ctx.b("select", near, series(ctx, EXPREL, ctx.b("select", near, x, like(ctx, 0, x))), value)


def _exp10(ctx: Context, xs: list[Value], _: Operands) -> Value:
    return ctx.b("pow", like(ctx, 10, xs[0]), xs[0])


def _boxcox(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """expm1(lambda log x) / lambda, log x for lambda = 0."""
    x, lam = xs
    zero, one, log = like(ctx, 0, x), like(ctx, 1, x), ctx.b("log", x)
    exponent = ctx.b("mul", lam, log)
    near = ctx.b("lt", ctx.b("abs", exponent), like(ctx, 0.5, x))
    small = ctx.b("lt", ctx.b("abs", lam), like(ctx, 1e-19, x))
    safe = ctx.b("select", ctx.b("or", near, small), one, lam)
    far = ctx.b("select", small, log, ctx.b("div", ctx.b("expm1", exponent), safe))
    relative = series(ctx, EXPREL, ctx.b("select", near, exponent, zero))
    return ctx.b("select", near, ctx.b("mul", ctx.b("select", near, log, zero), relative), far)


_UFUNCS: dict[str, Any] = {
    "erf": _op("erf"),
    "erfc": _op("erfc"),
    "gamma": _op("gamma"),
    "gammaln": _op("lgamma"),
    "loggamma": None,
    "digamma": _op("digamma"),
    "psi": _op("digamma"),
    "expit": _op("sigmoid"),
    "logit": _logit,
    "log_expit": _log_expit,
    "xlogy": _xlogy("log"),
    "xlog1py": _xlogy("log1p"),
    "entr": _entr,
    "rel_entr": _rel_entr,
    "kl_div": _kl_div,
    "ndtr": _ndtr,
    "betaln": _betaln,
    "beta": _beta,
    "huber": _huber,
    "pseudo_huber": _pseudo_huber,
    "exprel": _exprel,
    "exp2": _op("exp2"),
    "exp10": _exp10,
    "expm1": _op("expm1"),
    "log1p": _op("log1p"),
    "cbrt": _op("cbrt"),
    "boxcox": _boxcox,
}
for _name, _emit in _UFUNCS.items():
    if _emit is not None and isinstance(getattr(special, _name, None), np.ufunc):
        declare_ufunc(getattr(special, _name), _emit)


@function(special.polygamma)
def polygamma(ctx: Context, n: AbstractValue, x: AbstractValue) -> AbstractValue:
    """`scipy.special.polygamma(n, x)` for a constant n: float64, an array as SciPy gives it."""
    order = static_int(ctx, n, "n")
    value = ctx.array(x, F64)
    if order < 0:
        bad_value(ctx, "polygamma: n must not be negative")
    result = ctx.b("digamma", value) if order == 0 else ctx.b("polygamma", value, n=order)
    return ctx.new_array(result)


def _softplus(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`scipy.special.softplus(x)`: logaddexp(0, x)."""
    value = ctx.array(x)
    value = cast(ctx, value, inexact(value.dtype))
    return ctx.result(ctx.b("logaddexp", like(ctx, 0, value), value))


if hasattr(special, "softplus"):
    function(special.softplus)(_softplus)


# ---- along axes
# ------------------------------------------------------------------------------------------------------------


def shifted(ctx: Context, value: Value, axes: Sequence[int]) -> tuple[Value, Value]:
    """(value minus its maximum along `axes`, that maximum with axes kept); a maximum that isn't finite counts as 0."""
    top = ctx.b("reduce_max", value, axes=tuple(sorted(axes)))
    top = restored(ctx, top, value.shape, axes, True)
    top = ctx.b("stop_gradient", top)
    top = where_(ctx, ctx.b("isfinite", top), top, 0.0)
    return ew(ctx, "sub", value, top), top


@function(special.logsumexp)
def logsumexp(
    ctx: Context,
    a: AbstractValue,
    axis: AbstractValue = NONE,
    b: AbstractValue = NONE,
    keepdims: AbstractValue = FALSE,
    return_sign: AbstractValue = FALSE,
) -> AbstractValue:
    """`scipy.special.logsumexp(a, axis, b, keepdims, return_sign)`: log(sum(b exp(a))) without overflow.

    The derivative is softmax: the shift by the maximum cancels and is held constant.
    """
    dtype = inexact(common(ctx, a) if is_none(b) else common(ctx, a, b))
    value, keep = operand(ctx, a, dtype), static_bool(ctx, keepdims, "keepdims")
    axes = axes_arg(ctx, axis, value.array.rank)
    if value.shape and 0 in [value.shape[k] for k in axes]:
        unsupported(ctx, "logsumexp over an empty axis", "handle it apart: the result is -inf")
    factor = None if is_none(b) else fit_to(ctx, operand(ctx, b, dtype), value.shape)
    if factor is not None:
        value = where_(ctx, ew(ctx, "eq", factor, 0.0), -np.inf, value)
    moved, top = shifted(ctx, value, axes)
    terms = ctx.b("exp", moved)
    if factor is not None:
        terms = ctx.b("mul", terms, factor)
    total = restored(ctx, ctx.b("reduce_sum", terms, axes=tuple(sorted(axes))), value.shape, axes, True)
    signed = static_bool(ctx, return_sign, "return_sign")
    sign = ctx.b("sign", total)
    result = ctx.b("add", ctx.b("log", ctx.b("abs", total) if signed else total), top)
    parts = [result, sign] if signed else [result]
    if not keep:
        shape = tuple(d for k, d in enumerate(value.shape) if k not in axes)
        parts = [ctx.b("reshape", p, shape=shape) for p in parts]
    shown = tuple(ctx.result(p) for p in parts)
    return TupleValue(shown) if signed else shown[0]


def _declare_softmax(name: str, logarithm: bool) -> None:
    def entry(ctx: Context, x: AbstractValue, axis: AbstractValue = NONE) -> AbstractValue:
        value = ctx.array(x)
        value = cast(ctx, value, inexact(value.dtype))
        axes = axes_arg(ctx, axis, value.array.rank)
        moved, _ = shifted(ctx, value, axes)
        weights = ctx.b("exp", moved)
        total = restored(ctx, ctx.b("reduce_sum", weights, axes=tuple(sorted(axes))), value.shape, axes, True)
        result = ew(ctx, "sub", moved, ctx.b("log", total)) if logarithm else ew(ctx, "div", weights, total)
        return ctx.result(result)

    entry.__doc__ = f"`scipy.special.{name}(x, axis)`."
    function(getattr(special, name))(entry)


_declare_softmax("softmax", False)
_declare_softmax("log_softmax", True)


def _declare_constant(name: str) -> None:
    def entry(ctx: Context, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
        values = [ctx.static(a, f"an argument of scipy.special.{name}") for a in args]
        named = {k: ctx.static(v, k) for k, v in kwargs.items()}
        return Const(getattr(special, name)(*values, **named))

    entry.__doc__ = f"`scipy.special.{name}` of constants."
    function(getattr(special, name))(entry)


for _name in ("factorial", "comb", "perm", "binom"):
    _declare_constant(_name)
