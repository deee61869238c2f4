"""Taking by index, and attributes and methods of arrays of NumPy and JAX."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, unknown_dims
from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.context import Equal
from tangra.shape_rules.dtypes import BITS, kind
from tangra.shape_rules.failures import INDEX, RANK, RESHAPE, Failure
from tangra.shape_rules.folding import converted
from tangra.shape_rules.numpy.common import both, dtype_argument, functions, made, methods
from tangra.shape_rules.registry import attribute, method
from tangra.shape_rules.values import UNKNOWN, DType, Tensor, Unknown, Value, shape_text
from tangra.shapes import prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

from tangra.shape_rules.numpy.shaping import ERROR, kept, matrix_transpose, transpose


@both("take")
def take(ctx: RuleContext, a: Tensor, indices: Tensor, axis: Value = None, mode: Value = None) -> Tensor:
    """Slices by an index array along an axis, or elements of the flattened array."""
    if indices.dtype is not None and kind(indices.dtype) not in (0, 1):
        ctx.fail(Failure(INDEX, f"take() at indices of dtype {indices.dtype}", "TypeError"))
    if axis is None:
        return kept(a, indices.shape)
    if a.rank == 0 and axis in (0, -1):
        return kept(a, indices.shape if a.library == "numpy" else None)
    place = axis_place(ctx, a, axis, error=ERROR)
    if place is None or a.shape is None or indices.shape is None:
        return kept(a, None)
    return kept(a, (*a.shape[:place], *indices.shape, *a.shape[place + 1 :]))


@functions("take_along_axis")
def take_along_axis(ctx: RuleContext, arr: Tensor, indices: Tensor, axis: Value = -1) -> Tensor:
    """Elements picked along an axis, the other axes broadcast."""
    if indices.dtype is not None and kind(indices.dtype) != 1:
        ctx.fail(Failure(INDEX, f"take_along_axis() at indices of dtype {indices.dtype}", "IndexError"))
    if axis is None or arr.dims is None or indices.dims is None:
        return kept(arr, None)
    place = axis_place(ctx, arr, axis, error=ERROR)
    if len(arr.dims) != len(indices.dims):
        text = f"take_along_axis() of {shape_text(arr.dims)} at {shape_text(indices.dims)}"
        ctx.fail(Failure(INDEX, f"{text}: as many dimensions are needed", "ValueError"))
    if place is None:
        return kept(arr, unknown_dims(ctx, len(arr.dims)))
    pairs = [((*one[:place], 1, *one[place + 1 :])) for one in (arr.dims, indices.dims)]
    shape = broadcast_shapes(ctx, pairs, "take_along_axis: ", "IndexError") or ()
    return kept(arr, (*shape[:place], indices.dims[place], *shape[place + 1 :]))


@functions("argwhere")
def argwhere(ctx: RuleContext, a: Tensor) -> Tensor:
    """The places of elements that aren't 0, as rows."""
    return made(a.library, (ctx.fresh("nonzero"), ctx.fresh("rank") if a.rank is None else a.rank), "int64")


@both("nonzero")
def nonzero(ctx: RuleContext, a: Tensor) -> Value:
    """The places of elements that aren't 0, an array for each axis."""
    if a.rank == 0:
        ctx.fail(Failure(RANK, "nonzero() of a 0-d array", "ValueError"))
    return Unknown() if a.rank is None else (made(a.library, (ctx.fresh("nonzero"),), "int64"),) * a.rank


@functions("flatnonzero")
def flatnonzero(ctx: RuleContext, a: Tensor) -> Tensor:
    """The places of elements that aren't 0 in the flattened array."""
    return made(a.library, (ctx.fresh("nonzero"),), "int64")


def _attribute(*names: str) -> Callable[[Callable[..., Value]], None]:
    def declare(function: Callable[..., Value]) -> None:
        for cls in ("numpy.ndarray", "jax.Array"):
            attribute(cls, *names)(function)

    return declare


_attribute("shape")(lambda ctx, self: UNKNOWN if self.dims is None else self.dims)
_attribute("ndim")(lambda ctx, self: Unknown("int") if self.rank is None else self.rank)
_attribute("size")(lambda ctx, self: ctx.fresh("size") if self.dims is None else prod(self.dims))
_attribute("dtype")(lambda ctx, self: UNKNOWN if self.dtype is None else DType(self.library, self.dtype))
_attribute("itemsize")(lambda ctx, self: Unknown("int") if self.dtype not in BITS else (BITS[self.dtype] + 7) // 8)
_attribute("nbytes")(lambda ctx, self: ctx.fresh("nbytes"))
_attribute("T")(lambda ctx, self: transpose(ctx, self))
_attribute("mT")(lambda ctx, self: matrix_transpose(ctx, self))
_attribute("real", "imag")(lambda ctx, self: Tensor(self.library, self.shape, self.dtype and _real(self.dtype)))


def _real(dtype: str) -> str:
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def _object(value: Value, library: str, function: str) -> Tensor:
    """What is asked for its sizes; anything that is no array is one object."""
    return Tensor(library, ()) if value is None or isinstance(value, dict) else to_tensor(value, library, function)


@functions("shape")
def shape_(ctx: RuleContext, a: Value, *, library: str) -> Value:
    """The sizes as a tuple."""
    a = _object(a, library, "shape")
    return UNKNOWN if a.dims is None else a.dims


@functions("ndim")
def ndim(ctx: RuleContext, a: Value, *, library: str) -> Value:
    """The number of dimensions."""
    a = _object(a, library, "ndim")
    return Unknown("int") if a.rank is None else a.rank


@functions("size")
def size(ctx: RuleContext, a: Value, axis: Value = None, *, library: str) -> Value:
    """The number of elements, or the size of an axis."""
    a = _object(a, library, "size")
    if axis is None:
        return ctx.fresh("size") if a.dims is None else prod(a.dims)
    place = axis_place(ctx, a, axis, error="IndexError")
    found = None if place is None else a.size(place)
    return ctx.fresh("size") if found is None else found


@methods("__len__")
def length(ctx: RuleContext, self: Tensor) -> Value:
    """The size of the first axis."""
    if self.rank == 0:
        ctx.fail(Failure(RANK, "len() of a 0-d array", "TypeError"))
    found = self.size(0)
    return ctx.fresh("len") if found is None else found


@methods("item")
def item(ctx: RuleContext, self: Tensor, *args: Value) -> Value:
    """One element as a Python number."""
    if not args and self.dims is not None:
        text = f"item() of an array of shape {shape_text(self.dims)}"
        ctx.require(Equal(prod(self.dims), 1), Failure(RESHAPE, text, "ValueError"))
    category = {"bool": "bool", "int": "int", "uint": "int", "float": "float", "complex": "complex"}
    word = category.get((self.dtype or "").rstrip("0123456789"))
    return ctx.fresh("item", low=-(2**63)) if word == "int" else Unknown(word)


@methods("tolist")
def tolist(ctx: RuleContext, self: Tensor) -> Value:
    """Nested lists."""
    if self.rank == 1 and self.elements is not None:
        return list(self.elements)
    if not self.dims:
        return item(ctx, self) if self.dims is not None else UNKNOWN
    if not isinstance(self.dims[0], int) or self.dims[0] > 64:
        return UNKNOWN
    return [tolist(ctx, Tensor(self.library, self.dims[1:], self.dtype)) for _ in range(self.dims[0])]


@methods("copy", "block_until_ready")
def copy(ctx: RuleContext, self: Tensor, order: Value = "C") -> Tensor:
    """A copy."""
    return self


@methods("astype")
def astype(
    ctx: RuleContext, self: Tensor, dtype: Value, order: Value = "K", casting: Value = "unsafe", subok: Value = True,
    copy: Value = True,
) -> Tensor:  # fmt: skip
    """Another dtype."""
    name = dtype_argument(dtype, self.library, None)
    return made(self.library, self.shape, name).with_(elements=converted(self, name))


@method("numpy.ndarray", "fill", inplace=True)
def fill(ctx: RuleContext, self: Tensor, value: Value) -> Tensor:
    """All elements set."""
    if isinstance(value, Tensor) and value.rank:
        ctx.fail(Failure(RANK, f"fill() with an array of shape {shape_text(value.shape)}", "ValueError"))
    return self.with_(elements=None)


@method("numpy.ndarray", "sort", inplace=True)
def sort_method(ctx: RuleContext, self: Tensor, axis: Value = -1, kind: Value = None) -> Tensor:
    """Sorted in place."""
    axis_place(ctx, self, axis, error=ERROR)
    return self.with_(elements=None)
