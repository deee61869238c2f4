"""Arrays of NumPy and `jax.numpy` made from sizes, numbers and other arrays; random numbers; dtypes."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import size_argument, size_sequence, whole
from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.coercion import MAX_ELEMENTS, from_nested, to_tensor
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import number_kind, wide_default
from tangra.shape_rules.failures import ARGUMENT, RANK, Failure
from tangra.shape_rules.numpy.common import dtype_argument, functions, made
from tangra.shape_rules.ranges import arange_length
from tangra.shape_rules.registry import constant, inert, method, rule
from tangra.shape_rules.values import UNKNOWN, DType, Record, Shape, Tensor, Unknown, Value, shape_text, words
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


# -------------------------------------------------------------------------------------------------------------- random

GENERATOR = "numpy.random.Generator"


def _drawn(ctx: RuleContext, size: Value, dtype: str, *parameters: Value) -> Value:
    if size is None:
        tensors = [to_tensor(one, "numpy") for one in parameters if one is not None]
        shape = broadcast_shapes(ctx, [one.shape for one in tensors], "parameters: ", "ValueError")
        if shape == ():
            return ctx.fresh("random", low=-(2**63)) if dtype == "int64" else Unknown("float")
        return Tensor("numpy", shape, dtype)
    return Tensor("numpy", shape_argument(ctx, size), dtype)


def _two_parameters(first: float, second: float) -> Callable[..., Value]:
    def draw(ctx: RuleContext, loc: Value = first, scale: Value = second, size: Value = None) -> Value:
        return _drawn(ctx, size, "float64", loc, scale)

    return draw


def _one_parameter(ctx: RuleContext, scale: Value = 1.0, size: Value = None) -> Value:
    return _drawn(ctx, size, "float64", scale)


def _sized(ctx: RuleContext, size: Value = None, dtype: Value = None) -> Value:
    return _drawn(ctx, size, dtype_argument(dtype, "numpy", "float64") or "float64")


def _integers(
    ctx: RuleContext, low: Value, high: Value = None, size: Value = None, dtype: Value = None, endpoint: Value = False
) -> Value:
    return _drawn(ctx, size, dtype_argument(dtype, "numpy", "int64") or "int64", low, high)


def _randint(ctx: RuleContext, low: Value, high: Value = None, size: Value = None, dtype: Value = int) -> Value:
    first, last = (0, low) if high is None else (low, high)
    for one in (first, last):
        if isinstance(one, Tensor) or not isinstance(one, int | float):
            return _integers(ctx, low, high, size, None if dtype is int else dtype)
    if int(first) >= int(last):
        ctx.fail(Failure(ARGUMENT, f"randint() from {first} up to {last}", "ValueError"))
    return _integers(ctx, low, high, size, None if dtype is int else dtype)


def _spread(ctx: RuleContext, *d: Value) -> Value:
    return Unknown("float") if not d else Tensor("numpy", shape_argument(ctx, tuple(d)), "float64")


def _declare(name: str, function: Callable[..., Value]) -> None:
    """The function of `numpy.random`, and the method of a generator."""

    def drawn(ctx: RuleContext, self: Value, *args: Value, **kwargs: Value) -> Value:
        return function(ctx, *args, **kwargs)

    rule(f"numpy.random.{name}")(function)
    method(GENERATOR, name)(drawn)


for _name in ("normal", "uniform", "laplace", "gumbel"):
    _declare(_name, _two_parameters(0.0, 1.0))
for _name in ("beta", "gamma"):
    _declare(_name, _two_parameters(1.0, 1.0))
for _name in ("exponential", "standard_gamma"):
    _declare(_name, _one_parameter)
for _name in ("random", "random_sample", "standard_normal"):
    _declare(_name, _sized)
method(GENERATOR, "integers")(lambda ctx, self, *args, **kwargs: _integers(ctx, *args, **kwargs))
_declare("randint", _randint)
for _name in ("rand", "randn"):
    _declare(_name, _spread)


def _choice(ctx: RuleContext, a: Value, size: Value = None, replace: Value = True, p: Value = None) -> Value:
    pool = to_tensor(a, "numpy") if not isinstance(a, Unknown) else Tensor("numpy")
    if pool.rank not in (None, 0, 1) or (pool.rank == 0 and isinstance(a, Tensor)):
        text = f"choice() from an array of shape {shape_text(pool.shape)}: a vector or an int is needed"
        ctx.fail(Failure(RANK, text, "ValueError"))
    if isinstance(a, float) or (isinstance(a, int) and a < 1 and size is not None):
        ctx.fail(Failure(ARGUMENT, f"choice() from {a} numbers", "ValueError"))
    dtype = "int64" if pool.rank == 0 else pool.dtype
    if size is None:
        return UNKNOWN
    return Tensor("numpy", shape_argument(ctx, size), dtype)


def _permutation(ctx: RuleContext, x: Value) -> Value:
    pool = to_tensor(x, "numpy") if not isinstance(x, Unknown) else Tensor("numpy")
    if pool.rank == 0:
        return Tensor("numpy", (dmax(0, size_argument(ctx, x, "x")),), "int64")
    return Tensor("numpy", pool.shape, pool.dtype)


_declare("choice", _choice)
_declare("permutation", _permutation)
inert("numpy.random.seed", "numpy.random.shuffle", "numpy.set_printoptions", "numpy.savez", "numpy.save")


@rule("numpy.random.default_rng", "numpy.random.RandomState")
def default_rng(ctx: RuleContext, seed: Value = None) -> Value:
    """A generator: its methods are declared under `numpy.random.Generator`."""
    return Record(("generator",), (GENERATOR,))
