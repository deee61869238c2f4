"""Building blocks of elementwise functions: casting, NEP 50 operands, broadcasting, and dispatch on run-time kinds."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from itertools import product
from typing import Any, NoReturn

import numpy as np

from tangra.api.context import Context
from tangra.api.kinds import PYFLOAT, PYINT, Kind, kind_of, np_kind, promote
from tangra.api.values import AbstractValue, ArrayValue, Const, Scalar
from tangra.errors import ShapeMismatchError, TypeMismatchError, declare
from tangra.ir import BOOL, F32, F64, I64, U64, DType, Value
from tangra.shapes import ShapeError, Size, broadcast_shapes, known_eq

MIXED_DTYPE = declare("TG210", "a number whose kind is only known at run time would decide a dtype")
SHAPES_MISMATCH = declare(
    "TG301", "shapes that don't fit an operation", fix="transpose, reshape or slice one of the operands"
)
INT_TOO_LARGE = declare("TG212", "an integer constant that doesn't fit in 64 bits")
UNJOINABLE = declare("TG213", "a number that is one of two kinds with no common representation")

EXACT_INT = 2**53


def cast(ctx: Context, value: Value, dtype: DType) -> Value:
    """`value` converted as NumPy's astype does; itself if it has that dtype."""
    return value if value.dtype == dtype else ctx.b("cast", value, dtype=dtype)


def beyond_floats(ctx: Context, value: Value) -> Value:
    """Whether 64-bit integers are so large that a float64 may not hold them."""
    b = ctx.b
    above = b("gt", value, b.filled(EXACT_INT, value.array))
    return b("or", above, b("lt", value, b.filled(-EXACT_INT, value.array))) if value.dtype == I64 else above


def is_number(v: AbstractValue) -> bool:
    """A Python or NumPy number, constant or run-time (not a 0-d array)."""
    return isinstance(v, Scalar) or (isinstance(v, Const) and kind_of(v.value) is not None)


def kinds_of(v: AbstractValue) -> tuple[Kind, ...]:
    """The kinds a number may have."""
    if isinstance(v, Scalar):
        return v.kinds
    kind = kind_of(v.value) if isinstance(v, Const) else None
    assert kind is not None, v
    return (kind,)


def all_python(v: AbstractValue) -> bool:
    """A number that is certainly a Python bool, int or float."""
    return is_number(v) and all(k.python for k in kinds_of(v))


def rank_of(ctx: Context, v: AbstractValue) -> int:
    """The number of axes of an array-like; a number has none, whatever its kind is."""
    return 0 if is_number(v) else ctx.type_of(v).rank


@cache
def sized_one_converts() -> bool:
    """Whether an array of one element that has axes is a number to `float`, as before NumPy 2.4 (with a warning)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            float(np.ones(1))
        except TypeError:
            return False
    return True


def common_dtype(ctx: Context, operands: Sequence[AbstractValue]) -> DType:
    """The NEP 50 common dtype of numbers, arrays and nested lists of them."""
    options = [kinds_of(v) if is_number(v) else (ctx.kind(v),) for v in operands]
    found = {promote(combination) for combination in product(*options)}
    if len(found) > 1:
        names = " or ".join(sorted(d.numpy for d in found))
        ctx.error(
            TypeMismatchError,
            f"the result would be {names}, depending on a number whose kind is only known at run time",
            code=MIXED_DTYPE,
            fix="convert the number with float(...) or np.float64(...) where it is first assigned",
        )
    return found.pop()


def int_range(dtype: DType) -> tuple[int, int]:
    """The least and greatest integer of an integer dtype (bool: 0, 1)."""
    if dtype == BOOL:
        return 0, 1
    if dtype.kind == "u":
        return 0, 2**dtype.bits - 1
    return -(2 ** (dtype.bits - 1)), 2 ** (dtype.bits - 1) - 1


def operand(ctx: Context, v: AbstractValue, dtype: DType) -> Value:
    """A number or array-like as an IR value of `dtype`; Python ints that don't fit an integer dtype fail with
    OverflowError, as NEP 50 has it. Python floats become integers through `int`, with its errors."""
    if isinstance(v, Const) and kind_of(v.value) is not None:
        return _constant(ctx, v, dtype)
    if isinstance(v, Scalar) and v.kinds == (PYFLOAT,) and dtype.is_integer:
        from tangra.api.builtins import int_

        return operand(ctx, int_(ctx, v), dtype)
    if isinstance(v, Scalar) and v.kinds == (PYINT,) and dtype.is_integer and dtype != I64:
        lo, hi = int_range(dtype)
        if dtype != U64 and not (v.lo is not None and v.hi is not None and lo <= v.lo and v.hi <= hi):
            low, high = ctx.b("lt", v.value, ctx.b.int(lo)), ctx.b("gt", v.value, ctx.b.int(hi))
            ctx.fail_if(
                ctx.b("or", low, high),
                "OverflowError",
                f"Python integer {{}} out of bounds for {dtype.numpy}",
                [v.value],
            )
        elif dtype == U64 and not (v.lo is not None and v.lo >= 0):
            ctx.fail_if(
                ctx.b("lt", v.value, ctx.b.int(0)),
                "OverflowError",
                "Python integer {} out of bounds for uint64",
                [v.value],
            )
    return ctx.array(v, dtype)


def stored(ctx: Context, v: AbstractValue, dtype: DType) -> Value:
    """What assigning `v` to elements of `dtype` stores. NumPy's setitem takes numbers of other dtypes to a signed
    integer dtype through Python's int, so that NaN and what doesn't fit raise."""
    if is_number(v):
        kinds = kinds_of(v)
        if dtype.kind == "i" and any(not k.python and _loses(k.dtype, dtype) for k in kinds):
            from tangra.api.builtins import int_

            return operand(ctx, int_(ctx, v), dtype)
        return operand(ctx, v, dtype)
    items = None if isinstance(v, ArrayValue) or not dtype.is_integer else ctx.iterate(v)
    if items and all(is_number(i) for i in items) and not all(_is_held(i, dtype) for i in items):
        return ctx.b("concat", *(ctx.b("reshape", stored(ctx, i, dtype), shape=(1,)) for i in items), axis=0)
    return operand(ctx, v, dtype)


def _is_held(v: AbstractValue, dtype: DType) -> bool:
    """Whether a number is a constant of an integer dtype's range."""
    return isinstance(v, Const) and isinstance(v.value, int) and int_range(dtype)[0] <= v.value <= int_range(dtype)[1]


def _loses(dtype: DType, target: DType) -> bool:
    """Whether numbers of `dtype` may not fit a signed integer dtype."""
    if dtype.is_float:
        return True
    (low, high), (least, greatest) = int_range(dtype), int_range(target)
    return low < least or high > greatest


def _constant(ctx: Context, v: Const, dtype: DType) -> Value:
    number = v.value
    if kind_of(number) == PYFLOAT and dtype.is_integer:
        try:
            number = int(number)
        except (ValueError, OverflowError) as e:
            ctx.fail_if(ctx.b.bool(True), type(e).__name__, str(e))
            number = 0
    if isinstance(number, int) and not isinstance(number, bool) and dtype.is_integer:
        lo, hi = int_range(dtype)
        if not lo <= number <= hi:
            if dtype == I64 and kind_of(number) == PYINT:
                ctx.error(
                    TypeMismatchError,
                    f"the integer {number} doesn't fit in 64 bits",
                    code=INT_TOO_LARGE,
                    fix="compute it as a float, or split it",
                )
            ctx.fail_if(ctx.b.bool(True), "OverflowError", f"Python integer {number} out of bounds for {dtype.numpy}")
            number = 0
    with np.errstate(all="ignore"):
        if isinstance(number, int) and abs(number) >= 2**1024 and dtype.is_float:
            ctx.fail_if(ctx.b.bool(True), "OverflowError", "int too large to convert to float")
            number = 0.0
        return ctx.b.const(np.dtype(dtype.numpy).type(number), dtype)


def broadcast_to(ctx: Context, value: Value, shape: tuple[Size, ...]) -> Value:
    """`value` broadcast to `shape` by NumPy's rule (shapes are known to fit).

    The IR compares sizes as they are written: those that are only proved or checked to be equal are renamed first.
    """
    if value.shape == shape:
        return value
    first = len(shape) - len(value.shape)
    own = tuple(_renamed(ctx, d, s) for d, s in zip(value.shape, shape[first:], strict=True))
    if own != value.shape:
        value = ctx.b("reshape", value, shape=own)
    return ctx.b("broadcast", value, shape=shape, dims=tuple(range(first, len(shape))))


def _renamed(ctx: Context, size: Size, target: Size) -> Size:
    """How a size that broadcasts to `target` is written: 1, or as the target is."""
    if size == target or (isinstance(size, int) and size == 1):
        return size
    return 1 if known_eq(size, 1, ctx.facts) and not known_eq(size, target, ctx.facts) else target


SHAPE_FIXES = {
    "broadcast": "sizes on an axis must be equal or 1: add an axis with x[:, None], transpose or slice one of them",
    "matmul": "the last axis of the left operand is summed with the last but one of the right: transpose one of them",
    "reshape": "let the sizes multiply to the number of elements; one of them may be -1",
}


def shape_error(ctx: Context, error: ShapeError) -> NoReturn:
    """Report a failed shape rule at the expression being evaluated."""
    ctx.error(ShapeMismatchError, str(error), code=SHAPES_MISMATCH, fix=SHAPE_FIXES.get(error.kind))


def broadcast(ctx: Context, values: Sequence[Value]) -> list[Value]:
    """All `values` broadcast to their common shape; ShapeMismatchError where they don't fit."""
    shapes = [v.shape for v in values]
    if all(s == shapes[0] for s in shapes):
        return list(values)
    try:
        shape = broadcast_shapes(*shapes, facts=ctx.facts, undecided=ctx.require_equal)
    except ShapeError as e:
        shape_error(ctx, e)
    return [broadcast_to(ctx, v, shape) for v in values]


def apply(ctx: Context, op: str, operands: Sequence[AbstractValue], dtype: DType) -> Value:
    """The elementwise IR op `op` of the operands, cast to `dtype` and broadcast."""
    return ctx.b(op, *broadcast(ctx, [operand(ctx, v, dtype) for v in operands]))


def float_dtype(dtype: DType) -> DType:
    """The dtype in which NumPy computes a float-only function of `dtype`: float32 where it is exact enough by
    NumPy's table (float32 itself), float64 for the rest. 8- and 16-bit integers are the caller's to refuse."""
    return F32 if dtype == F32 else F64


def scalar_kinds(operands: Sequence[AbstractValue]) -> bool:
    """True if any operand is a number whose kind is only known at run time."""
    return any(isinstance(v, Scalar) and len(v.kinds) > 1 for v in operands)


# ---- numbers of several kinds ------------------------------------------------------------------------------------


def join_dtype(kinds: Sequence[Kind]) -> DType | None:
    """A dtype that can hold a number of any of `kinds` (ints beside floats: checked to be exact when joined)."""
    dtypes = {k.dtype for k in kinds}
    if len(dtypes) == 1:
        return dtypes.pop()
    if any(d.is_float for d in dtypes):
        return F64
    if U64 in dtypes:
        return U64 if all(d.kind in "ub" for d in dtypes) else None
    return I64


def join_kinds(left: Sequence[Kind], right: Sequence[Kind]) -> tuple[Kind, ...]:
    """The kinds of a number that has one of `left` or one of `right`, in a stable order."""
    return tuple(sorted({*left, *right}, key=lambda k: (not k.python, k.dtype.kind, k.dtype.bits, k.dtype.name)))


def as_joined(
    ctx: Context, v: AbstractValue, kinds: tuple[Kind, ...], dtype: DType, there: Value | None = None
) -> tuple[Value, Value]:
    """A number as (payload of `dtype`, index of its kind in `kinds`); ints that a float payload can't hold fail, where
    the number is `there` at all."""
    s = ctx.number(v)
    value, b = s.value, ctx.b
    if dtype.is_float and value.dtype.is_integer and value.dtype.bits == 64:
        exact = s.lo is not None and s.hi is not None and s.lo >= -EXACT_INT and s.hi <= EXACT_INT
        if not exact:
            large = beyond_floats(ctx, value)
            ctx.fail_if(
                large if there is None else b("and", there, large),
                "OverflowError",
                "integer {} is too large for a variable that also holds floats",
                [value],
            )
    if s.tag is None:
        return cast(ctx, value, dtype), b.int(kinds.index(s.kinds[0]))
    if s.kinds == kinds:
        return cast(ctx, value, dtype), s.tag
    tag = b.int(kinds.index(s.kinds[-1]))
    for k in range(len(s.kinds) - 2, -1, -1):
        tag = b("select", b("eq", s.tag, b.int(k)), b.int(kinds.index(s.kinds[k])), tag)
    return cast(ctx, value, dtype), tag


def as_joined_rows(
    ctx: Context,
    numbers: Sequence[Value],
    count: Value,
    kinds: tuple[Kind, ...],
    wide: tuple[Kind, ...],
    dtype: DType,
) -> list[Value]:
    """`as_joined` for the first `count` rows of arrays of numbers of `kinds` (with several, their indices follow)."""
    value, b = numbers[0], ctx.b
    if dtype.is_float and value.dtype.is_integer and value.dtype.bits == 64:
        large = beyond_floats(ctx, value)
        row = b("iota", dtype=I64, shape=value.shape, axis=0)
        used = b("lt", row, b.full(count, value.shape))
        lost = b("reduce_or", b("and", large, used), axes=tuple(range(len(value.shape))))
        ctx.fail_if(lost, "OverflowError", "an integer is too large for a list that also holds floats", [])
    if len(wide) == 1:
        return [cast(ctx, value, dtype)]
    places = [b.full(b.int(wide.index(kind)), value.shape) for kind in kinds]
    tag = places[-1]
    for k in range(len(kinds) - 2, -1, -1):
        tag = b("select", b("eq", numbers[1], b.full(b.int(k), value.shape)), places[k], tag)
    return [cast(ctx, value, dtype), tag]


def as_kind(ctx: Context, s: Scalar, kind: Kind) -> Scalar:
    """`s`, known to be of `kind` here, as a number of that single kind."""
    return Scalar(cast(ctx, s.value, kind.dtype), (kind,), None, s.size if kind == PYINT else None, s.lo, s.hi, s.span)


def dispatch(
    ctx: Context, operands: Sequence[AbstractValue], compute: Callable[[list[AbstractValue]], AbstractValue]
) -> AbstractValue:
    """`compute(operands)` where some operand's kind is only known at run time: one branch per combination of kinds,
    their results joined into a number of several kinds."""
    first = next((k for k, v in enumerate(operands) if isinstance(v, Scalar) and len(v.kinds) > 1), None)
    if first is None:
        return compute(list(operands))
    mixed = operands[first]
    assert isinstance(mixed, Scalar)
    assert mixed.tag is not None
    arms: list[tuple[Any, AbstractValue]] = []
    for kind in mixed.kinds:
        block = type(ctx.b.block)()
        with ctx.b.at(block):
            rest = [*operands[:first], as_kind(ctx, mixed, kind), *operands[first + 1 :]]
            arms.append((block, dispatch(ctx, rest, compute)))
    return _join_arms(ctx, mixed.tag, arms)


def _join_arms(ctx: Context, tag: Value, arms: list[tuple[Any, AbstractValue]]) -> AbstractValue:
    results = [r for _, r in arms]
    if not all(is_number(r) for r in results):
        ctx.error(
            TypeMismatchError,
            "the type of this result depends on a number's run-time kind",
            code=MIXED_DTYPE,
            fix="convert the number with float(...) or int(...) first",
        )
    kinds: tuple[Kind, ...] = ()
    for r in results:
        kinds = join_kinds(kinds, kinds_of(r))
    dtype = join_dtype(kinds)
    if dtype is None:
        ctx.error(
            TypeMismatchError,
            f"the result is {' or '.join(map(str, kinds))}, depending on run-time values, and no dtype holds both",
            code=UNJOINABLE,
            fix="convert the number to one kind where it is first assigned, with int(...) or float(...)",
        )
    for block, r in arms:
        with ctx.b.at(block):
            ctx.b.yield_(*as_joined(ctx, r, kinds, dtype))
    value, kind_tag = _chain(ctx, tag, [block for block, _ in arms], 0)
    return Scalar(value, kinds, kind_tag if len(kinds) > 1 else None)


def _chain(ctx: Context, tag: Value, blocks: list[Any], k: int) -> list[Value]:
    """`if tag == k {blocks[k]} else {…}`, the last block being the last else."""
    if k == len(blocks) - 2:
        other = blocks[-1]
    else:
        other = type(ctx.b.block)()
        with ctx.b.at(other):
            ctx.b.yield_(*_chain(ctx, tag, blocks, k + 1))
    return ctx.b.emit("if", [ctx.b("eq", tag, ctx.b.int(k))], {}, [blocks[k], other]).results


def float_like(ctx: Context, v: AbstractValue) -> AbstractValue:
    """A Python number as a pyfloat (int → float as Python converts)."""
    if isinstance(v, Const):
        try:
            return Const(float(v.value))
        except OverflowError:
            ctx.fail_if(ctx.b.bool(True), "OverflowError", "int too large to convert to float")
            return Const(math.inf)
    s = ctx.number(v)
    return Scalar(cast(ctx, s.value, F64), (PYFLOAT,))


__all__ = [
    "all_python",
    "apply",
    "as_joined",
    "as_kind",
    "broadcast",
    "broadcast_to",
    "cast",
    "common_dtype",
    "dispatch",
    "float_dtype",
    "float_like",
    "int_range",
    "is_number",
    "join_dtype",
    "join_kinds",
    "kinds_of",
    "np_kind",
    "operand",
    "scalar_kinds",
    "shape_error",
]
