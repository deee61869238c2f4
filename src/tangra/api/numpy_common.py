"""What the NumPy entries share: static arguments, dtypes, refusals, array conversion and elementwise emission."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from tangra.api import registry
from tangra.api.constants import constant_array
from tangra.api.context import Context
from tangra.api.elementwise import broadcast, broadcast_to, cast, common_dtype, operand, shape_error
from tangra.api.kinds import dtype_of, np_kind, promote
from tangra.api.numpy_refusals import BAD_DTYPE, bad_shape, bad_value, only, order_c, unsupported
from tangra.api.values import AbstractValue, ArrayValue, Const, ListValue, Scalar, SliceValue, TupleValue
from tangra.errors import UnsupportedError
from tangra.ir import BOOL, F32, F64, I64, ArrayType, DType, Value
from tangra.shapes import (
    ShapeError,
    Size,
    broadcast_to_shape,
    known_eq,
    normalize_axes,
    normalize_axis,
    prod,
    shape_text,
)

NONE = Const(None)
FALSE, TRUE = Const(False), Const(True)
ZERO, ONE = Const(0), Const(1)

Shape = tuple[Size, ...]
Number = bool | int | float
Casting = Literal["no", "equiv", "safe", "same_kind", "unsafe"]
CASTINGS: tuple[Casting, ...] = ("no", "equiv", "safe", "same_kind", "unsafe")


def lift(x: Any) -> AbstractValue:
    """A Python object as an abstract value: tuples become TupleValues, the rest constants; abstract values stay."""
    if isinstance(x, (Const, Scalar, ArrayValue, TupleValue, ListValue, SliceValue)):
        return x
    if isinstance(x, tuple):
        return TupleValue(tuple(lift(i) for i in x))
    return Const(x)


def call(ctx: Context, function: Any, *args: Any, **kwargs: Any) -> AbstractValue:
    """The entry for `function` applied to abstract values and Python constants."""
    entry = registry.find(function)
    assert entry is not None, f"{function} has an entry"
    return entry(ctx, *map(lift, args), **{k: lift(v) for k, v in kwargs.items()})


def is_none(v: AbstractValue | None) -> bool:
    """Is the argument absent or None?"""
    return v is None or (isinstance(v, Const) and v.value is None)


def is_true(v: AbstractValue) -> bool:
    return isinstance(v, Const) and v.value is True


# ---- static arguments ------------------------------------------------------------------------------------------------


def static_int(ctx: Context, v: AbstractValue, what: str) -> int:
    """An int known at compile time (NumPy ints and bools count)."""
    value = ctx.static(v, what)
    if isinstance(value, (int, np.integer, np.bool_)):
        return int(value)
    bad_value(ctx, f"{what} must be an integer, not {value!r}")


def static_bool(ctx: Context, v: AbstractValue, what: str) -> bool:
    """A bool known at compile time, as ints may be."""
    value = ctx.static(v, what)
    if value is None or isinstance(value, (int, np.integer, np.bool_)):
        return bool(value)
    bad_value(ctx, f"{what} must be a bool, not {value!r}")


def static_str(ctx: Context, v: AbstractValue, what: str, allowed: Sequence[str]) -> str:
    """One of a list of words."""
    value = ctx.static(v, what)
    if value not in allowed:
        bad_value(ctx, f"{what} must be one of {', '.join(map(repr, allowed))}, not {value!r}")
    return str(value)


def order_arg(ctx: Context, order: AbstractValue) -> str:
    """An `order=` argument: "C" or "F"."""
    value = ctx.static(order, "order")
    if value in ("A", "K"):
        what = f"order={value!r} depends on how the operand lies in memory, which compiled code does not look at"
        unsupported(ctx, what, "pass order='C' or order='F'")
    return static_str(ctx, order, "order", ("C", "F"))


def casting_arg(ctx: Context, casting: AbstractValue) -> Casting:
    """A `casting=` argument."""
    value = ctx.static(casting, "casting")
    for rule in CASTINGS:
        if value == rule:
            return rule
    bad_value(ctx, f"casting must be one of {', '.join(map(repr, CASTINGS))}, not {value!r}")


def axis_arg(ctx: Context, axis: AbstractValue, rank: int, what: str = "axis", bools: bool = True) -> int:
    """One axis, counted from the front. NumPy's functions in C take no `bools` for it."""
    if not bools and isinstance(ctx.static(axis, what), (bool, np.bool_)):
        bad_value(ctx, f"an integer is required for the {what}")
    n = static_int(ctx, axis, what)
    try:
        return normalize_axis(n, rank)
    except ShapeError as e:
        shape_error(ctx, e)


def axes_arg(
    ctx: Context, axis: AbstractValue, rank: int, what: str = "axis", lists: bool = False, scalars: bool = False
) -> tuple[int, ...]:
    """None (all), one axis or several, counted from the front, in the order given. NumPy's functions in C take no
    `lists` of them; reductions there take `scalars` for vectors of one element."""
    value = ctx.static(axis, what)
    if value is None or (scalars and not rank and type(value) is not bool and value in (0, -1)):
        return tuple(range(rank))
    if isinstance(value, list) and not lists:
        bad_value(ctx, f"{what} must be None, an int or a tuple of ints, not {value!r}", "pass a tuple")
    items = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if not all(isinstance(i, (int, np.integer)) and not isinstance(i, bool) for i in items):
        bad_value(ctx, f"{what} must be an int or a tuple of ints, not {value!r}")
    try:
        return normalize_axes(tuple(int(i) for i in items), rank)
    except ShapeError as e:
        shape_error(ctx, e)


def dtype_arg(ctx: Context, dtype: AbstractValue | None, default: DType | None = None) -> DType | None:
    """A `dtype=` argument; `default` for None."""
    if dtype is None or is_none(dtype):
        return default
    value = ctx.static(dtype, "dtype")
    try:
        asked = np.dtype(value)
    except (TypeError, ValueError):
        bad_value(ctx, f"{value!r} is not a dtype")
    return supported(ctx, asked)


def supported(ctx: Context, dtype: np.dtype[Any], where: str = "") -> DType:
    """The IR's dtype for a NumPy one; an error for those it does not have."""
    found = dtype_of(dtype)
    if found is None:
        fix = "use float32 or float64" if dtype.kind in "fc" else "use bool, int8 to uint64, float32 or float64"
        if dtype == np.float16:
            fix = "convert the operand first: x.astype(np.float32) or x.astype(float)"
        ctx.error(UnsupportedError, f"{where}dtype {dtype} is not supported in compiled code", code=BAD_DTYPE, fix=fix)
    return found


def shape_arg(ctx: Context, shape: AbstractValue, what: str = "shape") -> Shape:
    """A shape: an int or a sequence of ints, constant or run-time."""
    if isinstance(shape, ArrayValue) and shape.type.rank == 0:
        shape = ctx.getitem(shape, TupleValue(()))
    if isinstance(shape, Scalar) or (isinstance(shape, Const) and not isinstance(shape.value, (tuple, list))):
        return (ctx.size(shape, what),)
    items = ctx.iterate(shape, what)
    if items is None:
        bad_value(ctx, f"{what} must be an int or a tuple of ints")
    return tuple(ctx.size(i, what) for i in items)


def items_arg(ctx: Context, v: AbstractValue, what: str) -> Sequence[AbstractValue]:
    """The items of a sequence of static length."""
    items = ctx.iterate(v, what)
    if items is None:
        bad_value(ctx, f"{what} must be a sequence of known length")
    return items


# ---- arrays
# ------------------------------------------------------------------------------------------------------------


def as_array(ctx: Context, v: AbstractValue) -> ArrayValue:
    """`np.asanyarray(v)`: an array itself, anything else converted."""
    return v if isinstance(v, ArrayValue) else ctx.new_array(ctx.array(v))


def known_array(ctx: Context, v: AbstractValue) -> np.ndarray[Any, Any] | None:
    """The array that `v` is if it is computed from constants only; None if not."""
    if isinstance(v, Const) and isinstance(v.value, (list, tuple)):
        return np.asarray(v.value)
    return constant_array(ctx.array(v))


def common(ctx: Context, *operands: AbstractValue) -> DType:
    """NEP 50's common dtype of arguments as `np.result_type` has it."""
    try:
        return common_dtype(ctx, operands)
    except TypeError as e:
        bad_value(ctx, str(e))


def strong(ctx: Context, *operands: AbstractValue) -> DType:
    """The common dtype of `asarray` of each operand: Python numbers are not weak."""
    return promote_dtypes(ctx, *(ctx.type_of(v).dtype for v in operands))


def promote_dtypes(ctx: Context, *dtypes: DType) -> DType:
    """The dtype that arrays of `dtypes` have in common."""
    try:
        return promote(tuple(np_kind(d) for d in dtypes))
    except TypeError as e:
        bad_value(ctx, str(e))


def no_bools(ctx: Context, dtype: DType) -> None:
    """Refuse a difference of bools, as NumPy does."""
    if dtype == BOOL:
        text = "numpy boolean subtract, the `-` operator, is not supported"
        bad_value(ctx, text, "convert the array to numbers first: x.astype(int)")


def inexact(dtype: DType) -> DType:
    """float32 for float32, else float64."""
    return F32 if dtype == F32 else F64


def return_value(
    ctx: Context,
    value: Value,
    out: AbstractValue | None,
    function: str,
    repeats: bool = False,
    rule: Literal["same_kind", "equal", "back"] = "same_kind",
) -> AbstractValue:
    """The result of a NumPy function: written to `out` if given, else a scalar or fresh array. `out` has the result's
    shape; of what is a ufunc in NumPy (`repeats`) it may be larger. Its dtype is by `rule` one that the result can be
    cast to, the result's own, or one that can be cast safely `back` to that of the result."""
    if out is None or is_none(out):
        return ctx.result(value)
    if isinstance(out, TupleValue) and len(out.items) == 1:
        return return_value(ctx, value, out.items[0], function, repeats, rule)
    if not isinstance(out, ArrayValue):
        bad_value(ctx, f"out= of {function} must be an array")
    own, given = value.dtype.numpy, out.type.dtype.numpy
    fits = {
        "same_kind": np.can_cast(own, given, "same_kind"),
        "equal": own == given,
        "back": np.can_cast(given, own, "safe"),
    }
    if not fits[rule]:
        bad_value(
            ctx, f"{function}: a {value.dtype.numpy} result can't be written to an out= array of {out.type.dtype.numpy}"
        )
    if not repeats:
        _same_sizes(ctx, value.shape, out.type.shape, function)
    ctx.write(out, cast(ctx, fit_to(ctx, value, out.type.shape), out.type.dtype), "output array")
    return out


def _same_sizes(ctx: Context, shape: Shape, target: Shape, function: str) -> None:
    """Require the shape of an `out=` to be that of the result."""
    if len(shape) != len(target):
        bad_shape(ctx, f"{function}: out= has {len(target)} dimensions, the result has {len(shape)}")
    for size, wanted in zip(target, shape, strict=True):
        ctx.require_equal(size, wanted, f"size of out= of {function}")


def fit_to(ctx: Context, value: Value, shape: Shape) -> Value:
    """`value` broadcast to `shape`, which must not be smaller."""
    if value.shape == shape:
        return value
    try:
        broadcast_to_shape(value.shape, shape, facts=ctx.facts, undecided=ctx.require_equal)
    except ShapeError as e:
        shape_error(ctx, e)
    return broadcast_to(ctx, value, shape)


def of_shape(ctx: Context, value: Value, shape: Shape, message: str) -> Value:
    """`value`, which has to have that shape and not one that broadcasts to it."""
    if value.array.rank != len(shape):
        bad_shape(ctx, message)
    for own, wanted in zip(value.shape, shape, strict=True):
        if known_eq(own, wanted, ctx.facts) is False:
            bad_shape(ctx, message)
        ctx.require_equal(own, wanted, message)
    return renamed(ctx, value, shape)


def renamed(ctx: Context, value: Value, shape: Shape) -> Value:
    """`value` under a shape whose sizes are equal but written otherwise."""
    return value if value.shape == shape else ctx.b("reshape", value, shape=shape)


def ew(ctx: Context, op: str, *operands: Value | Number) -> Value:
    """The elementwise op of values broadcast together; Python numbers take the dtype of the first IR value."""
    first = next(v for v in operands if isinstance(v, Value))
    values = [v if isinstance(v, Value) else ctx.b.const(v, first.dtype) for v in operands]
    return ctx.b(op, *broadcast(ctx, values))


def where_(ctx: Context, cond: Value, a: Value | Number, b: Value | Number) -> Value:
    """`select` with broadcasting; Python numbers take the dtype of the other branch."""
    like = a if isinstance(a, Value) else b
    assert isinstance(like, Value), "one branch is a value"
    x, y = (v if isinstance(v, Value) else ctx.b.const(v, like.dtype) for v in (a, b))
    return ctx.b("select", *broadcast(ctx, [cond, x, y]))


def series(ctx: Context, coefficients: Sequence[float], x: Value) -> Value:
    """The sum of coefficients times x^0, x^1, x^2 …."""
    total = ctx.b.full(ctx.b.const(coefficients[-1], x.dtype), x.shape)
    for each in coefficients[-2::-1]:
        total = ew(ctx, "add", ctx.b("mul", total, x), each)
    return total


def ramp(ctx: Context, size: Size, dtype: DType = I64) -> Value:
    """0, 1, …, size - 1."""
    return ctx.b("iota", dtype=dtype, shape=(size,), axis=0)


def grid(ctx: Context, shape: Shape, axis: int) -> Value:
    """The index along `axis`, everywhere in `shape`."""
    return ctx.b("iota", dtype=I64, shape=shape, axis=axis)


def count_of(shape: Shape, axes: Sequence[int]) -> Size:
    """The number of elements along some axes."""
    return prod(shape[k] for k in axes)


def root_of_squares(ctx: Context, total: Value) -> Value:
    """The square root of a sum of squares. Where the sum is 0 its derivative is 0, a subgradient, as that of hypot."""
    zero = ctx.b.zeros(total.array)
    none = ctx.b("eq", total, zero)
    return ctx.b("select", none, zero, ctx.b("sqrt", ctx.b("select", none, ctx.b.filled(1, total.array), total)))


def reshape(ctx: Context, value: Value, shape: Shape) -> Value:
    return ctx.b("reshape", value, shape=shape)


def transpose(ctx: Context, value: Value, perm: Sequence[int]) -> Value:
    return ctx.b("transpose", value, perm=tuple(perm))


def move(ctx: Context, value: Value, source: int, target: int) -> Value:
    """One axis moved to another place (both non-negative)."""
    order = [k for k in range(value.array.rank) if k != source]
    order.insert(target, source)
    return transpose(ctx, value, order)


def part(ctx: Context, value: Value, axis: int, start: Size, size: Size | None, step: int = 1) -> Value:
    """`size` positions of `axis` from `start` (None: the one position, axis dropped); the other axes whole."""
    rank = value.array.rank
    starts = [ctx.b.dim(start) if k == axis else ctx.b.int(0) for k in range(rank)]
    sizes = tuple(size if k == axis else value.shape[k] for k in range(rank))
    return ctx.b("index", value, *starts, sizes=sizes, steps=tuple(step if k == axis else 1 for k in range(rank)))


def flat(ctx: Context, value: Value) -> Value:
    """The elements in C order, as a vector."""
    return value if value.array.rank == 1 else reshape(ctx, value, (prod(value.shape),))


def insert_axis(ctx: Context, value: Value, axis: int) -> Value:
    """A new axis of size 1 before `axis`."""
    return reshape(ctx, value, (*value.shape[:axis], 1, *value.shape[axis:]))


def mask_of(ctx: Context, v: AbstractValue) -> Value:
    """An array-like as bool."""
    return ctx.array(v, BOOL)


def size_as(ctx: Context, size: Size, dtype: DType) -> Value:
    """A size as a scalar of `dtype`."""
    if isinstance(size, int):
        return ctx.b.const(size, dtype)
    return cast(ctx, ctx.b.dim(size), dtype)


__all__ = [
    "BOOL",
    "F32",
    "F64",
    "FALSE",
    "I64",
    "NONE",
    "ONE",
    "TRUE",
    "ZERO",
    "ArrayType",
    "Casting",
    "DType",
    "Shape",
    "as_array",
    "axes_arg",
    "axis_arg",
    "bad_shape",
    "bad_value",
    "call",
    "cast",
    "casting_arg",
    "common",
    "count_of",
    "dtype_arg",
    "ew",
    "fit_to",
    "flat",
    "grid",
    "inexact",
    "insert_axis",
    "is_none",
    "is_true",
    "items_arg",
    "known_array",
    "lift",
    "mask_of",
    "move",
    "of_shape",
    "only",
    "operand",
    "order_c",
    "part",
    "promote_dtypes",
    "ramp",
    "renamed",
    "reshape",
    "return_value",
    "root_of_squares",
    "shape_arg",
    "shape_text",
    "size_as",
    "static_bool",
    "static_int",
    "static_str",
    "strong",
    "supported",
    "transpose",
    "unsupported",
    "where_",
]
