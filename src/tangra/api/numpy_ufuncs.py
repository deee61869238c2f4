"""NumPy's ufuncs: loop dtypes from NumPy itself, the IR of every loop, and `out=`, `where=`, `dtype=`.

`call_ufunc` resolves the loop with `ufunc.resolve_dtypes` (NEP 50), casts and broadcasts the operands and emits the
loop's IR. Emitters get values of the loop's input dtypes in one shape, and the abstract operands for constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from tangra.api import numbers
from tangra.api.context import Context
from tangra.api.elementwise import MIXED_DTYPE, broadcast, cast, dispatch, is_number, kinds_of, operand, scalar_kinds
from tangra.api.kinds import Kind, kind_of
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
from tangra.api.numpy_loops import EMIT, Emit, Operands
from tangra.api.registry import function
from tangra.api.values import AbstractValue, ArrayValue, Const, Scalar, TupleValue
from tangra.errors import TypeMismatchError
from tangra.ir import BOOL, DType, Value

COMPARISONS: dict[np.ufunc, str] = {
    np.equal: "==",
    np.not_equal: "!=",
    np.less: "<",
    np.less_equal: "<=",
    np.greater: ">",
    np.greater_equal: ">=",
}


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


def values_of(
    ctx: Context, ufunc: np.ufunc, operands: Operands, dtypes: Sequence[DType], where: AbstractValue = TRUE
) -> tuple[Value, ...]:
    """The results of the ufunc's loop `dtypes`, of which only those that `where` names are used."""
    inputs = [operand(ctx, v, d) for v, d in zip(operands, dtypes, strict=False)]
    if ufunc is np.power and not is_true(where) and not dtypes[1].is_float:  # the only loop that may fail
        base, exponent, mask = broadcast(ctx, [*inputs, mask_of(ctx, where)])
        inputs = [base, ctx.b("select", mask, exponent, ctx.b.zeros(exponent.array))]
    inputs = broadcast(ctx, inputs)
    results = EMIT[ufunc](ctx, inputs, operands)
    results = results if isinstance(results, tuple) else (results,)
    return tuple(cast(ctx, r, d) for r, d in zip(results, dtypes[ufunc.nin :], strict=True))


def compute(
    ctx: Context,
    ufunc: np.ufunc,
    operands: Operands,
    dtype: DType | None = None,
    casting: Casting = "same_kind",
    where: AbstractValue = TRUE,
) -> tuple[Value, ...] | AbstractValue:
    """The results as IR values; an abstract number where its kind is only known at run time."""
    if ufunc in COMPARISONS and dtype is None:
        return (_compared(ctx, ufunc, operands),)
    dtypes = resolve(ctx, ufunc, operands, dtype, casting)
    if dtypes is not None:
        return values_of(ctx, ufunc, operands, dtypes, where)
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
    results = compute(ctx, ufunc, operands, dtype_arg(ctx, dtype), casting, where)
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
    ctx.write(out, new, "output array")
    return out


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
            if any(isinstance(v, TupleValue) for v in rest) or len(rest) > ufunc.nout:
                bad_value(ctx, f"np.{name}: return arrays must be of ArrayType")
            missing = ufunc.nout - len(rest)
            out = rest[0] if ufunc.nout == 1 else TupleValue((*rest, *(NONE,) * missing))
        if len(operands) != ufunc.nin:
            bad_value(ctx, f"np.{name} takes {ufunc.nin} arguments, not {len(operands)}")
        return call_ufunc(ctx, ufunc, operands, out, where, dtype, casting_arg(ctx, casting))

    entry.__doc__ = f"`np.{name}` of {ufunc.nin} operands."
    function(ufunc)(entry)


for _ufunc in list(EMIT):
    _entry(_ufunc)
