"""Arrays of NumPy and `jax.numpy` made from sizes, numbers and other arrays; random numbers; dtypes."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import size_argument, size_sequence, whole
from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.coercion import MAX_ELEMENTS, from_alike, from_nested, to_tensor
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import number_kind, wide_default
from tangra.shape_rules.failures import ARGUMENT, Failure
from tangra.shape_rules.numpy.common import dtype_argument, functions, made
from tangra.shape_rules.ranges import arange_length
from tangra.shape_rules.registry import constant, inert
from tangra.shape_rules.values import UNKNOWN, Alike, DType, Shape, Tensor, Unknown, Value, words
from tangra.shapes import dmax

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

DTYPES = words(
    """
    bool float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 complex64 complex128
    """
)
for _name in DTYPES:
    constant(f"numpy.{_name}", DType("numpy", _name))
    constant(f"jax.numpy.{_name}", DType("jax", _name))
for _short, _long in (
    ("bool_", "bool"),
    ("float_", "float64"),
    ("int_", "int64"),
    ("double", "float64"),
    ("intp", "int64"),
    ("single", "float32"),
):
    constant(f"numpy.{_short}", DType("numpy", _long))
    constant(f"jax.numpy.{_short}", DType("jax", _long))
constant("jax.numpy.bfloat16", DType("jax", "bfloat16"))


def shape_argument(ctx: RuleContext, shape: Value) -> Shape | None:
    """A shape to make an array of; fails for a negative size."""
    sizes = size_sequence(ctx, shape, "shape")
    for size in sizes or ():
        ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"an array can't have the negative size {size}", "ValueError"))
    return sizes


def _default(library: str, category: int = 2) -> str:
    return wide_default(library)[category]


def _filled(name: str) -> Callable[..., Tensor]:
    def make(ctx: RuleContext, shape: Value, dtype: Value = None, *, library: str) -> Tensor:
        return made(library, shape_argument(ctx, shape), dtype_argument(dtype, library, _default(library)))

    return make


for _name in ("zeros", "ones", "empty"):
    functions(_name)(_filled(_name))


def _like(name: str) -> Callable[..., Tensor]:
    def make(ctx: RuleContext, a: Tensor, dtype: Value = None, *, shape: Value = None) -> Tensor:
        sizes = a.shape if shape is None else shape_argument(ctx, shape)
        return made(a.library, sizes, dtype_argument(dtype, a.library, a.dtype))

    return make


for _name in ("zeros_like", "ones_like", "empty_like"):
    functions(_name)(_like(_name))


@functions("full")
def full(ctx: RuleContext, shape: Value, fill_value: Value, dtype: Value = None, *, library: str) -> Tensor:
    """An array filled with a value, of that value's dtype."""
    value = to_tensor(fill_value, library, "full", "fill_value")
    sizes = shape_argument(ctx, shape)
    return made(library, sizes, dtype_argument(dtype, library, value.dtype))


@functions("full_like")
def full_like(ctx: RuleContext, a: Tensor, fill_value: Value, dtype: Value = None, *, shape: Value = None) -> Tensor:
    """An array filled with a value, in the shape of another."""
    sizes = a.shape if shape is None else shape_argument(ctx, shape)
    return made(a.library, sizes, dtype_argument(dtype, a.library, a.dtype))


@functions("eye")
def eye(ctx: RuleContext, N: Value, M: Value = None, k: Value = 0, dtype: Value = None, *, library: str) -> Tensor:
    """Ones on a diagonal."""
    if library == "jax":
        whole(ctx, k, "k")
    rows = size_argument(ctx, N, "N")
    columns = rows if M is None else size_argument(ctx, M, "M")
    for size in (rows, columns):
        ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"eye() of size {size}", "ValueError"))
    return made(library, (rows, columns), dtype_argument(dtype, library, _default(library)))


@functions("identity")
def identity(ctx: RuleContext, n: Value, dtype: Value = None, *, library: str) -> Tensor:
    """Ones on the diagonal of a square matrix."""
    return eye(ctx, n, dtype=dtype, library=library)


@functions("tri")
def tri(ctx: RuleContext, N: Value, M: Value = None, k: Value = 0, dtype: Value = None, *, library: str) -> Tensor:
    """Ones below a diagonal; NumPy rounds sizes up, and takes negative ones for 0."""
    if library == "jax":
        return eye(ctx, N, M, k, dtype, library=library)
    rounded = [ceil(size) if isinstance(size, float) else size for size in (N, N if M is None else M)]
    sizes = [dmax(size_argument(ctx, size, "size"), 0) for size in rounded]
    return made(library, tuple(sizes), dtype_argument(dtype, library, _default(library)))


@functions("arange")
def arange(
    ctx: RuleContext, start: Value, stop: Value = None, step: Value = None, dtype: Value = None, *, library: str
) -> Tensor:
    """Numbers from start to stop, without stop."""
    if stop is None:
        start, stop = 0, start
    step = 1 if step is None else step
    kinds = [number_kind(value) for value in (start, stop, step)]
    natural = None if None in kinds else _default(library, 2 if 2 in kinds else 1)
    if kinds == [0, 0, 0]:
        natural = None
    length, elements = arange_length(ctx, start, stop, step, None)
    return made(library, (length,), dtype_argument(dtype, library, natural)).with_(elements=elements)


@functions("linspace", "logspace", "geomspace")
def linspace(
    ctx: RuleContext, start: Value, stop: Value, num: Value = 50, endpoint: Value = True, retstep: Value = False,
    dtype: Value = None, axis: Value = 0, *, base: Value = 10.0, library: str,
) -> Value:  # fmt: skip
    """Evenly spaced numbers."""
    count = size_argument(ctx, num, "num")
    ctx.require(AtLeast(0, count), Failure(ARGUMENT, f"linspace() with {count} numbers", "ValueError"))
    ends = [to_tensor(end, library).shape for end in (start, stop)]
    shape = broadcast_shapes(ctx, ends, "linspace: ", "ValueError")
    sizes = None if shape is None or (shape and axis != 0) else (count, *shape)
    result = made(library, sizes, dtype_argument(dtype, library, _default(library)))
    return (result, UNKNOWN) if retstep is True else result


@functions("array", "asarray", "ascontiguousarray", "asanyarray", "copy")
def array(ctx: RuleContext, object: Value, dtype: Value = None, *, ndmin: Value = 0, library: str) -> Tensor:
    """An array of numbers, nested lists or another array."""
    if isinstance(object, Alike):
        alike = from_alike(ctx, object, library)
        return made(library, alike.shape, dtype_argument(dtype, library, alike.dtype))
    if isinstance(object, Unknown) and object.kind is None:
        return Tensor(library, None, dtype_argument(dtype, library, None))
    found = from_nested(object, library) if isinstance(object, list | tuple) else to_tensor(object, library)
    dims = found.dims
    shape = (1,) * (ndmin - len(dims)) + dims if dims is not None and isinstance(ndmin, int) else found.shape
    keep = found.elements if found.elements is not None and len(found.elements) <= MAX_ELEMENTS else None
    weak = library == "jax" and found.weak and dtype is None
    return made(library, shape, dtype_argument(dtype, library, found.dtype)).with_(elements=keep, weak=weak)


@functions("fromfunction", "frombuffer", "fromiter", "genfromtxt", "loadtxt", "load")
def unknown(ctx: RuleContext, *args: Value, library: str, **kwargs: Value) -> Value:
    """Contents nobody knows before the run."""
    return UNKNOWN


@functions("indices")
def indices(ctx: RuleContext, dimensions: Value, dtype: Value = None, sparse: Value = False, *, library: str) -> Tensor:
    """The indices of a grid."""
    sizes = size_sequence(ctx, dimensions, "dimensions")
    return made(library, None if sizes is None else (len(sizes), *sizes), dtype_argument(dtype, library, "int64"))


inert("numpy.set_printoptions", "numpy.savez", "numpy.save")
