"""Methods and attributes of arrays and NumPy scalars, and those of Python's numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tangra.api import indexing, numpy_creation, numpy_shaping, numpy_sorting, numpy_taking, pyint
from tangra.api.context import Context
from tangra.api.elementwise import is_number, kinds_of, rank_of, scalar_kinds, stored
from tangra.api.fitting import require_assignable
from tangra.api.kinds import PYBOOL, PYFLOAT, PYINT, Kind
from tangra.api.numpy_common import (
    BOOL,
    F64,
    NONE,
    TRUE,
    as_array,
    axis_arg,
    bad_shape,
    bad_value,
    call,
    cast,
    casting_arg,
    dtype_arg,
    fit_to,
    only,
    order_arg,
    static_bool,
    unsupported,
)
from tangra.api.numpy_joining import new_list
from tangra.api.numpy_layout import copy_order, is_contiguous
from tangra.api.registry import ATTRIBUTES, METHODS, Entry, attribute, method
from tangra.api.values import AbstractValue, ArrayValue, Const, Scalar, TupleValue
from tangra.ir import Value
from tangra.shapes import known_eq, prod


def _numpy_only(ctx: Context, receiver: AbstractValue, name: str) -> None:
    """Python numbers don't have NumPy's methods."""
    if is_number(receiver):
        for kind in kinds_of(receiver):
            if kind.python:
                bad_value(ctx, f"'{kind}' object has no attribute '{name}'", f"use np.{name} or np.float64(x).{name}")


def _forward(name: str, f: Any) -> None:
    """A method that is the NumPy function of the same arguments."""

    def entry(ctx: Context, receiver: AbstractValue, *args: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
        _numpy_only(ctx, receiver, name)
        return ctx.call(Const(f), [receiver, *args], kwargs)

    entry.__doc__ = f"`x.{name}(…)`, as `np.{name}(x, …)`."
    METHODS["array", name] = entry
    if name != "conjugate":  # which Python's numbers have too: see number_methods
        METHODS["scalar", name] = entry


for _name in (
    "sum",
    "prod",
    "mean",
    "std",
    "var",
    "max",
    "min",
    "any",
    "all",
    "argmax",
    "argmin",
    "cumsum",
    "cumprod",
    "dot",
    "ravel",
    "swapaxes",
    "squeeze",
    "repeat",
    "take",
    "trace",
    "diagonal",
    "clip",
    "round",
    "searchsorted",
    "argsort",
    "choose",
    "nonzero",
    "conj",
    "conjugate",
    "argpartition",
):
    if hasattr(np, _name):
        _forward(_name, getattr(np, _name))


def _sizes(ctx: Context, args: tuple[AbstractValue, ...]) -> AbstractValue:
    return args[0] if len(args) == 1 else TupleValue(args)


@method("array", "compress")
def compress(
    ctx: Context, x: AbstractValue, condition: AbstractValue, axis: AbstractValue = NONE, out: AbstractValue = NONE
) -> AbstractValue:
    """`x.compress(condition, axis)`."""
    return numpy_sorting.compress(ctx, condition, x, axis, out)


@method("array", "reshape")
@method("scalar", "reshape")
def reshape(
    ctx: Context, x: AbstractValue, *shape: AbstractValue, order: AbstractValue = Const("C"), copy: AbstractValue = NONE
) -> AbstractValue:
    """`x.reshape(shape)` or `x.reshape(n, m, …)`."""
    _numpy_only(ctx, x, "reshape")
    if not shape:
        bad_value(ctx, "reshape() takes exactly 1 argument (0 given)")
    return numpy_shaping.reshape(ctx, x, _sizes(ctx, shape), order, copy=copy)


@method("array", "transpose")
@method("scalar", "transpose")
def transpose(ctx: Context, x: AbstractValue, *axes: AbstractValue) -> AbstractValue:
    """`x.transpose()`, `x.transpose(1, 0)`, `x.transpose((1, 0))`."""
    _numpy_only(ctx, x, "transpose")
    if is_number(x):
        return x
    return numpy_shaping.transpose(ctx, x, NONE if not axes else _sizes(ctx, axes))


@method("scalar", "squeeze")
def squeeze(ctx: Context, x: AbstractValue, axis: AbstractValue = NONE) -> AbstractValue:
    """`x.squeeze()` of a NumPy scalar: itself."""
    _numpy_only(ctx, x, "squeeze")
    only(ctx, "squeeze", "axis", axis, None, ())
    return x


@method("array", "flatten")
@method("scalar", "flatten")
def flatten(ctx: Context, x: AbstractValue, order: AbstractValue = Const("C")) -> AbstractValue:
    """`x.flatten()`: a copy."""
    _numpy_only(ctx, x, "flatten")
    value = ctx.array(x)
    if order_arg(ctx, order) == "F":
        value = ctx.b("transpose", value, perm=tuple(range(value.array.rank))[::-1])
    return ctx.new_array(ctx.b("reshape", value, shape=(prod(value.shape),)))


@method("array", "copy", "__copy__")
def copy(ctx: Context, x: AbstractValue, order: AbstractValue = Const("C")) -> AbstractValue:
    """`x.copy()`: in C order."""
    only(ctx, "copy", "order", order, "C", "K", "A")
    result = ctx.new_array(ctx.array(x))
    return copy_order(ctx, result, x, str(ctx.static(order, "order")))


@method("scalar", "copy")
def scalar_copy(ctx: Context, x: AbstractValue) -> AbstractValue:
    """A NumPy scalar is immutable."""
    _numpy_only(ctx, x, "copy")
    return x


@method("array", "astype")
@method("scalar", "astype")
def astype(
    ctx: Context,
    x: AbstractValue,
    dtype: AbstractValue,
    order: AbstractValue = Const("K"),
    casting: AbstractValue = Const("unsafe"),
    subok: AbstractValue = TRUE,
    copy: AbstractValue = TRUE,
) -> AbstractValue:
    """`x.astype(dtype)`: a copy, unless copy=False and the dtype is the same."""
    _numpy_only(ctx, x, "astype")
    target = dtype_arg(ctx, dtype, F64)
    assert target is not None
    own = ctx.type_of(x).dtype
    how = casting_arg(ctx, casting)
    if not np.can_cast(own.numpy, target.numpy, how):
        bad_value(ctx, f"Cannot cast array data from {own.numpy} to {target.numpy} according to the rule '{how}'")
    if is_number(x):
        return numpy_creation.to_kind(ctx, x, target)
    word = ctx.static(order, "order")
    only(ctx, "astype", "order", order, "K", "C")
    assert isinstance(x, ArrayValue)
    if own == target and not static_bool(ctx, copy, "copy") and (word == "K" or is_contiguous(ctx, x)):
        return x
    return copy_order(ctx, ctx.new_array(ctx.array(x, target)), x, str(word))


@method("array", "view")
def view(ctx: Context, x: AbstractValue, dtype: AbstractValue | None = None) -> AbstractValue:
    """`x.view()`: another array of the same memory; reading it as another dtype is refused."""
    base = as_array(ctx, x)
    if dtype is not None and dtype_arg(ctx, dtype) != base.type.dtype:
        unsupported(ctx, "view() as another dtype", "use astype to convert values")
    return numpy_shaping.reshaped(ctx, base, base.type.shape)


@method("array", "fill")
def fill(ctx: Context, x: AbstractValue, value: AbstractValue) -> AbstractValue:
    """`x.fill(value)`: in place."""
    assert isinstance(x, ArrayValue)
    require_assignable(ctx, value, 0, element=True)
    new = stored(ctx, value, x.type.dtype)
    new = ctx.b("reshape", new, shape=()) if new.shape and all(d == 1 for d in new.shape) else new
    ctx.write(x, fit_to(ctx, new, x.type.shape))
    return NONE


@method("array", "sort")
def sort(
    ctx: Context,
    x: AbstractValue,
    axis: AbstractValue = Const(-1),
    kind: AbstractValue = NONE,
    order: AbstractValue = NONE,
    *,
    stable: AbstractValue = NONE,
) -> AbstractValue:
    """`x.sort()`: in place."""
    assert isinstance(x, ArrayValue)
    ctx.require_writeable(x, "sort array")
    only(ctx, "sort", "kind", kind, *numpy_sorting.KINDS)
    only(ctx, "sort", "order", order, None)
    place = axis_arg(ctx, axis, x.type.rank)
    ctx.write(x, numpy_sorting.ordered(ctx, "sort", ctx.array(x), place))
    return NONE


@method("array", "partition")
def partition(
    ctx: Context,
    x: AbstractValue,
    kth: AbstractValue,
    axis: AbstractValue = Const(-1),
    kind: AbstractValue = Const("introselect"),
    order: AbstractValue = NONE,
) -> AbstractValue:
    """`x.partition(kth)`: in place; fully sorted."""
    assert isinstance(x, ArrayValue)
    ctx.require_writeable(x, "partition array")
    numpy_sorting.require_kth(ctx, x, kth, axis)
    return sort(ctx, x, axis, NONE, order)


@method("array", "put")
def put(
    ctx: Context, x: AbstractValue, indices: AbstractValue, values: AbstractValue, mode: AbstractValue = Const("raise")
) -> AbstractValue:
    """`x.put(indices, values)`: in place."""
    return numpy_taking.put(ctx, x, indices, values, mode)


@method("array", "resize")
def resize(ctx: Context, x: AbstractValue, *new_shape: AbstractValue, **kwargs: AbstractValue) -> AbstractValue:
    """`x.resize` changes an array's size in place, which compiled code can't."""
    unsupported(ctx, "ndarray.resize changes the array's size in place", "make a new array: x = np.resize(x, shape)")


def _python_kind(kind: Kind) -> Kind:
    return PYBOOL if kind.dtype == BOOL else PYFLOAT if kind.dtype.is_float else PYINT


def as_python(ctx: Context, value: Value) -> AbstractValue:
    """A scalar value as Python's bool, int or float."""
    kind = _python_kind(Kind(False, value.dtype))
    if value.dtype.name == "u64":
        ctx.fail_if(ctx.b("gt", value, ctx.b.const(2**63 - 1, value.dtype)), "OverflowError", pyint.OVERFLOW)
    return Scalar(cast(ctx, value, kind.dtype), (kind,))


@method("array", "item")
@method("scalar", "item")
def item(ctx: Context, x: AbstractValue, *args: AbstractValue) -> AbstractValue:
    """`x.item()` of one element, `x.item(k)` of the flattened array, `x.item(i, j)`: a Python number."""
    if isinstance(x, (Const, Scalar)):
        _numpy_only(ctx, x, "item")
        if args and not all(isinstance(k, TupleValue) and not k.items for k in args):
            return item(ctx, as_array(ctx, x), *args)
    if isinstance(x, Const):
        return Const(x.value.item())
    if isinstance(x, Scalar):
        if scalar_kinds((x,)):
            bad_value(ctx, "item() of a number whose kind is only known at run time", "use float(x) or int(x)")
        return as_python(ctx, x.value)
    assert isinstance(x, ArrayValue)
    if not args:
        if any(known_eq(d, 1, ctx.facts) is False for d in x.type.shape):
            bad_shape(ctx, "can only convert an array of size 1 to a Python scalar", "index it first")
        for d in x.type.shape:
            ctx.require_equal(d, 1, "size of an array for item()")
        value = ctx.array(x)
        return as_python(ctx, ctx.b("reshape", value, shape=()) if value.shape else value)
    index = args[0] if len(args) == 1 and isinstance(args[0], TupleValue) else TupleValue(args)
    if len(index.items) not in (0, 1, x.type.rank):
        bad_shape(ctx, "incorrect number of indices for array")
    by_place = len(index.items) == 1 and x.type.rank != 1
    return item(ctx, indexing.getitem(ctx, indexing.flattened(ctx, x) if by_place else x, index))


@method("array", "tolist")
@method("scalar", "tolist")
def tolist(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.tolist()`: nested lists of Python numbers; sizes must be known."""
    if not isinstance(x, ArrayValue) or not x.type.rank:
        return item(ctx, x)
    count = x.type.shape[0]
    if not isinstance(count, int):
        unsupported(ctx, "tolist() of an array whose size isn't known", "loop over the array")
    return new_list(ctx, [tolist(ctx, ctx.getitem(x, Const(k))) for k in range(count)])


@method("array", "__len__")
def length(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`len(x)`."""
    assert isinstance(x, ArrayValue)
    if not x.type.rank:
        bad_shape(ctx, "len() of unsized object")
    return ctx.size_value(x.type.shape[0])


def _both(*names: str) -> Callable[[Entry], Entry]:
    """Declare an attribute of arrays and NumPy scalars."""

    def add(entry: Entry) -> Entry:
        def checked(ctx: Context, x: AbstractValue) -> AbstractValue:
            _numpy_only(ctx, x, names[0])
            return entry(ctx, x)

        checked.__doc__ = entry.__doc__
        for name in names:
            ATTRIBUTES["array", name] = ATTRIBUTES["scalar", name] = checked
        return entry

    return add


@_both("shape")
def shape_of(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.shape`."""
    return numpy_shaping.shape(ctx, x)


@_both("ndim")
def ndim_of(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.ndim`."""
    return Const(rank_of(ctx, x))


@_both("size")
def size_of(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.size`."""
    return ctx.size_value(prod(ctx.type_of(x).shape))


@_both("dtype")
def dtype_of(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.dtype`."""
    if scalar_kinds((x,)):
        bad_value(ctx, "the dtype of a number whose kind is only known at run time", "convert it first")
    return Const(np.dtype(ctx.type_of(x).dtype.numpy))


@_both("itemsize")
def itemsize_of(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.itemsize`."""
    return Const(ctx.type_of(x).dtype.itemsize)


@_both("nbytes")
def nbytes_of(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.nbytes`."""
    type_ = ctx.type_of(x)
    return ctx.size_value(prod(type_.shape) * type_.dtype.itemsize)


@_both("T")
def transposed(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.T`: a view; of a scalar the scalar itself."""
    return x if is_number(x) else numpy_shaping.transpose(ctx, x)


@attribute("array", "mT")
def matrix_transposed(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.mT`: the last two axes swapped, a view."""
    return numpy_shaping.matrix_transpose(ctx, x)


@attribute("array", "real")
def real_part(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.real` of a real array: the array."""
    return x


@method("array", "conj")
@method("array", "conjugate")
def conjugate(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.conj()` of a real array: the array, also where `np.conj(x)` is a new one."""
    return x


@attribute("scalar", "real")
def scalar_real(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.real` of a real number (Python's bool gives an int)."""
    return call(ctx, int, x) if kinds_of(x) == (PYBOOL,) else x


@attribute("array", "imag")
def imaginary_part(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.imag` of a real array: zeros."""
    return ctx.new_array(ctx.b.zeros(ctx.type_of(x)))


@attribute("scalar", "numerator")
def numerator(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.numerator` of an integer: itself (Python's bool gives an int)."""
    return call(ctx, int, x) if kinds_of(x) == (PYBOOL,) else x


@attribute("scalar", "denominator")
def denominator(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.denominator` of an integer: Python's 1."""
    return Const(1)


@attribute("scalar", "imag")
def scalar_imag(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.imag` of a real number: 0 of its kind."""
    kind = kinds_of(x)[0]
    return Const(0 if kind == PYBOOL else kind.type(0))


@attribute("array", "flat")
def flat_iterator(ctx: Context, x: AbstractValue) -> AbstractValue:
    """`x.flat`: as a flattened array whose items are those of `x`."""
    assert isinstance(x, ArrayValue)
    return indexing.flattened(ctx, x)
