"""NumPy's ufuncs: loop dtypes from NumPy itself, the IR of every loop, and `out=`, `where=`, `dtype=`.

`call_ufunc` resolves the loop with `ufunc.resolve_dtypes` (NEP 50), casts and broadcasts the operands and emits the
loop's IR. Emitters get values of the loop's input dtypes in one shape, and the abstract operands for constants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from tangra.api import numbers
from tangra.api.context import Context
from tangra.api.elementwise import MIXED_DTYPE, broadcast, cast, dispatch, is_number, kinds_of, operand, scalar_kinds
from tangra.api.kinds import Kind, kind_of, np_kind
from tangra.api.numpy_common import (
    NONE,
    TRUE,
    Casting,
    bad_value,
    casting_arg,
    dtype_arg,
    fit_to,
    is_none,
    is_true,
    mask_of,
    only,
    supported,
    unsupported,
)
from tangra.api.numpy_layout import keep_order
from tangra.api.registry import function
from tangra.api.values import AbstractValue, ArrayValue, Const, Scalar, TupleValue
from tangra.errors import TypeMismatchError
from tangra.ir import BOOL, F64, I64, DType, Value
from tangra.ir.types import I32, ArrayType

Operands = Sequence[AbstractValue]
Emit = Callable[[Context, list[Value], Operands], "Value | tuple[Value, ...]"]

EMIT: dict[np.ufunc, Emit] = {}
COMPARISONS: dict[np.ufunc, str] = {
    np.equal: "==",
    np.not_equal: "!=",
    np.less: "<",
    np.less_equal: "<=",
    np.greater: ">",
    np.greater_equal: ">=",
}
MAX_FOLDED = 4096


# ---- loops
# -------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def loop_dtypes(ufunc: np.ufunc, kinds: tuple[Kind, ...], dtype: str | None, casting: Casting) -> tuple[Any, ...]:
    """NumPy's loop for operands of these kinds, as dtypes of inputs and outputs. Raises TypeError as NumPy does."""
    inputs = [k.type if k.python and k.dtype != BOOL else np.dtype(k.dtype.numpy) for k in kinds]
    free = (*inputs, *(None,) * ufunc.nout)
    if dtype is None:
        return ufunc.resolve_dtypes(free, casting=casting)
    signature = (*(None,) * ufunc.nin, *(np.dtype(dtype),) * ufunc.nout)
    return ufunc.resolve_dtypes(free, signature=signature, casting=casting)


def resolve(
    ctx: Context, ufunc: np.ufunc, operands: Operands, dtype: DType | None, casting: Casting
) -> list[DType] | None:
    """The loop's dtypes; None where it depends on a number's run-time kind."""
    options = [kinds_of(v) if is_number(v) else (ctx.kind(v),) for v in operands]
    name = None if dtype is None else dtype.numpy
    try:
        found = {loop_dtypes(ufunc, kinds, name, casting) for kinds in product(*options)}
    except TypeError as e:
        bad_value(ctx, f"np.{ufunc.__name__}: {e}")
    if len(found) > 1:
        return None
    return [supported(ctx, d, f"np.{ufunc.__name__} computes here in ") for d in found.pop()]


def values_of(ctx: Context, ufunc: np.ufunc, operands: Operands, dtypes: Sequence[DType]) -> tuple[Value, ...]:
    """The results of the ufunc's loop `dtypes`."""
    inputs = broadcast(ctx, [operand(ctx, v, d) for v, d in zip(operands, dtypes, strict=False)])
    results = EMIT[ufunc](ctx, inputs, operands)
    results = results if isinstance(results, tuple) else (results,)
    return tuple(cast(ctx, r, d) for r, d in zip(results, dtypes[ufunc.nin :], strict=True))


def compute(
    ctx: Context, ufunc: np.ufunc, operands: Operands, dtype: DType | None = None, casting: Casting = "same_kind"
) -> tuple[Value, ...] | AbstractValue:
    """The results as IR values; an abstract number where its kind is only known at run time."""
    if ufunc in COMPARISONS and dtype is None:
        return (_compared(ctx, ufunc, operands),)
    dtypes = resolve(ctx, ufunc, operands, dtype, casting)
    if dtypes is not None:
        return values_of(ctx, ufunc, operands, dtypes)
    if ufunc.nout == 1 and all(is_number(v) for v in operands):
        return dispatch(ctx, operands, lambda vs: call_ufunc(ctx, ufunc, vs))
    ctx.error(
        TypeMismatchError,
        f"the dtype of np.{ufunc.__name__} would depend on a number whose kind is only known at run time",
        code=MIXED_DTYPE,
        fix="convert the number with float(...) or np.float64(...) where it is first assigned",
    )


def _compared(ctx: Context, ufunc: np.ufunc, operands: Operands) -> Value:
    result = numbers.compare(ctx, COMPARISONS[ufunc], operands[0], operands[1])
    if isinstance(result, Const):
        return ctx.b.bool(bool(result.value))
    return result.value if isinstance(result, Scalar) else ctx.array(result)


def fold(ufunc: np.ufunc, operands: Operands) -> AbstractValue | None:
    """The result for constant numbers, by NumPy itself."""
    if not all(isinstance(v, Const) and kind_of(v.value) is not None for v in operands):
        return None
    try:
        with np.errstate(all="ignore"):
            result = ufunc(*(v.value for v in operands if isinstance(v, Const)))
    except (TypeError, ValueError, OverflowError):
        return None
    results = result if isinstance(result, tuple) else (result,)
    if any(kind_of(r) is None for r in results):
        return None
    return TupleValue(tuple(map(Const, results))) if isinstance(result, tuple) else Const(result)


def call_ufunc(
    ctx: Context,
    ufunc: np.ufunc,
    operands: Operands,
    out: AbstractValue | None = None,
    where: AbstractValue = TRUE,
    dtype: AbstractValue = NONE,
    casting: Casting = "same_kind",
) -> AbstractValue:
    """`ufunc(*operands, out=, where=, dtype=)`."""
    plain = is_none(out) and is_true(where)
    if plain and is_none(dtype):
        folded = fold(ufunc, operands)
        if folded is not None:
            return folded
        if ufunc.nout == 1 and scalar_kinds(operands) and all(is_number(v) for v in operands):
            results = compute(ctx, ufunc, operands)
            return ctx.result(results[0]) if isinstance(results, tuple) else results
    results = compute(ctx, ufunc, operands, dtype_arg(ctx, dtype), casting)
    if not isinstance(results, tuple):
        bad_value(ctx, f"np.{ufunc.__name__}: the kind of an operand is only known at run time", "convert it first")
    outs = _outs(ctx, ufunc, out)
    if outs is None and not is_true(where):
        unsupported(
            ctx,
            f"np.{ufunc.__name__}: where= without out= leaves the other elements uninitialised",
            "pass out=, or use np.where(condition, ..., ...)",
        )
    if outs is None:
        shown = [keep_order(ctx, ctx.result(r), operands) for r in results]
    else:
        shown = [_written(ctx, ufunc, r, o, where, casting) for r, o in zip(results, outs, strict=True)]
    return shown[0] if ufunc.nout == 1 else TupleValue(tuple(shown))


def _outs(ctx: Context, ufunc: np.ufunc, out: AbstractValue | None) -> list[AbstractValue] | None:
    if is_none(out):
        return None
    assert out is not None
    items: list[AbstractValue] = list(out.items) if isinstance(out, TupleValue) else [out]
    if len(items) != ufunc.nout:
        bad_value(ctx, f"np.{ufunc.__name__}: out= must have {ufunc.nout} arrays, not {len(items)}")
    return None if all(is_none(i) for i in items) else items


def _written(
    ctx: Context, ufunc: np.ufunc, value: Value, out: AbstractValue, where: AbstractValue, casting: Casting
) -> AbstractValue:
    """`value` written to `out` where `where` holds; `out` itself."""
    if is_none(out):
        return ctx.result(value)
    if not isinstance(out, ArrayValue):
        bad_value(ctx, f"np.{ufunc.__name__}: out= must be an array")
    target = out.type
    if not np.can_cast(value.dtype.numpy, target.dtype.numpy, casting):
        bad_value(
            ctx,
            f"np.{ufunc.__name__}: a {value.dtype.numpy} result can't be written to an out= array of "
            f"{target.dtype.numpy} with casting={casting!r}",
            "convert the operands, or pass casting='unsafe'",
        )
    new = fit_to(ctx, cast(ctx, value, target.dtype), target.shape)
    if not is_true(where):
        new = ctx.b("select", fit_to(ctx, mask_of(ctx, where), target.shape), new, ctx.array(out))
    ctx.write(out, new)
    return out


# ---- the IR of each loop
# -------------------------------------------------------------------------------------------------


def _plain(op: str) -> Emit:
    return lambda ctx, xs, _: ctx.b(op, *xs)


def identity(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """The operand itself."""
    return xs[0]


def _float_or(op: str, other: Emit) -> Emit:
    """`op` for float loops, `other` for the rest."""
    return lambda ctx, xs, vs: ctx.b(op, *xs) if xs[0].dtype.is_float else other(ctx, xs, vs)


def _bool_or(bool_op: str, op: str) -> Emit:
    return lambda ctx, xs, _: ctx.b(bool_op if xs[0].dtype == BOOL else op, *xs)


def _never(value: bool) -> Emit:
    return lambda ctx, xs, _: ctx.b.filled(value, ArrayType(BOOL, xs[0].shape))


def _logical(op: str) -> Emit:
    return lambda ctx, xs, _: ctx.b(op, *(cast(ctx, x, BOOL) for x in xs))


def like(ctx: Context, number: float, x: Value) -> Value:
    """The constant `number` in the type of `x`."""
    return ctx.b.filled(number, x.array)


def _scaled(factor: float) -> Emit:
    return lambda ctx, xs, _: ctx.b("mul", xs[0], like(ctx, factor, xs[0]))


def _power(ctx: Context, xs: list[Value], vs: Operands) -> Value:
    x, y = xs
    exponent = vs[1].value if isinstance(vs[1], Const) and kind_of(vs[1].value) is not None else None
    if x.dtype.is_float:
        return numbers.power_value(ctx, x, y, exponent)
    if y.dtype.kind == "i" and (exponent is None or exponent < 0):
        negative = ctx.b("lt", y, like(ctx, 0, y))
        if negative.shape:
            negative = ctx.b("reduce_or", negative, axes=tuple(range(negative.array.rank)))
        ctx.fail_if(negative, "ValueError", "Integers to negative integer powers are not allowed.")
    return ctx.b("pow", x, y)


def _reciprocal(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """1 / x; of integers truncated towards zero, the least integer for 0 as the machine division gives."""
    x, b = xs[0], ctx.b
    one = like(ctx, 1, x)
    if x.dtype.is_float:
        return b("div", one, x)
    unit = b("select", b("eq", b("abs", x), one), x, like(ctx, 0, x))
    info = np.iinfo(x.dtype.numpy)
    return b("select", b("eq", x, like(ctx, 0, x)), like(ctx, info.min if x.dtype.kind == "i" else 0, x), unit)


def _logical_not(ctx: Context, xs: list[Value], _: Operands) -> Value:
    return ctx.b("not", cast(ctx, xs[0], BOOL))


def _divmod(ctx: Context, xs: list[Value], _: Operands) -> tuple[Value, ...]:
    return ctx.b("floordiv", *xs), ctx.b("mod", *xs)


def _modf(ctx: Context, xs: list[Value], _: Operands) -> tuple[Value, ...]:
    """(fraction, whole part), both with the sign of x; (0, inf) for inf."""
    x, b = xs[0], ctx.b
    whole = b("trunc", x)
    rest = b("select", b("isinf", x), like(ctx, 0, x), b("sub", x, whole))
    return b("copysign", rest, x), whole


def _frexp(ctx: Context, xs: list[Value], _: Operands) -> tuple[Value, ...]:
    """x = m 2^e with 0.5 <= |m| < 1: e from the logarithm, corrected by one step either way."""
    x, b = xs[0], ctx.b
    magnitude = b("abs", x)
    plain = b("and", b("isfinite", x), b("ne", x, like(ctx, 0, x)))
    safe = b("select", plain, magnitude, like(ctx, 1, x))
    exponent = cast(ctx, b("floor", b("log2", safe)), I64)
    mantissa = b("ldexp", b("ldexp", x, _half(ctx, exponent)), b("sub", b("neg", exponent), _half(ctx, exponent)))
    one, two, zero = (b.filled(k, exponent.array) for k in (1, 2, 0))
    size = b("abs", mantissa)
    steps = b("select", b("ge", size, like(ctx, 1, x)), one, zero)
    steps = b("select", b("ge", size, like(ctx, 2, x)), two, steps)
    mantissa = b("ldexp", mantissa, b("neg", steps))
    return b("select", plain, mantissa, x), cast(ctx, b("select", plain, b("add", exponent, steps), zero), I32)


def _half(ctx: Context, exponent: Value) -> Value:
    """About half of -e: 2^-e in one step would overflow for subnormal numbers."""
    return ctx.b("floordiv", ctx.b("neg", exponent), ctx.b.filled(2, exponent.array))


def _spacing(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """The distance to the next number away from zero, with the sign of x."""
    x, b = xs[0], ctx.b
    return b("sub", b("nextafter", x, b("copysign", like(ctx, np.inf, x), x)), x)


def _float_power(ctx: Context, xs: list[Value], vs: Operands) -> Value:
    return _power(ctx, xs, vs)


def _ldexp(ctx: Context, xs: list[Value], _: Operands) -> Value:
    return ctx.b("ldexp", *xs)


def _bit_count(ctx: Context, xs: list[Value], _: Operands) -> Value:
    """Set bits of |x|, by clearing pairs, nibbles and bytes in 64 bits."""
    from tangra.ir import U64

    b = ctx.b
    v = cast(ctx, b("abs", xs[0]) if xs[0].dtype != BOOL else xs[0], U64)

    def masked(x: Value, mask: int) -> Value:
        return b("and", x, b.filled(mask, v.array))

    def shifted(x: Value, n: int) -> Value:
        return b("shr", x, b.filled(n, v.array))

    v = b("sub", v, masked(shifted(v, 1), 0x5555555555555555))
    v = b("add", masked(v, 0x3333333333333333), masked(shifted(v, 2), 0x3333333333333333))
    v = masked(b("add", v, shifted(v, 4)), 0x0F0F0F0F0F0F0F0F)
    return shifted(b("mul", v, b.filled(0x0101010101010101, v.array)), 56)


_FLOAT_OPS = {
    "exp": "exp",
    "exp2": "exp2",
    "expm1": "expm1",
    "log": "log",
    "log2": "log2",
    "log10": "log10",
    "log1p": "log1p",
    "sqrt": "sqrt",
    "cbrt": "cbrt",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "fabs": "abs",
    "rint": "rint",
    "signbit": "signbit",
    "divide": "div",
    "arctan2": "atan2",
    "hypot": "hypot",
    "copysign": "copysign",
    "nextafter": "nextafter",
    "logaddexp": "logaddexp",
    "logaddexp2": "logaddexp2",
    "heaviside": "heaviside",
}
_ANY_OPS = {
    "subtract": "sub",
    "floor_divide": "floordiv",
    "remainder": "mod",
    "fmod": "fmod",
    "negative": "neg",
    "sign": "sign",
    "maximum": "maximum",
    "minimum": "minimum",
    "fmax": "fmax",
    "fmin": "fmin",
    "gcd": "gcd",
    "lcm": "lcm",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "bitwise_xor": "xor",
    "left_shift": "shl",
    "right_shift": "shr",
    "invert": "invert",
    "equal": "eq",
    "not_equal": "ne",
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
}


def _fill_table() -> None:
    for name, op in {**_FLOAT_OPS, **_ANY_OPS}.items():
        EMIT[getattr(np, name)] = _plain(op)
    EMIT.update(
        {
            np.add: _bool_or("or", "add"),
            np.multiply: _bool_or("and", "mul"),
            np.power: _power,
            np.float_power: _float_power,
            np.positive: identity,
            np.conjugate: identity,
            np.absolute: lambda ctx, xs, _: xs[0] if xs[0].dtype.kind in "bu" else ctx.b("abs", xs[0]),
            np.square: lambda ctx, xs, _: ctx.b("and" if xs[0].dtype == BOOL else "mul", xs[0], xs[0]),
            np.reciprocal: _reciprocal,
            np.deg2rad: _scaled(np.pi / 180.0),
            np.radians: _scaled(np.pi / 180.0),
            np.rad2deg: _scaled(180.0 / np.pi),
            np.degrees: _scaled(180.0 / np.pi),
            np.isnan: _float_or("isnan", _never(False)),
            np.isinf: _float_or("isinf", _never(False)),
            np.isfinite: _float_or("isfinite", _never(True)),
            np.logical_not: _logical_not,
            np.logical_and: _logical("and"),
            np.logical_or: _logical("or"),
            np.logical_xor: _logical("xor"),
            np.divmod: _divmod,
            np.modf: _modf,
            np.frexp: _frexp,
            np.spacing: _spacing,
            np.ldexp: _ldexp,
            np.bitwise_count: _bit_count,
        }
    )
    for name in ("floor", "ceil", "trunc"):
        EMIT[getattr(np, name)] = _float_or(name, identity)


def declare_ufunc(ufunc: np.ufunc, emit: Emit) -> None:
    """Enter a ufunc (NumPy's or SciPy's): its IR and its callable entry."""
    EMIT[ufunc] = emit
    _entry(ufunc)


def _entry(ufunc: np.ufunc) -> None:
    name = ufunc.__name__

    def entry(
        ctx: Context,
        *operands: AbstractValue,
        out: AbstractValue = NONE,
        where: AbstractValue = TRUE,
        dtype: AbstractValue = NONE,
        casting: AbstractValue = Const("same_kind"),
        order: AbstractValue = Const("K"),
        subok: AbstractValue = TRUE,
    ) -> AbstractValue:
        only(ctx, f"np.{name}", "order", order, "K", "C", "A")
        if len(operands) > ufunc.nin and is_none(out):
            operands, rest = operands[: ufunc.nin], operands[ufunc.nin :]
            out = rest[0] if len(rest) == 1 else TupleValue(tuple(rest))
        if len(operands) != ufunc.nin:
            bad_value(ctx, f"np.{name} takes {ufunc.nin} arguments, not {len(operands)}")
        return call_ufunc(ctx, ufunc, operands, out, where, dtype, casting_arg(ctx, casting))

    entry.__doc__ = f"`np.{name}` of {ufunc.nin} operands."
    function(ufunc)(entry)


_fill_table()
for _ufunc in list(EMIT):
    _entry(_ufunc)

__all__ = [
    "EMIT",
    "F64",
    "call_ufunc",
    "compute",
    "declare_ufunc",
    "identity",
    "like",
    "loop_dtypes",
    "np_kind",
    "resolve",
    "values_of",
]
