"""The rest of `jax.lax`: more elementwise operations, parts along one axis, sorts, splits, windows and reductions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, axis_places, drop, size_sequence, whole
from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import complex_of, kind, real_of, result_dtype
from tangra.shape_rules.failures import ARGUMENT, BROADCAST, DIVIDE, DTYPE, MATMUL, RANK, WINDOW, Failure
from tangra.shape_rules.jax import lax
from tangra.shape_rules.jax.lax import _binary, _unary
from tangra.shape_rules.numpy.common import dtype_argument, made
from tangra.shape_rules.registry import rule
from tangra.shape_rules.values import UNKNOWN, Tensor, Value, is_size, shape_text, words
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

FLOATS = words("lgamma digamma erfc erf_inv bessel_i0e bessel_i1e")
COMPLEX = words("exp2 acos acosh asin asinh atan atanh cosh sinh reciprocal")
INTS = words("clz population_count")
SHIFTS = words("shift_left shift_right_arithmetic shift_right_logical")
lax.TAKEN.update(dict.fromkeys(FLOATS, (2,)))
lax.TAKEN.update(dict.fromkeys(COMPLEX, (2, 3)))
lax.TAKEN.update(dict.fromkeys((*INTS, *SHIFTS), (1,)))
lax.TAKEN.update({"bitwise_not": (0, 1), "nextafter": (2,), "conj": (2, 3), "is_finite": (2,)})
lax.TAKEN.update(dict.fromkeys(("igamma", "igammac", "zeta", "polygamma"), (2,)))

for _name in (*FLOATS, *COMPLEX, *INTS, "bitwise_not"):
    rule(f"jax.lax.{_name}")(_unary(_name))
for _name in (*SHIFTS, "nextafter", "zeta"):
    rule(f"jax.lax.{_name}")(_binary(_name))


@rule("jax.lax.igamma", "jax.lax.igammac")
def igamma(ctx: RuleContext, a: Tensor, x: Tensor) -> Tensor:
    """The regularised incomplete gamma functions."""
    return _binary("igamma")(ctx, a, x)


@rule("jax.lax.is_finite")
def is_finite(ctx: RuleContext, x: Tensor) -> Tensor:
    """Which elements are finite."""
    lax.check_dtype(ctx, "is_finite", x)
    return made("jax", x.shape, "bool")


@rule("jax.lax.real", "jax.lax.imag")
def real(ctx: RuleContext, x: Tensor) -> Tensor:
    """The parts of complex numbers."""
    if kind(x.dtype) not in (None, 3):
        ctx.fail(Failure(DTYPE, f"lax.real and lax.imag take complex numbers, not {x.dtype}", "TypeError"))
    return made("jax", x.shape, real_of(x.dtype))


@rule("jax.lax.complex")
def complex_(ctx: RuleContext, x: Tensor, y: Tensor) -> Tensor:
    """Complex numbers of their parts."""
    for one in (x, y):
        if one.dtype not in (None, "float32", "float64"):
            ctx.fail(Failure(DTYPE, f"lax.complex of {one.dtype}", "TypeError"))
    result = _binary("complex")(ctx, x, y)
    return made("jax", result.shape, None if x.dtype is None else complex_of(x.dtype))


@rule("jax.lax.integer_pow")
def integer_pow(ctx: RuleContext, x: Tensor, y: Value) -> Tensor:
    """A power with a known int."""
    if x.dtype == "bool":
        ctx.fail(Failure(DTYPE, "lax.integer_pow does not take bools", "TypeError"))
    if isinstance(y, int) and y < 0 and kind(x.dtype) in (0, 1):
        ctx.fail(Failure(ARGUMENT, "ints have no negative powers", "TypeError"))
    return made("jax", x.shape, x.dtype)


@rule("jax.lax.clamp")
def clamp(ctx: RuleContext, min: Tensor, x: Tensor, max: Tensor) -> Tensor:
    """Values within bounds: numbers, or arrays of the same shape."""
    for bound in (min, max):
        if bound.rank and bound.dims is not None and x.dims is not None:
            text = f"lax.clamp of {shape_text(x.dims)} by a bound of shape {shape_text(bound.dims)}"
            failure = Failure(BROADCAST, text, "TypeError")
            if len(bound.dims) != len(x.dims):
                ctx.fail(failure)
            for left, right in zip(bound.dims, x.dims, strict=True):
                ctx.require_equal(left, right, failure)
        if not bound.weak and bound.dtype is not None and x.dtype is not None and bound.dtype != x.dtype:
            text = f"lax.clamp of {x.dtype} by {bound.dtype}: lax does not promote"
            ctx.fail(Failure(DTYPE, text, "TypeError"))
    return made("jax", x.shape, x.dtype)


@rule("jax.lax.rev")
def rev(ctx: RuleContext, operand: Tensor, dimensions: Value) -> Tensor:
    """Axes reversed."""
    if isinstance(dimensions, list | tuple) and any(isinstance(axis, int) and axis < 0 for axis in dimensions):
        ctx.fail(Failure(RANK, f"lax.rev along {tuple(dimensions)}: axes count from the front", "TypeError"))
    axis_places(ctx, operand, dimensions, error="TypeError")
    return made("jax", operand.shape, operand.dtype)


@rule("jax.lax.sort")
def sort(
    ctx: RuleContext, operand: Value, dimension: Value = -1, is_stable: Value = True, num_keys: Value = 1
) -> Value:
    """Sorted along an axis; several arrays of one shape by the first of them."""
    arrays = list(operand) if isinstance(operand, list | tuple) else [operand]
    found = [to_tensor(one, "jax", "sort") for one in arrays]
    for other in found[1:]:
        if found[0].dims is not None and other.dims is not None:
            text = f"lax.sort of arrays of shapes {shape_text(found[0].dims)} and {shape_text(other.dims)}"
            failure = Failure(BROADCAST, text, "TypeError")
            if len(found[0].dims) != len(other.dims):
                ctx.fail(failure)
            for left, right in zip(found[0].dims, other.dims, strict=True):
                ctx.require_equal(left, right, failure)
    for one in found:
        axis_place(ctx, one, dimension, error="ValueError")
    results = [made("jax", one.shape, one.dtype) for one in found]
    return tuple(results) if isinstance(operand, list | tuple) else results[0]


@rule("jax.lax.sort_key_val")
def sort_key_val(
    ctx: RuleContext, keys: Tensor, values: Tensor, dimension: Value = -1, is_stable: Value = True
) -> Value:
    """Keys and values, sorted by the keys."""
    return sort(ctx, (keys, values), dimension)


@rule("jax.lax.split")
def split(ctx: RuleContext, operand: Tensor, sizes: Value, axis: Value = 0) -> Value:
    """Parts of the sizes given, which add up to the axis."""
    place, parts = axis_place(ctx, operand, axis, error="ValueError"), size_sequence(ctx, sizes, "sizes")
    if place is None or parts is None or operand.dims is None:
        return UNKNOWN
    total: Size = 0
    for part in parts:
        total = total + part
        ctx.require(AtLeast(0, part), Failure(ARGUMENT, f"lax.split into a part of {part}", "ValueError"))
    text = f"lax.split of {shape_text(operand.dims)}: the parts {parts} add up to {total}"
    ctx.require_equal(total, operand.dims[place], Failure(DIVIDE, text, "ValueError"))
    dims = operand.dims
    return [made("jax", (*dims[:place], part, *dims[place + 1 :]), operand.dtype) for part in parts]


@rule("jax.lax.argmax", "jax.lax.argmin")
def argmax(ctx: RuleContext, operand: Tensor, axis: Value, index_dtype: Value) -> Tensor:
    """The place of the extremum along an axis."""
    place = axis_place(ctx, operand, axis, error="ValueError")
    if isinstance(axis, int) and axis < 0:
        ctx.fail(Failure(RANK, f"lax.argmax along axis {axis}: axes count from the front", "ValueError"))
    size = None if place is None else operand.size(place)
    if size is not None:
        text = f"lax.argmax along axis {place} of shape {shape_text(operand.shape)}, which is empty"
        ctx.require(AtLeast(1, size), Failure(ARGUMENT, text, "ValueError"))
    known = place is not None and operand.shape is not None
    shape = drop(operand.shape or (), (place or 0,), False) if known else None
    return made("jax", shape, dtype_argument(index_dtype, "jax", None))


@rule("jax.lax.reduce_prod")
def reduce_prod(ctx: RuleContext, operand: Tensor, axes: Value) -> Tensor:
    """Products over several axes."""
    if operand.dtype == "bool":
        ctx.fail(Failure(DTYPE, "lax.reduce_prod does not take bools", "TypeError"))
    return lax.reduce_max(ctx, operand, axes)


@rule("jax.lax.reduce_and", "jax.lax.reduce_or", "jax.lax.reduce_xor")
def reduce_and(ctx: RuleContext, operand: Tensor, axes: Value) -> Tensor:
    """Bits of ints, or bools, over several axes."""
    if kind(operand.dtype) in (2, 3):
        ctx.fail(Failure(DTYPE, f"lax.reduce_and does not take {operand.dtype}", "TypeError"))
    each = axes if isinstance(axes, list | tuple) else (axes,)
    places = [axis_place(ctx, operand, axis, error="ValueError") for axis in each]
    if operand.shape is None or None in places:
        return made("jax", None, operand.dtype)
    return made("jax", drop(operand.shape, [place or 0 for place in places], False), operand.dtype)


@rule("jax.lax.reduce")
def reduce(ctx: RuleContext, operands: Value, init_values: Value, computation: Value, dimensions: Value) -> Value:
    """A function of two numbers over several axes."""
    if not isinstance(operands, Tensor):
        return UNKNOWN
    return lax.reduce_max(ctx, operands, dimensions)


@rule("jax.lax.dynamic_index_in_dim")
def dynamic_index_in_dim(
    ctx: RuleContext, operand: Tensor, index: Value, axis: Value = 0, keepdims: Value = True
) -> Tensor:
    """One slice along an axis, which stays with size 1 unless `keepdims` says otherwise."""
    if isinstance(index, float):
        ctx.fail(Failure(ARGUMENT, f"a slice at {index}, which is no int", "TypeError"))
    axis = int(axis) if isinstance(axis, float) and keepdims is True else axis
    place = axis_place(ctx, operand, axis, error="ValueError")
    if place is None or operand.shape is None or not isinstance(keepdims, bool):
        return made("jax", None, operand.dtype)
    return made("jax", drop(operand.shape, (place,), keepdims), operand.dtype)


@rule("jax.lax.index_in_dim")
def index_in_dim(ctx: RuleContext, operand: Tensor, index: Value, axis: Value = 0, keepdims: Value = True) -> Tensor:
    """One slice along an axis, at a known place."""
    axis = int(axis) if isinstance(axis, float) else axis
    found = dynamic_index_in_dim(ctx, operand, index, axis, keepdims)
    place = axis_place(ctx, operand, axis, error="ValueError")
    size = None if place is None else operand.size(place)
    if size is not None and isinstance(index, int):
        text = f"index_in_dim at {index} of an axis of size {size}"
        ctx.require(AtLeast(index + 1 if index >= 0 else -index, size), Failure(ARGUMENT, text, "IndexError"))
    return found


def _check_place(ctx: RuleContext, index: Value) -> None:
    if isinstance(index, float):
        ctx.fail(Failure(ARGUMENT, f"an update at {index}, which is no int", "TypeError"))


@rule("jax.lax.dynamic_update_slice_in_dim")
def dynamic_update_slice_in_dim(
    ctx: RuleContext, operand: Tensor, update: Tensor, start_index: Value, axis: Value
) -> Tensor:
    """A part along one axis replaced."""
    _check_place(ctx, start_index)
    axis_place(ctx, operand, int(axis) if isinstance(axis, float) else axis, error="ValueError")
    if operand.rank is None:
        return made("jax", operand.shape, operand.dtype)
    return lax.dynamic_update_slice(ctx, operand, update, (0,) * operand.rank)


@rule("jax.lax.dynamic_update_index_in_dim")
def dynamic_update_index_in_dim(ctx: RuleContext, operand: Tensor, update: Tensor, index: Value, axis: Value) -> Tensor:
    """One slice along an axis replaced."""
    _check_place(ctx, index)
    place = axis_place(ctx, operand, int(axis) if isinstance(axis, float) else axis, error="ValueError")
    if operand.rank is not None and update.rank == operand.rank - 1 and place is not None and update.shape is not None:
        update = update.with_(shape=(*update.shape[:place], 1, *update.shape[place:]))
    if operand.rank is None:
        return made("jax", operand.shape, operand.dtype)
    return lax.dynamic_update_slice(ctx, operand, update, (0,) * operand.rank)


@rule("jax.lax.broadcasted_iota")
def broadcasted_iota(
    ctx: RuleContext, dtype: Value, shape: Value, dimension: Value, *, out_sharding: Value = None
) -> Tensor:
    """0, 1, 2 … along one axis of a shape."""
    sizes = size_sequence(ctx, shape, "shape")
    dimension = int(dimension) if isinstance(dimension, float) else dimension
    if sizes is not None and isinstance(dimension, int) and not 0 <= dimension < len(sizes):
        text = f"broadcasted_iota along axis {dimension} of shape {shape_text(sizes)}"
        ctx.fail(Failure(RANK, text, "ValueError"))
    for size in sizes or ():
        ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"broadcasted_iota of a size of {size}", "TypeError"))
    return made("jax", sizes, dtype_argument(dtype, "jax", None))


@rule("jax.lax.full_like")
def full_like(ctx: RuleContext, x: Tensor, fill_value: Value, dtype: Value = None, shape: Value = None) -> Tensor:
    """An array filled with a number."""
    sizes = x.shape if shape is None else size_sequence(ctx, shape, "shape")
    return made("jax", sizes, dtype_argument(dtype, "jax", x.dtype))


@rule("jax.lax.collapse")
def collapse(ctx: RuleContext, operand: Tensor, start_dimension: Value, stop_dimension: Value = None) -> Tensor:
    """Neighbouring axes as one."""
    for axis in (start_dimension, stop_dimension):
        if axis is not None:
            whole(ctx, axis, "an axis")
    if operand.dims is None or not isinstance(start_dimension, int) or not isinstance(stop_dimension, int | None):
        return made("jax", None, operand.dtype)
    start, stop, _ = slice(start_dimension, stop_dimension).indices(len(operand.dims))
    if stop < start:
        text = f"lax.collapse of {shape_text(operand.dims)} from axis {start_dimension} to {stop_dimension}"
        ctx.fail(Failure(RANK, text, "ValueError"))
    total: Size = 1
    for size in operand.dims[start:stop]:
        total = total * size
    return made("jax", (*operand.dims[:start], total, *operand.dims[stop:]), operand.dtype)


@rule("jax.lax.batch_matmul")
def batch_matmul(ctx: RuleContext, lhs: Tensor, rhs: Tensor, precision: Value = None) -> Tensor:
    """Products of matrices with equal axes in front."""
    if lhs.dims is None or rhs.dims is None:
        return made("jax", None, lhs.dtype)
    text = f"batch_matmul of {shape_text(lhs.dims)} and {shape_text(rhs.dims)}"
    failure = Failure(MATMUL, text, "TypeError")
    if len(lhs.dims) != len(rhs.dims) or len(lhs.dims) < 2:
        ctx.fail(Failure(RANK, text, "ValueError"))
    for left, right in ((lhs.dims[-1], rhs.dims[-2]), *zip(lhs.dims[:-2], rhs.dims[:-2], strict=True)):
        ctx.require_equal(left, right, failure)
    return made("jax", (*lhs.dims[:-1], rhs.dims[-1]), result_dtype([lhs, rhs], "jax"))


rule("jax.lax.cumlogsumexp")(lax.cumsum)


@rule("jax.lax.select_n")
def select_n(ctx: RuleContext, which: Tensor, *cases: Tensor) -> Tensor:
    """Elements of the case whose number is given, all of one shape."""
    if not cases:
        ctx.fail(Failure(ARGUMENT, "lax.select_n of no cases", "ValueError"))
    first = cases[0]
    for other in cases[1:]:
        if kind(which.dtype) not in (None, 0, 1):
            ctx.fail(Failure(DTYPE, f"lax.select_n by an array of {which.dtype}", "TypeError"))
        lax.select(ctx, which.with_(dtype="bool"), first, other)
    return made("jax", first.shape, first.dtype)


@rule("jax.lax.reduce_window")
def reduce_window(
    ctx: RuleContext, operand: Value, init_value: Value, computation: Value, window_dimensions: Value,
    window_strides: Value, padding: Value, base_dilation: Value = None, window_dilation: Value = None,
) -> Value:  # fmt: skip
    """A function of two numbers over windows: one size of the window for each axis."""
    if not isinstance(operand, Tensor):
        return UNKNOWN
    wide, steps = size_sequence(ctx, window_dimensions, "window"), size_sequence(ctx, window_strides, "strides")
    if operand.dims is None or wide is None or steps is None or base_dilation is not None:
        return made("jax", None, operand.dtype)
    if len(wide) != len(operand.dims) or len(steps) != len(operand.dims):
        text = f"reduce_window of {shape_text(operand.dims)} by windows {wide} and strides {steps}"
        ctx.fail(Failure(RANK, text, "TypeError"))
    spread = size_sequence(ctx, window_dilation, "dilation") if window_dilation is not None else (1,) * len(wide)
    if spread is None or not isinstance(padding, str | list | tuple):
        return made("jax", None, operand.dtype)
    shape: list[Size] = []
    for place, (size, window, step, gap) in enumerate(zip(operand.dims, wide, steps, spread, strict=True)):
        covered = (window - 1) * gap + 1
        if padding == "SAME":
            shape.append((size + step - 1) // step)
            continue
        around = (0, 0) if isinstance(padding, str) else padding[place]
        if not isinstance(around, list | tuple) or not all(map(is_size, around)):
            return made("jax", None, operand.dtype)
        text = f"reduce_window of {shape_text(operand.dims)}: a window of {covered} along axis {place}"
        ctx.require(AtLeast(covered, size + around[0] + around[1]), Failure(WINDOW, text, "ValueError"))
        shape.append((size + around[0] + around[1] - covered) // step + 1)
    return made("jax", tuple(shape), operand.dtype)


def _gathered(ctx: RuleContext, x: Value, axis_name: Value, *rest: Value, **options: Value) -> Value:
    """What all devices hold: how many there are nobody knows."""
    return UNKNOWN


rule(*(f"jax.lax.{name}" for name in words("all_gather all_to_all psum_scatter")))(_gathered)
rule("jax.lax.ppermute", "jax.lax.pshuffle", "jax.lax.pcast")(lambda ctx, x, axis_name, *rest, **more: x)


@rule("jax.lax.broadcast_shapes")
def broadcast_shapes_(ctx: RuleContext, *shapes: Value) -> Value:
    """The shape that shapes broadcast to."""
    found = broadcast_shapes(ctx, [size_sequence(ctx, one, "shape") for one in shapes], "shapes: ", "ValueError")
    return UNKNOWN if found is None else found
